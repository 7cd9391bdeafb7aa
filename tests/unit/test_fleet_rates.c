/* Shares and delays over many sessions: each rule with a case and a near miss beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/fleet_rules.h"
#include "tests/support/fleet_bench.h"

static void test_wilson(void **state)
{
    (void)state;
    assert_true(fleet_wilson_low(0, 0) == 0);
    assert_true(fleet_wilson_low(0, 20) < 0.001);
    assert_true(fleet_wilson_low(10, 10) > 0.7 && fleet_wilson_low(10, 10) < 0.75);
    assert_true(fleet_wilson_low(1, 1) < 0.25);
}

/* --- rates --- */

static void rate(struct bench *b, unsigned bad, unsigned fine, const char *script)
{
    for (unsigned i = 0; i < bad + fine; i++) {
        if (i < bad) {
            bench_add(b, i, bench_client(i % 50), bench_server(i % 9), script);
        } else {
            bench_good(b, i, bench_client(i % 50), bench_server(i % 9));
        }
    }
}
static void many_5xx(struct bench *b)
{
    rate(b, 6, 24, SCRIPT_5XX);
}
static void few_5xx(struct bench *b)
{
    rate(b, 3, 27, SCRIPT_5XX);
}
static void small_5xx(struct bench *b)
{
    rate(b, 10, 9, SCRIPT_5XX);
}
static void many_4xx(struct bench *b)
{
    rate(b, 15, 15, SCRIPT_4XX);
}
static void few_4xx(struct bench *b)
{
    rate(b, 6, 24, SCRIPT_4XX);
}

/* Refused 5xx: `before` of 60 in a quarter of an hour, then `bad` of 25 in five minutes, then none
 * of 60 in a quarter of an hour. Below 5 % by the bound of the whole. */
static void burst(struct bench *b, unsigned before, unsigned bad)
{
    for (unsigned i = 0; i < 145; i++) {
        double at = i < 60 ? i * 15 : i < 85 ? 900 + (i - 60) * 12 : 1200 + (i - 85) * 15;
        if (i < before || (i >= 60 && i < 60 + bad)) {
            bench_add(b, at, bench_client(i % 50), bench_server(i % 9), SCRIPT_5XX);
        } else {
            bench_good(b, at, bench_client(i % 50), bench_server(i % 9));
        }
    }
}
static void a_burst(struct bench *b)
{
    burst(b, 0, 9);
}
static void no_burst(struct bench *b) /* 3 of 25 may be chance beside 0 of 120 */
{
    burst(b, 0, 3);
}
static void evenly_bad(struct bench *b) /* as bad before: 6 of 60 beside 3 of 25 */
{
    burst(b, 6, 3);
}

/* Sessions a minute to one server before it failed, and since. */
static void rush(struct bench *b, double apart_before, double apart_since)
{
    for (unsigned i = 0; i < 8; i++) {
        bench_good(b, i * apart_before, bench_client(i), "198.51.100.25");
    }
    for (unsigned i = 0; i < 30; i++) {
        char script[512];
        snprintf(script, sizeof script,
                 "%s%u@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b>\n"
                 "0.10 s 451 4.3.0 no\n0.5" SCRIPT_BYE,
                 "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a\n"
                 "0.06 s 250 mx.example\n0.07 c MAIL FROM:<",
                 i);
        bench_add(b, 8 * apart_before + i * apart_since, bench_client(i), "198.51.100.25", script);
    }
}
static void hammered(struct bench *b)
{
    rush(b, 60, 5);
}
static void tried_as_before(struct bench *b)
{
    rush(b, 20, 10);
}

/* A rate says which finding is behind it, and where. */
static void test_rate_words(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    bench_begin(&b);
    many_5xx(&b);
    bench_finish(&b, 100);
    g = bench_told(&b, "fleet-5xx-rate");
    assert_non_null(g);
    assert_non_null(strstr(g->summary, "6 of 30 mails refused with a 5xx (20 %)"));
    assert_non_null(strstr(g->summary, "most often permanent-reject-unclassified (6 sessions, "));
    fleet_free(b.fleet);
    bench_begin(&b);
    a_burst(&b);
    bench_finish(&b, 2200);
    g = bench_told(&b, "fleet-5xx-rate");
    assert_non_null(g);
    assert_non_null(strstr(g->summary, "9 of "));
    assert_non_null(strstr(g->summary, "0 of "));
    assert_non_null(strstr(g->summary, " UTC, "));
    fleet_free(b.fleet);
}

static void test_rates(void **state)
{
    (void)state;
    bench_run(a_burst, 2200, "fleet-5xx-rate", true);
    bench_run(no_burst, 2200, "fleet-5xx-rate", false);
    bench_run(evenly_bad, 2200, "fleet-5xx-rate", false);
    bench_run(hammered, 1000, "retry-storm", true);
    bench_run(tried_as_before, 1000, "retry-storm", false);
    bench_run(many_5xx, 100, "fleet-5xx-rate", true);
    bench_run(few_5xx, 100, "fleet-5xx-rate", false);
    bench_run(small_5xx, 100, "fleet-5xx-rate", false);
    bench_run(many_5xx, 100, "fleet-4xx-rate", false);
    bench_run(many_4xx, 100, "fleet-4xx-rate", true);
    bench_run(few_4xx, 100, "fleet-4xx-rate", false);
}

