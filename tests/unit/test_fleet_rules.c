/* What is seen only over many sessions: each rule with a case and a near miss beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/facts.h"
#include "report/diagnose/fleet_rules.h"
#include "tests/support/session_builder.h"

#define GOOD                                                                                       \
    "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n"
#define BYE " c QUIT\n0.51 s 221 bye\n0.51 s fin\n0.52 c fin\n"
#define TO_RCPT                                                                                    \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE,AUTH,STARTTLS\n"                             \
    "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"
#define TO_AUTH                                                                                    \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE,AUTH\n0.07 c AUTH PLAIN\n0.08 s 334 go\n"    \
    "0.09 c auth\n"
#define GREY        TO_RCPT "0.10 s 450 4.2.0 greylisted, try again later\n0.5" BYE
#define PLAIN_4XX   TO_RCPT "0.10 s 450 4.2.0 try again later\n0.5" BYE
#define REFUSED_5XX TO_RCPT "0.10 s 550 5.7.1 no\n0.5" BYE
#define UNKNOWN     TO_RCPT "0.10 s 550 5.1.1 user unknown\n0.5" BYE
#define AUTH_NO     TO_AUTH "0.10 s 535 5.7.8 authentication failed\n0.5" BYE
#define AUTH_YES    TO_AUTH "0.10 s 235 2.7.0 ok\n0.5" BYE
#define SILENT      "0 c syn\n1 c syn\n3 c syn\n7 c syn\nend 60\n"
#define PROBE                                                                                      \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c QUIT\n0.06 s 221 "     \
    "bye\n0.06 s fin\n0.07 c fin\n"

struct bench {
    struct settings settings;
    struct fleet *fleet;
    uint64_t next_id;
};

static void begin(struct bench *b)
{
    *b = (struct bench){.settings = session_builder_settings(), .next_id = 1};
    b->fleet = fleet_new(&b->settings);
    assert_non_null(b->fleet);
}

static void add_port(struct bench *b, double at, const char *client, const char *server,
                     uint16_t port, const char *script)
{
    struct session *s = session_build_at(script, b->next_id++, BUILDER_START + (int64_t)(at * 1e9),
                                         client, server, port);

    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

static void add(struct bench *b, double at, const char *client, const char *server,
                const char *script)
{
    add_port(b, at, client, server, 25, script);
}

static void good(struct bench *b, double at, const char *client, const char *server)
{
    char whole[2048];

    snprintf(whole, sizeof whole, "%s%s", session_builder_to_data, GOOD);
    add(b, at, client, server, whole);
}

/* The finished fleet's group of this rule; the last call of a test frees the fleet. */
static const struct group *told(struct bench *b, const char *rule)
{
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        if (strcmp(fleet_group(b->fleet, i)->rule, rule) == 0) {
            return fleet_group(b->fleet, i);
        }
    }
    return NULL;
}

static void finish(struct bench *b, double seconds)
{
    fleet_finish(b->fleet, (struct mark){1, BUILDER_START},
                 (struct mark){999999, BUILDER_START + (int64_t)(seconds * 1e9)});
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        const struct group *g = fleet_group(b->fleet, i);
        if (g->cross_session) {
            assert_true(g->summary_len > 0 && g->sessions > 0 && g->of >= g->sessions);
            assert_false(g->is_primary);
            assert_true(g->first.packet != 0 && g->first.time_ns <= g->last.time_ns);
        }
    }
}

static void numbered(char out[32], const char *format, unsigned n)
{
    (void)format;
    snprintf(out, 32, "198.51.100.%u", n);
}

static const char *server_no(unsigned n)
{
    static char text[32];

    numbered(text, "", n);
    return text;
}

static const char *client_no(unsigned n)
{
    static char text[32];

    snprintf(text, sizeof text, "192.0.2.%u", n);
    return text;
}

