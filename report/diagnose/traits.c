/* traits.c - what a session shows at one look. */
#include "report/diagnose/traits.h"

#include "report/diagnose/hello.h"

enum { EITHER = 5 };

bool traits_is_action(const struct event *e)
{
    return e->side == SIDE_CLIENT && (e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
                                      e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK);
}

/* The first that was captured of the client is its hello, and the server took it: whatever was
 * before that, nobody was in the middle of anything. */
static bool begins_with_hello(const struct session *s)
{
    const struct event *hello = s->events, *reply;
    unsigned verb;

    while (hello && !traits_is_action(hello)) {
        hello = hello->next;
    }
    reply = hello ? waiting_reply_to(hello) : NULL;
    verb = hello && hello->kind == EVENT_COMMAND ? hello->facts->command.verb : VERB_UNKNOWN;
    if ((verb != VERB_EHLO && verb != VERB_HELO) || !reply || reply->facts->reply.code >= 400 ||
        reply->first.time_ns < hello->first.time_ns) {
        return false;
    }
    for (const struct event *e = s->events; e && e != reply; e = e->next) {
        if (e->kind == EVENT_REPLY &&
            e->facts->reply.flags & (REPLY_UNFINISHED | REPLY_INCONSISTENT)) {
            return false; /* the end of what began earlier */
        }
    }
    return true;
}

bool traits_knows_beginning(const struct session *s)
{
    return !s->tcp.midstream || begins_with_hello(s);
}

bool traits_is_whole(const struct judge *j)
{
    return !(j->course.has & NEEDS_DOUBT) && !j->s->folded && !j->s->limits_reached &&
           (j->d->capture == CAPTURE_FULL ||
            (j->d->capture == CAPTURE_MIDWAY && begins_with_hello(j->s))) &&
           judge_trusts_silence(j, SIDE_CLIENT, j->s->first) &&
           judge_trusts_silence(j, SIDE_SERVER, j->s->first);
}

bool traits_was_open(const struct event *before, const struct event *e)
{
    const struct event *reply = waiting_reply_to(before);

    return !reply || reply->end > e->peer_ack;
}

unsigned traits_expected_class(const struct reply_facts *r)
{
    unsigned verb;

    switch ((enum reply_to)r->to) {
    case REPLY_TO_AUTH:
        return EITHER;
    case REPLY_TO_COMMAND:
        verb = r->answers ? r->answers->facts->command.verb : VERB_UNKNOWN;
        return verb == VERB_DATA ? 3 : verb == VERB_AUTH || verb == VERB_UNKNOWN ? EITHER : 2;
    case REPLY_TO_GREETING:
    case REPLY_TO_CONTENT:
    case REPLY_TO_CHUNK:
        return 2;
    case REPLY_TO_NOTHING:
    case REPLY_TO_UNKNOWN:
        break;
    }
    return EITHER;
}

static unsigned of_command(const struct command_facts *c)
{
    unsigned has = 0;

    if (c->line_flags & (LINE_BARE_LF | LINE_NUL | LINE_CONTROL | LINE_EIGHT_BIT | LINE_LONG) ||
        c->verb == VERB_UNKNOWN || c->line_len > LINE_MUST) {
        has |= NEEDS_ODD_COMMAND;
    }
    switch ((enum verb)c->verb) {
    case VERB_EHLO:
    case VERB_HELO:
        return has | NEEDS_HELLO;
    case VERB_AUTH:
        return has | NEEDS_AUTH;
    case VERB_STARTTLS:
        return has | NEEDS_STARTTLS;
    case VERB_BDAT:
        return has | NEEDS_CHUNK;
    default:
        return has;
    }
}

bool traits_is_other_kind(const struct reply_facts *r)
{
    unsigned verb = r->answers && r->answers->kind == EVENT_COMMAND
                        ? r->answers->facts->command.verb
                        : VERB_UNKNOWN;

    switch (r->code) {
    case 220:
        return r->to != REPLY_TO_GREETING && verb != VERB_STARTTLS && verb != VERB_XCLIENT;
    case 221:
        return verb != VERB_QUIT;
    case 235:
    case 334:
        return r->to != REPLY_TO_AUTH && verb != VERB_AUTH;
    case 354:
        return verb != VERB_DATA;
    default:
        return r->to == REPLY_TO_GREETING;
    }
}

static unsigned of_reply(const struct reply_facts *r)
{
    unsigned expected = traits_expected_class(r);
    bool positive = r->code >= 200 && r->code < 400;
    bool odd = r->flags || r->longest > LINE_MUST || r->code < 200 || r->code / 10 % 10 > 5 ||
               r->code >= 600 || r->to == REPLY_TO_NOTHING;

    if (positive &&
        ((expected != EITHER && r->code / 100 != expected) || traits_is_other_kind(r))) {
        odd = true;
    }
    return odd ? NEEDS_ODD_REPLY : 0;
}

static unsigned of_content(const struct content_facts *c)
{
    return c->bare_lf || c->bare_cr || c->ambiguous_count || c->single_dots || c->eight_bit ||
                   c->longest_line > TEXT_LINE_MUST
               ? NEEDS_ODD_CONTENT
               : 0;
}

static unsigned of_mail(const struct session *s)
{
    unsigned has = s->smtp.transactions ? NEEDS_MAIL : 0;

    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        if (tx->params.len) {
            return has | NEEDS_PARAMETER;
        }
        for (const struct recipient *to = tx->recipients; to; to = to->next) {
            if (to->params.len) {
                return has | NEEDS_PARAMETER;
            }
        }
    }
    return has;
}

void traits_read(struct judge *j)
{
    const struct event *before = NULL;
    unsigned has = of_mail(j->s);

    if (j->s->tls.seen[SIDE_CLIENT] || j->s->tls.seen[SIDE_SERVER]) {
        has |= NEEDS_TLS; /* its events may be folded away */
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND) {
            has |= of_command(&e->facts->command);
        } else if (e->kind == EVENT_REPLY) {
            has |= of_reply(&e->facts->reply);
        } else if (e->kind == EVENT_CONTENT) {
            has |= of_content(&e->facts->content);
        } else if (e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) {
            has |= NEEDS_TLS;
        } else if (e->kind == EVENT_GAP || e->kind == EVENT_CONFLICT || e->kind == EVENT_OPAQUE ||
                   e->kind == EVENT_LIMIT) {
            has |= NEEDS_DOUBT;
        }
        if (traits_is_action(e)) {
            if (before && traits_was_open(before, e)) {
                has |= NEEDS_PIPELINED;
            }
            before = e;
        }
    }
    j->course.has |= has;
    j->course.masked = hello_masked(j->s);
}
