/* What came just before a fault began, in words of time only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/facts.h"
#include "tests/support/fleet_bench.h"

static const char relay[] = "192.0.2.10", server[] = "198.51.100.25";

/* What a session shows besides. */
struct show {
    const char *greeting;    /* NULL: the usual one */
    const char *certificate; /* NULL: none is seen */
    bool lossy;
};

static void add(struct bench *b, double at, const char *peer, bool good, const struct show *show)
{
    char whole[2048];
    struct session *s;

    snprintf(whole, sizeof whole, "%s%s", session_builder_to_data, SCRIPT_GOOD);
    s = session_build_at(show->lossy ? SCRIPT_TO_RCPT "0.2 s gap 100\n0.5" SCRIPT_BYE
                         : good      ? whole
                                     : SCRIPT_5XX,
                         b->next_id++, BUILDER_START + (int64_t)(at * 1e9), relay, peer, 25);
    if (show->greeting) {
        s->smtp.greeting->facts->reply.text =
            (struct text){show->greeting, (uint32_t)strlen(show->greeting), false};
    }
    if (show->certificate) {
        struct tls_details *d = tls_facts_details(s);
        struct tls_certificate *c = arena_make(s->arena, struct tls_certificate);
        *c = (struct tls_certificate){.readable = true};
        c->subject = c->issuer = c->common_name = c->signature = c->serial =
            (struct text){"", 0, false};
        snprintf(c->sha256, sizeof c->sha256, "%s", show->certificate);
        d->chain[SIDE_SERVER].seen = true;
        d->chain[SIDE_SERVER].count = 1;
        d->chain[SIDE_SERVER].first = c;
    }
    diagnose_session(&b->settings, s);
    s->smtp.tls = show->certificate ? TLS_STARTTLS : TLS_NONE;
    fleet_add(b->fleet, s);
    session_free(s);
}

static const struct show usual = {NULL, NULL, false};

static void fill(struct bench *b, const struct show *before, const struct show *behind)
{
    for (unsigned i = 0; i < 8; i++) {
        add(b, i * 10, server, true, before);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(b, 100 + i * 10, server, false, behind);
    }
}

/* What the beginning's summary says; it is told of this capture. */
static const char *onset(struct bench *b)
{
    const struct group *g;

    bench_finish(b, 200);
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        char address[ADDRESS_TEXT_MAX];
        g = fleet_group(b->fleet, i);
        address_format(&g->peer, address);
        if (strcmp(g->rule, "fleet-onset") == 0 && strcmp(address, server) == 0) {
            return g->summary;
        }
    }
    fail_msg("no beginning is told");
    return "";
}

static void expect(struct bench *b, const char *said, const char *unsaid)
{
    const char *summary = onset(b);

    if ((said && !strstr(summary, said)) || (unsaid && strstr(summary, unsaid))) {
        print_error("%s\n", summary);
        fail();
    }
    fleet_free(b->fleet);
}

static void test_success(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    fill(&b, &usual, &usual);
    expect(&b, "it began 29.85 s after the last session with it that went well", "another");
}

static void test_changes(void **state)
{
    const struct show old = {"mx.example ESMTP 1.0", "aa", false};
    const struct show text = {"mx.example ESMTP 1.1", "aa", false};
    const struct show cert = {"mx.example ESMTP 1.0", "bb", false};
    struct bench b;

    (void)state;
    bench_begin(&b);
    fill(&b, &old, &text);
    expect(&b, "the server greets with another text than before", "certificate");
    bench_begin(&b);
    fill(&b, &old, &cert);
    expect(&b, "the server shows another certificate than before", "greets");
    bench_begin(&b);
    fill(&b, &old, &old);
    expect(&b, NULL, "than before");
    bench_begin(&b); /* never seen before */
    fill(&b, &usual, &cert);
    expect(&b, NULL, "certificate");

    bench_begin(&b); /* a greeting with the time of day is another one each time */
    for (unsigned i = 0; i < 8; i++) {
        char greeting[64];
        struct show clock = {greeting, NULL, false};
        snprintf(greeting, sizeof greeting, "mx.example ESMTP; 10:00:%02u", i);
        add(&b, i * 10, server, true, &clock);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(&b, 100 + i * 10, server, false, &old);
    }
    expect(&b, NULL, "greets");
}

static void test_hole(void **state)
{
    const struct show lossy = {NULL, NULL, true};
    struct bench b;

    (void)state;
    bench_begin(&b); /* a session with a hole lies between */
    for (unsigned i = 0; i < 8; i++) {
        add(&b, i * 10, server, true, &usual);
    }
    add(&b, 90, server, false, &lossy);
    for (unsigned i = 0; i < 8; i++) {
        add(&b, 100 + i * 10, server, false, &usual);
    }
    expect(&b, "some time between 14:01:10 and 14:01:40 UTC: packets are missing",
           "after the last");

    bench_begin(&b); /* nothing was captured for a while */
    fill(&b, &usual, &usual);
    fleet_lost(b.fleet, BUILDER_START + INT64_C(80000000000), BUILDER_START + INT64_C(95000000000));
    expect(&b, "some time between 14:01:10 and 14:01:40 UTC: packets are missing",
           "after the last");

    bench_begin(&b); /* long before the last success */
    fill(&b, &usual, &usual);
    fleet_lost(b.fleet, BUILDER_START + INT64_C(20000000000), BUILDER_START + INT64_C(30000000000));
    expect(&b, "after the last session with it", "missing");
}

static void neighbours(struct bench *b, double earlier, unsigned count)
{
    for (unsigned i = 0; i < 8; i++) {
        add(b, i * 10, "198.51.100.77", true, &usual);
    }
    for (unsigned i = 0; i < count; i++) {
        bench_add(b, 100 - earlier + i * 10, relay, "198.51.100.77", SCRIPT_AUTH_NO);
    }
    fill(b, &usual, &usual);
}

static void test_neighbour(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    neighbours(&b, 4, 8);
    expect(&b, "4.00 s after auth-failed at 198.51.100.77 began", NULL);
    bench_begin(&b); /* too long before */
    neighbours(&b, 90, 8);
    expect(&b, NULL, "auth-failed");
    bench_begin(&b); /* once or twice is no fault that lasts */
    neighbours(&b, 4, 2);
    expect(&b, NULL, "auth-failed");
}

/* The name that answered elsewhere before. */
static void test_address(void **state)
{
    const char *before;
    struct bench b;

    (void)state;
    bench_begin(&b);
    for (unsigned i = 0; i < 8; i++) {
        add(&b, i * 10, "198.51.100.24", true, &usual);
    }
    for (unsigned i = 0; i < 8; i++) {
        add(&b, 100 + i * 10, server, false, &usual);
    }
    bench_finish(&b, 200);
    before = fleet_verdict(b.fleet)->before;
    assert_string_equal(before, "30.10 s after the last session with a server of the same name at "
                                "198.51.100.24");
    fleet_free(b.fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success), cmocka_unit_test(test_changes),
        cmocka_unit_test(test_hole),    cmocka_unit_test(test_neighbour),
        cmocka_unit_test(test_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