/* --- delays --- */

/* slow: of the last of 48 sessions. others: of another client, which is not kept waiting; or, of
 * several, is. */
static void delays_of(struct bench *b, unsigned slow, bool others, bool wait)
{
    for (unsigned i = 0; i < 48; i++) {
        char whole[2048];
        bool other = others && i % 4 == 3, late = i >= 48 - slow && (!other || wait);

        snprintf(whole, sizeof whole,
                 "%s0.2 c content 1000\n%s s 250 queued\n5 c QUIT\n5.01 s 221 bye\n5.01 s fin\n"
                 "5.02 c fin\n",
                 session_builder_to_data, late ? "4" : "0.5");
        bench_add(b, i * 10,
                  other           ? "192.0.2.11"
                  : wait && i % 2 ? "192.0.2.12"
                                  : "192.0.2.10",
                  "198.51.100.25", whole);
    }
}
static void delays(struct bench *b, unsigned slow)
{
    delays_of(b, slow, false, false);
}
static void slower_for_one(struct bench *b)
{
    delays_of(b, 24, true, false);
}
static void slower_for_all(struct bench *b)
{
    delays_of(b, 24, true, true);
}
static void slower(struct bench *b)
{
    delays(b, 24);
}
static void always_slow(struct bench *b)
{
    delays(b, 48);
}
static void never_slow(struct bench *b)
{
    delays(b, 0);
}

static void test_latency(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    slower(&b);
    bench_finish(&b, 500);
    assert_non_null(strstr(bench_told(&b, "latency-shift")->summary, "; most often the "));
    fleet_free(b.fleet);
    bench_run(slower, 500, "latency-shift", true);
    bench_run(always_slow, 500, "latency-shift", false);
    bench_run(never_slow, 500, "latency-shift", false);
}

/* --- what they are made of --- */

#define REFUSED_BY(name)                                                                           \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 " name " ESMTP\n0.05 c EHLO a.example\n"        \
    "0.06 s 250 hello\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n"                            \
    "0.09 c RCPT TO:<b@b.example>\n0.10 s 550 5.7.1 no\n0.5" SCRIPT_BYE

/* 20 of 60 mails are refused, by two servers of one domain, most of one client. */
static void one_corner(struct bench *b)
{
    for (unsigned i = 0; i < 60; i++) {
        if (i % 3) {
            bench_good(b, i, bench_client(i % 9), bench_server(i % 9));
        } else {
            bench_add(b, i, i % 10 == 0 ? "192.0.2.98" : "192.0.2.99",
                      i % 2 ? "198.51.100.71" : "198.51.100.72",
                      i % 2 ? REFUSED_BY("mx1.large.example") : REFUSED_BY("mx2.large.example"));
        }
    }
}
/* The same number of nine clients, by nine servers. */
static void everywhere(struct bench *b)
{
    for (unsigned i = 0; i < 60; i++) {
        if (i % 3) {
            bench_good(b, i, bench_client(i % 9), bench_server(i % 9));
        } else {
            bench_add(b, i, bench_client(i % 10), bench_server(i % 7), SCRIPT_5XX);
        }
    }
}

static const char *summary_of(struct bench *b, void (*fill)(struct bench *), const char *rule)
{
    bench_begin(b);
    fill(b);
    bench_finish(b, 3000);
    assert_non_null(bench_told(b, rule));
    return bench_told(b, rule)->summary;
}

static void test_parts(void **state)
{
    struct bench b;
    const char *said;

    (void)state;
    said = summary_of(&b, one_corner, "fleet-5xx-rate");
    assert_non_null(strstr(said, "most often permanent-reject-unclassified (20 sessions"));
    assert_non_null(strstr(said, "; 20 in the reply to RCPT"));
    assert_non_null(strstr(said, "; 20 with servers of large.example"));
    assert_non_null(strstr(said, "; 18 mails of client 192.0.2.99"));
    fleet_free(b.fleet);
    said = summary_of(&b, everywhere, "fleet-5xx-rate");
    assert_null(strstr(said, "large.example"));
    assert_null(strstr(said, "of client"));
    fleet_free(b.fleet);

    said = summary_of(&b, slower_for_one, "latency-shift");
    assert_non_null(strstr(said, "nearly always of client 192.0.2.10"));
    fleet_free(b.fleet);
    said = summary_of(&b, slower_for_all, "latency-shift");
    assert_non_null(strstr(said, "of several clients"));
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),      cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_rate_words), cmocka_unit_test(test_rates),
        cmocka_unit_test(test_latency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
