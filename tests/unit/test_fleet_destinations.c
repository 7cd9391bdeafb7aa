/* Which servers are one destination, and when it fails: each case with near misses beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fleet_bench.h"

#define RULE "fleet-destination-failing"

enum { NAME = 64 };

static const char relay[] = "192.0.2.10";

/* A session with a server that greets like this, for mail to this domain. */
static void deliver(struct bench *b, double at, const char *server, const char *greeting,
                    const char *domain, bool good)
{
    char script[2048];

    snprintf(script, sizeof script,
             "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 %s ESMTP\n0.05 c EHLO a.example\n"
             "0.06 s 250 hello\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n"
             "0.09 c RCPT TO:<b@%s>\n%s",
             greeting, domain,
             good ? "0.10 s 250 ok\n0.11 c DATA\n0.12 s 354 go\n" SCRIPT_GOOD
                  : "0.10 s 451 4.3.0 no disk space left on device\n0.5" SCRIPT_BYE);
    bench_add(b, at, relay, server, script);
}

/* Everybody else is fine. */
static void others(struct bench *b, double from, double until)
{
    for (double at = from; at < until; at += 20) {
        deliver(b, at, bench_server(200 + (unsigned)at % 3), "mx.other.example", "other.example",
                true);
    }
}

struct case_of {
    const char *label;
    const char *greeting;      /* #: the number of the server */
    const char *domain;        /* likewise */
    unsigned servers, working; /* the first of them work */
    const char *told;          /* in the summary; NULL: it is not told */
};

static const struct case_of cases[] = {
    {"names in one domain", "mx#.large.example", "d#.example", 8, 0,
     "servers whose names end in large.example (8 addresses)"},
    {"letter case", "MX#.Large.Example.", "d#.example", 8, 0, "large.example (8 addresses)"},
    {"mail for one domain", "ESMTP", "partner.example", 8, 0,
     "servers for mail to partner.example (8 addresses)"},
    {"names in one domain, mail for several", "mx#.large.example", "d#.example", 8, 0,
     "servers whose names end in large.example (8 addresses)"},
    {"a provider that the table knows", "mx.google.com ESMTP # - gsmtp", "d#.example", 8, 0,
     "the servers of Google (MX) (8 addresses)"},
    {"a domain below that of a country", "mx#.large.co.uk", "d#.example", 8, 0, "large.co.uk"},
    {"strangers below that of a country", "mx.n#.co.uk", "d#.example", 8, 0, NULL},
    {"names without a dot", "mail", "d#.example", 8, 0, NULL},
    {"localhost", "localhost", "d#.example", 8, 0, NULL},
    {"localhost, with a domain", "localhost.localdomain", "d#.example", 8, 0, NULL},
    {"a name from a manual", "mail.example.com", "d#.example", 8, 0, NULL},
    {"names that a hoster made of the address", "v198-51-100-#.hoster.example", "d#.example", 8, 0,
     NULL},
    {"names that have nothing in common", "mx.n#.example", "d#.example", 8, 0, NULL},
    {"customers of one hoster, half of which work", "mx#.large.example", "d#.example", 8, 4, NULL},
    {"two customers, one of which works", "mx#.large.example", "d#.example", 2, 1, NULL},
    {"an address literal", "[198.51.100.#]", "d#.example", 8, 0, NULL},
};

static void put_number(char out[NAME], const char *pattern, unsigned n)
{
    const char *at = strchr(pattern, '#');

    if (at) {
        snprintf(out, NAME, "%.*s%u%s", (int)(at - pattern), pattern, n, at + 1);
    } else {
        snprintf(out, NAME, "%s", pattern);
    }
}

static void fill(struct bench *b, const struct case_of *c)
{
    char greeting[NAME], domain[NAME];

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < c->servers; i++) {
            put_number(greeting, c->greeting, i + 1);
            put_number(domain, c->domain, i + 1);
            deliver(b, round * 100 + i * 5, bench_server(i + 1), greeting, domain, i < c->working);
        }
    }
    others(b, 0, 300);
}

static void test_bonds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct case_of *c = &cases[i];
        const struct group *g;
        struct bench b;

        bench_begin(&b);
        fill(&b, c);
        bench_finish(&b, 400);
        g = bench_told(&b, RULE);
        if (!g != !c->told || (g && !strstr(g->summary, c->told))) {
            print_error("%s: %s\n", c->label, g ? g->summary : "not told");
            fail();
        }
        if (g) {
            assert_int_equal(g->addresses, 8);
            assert_int_equal(g->sessions, 24);
            assert_ptr_equal(fleet_verdict(b.fleet)->group, g);
            assert_non_null(memmem(fleet_verdict(b.fleet)->headline,
                                   fleet_verdict(b.fleet)->headline_len, "8 addresses", 11));
        }
        fleet_free(b.fleet);
    }
}

/* One address fails for nearly all of them: its name accuses no other one. */
static void one_of_many(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        deliver(b, i * 20, "198.51.100.1", "mx1.large.example", "d.example", false);
    }
    deliver(b, 100, "198.51.100.2", "mx2.large.example", "e.example", false);
    others(b, 0, 300);
}

static void test_one_of_many(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    one_of_many(&b);
    bench_finish(&b, 300);
    assert_non_null(bench_told(&b, RULE));
    assert_int_equal(bench_told(&b, RULE)->addresses, 0);
    fleet_free(b.fleet);
}

