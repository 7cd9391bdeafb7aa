/* redact_secrets.c - what no output may show at any level.
 *
 * The model keeps no AUTH exchange and no content (dissect/smtp/client.c). What it cannot know from
 * one line is decided here, where the whole session is in hand:
 *
 * - What AUTH names is left out unless it is known as a mechanism: the same lock once more.
 * - Where reading began in the middle (no SYN, or bytes of the client missing), a line such as
 *   "HELP me, John" may be content: the arguments of verbs that take any text are left out, until a
 *   command comes whose form nobody writes in a letter.
 */
#include "report/redact_secrets.h"

#include <string.h>

#include "dissect/smtp/mechanism.h"
#include "dissect/text.h"
#include "report/redact_text.h"

static bool may_be_shown(const struct session *s, struct bytes mechanism)
{
    return mechanism.len == 0 || smtp_mechanism_is_known(&s->smtp, mechanism);
}

/* "VERB [...]" */
static void keep_verb(struct session *s, struct command_facts *c)
{
    struct bytes rest = text_bytes(c->text), word = text_take_word(&rest);
    if (text_trim(rest).len) {
        c->text =
            arena_format(s->arena, "%.*s " REDACT_LEFT_OUT, (int)word.len, (const char *)word.data);
    }
}

static bool takes_any_text(enum verb verb)
{
    switch (verb) {
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
    case VERB_BURL:
    case VERB_XCLIENT:
    case VERB_XFORWARD:
        return true;
    case VERB_UNKNOWN:
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
    case VERB_STARTTLS:
    case VERB_AUTH:
    case VERB_MAIL:
    case VERB_RCPT:
    case VERB_DATA:
    case VERB_BDAT:
    case VERB_RSET:
    case VERB_QUIT:
    case VERBS:
        break;
    }
    return false;
}

/* A command nobody writes in a letter: a path in brackets, or a verb that stands alone. */
static bool proves_place(const struct command_facts *c)
{
    struct bytes text = text_bytes(c->text);
    switch (c->verb) {
    case VERB_MAIL:
    case VERB_RCPT:
        return text.len && memchr(text.data, '<', text.len);
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
    case VERB_DATA:
    case VERB_RSET:
    case VERB_QUIT:
    case VERB_STARTTLS:
        return true;
    default:
        return false;
    }
}

void redact_secrets(struct session *s)
{
    bool lost = s->tcp.midstream;
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == SIDE_CLIENT) {
            lost = true;
        } else if (e->kind == EVENT_COMMAND) {
            struct command_facts *c = &e->facts->command;
            struct bytes mechanism = text_bytes(c->text);
            (void)text_take_word(&mechanism);
            if ((c->verb == VERB_AUTH && !may_be_shown(s, text_trim(mechanism))) ||
                (lost && takes_any_text(c->verb))) {
                keep_verb(s, c);
            }
            lost = lost && !proves_place(c);
        }
    }
    if (!may_be_shown(s, text_bytes(s->smtp.auth_mechanism))) {
        s->smtp.auth_mechanism.len = 0;
    }
}
