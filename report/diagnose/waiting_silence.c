/* waiting_silence.c - every silence, and who was waited for.
 *
 * Who was waited for is decided in this order (catalogue 0.3): a side whose window is closed; the
 * network, where bytes are sent again and not acknowledged; the server, when something it has
 * acknowledged is unanswered; else the client. Inside TLS the direction of the last record decides.
 * Where acknowledgements were not captured nobody is named.
 */
#include "report/diagnose/trust.h"
#include "report/diagnose/waiting_walk.h"

#include "report/diagnose/rules_tls.h"

enum { PORT_SMTPS = 465 };

/* Nanoseconds that [from, until] and [a, b] share. */
static int64_t overlap(int64_t from, int64_t until, int64_t a, int64_t b)
{
    int64_t low = a > from ? a : from;
    int64_t high = b < until ? b : until;

    return high > low ? high - low : 0;
}

/* Until when the bytes of a retransmission stayed unacknowledged. */
static int64_t unacked_until(const struct walk *w, const struct event *resent, int64_t until)
{
    if (resent->acked.packet) {
        return resent->acked.time_ns;
    }
    return judge_acked(w->j, resent->side, resent->end) ? resent->last.time_ns : until;
}

static bool half_closed_window(const struct walk *w, int64_t from, int64_t until, enum party *owner)
{
    for (size_t i = 0; i < w->transport_count; i++) {
        const struct event *e = w->transport[i];
        int64_t end = e->last.time_ns;

        if (e->kind != EVENT_ZERO_WINDOW) {
            continue;
        }
        if (e->facts->window.open && until > end) {
            end = until;
        }
        if (overlap(from, until, e->first.time_ns, end) * 2 >= until - from) {
            *owner = party_of(e->side);
            return true;
        }
    }
    return false;
}

static bool half_resent(const struct walk *w, int64_t from, int64_t until)
{
    for (size_t i = 0; i < w->transport_count; i++) {
        const struct event *e = w->transport[i];

        if (e->kind == EVENT_RETRANSMIT && !e->facts->retransmit.keep_alive &&
            overlap(from, until, from, unacked_until(w, e, until)) * 2 >= until - from &&
            e->first.time_ns <= until && e->last.time_ns > from) {
            return true;
        }
    }
    return false;
}

static bool is_acked(const struct walk *w, const struct event *action)
{
    return action->acked.packet || judge_acked(w->j, SIDE_CLIENT, action->end) ||
           waiting_reply_to(action);
}

static enum party owner_in_tls(const struct walk *w)
{
    const struct event *last = w->after_record;

    if (!last) {
        return PARTY_CLIENT; /* 220 was said: the client's hello is due */
    }
    if (last->side == SIDE_SERVER) {
        return last == rules_tls_last(w->s, SIDE_SERVER) && rules_tls_stopped_in_flight(w->s)
                   ? PARTY_SERVER
                   : PARTY_CLIENT;
    }
    return is_acked(w, last) ? PARTY_SERVER : PARTY_UNKNOWN;
}

static enum party owner_of_silence(const struct walk *w, enum phase phase)
{
    const struct tcp_side *client = &w->s->tcp.side[SIDE_CLIENT];

    if (phase == PHASE_CONNECT) {
        return PARTY_NETWORK;
    }
    if (w->now.in_tls || w->tls_due) {
        return owner_in_tls(w);
    }
    if (phase == PHASE_GREETING) {
        return w->s->end[SIDE_SERVER].port == PORT_SMTPS && !w->tls_done ? PARTY_CLIENT
                                                                         : PARTY_SERVER;
    }
    if (w->head) {
        if (w->head->kind == EVENT_COMMAND &&
            w->head->facts->command.line_flags & LINE_UNTERMINATED) { /* no reply is due to it */
            return w->fin[SIDE_CLIENT] ? PARTY_UNKNOWN : PARTY_CLIENT;
        }
        if (phase == PHASE_DATA && !w->head->facts->content.complete &&
            w->head->kind != EVENT_COMMAND) {
            return client->acked >= client->sent ? PARTY_CLIENT : PARTY_UNKNOWN;
        }
        return is_acked(w, w->head) ? PARTY_SERVER : PARTY_UNKNOWN;
    }
    if (w->now.uncertain) {
        return PARTY_UNKNOWN;
    }
    if (w->fin[SIDE_CLIENT] || w->j->course.quit) {
        return w->fin[SIDE_SERVER] ? PARTY_CLIENT : PARTY_SERVER;
    }
    return PARTY_CLIENT;
}

static double limit_of(const struct walk *w, enum party owner, enum phase phase)
{
    if (owner == PARTY_CLIENT) {
        return w->j->settings->server_limit.seconds;
    }
    return w->j->settings->client_limit[phase].seconds;
}

static struct wait *add_wait(struct walk *w, struct mark from, struct mark until, enum party owner,
                             enum phase phase, const struct event *ended_by)
{
    struct wait *wait = judge_alloc(w->j, sizeof *wait);