static void run(void (*fill)(struct bench *), double seconds, const char *rule, bool expected)
{
    struct bench b;

    begin(&b);
    fill(&b);
    finish(&b, seconds);
    if ((told(&b, rule) != NULL) != expected) {
        fail_msg("%s is %s", rule, expected ? "missing" : "told");
    }
    fleet_free(b.fleet);
}

/* --- delivered twice --- */

static void message(struct bench *b, double at, const char *size, const char *rest)
{
    char whole[2048];

    snprintf(whole, sizeof whole, "%s0.2 c content %s\n%s", session_builder_to_data, size, rest);
    add(b, at, "192.0.2.10", "198.51.100.25", whole);
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
    run(twice, 100, "duplicate-delivery", true);
    run(late_end, 400, "duplicate-delivery", true);
    run(other_size, 100, "duplicate-delivery", false);
    run(before_it, 100, "duplicate-delivery", false);
    run(no_risk, 100, "duplicate-delivery", false);
}

/* --- tried again --- */

static void every(struct bench *b, unsigned count, double apart, const char *script)
{
    for (unsigned i = 0; i < count; i++) {
        add(b, i * apart, "192.0.2.10", "198.51.100.25", script);
    }
}
static void storm(struct bench *b)
{
    every(b, 5, 60, PLAIN_4XX);
}
static void four(struct bench *b)
{
    every(b, 4, 60, PLAIN_4XX);
}
static void patient(struct bench *b)
{
    every(b, 6, 1800, PLAIN_4XX);
}
static void permanent(struct bench *b)
{
    every(b, 3, 3600, REFUSED_5XX);
}
static void permanent_twice(struct bench *b)
{
    every(b, 2, 3600, REFUSED_5XX);
}

static void test_retries(void **state)
{
    (void)state;
    run(storm, 400, "retry-storm", true);
    run(four, 400, "retry-storm", false);
    run(patient, 10000, "retry-storm", false);
    run(permanent, 10000, "permanent-error-retried", true);
    run(permanent_twice, 10000, "permanent-error-retried", false);
    run(patient, 10000, "permanent-error-retried", false);
}

/* --- greylisting --- */

static void let_in(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", GREY);
    good(b, 300, "192.0.2.10", "198.51.100.25");
}
static void let_in_silently(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", PLAIN_4XX);
    good(b, 300, "192.0.2.10", "198.51.100.25");
}
static void too_soon(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", GREY);
    add(b, 20, "192.0.2.10", "198.51.100.25", GREY);
}
static void moved(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", GREY);
    add(b, 600, "192.0.2.11", "198.51.100.25", GREY);
}
static void once(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", GREY);
}

static void test_greylisting(void **state)
{
    (void)state;
    run(let_in, 400, "greylist-behaviour", true);
    run(let_in_silently, 400, "greylist-behaviour", false);
    run(let_in, 400, "greylist-not-passed", false);
    run(too_soon, 100, "greylist-not-passed", true);
    run(moved, 1000, "greylist-not-passed", true);
    run(once, 14500, "greylist-not-passed", true);
    run(once, 14000, "greylist-not-passed", false);
}

/* --- rates --- */

static void rate(struct bench *b, unsigned bad, unsigned fine, const char *script)
{
    for (unsigned i = 0; i < bad + fine; i++) {
        if (i < bad) {
            add(b, i, client_no(i % 50), server_no(i % 9), script);
        } else {
            good(b, i, client_no(i % 50), server_no(i % 9));
        }
    }
}
static void many_5xx(struct bench *b)
{
    rate(b, 6, 24, REFUSED_5XX);
}
static void few_5xx(struct bench *b)
{
    rate(b, 3, 27, REFUSED_5XX);
}
static void small_5xx(struct bench *b)
{
    rate(b, 10, 9, REFUSED_5XX);
}
static void many_4xx(struct bench *b)
{
    rate(b, 15, 15, PLAIN_4XX);
}
static void few_4xx(struct bench *b)
{
    rate(b, 6, 24, PLAIN_4XX);
}

