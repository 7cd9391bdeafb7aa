/* redact.c - rewrites a session before any writer sees it, so that a writer cannot forget it.
 *
 * Level envelope: the local part of every address is replaced by a token (redact_token.c), in
 * commands, paths, parameters, replies, findings; and where a text names a local part of this
 * session without its domain. Domains stay.
 *
 * What is never shown, at any level, the model does not hold: content, AUTH exchanges, unknown
 * lines beyond their first word (dissect/smtp/client.c); redact_secrets.c is the second lock.
 *
 * A text that the model cut may end inside an address before its "@": its last word is left out.
 *
 * BUGS: names of people that are no local part ("250 John Doe <u7f3a9@...>") stay, except in
 * answers to VRFY and EXPN.
 */
#include "report/redact.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/text.h"
#include "dissect/tls/facts.h"
#include "report/diagnose/diagnose.h"
#include "report/redact_secrets.h"
#include "report/redact_text.h"

/* An address of one letter and "@" becomes at most a token and "@": eight times as long. */
enum { RESULT_MAX = 8 * LIMIT_REPLY_TEXT + 64 };

struct redactor {
    enum redact level;
    struct tokens *tokens;
    struct redact_words *words;
    struct arena *arena; /* of the session in hand */
    struct scrub scrub;
    char result[RESULT_MAX];
};

struct redactor *redactor_new(const struct settings *settings, struct fail *fail)
{
    if (settings->redact > REDACT_ENVELOPE) {
        (void)fail_set(fail, STATUS_USAGE, "--redact %s does not exist yet; use none or envelope",
                       redact_words[settings->redact]);
        return NULL;
    }
    struct redactor *r = calloc(1, sizeof(*r));
    struct redact_words *words = redact_words_new();
    struct tokens *tokens = tokens_new(settings->redact_key, fail);
    if (!r || !words || !tokens) {
        if (tokens) {
            (void)fail_set(fail, STATUS_USAGE, "no memory for redaction");
        }
        free(r);
        redact_words_free(words);
        tokens_free(tokens);
        return NULL;
    }
    r->level = settings->redact;
    r->tokens = tokens;
    r->words = words;
    r->scrub = (struct scrub){
        .tokens = tokens, .words = words, .out = r->result, .size = sizeof(r->result)};
    return r;
}

void redactor_free(struct redactor *r)
{
    if (r) {
        tokens_free(r->tokens);
        redact_words_free(r->words);
        free(r);
    }
}

/* --- one text --- */

/* The new text, in the session's arena; nothing is copied when nothing changed. */
static void store(struct redactor *r, struct text *t)
{
    const struct scrub *x = &r->scrub;
    struct bytes result = {(const uint8_t *)x->out, x->len};
    bool cut = t->cut || x->overflow;
    if (result.len != t->len || memcmp(result.data, t->s, t->len) != 0) {
        *t = arena_text(r->arena, result, result.len);
    }
    t->cut = cut;
}

/* Without the last word of a text that the model cut at its limit. */
static struct bytes whole_words(const struct text *t, size_t limit)
{
    struct bytes b = text_bytes(*t);
    if (t->cut && t->len >= limit) {
        while (b.len && !text_is_blank(b.data[b.len - 1])) {
            b.len--;
        }
    }
    return b;
}

static void redact_free(struct redactor *r, struct text *t, size_t limit)
{
    struct bytes b = whole_words(t, limit);
    if (t->len == 0) {
        return;
    }
    scrub_begin(&r->scrub);
    scrub_text(&r->scrub, b);
    if (b.len < t->len) {
        scrub_string(&r->scrub, REDACT_LEFT_OUT);
    }
    store(r, t);
}

static void redact_path(struct redactor *r, struct text *t)
{
    if (t->len) {
        scrub_begin(&r->scrub);
        scrub_path(&r->scrub, text_bytes(*t));
        store(r, t);
    }
}

