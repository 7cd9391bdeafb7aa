/* mail.c - what becomes of each mail: its envelope, its recipients' replies, its fate.
 *
 * The fate of a mail is the reply to the end of its content (DATA) or to its last chunk (BDAT
 * LAST), nothing else: not the 221 to QUIT, not the reply to a command behind it.
 */
#include <string.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

static void begin_mail(struct smtp_dialogue *d, const struct smtp_command *c, struct event *e)
{
    struct transaction *tx = session_begin_transaction(d->s, e->first);
    struct bytes size;

    tx->from = session_text(d->s, c->path, LIMIT_TEXT);
    tx->params = session_text(d->s, c->parameters, LIMIT_TEXT);
    tx->mail = session_kept(d->s, e);
    if (smtp_command_parameter(c->parameters, "SIZE", &size) &&
        !text_number(size, &tx->declared_size)) {
        tx->declared_size = UINT64_MAX;
    }
    d->tx = tx;
}

static bool is_mail_accepted(const struct transaction *tx)
{
    return tx->mail && tx->mail->facts->command.reply &&
           tx->mail->facts->command.reply->facts->reply.code / 100 == 2;
}

/* A refusal may be among the replies that were not captured. */
static bool lacks_replies(const struct smtp_dialogue *d, const struct transaction *tx)
{
    return d->s->smtp.replies == 0 || (tx->mail && d->server_gap_end > tx->mail->peer_ack);
}

void smtp_mail_abort(struct smtp_dialogue *d, struct transaction *tx)
{
    if (d->tx == tx) {
        d->tx = NULL;
    }
    if (tx && !tx->final && tx->outcome == TX_UNKNOWN && !tx->content_complete) {
        bool refused = tx->recipient_count && tx->rejected_count == tx->recipient_count;
        tx->outcome = tx->uncertain          ? TX_UNKNOWN
                      : refused              ? TX_REJECTED
                      : lacks_replies(d, tx) ? TX_UNKNOWN
                                             : TX_ABORTED;
    }
}

static void add_recipient(struct smtp_dialogue *d, const struct smtp_command *c, struct event *e,
                          struct pending *p)
{
    struct recipient *r = session_add_recipient(d->s, d->tx);

    p->recipient = r;
    if (r) {
        r->to = session_text(d->s, c->path, LIMIT_TEXT);
        r->params = session_text(d->s, c->parameters, LIMIT_TEXT);
        r->command = session_kept(d->s, e);
    }
}

/* After a gap: a mail whose MAIL was not captured. */
static void need_mail(struct smtp_dialogue *d, struct event *e)
{
    if (!d->tx && d->uncertain) {
        d->tx = session_begin_transaction(d->s, e->first);
        d->tx->uncertain = true;
    }
}

void smtp_mail_command(struct smtp_dialogue *d, const struct smtp_command *c, struct event *e,
                       struct pending *p)
{
    switch (c->verb) {
    case VERB_MAIL:
        /* Nested MAIL: the mail that is open stays unless the server says otherwise. */
        if (!d->tx || !is_mail_accepted(d->tx)) {
            if (d->tx) {
                smtp_mail_abort(d, d->tx);
            }
            begin_mail(d, c, e);
        }
        break;
    case VERB_RCPT:
        need_mail(d, e);
        if (d->tx) {
            add_recipient(d, c, e, p);
        }
        break;
    case VERB_DATA:
    case VERB_BDAT:
        need_mail(d, e);
        if (d->tx) {
            d->tx->data = session_kept(d->s, e);
        }
        break;
    default:
        break;
    }
    p->tx = d->tx;
    if (c->verb != VERB_EHLO && c->verb != VERB_HELO && c->verb != VERB_QUIT) {
        e->facts->command.tx = d->tx;
    }
    if (c->verb == VERB_RSET) {
        d->tx = NULL; /* what is pipelined behind it belongs to the next mail */
    }
}

static void mail_answered(struct smtp_dialogue *d, const struct pending *p, struct event *reply)
{
    uint16_t code = reply->facts->reply.code;

    if (!p->tx) {
        return;
    }
    if (p->tx->mail == p->event) {
        if (code >= 400) {
            p->tx->outcome = TX_REJECTED;
        }
    } else if (code / 100 == 2 && p->event) {
        /* A nested MAIL that was accepted after all. */
        struct smtp_command c = {.verb = VERB_MAIL};
        struct bytes line = text_bytes(p->event->facts->command.text);
        smtp_mail_abort(d, p->tx);
        smtp_command_read(line, &c);
        begin_mail(d, &c, p->event);
        p->event->facts->command.tx = reply->facts->reply.tx = d->tx;
    }
}

static void recipient_answered(const struct pending *p, const struct reply_facts *r)
{
    if (!p->tx) {
        return;
    }
    if (p->recipient) {
        p->recipient->code = r->code;
        p->recipient->enhanced = r->enhanced;
    }
    if (r->code / 100 == 2) {
        p->tx->accepted_count++;
    } else if (r->code >= 400) {
        p->tx->rejected_count++;
    }
}

