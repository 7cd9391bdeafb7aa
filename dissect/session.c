/* session.c - the model's keeper: events in order, in bounded memory.
 *
 * When no more events may be kept, session_add hands out a scratch event, and mails and recipients
 * are counted only. How old events make room is in session_chapter.c.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/opening.h"
#include "dissect/session_state.h"

/* Room taken at once for the keywords of one EHLO. */
enum { HELLO_ROOM = 448 };
static const uint32_t scratch_chapter = UINT32_MAX;

const char *const event_kind_names[EVENT_KINDS] = {
    "syn",        "synack",      "refused",  "fin",   "rst",    "icmp",    "gap",
    "retransmit", "zero-window", "conflict", "limit", "reply",  "command", "auth",
    "content",    "chunk",       "tls",      "tls",   "opaque",
};
const char *const tx_outcome_names[TX_OUTCOMES] = {"unknown", "accepted", "rejected", "aborted"};
const char *const auth_outcome_names[AUTH_OUTCOMES] = {"", "unfinished", "accepted", "refused"};
const char *const tls_use_names[TLS_USES] = {"none", "starttls", "implicit"};
const char *const handshake_names[HANDSHAKES] = {"complete", "refused", "unanswered", "missing",
                                                 "unanswered"};

static const size_t facts_size[EVENT_KINDS] = {
    [EVENT_SYN] = sizeof(struct syn_facts),
    [EVENT_SYNACK] = sizeof(struct syn_facts),
    [EVENT_REFUSED] = sizeof(struct rst_facts),
    [EVENT_FIN] = 0,
    [EVENT_RST] = sizeof(struct rst_facts),
    [EVENT_ICMP] = sizeof(struct icmp_facts),
    [EVENT_GAP] = sizeof(struct gap_facts),
    [EVENT_RETRANSMIT] = sizeof(struct retransmit_facts),
    [EVENT_ZERO_WINDOW] = sizeof(struct window_facts),
    [EVENT_CONFLICT] = 0,
    [EVENT_LIMIT] = sizeof(struct limit_facts),
    [EVENT_REPLY] = sizeof(struct reply_facts),
    [EVENT_COMMAND] = sizeof(struct command_facts),
    [EVENT_AUTH] = sizeof(struct auth_facts),
    [EVENT_CONTENT] = sizeof(struct content_facts),
    [EVENT_CHUNK] = sizeof(struct content_facts),
    [EVENT_TLS] = sizeof(struct tls_event_facts),
    [EVENT_TLS_RUN] = sizeof(struct run_facts),
    [EVENT_OPAQUE] = sizeof(uint64_t),
};

struct session *session_new(uint64_t id)
{
    struct arena *arena = arena_new_packable();
    struct session *s;

    if (!arena) {
        return NULL;
    }
    s = arena_make(arena, struct session);
    s->arena = arena;
    s->id = id;
    s->keeper = arena_make(arena, struct session_keeper);
    s->keeper->last = &s->keeper->first;
    s->tcp.syn_to_synack_ns = s->tcp.synack_to_ack_ns = -1;
    for (int i = 0; i < SIDES; i++) {
        s->tcp.side[i].scale = 0xff;
    }
    return s;
}

void session_free(struct session *s)
{
    if (s) {
        opening_free(s->opening);
        session_free_chapters(s->keeper);
        arena_free(s->keeper->hello);
        arena_free(s->arena);
    }
}

static bool is_transport(enum event_kind kind)
{
    return kind == EVENT_RETRANSMIT || kind == EVENT_ZERO_WINDOW || kind == EVENT_CONFLICT ||
           kind == EVENT_GAP || kind == EVENT_OPAQUE;
}

static bool is_notable(enum event_kind kind)
{
    return kind <= EVENT_LIMIT && kind != EVENT_RETRANSMIT && kind != EVENT_ZERO_WINDOW;
}