/* Refused 5xx: `before` of 60 in a quarter of an hour, then `bad` of 25 in five minutes, then none
 * of 60 in a quarter of an hour. Below 5 % by the bound of the whole. */
static void burst(struct bench *b, unsigned before, unsigned bad)
{
    for (unsigned i = 0; i < 145; i++) {
        double at = i < 60 ? i * 15 : i < 85 ? 900 + (i - 60) * 12 : 1200 + (i - 85) * 15;
        if (i < before || (i >= 60 && i < 60 + bad)) {
            add(b, at, client_no(i % 50), server_no(i % 9), REFUSED_5XX);
        } else {
            good(b, at, client_no(i % 50), server_no(i % 9));
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
        good(b, i * apart_before, client_no(i), "198.51.100.25");
    }
    for (unsigned i = 0; i < 30; i++) {
        char script[512];
        snprintf(script, sizeof script,
                 "%s%u@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b>\n"
                 "0.10 s 451 4.3.0 no\n0.5" BYE,
                 "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a\n"
                 "0.06 s 250 mx.example\n0.07 c MAIL FROM:<",
                 i);
        add(b, 8 * apart_before + i * apart_since, client_no(i), "198.51.100.25", script);
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
    begin(&b);
    many_5xx(&b);
    finish(&b, 100);
    g = told(&b, "fleet-5xx-rate");
    assert_non_null(g);
    assert_non_null(strstr(g->summary, "6 of 30 mails refused with a 5xx (20 %)"));
    assert_non_null(strstr(g->summary, "most often permanent-reject-unclassified (6 sessions, "));
    fleet_free(b.fleet);
    begin(&b);
    a_burst(&b);
    finish(&b, 2200);
    g = told(&b, "fleet-5xx-rate");
    assert_non_null(g);
    assert_non_null(strstr(g->summary, "9 of "));
    assert_non_null(strstr(g->summary, "0 of "));
    assert_non_null(strstr(g->summary, " UTC, "));
    fleet_free(b.fleet);
}

static void test_rates(void **state)
{
    (void)state;
    run(a_burst, 2200, "fleet-5xx-rate", true);
    run(no_burst, 2200, "fleet-5xx-rate", false);
    run(evenly_bad, 2200, "fleet-5xx-rate", false);
    run(hammered, 1000, "retry-storm", true);
    run(tried_as_before, 1000, "retry-storm", false);
    run(many_5xx, 100, "fleet-5xx-rate", true);
    run(few_5xx, 100, "fleet-5xx-rate", false);
    run(small_5xx, 100, "fleet-5xx-rate", false);
    run(many_5xx, 100, "fleet-4xx-rate", false);
    run(many_4xx, 100, "fleet-4xx-rate", true);
    run(few_4xx, 100, "fleet-4xx-rate", false);
}

/* --- log-ins --- */

static void guessing(struct bench *b)
{
    every(b, 10, 50, AUTH_NO);
}
static void nine_guesses(struct bench *b)
{
    every(b, 9, 50, AUTH_NO);
}
static void slow_guesses(struct bench *b)
{
    every(b, 12, 120, AUTH_NO);
}
static void backend(struct bench *b)
{
    add(b, 0, "192.0.2.99", "198.51.100.25", AUTH_YES);
    for (unsigned i = 0; i < 5; i++) {
        add(b, 60 + i * 20, client_no(i), "198.51.100.25", AUTH_NO);
    }
}
static void never_good(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        add(b, 60 + i * 20, client_no(i), "198.51.100.25", AUTH_NO);
    }
}
static void four_clients(struct bench *b)
{
    add(b, 0, "192.0.2.99", "198.51.100.25", AUTH_YES);
    for (unsigned i = 0; i < 5; i++) {
        add(b, 60 + i * 20, client_no(i % 4), "198.51.100.25", AUTH_NO);
    }
}

static void test_log_ins(void **state)
{
    (void)state;
    run(guessing, 1000, "auth-bruteforce", true);
    run(nine_guesses, 1000, "auth-bruteforce", false);
    run(slow_guesses, 2000, "auth-bruteforce", false);
    run(backend, 1000, "auth-backend-down", true);
    run(never_good, 1000, "auth-backend-down", false);
    run(four_clients, 1000, "auth-backend-down", false);
}

/* --- recipients --- */

static void unknown_of(struct bench *b, unsigned unknown, unsigned known)
{
    for (unsigned i = 0; i < unknown + known; i++) {
        if (i % 10 < unknown * 10 / (unknown + known)) {
            add(b, i, "192.0.2.10", server_no(i % 5), UNKNOWN);
        } else {
            good(b, i, "192.0.2.10", server_no(i % 5));
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
    run(harvest, 100, "directory-harvest", true);
    run(half_known, 100, "directory-harvest", false);
    run(dirty_list, 200, "unknown-user-rate", true);
    run(clean_list, 200, "unknown-user-rate", false);
    run(short_list, 200, "unknown-user-rate", false);
}

/* --- who with whom --- */

static void one_source(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        add(b, i, "192.0.2.10", server_no(i % 4), REFUSED_5XX);
        good(b, i + 0.5, "192.0.2.11", server_no(i % 4));
    }
}
static void all_sources(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        add(b, i, client_no(10 + i % 4), server_no(i % 4), REFUSED_5XX);
    }
}
static void all_of_two_servers(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        add(b, i, client_no(10 + i % 4), server_no(i % 2), REFUSED_5XX);
    }
}
static void backends(struct bench *b, bool bad)
{
    static const char script[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx2.example ESMTP\n0.05 c EHLO a.example\n"
        "0.06 s 250 mx2.example\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 451 4.3.0 no\n0.5" BYE;

    for (unsigned i = 0; i < 12; i++) {
        if (i % 2) {
            good(b, i, "192.0.2.10", "198.51.100.25");
        } else {
            add(b, i, "192.0.2.10", "198.51.100.25", bad || i % 4 ? script : PROBE);
        }
    }
}
static void one_backend(struct bench *b)
{
    backends(b, true);
}
static void half_a_backend(struct bench *b)
{
    backends(b, false);
}

static void test_who(void **state)
{
    (void)state;
    run(one_source, 30, "fleet-source-failing", true);
    run(all_sources, 30, "fleet-source-failing", false);
    run(all_sources, 30, "fleet-all-failing", true);
    run(one_source, 30, "fleet-all-failing", false);
    run(all_of_two_servers, 30, "fleet-all-failing", false);
    run(one_backend, 30, "fleet-one-backend-bad", true);
    run(half_a_backend, 30, "fleet-one-backend-bad", false);
}

static void second_mx(struct bench *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        add(b, i * 100, "192.0.2.10", "198.51.100.1", PLAIN_4XX);
        good(b, i * 100 + 10, "192.0.2.10", "198.51.100.2");
    }
}
static void one_mx(struct bench *b)
{
    second_mx(b, 3);
}
static void one_mx_twice(struct bench *b)
{
    second_mx(b, 2);
}

