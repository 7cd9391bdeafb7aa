/* redact_secrets.c - what no output may show at any level.
 *
 * The model keeps no AUTH exchange and no content (dissect/smtp/client.c). Two things it cannot
 * know from one line are decided here, where the whole session is in hand:
 *
 * - "AUTH dXNlcg==" looks like a mechanism. One that is neither registered nor offered by this
 *   server is left out.
 * - Where reading began in the middle (no SYN, or bytes of the client missing), a line such as
 * "HELP me, John" may be content: the arguments of verbs that take any text are left out, until a
 *   command comes whose form nobody writes in a letter.
 */
#include "report/redact_secrets.h"

#include <string.h>

#include "dissect/text.h"
#include "report/redact_text.h"

/* IANA, SASL Mechanisms, and what mail servers offer besides. */
static const char *const mechanisms[] = {
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "NTLM",
    "GSSAPI",
    "GSS-SPNEGO",
    "GS2-KRB5",
    "GS2-KRB5-PLUS",
    "XOAUTH",
    "XOAUTH2",
    "OAUTHBEARER",
    "OAUTH10A",
    "EXTERNAL",
    "ANONYMOUS",
    "KERBEROS_V4",
    "SKEY",
    "OTP",
    "SECURID",
    "SRP",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "NTLM-AUTH",
    "MSN",
    "PASSDSS-3DES-1",
    "ECDSA-NIST256P-CHALLENGE",
};

static bool is_registered(struct bytes mechanism)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (text_is(mechanism, mechanisms[i])) {
            return true;
        }
    }
    return false;
}

static bool same_word(struct bytes a, struct bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (text_upper(a.data[i]) != text_upper(b.data[i])) {
            return false;
        }
    }
    return true;
}

/* In "AUTH PLAIN LOGIN", or "AUTH=LOGIN" of old clients' sake. */
static bool is_offered(const struct session *s, struct bytes mechanism)
{
    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        struct bytes rest = text_bytes(k->text);
        if (!text_begins(rest, "AUTH")) {
            continue;
        }
        for (struct bytes word = text_take_word(&rest); word.len; word = text_take_word(&rest)) {
            if (same_word(word, mechanism)) {
                return true;
            }
        }
    }
    return false;
}

static bool may_be_shown(const struct session *s, struct bytes mechanism)
{
    return mechanism.len == 0 || is_registered(mechanism) || is_offered(s, mechanism);
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
