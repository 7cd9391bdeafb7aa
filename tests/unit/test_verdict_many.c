/* The verdict over many sessions: which finding it speaks of, for whom, and who still waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/fleet.h"
#include "tests/support/session_builder.h"

#define BYE " c QUIT\n0.51 s 221 bye\n0.51 s fin\n0.52 c fin\n"
#define TO_RCPT                                                                                    \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE\n"                                           \
    "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"
#define AUTH_NO                                                                                    \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=AUTH\n0.07 c AUTH PLAIN\n0.08 s 334 go\n0.09 c auth\n"       \
    "0.10 s 535 5.7.8 authentication failed\n0.5" BYE
#define UNKNOWN TO_RCPT "0.10 s 550 5.1.1 user unknown\n0.5" BYE
#define PUT_OFF TO_RCPT "0.10 s 451 4.3.0 not now\n0.5" BYE

struct bench {
    struct settings settings;
    struct fleet *fleet;
    uint64_t next_id;
};

static void begin(struct bench *b, const char *ours)
{
    *b = (struct bench){.settings = session_builder_settings(), .next_id = 1};
    if (ours) {
        assert_true(prefix_parse(&b->settings.ours[0], ours));
        b->settings.ours_count = 1;
    }
    b->fleet = fleet_new(&b->settings);
    assert_non_null(b->fleet);
}

static void add(struct bench *b, double at, unsigned client, unsigned server, const char *script)
{
    char from[32], to[32];
    struct session *s;

    snprintf(from, sizeof from, "192.0.2.%u", client);
    snprintf(to, sizeof to, "198.51.100.%u", server);
    s = session_build_at(script, b->next_id++, BUILDER_START + (int64_t)(at * 1e9), from, to, 25);
    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

static void good(struct bench *b, double at, unsigned client, unsigned server)
{
    char whole[2048];

    snprintf(
        whole, sizeof whole, "%s%s", session_builder_to_data,
        "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c "
        "fin\n");
    add(b, at, client, server, whole);
}

static const struct verdict *finish(struct bench *b, double seconds)
{
    fleet_finish(b->fleet, (struct mark){1, BUILDER_START},
                 (struct mark){999999, BUILDER_START + (int64_t)(seconds * 1e9)});
    return fleet_verdict(b->fleet);
}

static void guessing(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        add(b, i * 20, 66, 25, AUTH_NO);
        good(b, i * 20 + 1, 10, 25);
    }
}
static void mistyped(struct bench *b) /* nearly: a few */
{
    for (unsigned i = 0; i < 4; i++) {
        add(b, i * 20, 66, 25, AUTH_NO);
    }
}
static void harvesting(struct bench *b)
{
    for (unsigned i = 0; i < 25; i++) {
        add(b, i * 4, 66, 25, UNKNOWN);
        good(b, i * 4 + 1, 10, 25);
    }
}
static void all(struct bench *b)
{
    for (unsigned i = 0; i < 20; i++) {
        good(b, i * 5, 10 + i % 4, 20 + i % 4);
    }
    for (unsigned i = 0; i < 20; i++) {
        add(b, 200 + i * 5, 10 + i % 4, 20 + i % 4, PUT_OFF);
    }
}
static void one_of_them(struct bench *b) /* nearly: one server, and it stays with that */
{
    for (unsigned i = 0; i < 40; i++) {
        if (i % 4 == 3) {
            add(b, i * 5, 10 + i % 3, 25, PUT_OFF);
        } else {
            good(b, i * 5, 10 + i % 3, 20 + i % 4);
        }
    }
}
static void one_client(struct bench *b)
{
    for (unsigned i = 0; i < 20; i++) {
        add(b, i * 5, 66, 20 + i % 4, PUT_OFF);
        good(b, i * 5 + 1, 10, 20 + i % 4);
    }
}
static void many_kinds(struct bench *b)
{
    static const char *const refusals[] = {UNKNOWN,
                                           TO_RCPT "0.10 s 552 5.2.2 mailbox full\n0.5" BYE,
                                           TO_RCPT "0.10 s 554 5.7.1 relay access denied\n0.5" BYE,
                                           TO_RCPT "0.10 s 550 5.7.1 spam\n0.5" BYE};

    for (unsigned i = 0; i < 40; i++) {
        if (i % 2) {
            add(b, i * 60, 10 + i % 7, 20 + i % 9, refusals[i / 2 % 4]);
        } else {
            good(b, i * 60, 10 + i % 7, 20 + i % 9);
        }
    }
}

