/* waiting_phase.c - what is unanswered, and the phase a session stands in while it is. */
#include "report/diagnose/waiting_walk.h"

bool walk_is_action(const struct event *e)
{
    return e->side == SIDE_CLIENT && (e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
                                      e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK);
}

bool walk_is_unfinished(const struct event *reply)
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
    return reply && !walk_is_unfinished(reply) ? reply : NULL;
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

enum phase walk_phase(const struct walk *w)
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
