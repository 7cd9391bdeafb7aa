/* fleet_bench.c - a fleet fed with sessions from scripts. */
#include "tests/support/fleet_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/fleet_rules.h"

void bench_begin(struct bench *b)
{
    *b = (struct bench){.settings = session_builder_settings(), .next_id = 1};
    b->fleet = fleet_new(&b->settings);
    assert_non_null(b->fleet);
}

void bench_add_port(struct bench *b, double at, const char *client, const char *server,
                    uint16_t port, const char *script)
{
    struct session *s = session_build_at(script, b->next_id++, BUILDER_START + (int64_t)(at * 1e9),
                                         client, server, port);

    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

void bench_add(struct bench *b, double at, const char *client, const char *server,
               const char *script)
{
    bench_add_port(b, at, client, server, 25, script);
}

void bench_good(struct bench *b, double at, const char *client, const char *server)
{
    char whole[2048];

    snprintf(whole, sizeof whole, "%s%s", session_builder_to_data, SCRIPT_GOOD);
    bench_add(b, at, client, server, whole);
}

const struct group *bench_told(struct bench *b, const char *rule)
{
    for (size_t i = 0; i < fleet_group_count(b->fleet); i++) {
        if (strcmp(fleet_group(b->fleet, i)->rule, rule) == 0) {
            return fleet_group(b->fleet, i);
        }
    }
    return NULL;
}

void bench_finish(struct bench *b, double seconds)
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

const char *bench_server(unsigned n)
{
    static char text[32];

    snprintf(text, sizeof text, "198.51.100.%u", n);
    return text;
}

const char *bench_client(unsigned n)
{
    static char text[32];

    snprintf(text, sizeof text, "192.0.2.%u", n);
    return text;
}

void bench_run(void (*fill)(struct bench *), double seconds, const char *rule, bool expected)
{
    struct bench b;

    bench_begin(&b);
    fill(&b);
    bench_finish(&b, seconds);
    if ((bench_told(&b, rule) != NULL) != expected) {
        fail_msg("%s is %s", rule, expected ? "missing" : "told");
    }
    fleet_free(b.fleet);
}

void bench_every(struct bench *b, unsigned count, double apart, const char *script)
{
    for (unsigned i = 0; i < count; i++) {
        bench_add(b, i * apart, "192.0.2.10", "198.51.100.25", script);
    }
}