static const struct {
    void (*fill)(struct bench *b);
    const char *ours, *rule, *headline;
    enum severity severity;
    enum ours who;
} cases[] = {
    {guessing, NULL, "auth-bruteforce", "a.example (192.0.2.66) is guessing passwords",
     SEVERITY_CRITICAL, OURS_UNKNOWN},
    {guessing, "198.51.100.0/24", "auth-bruteforce", "a.example (192.0.2.66) is guessing passwords",
     SEVERITY_CRITICAL, OURS_SERVER},
    {mistyped, NULL, "auth-failed", "mx.example (198.51.100.25) refuses the client's credentials",
     SEVERITY_ERROR, OURS_UNKNOWN},
    {mistyped, "192.0.2.0/24", "auth-failed", "mx.example (198.51.100.25) refuses our credentials",
     SEVERITY_ERROR, OURS_CLIENT},
    {mistyped, "198.51.100.25", "auth-failed",
     "our server refuses the client's credentials, client a.example (192.0.2.66)", SEVERITY_ERROR,
     OURS_SERVER},
    {harvesting, NULL, "directory-harvest", "a.example (192.0.2.66) is trying out addresses",
     SEVERITY_ERROR, OURS_UNKNOWN},
    {all, NULL, "fleet-all-failing", "nearly all sessions fail", SEVERITY_CRITICAL, OURS_UNKNOWN},
    {one_of_them, NULL, "server-local-error", "mx.example (198.51.100.25) has an error of its own",
     SEVERITY_ERROR, OURS_UNKNOWN}, /* fleet-destination-failing is part of it */
    {one_client, NULL, "fleet-source-failing", "a.example (192.0.2.66) fails where others do not",
     SEVERITY_ERROR, OURS_UNKNOWN},
    {many_kinds, NULL, "fleet-5xx-rate", "many mails are refused for good", SEVERITY_ERROR,
     OURS_UNKNOWN},
};

static void test_choice(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        const struct verdict *v;

        begin(&b, cases[i].ours);
        cases[i].fill(&b);
        v = finish(&b, 3000);
        if (!v->exists || strcmp(v->group->rule, cases[i].rule) != 0 ||
            strncmp(v->headline, cases[i].headline, strlen(cases[i].headline)) != 0 ||
            v->severity != cases[i].severity || v->group->ours != cases[i].who ||
            !v->next_step[0]) {
            fprintf(stderr, "%zu: %s \"%s\" severity %d ours %d\n", i,
                    v->exists ? v->group->rule : "none", v->headline, v->severity,
                    v->exists ? (int)v->group->ours : -1);
            failures++;
        }
        fleet_free(b.fleet);
    }
    assert_int_equal(failures, 0);
}

