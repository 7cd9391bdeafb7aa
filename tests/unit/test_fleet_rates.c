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

static void delays(struct bench *b, unsigned slow)
{
    for (unsigned i = 0; i < 48; i++) {
        char whole[2048];
        bool late = i >= 48 - slow;

        snprintf(whole, sizeof whole,
                 "%s0.2 c content 1000\n%s s 250 queued\n5 c QUIT\n5.01 s 221 bye\n5.01 s fin\n"
                 "5.02 c fin\n",
                 session_builder_to_data, late ? "4" : "0.5");
        bench_add(b, i * 10, "192.0.2.10", "198.51.100.25", whole);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_rate_words),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_latency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
