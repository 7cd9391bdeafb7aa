/* The same mail again, over many sessions: each rule with a case and a near miss beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fleet_bench.h"

/* --- delivered twice --- */

static void message(struct bench *b, double at, const char *size, const char *rest)
{
    char whole[2048];

    snprintf(whole, sizeof whole, "%s0.2 c content %s\n%s", session_builder_to_data, size, rest);
    bench_add(b, at, "192.0.2.10", "198.51.100.25", whole);
}

static const char taken[] =
    "0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n";

static void twice(struct bench *b)
{
    message(b, 0, "1000", "12.2 c fin\nend 13\n");
    message(b, 60, "1000", taken);
}
static void other_size(struct bench *b)
{
    message(b, 0, "1000", "12.2 c fin\nend 13\n");
    message(b, 60, "1001", taken);
}
static void before_it(struct bench *b)
{
    message(b, 0, "1000", taken);
    message(b, 60, "1000", "12.2 c fin\nend 13\n");
}
static void no_risk(struct bench *b)
{
    message(b, 0, "1000", taken);
    message(b, 60, "1000", taken);
}
static void late_end(struct bench *b) /* the session of the first copy ends behind the second */
{
    message(b, 60, "1000", taken);
    message(b, 0, "1000", "300.2 c fin\nend 301\n");
}

static void test_duplicate(void **state)
{
    (void)state;
    bench_run(twice, 100, "duplicate-delivery", true);
    bench_run(late_end, 400, "duplicate-delivery", true);
    bench_run(other_size, 100, "duplicate-delivery", false);
    bench_run(before_it, 100, "duplicate-delivery", false);
    bench_run(no_risk, 100, "duplicate-delivery", false);
}

/* --- tried again --- */

static void storm(struct bench *b)
{
    bench_every(b, 5, 60, SCRIPT_4XX);
}
static void four(struct bench *b)
{
    bench_every(b, 4, 60, SCRIPT_4XX);
}
static void patient(struct bench *b)
{
    bench_every(b, 6, 1800, SCRIPT_4XX);
}
static void permanent(struct bench *b)
{
    bench_every(b, 3, 3600, SCRIPT_5XX);
}
static void permanent_twice(struct bench *b)
{
    bench_every(b, 2, 3600, SCRIPT_5XX);
}

static void test_retries(void **state)
{
    (void)state;
    bench_run(storm, 400, "retry-storm", true);
    bench_run(four, 400, "retry-storm", false);
    bench_run(patient, 10000, "retry-storm", false);
    bench_run(permanent, 10000, "permanent-error-retried", true);
    bench_run(permanent_twice, 10000, "permanent-error-retried", false);
    bench_run(patient, 10000, "permanent-error-retried", false);
}

/* --- put off for hours --- */

static void put_off(struct bench *b, double apart, bool accepted_between)
{
    for (unsigned i = 0; i < 9; i++) {
        bench_add(b, i * apart, "192.0.2.10", "198.51.100.25", SCRIPT_4XX);
        if (accepted_between && i == 4) {
            bench_good(b, i * apart + 60, "192.0.2.10", "198.51.100.25");
        }
    }
}

static void put_off_is(double apart, bool accepted_between, enum severity severity)
{
    struct bench b;
    const struct group *g;

    bench_begin(&b);
    put_off(&b, apart, accepted_between);
    bench_finish(&b, 9 * apart);
    g = bench_told(&b, "transient-reject-unclassified");
    assert_non_null(g);
    assert_int_equal(g->severity, severity);
    assert_true(memmem(g->summary, g->summary_len, "still refused after 14400 s", 27) ||
                severity < SEVERITY_ERROR);
    assert_true(fleet_totals(b.fleet)->worst >= severity);
    fleet_free(b.fleet);
}

static void test_put_off(void **state)
{
    (void)state;
    put_off_is(1801, false, SEVERITY_ERROR);
    put_off_is(1799, false, SEVERITY_WARNING); /* just short of four hours */
    put_off_is(1801, true, SEVERITY_WARNING);  /* let in meanwhile */
}

/* --- greylisting --- */

static void let_in(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
    bench_good(b, 300, "192.0.2.10", "198.51.100.25");
}
static void let_in_silently(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_4XX);
    bench_good(b, 300, "192.0.2.10", "198.51.100.25");
}
static void too_soon(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
    bench_add(b, 20, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
}
static void moved(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
    bench_add(b, 600, "192.0.2.11", "198.51.100.25", SCRIPT_GREY);
}
static void once(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
}

static void test_greylisting(void **state)
{
    (void)state;
    bench_run(let_in, 400, "greylist-behaviour", true);
    bench_run(let_in_silently, 400, "greylist-behaviour", false);
    bench_run(let_in, 400, "greylist-not-passed", false);
    bench_run(too_soon, 100, "greylist-not-passed", true);
    bench_run(moved, 1000, "greylist-not-passed", true);
    bench_run(once, 14500, "greylist-not-passed", true);
    bench_run(once, 14000, "greylist-not-passed", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_put_off),
        cmocka_unit_test(test_greylisting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
