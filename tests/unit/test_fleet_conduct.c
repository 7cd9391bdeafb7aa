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

/* --- of one user, by number --- */

static void log_in(struct bench *b, double at, const char *client, unsigned user, bool accepted)
{
    char script[1024];

    snprintf(script, sizeof script,
             "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a\n"
             "0.06 s 250 mx.example ; keywords=AUTH\n0.07 c AUTH PLAIN ; user=%u\n"
             "0.10 s %s\n0.5" SCRIPT_BYE,
             user, accepted ? "235 2.7.0 ok" : "535 5.7.8 authentication failed");
    bench_add_port(b, at, client, "198.51.100.25", 587, script);
}
static void from_addresses(struct bench *b, unsigned count, double apart, unsigned users)
{
    for (unsigned i = 0; i < count; i++) {
        char client[32];
        snprintf(client, sizeof client, "203.0.%u.7", i);
        log_in(b, i * apart, client, 7 + i % users, false);
    }
}
static void one_user_from_five(struct bench *b)
{
    from_addresses(b, 5, 100, 1);
}
static void one_user_from_four(struct bench *b)
{
    from_addresses(b, 4, 100, 1);
    from_addresses(b, 4, 100, 1);
}
static void one_user_slowly(struct bench *b)
{
    from_addresses(b, 6, 200, 1);
}
static void five_users(struct bench *b)
{
    from_addresses(b, 5, 100, 5);
}
static void nobody_knows_who(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        char client[32];
        snprintf(client, sizeof client, "203.0.%u.7", i);
        log_in(b, i * 100, client, 0, false);
    }
}
static void from_one_ip6_network(struct bench *b)
{
    for (unsigned i = 0; i < 6; i++) {
        char client[32];
        snprintf(client, sizeof client, "2001:db8::%u", i + 1);
        log_in(b, i * 60, client, 7, false);
    }
}
static void from_five_ip6_networks(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        char client[32];
        snprintf(client, sizeof client, "2001:db8:0:%u::1", i + 1);
        log_in(b, i * 60, client, 7, false);
    }
}
static void one_user_after_good(struct bench *b)
{
    log_in(b, 0, "203.0.113.9", 7, true);
    from_addresses(b, 6, 20, 1);
}
static void two_users(struct bench *b)
{
    from_addresses(b, 6, 20, 1);
    for (unsigned i = 0; i < 6; i++) {
        char client[32];
        snprintf(client, sizeof client, "203.0.%u.7", i);
        log_in(b, 200 + i * 20, client, 99, false);
    }
}

static void test_one_user(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    bench_run(one_user_from_five, 600, "auth-bruteforce", true);
    bench_run(one_user_from_four, 600, "auth-bruteforce", false);
    bench_run(one_user_slowly, 2000, "auth-bruteforce", false);
    bench_run(five_users, 600, "auth-bruteforce", false);
    bench_run(nobody_knows_who, 600, "auth-bruteforce", false);
    bench_run(from_one_ip6_network, 600, "auth-bruteforce", false);
    bench_run(from_five_ip6_networks, 600, "auth-bruteforce", true);
    bench_run(one_user_after_good, 600, "auth-backend-down", false);
    bench_begin(&b);
    two_users(&b);
    bench_finish(&b, 600);
    g = bench_told(&b, "auth-bruteforce");
    assert_non_null(g);
    assert_true(g->peer_side == SIDE_SERVER && g->points_to == PARTY_CLIENT);
    assert_int_equal(g->sessions, 12);
    assert_non_null(strstr(g->summary, "log-ins of 2 users"));
    assert_true(fleet_verdict(b.fleet)->exists);
    assert_non_null(strstr(fleet_verdict(b.fleet)->headline, "passwords are being guessed at "));
    fleet_free(b.fleet);
}

/* --- accepted behind guesses --- */