/* A reply that decided before does not count any more. */
static void undecide(struct smtp_dialogue *d, const struct transaction *tx)
{
    uint16_t code = tx->final->facts->reply.code;

    if (code / 100 == 2 && code != 221) {
        d->s->smtp.accepted_count--;
    } else if (code >= 400) {
        d->s->smtp.rejected_count--;
    }
}

/* 503 in a mail of which commands were not captured may speak of those, not of the mail. */
static enum tx_outcome refusal_of(const struct transaction *tx, uint16_t code)
{
    return code == 503 && tx->uncertain ? TX_UNKNOWN : TX_REJECTED;
}

/* The reply that decides. A refusal in the middle of the content may come before it; LMTP has one
 * for each recipient, and accepted for one of them is accepted. */
static void decided(struct smtp_dialogue *d, struct transaction *tx, struct event *reply)
{
    const struct reply_facts *r = &reply->facts->reply;
    struct bytes id = smtp_reply_queue_id(text_bytes(r->full));
    /* 221 says that the server leaves, not that it has the mail. */
    bool accepted = r->code / 100 == 2 && r->code != 221, refused = r->code >= 400;

    if (tx->final) {
        if ((!accepted && !refused) || (d->lmtp && tx->outcome == TX_ACCEPTED)) {
            return;
        }
        if (!tx->unframed) {
            undecide(d, tx);
        }
    }
    tx->final = session_kept(d->s, reply);
    tx->last = reply->last;
    if (tx->unframed) {
        return;
    }
    if (accepted) {
        tx->outcome = TX_ACCEPTED;
        tx->queue_id = session_text(d->s, id, 128);
        d->s->smtp.accepted_count++;
    } else if (refused) {
        tx->outcome = refusal_of(tx, r->code);
        d->s->smtp.rejected_count++;
    }
}

static void data_refused(struct smtp_dialogue *d, const struct pending *p, uint16_t code)
{
    if (p->tx && code >= 400) {
        /* The mail stays open: the client may add recipients and try again. */
        p->tx->method = p->verb == VERB_DATA ? METHOD_DATA : p->tx->method;
    }
    d->after_data = true;
}

void smtp_mail_reply(struct smtp_dialogue *d, const struct pending *p, struct event *reply)
{
    const struct reply_facts *r = &reply->facts->reply;

    switch ((enum reply_to)p->to) {
    case REPLY_TO_CONTENT:
        if (p->tx) {
            decided(d, p->tx, reply);
        }
        return;
    case REPLY_TO_CHUNK:
        if (p->tx && p->chunk_last) {
            decided(d, p->tx, reply);
        } else if (p->tx && r->code >= 400) {
            p->tx->outcome = refusal_of(p->tx, r->code);
        }
        return;
    case REPLY_TO_COMMAND:
        break;
    case REPLY_TO_GREETING:
    case REPLY_TO_AUTH:
    case REPLY_TO_NOTHING:
    case REPLY_TO_UNKNOWN:
        return;
    }
    switch (p->verb) {
    case VERB_MAIL:
        mail_answered(d, p, reply);
        break;
    case VERB_RCPT:
        recipient_answered(p, r);
        break;
    case VERB_DATA:
        if (r->code != 354) {
            data_refused(d, p, r->code);
        }
        break;
    case VERB_RSET:
        if (r->code / 100 == 2 && p->tx) {
            smtp_mail_abort(d, p->tx);
        } else if (!d->tx) {
            d->tx = p->tx;
        }
        break;
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
        /* An accepted hello is also a RSET (RFC 5321 section 4.1.4); a refused one changes nothing.
         */
        if (r->code / 100 == 2 && p->tx) {
            smtp_mail_abort(d, p->tx);
        }
        break;
    default:
        break;
    }
}

/* DATA answered with a refusal, and nothing since that could have saved the mail; or no recipient
 * accepted, and none can come any more. */
static bool was_refused(const struct smtp_dialogue *d, const struct transaction *tx, bool closed)
{
    const struct event *data = tx->data;
    const struct event *reply = data ? data->facts->command.reply : NULL;

    return (reply && reply->facts->reply.code >= 400) ||
           (tx->recipient_count && tx->rejected_count == tx->recipient_count &&
            (closed || tx != d->tx || d->s->smtp.quit));
}

void smtp_mail_end(struct smtp_dialogue *d, struct mark last)
{
    bool closed = d->s->ended == SESSION_CLOSED || d->s->ended == SESSION_REUSED;

    (void)last;
    for (struct transaction *tx = d->s->smtp.transactions; tx; tx = tx->next) {
        if (tx->outcome != TX_UNKNOWN || tx->final || tx->content_complete) {
            continue;
        }
        if (was_refused(d, tx, closed)) {
            tx->outcome = TX_REJECTED;
        } else if (closed && !tx->uncertain && d->server_gap_end == 0 && d->s->smtp.replies) {
            tx->outcome = TX_ABORTED;
        } else if (tx != d->tx && !tx->uncertain && !closed && d->tx && !lacks_replies(d, tx)) {
            tx->outcome = TX_ABORTED; /* another mail began behind it */
        }
    }
}