static void test_mx(void **state)
{
    (void)state;
    run(one_mx, 400, "fleet-one-mx-bad", true);
    run(one_mx_twice, 400, "fleet-one-mx-bad", false);
}

/* --- connecting --- */

static void port_25(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        add(b, i * 100, "192.0.2.10", server_no(i), SILENT);
    }
    add_port(b, 700, "192.0.2.10", "198.51.100.99", 587, AUTH_YES);
}
static void port_25_reached(struct bench *b)
{
    port_25(b);
    good(b, 800, "192.0.2.10", "198.51.100.77");
}
static void port_25_nothing_else(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        add(b, i * 100, "192.0.2.10", server_no(i), SILENT);
    }
}
static void families(struct bench *b, bool one_came_up)
{
    for (unsigned i = 0; i < 3; i++) {
        add(b, i * 100, "2001:db8::10", i % 2 ? "2001:db8::25" : "2001:db8::26", SILENT);
        good(b, i * 100 + 50, "192.0.2.10", "198.51.100.25");
    }
    if (one_came_up) {
        good(b, 500, "2001:db8::10", "2001:db8::27");
    }
}
static void no_ip6(struct bench *b)
{
    families(b, false);
}
static void some_ip6(struct bench *b)
{
    families(b, true);
}

static void test_connecting(void **state)
{
    (void)state;
    run(port_25, 800, "port25-egress-blocked", true);
    run(port_25_reached, 900, "port25-egress-blocked", false);
    run(port_25_nothing_else, 800, "port25-egress-blocked", false);
    run(no_ip6, 400, "address-family-broken", true);
    run(some_ip6, 600, "address-family-broken", false);
}

