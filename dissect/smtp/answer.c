/* answer.c - what a reply changes: the question learns it, the dialogue and the mail go on. */
#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

/* A hello is being accepted: its argument and the keywords to come replace the last one's. */
void smtp_answer_hello(struct smtp_dialogue *d)
{
    struct reply_reader *r = d->reply;
    struct smtp_command c;

    r->hello = session_hello_arena(d->s);
    r->keywords_tail = &d->s->smtp.keywords;
    if (r->answering.event) {
        smtp_command_read(text_bytes(r->answering.event->facts->command.text), &c);
        d->s->smtp.helo = arena_text(r->hello, c.arguments, LIMIT_TEXT);
    }
}

/* The question learns its answer. */
static void tie(struct smtp_dialogue *d, const struct pending *p, struct event *reply)
{
    struct reply_facts *f = &reply->facts->reply;
    struct event *kept = session_kept(d->s, reply);

    f->to = p->to;
    f->tx = p->tx;
    f->answers = p->event;
    if (p->command) {
        p->command->facts->command.reply = kept;
    }
    if (p->event && p->event->kind == EVENT_AUTH) {
        p->event->facts->auth.reply = kept;
    } else if (p->event && (p->event->kind == EVENT_CONTENT || p->event->kind == EVENT_CHUNK)) {
        p->event->facts->content.reply = kept;
    }
}

static void hello_answered(struct smtp_dialogue *d, const struct pending *p, uint16_t code)
{
    struct smtp_facts *smtp = &d->s->smtp;

    if (code / 100 != 2 || !p->event) {
        return;
    }
    if (!d->reply->hello) {
        smtp_answer_hello(d); /* HELO: no keywords */
    }
    smtp->ehlo = p->event;
    d->lmtp = p->verb == VERB_LHLO;
    smtp->esmtp = p->verb != VERB_HELO;
}

static void auth_answered(struct smtp_dialogue *d, uint16_t code)
{
    struct smtp_facts *smtp = &d->s->smtp;

    if (code == 334) {
        d->client = CLIENT_AUTH;
        return;
    }
    d->client = CLIENT_COMMAND;
    if (code / 100 == 2) {
        smtp->auth = AUTH_ACCEPTED;
        d->auth_tried = false;
    } else if (code >= 400) {
        smtp->auth = AUTH_REFUSED;
    }
}

static void chunk_answered(struct smtp_dialogue *d, const struct pending *p, uint16_t code)
{
    if (code >= 400 && d->client == CLIENT_CHUNK && session_kept(d->s, d->content) == p->event &&
        d->content_facts->segments == 0) {
        d->client = CLIENT_CHUNK_DOUBT;
    }
}

static bool waits_for(const struct smtp_dialogue *d, enum client_state wait,
                      enum client_state guess)
{
    return d->client == wait || d->client == guess;
}

static void command_answered(struct smtp_dialogue *d, const struct pending *p, uint16_t code)
{
    switch (p->verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
        hello_answered(d, p, code);
        break;
    case VERB_DATA:
        if (code == 354 && d->client == CLIENT_GUESS_DATA &&
            !smtp_line_at_start(&d->cutter[SIDE_CLIENT])) {
            break; /* the line that has begun is the content's first: it is read when it is whole */
        }
        if (waits_for(d, CLIENT_WAIT_DATA, CLIENT_GUESS_DATA)) {
            d->client = code == 354 ? CLIENT_CONTENT : CLIENT_COMMAND;
        }
        break;
    case VERB_AUTH:
        if (waits_for(d, CLIENT_WAIT_AUTH, CLIENT_GUESS_AUTH)) {
            auth_answered(d, code);
        }
        break;
    case VERB_STARTTLS:
        d->starttls_open = false;
        if (code == 220) {
            d->tls_agreed = true;
            d->s->smtp.starttls = p->event;
        }
        break;
    case VERB_XCLIENT:
        if (code == 220) {
            d->s->smtp.ehlo = NULL; /* the session begins anew */
        }
        break;
    default:
        break;
    }
}

void smtp_answer_apply(struct smtp_dialogue *d, const struct pending *p, struct event *reply)
{
    uint16_t code = reply->facts->reply.code;

    tie(d, p, reply);
    switch ((enum reply_to)p->to) {
    case REPLY_TO_GREETING:
        d->s->smtp.greeting = session_kept(d->s, reply);
        break;
    case REPLY_TO_COMMAND:
        command_answered(d, p, code);
        break;
    case REPLY_TO_AUTH:
        if (waits_for(d, CLIENT_WAIT_AUTH, CLIENT_GUESS_AUTH)) {
            auth_answered(d, code);
        }
        break;
    case REPLY_TO_CHUNK:
        chunk_answered(d, p, code);
        break;
    case REPLY_TO_CONTENT:
    case REPLY_TO_NOTHING:
    case REPLY_TO_UNKNOWN:
        break;
    }
    smtp_mail_reply(d, p, reply);
}

/* 354 for a DATA that was not captured: content follows, unless the gap goes on into it. */
void smtp_answer_unknown(struct smtp_dialogue *d, uint16_t code)
{
    if (code == 354 && d->client == CLIENT_COMMAND && d->client_lost &&
        d->read[SIDE_CLIENT] <= d->reply->peer_ack) {
        smtp_line_gap(&d->cutter[SIDE_CLIENT]); /* half a line came before it: not content */
        d->client_lost = false;
        d->client = CLIENT_CONTENT;
        d->tx = session_begin_transaction(d->s, d->reply->first);
        d->tx->uncertain = true;
    }
}
