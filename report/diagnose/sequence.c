/* sequence.c - were the commands in order, as the client saw it and as the server saw it?
 *
 * The legality of each verb in each state is the table data/states.tsv. Two copies of one small
 * state machine are replayed: one moves on every reply in the order of the wire (the server's
 * view), the other on the replies the client had received, with what it had sent since taken to
 * succeed.
 *
 * Nothing is judged where the state cannot be known: begun behind the hello, behind a gap, behind
 * bytes that are neither commands nor content, inside TLS, in LMTP; EHLO, MAIL and the end of a
 * message settle it again.
 */
#include "report/diagnose/sequence.h"

#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { FLIGHT_MAX = 256, RECIPIENTS_MUST = 100, RECORD_HANDSHAKE = 22, MESSAGE_FINISHED = 20 };

const char *const seq_state_words[SEQ_STATES] = {
    "before the greeting",
    "after the greeting had refused it",
    "before a hello was accepted",
    "outside a mail transaction",
    "outside a mail transaction",
    "after MAIL, with no recipient accepted",
    "after RCPT",
    "between BDAT chunks",
    "inside an AUTH exchange",
    "after QUIT",
    "in an unknown state",
};

static const char *const cells[VERBS] = {
#include "report/diagnose/state_rows.h"
};

struct machine {
    enum seq_state state;
    bool greeted, hello, esmtp; /* a hello was accepted */
    bool authenticated;
    unsigned recipients; /* asked for in this mail */
    unsigned accepted;
};

struct replay {
    struct judge *j;
    struct machine server, client; /* client: what it knew for sure */
    struct machine hoped;          /* and with what is in flight taken to succeed */
    const struct event **flight;   /* sent, reply not yet received by the client */
    size_t flight_count;
    bool inside; /* TLS, opened with a key log */
    bool lost;   /* more in flight than we follow, or a gap */
    struct sequence *out;
    struct seq_step **tail;
};

static bool is_action(const struct event *e)
{
    return e->side == SIDE_CLIENT && (e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
                                      e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK);
}

/* The verb whose row judges it; a chunk stands for its BDAT. */
static enum verb verb_of(const struct event *action)
{
    switch ((enum event_kind)action->kind) {
    case EVENT_COMMAND:
        return (enum verb)action->facts->command.verb;
    case EVENT_CHUNK:
        return VERB_BDAT;
    default:
        return VERB_UNKNOWN;
    }
}

static enum seq_state rest_state(const struct machine *m)
{
    return m->hello ? (m->esmtp ? SEQ_READY : SEQ_READYH) : SEQ_GREETED;
}

static void end_mail(struct machine *m)
{
    m->state = rest_state(m);
    m->recipients = m->accepted = 0;
}

static void accept_hello(struct machine *m, bool esmtp)
{
    m->greeted = m->hello = true;
    m->esmtp = esmtp;
    end_mail(m);
}

/* A command was answered. `positive` decides nearly everything; 334 and 354 are in between. */
static void apply_command(struct machine *m, enum verb verb, unsigned code)
{
    bool positive = code >= 200 && code < 300;

    if (code == 421) {
        m->state = SEQ_UNKNOWN;
        return;
    }
    switch (verb) {
    case VERB_EHLO:
    case VERB_HELO:
        if (positive) {
            accept_hello(m, verb == VERB_EHLO);
        }
        break;
    case VERB_STARTTLS:
        m->state = code == 220 ? SEQ_UNKNOWN : m->state;
        break;
    case VERB_XCLIENT:
        if (code == 220) {
            m->hello = false;
            end_mail(m);
        }
        break;
    case VERB_AUTH:
        m->state = code == 334 ? SEQ_AUTHX : m->state;
        m->authenticated |= positive;
        break;
    case VERB_MAIL:
    case VERB_SEND:
    case VERB_SOML:
    case VERB_SAML:
        if (positive) {
            m->state = SEQ_MAIL;
            m->recipients = m->accepted = 0;
        }
        break;
    case VERB_RCPT:
        m->recipients++;
        if (positive && (m->state == SEQ_MAIL || m->state == SEQ_RCPT)) {
            m->state = SEQ_RCPT;
            m->accepted++;
        }
        break;
    case VERB_RSET:
        if (positive && m->state != SEQ_UNKNOWN) {
            end_mail(m);
        }
        break;
    case VERB_QUIT:
        m->state = SEQ_QUITS;
        break;
    case VERB_BURL:
        m->state = SEQ_UNKNOWN;
        break;
    default:
        break;
    }
}