/* One of three servers for mail to a domain; or of three that a hoster named. */
static void one_of_three(struct bench *b, const char *domain)
{
    for (unsigned i = 0; i < 30; i++) {
        char own[NAME];
        put_number(own, domain, i % 3 + 1);
        deliver(b, i * 20, bench_server(i % 3 + 1), "mx.large.example", own, i % 3 != 0);
    }
    others(b, 0, 600);
}
static void one_mx(struct bench *b)
{
    one_of_three(b, "partner.example");
}
static void one_customer(struct bench *b)
{
    one_of_three(b, "d#.example");
}

/* Servers of one domain, of which one is asked for people that do not exist. */
static void strangers(struct bench *b)
{
    for (unsigned i = 0; i < 30; i++) {
        char script[1024];
        snprintf(script, sizeof script,
                 "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.large.example ESMTP\n"
                 "0.05 c EHLO a.example\n0.06 s 250 hello\n0.07 c MAIL FROM:<a@a.example>\n"
                 "0.08 s 250 ok\n0.09 c RCPT TO:<x%u@partner.example>\n"
                 "0.10 s 550 5.1.1 no such user here\n0.5" SCRIPT_BYE,
                 i);
        if (i % 3) {
            deliver(b, i * 20, bench_server(i % 3 + 1), "mx.large.example", "partner.example",
                    true);
        } else {
            bench_add(b, i * 20, relay, bench_server(1), script);
        }
    }
    others(b, 0, 600);
}

static void test_one_mx(void **state)
{
    (void)state;
    bench_run(one_mx, 600, "fleet-one-mx-bad", true);
    bench_run(one_customer, 600, "fleet-one-mx-bad", false);
    bench_run(strangers, 600, "fleet-one-mx-bad", false);
    bench_run(strangers, 600, RULE, false);
}

/* What is silent now said before whose it is; who was never heard stands for himself. */
static void silence(struct bench *b, bool known)
{
    for (unsigned i = 1; known && i <= 8; i++) {
        char greeting[32];
        snprintf(greeting, sizeof greeting, "mx%u.large.example", i);
        deliver(b, i * 5, bench_server(i), greeting, "large.example", true);
    }
    for (unsigned i = 1; i <= 24; i++) {
        bench_add(b, 300 + i * 10, relay, bench_server(1 + i % 8), SCRIPT_SILENT);
    }
    others(b, 0, 600);
}

static void test_silence(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        const struct group *g;
        struct bench b;

        bench_begin(&b);
        silence(&b, known);
        bench_finish(&b, 620);
        g = bench_told(&b, RULE);
        assert_true(!g == !known);
        if (g) {
            assert_int_equal(g->addresses, 8);
            assert_non_null(strstr(g->summary, "connect-timeout"));
        }
        fleet_free(b.fleet);
    }
}

/* --- outages that are over --- */

/* 74 sessions, one every 20 s, of which those fail. */
static const struct group *outage(struct bench *b, bool (*fails)(unsigned))
{
    bench_begin(b);
    for (unsigned i = 0; i < 74; i++) {
        deliver(b, i * 20, "198.51.100.1", "mx1.large.example", "large.example", !fails(i));
    }
    others(b, 5, 74 * 20);
    bench_finish(b, 74 * 20);
    return bench_told(b, RULE);
}
static bool in_the_middle(unsigned i)
{
    return i >= 12 && i < 62;
}
/* One failure of the same kind long before, one long after. */
static bool in_the_middle_and_now_and_then(unsigned i)
{
    return in_the_middle(i) || i == 2 || i == 72;
}
static bool three_times(unsigned i)
{
    return (i >= 10 && i < 16) || (i >= 32 && i < 38) || (i >= 54 && i < 60);
}
static bool at_first(unsigned i)
{
    return i < 40;
}
static bool now_and_then(unsigned i)
{
    return i % 9 == 4;
}
static bool two_by_two(unsigned i)
{
    return i % 12 < 2;
}
static bool every_other(unsigned i)
{
    return i % 2;
}

static void test_outages(void **state)
{
    static const struct {
        bool (*fails)(unsigned);
        uint64_t sessions; /* 0: it is not told */
    } outages[] = {{in_the_middle, 50}, {in_the_middle_and_now_and_then, 50},
                   {three_times, 18},   {at_first, 40},
                   {now_and_then, 0},   {two_by_two, 0},
                   {every_other, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof outages / sizeof outages[0]; i++) {
        struct bench b;
        const struct group *g = outage(&b, outages[i].fails);
        uint64_t told = g ? g->sessions : 0;

        if (told + 3 < outages[i].sessions || told > outages[i].sessions) {
            print_error("outage %zu: %s\n", i, g ? g->summary : "not told");
            fail();
        }
        if (g) {
            assert_false(g->open);
            assert_non_null(strstr(g->summary, "recovered"));
        }
        fleet_free(b.fleet);
    }
}

/* It fails to the end: since its first failure, though that lies beside successes in one bin. */
static void test_lasting(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    bench_begin(&b);
    others(&b, 0, 3600);
    for (unsigned i = 0; i < 90; i++) {
        deliver(&b, 40 * i, bench_server(25), "mx.example", "partner.example", i < 50);
    }
    bench_finish(&b, 3600);
    g = bench_told(&b, RULE);
    assert_non_null(g);
    assert_int_equal(g->sessions, 40);
    assert_int_equal(g->of, 40);
    assert_true(g->open);
    assert_true(g->first.time_ns < BUILDER_START + (40 * 50 + 1) * INT64_C(1000000000));
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bonds),   cmocka_unit_test(test_one_of_many),
        cmocka_unit_test(test_one_mx),  cmocka_unit_test(test_silence),
        cmocka_unit_test(test_outages), cmocka_unit_test(test_lasting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
