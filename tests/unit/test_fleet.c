/* Findings over many sessions: groups, peers, bins of time, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/bins.h"
#include "report/diagnose/fleet_state.h"
#include "tests/support/session_builder.h"

static const int64_t second = 1000000000;

static const char good[] =
    "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n"
    "0.32 c fin\n";
static const char silent[] = "0.2 c content 1000\n600.2 c fin\nend 601\n";
static const char waiting[] = "0.2 c content 1000\nend 100\n";
static const char long_wait[] = "0.2 c content 1000\nend 605\n";

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

/* Adds one session that begins so many seconds after the builder's start; "" opening: as it is. */
static uint64_t add(struct bench *b, double at, const char *client, const char *server,
                    const char *opening, const char *script)
{
    char whole[4096];
    struct session *s;

    snprintf(whole, sizeof whole, "%s%s", opening, script);
    s = session_build_at(whole, b->next_id, BUILDER_START + (int64_t)(at * 1e9), client, server,
                         25);
    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
    return b->next_id++;
}

static void mail(struct bench *b, double at, const char *server, const char *script)
{
    add(b, at, "192.0.2.10", server, session_builder_to_data, script);
}

static void finish(struct bench *b, double seconds)
{
    fleet_finish(b->fleet, (struct mark){1, BUILDER_START},
                 (struct mark){999999, BUILDER_START + (int64_t)(seconds * 1e9)});
}

static const struct group *group_of(const struct bench *b, const char *rule)
{
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        if (strcmp(fleet_group(b->fleet, i)->rule, rule) == 0) {
            return fleet_group(b->fleet, i);
        }
    }
    return NULL;
}

static void test_nothing(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    finish(&b, 0);
    assert_int_equal(fleet_group_count(b.fleet), 0);
    assert_int_equal(fleet_peer_count(b.fleet), 0);
    assert_int_equal(fleet_bins(b.fleet)->count, 0);
    assert_false(fleet_verdict(b.fleet)->exists);
    assert_int_equal(fleet_moment_count(b.fleet), 0);
    fleet_free(b.fleet);
    fleet_free(NULL);
}

static void test_healthy(void **state)
{
    struct bench b;
    const struct fleet_totals *t;

    (void)state;
    begin(&b);
    for (int i = 0; i < 20; i++) {
        mail(&b, i, "198.51.100.25", good);
    }
    finish(&b, 30);
    t = fleet_totals(b.fleet);
    assert_int_equal(t->sessions, 20);
    assert_int_equal(t->completed, 20);
    assert_int_equal(t->accepted, 20);
    assert_int_equal(t->failed, 0);
    assert_int_equal(t->unknown, 0);
    assert_true(t->slowest_reply_s > 0 && t->slowest_reply_s < 1);
    assert_false(fleet_verdict(b.fleet)->exists);
    assert_int_equal(fleet_peer_count(b.fleet), 1);
    assert_int_equal(fleet_peer(b.fleet, 0)->sessions, 20);
    assert_int_equal(fleet_peer(b.fleet, 0)->failed, 0);
    assert_string_equal(fleet_peer(b.fleet, 0)->name, "mx.example");
    fleet_free(b.fleet);
}

static void test_group(void **state)
{
    struct bench b;
    const struct group *g, *risk;
    uint64_t in_bins = 0;

    (void)state;
    begin(&b);
    for (int i = 0; i < 6; i++) {
        mail(&b, i * 10, "198.51.100.25", good);
    }
    for (int i = 6; i < 16; i++) {
        mail(&b, i * 10, "198.51.100.25", silent);
    }
    mail(&b, 500, "198.51.100.25", long_wait);
    mail(&b, 1000, "198.51.100.25", waiting);
    finish(&b, 1105);

    g = group_of(&b, "data-final-timeout");
    assert_non_null(g);
    assert_int_equal(g->number, 1);
    assert_int_equal(g->sessions, 11);
    assert_int_equal(g->of, 11); /* the good ones came before it began */
    assert_int_equal(g->open_count, 1);
    assert_true(g->is_primary);
    assert_false(g->unproven);
    assert_true(g->open);
    assert_int_equal(g->example_count, FLEET_EXAMPLES);
    assert_int_equal(g->examples[0], 7);
    assert_int_equal(g->first_session, 7);
    assert_int_equal(g->first.time_ns, BUILDER_START + 60 * second + 210 * second / 1000);
    assert_int_equal(g->peer_side, SIDE_SERVER);
    assert_int_equal(g->peer_port, 25);
    assert_string_equal(g->peer_name, "mx.example");
    assert_int_equal(g->severity, SEVERITY_CRITICAL); /* lent by the sign that comes with it */
    assert_true(g->longest_s > 599 && g->longest_s < 606);
    for (size_t i = 0; i < FLEET_BINS; i++) {
        in_bins += g->bins[i];
    }
    assert_int_equal(in_bins, 11);

    risk = group_of(&b, "duplicate-delivery-risk");
    assert_non_null(risk);
    assert_int_equal(risk->part_of, g->number);
    assert_int_equal(g->part_of, 0);
    fleet_free(b.fleet);
}