/* --- probes --- */

static void checks(struct bench *b)
{
    every(b, 4, 30, PROBE);
}
static void two_checks(struct bench *b)
{
    every(b, 2, 30, PROBE);
}
static void uneven(struct bench *b)
{
    static const double at[] = {0, 5, 100, 130};

    for (size_t i = 0; i < 4; i++) {
        add(b, at[i], "192.0.2.10", "198.51.100.25", PROBE);
    }
}

static void test_health(void **state)
{
    (void)state;
    run(checks, 200, "health-check", true);
    run(two_checks, 200, "health-check", false);
    run(uneven, 200, "health-check", false);
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
        add(b, i * 10, "192.0.2.10", "198.51.100.25", whole);
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
    (void)state;
    run(slower, 500, "latency-shift", true);
    run(always_slow, 500, "latency-shift", false);
    run(never_slow, 500, "latency-shift", false);
}

/* --- refused for what we are, or for how fast we are --- */

#define LISTED    TO_RCPT "0.10 s 554 5.7.1 blocked using zen.spamhaus.org\n0.5" BYE
#define THROTTLED TO_RCPT "0.10 s 421 4.7.0 rate limit exceeded, slow down\n0.5" BYE
#define CROWD                                                                                      \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 421 4.7.0 too many connections from your IP\n"      \
    "0.05 s fin\n0.06 c fin\n"

static void listed(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.1", LISTED);
    add(b, 10, "192.0.2.10", "198.51.100.2", LISTED);
}
static void listed_once(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.1", LISTED);
    add(b, 10, "192.0.2.11", "198.51.100.2", LISTED);
}
static void throttled(struct bench *b)
{
    every(b, 10, 40, THROTTLED);
}
static void hardly_throttled(struct bench *b)
{
    every(b, 10, 100, THROTTLED);
}
static void crowd(struct bench *b)
{
    add(b, 5, "192.0.2.10", "198.51.100.25", CROWD);
    good(b, 4.9, "192.0.2.10", "198.51.100.25");
}

static void test_limits(void **state)
{
    (void)state;
    run(listed, 20, "blocklist-spread", true);
    run(listed_once, 20, "blocklist-spread", false);
    run(throttled, 500, "provider-throttling", true);
    run(hardly_throttled, 1100, "provider-throttling", false);
    run(crowd, 20, "concurrency-peak", true);
    run(once, 20, "concurrency-peak", false);
}

/* --- beginnings --- */

static void onset_after(struct bench *b, unsigned fine)
{
    for (unsigned i = 0; i < fine + 6; i++) {
        if (i < fine) {
            good(b, i * 10, "192.0.2.10", "198.51.100.25");
        } else {
            add(b, i * 10, "192.0.2.10", "198.51.100.25", REFUSED_5XX);
        }
    }
}
static void onset(struct bench *b)
{
    onset_after(b, 6);
}
static void no_onset(struct bench *b)
{
    onset_after(b, 0);
}

static void test_onset(void **state)
{
    (void)state;
    run(onset, 200, "fleet-onset", true);
    run(no_onset, 200, "fleet-onset", false);
}