    wait->from = from;
    wait->until = until;
    wait->seconds = judge_seconds(from, until);
    wait->owner = owner;
    wait->phase = phase;
    wait->outstanding = w->head;
    wait->limit_s = limit_of(w, owner, wait->phase);
    wait->open = !until.packet;
    wait->ended_by = ended_by;
    *w->j->course.wait_tail = wait;
    w->j->course.wait_tail = &wait->next;
    w->j->course.has |= NEEDS_WAIT;
    return wait;
}

/* What the server owes an answer to arrived only at `acked`: the time before that is the
 * network's. */
static struct mark split_at_ack(struct walk *w, struct mark from, struct mark until)
{
    /* A run of records is one event: when its last byte was acknowledged is not known exactly. */
    const struct event *open = w->now.in_tls || w->tls_due ? NULL : w->head;
    struct mark acked = open ? open->acked : (struct mark){0};

    if (!acked.packet || acked.time_ns <= from.time_ns || acked.time_ns > until.time_ns) {
        return from;
    }
    if (acked.time_ns - from.time_ns > w->silence_ns) {
        if (!half_resent(w, from.time_ns, acked.time_ns)) {
            return from;
        }
        add_wait(w, from, acked, PARTY_NETWORK, walk_phase(w), NULL);
    }
    return until.time_ns - acked.time_ns > w->silence_ns ? acked : until;
}

/* When the server acknowledged a FIN of the client that was not captured: the silence that lasted
 * until then is over. */
static bool left_within(const struct walk *w, struct mark from, struct mark *until)
{
    struct mark left = w->s->tcp.side[SIDE_CLIENT].last_ack;

    if (!trust_lacks_fin(w->s, SIDE_CLIENT) || !left.packet || left.time_ns <= from.time_ns ||
        left.time_ns > until->time_ns) {
        return false;
    }
    *until = left;
    return true;
}

/* Nothing moved from the last progress to `until`. */
void walk_silence(struct walk *w, struct mark until, const struct event *ended_by)
{
    struct mark from = w->progress;
    enum phase phase;
    enum party owner;
    bool left = left_within(w, from, &until);

    if (!from.packet || until.time_ns - from.time_ns <= w->silence_ns) {
        return;
    }
    phase = walk_phase(w);
    if (half_closed_window(w, from.time_ns, until.time_ns, &owner)) {
        add_wait(w, from, until, owner, phase, ended_by);
        return;
    }
    owner = owner_of_silence(w, phase);
    if (owner == PARTY_SERVER && until.packet != 0) {
        from = split_at_ack(w, from, until);
    } else if (owner == PARTY_SERVER && w->head && w->head->acked.packet &&
               w->head->acked.time_ns > from.time_ns) {
        from = w->head->acked;
    }
    if (until.time_ns - from.time_ns <= w->silence_ns) {
        return;
    }
    if (half_resent(w, from.time_ns, until.time_ns)) {
        owner = PARTY_NETWORK;
    }
    add_wait(w, from, until, owner, phase, left && owner == PARTY_CLIENT ? NULL : ended_by)->left =
        left;
}

static void pause_inside(struct walk *w, const struct event *e, enum phase phase, struct mark from,
                         struct mark until, bool acked)
{
    enum party owner = party_of(e->side);

    if (!half_closed_window(w, from.time_ns, until.time_ns, &owner)) {
        if (half_resent(w, from.time_ns, until.time_ns)) {
            owner = PARTY_NETWORK;
        } else if (!acked) {
            owner = PARTY_UNKNOWN;
        }
    }
    add_wait(w, from, until, owner, phase, NULL);
}

/* Silences between the packets of one event; `before` is the phase it found. */
void walk_silences_inside(struct walk *w, const struct event *e, enum phase before)
{
    const struct pauses *p = NULL;

    if (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) {
        p = &e->facts->content.pauses;
    } else if (e->kind == EVENT_TLS_RUN) {
        p = &e->facts->run.pauses;
    } else if (e->kind == EVENT_REPLY || e->kind == EVENT_COMMAND) {
        if (e->last.time_ns - e->first.time_ns > w->silence_ns) {
            pause_inside(w, e, before, e->first, e->last, true);
        }
        return;
    }
    if (p && p->count && p->from.packet && p->until.time_ns - p->from.time_ns > w->silence_ns) {
        pause_inside(w, e, e->kind == EVENT_TLS_RUN ? PHASE_TLS : PHASE_DATA, p->from, p->until,
                     p->acked);
    }
}

bool waiting_gave_up(const struct wait *w)
{
    const struct event *e = w->ended_by;

    if (w->left) {
        return true;
    }
    if (!e || e->side != SIDE_CLIENT) {
        return false;
    }
    if (e->kind == EVENT_COMMAND) {
        return e->facts->command.verb == VERB_QUIT &&
               (w->outstanding || w->phase == PHASE_GREETING);
    }
    /* A client that sends QUIT behind its message and half-closes does both at once; a FIN that
     * comes after a silence is one that lost patience. */
    return e->kind == EVENT_RST || e->kind == EVENT_FIN;
}
