/* session_chapter.c - old events make room for new ones.
 *
 * A session is written in chapters. Each has an arena of its own, except the first, which uses the
 * session's; a new one begins only at rest (nothing outstanding, no transaction open), so that no
 * transaction straddles two. When the session holds more than LIMIT_SESSION_EVENTS, the oldest
 * chapter without a notable event is folded: its arena is freed, its events and transactions live
 * on as counts. Events that the session's own facts point to are not folded; whoever else keeps a
 * pointer to an event watches (session_watch). A chapter that cannot end (a client that never
 * pauses) stops keeping events at LIMIT_CHAPTER_EVENTS.
 */
#include <stdlib.h>

#include "dissect/limits.h"
#include "dissect/session_state.h"

enum {
    CHAPTER_EVENTS = 512, /* a chapter with so many ends at the next rest */
    CHAPTER_ROOM = 16000, /* taken at once */
};

void session_free_chapters(struct session_keeper *k)
{
    struct chapter *c = k->first.next;

    while (c) {
        struct chapter *next = c->next;
        arena_free(c->arena);
        free(c);
        c = next;
    }
}

/* A fact of the session points into the chapter. */
static bool is_held(const struct session *s, const struct chapter *c)
{
    const struct event *held[] = {s->smtp.greeting, s->smtp.ehlo, s->smtp.starttls, s->smtp.quit,
                                  s->tls.alert};

    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        if (held[i] && held[i]->chapter == c->number) {
            return true;
        }
    }
    return false;
}

/* Takes the chapter's events out of the chain of those with bytes. */
static void unchain(struct session_keeper *k, enum side side, uint32_t chapter)
{
    struct event **at = &k->first_same[side];

    while (k->unacked[side] && k->unacked[side]->chapter == chapter) {
        k->unacked[side] = k->unacked[side]->next_same;
    }
    k->last_same[side] = NULL;
    while (*at) {
        if ((*at)->chapter == chapter) {
            *at = (*at)->next_same;
        } else {
            k->last_same[side] = *at;
            at = &(*at)->next_same;
        }
    }
}

static void unlink_events(struct session *s, struct chapter *c)
{
    struct event **at = &s->events, *before = NULL;

    while (*at != c->first) {
        before = *at;
        at = &before->next;
    }
    *at = c->last->next;
    if (s->events_last == c->last) {
        s->events_last = before;
    }
    s->folded += c->events;
    s->event_count -= c->events;
}

static void unlink_transactions(struct session *s, struct chapter *c)
{
    struct transaction **at = &s->smtp.transactions, *before = NULL;

    while (*at != c->first_tx) {
        before = *at;
        at = &before->next;
    }
    *at = c->last_tx->next;
    if (s->smtp.transactions_last == c->last_tx) {
        s->smtp.transactions_last = before;
    }
    s->folded_transactions += c->last_tx->n - c->first_tx->n + 1;
}

static void fold_chapter(struct session *s, struct chapter *before, struct chapter *c)
{
    struct session_keeper *k = s->keeper;

    for (struct session_watcher *w = k->watchers; w; w = w->next) {
        w->forget(w->ctx, c->number);
    }
    if (s->smtp.waiting && s->smtp.waiting->chapter == c->number) {
        s->smtp.waiting = NULL; /* nothing is outstanding at rest */
    }
    unchain(k, SIDE_CLIENT, c->number);
    unchain(k, SIDE_SERVER, c->number);
    if (c->first) {
        unlink_events(s, c);
    }
    if (c->first_tx) {
        unlink_transactions(s, c);
    }
    before->next = c->next;
    k->closed_size -= session_chapter_size(c);
    arena_free(c->arena);
    free(c);
}

static bool chapter_is_notable(struct chapter *c)
{
    for (struct event *e = c->first; e; e = e->next) {
        if (e->notable) {
            return true;
        }
        if (e == c->last) {
            break;
        }
    }
    return false;
}

/* False: nothing can be folded. */
static bool fold_oldest(struct session *s, bool notable_too)
{
    struct session_keeper *k = s->keeper;
    struct chapter *before = &k->first;

    for (struct chapter *c = before->next; c && c != k->last; before = c, c = c->next) {
        if ((notable_too || !c->notable) && !is_held(s, c)) {
            fold_chapter(s, before, c);
            return true;
        }
    }
    return false;
}

void session_rest(struct session *s)
{
    struct session_keeper *k = s->keeper;
    struct chapter *c;

    if (k->last->events < CHAPTER_EVENTS) {
        return;
    }
    c = calloc(1, sizeof *c);
    if (!c || !(c->arena = arena_new(CHAPTER_ROOM))) {
        free(c);
        return; /* the chapter goes on; its own limit holds */
    }
    c->number = k->last->number + 1;
    k->last->notable = chapter_is_notable(k->last);
    k->closed_size += session_chapter_size(k->last);
    k->last->next = c;
    k->last = c;
    k->full = false;
    if (s->event_count > LIMIT_SESSION_EVENTS) {
        session_limit(s, REACHED_SESSION_EVENTS, SIDE_CLIENT, s->last);
    }
    while (s->event_count > LIMIT_SESSION_EVENTS &&
           (fold_oldest(s, false) || fold_oldest(s, true))) {
    }
}
