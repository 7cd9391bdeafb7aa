/* What clients do over many sessions: each rule with a case and a near miss beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fleet_bench.h"

/* --- log-ins --- */

static void guessing(struct bench *b)
{
    bench_every(b, 10, 50, SCRIPT_AUTH_NO);
}
static void nine_guesses(struct bench *b)
{
    bench_every(b, 9, 50, SCRIPT_AUTH_NO);
}
static void slow_guesses(struct bench *b)
{
    bench_every(b, 12, 120, SCRIPT_AUTH_NO);
}
static void backend(struct bench *b)
{
    bench_add(b, 0, "192.0.2.99", "198.51.100.25", SCRIPT_AUTH_YES);
    for (unsigned i = 0; i < 5; i++) {
        bench_add(b, 60 + i * 20, bench_client(i), "198.51.100.25", SCRIPT_AUTH_NO);
    }
}
static void never_good(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        bench_add(b, 60 + i * 20, bench_client(i), "198.51.100.25", SCRIPT_AUTH_NO);
    }
}
static void four_clients(struct bench *b)
{
    bench_add(b, 0, "192.0.2.99", "198.51.100.25", SCRIPT_AUTH_YES);
    for (unsigned i = 0; i < 5; i++) {
        bench_add(b, 60 + i * 20, bench_client(i % 4), "198.51.100.25", SCRIPT_AUTH_NO);
    }
}

static void test_log_ins(void **state)
{
    (void)state;
    bench_run(guessing, 1000, "auth-bruteforce", true);
    bench_run(nine_guesses, 1000, "auth-bruteforce", false);
    bench_run(slow_guesses, 2000, "auth-bruteforce", false);
    bench_run(backend, 1000, "auth-backend-down", true);
    bench_run(never_good, 1000, "auth-backend-down", false);
    bench_run(four_clients, 1000, "auth-backend-down", false);
}

/* --- guesses from one network --- */

static void spread_guesses(struct bench *b, unsigned count, const char *format)
{
    for (unsigned i = 0; i < count; i++) {
        char client[32];
        snprintf(client, sizeof client, "%s%u", format, i % 5 + 1);
        bench_add_port(b, i * 40, client, "198.51.100.25", 587, SCRIPT_AUTH_NO);
    }
}
static void from_a_network(struct bench *b)
{
    spread_guesses(b, 12, "203.0.113.");
}
static void from_two_networks(struct bench *b)
{
    spread_guesses(b, 8, "203.0.113.");
    spread_guesses(b, 8, "203.0.114.");
}
static void by_one(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        bench_add_port(b, i * 40, "203.0.113.7", "198.51.100.25", 587, SCRIPT_AUTH_NO);
    }
}

static void test_networks(void **state)
{
    struct bench b;
    unsigned count = 0;

    (void)state;
    bench_run(from_a_network, 600, "auth-bruteforce", true);
    bench_run(from_two_networks, 600, "auth-bruteforce", false);
    bench_begin(&b);
    by_one(&b);
    bench_finish(&b, 600);
    for (size_t i = 0; i < fleet_group_count(b.fleet); i++) {
        count += strcmp(fleet_group(b.fleet, i)->rule, "auth-bruteforce") == 0;
    }
    assert_int_equal(count, 1); /* told of the client, not of its network besides */
    fleet_free(b.fleet);
}

/* --- recipients --- */

static void unknown_of(struct bench *b, unsigned unknown, unsigned known)
{
    for (unsigned i = 0; i < unknown + known; i++) {
        if (i % 10 < unknown * 10 / (unknown + known)) {
            bench_add(b, i, "192.0.2.10", bench_server(i % 5), SCRIPT_UNKNOWN);
        } else {
            bench_good(b, i, "192.0.2.10", bench_server(i % 5));
        }
    }
}
static void harvest(struct bench *b)
{
    unknown_of(b, 24, 0);
}
static void half_known(struct bench *b)
{
    unknown_of(b, 20, 20);
}
static void dirty_list(struct bench *b)
{
    unknown_of(b, 20, 80);
}
static void clean_list(struct bench *b)
{
    unknown_of(b, 0, 100);
}
static void short_list(struct bench *b)
{
    unknown_of(b, 9, 36);
}

static void test_recipients(void **state)
{
    (void)state;
    bench_run(harvest, 100, "directory-harvest", true);
    bench_run(half_known, 100, "directory-harvest", false);
    bench_run(dirty_list, 200, "unknown-user-rate", true);
    bench_run(clean_list, 200, "unknown-user-rate", false);
    bench_run(short_list, 200, "unknown-user-rate", false);
}

/* --- refused for what we are, or for how fast we are --- */

#define LISTED    SCRIPT_TO_RCPT "0.10 s 554 5.7.1 blocked using zen.spamhaus.org\n0.5" SCRIPT_BYE
#define THROTTLED SCRIPT_TO_RCPT "0.10 s 421 4.7.0 rate limit exceeded, slow down\n0.5" SCRIPT_BYE
#define CROWD                                                                                      \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 421 4.7.0 too many connections from your IP\n"      \
    "0.05 s fin\n0.06 c fin\n"

static void listed(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.1", LISTED);
    bench_add(b, 10, "192.0.2.10", "198.51.100.2", LISTED);
}
static void listed_once(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.1", LISTED);
    bench_add(b, 10, "192.0.2.11", "198.51.100.2", LISTED);
}
static void throttled(struct bench *b)
{
    bench_every(b, 10, 40, THROTTLED);
}
static void hardly_throttled(struct bench *b)
{
    bench_every(b, 10, 100, THROTTLED);
}
static void crowd(struct bench *b)
{
    bench_add(b, 5, "192.0.2.10", "198.51.100.25", CROWD);
    bench_good(b, 4.9, "192.0.2.10", "198.51.100.25");
}

static void no_crowd(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", SCRIPT_GREY);
}

static void test_limits(void **state)
{
    (void)state;
    bench_run(listed, 20, "blocklist-spread", true);
    bench_run(listed_once, 20, "blocklist-spread", false);
    bench_run(throttled, 500, "provider-throttling", true);
    bench_run(hardly_throttled, 1100, "provider-throttling", false);
    bench_run(crowd, 20, "concurrency-peak", true);
    bench_run(no_crowd, 20, "concurrency-peak", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_ins),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_recipients),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
