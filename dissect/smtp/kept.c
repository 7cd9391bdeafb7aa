/* kept.c - what of a client's line is kept as text.
 *
 * A password typed at the wrong moment must not enter the model, nor a line of a message that the
 * server did not take for one. So known commands are kept as sent, without AUTH arguments; of an
 * unknown line at most its first word, in capitals as programs write commands, and nothing where it
 * may be a credential (once anything was said of AUTH, before the server has spoken SMTP, where TLS
 * was agreed). Where lines may be content (behind a DATA that was not answered 354, and behind a
 * chunk), of a command only what is beyond doubt.
 *
 * BUGS: one word in capitals, in a dialogue without AUTH, is kept as a verb whatever it is.
 */
#include "dissect/smtp/dialogue_state.h"
#include "dissect/smtp/mechanism.h"

enum { WORD_KEPT = 16 };

/* Capitals and hyphens: a word that programs send as a verb. */
static bool is_verb_like(struct bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!(word.data[i] >= 'A' && word.data[i] <= 'Z') && word.data[i] != '-') {
            return false;
        }
    }
    return word.len > 0 && word.len <= WORD_KEPT;
}

static struct bytes unknown_text(const struct smtp_dialogue *d, const struct smtp_command *c,
                                 struct bytes line)
{
    bool may_be_secret = d->after_data || d->auth_seen || d->tls_agreed || !d->s->smtp.spoken;

    if (smtp_command_is_proxy(line)) {
        return c->word;
    }
    if (may_be_secret || !is_verb_like(c->word)) {
        return (struct bytes){line.data, text_is(line, ".") ? 1 : 0};
    }
    return c->word;
}

/* They tell login names (Postfix, XCLIENT_README): names of people. */
static struct bytes without_login(struct bytes line)
{
    size_t i = text_find(line, "LOGIN=");

    return text_trim((struct bytes){line.data, i});
}

bool smtp_kept_mechanism(const struct smtp_dialogue *d, const struct smtp_command *c)
{
    return c->well_formed && smtp_mechanism_is_known(&d->s->smtp, c->mechanism);
}

struct bytes smtp_kept_text(const struct smtp_dialogue *d, const struct smtp_command *c,
                            struct bytes line)
{
    switch (c->verb) {
    case VERB_UNKNOWN:
        return unknown_text(d, c, line);
    case VERB_AUTH:
        return smtp_kept_mechanism(d, c)
                   ? (struct bytes){line.data,
                                    (size_t)(c->mechanism.data + c->mechanism.len - line.data)}
                   : c->word;
    case VERB_BURL: /* RFC 4467: the URL holds the right to read it */
        return c->word;
    case VERB_XCLIENT:
    case VERB_XFORWARD:
        return d->after_data ? c->word : without_login(line);
    case VERB_BDAT:
        return line;
    default:
        return (d->after_data || d->auth_tried) && !c->well_formed ? c->word : line;
    }
}

static bool has_blank(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (text_is_blank(b.data[i])) {
            return true;
        }
    }
    return false;
}

/* RFC 5321 section 4.1.2, Mail-parameters: keywords with values, but for those that have none. */
static bool are_parameters(struct bytes rest)
{
    for (struct bytes word = text_take_word(&rest); word.len; word = text_take_word(&rest)) {
        if (text_find(word, "=") == word.len && !text_is(word, "SMTPUTF8") &&
            !text_is(word, "REQUIRETLS") && !text_is(word, "CONPERM")) {
            return false;
        }
    }
    return true;
}

/* "<" something without blanks ">", and parameters behind it: nobody writes that in a letter. */
static bool is_path_for_sure(const struct smtp_command *c)
{
    return c->path.len >= 2 && c->path.data[0] == '<' && c->path.data[c->path.len - 1] == '>' &&
           !has_blank(c->path) && are_parameters(c->parameters);
}

bool smtp_kept_is_sure(const struct smtp_command *c)
{
    switch (c->verb) {
    case VERB_MAIL:
    case VERB_RCPT:
        return c->well_formed && is_path_for_sure(c);
    case VERB_EHLO:
    case VERB_LHLO:
    case VERB_STARTTLS:
    case VERB_AUTH:
    case VERB_DATA:
    case VERB_BDAT:
    case VERB_RSET:
    case VERB_QUIT:
        return c->well_formed;
    default:
        return false;
    }
}

void smtp_kept_doubt(const struct smtp_dialogue *d, struct smtp_command *c)
{
    if (d->after_data && c->well_formed && !smtp_kept_is_sure(c)) {
        c->well_formed = false;
        c->path = c->parameters = (struct bytes){c->word.data, 0};
    }
}

static struct smtp_credentials *credentials(struct smtp_dialogue *d)
{
    if (!d->credentials) {
        d->credentials = arena_make(d->s->arena, struct smtp_credentials);
    }
    return d->credentials;
}

static bool asks_for_name(const struct smtp_dialogue *d)
{
    return text_is(text_bytes(d->s->smtp.auth_mechanism), "LOGIN");
}

/* The client of another protocol logs in: "USER ann", "PASS hunter2", "a1 LOGIN ann hunter2". */
static void foreign_login(struct smtp_dialogue *d, struct bytes word, struct bytes rest)
{
    struct bytes first = text_take_word(&rest);

    if (text_is(first, "LOGIN") && rest.len) {
        word = first;
        first = text_take_word(&rest);
    }
    rest = text_trim(rest);
    if (text_is(word, "USER") || text_is(word, "LOGIN")) {
        smtp_credentials_name(credentials(d), first);
        smtp_credentials_secret(credentials(d), rest);
        d->auth_seen = true;
    } else if (text_is(word, "PASS")) {
        smtp_credentials_secret(
            credentials(d),
            (struct bytes){first.data,
                           rest.len ? (size_t)(rest.data + rest.len - first.data) : first.len});
        d->auth_seen = true;
    }
}

void smtp_kept_credentials(struct smtp_dialogue *d, const struct smtp_command *c)
{
    size_t at;

    switch (c->verb) {
    case VERB_AUTH:
        smtp_credentials_line(credentials(d),
                              smtp_kept_mechanism(d, c) ? c->response : c->arguments,
                              text_is(c->mechanism, "LOGIN") ? CREDENTIAL_NAME : CREDENTIAL_ANY);
        break;
    case VERB_XCLIENT:
    case VERB_XFORWARD:
        at = text_find(c->arguments, "LOGIN=");
        if (at < c->arguments.len) {
            struct bytes rest = {c->arguments.data + at + 6, c->arguments.len - at - 6};
            smtp_credentials_name(credentials(d), text_take_word(&rest));
        }
        break;
    case VERB_UNKNOWN:
        if (!d->after_data) {
            foreign_login(d, c->word, c->arguments);
        }
        break;
    default:
        break;
    }
}

void smtp_kept_auth_line(struct smtp_dialogue *d, struct bytes line)
{
    smtp_credentials_line(credentials(d), line,
                          asks_for_name(d) && !d->auth_opened ? CREDENTIAL_NAME : CREDENTIAL_ANY);
}
