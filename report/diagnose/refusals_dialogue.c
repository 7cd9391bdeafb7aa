/* refusals_dialogue.c - what the dialogue knows better than the text of a refusal.
 *
 * "Relay access denied" on the submission port means that the client did not log in;
 * "synchronization error" means early talk before the greeting and pipelining behind it; 503 to
 * AUTH may mean that it was not offered. Each function returns the id of a finding, or NULL when
 * the text may stand.
 */
#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

enum { PORT_SUBMISSION = 587, PORT_SUBMISSIONS = 465 };

static bool is(const char *finding, const char *id)
{
    return finding && strcmp(finding, id) == 0;
}

static bool is_by_text(const struct refusal *r)
{
    return r->meaning.step == REPLY_BY_TEXT;
}

static bool mentions(const struct refusal *r, const char *word)
{
    return rules_mentions(r->reply->facts->reply.full, word);
}

static unsigned code_of(const struct refusal *r)
{
    return r->reply->facts->reply.code;
}

static bool is_enhanced(const struct refusal *r, unsigned subject, unsigned detail)
{
    const struct enhanced *e = &r->reply->facts->reply.enhanced;

    return e->class && e->subject == subject && e->detail == detail;
}

/* A 235 that came before this reply. */
static bool was_authenticated(const struct session *s, const struct event *before)
{
    for (const struct event *e = s->events; e && e != before; e = e->next) {
        if (e->kind == EVENT_REPLY && e->facts->reply.code == 235) {
            return true;
        }
    }
    return false;
}

static const char *about_auth(struct judge *j, const struct refusal *r)
{
    const struct session *s = j->s;
    bool known = hello_known(j, r->asked);
    unsigned code = code_of(r);
    struct text list;

    if (r->asked->kind == EVENT_AUTH && r->asked->facts->auth.cancelled) {
        return "auth-cancelled";
    }
    if (code < 500) {
        return NULL;
    }
    if (r->asked->kind == EVENT_AUTH && r->asked->facts->auth.malformed) {
        return "auth-malformed";
    }
    if (code == 538 || is_enhanced(r, 7, 11)) {
        return "auth-requires-tls";
    }
    if (code == 503 && was_authenticated(s, r->reply)) {
        return "auth-repeated-after-success";
    }
    if (r->asked->kind == EVENT_COMMAND && known && !rules_offered(s, "AUTH")) {
        return "auth-not-offered";
    }
    if (code == 504 || (code != 501 && mentions(r, "mechanism")) ||
        (known && s->smtp.auth_mechanism.len && hello_parameters(s, "AUTH", &list) && list.len &&
         !hello_offers_mechanism(s, s->smtp.auth_mechanism))) {
        return "auth-mechanism-unsupported";
    }
    if ((code == 500 || code == 502) && known) {
        return is_enhanced(r, 5, 6) ? NULL : "server-advertised-but-refused";
    }
    if (code == 501 && !is_by_text(r)) {
        return "auth-malformed";
    }
    return NULL;
}

static struct text parameters_of(const struct event *command)
{
    const struct transaction *tx = command->facts->command.tx;

    if (tx && tx->mail == command) {
        return tx->params;
    }
    for (const struct recipient *to = tx ? tx->recipients : NULL; to; to = to->next) {
        if (to->command == command) {
            return to->params;
        }
    }
    return (struct text){NULL, 0, false};
}

static bool has_eight_bit(struct text t)
{
    for (uint32_t i = 0; i < t.len; i++) {
        if ((unsigned char)t.s[i] > 0x7f) {
            return true;
        }
    }
    return false;
}

/* 501, 504, 555 and their like to MAIL or RCPT: which argument is meant? */
static const char *about_arguments(struct judge *j, const struct refusal *r)
{
    const struct command_facts *c = &r->asked->facts->command;
    struct text params = parameters_of(r->asked), offered, foreign;
    unsigned code = code_of(r);

    if (has_eight_bit(c->text) && !rules_mentions(params, "SMTPUTF8")) {
        return "smtputf8-required";
    }
    if (is_enhanced(r, 1, 3) || is_enhanced(r, 1, 7)) {
        return NULL; /* the address itself: what looks like parameters may be the rest of it */
    }
    if (!hello_known(j, r->asked)) {
        return code == 555 || code == 455 ? "ext-param-rejected" : NULL;
    }
    foreign = hello_foreign_parameter(j->s, params, &offered);
    if (foreign.len) {
        return "ext-param-not-offered";
    }
    if (offered.len && (code == 555 || code == 455 || code == 504 || is_enhanced(r, 3, 3) ||
                        mentions(r, "parameter"))) {
        return "ext-param-rejected";
    }
    return code == 555 || code == 455 ? "syntax-error-args" : NULL;
}