/* A chunk was answered: the mail goes on, ends, or is dead until RSET. */
static void apply_chunk(struct machine *m, const struct content_facts *c, unsigned code)
{
    if (m->state == SEQ_UNKNOWN) {
        return;
    }
    if (c->last) {
        end_mail(m);
    } else {
        m->state = code < 400 ? SEQ_BDAT : SEQ_UNKNOWN;
    }
}

static void apply(struct machine *m, const struct event *action, const struct event *reply)
{
    unsigned code = reply->facts->reply.code;

    switch ((enum event_kind)action->kind) {
    case EVENT_COMMAND:
        apply_command(m, verb_of(action), code);
        break;
    case EVENT_AUTH:
        if (code != 334) {
            m->authenticated |= code == 235;
            m->state = m->state == SEQ_AUTHX ? rest_state(m) : m->state;
        }
        break;
    case EVENT_CONTENT:
        if (m->state != SEQ_UNKNOWN || code < 400) {
            end_mail(m);
        }
        break;
    case EVENT_CHUNK:
        apply_chunk(m, &action->facts->content, code);
        break;
    default:
        break;
    }
}

/* The client sent it and takes it to succeed. */
static void hope(struct machine *m, const struct event *action)
{
    static const unsigned hoped_code[VERBS] = {
        [VERB_STARTTLS] = 220, [VERB_XCLIENT] = 220, [VERB_DATA] = 354,
        [VERB_QUIT] = 221,     [VERB_BURL] = 250,    [VERB_AUTH] = 235,
    };
    enum verb verb = verb_of(action);

    switch ((enum event_kind)action->kind) {
    case EVENT_COMMAND:
        if (verb != VERB_BDAT && verb != VERB_UNKNOWN) {
            apply_command(m, verb, hoped_code[verb] ? hoped_code[verb] : 250);
        }
        break;
    case EVENT_CONTENT:
        end_mail(m);
        break;
    case EVENT_CHUNK:
        apply_chunk(m, &action->facts->content, 250);
        break;
    default:
        break;
    }
}

/* Replies the client had received by this packet become certain for it. */
static void catch_up(struct replay *r, uint64_t peer_ack)
{
    size_t done = 0;

    for (size_t i = 0; i < r->flight_count; i++) {
        const struct event *reply = waiting_reply_to(r->flight[i]);
        if (reply && reply->end <= peer_ack) {
            done = i + 1;
        }
    }
    if (done == 0) {
        return;
    }
    for (size_t i = 0; i < done; i++) {
        const struct event *reply = waiting_reply_to(r->flight[i]);
        if (reply) {
            apply(&r->client, r->flight[i], reply);
        }
    }
    r->flight_count -= done;
    memmove(r->flight, r->flight + done, r->flight_count * sizeof(struct event *));
    r->hoped = r->client;
    for (size_t i = 0; i < r->flight_count; i++) {
        hope(&r->hoped, r->flight[i]);
    }
}

/* Whether a hello was accepted where nobody looked: it gets the benefit of the doubt. */
static void assume_hello(struct machine *m)
{
    m->esmtp = m->esmtp || !m->hello;
    m->hello = true;
}

static void forget(struct replay *r)
{
    assume_hello(&r->server);
    assume_hello(&r->client);
    assume_hello(&r->hoped);
    r->server.state = r->client.state = r->hoped.state = SEQ_UNKNOWN;
    r->client.greeted = true;
    r->flight_count = 0;
}

static bool offered(const struct session *s, enum verb verb)
{
    static const char *const words[VERBS] = {
        [VERB_STARTTLS] = "STARTTLS", [VERB_AUTH] = "AUTH",         [VERB_BDAT] = "CHUNKING",
        [VERB_BURL] = "BURL",         [VERB_ETRN] = "ETRN",         [VERB_ATRN] = "ATRN",
        [VERB_XCLIENT] = "XCLIENT",   [VERB_XFORWARD] = "XFORWARD",
    };

    return words[verb] && hello_keyword(s, words[verb]);
}