static struct event *scratch_event(struct session *s, enum event_kind kind, enum side side)
{
    struct scratch *e = s->keeper->scratch;

    while (e && (e->event.kind != kind || e->event.side != side)) {
        e = e->next;
    }
    if (!e) {
        e = arena_make(s->arena, struct scratch);
        e->next = s->keeper->scratch;
        s->keeper->scratch = e;
    }
    memset(&e->facts, 0, sizeof e->facts);
    e->event = (struct event){.kind = (uint8_t)kind,
                              .side = (uint8_t)side,
                              .chapter = scratch_chapter,
                              .facts = &e->facts};
    s->keeper->last_was_scratch = true;
    s->folded++;
    return &e->event;
}

static struct event *link_event(struct session *s, enum event_kind kind, enum side side,
                                struct mark mark)
{
    struct chapter *c = s->keeper->last;
    struct event *e = arena_alloc(session_chapter_arena(s, c), sizeof *e + facts_size[kind]);

    e->kind = (uint8_t)kind;
    e->side = (uint8_t)side;
    e->chapter = c->number;
    e->notable = is_notable(kind);
    e->first = e->last = mark;
    if (facts_size[kind]) {
        e->facts = (union event_facts *)(e + 1);
    }
    if (s->events_last) {
        s->events_last->next = e;
    } else {
        s->events = e;
    }
    s->events_last = e;
    if (!c->first) {
        c->first = e;
    }
    c->last = e;
    c->events++;
    s->event_count++;
    s->keeper->last_was_scratch = false;
    return e;
}

void session_limit(struct session *s, enum limit limit, enum side side, struct mark mark)
{
    const struct limit_row *row = &limit_rows[limit];

    if (!(s->limits >> limit & 1)) {
        bool was_scratch = s->keeper->last_was_scratch;
        s->limits |= UINT32_C(1) << limit;
        s->limits_reached++;
        link_event(s, EVENT_LIMIT, side, mark)->facts->limit =
            (struct limit_facts){row->name, row->value};
        s->keeper->last_was_scratch = was_scratch; /* of the caller's event */
    }
}

/* Whether one more event of this kind may be kept; tells the limit when it is reached. */
static bool may_keep(struct session *s, enum event_kind kind, struct mark mark)
{
    struct session_keeper *k = s->keeper;

    if (is_transport(kind)) {
        k->transport_events++;
        if (k->transport_events == LIMIT_TRANSPORT_EVENTS) {
            session_limit(s, REACHED_TRANSPORT_EVENTS, SIDE_CLIENT, mark);
        }
        return k->transport_events < LIMIT_TRANSPORT_EVENTS;
    }
    if (kind == EVENT_ICMP && ++k->icmp_events > LIMIT_ICMP_EVENTS) {
        session_limit(s, REACHED_ICMP_EVENTS, SIDE_CLIENT, mark);
        return false;
    }
    /* The end of a connection is kept whatever went before. */
    if (kind == EVENT_FIN || kind == EVENT_RST || kind == EVENT_ICMP) {
        return k->last->events < LIMIT_CHAPTER_EVENTS + 64;
    }
    if (k->last->events >= LIMIT_CHAPTER_EVENTS) {
        if (!k->full) {
            k->full = true;
            session_limit(s, REACHED_CHAPTER_EVENTS, SIDE_CLIENT, mark);
        }
        return false;
    }
    return true;
}

struct event *session_add(struct session *s, enum event_kind kind, enum side side, struct mark mark)
{
    struct event *e;

    if (!may_keep(s, kind, mark)) {
        e = scratch_event(s, kind, side);
        e->first = e->last = mark;
        return e;
    }
    return link_event(s, kind, side, mark);
}

struct event *session_kept(struct session *s, struct event *e)
{
    (void)s;
    return e && e->chapter == scratch_chapter ? NULL : e;
}

