/* waiting.c - the course of a session: how things stood, every silence, and who was waited for.
 *
 * Who was waited for is decided in this order (catalogue 0.3): a side whose window is closed; the
 * network, where bytes are sent again and not acknowledged; the server, when something it has
 * acknowledged is unanswered; else the client. Inside TLS the direction of the last record decides.
 * Where acknowledgements were not captured nobody is named.
 *
 * What may be relied on: the events come in an order in which every reply follows the command it
 * answers, and a chunk follows what it acknowledges. Times of neighbours may still run backwards a
 * little; then no silence is seen, which is the safe side.
 */
#include "report/diagnose/waiting.h"

#include <string.h>

#include "dissect/limits.h"
#include "report/diagnose/judge.h"

enum { PORT_SMTPS = 465, LATE_MAX = 16, RECORD_HANDSHAKE = 22, MESSAGE_FINISHED = 20 };

struct walk {
    struct judge *j;
    const struct session *s;
    struct standing now;
    struct mark progress;             /* the last packet that moved the session on */
    const struct event *head, *tail;  /* oldest unanswered, newest action of the client */
    const struct event *after_record; /* TLS: the event of the last record */
    bool connected, greeted, tls_due, content_due, auth_due, quit_answered;
    bool fin[SIDES];
    bool finished[SIDES], tls_done; /* a key log opens what follows the handshake */
    int64_t silence_ns;
    const struct event **transport; /* resent bytes and closed windows */
    size_t transport_count;
    const struct event **late; /* FINs and RSTs not met yet, in order */
    size_t late_count;
};

static bool is_action(const struct event *e)
{
    return e->side == SIDE_CLIENT && (e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
                                      e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK);
}

static bool is_unfinished(const struct event *reply)
{
    return (reply->facts->reply.flags & REPLY_UNFINISHED) != 0;
}

const struct event *waiting_reply_to(const struct event *action)
{
    const struct event *reply = NULL;

    switch ((enum event_kind)action->kind) {
    case EVENT_COMMAND:
        reply = action->facts->command.reply;
        break;
    case EVENT_AUTH:
        reply = action->facts->auth.reply;
        break;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        reply = action->facts->content.reply;
        break;
    default:
        break;
    }
    return reply && !is_unfinished(reply) ? reply : NULL;
}

static enum phase phase_of_verb(enum verb verb)
{
    switch (verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
    case VERB_XCLIENT:
    case VERB_XFORWARD:
        return PHASE_EHLO;
    case VERB_STARTTLS:
        return PHASE_STARTTLS;
    case VERB_AUTH:
        return PHASE_AUTH;
    case VERB_RCPT:
        return PHASE_RCPT;
    case VERB_DATA:
        return PHASE_DATA_INIT;
    case VERB_BDAT:
    case VERB_BURL:
        return PHASE_DATA;
    case VERB_QUIT:
        return PHASE_QUIT;
    case VERB_UNKNOWN:
    case VERB_MAIL:
    case VERB_RSET:
    case VERB_NOOP:
    case VERB_VRFY:
    case VERB_EXPN:
    case VERB_HELP:
    case VERB_ETRN:
    case VERB_ATRN:
    case VERB_TURN:
    case VERB_SEND:
    case VERB_SOML:
    case VERB_SAML:
    case VERBS:
        break;
    }
    return PHASE_MAIL;
}

enum phase waiting_phase_of(const struct event *action)
{
    const struct content_facts *c;

    if (action->kind == EVENT_COMMAND) {
        return phase_of_verb(action->facts->command.verb);
    }
    if (action->kind == EVENT_AUTH) {
        return PHASE_AUTH;
    }
    c = &action->facts->content;
    return c->complete && (action->kind == EVENT_CONTENT || c->last) ? PHASE_EOD : PHASE_DATA;
}

static enum phase phase_now(const struct walk *w)
{
    if (!w->connected) {
        return PHASE_CONNECT;
    }
    if (w->now.in_tls || w->tls_due) {
        return PHASE_TLS;
    }
    if (!w->greeted) {
        return PHASE_GREETING;
    }
    if (w->head) {
        return waiting_phase_of(w->head);
    }
    if (w->content_due) {
        return PHASE_DATA;
    }
    if (w->auth_due) {
        return PHASE_AUTH;
    }
    return w->j->course.quit ? PHASE_QUIT : PHASE_IDLE;
}

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
        return PARTY_CLIENT;
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

static void add_wait(struct walk *w, struct mark from, struct mark until, enum party owner,
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
        add_wait(w, from, acked, PARTY_NETWORK, phase_now(w), NULL);
    }
    return until.time_ns - acked.time_ns > w->silence_ns ? acked : until;
}

