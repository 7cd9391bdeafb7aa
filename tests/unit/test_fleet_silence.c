/* Mail that stops coming while connections still do, checks that stop or fail: cases and near
 * misses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fleet_bench.h"

#define CLIENT "192.0.2.10"
#define SERVER "198.51.100.25"
#define SCRIPT_TLS                                                                                 \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n"                  \
    "0.09 c tls hello\n0.1 s tls hello\n0.2 c run 300\n0.21 s run 300\n0.3 c run 3000\n"           \
    "0.31 s run 300\n0.4 s fin\n0.41 c fin\n"

/* A mail every `apart` seconds in [from, until). */
static double mails(struct bench *b, double from, double until, double apart)
{
    for (; from < until; from += apart) {
        bench_good(b, from, CLIENT, SERVER);
    }
    return until;
}

static void probes(struct bench *b, double from, double until, double apart, const char *server)
{
    for (; from < until; from += apart) {
        bench_add(b, from, "192.0.2.99", server, SCRIPT_PROBE);
    }
}

static void silence(struct bench *b)
{
    mails(b, 0, 4000, 30);
    probes(b, 4000, 4900, 60, SERVER);
}
static void silence_until_mail(struct bench *b)
{
    silence(b);
    mails(b, 4900, 6000, 30);
}
/* The sessions come in the order of their end: probes that were there all the time. */
static void out_of_order(struct bench *b)
{
    probes(b, 4000, 4900, 60, SERVER);
    mails(b, 0, 4000, 30);
    probes(b, 4900, 4960, 60, SERVER);
    bench_add(b, 4300, CLIENT, "198.51.100.26", SCRIPT_PROBE);
}
/* Who comes is refused before MAIL. */
static void refused(struct bench *b)
{
    mails(b, 0, 4000, 30);
    for (double at = 4000; at < 4900; at += 60) {
        bench_add(b, at, CLIENT, SERVER,
                  "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 554 5.7.1 no\n0.5" SCRIPT_BYE);
    }
}
static void with_tls(struct bench *b, bool come)
{
    for (double at = 0; at < 4000; at += 30) {
        bench_add(b, at, CLIENT, SERVER, SCRIPT_TLS);
    }
    probes(b, 4000, 4400, 60, SERVER);
    if (come) {
        bench_add(b, 4450, CLIENT, SERVER, SCRIPT_TLS);
    }
    probes(b, 4500, 4900, 60, SERVER);
}
static void tls_stops(struct bench *b)
{
    with_tls(b, false);
}
static void two_days_ago(struct bench *b)
{
    silence_until_mail(b);
    mails(b, 180000, 180100, 30);
}

static void test_told(void **state)
{
    (void)state;
    bench_run(silence, 5000, "mail-silence", true);
    bench_run(silence_until_mail, 6000, "mail-silence", true);
    bench_run(refused, 5000, "mail-silence", true);
    bench_run(tls_stops, 5000, "mail-silence", true);
    bench_run(two_days_ago, 190000, "mail-silence", true);
}

