/* One destination fails: servers of one domain, and a server that fails for some time only. A bin
 * of these captures is 128 s wide, so that at either end of a time a session or two fall to the
 * other side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fleet_bench.h"

static const char rule[] = "fleet-destination-failing";
static const char ours[] = "192.0.2.10";

/* A mail to a server of this name: taken, or unanswered behind the content for 600 s. */
static void named(struct bench *b, double at, const char *server, const char *name, bool fails)
{
    char script[2048];

    snprintf(script, sizeof script,
             "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 %s ESMTP\n0.05 c EHLO a.example\n"
             "0.06 s 250 %s ; keywords=PIPELINING\n0.07 c MAIL FROM:<a@a.example>\n"
             "0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n0.10 s 250 ok\n0.11 c DATA\n"
             "0.14 s 354 go on\n0.2 c content 1000\n%s",
             name, name,
             fails ? "600.2 c fin\nend 601\n"
                   : "0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n");
    bench_add(b, at, ours, server, script);
}

static void others_work(struct bench *b, unsigned count, double apart)
{
    for (unsigned i = 0; i < count; i++) {
        named(b, i * apart, "203.0.113.1", "mail.other.example", false);
    }
}

static void check(struct bench *b, double seconds, uint64_t sessions, uint64_t of,
                  const char *words)
{
    const struct group *g;
    char summary[FLEET_SUMMARY_MAX + 1];

    bench_finish(b, seconds);
    g = bench_told(b, rule);
    if (!words) {
        assert_null(g);
        return;
    }
    assert_non_null(g);
    memcpy(summary, g->summary, g->summary_len);
    summary[g->summary_len] = '\0';
    if (!strstr(summary, words)) {
        fail_msg("\"%s\" does not say \"%s\"", summary, words);
    }
    assert_int_equal(g->sessions, sessions);
    assert_int_equal(g->of, of);
}

/* Eight servers, each met three times, of which the first ones work. Their names have a number
 * between two parts, or are all the same. */
static void of_domain(unsigned work, const char *before, const char *behind, const char *words)
{
    enum { servers = 8 };
    struct bench b;

    bench_begin(&b);
    others_work(&b, 60, 10);
    for (unsigned i = 0; i < servers * 3; i++) {
        char name[64];
        snprintf(name, sizeof name, behind ? "%s%u%s" : "%s", before, i % servers, behind);
        named(&b, 100 + i * 10, bench_server(10 + i % servers), name, i % servers >= work);
    }
    check(&b, 2000, (uint64_t)servers * 3, (uint64_t)servers * 3, words);
    fleet_free(b.fleet);
}

static void test_domain(void **state)
{
    (void)state;
    of_domain(0, "mx", ".provider.example",
              "24 of 24 sessions with 8 servers whose names end in .provider.example failed from");
    of_domain(0, "MX", ".in.Provider.co.uk", "whose names end in .Provider.co.uk failed");
    /* Half of them work: these are not one destination. */
    of_domain(4, "mx", ".provider.example", NULL);
    /* Names that tell nothing about whose they are, or different ones. */
    of_domain(0, "mx", ".co.uk", NULL);
    of_domain(0, "localhost", NULL, NULL);
    of_domain(0, "mail.example", NULL, NULL);
    of_domain(0, "mail.customer", ".example", NULL);
}

/* Servers of one domain that worked before, and do again. */
static void test_domain_for_a_time(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    others_work(&b, 120, 60);
    for (unsigned i = 0; i < 120; i++) {
        char name[64];
        snprintf(name, sizeof name, "mx%u.provider.example", i % 6);
        named(&b, i * 60, bench_server(10 + i % 6), name, i >= 40 && i < 60);
    }
    check(&b, 7800, 20, 22, "; 0 of 98 at other times; 0 of 120 with all other servers");
    assert_false(bench_told(&b, rule)->open);
    assert_string_equal(bench_told(&b, rule)->peer_name, "provider.example");
    fleet_free(b.fleet);
}

/* fails: how many of each ten in a row. */
static void in_times(unsigned period, unsigned fails, uint64_t sessions, uint64_t of,
                     const char *words)
{
    struct bench b;

    bench_begin(&b);
    others_work(&b, 120, 60);
    for (unsigned i = 0; i < 120; i++) {
        named(&b, i * 60, "198.51.100.25", "mx.example", i % period >= period - fails);
    }
    check(&b, 7800, sessions, of, words);
    fleet_free(b.fleet);
}

static void test_times(void **state)
{
    (void)state;
    in_times(40, 10, 29, 31, "29 of 31 sessions failed from ");
    in_times(24, 8, 39, 42,
             " and 2 times later, mostly with data-final-timeout; 1 of 78 at other times");
    /* Now and then, never several in a row. */
    in_times(4, 1, 0, 0, NULL);
    in_times(10, 4, 0, 0, NULL);
}

/* One failed early, then it worked, then it failed for an hour and works again. */
static void test_early_failure(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    others_work(&b, 120, 60);
    for (unsigned i = 0; i < 120; i++) {
        named(&b, i * 60, "198.51.100.25", "mx.example", i == 3 || (i >= 60 && i < 80));
    }
    check(&b, 7800, 20, 21, "; 1 of 99 at other times");
    fleet_free(b.fleet);
}

/* All servers fail at these times: the fault is nearer. */
static void test_all(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    for (unsigned i = 0; i < 120; i++) {
        named(&b, i * 60, "198.51.100.25", "mx.example", i % 40 >= 30);
        named(&b, i * 60, "203.0.113.1", "mail.other.example", i % 40 >= 30);
    }
    check(&b, 7800, 0, 0, NULL);
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain), cmocka_unit_test(test_domain_for_a_time),
        cmocka_unit_test(test_times),  cmocka_unit_test(test_early_failure),
        cmocka_unit_test(test_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