static void redact_params(struct redactor *r, struct text *t)
{
    if (t->len) {
        scrub_begin(&r->scrub);
        scrub_params(&r->scrub, text_bytes(*t));
        store(r, t);
    }
}

/* --- the words of a session --- */

static bool has_path(enum verb verb)
{
    return verb == VERB_MAIL || verb == VERB_RCPT || verb == VERB_SEND || verb == VERB_SOML ||
           verb == VERB_SAML;
}

static bool names_user(enum verb verb)
{
    return verb == VERB_VRFY || verb == VERB_EXPN;
}

/* What stands behind the verb. */
static struct bytes arguments(const struct command_facts *c)
{
    struct bytes line = text_bytes(c->text);
    (void)text_take_word(&line);
    return line;
}

/* The address in the argument of VRFY or EXPN: between brackets, or all of it. */
static struct bytes user_argument(struct bytes argument)
{
    const uint8_t *open = argument.len ? memchr(argument.data, '<', argument.len) : NULL;
    if (open) {
        size_t at = (size_t)(open - argument.data);
        return (struct bytes){open, argument.len - at};
    }
    return text_trim(argument);
}

static void learn_address(struct redactor *r, struct bytes path)
{
    char token[TOKEN_MAX];
    uint8_t scratch[LIMIT_TEXT];
    struct address_parts parts = address_parts_of(path, scratch, sizeof(scratch));
    if (parts.local.len == 0) {
        return;
    }
    scrub_token(&r->scrub, &parts, token);
    if (parts.local.data == scratch) { /* must outlive this function */
        struct text kept = arena_text(r->arena, parts.local, parts.local.len);
        parts.local = text_bytes(kept);
    }
    redact_words_add(r->words, parts.local, token);
}

static void learn_words(struct redactor *r, const struct session *s)
{
    redact_words_reset(r->words);
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind != EVENT_COMMAND) {
            continue;
        }
        const struct command_facts *c = &e->facts->command;
        struct bytes rest = arguments(c), lead;
        if (has_path(c->verb)) {
            learn_address(r, scrub_take_path(&rest, &lead));
        } else if (names_user(c->verb)) {
            learn_address(r, user_argument(rest));
        }
    }
}

/* --- events --- */

static void redact_command(struct redactor *r, struct command_facts *c)
{
    struct scrub *x = &r->scrub;
    struct bytes rest = arguments(c);
    struct bytes verb = {(const uint8_t *)c->text.s, c->text.len - rest.len}, lead;
    if (!has_path(c->verb) && !names_user(c->verb)) {
        redact_free(r, &c->text, LIMIT_TEXT);
        if (c->verb == VERB_UNKNOWN) {
            c->word.s = c->text.s;
            c->word.len = c->word.len < c->text.len ? c->word.len : c->text.len;
        }
        return;
    }
    scrub_begin(x);
    scrub_put(x, verb);
    if (has_path(c->verb)) {
        struct bytes path = scrub_take_path(&rest, &lead);
        scrub_put(x, lead);
        scrub_path(x, path);
        scrub_params(x, rest);
    } else if (text_trim(rest).len) {
        scrub_string(x, " ");
        scrub_path(x, user_argument(rest));
    }
    store(r, &c->text);
}

/* Users by their full names: only what an address is made of stays. */
static void redact_user_reply(struct redactor *r, struct text *t)
{
    struct bytes b = text_bytes(*t);
    const uint8_t *open = b.len ? memchr(b.data, '<', b.len) : NULL;
    scrub_begin(&r->scrub);
    scrub_string(&r->scrub, REDACT_LEFT_OUT);
    if (open) {
        const uint8_t *close = memchr(open, '>', b.len - (size_t)(open - b.data));
        if (close) {
            scrub_string(&r->scrub, " ");
            scrub_path(&r->scrub, (struct bytes){open, (size_t)(close - open) + 1});
        }
    }
    store(r, t);
}