static char cell_of(const struct machine *m, enum verb verb)
{
    return m->state < SEQ_UNKNOWN && cells[verb] ? cells[verb][m->state] : 'X';
}

/* A cell as a verdict in one view. */
static enum seq_verdict read_cell(const struct replay *r, const struct machine *m, enum verb verb)
{
    switch (cell_of(m, verb)) {
    case 'e':
        return SEQ_EARLY;
    case 'V':
        return SEQ_VIOLATION;
    case 'v':
        return SEQ_TOLERATED;
    case 'N':
        return m->recipients > 0 ? SEQ_HOPELESS : SEQ_VIOLATION;
    case 'E':
        /* Not offered: other rules speak of that; and no 503 to it is disputed. */
        return offered(r->j->s, verb) ? SEQ_FINE : SEQ_NOT_JUDGED;
    case 'L':
    case 'R':
        return SEQ_FINE;
    default:
        return SEQ_NOT_JUDGED;
    }
}

/* A 503 that has another reason than the order of commands: the server wants something first. */
static bool has_other_reason(const struct event *action, const struct reply_facts *reply,
                             const struct machine *m)
{
    enum verb verb = verb_of(action);

    return verb == VERB_AUTH || verb == VERB_UNKNOWN || rules_mentions(reply->full, "auth") ||
           rules_mentions(reply->full, "tls") || rules_mentions(reply->full, "ssl") ||
           rules_mentions(reply->full, "pipelin") || rules_mentions(reply->full, "helo") ||
           rules_mentions(reply->full, "ehlo") ||
           (verb == VERB_DATA && m->accepted >= RECIPIENTS_MUST);
}

static bool is_bad(enum seq_verdict v)
{
    return v == SEQ_VIOLATION || v == SEQ_HOPELESS || v == SEQ_TOLERATED;
}

static void note(struct replay *r, const struct event *action, const struct event *reply,
                 enum seq_verdict verdict, enum seq_state state)
{
    struct seq_step *step;

    if (r->out->count >= SEQUENCE_STEPS_MAX) {
        return;
    }
    step = judge_alloc(r->j, sizeof *step);
    *step = (struct seq_step){action, reply, verdict, state, NULL};
    *r->tail = step;
    r->tail = &step->next;
    r->out->count++;
}

/* The server refused it: whose view explains that? */
static void judge_refusal(struct replay *r, const struct event *action, const struct event *reply,
                          enum seq_verdict client_view, const struct machine *server,
                          enum seq_state state)
{
    enum seq_verdict server_view = read_cell(r, server, verb_of(action));
    unsigned code = reply->facts->reply.code;

    if (client_view == SEQ_FINE && is_bad(server_view)) {
        note(r, action, reply, SEQ_ECHO, state);
    } else if (client_view == SEQ_FINE && server_view == SEQ_FINE && code == 503 &&
               !has_other_reason(action, &reply->facts->reply, server)) {
        note(r, action, reply, SEQ_DISPUTED, state);
    }
}

static bool is_readable(const struct event *e)
{
    return !(e->facts->command.line_flags &
             (LINE_AFTER_GAP | LINE_UNTERMINATED | LINE_NUL | LINE_LONG));
}

static bool is_judged(const struct event *e)
{
    return e->kind == EVENT_COMMAND && is_readable(e);
}

/* The client sends. Its verdict is kept with the event until the server's view is known, which is
 * when the reply comes: the reply's place in the list is the server's view of it. */
static void meet_action(struct replay *r, const struct event *e)
{
    catch_up(r, e->peer_ack);
    if (e->kind == EVENT_COMMAND && !is_readable(e)) {
        forget(r);
        return;
    }
    if (is_judged(e)) {
        enum seq_verdict v = read_cell(r, &r->hoped, verb_of(e));
        if (v == SEQ_EARLY || is_bad(v)) {
            note(r, e, waiting_reply_to(e), v, r->hoped.state);
        }
    }
    if (r->flight_count == FLIGHT_MAX) {
        forget(r);
        return;
    }
    r->flight[r->flight_count++] = e;
    hope(&r->hoped, e);
}