/* --- TLS --- */

#define TLS_BROKEN                                                                                 \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n0.1 c tls "        \
    "hello\n0.2 s tls hello\n0.3 c fin\n0.31 s fin\n"

static void fallback(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", TLS_BROKEN);
    good(b, 60, "192.0.2.10", "198.51.100.25");
}
static void fallback_late(struct bench *b)
{
    add(b, 0, "192.0.2.10", "198.51.100.25", TLS_BROKEN);
    good(b, 1000, "192.0.2.10", "198.51.100.25");
}

static void test_fallback(void **state)
{
    (void)state;
    run(fallback, 100, "tls-fallback-plaintext", true);
    run(fallback_late, 1100, "tls-fallback-plaintext", false);
}

/* The client sends its TLS hello; each server closes without a word. */
#define TLS_NO_ANSWER                                                                              \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n0.1 c tls "        \
    "hello\n0.2 s fin\n0.3 c fin\n"

static void tls_fails(struct bench *b, double at, const char *server)
{
    struct session *s = session_build_at(
        TLS_NO_ANSWER, b->next_id++, BUILDER_START + (int64_t)(at * 1e9), "192.0.2.10", server, 25);

    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS) {
            e->facts->tls.record_type = 22; /* a handshake message: ClientHello */
            e->facts->tls.message = 1;
            tls_facts_details(s)->hello[SIDE_CLIENT] = e->first;
        }
    }
    s->tls.established = false;
    tls_facts_details(s)->client.len = 200;
    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

static void tls_fails_with_five(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        tls_fails(b, i * 20, server_no(i));
    }
}
static void tls_fails_with_four(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        tls_fails(b, i * 20, server_no(i % 4));
    }
}

static void test_tls_spread(void **state)
{
    (void)state;
    run(tls_fails_with_five, 200, "tls-failure-spread", true);
    run(tls_fails_with_four, 200, "tls-failure-spread", false);
}

static void test_wilson(void **state)
{
    (void)state;
    assert_true(fleet_wilson_low(0, 0) == 0);
    assert_true(fleet_wilson_low(0, 20) < 0.001);
    assert_true(fleet_wilson_low(10, 10) > 0.7 && fleet_wilson_low(10, 10) < 0.75);
    assert_true(fleet_wilson_low(1, 1) < 0.25);
}

/* --- guesses from one network --- */

static void spread_guesses(struct bench *b, unsigned count, const char *format)
{
    for (unsigned i = 0; i < count; i++) {
        char client[32];
        snprintf(client, sizeof client, "%s%u", format, i % 5 + 1);
        add_port(b, i * 40, client, "198.51.100.25", 587, AUTH_NO);
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
        add_port(b, i * 40, "203.0.113.7", "198.51.100.25", 587, AUTH_NO);
    }
}

static void test_networks(void **state)
{
    struct bench b;
    unsigned count = 0;

    (void)state;
    run(from_a_network, 600, "auth-bruteforce", true);
    run(from_two_networks, 600, "auth-bruteforce", false);
    begin(&b);
    by_one(&b);
    finish(&b, 600);
    for (size_t i = 0; i < fleet_group_count(b.fleet); i++) {
        count += strcmp(fleet_group(b.fleet, i)->rule, "auth-bruteforce") == 0;
    }
    assert_int_equal(count, 1); /* told of the client, not of its network besides */
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),     cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_retries),    cmocka_unit_test(test_greylisting),
        cmocka_unit_test(test_rates),      cmocka_unit_test(test_log_ins),
        cmocka_unit_test(test_recipients), cmocka_unit_test(test_who),
        cmocka_unit_test(test_mx),         cmocka_unit_test(test_connecting),
        cmocka_unit_test(test_health),     cmocka_unit_test(test_latency),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_onset),
        cmocka_unit_test(test_fallback),   cmocka_unit_test(test_rate_words),
        cmocka_unit_test(test_networks),   cmocka_unit_test(test_tls_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
