/* waiting.c - one pass over the events of a session: its course, and every silence on the way.
 *
 * What each event changes is in waiting_meet.c, who was waited for in waiting_silence.c.
 *
 * What may be relied on: the events come in an order in which every reply follows the command it
 * answers, and a chunk follows what it acknowledges. Times of neighbours may still run backwards a
 * little; then no silence is seen, which is the safe side.
 */
#include "report/diagnose/waiting.h"

#include <string.h>

#include "dissect/limits.h"
#include "report/diagnose/waiting_walk.h"

enum { LATE_MAX = 16 };

/* Kinds that move a session on. */
static bool is_progress(const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_SYN:
    case EVENT_SYNACK:
        return !e->facts->syn.again;
    case EVENT_REFUSED:
    case EVENT_FIN:
    case EVENT_RST:
    case EVENT_GAP:
    case EVENT_REPLY:
    case EVENT_COMMAND:
    case EVENT_AUTH:
    case EVENT_CONTENT:
    case EVENT_CHUNK:
    case EVENT_TLS:
    case EVENT_TLS_RUN:
    case EVENT_OPAQUE:
        return true;
    case EVENT_ICMP:
    case EVENT_RETRANSMIT:
    case EVENT_ZERO_WINDOW:
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_KINDS:
        break;
    }
    return false;
}

/* The acknowledgement that completed the handshake is no event of its own. */
static void pass_handshake(struct walk *w, struct mark until)
{
    const struct mark *up = &w->s->tcp.established;

    if (!w->connected && up->packet && up->time_ns <= until.time_ns) {
        walk_silence(w, *up, NULL);
        w->progress = *up;
        w->connected = true;
    }
}

static void gather_transport(struct walk *w)
{
    const struct tcp_side *side = w->s->tcp.side;

    if (!side[SIDE_CLIENT].retransmits && !side[SIDE_SERVER].retransmits &&
        !side[SIDE_CLIENT].zero_windows && !side[SIDE_SERVER].zero_windows) {
        return;
    }
    for (const struct event *e = w->s->events; e; e = e->next) {
        if ((e->kind == EVENT_RETRANSMIT || e->kind == EVENT_ZERO_WINDOW) &&
            w->transport_count < LIMIT_TRANSPORT_EVENTS) {
            w->transport[w->transport_count++] = e;
        }
    }
}

/* The silence that nothing ended. */
static void silence_at_end(struct walk *w)
{
    struct course *c = &w->j->course;
    struct mark until = {0, w->s->capture_end_ns};
    bool over = c->rst[SIDE_CLIENT] || c->rst[SIDE_SERVER] ||
                (c->fin[SIDE_CLIENT] && c->fin[SIDE_SERVER]) || (c->ending && c->quit && !w->head);

    pass_handshake(w, until);
    if (!c->ending) {
        w->now.phase = walk_phase(w);
        w->now.open = w->head;
        c->before_end = w->now;
    }
    if (!over && w->s->tcp.handshake != HANDSHAKE_REFUSED) {
        walk_silence(w, until, NULL);
    }
}

static void note_facts(struct judge *j)
{
    const struct tcp_facts *tcp = &j->s->tcp;
    unsigned *has = &j->course.has;

    if (!j->course.ending && j->s->ended != SESSION_CLOSED) {
        *has |= NEEDS_OPEN;
    }
    if (tcp->handshake != HANDSHAKE_COMPLETE) {
        *has |= NEEDS_CONNECT;
    }
    if (j->d->capture != CAPTURE_FULL || tcp->clock_jump_ns) {
        *has |= NEEDS_FLAW;
    }
    for (int i = 0; i < SIDES; i++) {
        const struct tcp_side *side = &tcp->side[i];
        uint16_t mss = tcp->side[side_other((enum side)i)].mss;

        if (side->twins || side->snapped || side->gap_count) {
            *has |= NEEDS_FLAW;
        }
        if (side->syn_count > 1) {
            *has |= NEEDS_CONNECT;
        }
        if (mss && side->largest > mss) {
            *has |= NEEDS_OFFLOAD;
        }
    }
}

static void step(struct walk *w, const struct event *e)
{
    enum phase before;

    if (!is_progress(e)) {
        walk_meet(w, e);
        return;
    }
    pass_handshake(w, e->first);
    walk_silence(w, e->first, e);
    before = e->last.time_ns > e->first.time_ns ? walk_phase(w) : PHASE_COUNT; /* not asked for */
    walk_meet(w, e);
    walk_silences_inside(w, e, before);
    if (e->last.time_ns >= w->progress.time_ns) {
        w->progress = e->last;
    }
}

/* Behind a hole that was filled or given up later, data is read after the FIN or RST that followed
 * it on the wire: an end waits until everything before it was met. */
static void flush_ends(struct walk *w, int64_t before_ns)
{
    size_t done = 0;

    while (done < w->late_count && w->late[done]->first.time_ns < before_ns) {
        step(w, w->late[done++]);
    }
    w->late_count -= done;
    memmove(w->late, w->late + done, w->late_count * sizeof(struct event *));
}

static void walk_events(struct walk *w)
{
    for (const struct event *e = w->s->events; e; e = e->next) {
        bool end = e->kind == EVENT_FIN || e->kind == EVENT_RST;

        if (end && w->late_count < LATE_MAX) {
            w->late[w->late_count++] = e;
            continue;
        }
        if (w->late_count) {
            flush_ends(w, end ? INT64_MAX : e->first.time_ns);
        }
        step(w, e);
    }
    flush_ends(w, INT64_MAX);
}

void waiting_read(struct judge *j)
{
    const struct event *transport[LIMIT_TRANSPORT_EVENTS], *late[LATE_MAX]; /* as they are */
    struct walk w = {.j = j, .s = j->s, .transport = transport, .late = late};

    w.silence_ns = (int64_t)(threshold(THRESHOLD_SILENCE) * 1e9);
    w.connected = w.now.uncertain = j->s->tcp.midstream;
    w.greeted = j->s->tcp.midstream;
    j->course.wait_tail = &j->d->waits;
    gather_transport(&w);
    walk_events(&w);
    silence_at_end(&w);
    note_facts(j);
}
