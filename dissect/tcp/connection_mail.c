/* connection_mail.c - whether what a connection carries is mail.
 *
 * On a port of mail whatever was captured is told. On another port both sides must agree, or one
 * says what only mail says and nothing of the other was captured.
 */
#include "dissect/opening.h"
#include "dissect/tcp/connection_state.h"
#include "dissect/text.h"

/* A reply that only a server of mail gives: it names an extension, or tells of an envelope. */
static bool is_mail_reply(const struct reply_facts *r)
{
    static const char *const keywords[] = {"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES",
                                           "STARTTLS",   "CHUNKING", "SMTPUTF8"};
    struct bytes text = text_bytes(r->full);

    if (r->code == 250) {
        for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
            if (text_find(text, keywords[i]) < text.len) {
                return true;
            }
        }
    }
    return r->code == 354 || (r->code == 250 && r->enhanced.class == 2);
}

/* One side clearly: the client greets or addresses a letter, the server answers such. */
static bool client_says_mail(const struct session *s)
{
    return s->smtp.hello_sent || (s->smtp.transactions && s->smtp.transactions->mail) ||
           (s->smtp.transactions && s->smtp.transactions->recipient_count);
}

static bool server_says_mail(const struct session *s)
{
    if (s->opening && opening_names_mail(s->opening)) {
        return true;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_REPLY && is_mail_reply(&e->facts->reply)) {
            return true;
        }
    }
    return false;
}

static bool has_reply(const struct session *s)
{
    const struct event *e = s->events;

    while (e && !(e->kind == EVENT_REPLY && e->facts->reply.code)) {
        e = e->next;
    }
    return e;
}

/* On another port: both sides agree, or one says so clearly and nothing of the other was captured.
 * A server that answers a hello with something else than replies does not agree. */
static bool is_mail_dialogue(const struct session *s)
{
    if (client_says_mail(s)) {
        return !s->smtp.first_server.packet || !(s->opening && opening_serves_other(s->opening)) ||
               (s->tcp.midstream && has_reply(s)); /* what was seen first was half a line */
    }
    return !s->smtp.first_client.packet && server_says_mail(s);
}

bool tcp_connection_is_mail(const struct tcp_connection *c)
{
    const struct session *s = c->s;

    if (!s->mail_port) {
        return is_mail_dialogue(s);
    }
    return s->tcp.side[SIDE_CLIENT].syn.packet || s->tcp.side[SIDE_SERVER].syn.packet ||
           s->tcp.side[SIDE_CLIENT].data_segments || s->tcp.side[SIDE_SERVER].data_segments;
}

bool tcp_connection_is_foreign(const struct tcp_connection *c)
{
    const struct session *s = c->s;

    return !s->mail_port && s->opening && !s->smtp.hello_sent &&
           opening_is_foreign(s->opening, s->tcp.midstream);
}
