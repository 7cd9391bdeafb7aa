/* session_state.h - what session.c and session_chapter.c share; nobody else includes it. */
#ifndef DISSECT_SESSION_STATE_H
#define DISSECT_SESSION_STATE_H

#include "dissect/session.h"

struct chapter {
    struct arena *arena; /* NULL: the session's */
    uint32_t number;
    uint32_t events;
    bool notable;
    struct event *first, *last;
    struct transaction *first_tx, *last_tx;
    struct chapter *next;
};

/* Events that are not kept: one of each kind and side, since some are counted into for long. Made
 * when the first is needed, which is beyond a limit. */
struct scratch {
    struct event event;
    union event_facts facts;
    struct scratch *next;
};

struct session_keeper {
    struct chapter first, *last;
    struct event *first_same[SIDES], *last_same[SIDES]; /* oldest and newest event with bytes */
    struct event *unacked[SIDES]; /* oldest event with bytes not acknowledged */
    struct mark last_ack[SIDES];
    struct arena *hello;
    struct session_watcher *watchers;
    size_t closed_size; /* of chapters that are neither the first nor the last */
    uint32_t transport_events, icmp_events;
    bool full; /* the chapter keeps no more events */
    bool last_was_scratch;
    struct scratch *scratch;
    struct transaction *scratch_tx; /* of a chapter that keeps no more; not in the list */
};

static inline struct arena *session_chapter_arena(struct session *s, struct chapter *c)
{
    return c->arena ? c->arena : s->arena;
}

/* The first one lies in the session itself. */
static inline size_t session_chapter_size(const struct chapter *c)
{
    return c->arena ? arena_size(c->arena) + sizeof *c : 0;
}

/* session_chapter.c */
/* All but the first, which lies in the session itself. */
void session_free_chapters(struct session_keeper *k);

#endif
