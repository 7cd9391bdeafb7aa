/* connection_case.h - one connection fed segment by segment, and the events it makes. */
#ifndef TESTS_UNIT_CONNECTION_CASE_H
#define TESTS_UNIT_CONNECTION_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissect/tcp/connection.h"
#include "tests/unit/wire.h"

static const enum side C = SIDE_CLIENT, S = SIDE_SERVER;

struct bench {
    struct wire w;
    struct tcp_connection *c;
    struct tcp_twins *twins;
    size_t held, size;
};

static inline void begin(struct bench *b, bool midstream)
{
    struct tcp_connection_options o = {.id = 3, .mail_port = true, .midstream = midstream};

    memset(b, 0, sizeof *b);
    wire_init(&b->w, 40412, 25);
    memcpy(o.end, b->w.end, sizeof o.end);
    o.held_total = &b->held;
    o.size_total = &b->size;
    o.twins = b->twins = tcp_twins_new();
    assert_non_null(b->twins);
    b->c = tcp_connection_new(&o);
    assert_non_null(b->c);
}

/* One segment; positions count from behind the SYN. */
static inline void put(struct bench *b, enum side side, uint8_t flags, int64_t seq, int64_t ack,
                       const char *data)
{
    struct segment s = wire_segment(&b->w, side, flags, seq, ack, data);

    tcp_connection_segment(b->c, &s, side);
}

static inline void say(struct bench *b, enum side side, const char *data)
{
    struct segment s = wire_say(&b->w, side, data);

    tcp_connection_segment(b->c, &s, side);
}

static inline void shake(struct bench *b)
{
    put(b, C, TCP_SYN, -1, 0, "");
    put(b, S, TCP_SYN | TCP_ACK, -1, 0, "");
    put(b, C, TCP_ACK, 0, 0, "");
}

static inline struct session *finish(struct bench *b)
{
    struct session *s = tcp_connection_finish(b->c, SESSION_INPUT_ENDED, b->w.now_ns);

    tcp_connection_free(b->c);
    tcp_twins_free(b->twins);
    assert_int_equal(b->held, 0);
    return s;
}

/* Event kinds in order, one word each: "C-syn S-synack". */
static inline void assert_events(const struct session *s, const char *expected)
{
    char told[4096] = "";
    size_t len = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        len += (size_t)snprintf(told + len, sizeof told - len, "%s%c-%s", len ? " " : "",
                                e->side == SIDE_CLIENT ? 'C' : 'S', event_kind_names[e->kind]);
        assert_true(len < sizeof told);
    }
    assert_string_equal(told, expected);
}

static inline const struct event *nth(const struct session *s, enum event_kind kind, size_t n)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == kind && n-- == 0) {
            return e;
        }
    }
    fail_msg("no such %s", event_kind_names[kind]);
    return NULL;
}

static inline size_t count(const struct session *s, enum event_kind kind)
{
    size_t n = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        n += e->kind == kind;
    }
    return n;
}

#endif