static void guesses_then(struct bench *b, unsigned guesses, const char *client, unsigned user,
                         double at)
{
    for (unsigned i = 0; i < guesses; i++) {
        log_in(b, i * 20, "203.0.113.7", i % 2 ? 7 : 8, false);
    }
    log_in(b, at, client, user, true);
}
static void guess_worked(struct bench *b)
{
    guesses_then(b, 12, "203.0.113.7", 8, 250);
}
static void owner_elsewhere(struct bench *b)
{
    guesses_then(b, 12, "203.0.113.8", 8, 250);
}
static void other_user_there(struct bench *b)
{
    guesses_then(b, 12, "203.0.113.7", 9, 250);
}
static void fumbled(struct bench *b)
{
    guesses_then(b, 4, "203.0.113.7", 8, 90);
}
static void long_after(struct bench *b)
{
    guesses_then(b, 12, "203.0.113.7", 8, 2000);
}
static void of_many_one_worked(struct bench *b)
{
    from_addresses(b, 5, 60, 1);
    log_in(b, 330, "203.0.2.7", 7, true);
}

static void test_compromise(void **state)
{
    (void)state;
    bench_run(guess_worked, 300, "auth-compromise-suspected", true);
    bench_run(of_many_one_worked, 400, "auth-compromise-suspected", true);
    bench_run(owner_elsewhere, 300, "auth-compromise-suspected", false);
    bench_run(other_user_there, 300, "auth-compromise-suspected", false);
    bench_run(fumbled, 300, "auth-compromise-suspected", false);
    bench_run(long_after, 2100, "auth-compromise-suspected", false);
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

/* A client that was well behaved for an hour, and one that names others besides. */
static void harvest_behind_mail(struct bench *b)
{
    for (unsigned i = 0; i < 60; i++) {
        bench_good(b, i * 50, "192.0.2.10", bench_server(i % 5));
    }
    for (unsigned i = 0; i < 24; i++) {
        bench_add(b, 4000 + i, "192.0.2.10", bench_server(i % 5), SCRIPT_UNKNOWN);
    }
}
static void dead_ones_in_a_row(struct bench *b)
{
    for (unsigned i = 0; i < 60; i++) {
        bench_good(b, i, "192.0.2.10", bench_server(i % 5));
    }
    for (unsigned i = 0; i < 24; i++) {
        bench_add(b, 100 + i, "192.0.2.10", bench_server(i % 5), SCRIPT_UNKNOWN);
    }
}

static void test_recipients(void **state)
{
    (void)state;
    bench_run(harvest_behind_mail, 5000, "directory-harvest", true);
    bench_run(dead_ones_in_a_row, 200, "directory-harvest", false);
    bench_run(harvest, 100, "directory-harvest", true);
    bench_run(half_known, 100, "directory-harvest", false);
    bench_run(dirty_list, 200, "unknown-user-rate", true);
    bench_run(clean_list, 200, "unknown-user-rate", false);
    bench_run(short_list, 200, "unknown-user-rate", false);
}

/* --- the same, by the sender's domain --- */

/* Mails of a domain, some of them to somebody unknown. */
static void from_domain(struct bench *b, double at, const char *client, const char *from,
                        unsigned unknown, unsigned known)
{
    for (unsigned i = 0; i < unknown + known; i++) {
        char script[1024];
        bool bad = i * unknown / (unknown + known) != (i + 1) * unknown / (unknown + known);

        snprintf(script, sizeof script,
                 "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n"
                 "0.05 c EHLO a.example\n0.06 s 250 mx.example\n0.07 c MAIL FROM:%s\n"
                 "0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n0.10 s %s\n%s",
                 from, bad ? "550 5.1.1 user unknown" : "250 ok",
                 bad ? "0.5" SCRIPT_BYE : "0.11 c DATA\n0.12 s 354 go\n" SCRIPT_GOOD);
        bench_add(b, at + i, client, bench_server(i % 5), script);
    }
}
static void over_three_clients(struct bench *b)
{
    for (unsigned i = 0; i < 3; i++) {
        from_domain(b, i * 100, bench_client(i), "<secret@List.Example>", 6, 24);
    }
}
static void over_three_clients_clean(struct bench *b)
{
    for (unsigned i = 0; i < 3; i++) {
        from_domain(b, i * 100, bench_client(i), "<secret@list.example>", 1, 29);
    }
}
static void three_domains(struct bench *b)
{
    static const char *const from[] = {"<a@one.example>", "<a@two.example>", "<a@three.example>"};

    for (unsigned i = 0; i < 3; i++) {
        from_domain(b, i * 100, bench_client(i), from[i], 6, 24);
    }
}
static void nobody(struct bench *b)
{
    for (unsigned i = 0; i < 3; i++) {
        from_domain(b, i * 100, bench_client(i), "<>", 6, 24);
    }
}
/* A relay for many, one of whom has an old list. */
static void one_of_a_relay(struct bench *b)
{
    from_domain(b, 0, "192.0.2.10", "<a@good.example>", 0, 250);
    from_domain(b, 300, "192.0.2.10", "<secret@list.example>", 8, 60);
}
/* The refusal that brings a domain here does not count against it. */
static void one_bad_session(struct bench *b)
{
    from_domain(b, 0, "192.0.2.10", "<a@good.example>", 0, 400);
    from_domain(b, 500, "192.0.2.10", "<a@list.example>", 0, 50);
    from_domain(b, 600, "192.0.2.10", "<a@list.example>", 1, 55);
}

static const struct group *told_once(struct bench *b, void (*fill)(struct bench *))
{
    unsigned count = 0;

    bench_begin(b);
    fill(b);
    bench_finish(b, 700);
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        count += strcmp(fleet_group(b->fleet, i)->rule, "unknown-user-rate") == 0;
    }
    assert_int_equal(count, 1);
    return bench_told(b, "unknown-user-rate");
}