static bool is_about_arguments(const struct refusal *r)
{
    switch (code_of(r)) {
    case 501:
    case 504:
    case 555:
    case 455:
        return true;
    default:
        return is_enhanced(r, 5, 4) || is_enhanced(r, 5, 2) || is_enhanced(r, 3, 3);
    }
}

static const char *about_line_length(const struct refusal *r)
{
    unsigned code = code_of(r);

    return (code == 500 || code == 501) && !is_by_text(r) && mentions(r, "too long")
               ? "command-line-too-long"
               : NULL;
}

/* "Security required first": which? */
static const char *about_security(struct judge *j, const struct refusal *r)
{
    const struct session *s = j->s;
    bool clear = s->smtp.tls == TLS_NONE;

    if (code_of(r) != 530 && code_of(r) != 503) {
        return mentions(r, "authenticat") &&
                       (mentions(r, "requir") || mentions(r, "first") || mentions(r, "must"))
                   ? "auth-required"
                   : NULL;
    }
    if (mentions(r, "tls") || mentions(r, "ssl") || mentions(r, "encrypt")) {
        return "starttls-required";
    }
    if (mentions(r, "auth") || mentions(r, "log in") || mentions(r, "login")) {
        return "auth-required";
    }
    if (code_of(r) == 530) {
        return clear && rules_offered(s, "STARTTLS") && !rules_offered(s, "AUTH")
                   ? "starttls-required"
                   : "auth-required";
    }
    return NULL;
}

static bool has_bare_lf(const struct session *s, const struct event *before)
{
    for (const struct event *e = s->events; e && e != before; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.line_flags & LINE_BARE_LF) {
            return true;
        }
    }
    return false;
}

static const char *about_early_talk(struct judge *j, const struct refusal *r)
{
    bool early = judge_raised(j, "early-talker") != NULL;

    if (is(r->meaning.finding, "pipelining-rejected") && early) {
        return "early-talker-rejected";
    }
    if (is(r->meaning.finding, "early-talker-rejected") && !early && !j->s->tcp.midstream &&
        j->d->capture == CAPTURE_FULL) {
        /* postscreen says the same of what it does not like behind the greeting. */
        return j->course.has & NEEDS_PIPELINED ? "pipelining-rejected"
               : has_bare_lf(j->s, r->reply)   ? "bare-lf-rejected"
                                               : "protocol-error-reported";
    }
    return NULL;
}

/* BDAT refused as unknown although it was offered. */
static const char *about_chunk(struct judge *j, const struct refusal *r)
{
    unsigned code = code_of(r);

    return (code == 500 || code == 502) && hello_known(j, r->asked) &&
                   rules_offered(j->s, "CHUNKING")
               ? "server-advertised-but-refused"
               : NULL;
}

static bool is_submission(const struct session *s)
{
    return s->end[SIDE_SERVER].port == PORT_SUBMISSION ||
           s->end[SIDE_SERVER].port == PORT_SUBMISSIONS;
}

static const char *about_command(struct judge *j, const struct refusal *r)
{
    unsigned verb = r->asked->facts->command.verb;
    const char *id = NULL;

    if (verb == VERB_MAIL || verb == VERB_RCPT) {
        if (is_about_arguments(r) && !is_by_text(r)) {
            id = about_arguments(j, r);
        }
        if (!id && code_of(r) >= 500 && !is_by_text(r)) {
            id = about_security(j, r);
        }
        if (is(r->meaning.finding, "relay-denied") && is_submission(j->s) &&
            j->s->smtp.auth != AUTH_ACCEPTED) {
            id = "auth-required";
        }
    }
    if (!id) {
        id = about_line_length(r);
    }
    return id || verb != VERB_BDAT ? id : about_chunk(j, r);
}

const char *refusals_by_dialogue(struct judge *j, const struct refusal *r)
{
    const char *id = about_early_talk(j, r);

    if (id || !r->asked) {
        return id;
    }
    if (r->phase == PHASE_AUTH) {
        return about_auth(j, r);
    }
    if (r->asked->kind == EVENT_CHUNK) {
        return about_chunk(j, r);
    }
    return r->asked->kind == EVENT_COMMAND ? about_command(j, r) : NULL;
}