/* Nothing moved from the last progress to `until`. */
static void silence(struct walk *w, struct mark until, const struct event *ended_by)
{
    struct mark from = w->progress;
    enum phase phase;
    enum party owner;

    if (!from.packet || until.time_ns - from.time_ns <= w->silence_ns) {
        return;
    }
    phase = phase_now(w);
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
    add_wait(w, from, until, owner, phase, ended_by);
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
static void silences_inside(struct walk *w, const struct event *e, enum phase before)
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

static const struct event *next_action(const struct event *e)
{
    do {
        e = e->next;
    } while (e && !is_action(e));
    return e;
}

static void note_delay(struct walk *w, const struct event *reply, const struct event *action)
{
    struct mark sent = action->acked.packet && action->acked.time_ns < reply->first.time_ns
                           ? action->acked
                           : action->last;
    double delay = judge_seconds(sent, reply->first);
    enum phase phase = waiting_phase_of(action);

    if (delay > w->j->d->slowest_reply_s && phase != PHASE_QUIT) {
        w->j->d->slowest_reply_s = delay;
        w->j->d->slowest_phase = phase;
    }
}

static void meet_positive(struct walk *w, const struct event *reply, const struct event *action)
{
    unsigned code = reply->facts->reply.code;
    const struct command_facts *c;

    if (action->kind == EVENT_CONTENT ||
        (action->kind == EVENT_CHUNK && action->facts->content.last)) {
        w->now.tx = NULL;
        return;
    }
    if (action->kind != EVENT_COMMAND) {
        w->auth_due = action->kind == EVENT_AUTH && code == 334;
        return;
    }
    c = &action->facts->command;
    switch ((enum verb)c->verb) {
    case VERB_MAIL:
        w->now.tx = c->tx;
        break;
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
    case VERB_RSET:
    case VERB_XCLIENT:
        w->now.tx = NULL;
        break;
    case VERB_STARTTLS:
        w->tls_due = code == 220;
        w->now.tx = NULL;
        break;
    case VERB_DATA:
        w->content_due = code == 354 && !w->head;
        break;
    case VERB_AUTH:
        w->auth_due = code == 334;
        break;
    default:
        break;
    }
}

static void meet_reply(struct walk *w, const struct event *e)
{
    const struct reply_facts *r = &e->facts->reply;
    struct course *c = &w->j->course;
    bool farewell = r->code == 421 || r->code == 221;

    if (is_unfinished(e)) {
        return; /* an unfinished greeting is still due */
    }
    if (r->code >= 400) {
        c->has |= NEEDS_REFUSAL;
    }
    if (r->to == REPLY_TO_GREETING) {
        w->greeted = true;
        farewell = farewell || r->code >= 400;
    } else if (r->answers && is_action(r->answers)) {
        w->greeted = true;
        note_delay(w, e, r->answers);
        w->head = r->answers == w->tail ? NULL : next_action(r->answers);
        w->content_due = w->auth_due = false;
        if (r->code < 400) {
            meet_positive(w, e, r->answers);
        } else if (r->answers->kind == EVENT_CONTENT) {
            w->now.tx = NULL;
        }
        w->now.uncertain = false;
    } else if (r->to == REPLY_TO_UNKNOWN) {
        w->greeted = true;
        w->head = NULL;
    }
    if (farewell && !c->farewell) {
        c->farewell = e;
    }
    if (!c->ending) {
        c->last_reply = e;
    }
}

static void meet_action(struct walk *w, const struct event *e)
{
    struct course *c = &w->j->course;

    /* A chunk stands for its BDAT: that command has no answer of its own. */
    if (e->kind == EVENT_CHUNK && w->head && w->head == w->tail && w->head->kind == EVENT_COMMAND &&
        w->head->facts->command.verb == VERB_BDAT) {
        w->head = NULL;
    }
    if (!w->head) {
        w->head = e;
    }
    w->tail = e;
    w->content_due = w->auth_due = false;
    if (e->kind == EVENT_COMMAND) {
        c->has |= NEEDS_COMMAND;
        if (e->facts->command.verb == VERB_QUIT && !c->quit) {
            c->quit = e;
        }
    } else if (e->kind != EVENT_AUTH) {
        c->has |= NEEDS_CONTENT;
    }
    if (!w->greeted && !w->now.uncertain) {
        c->has |= NEEDS_EARLY;
    }
    if (!c->ending) {
        c->last_action = e;
    }
}

static void meet_ending(struct walk *w, const struct event *e)
{
    struct course *c = &w->j->course;

    if (e->kind == EVENT_RST) {
        c->has |= NEEDS_RST;
        if (!e->facts->rst.in_window && !e->facts->rst.exact) {
            return;
        }
        if (!c->rst[e->side]) {
            c->rst[e->side] = e;
        }
    } else {
        if (!c->fin[e->side]) {
            c->fin[e->side] = e;
        }
    }
    if (c->ending && c->ending->kind == EVENT_FIN && e->kind == EVENT_FIN &&
        c->ending->side != e->side && c->ending->peer_ack > e->offset) {
        c->ending = e; /* the one captured before acknowledges this one: it was the answer */
    }
    if (!c->ending) {
        w->now.phase = phase_now(w);
        w->now.open = w->head;
        c->ending = e;
        c->before_end = w->now;
        if (!c->quit) {
            c->has |= NEEDS_ABRUPT;
        }
    }
    w->fin[e->side] = true;
}

/* Of a session that a key log opened only the handshake is a matter of TLS: tickets, new keys and
 * the farewell change nothing between those who speak inside. */
static void meet_record(struct walk *w, const struct event *e)
{
    const struct tls_event_facts *f = e->kind == EVENT_TLS ? &e->facts->tls : NULL;

    if (w->tls_done && !session_hides(w->s, e)) {
        return;
    }
    w->now.in_tls = true;
    w->tls_due = false;
    w->head = NULL;
    w->now.tx = NULL;
    w->after_record = e;
    if (f && f->opened && f->record_type == RECORD_HANDSHAKE && f->message == MESSAGE_FINISHED) {
        w->finished[e->side] = true;
    }
    if (w->finished[SIDE_CLIENT] && w->finished[SIDE_SERVER] && session_is_opened(w->s)) {
        w->tls_done = true;
        w->now.in_tls = false;
    }
}

/* What is said inside TLS, where the end of its handshake was not captured. */
static void meet_text(struct walk *w)
{
    w->connected = true;
    if (w->now.in_tls && session_is_opened(w->s)) {
        w->now.in_tls = false;
        w->tls_done = true;
    }
}

static void meet(struct walk *w, const struct event *e)
{
    struct course *c = &w->j->course;

    switch ((enum event_kind)e->kind) {
    case EVENT_SYN:
        c->last_syn = e;
        if (e->facts->syn.again) {
            c->has |= NEEDS_CONNECT;
        }
        break;
    case EVENT_SYNACK:
        c->synack = c->synack ? c->synack : e;
        break;
    case EVENT_REPLY:
        meet_text(w);
        meet_reply(w, e);
        break;
    case EVENT_COMMAND:
    case EVENT_AUTH:
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        meet_text(w);
        meet_action(w, e);
        break;
    case EVENT_TLS:
    case EVENT_TLS_RUN:
        w->connected = true;
        meet_record(w, e);
        break;
    case EVENT_FIN:
    case EVENT_RST:
        meet_ending(w, e);
        break;
    case EVENT_GAP:
        c->has |= NEEDS_FLAW;
        /* A lost reply may have answered anything; a lost command may have asked anything. */
        if (e->side == SIDE_SERVER || (w->head && w->head->kind != EVENT_CONTENT)) {
            w->head = NULL;
            w->now.uncertain = true;
        }
        w->greeted = w->greeted || e->side == SIDE_SERVER;
        break;
    case EVENT_ICMP:
        c->has |= NEEDS_ICMP;
        break;
    case EVENT_RETRANSMIT:
        c->has |= NEEDS_RESENT;
        break;
    case EVENT_ZERO_WINDOW:
        c->has |= NEEDS_WINDOW;
        break;
    case EVENT_OPAQUE:
        w->connected = true;
        w->now.uncertain = true;
        break;
    case EVENT_REFUSED:
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_KINDS:
        break;
    }
}

/* The acknowledgement that completed the handshake is no event of its own. */
static void pass_handshake(struct walk *w, struct mark until)
{
    const struct mark *up = &w->s->tcp.established;

    if (!w->connected && up->packet && up->time_ns <= until.time_ns) {
        silence(w, *up, NULL);
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
        w->now.phase = phase_now(w);
        w->now.open = w->head;
        c->before_end = w->now;
    }
    if (!over && w->s->tcp.handshake != HANDSHAKE_REFUSED) {
        silence(w, until, NULL);
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
        meet(w, e);
        return;
    }
    pass_handshake(w, e->first);
    silence(w, e->first, e);
    before = e->last.time_ns > e->first.time_ns ? phase_now(w) : PHASE_COUNT; /* not asked for */
    meet(w, e);
    silences_inside(w, e, before);
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

bool waiting_gave_up(const struct wait *w)
{
    const struct event *e = w->ended_by;

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