static void test_senders(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    bench_run(over_three_clients, 700, "unknown-user-rate", true);
    bench_run(over_three_clients_clean, 700, "unknown-user-rate", false);
    bench_run(three_domains, 700, "unknown-user-rate", false);
    bench_run(nobody, 700, "unknown-user-rate", false);
    bench_run(one_bad_session, 700, "unknown-user-rate", false);

    g = told_once(&b, over_three_clients);
    assert_int_equal(g->peer.family, 0);
    assert_int_equal(g->severity, SEVERITY_ERROR);
    assert_non_null(strstr(g->summary, "17 of 85 recipients of mail from list.example do not exist "
                                       "(20 %), sent by 3 clients"));
    assert_null(strstr(g->summary, "secret"));
    fleet_free(b.fleet);

    g = told_once(&b, one_of_a_relay);
    assert_int_equal(g->peer.family, 4);
    assert_non_null(strstr(g->summary, "of mail from list.example"));
    fleet_free(b.fleet);

    told_once(&b, dirty_list); /* of the client, not of its domain besides */
    fleet_free(b.fleet);
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

/* Mail went well at ten a minute, until the server had enough. */
static void throttled_at_ten(struct bench *b)
{
    for (unsigned i = 0; i < 60; i++) {
        bench_good(b, i * 6, "192.0.2.10", "198.51.100.25");
    }
    for (unsigned i = 0; i < 10; i++) {
        bench_add(b, 360 + i * 6, "192.0.2.10", "198.51.100.25", THROTTLED);
    }
}

static void says(void (*fill)(struct bench *), const char *rule, const char *words)
{
    struct bench b;
    const struct group *g;

    bench_begin(&b);
    fill(&b);
    bench_finish(&b, 500);
    g = bench_told(&b, rule);
    assert_non_null(g);
    if (!strstr(g->summary, words)) {
        fail_msg("%s", g->summary);
    }
    fleet_free(b.fleet);
}

static void test_limits(void **state)
{
    (void)state;
    says(listed, "blocklist-spread", "on a blocklist: Spamhaus");
    says(throttled_at_ten, "provider-throttling", "about 10.");
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
        cmocka_unit_test(test_log_ins),    cmocka_unit_test(test_one_user),
        cmocka_unit_test(test_compromise), cmocka_unit_test(test_networks),
        cmocka_unit_test(test_recipients), cmocka_unit_test(test_senders),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