/* Three ran out, two more wait within their time, one only began to wait. */
static void test_waiting(void **state)
{
    struct bench b;
    char whole[2048];
    const struct verdict *v;
    double at[] = {0, 10, 20, 500, 560, 698};

    (void)state;
    begin(&b, NULL);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        snprintf(whole, sizeof whole, "%s0.2 c content 1000\n%s", session_builder_to_data,
                 i < 3 ? "600.2 c fin\n600.3 s fin\nend 700\n" : "");
        if (i >= 3) {
            snprintf(whole + strlen(whole), sizeof whole - strlen(whole), "end %g\n", 700 - at[i]);
        }
        add(&b, at[i], 10, 25, whole);
    }
    v = finish(&b, 700);
    assert_true(v->exists);
    assert_string_equal(v->group->rule, "data-final-timeout");
    assert_non_null(strstr(v->extent, "3 of 4 sessions; 3 given up after 600.0 s; 2 more still "
                                      "waiting within their limit (longest 199.8 s)"));
    assert_non_null(strstr(v->fate, "Fate of 3 complete messages is unknown"));
    assert_non_null(strstr(v->fate, "That of 2 more messages is not decided yet."));
    assert_true(v->group->open);
    fleet_free(b.fleet);
    /* All of them over: nobody waits. */
    begin(&b, NULL);
    for (size_t i = 0; i < 3; i++) {
        snprintf(whole, sizeof whole, "%s0.2 c content 1000\n600.2 c fin\n600.3 s fin\nend 5000\n",
                 session_builder_to_data);
        add(&b, at[i], 10, 25, whole);
    }
    v = finish(&b, 5000);
    assert_null(strstr(v->extent, "waiting"));
    assert_null(strstr(v->fate, "not decided"));
    fleet_free(b.fleet);
}

#define PROVIDER                                                                                   \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx%u.provider.example ESMTP\n"                  \
    "0.05 c EHLO a.example\n0.06 s 250 hello ; keywords=SIZE\n"                                    \
    "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"                \
    "0.10 s 250 ok\n0.11 c DATA\n0.14 s 354 go on\n0.2 c content 1000\n"
#define TAKEN "0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n"
/* What came of it was not captured. */
#define HOLED "0.25 s gap 100\n0.3 c fin\n0.31 s fin\n"

/* A session with one of eight servers of one domain. */
static void provider(struct bench *b, double at, unsigned n, const char *end)
{
    char script[1024], whole[1536];

    snprintf(script, sizeof script, PROVIDER, n % 8);
    snprintf(whole, sizeof whole, "%s%s", script, end);
    add(b, at, 10, 20 + n % 8, whole);
}

/* They take mail, and then keep three each without an answer. */
static void provider_fails(struct bench *b, bool lossy)
{
    begin(b, NULL);
    for (unsigned i = 0; i < 40; i++) {
        good(b, i * 20, 10, 99);
    }
    for (unsigned i = 0; i < 8; i++) {
        provider(b, i * 10, i, TAKEN);
    }
    if (lossy) {
        provider(b, 85, 0, HOLED);
    }
    for (unsigned i = 0; i < 24; i++) {
        provider(b, 100 + i * 20, i, "600.2 c fin\nend 601\n");
    }
}

/* Told as one, with the sessions and the mail of all. */
static void test_destination(void **state)
{
    struct bench b;
    const struct verdict *v;

    (void)state;
    provider_fails(&b, false);
    v = finish(&b, 2000);
    assert_true(v->exists);
    assert_string_equal(v->group->rule, "fleet-destination-failing");
    assert_string_equal(v->headline,
                        "provider.example (8 addresses) does not answer the end of data");
    assert_non_null(strstr(v->extent, "24 of 24 sessions; 24 given up after "));
    assert_null(strstr(v->extent, "more server"));
    assert_string_equal(v->fate,
                        "Fate of 24 complete messages is unknown; retries may deliver them twice.");
    assert_int_equal(v->chain[LINK_SERVER_APP].state, LINK_FAILED);
    assert_int_equal(v->mail_unknown, 24);
    assert_non_null(strstr(v->before, "after the last session with it that went well"));
    fleet_free(b.fleet);

    provider_fails(&b, true); /* the session in between may have failed, too */
    v = finish(&b, 2000);
    assert_string_equal(v->group->rule, "fleet-destination-failing");
    assert_non_null(strstr(v->before, "packets are missing between the last success and"));
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_destination),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