static enum seq_verdict noted(const struct replay *r, const struct event *action)
{
    for (const struct seq_step *s = r->out->steps; s; s = s->next) {
        if (s->command == action) {
            return s->verdict;
        }
    }
    return SEQ_FINE;
}

static void meet_reply(struct replay *r, const struct event *e)
{
    const struct reply_facts *f = &e->facts->reply;
    const struct event *action = f->answers;

    if (f->to == REPLY_TO_GREETING) {
        r->server.state = f->code >= 400 ? SEQ_REFUSED : SEQ_GREETED;
        r->server.greeted = true;
        return;
    }
    if (f->flags & REPLY_UNFINISHED) {
        return;
    }
    if (!action || !is_action(action)) {
        if (f->to == REPLY_TO_UNKNOWN || f->code == 421) {
            r->server.state = SEQ_UNKNOWN;
        }
        return;
    }
    if (f->code >= 400 && r->server.state != SEQ_UNKNOWN &&
        (action->kind == EVENT_CHUNK || is_judged(action))) {
        enum seq_verdict v = noted(r, action);
        if (v == SEQ_FINE && r->hoped.state != SEQ_UNKNOWN) {
            judge_refusal(r, action, e, SEQ_FINE, &r->server, r->server.state);
        }
    }
    apply(&r->server, action, e);
}

/* The greeting becomes known to the client with the first command that acknowledges it. */
static void learn_greeting(struct replay *r, const struct event *e)
{
    const struct event *g = r->j->s->smtp.greeting;

    if (r->client.greeted || !g || e->peer_ack < g->end || waiting_reply_to(e) == g) {
        return;
    }
    r->client.greeted = r->hoped.greeted = true;
    r->client.state = r->hoped.state = g->facts->reply.code >= 400 ? SEQ_REFUSED : SEQ_GREETED;
    for (size_t i = 0; i < r->flight_count; i++) {
        hope(&r->hoped, r->flight[i]);
    }
}

static void begin_anew(struct machine *m)
{
    *m = (struct machine){.state = SEQ_GREETED, .greeted = true};
}

/* A Finished that a key log opened. */
static bool is_handshake_end(const struct event *e)
{
    return e->kind == EVENT_TLS && e->facts->tls.opened &&
           e->facts->tls.record_type == RECORD_HANDSHAKE &&
           e->facts->tls.message == MESSAGE_FINISHED;
}

static void replay(struct replay *r)
{
    for (const struct event *e = r->j->s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_LHLO) {
            return; /* LMTP has rules of its own (RFC 2033) */
        }
        if (is_action(e)) {
            learn_greeting(r, e);
            meet_action(r, e);
        } else if (e->kind == EVENT_REPLY) {
            meet_reply(r, e);
        } else if (e->kind == EVENT_GAP || e->kind == EVENT_OPAQUE || e->kind == EVENT_LIMIT) {
            forget(r);
        } else if (session_hides(r->j->s, e)) {
            return; /* from here on nothing is said in clear */
        } else if (r->j->s->smtp.starttls && !r->inside && is_handshake_end(e)) {
            /* All that was said before is forgotten (RFC 3207 section 4.2). */
            r->inside = true;
            begin_anew(&r->server);
            begin_anew(&r->client);
            begin_anew(&r->hoped);
        }
    }
}

const struct sequence *sequence_of(struct judge *j)
{
    const struct event *flight[FLIGHT_MAX]; /* as it is */
    struct replay r = {.j = j, .flight = flight, .out = &j->sequence, .tail = &j->sequence.steps};

    if (j->sequence_done) {
        return &j->sequence;
    }
    j->sequence_done = true;
    if (!traits_knows_beginning(j->s) || j->s->folded || j->d->capture == CAPTURE_ONE_SIDED) {
        forget(&r); /* a second mail needs no second hello */
    }
    if (j->d->capture != CAPTURE_ONE_SIDED) {
        replay(&r);
    }
    return &j->sequence;
}

enum seq_verdict sequence_verdict(struct judge *j, const struct event *reply)
{
    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        if (s->reply == reply) {
            return s->verdict;
        }
    }
    return SEQ_FINE;
}