static bool tells_user(const struct reply_facts *reply)
{
    const struct event *command = reply->answers;
    return (reply->code == 250 || reply->code == 251) && command &&
           command->kind == EVENT_COMMAND && names_user(command->facts->command.verb);
}

static void redact_reply(struct redactor *r, struct reply_facts *reply)
{
    bool one_line = reply->full.s == reply->text.s && reply->full.len == reply->text.len;
    if (tells_user(reply)) {
        redact_user_reply(r, &reply->text);
        reply->full = reply->text;
        return;
    }
    redact_free(r, &reply->text, LIMIT_TEXT);
    if (one_line) {
        reply->full = reply->text;
    } else {
        redact_free(r, &reply->full, LIMIT_REPLY_TEXT);
    }
}

static void redact_events(struct redactor *r, struct session *s)
{
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND) {
            redact_command(r, &e->facts->command);
        } else if (e->kind == EVENT_REPLY) {
            redact_reply(r, &e->facts->reply);
        }
    }
}

static void redact_transactions(struct redactor *r, struct session *s)
{
    for (struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        redact_path(r, &tx->from);
        redact_params(r, &tx->params);
        redact_free(r, &tx->queue_id, LIMIT_TEXT);
        for (struct recipient *to = tx->recipients; to; to = to->next) {
            redact_path(r, &to->to);
            redact_params(r, &to->params);
        }
    }
}

static void redact_hello(struct redactor *r, struct session *s)
{
    redact_free(r, &s->smtp.helo, LIMIT_TEXT);
    for (struct keyword *k = s->smtp.keywords; k; k = k->next) {
        redact_free(r, &k->text, LIMIT_TEXT);
    }
}

static void redact_names(struct redactor *r, struct tls_name *list)
{
    for (; list; list = list->next) {
        redact_free(r, &list->text, LIMIT_TEXT);
    }
}

/* Host names stay; certificates name mailboxes, too. */
static void redact_tls(struct redactor *r, struct session *s)
{
    struct tls_details *d = s->tls.details;
    if (!d) {
        return;
    }
    redact_free(r, &d->client.server_name, LIMIT_TEXT);
    redact_free(r, &d->server.alpn, LIMIT_TEXT);
    redact_names(r, d->client.alpn);
    for (int side = 0; side < SIDES; side++) {
        for (struct tls_certificate *c = d->chain[side].first; c; c = c->next) {
            redact_free(r, &c->subject, LIMIT_TEXT);
            redact_free(r, &c->issuer, LIMIT_TEXT);
            redact_free(r, &c->common_name, LIMIT_TEXT);
            redact_names(r, c->names);
        }
    }
}

void redact_findings(struct redactor *r, struct session *s)
{
    struct diagnosis *d = s->diagnosis;
    bool learned = false;
    if (r->level == REDACT_NONE || !d) {
        return;
    }
    r->arena = s->arena;
    for (struct finding *f = d->findings; f; f = f->next) {
        if (!f->wire_text) {
            continue; /* all words are ours */
        }
        if (!learned) {
            learn_words(r, s);
            learned = true;
        }
        redact_free(r, &f->summary, LIMIT_TEXT);
    }
    if (learned) {
        redact_words_reset(r->words);
    }
}

void redact_session(struct redactor *r, struct session *s)
{
    redact_secrets(s);
    if (r->level == REDACT_NONE) {
        return;
    }
    r->arena = s->arena;
    learn_words(r, s);
    redact_hello(r, s);
    redact_tls(r, s);
    redact_events(r, s);
    redact_transactions(r, s);
    redact_words_reset(r->words);
}

size_t redact_bytes(struct redactor *r, struct bytes in, char *out, size_t size)
{
    struct bytes result = in;
    if (r->level != REDACT_NONE) {
        scrub_begin(&r->scrub);
        scrub_text(&r->scrub, in);
        result = (struct bytes){(const uint8_t *)r->result, r->scrub.len};
    }
    size_t len = result.len < size ? result.len : size;
    if (len) {
        memcpy(out, result.data, len);
    }
    return len;
}