struct text session_text(struct session *s, struct bytes b, size_t max)
{
    if (s->keeper->last_was_scratch) {
        return (struct text){"", 0, b.len > 0};
    }
    return arena_text(session_chapter_arena(s, s->keeper->last), b, max);
}

struct arena *session_hello_arena(struct session *s)
{
    struct session_keeper *k = s->keeper;

    s->smtp.keywords = NULL;
    s->smtp.keyword_count = 0;
    s->smtp.helo = (struct text){"", 0, false};
    if (k->hello) {
        arena_reset(k->hello);
    } else {
        k->hello = arena_new_inside(s->arena, HELLO_ROOM);
    }
    return k->hello;
}

void session_set_bytes(struct session *s, struct event *e, uint64_t offset, uint64_t end)
{
    struct session_keeper *k = s->keeper;
    enum side side = e->side;

    e->offset = offset;
    e->end = end;
    if (!session_kept(s, e)) {
        return;
    }
    if (k->last_same[side]) {
        k->last_same[side]->next_same = e;
    } else {
        k->first_same[side] = e;
    }
    k->last_same[side] = e;
    if (end <= s->tcp.side[side].acked && k->last_ack[side].packet) {
        e->acked = k->last_ack[side];
        if (e->acked.time_ns < e->last.time_ns) {
            e->acked = e->last;
        }
    } else if (!k->unacked[side]) {
        k->unacked[side] = e;
    }
}

void session_acked(struct session *s, enum side side, uint64_t offset, struct mark mark)
{
    struct session_keeper *k = s->keeper;
    struct event *e = k->unacked[side];

    k->last_ack[side] = mark;
    while (e && e->end <= offset) {
        if (!e->acked.packet) {
            e->acked = mark;
        }
        e = e->next_same;
    }
    k->unacked[side] = e;
}

void session_watch(struct session *s, struct session_watcher *w)
{
    w->next = s->keeper->watchers;
    s->keeper->watchers = w;
}

struct transaction *session_begin_transaction(struct session *s, struct mark mark)
{
    struct session_keeper *k = s->keeper;
    struct chapter *c = k->last;
    struct transaction *tx = k->full ? k->scratch_tx : NULL;

    if (tx) {
        *tx = (struct transaction){0};
    } else {
        tx = arena_make(k->full ? s->arena : session_chapter_arena(s, c), struct transaction);
    }
    tx->n = ++s->smtp.transaction_count;
    tx->declared_size = UINT64_MAX;
    tx->recipients_tail = &tx->recipients;
    tx->first = tx->last = mark;
    tx->from = tx->params = tx->queue_id = (struct text){"", 0, false};
    if (k->full) {
        k->scratch_tx = tx;
        s->folded_transactions++;
        return tx;
    }
    if (s->smtp.transactions_last) {
        s->smtp.transactions_last->next = tx;
    } else {
        s->smtp.transactions = tx;
    }
    s->smtp.transactions_last = tx;
    if (!c->first_tx) {
        c->first_tx = tx;
    }
    c->last_tx = tx;
    return tx;
}

struct recipient *session_add_recipient(struct session *s, struct transaction *tx)
{
    struct recipient *r;

    if (++tx->recipient_count > LIMIT_RECIPIENTS || s->keeper->full) {
        if (tx->recipient_count > LIMIT_RECIPIENTS) {
            session_limit(s, REACHED_RECIPIENTS, SIDE_CLIENT, tx->last);
        }
        return NULL;
    }
    r = arena_make(session_chapter_arena(s, s->keeper->last), struct recipient);
    r->to = r->params = (struct text){"", 0, false};
    *tx->recipients_tail = r;
    tx->recipients_tail = &r->next;
    return r;
}

size_t session_size(const struct session *s)
{
    const struct session_keeper *k = s->keeper;

    return arena_size(s->arena) + (k->hello ? arena_size(k->hello) : 0) + k->closed_size +
           session_chapter_size(k->last) + (s->opening ? sizeof *s->opening : 0);
}