static void nothing_comes(struct bench *b)
{
    mails(b, 0, 4000, 30);
}
static void nothing_comes_up(struct bench *b)
{
    mails(b, 0, 4000, 30);
    for (double at = 4000; at < 4900; at += 100) {
        bench_add(b, at, CLIENT, SERVER, SCRIPT_SILENT);
    }
}
static void ten_minutes(struct bench *b)
{
    mails(b, 0, 4000, 30);
    probes(b, 4000, 4570, 60, SERVER);
}
/* The interface was down: connections come again, but with mail. */
static void a_hole(struct bench *b)
{
    mails(b, 0, 4000, 30);
    probes(b, 4000, 4200, 60, SERVER);
    mails(b, 6000, 6200, 30);
    probes(b, 6200, 6500, 60, SERVER);
}
static void too_short_a_rhythm(struct bench *b)
{
    mails(b, 0, 3000, 30);
    probes(b, 3000, 3900, 60, SERVER);
}
static void too_few_mails(struct bench *b)
{
    mails(b, 0, 4000, 250);
    probes(b, 4000, 9000, 60, SERVER);
}
static void rare_mail(struct bench *b)
{
    mails(b, 0, 12000, 400);
    probes(b, 12000, 13500, 60, SERVER);
}
/* Every gap is half as long again as the one before. */
static void night(struct bench *b)
{
    double at = mails(b, 0, 4000, 30);

    for (double gap = 40; gap < 4000; gap *= 1.5) {
        bench_good(b, at, CLIENT, SERVER);
        probes(b, at + 1, at + gap, 60, SERVER);
        at += gap;
    }
}
static void tls_comes(struct bench *b)
{
    with_tls(b, true);
}
static void holes(struct bench *b)
{
    static const char script[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n"
        "0.05 c EHLO a\n0.06 s 250 mx.example\n0.1 c gap 400\n0.5" SCRIPT_BYE;

    mails(b, 0, 4000, 30);
    probes(b, 4000, 4300, 60, SERVER);
    bench_add(b, 4450, CLIENT, SERVER, script);
    probes(b, 4500, 4900, 60, SERVER);
}
static void of_another_server(struct bench *b)
{
    mails(b, 0, 4000, 30);
    probes(b, 4000, 4900, 60, "198.51.100.77");
}
static void two_tries(struct bench *b)
{
    mails(b, 0, 4000, 30);
    probes(b, 4000, 4900, 880, SERVER);
}

static void test_not_told(void **state)
{
    (void)state;
    bench_run(nothing_comes, 9000, "mail-silence", false);
    bench_run(nothing_comes_up, 9000, "mail-silence", false);
    bench_run(ten_minutes, 9000, "mail-silence", false);
    bench_run(a_hole, 7000, "mail-silence", false);
    bench_run(too_short_a_rhythm, 9000, "mail-silence", false);
    bench_run(too_few_mails, 9000, "mail-silence", false);
    bench_run(rare_mail, 14000, "mail-silence", false);
    bench_run(night, 20000, "mail-silence", false);
    bench_run(tls_comes, 5000, "mail-silence", false);
    bench_run(holes, 5000, "mail-silence", false);
    bench_run(of_another_server, 5000, "mail-silence", false);
    bench_run(two_tries, 5000, "mail-silence", false);
    bench_run(out_of_order, 5000, "mail-silence", false); /* no server was known to take mail */
}

/* How long it is, and whether it lasts. */
static void test_length(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    bench_begin(&b);
    silence(&b);
    bench_finish(&b, 5000);
    g = bench_told(&b, "mail-silence");
    assert_non_null(g);
    assert_true(g->open);
    assert_int_equal(g->sessions, 15);
    assert_non_null(strstr(g->summary, "for 849 s, before that every 30 s; 15 connections"));
    fleet_free(b.fleet);

    bench_begin(&b);
    silence_until_mail(&b);
    bench_finish(&b, 6000);
    g = bench_told(&b, "mail-silence");
    assert_non_null(g);
    assert_false(g->open);
    fleet_free(b.fleet);
}

/* Live: as of now, with what the open sessions sent, and what was lost. */
static void test_while_it_lasts(void **state)
{
    struct bench b;
    struct fleet_silence told;
    int64_t second = INT64_C(1000000000);

    (void)state;
    bench_begin(&b);
    mails(&b, 0, 4000, 30);
    assert_false(fleet_is_silent(b.fleet, INT64_MIN, &told));
    probes(&b, 4000, 4600, 60, SERVER);
    assert_false(fleet_is_silent(b.fleet, INT64_MIN, &told));
    probes(&b, 4600, 4900, 60, SERVER);
    assert_true(fleet_is_silent(b.fleet, INT64_MIN, &told));
    assert_int_equal(told.tries, 15);
    assert_false(fleet_is_silent(b.fleet, BUILDER_START + 4500 * second, &told));
    fleet_lost(b.fleet, BUILDER_START + 4500 * second, BUILDER_START + 4501 * second);
    assert_false(fleet_is_silent(b.fleet, INT64_MIN, &told));
    fleet_free(b.fleet);
}

/* --- checks that are expected (--probe) --- */

static void expect_checks(struct bench *b)
{
    assert_true(address_parse(&b->settings.probes[0].client, "192.0.2.99"));
    b->settings.probes[0].seconds = 60;
    b->settings.probe_count = 1;
}
static void checks_on_time(struct bench *b)
{
    expect_checks(b);
    probes(b, 0, 600, 60, SERVER);
    probes(b, 606, 900, 60, SERVER); /* one of them a little late */
}
static void a_check_is_missing(struct bench *b)
{
    expect_checks(b);
    probes(b, 0, 300, 60, SERVER);
    probes(b, 360, 900, 60, SERVER);
}
static void checks_stop(struct bench *b)
{
    expect_checks(b);
    probes(b, 0, 600, 60, SERVER);
    mails(b, 0, 880, 60);
}
static void a_check_fails(struct bench *b)
{
    checks_on_time(b);
    bench_add(b, 630, "192.0.2.99", SERVER, SCRIPT_SILENT);
}
static void nobody_expects_them(struct bench *b)
{
    probes(b, 0, 300, 60, SERVER);
    bench_add(b, 630, "192.0.2.99", SERVER, SCRIPT_SILENT);
}
static void never_came(struct bench *b)
{
    expect_checks(b);
    mails(b, 0, 880, 60);
}

static void test_checks(void **state)
{
    (void)state;
    bench_run(a_check_is_missing, 900, "synthetic-probe-failed", true);
    bench_run(checks_stop, 900, "synthetic-probe-failed", true);
    bench_run(a_check_fails, 900, "synthetic-probe-failed", true);
    bench_run(checks_on_time, 900, "synthetic-probe-failed", false);
    bench_run(nobody_expects_them, 900, "synthetic-probe-failed", false);
    bench_run(never_came, 900, "synthetic-probe-failed", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),   cmocka_unit_test(test_not_told),
        cmocka_unit_test(test_length), cmocka_unit_test(test_while_it_lasts),
        cmocka_unit_test(test_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