/* A bad name in the hello before a silence is no part of the silence. */
static void test_what_was_before_is_no_companion(void **state)
{
    static const char opening[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO vm\n"
        "0.06 s 250 mx.example\n"
        "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"
        "0.10 s 250 ok\n0.11 c DATA\n0.14 s 354 go on\n";
    struct bench b;
    const struct group *hello;

    (void)state;
    begin(&b);
    add(&b, 0, "192.0.2.10", "198.51.100.25", opening, silent);
    finish(&b, 700);
    hello = group_of(&b, "helo-argument-invalid");
    assert_non_null(hello);
    assert_int_equal(hello->part_of, 0);
    assert_int_equal(group_of(&b, "duplicate-delivery-risk")->part_of,
                     group_of(&b, "data-final-timeout")->number);
    fleet_free(b.fleet);
}

/* A fault in one of very many is told, with its extent. */
static void test_one_in_many(void **state)
{
    struct bench b;
    const struct verdict *v;

    (void)state;
    begin(&b);
    mail(&b, 0, "198.51.100.25", silent);
    for (int i = 0; i < 400; i++) {
        mail(&b, 1 + i, "198.51.100.25", good);
    }
    mail(&b, 500, "198.51.100.25", silent);
    finish(&b, 1101);
    v = fleet_verdict(b.fleet);
    assert_true(v->exists);
    assert_int_equal(v->group->sessions, 2);
    assert_int_equal(v->group->of, 402);
    assert_non_null(strstr(v->headline, "in 2 of 402 sessions"));
    fleet_free(b.fleet);
}

static void test_ours_decides_the_peer(void **state)
{
    struct bench b;
    static const char refused[] =
        "0.1 c MAIL FROM:<a@a>\n0.2 s 550 no\n0.3 c QUIT\n0.4 s 221 bye\n";

    (void)state;
    begin(&b);
    assert_true(prefix_parse(&b.settings.ours[0], "198.51.100.0/24"));
    b.settings.ours_count = 1;
    add(&b, 0, "192.0.2.10", "198.51.100.25", session_builder_hello, refused);
    add(&b, 1, "192.0.2.10", "198.51.100.25", session_builder_hello, refused);
    add(&b, 2, "198.51.100.25", "203.0.113.1", session_builder_hello, refused);
    finish(&b, 10);
    assert_int_equal(fleet_peer_count(b.fleet), 2);
    assert_int_equal(fleet_peer(b.fleet, 0)->side, SIDE_CLIENT);
    assert_int_equal(fleet_peer(b.fleet, 0)->port, 0);
    assert_int_equal(fleet_peer(b.fleet, 0)->sessions, 2);
    assert_string_equal(fleet_peer(b.fleet, 0)->name, "a.example");
    assert_int_equal(fleet_peer(b.fleet, 1)->side, SIDE_SERVER);
    fleet_free(b.fleet);
}

static void test_find(void **state)
{
    struct bench b;
    struct session *s;
    char whole[2048];
    const struct diagnosis *d;

    (void)state;
    begin(&b);
    snprintf(whole, sizeof whole, "%s%s", session_builder_to_data, silent);
    s = session_build_at(whole, 5, BUILDER_START, "192.0.2.10", "198.51.100.25", 25);
    d = diagnose_session(&b.settings, s);
    fleet_add(b.fleet, s);
    finish(&b, 700);
    for (const struct finding *f = d->findings; f; f = f->next) {
        const struct group *g = fleet_find(b.fleet, f, s);
        assert_non_null(g);
        assert_string_equal(g->rule, f->id);
    }
    session_free(s);
    fleet_free(b.fleet);
}

static void test_destination_failing(void **state)
{
    struct bench b;
    const struct group *g;

    (void)state;
    begin(&b);
    for (int i = 0; i < 6; i++) {
        mail(&b, i, "198.51.100.26", good);
    }
    for (int i = 0; i < 10; i++) {
        mail(&b, 10 + i, "198.51.100.25", good);
        mail(&b, 10 + i, "198.51.100.26", silent);
        mail(&b, 10 + i, "198.51.100.27", good);
    }
    finish(&b, 700);
    g = group_of(&b, "fleet-destination-failing");
    assert_non_null(g);
    assert_true(g->cross_session);
    assert_int_equal(g->sessions, 10);
    assert_int_equal(g->of, 10);
    assert_int_equal(g->part_of, fleet_verdict(b.fleet)->group->number);
    fleet_free(b.fleet);

    /* Everybody fails: then it is not this one destination. */
    begin(&b);
    for (int i = 0; i < 10; i++) {
        mail(&b, i, "198.51.100.25", silent);
        mail(&b, i, "198.51.100.26", silent);
    }
    finish(&b, 700);
    assert_null(group_of(&b, "fleet-destination-failing"));
    fleet_free(b.fleet);
}

/* Of three servers, one answers RCPT so, 15 times behind five mails that it took. */
static bool is_failing_by(const char *reply)
{
    struct bench b;
    char script[256];
    bool told;

    snprintf(script, sizeof script,
             "0.1 c MAIL FROM:<a@a.example>\n0.12 s 250 ok\n0.2 c RCPT TO:<b@b.example>\n"
             "0.22 s %s\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n",
             reply);
    begin(&b);
    for (int i = 0; i < 20; i++) {
        mail(&b, 10 * i, "198.51.100.25", good);
        mail(&b, 10 * i, "198.51.100.27", good);
        if (i < 5) {
            mail(&b, 10 * i, "198.51.100.26", good);
        } else {
            add(&b, 10 * i, "192.0.2.10", "198.51.100.26", session_builder_hello, script);
        }
    }
    finish(&b, 300);
    told = group_of(&b, "fleet-destination-failing");
    assert_true(!told || (group_of(&b, "fleet-destination-failing")->sessions == 15 &&
                          group_of(&b, "fleet-destination-failing")->of == 15));
    fleet_free(b.fleet);
    return told;
}

/* A server that puts everybody off because of itself fails; one that puts off this client, or does
 * not know these recipients, does not. */
static void test_destination_puts_off(void **state)
{
    (void)state;
    assert_true(is_failing_by("451 4.3.0 <b@b.example>: Temporary lookup failure"));
    assert_true(is_failing_by("452 4.3.1 Insufficient system storage"));
    assert_true(is_failing_by("421 4.3.2 System not accepting network messages"));
    assert_false(is_failing_by("450 4.2.0 <b@b.example>: Recipient address rejected: Greylisted"));
    assert_false(is_failing_by("450 4.7.1 Error: too much mail from 192.0.2.10"));
    assert_false(is_failing_by("452 4.2.2 Mailbox full"));
}

/* More groups and peers than the tables hold: told, and a serious finding still finds room. */
static void test_bounds(void **state)
{
    struct bench b;
    char server[ADDRESS_TEXT_MAX];

    (void)state;
    begin(&b);
    for (unsigned i = 0; i < PEERS_MAX + 100; i++) {
        snprintf(server, sizeof server, "10.%u.%u.%u", i >> 16, (i >> 8) & 255, i & 255);
        add(&b, i / 100.0, "192.0.2.10", server, "",
            "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n"
            "0.1 c QUIT\n0.2 s 221 bye\n0.2 c rst\n");
    }
    assert_true(fleet_group_count(b.fleet) <= GROUPS_MAX);
    mail(&b, 100, "10.0.0.5", silent);
    finish(&b, 800);
    assert_true(fleet_peer_count(b.fleet) <= PEERS_MAX);
    assert_true(fleet_peer_count(b.fleet) > PEERS_MAX / 2);
    assert_true(fleet_totals(b.fleet)->forgotten_peers > 0);
    assert_true(fleet_totals(b.fleet)->forgotten_groups > 0);
    assert_true(fleet_verdict(b.fleet)->exists);
    fleet_free(b.fleet);
}

static void test_bins(void **state)
{
    struct bins_clock clock = {0};
    struct bins_line early = {0}, late = {0};
    struct bins described = {0};
    uint64_t sum = 0;

    (void)state;
    bins_see(&clock, 1000 * second + 5);
    bins_count(&early, &clock, 1000 * second + 5);
    bins_describe(&clock, &described);
    assert_int_equal(described.count, 1);
    assert_int_equal(described.width_ns, second);
    assert_int_equal(described.start_ns, 1000 * second);

    /* An hour later: 60 bins must do; and something from before the first. */
    bins_see(&clock, 4600 * second);
    bins_count(&late, &clock, 4600 * second);
    bins_see(&clock, 900 * second);
    bins_count(&early, &clock, 900 * second);
    bins_describe(&clock, &described);
    assert_true(described.count <= FLEET_BINS);
    assert_int_equal(described.width_ns, 64 * second);
    assert_true(described.start_ns <= 900 * second);
    bins_catch_up(&late, &clock);
    bins_catch_up(&early, &clock);
    for (size_t i = 0; i < FLEET_BINS; i++) {
        sum += early.n[i] + late.n[i];
    }
    assert_int_equal(sum, 3);
    assert_int_equal(late.n[described.count - 1], 1);
    assert_int_equal(early.n[0], 1);

    /* Clocks before 1970 and far apart. */
    clock = (struct bins_clock){0};
    early = (struct bins_line){0};
    bins_see(&clock, -5 * second - 1);
    bins_count(&early, &clock, -5 * second - 1);
    bins_see(&clock, INT64_MAX);
    bins_see(&clock, INT64_MIN);
    bins_count(&early, &clock, INT64_MAX);
    bins_count(&early, &clock, INT64_MIN);
    bins_describe(&clock, &described);
    assert_true(described.count <= FLEET_BINS);
    sum = 0;
    for (size_t i = 0; i < FLEET_BINS; i++) {
        sum += early.n[i];
    }
    assert_int_equal(sum, 3);
}

/* Sessions come in the order of their end, their causes do not. */
static void test_last_good_and_recovery(void **state)
{
    struct bench b;
    const struct moment *m;
    enum moment_kind kinds[8] = {0};
    size_t n;

    (void)state;
    begin(&b);
    mail(&b, 0, "198.51.100.25", good);
    mail(&b, 900, "198.51.100.25", good); /* ends before the silent ones do */
    mail(&b, 700, "198.51.100.25", good);
    mail(&b, 100, "198.51.100.25", silent); /* its cause lies before them */
    mail(&b, 200, "198.51.100.25", silent);
    finish(&b, 1000);
    n = fleet_moment_count(b.fleet);
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++) {
        m = fleet_moment(b.fleet, i);
        kinds[i] = m->kind;
        if (i) {
            assert_true(m->at.time_ns >= fleet_moment(b.fleet, i - 1)->at.time_ns);
        }
    }
    assert_int_equal(kinds[0], MOMENT_FIRST_FAILURE);
    assert_int_equal(kinds[n - 1], MOMENT_CAPTURE_END);
    assert_false(fleet_verdict(b.fleet)->group->open);
    for (size_t i = 0; i < n; i++) {
        if (kinds[i] == MOMENT_RECOVERY) {
            assert_true(fleet_moment(b.fleet, i)->at.time_ns > BUILDER_START + 600 * second);
            fleet_free(b.fleet);
            return;
        }
    }
    fail_msg("no recovery");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_what_was_before_is_no_companion),
        cmocka_unit_test(test_one_in_many),
        cmocka_unit_test(test_ours_decides_the_peer),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_destination_failing),
        cmocka_unit_test(test_destination_puts_off),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_last_good_and_recovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
