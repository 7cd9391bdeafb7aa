/* waiting_meet.c - how things stand between two events of a session: what each event changes. */
#include "report/diagnose/waiting_walk.h"

enum { RECORD_HANDSHAKE = 22, MESSAGE_FINISHED = 20 };

static const struct event *next_action(const struct event *e)
{
    do {
        e = e->next;
    } while (e && !walk_is_action(e));
    return e;
}

static void note_delay(struct walk *w, const struct event *reply, const struct event *action)
{
    struct mark sent = action->acked.packet && action->acked.time_ns < reply->first.time_ns
                           ? action->acked
                           : action->last;
    double delay = judge_seconds(sent, reply->first);
    enum phase phase = waiting_phase_of(action);

    if (w->s->tcp.clock_jump_ns && delay * 1e9 >= (double)w->s->tcp.clock_jump_ns) {
        return; /* the capture's clock was set forward meanwhile */
    }
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

    if (walk_is_unfinished(e)) {
        return; /* an unfinished greeting is still due */
    }
    if (r->code >= 400) {
        c->has |= NEEDS_REFUSAL;
    }
    if (r->to == REPLY_TO_GREETING) {
        w->greeted = true;
        farewell = farewell || r->code >= 400;
    } else if (r->answers && walk_is_action(r->answers)) {
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
        for (struct wait *wait = w->j->d->waits; wait; wait = wait->next) {
            wait->ended_by = wait->ended_by == c->ending ? e : wait->ended_by;
        }
        c->ending = e; /* the one captured before acknowledges this one: it was the answer */
    }
    if (!c->ending) {
        w->now.phase = walk_phase(w);
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

void walk_meet(struct walk *w, const struct event *e)
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
        if (e->side == SIDE_SERVER ||
            (w->head ? w->head->kind != EVENT_CONTENT : !w->content_due)) {
            w->head = NULL;
            w->auth_due = false;
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
        c->has |= NEEDS_RST;
        break;
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_KINDS:
        break;
    }
}
