/* rules_extension.c - chunks, parameters and addresses: extensions used without leave, or wrongly.
 */
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

static bool is_verb(const struct event *e, enum verb verb)
{
    return e->kind == EVENT_COMMAND && e->facts->command.verb == verb;
}

static bool is_refused(const struct event *reply)
{
    return reply && reply->facts->reply.code >= 400;
}

/* The reply to a BDAT stands with its chunk. */
static const struct event *reply_to(const struct event *e)
{
    return e->kind == EVENT_COMMAND ? e->facts->command.reply : waiting_reply_to(e);
}

static void grade(const struct judge *j, struct finding *f, const struct event *reply)
{
    if (judge_all_accepted(j)) {
        f->severity = SEVERITY_WARNING;
    }
    f->fatal = is_refused(reply) && !judge_all_accepted(j);
    judge_show(f, reply);
    if (is_refused(reply)) {
        judge_say(f, "; the server answered ");
        rules_say_reply(f, reply);
    }
}

/* --- chunks --- */

void rule_bdat_not_offered(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (!is_verb(e, VERB_BDAT) || !hello_known(j, e) || rules_offered(j->s, "CHUNKING")) {
            continue;
        }
        f = rules_raise(j, rule, e);
        judge_say(f, "BDAT was used although the server did not offer CHUNKING");
        judge_show(f, reply_to(e));
        return;
    }
}

void rule_bdat_after_last(struct judge *j, const struct rule *rule)
{
    const struct event *before = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (!traits_is_action(e)) {
            continue;
        }
        if (is_verb(e, VERB_BDAT) && before && before->kind == EVENT_CHUNK &&
            before->facts->content.last && before->facts->content.complete &&
            !e->facts->command.tx && traits_knows_beginning(j->s)) {
            struct finding *f = rules_raise(j, rule, e);

            judge_show(f, before);
            judge_say(f, "BDAT was sent behind the last chunk of the same mail");
            grade(j, f, reply_to(e));
            return;
        }
        before = e;
    }
}

/* What came first in this mail and was taken: content, or a chunk. NULL: neither. */
static const struct event *first_method(const struct judge *j, const struct event *until)
{
    const struct transaction *tx = until->facts->command.tx;

    for (const struct event *e = j->s->events; e && e != until; e = e->next) {
        if ((e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) && e->facts->content.tx == tx &&
            !is_refused(waiting_reply_to(e))) {
            return e;
        }
    }
    return NULL;
}

void rule_bdat_mixed(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *first;
        struct finding *f;

        if ((!is_verb(e, VERB_DATA) && !is_verb(e, VERB_BDAT)) || !e->facts->command.tx ||
            e->facts->command.tx->uncertain) {
            continue;
        }
        first = first_method(j, e);
        if (!first || (first->kind == EVENT_CHUNK) == is_verb(e, VERB_BDAT)) {
            continue;
        }
        f = rules_raise(j, rule, e);
        judge_show(f, first);
        judge_say(f, "DATA and BDAT were used in one mail");
        grade(j, f, reply_to(e));
        return;
    }
}

static const struct event *next_action(const struct event *e)
{
    do {
        e = e->next;
    } while (e && !traits_is_action(e));
    return e;
}

static uint64_t announced(const struct judge *j, const struct event *chunk)
{
    const struct event *bdat = NULL;

    for (const struct event *e = j->s->events; e && e != chunk; e = e->next) {
        if (is_verb(e, VERB_BDAT)) {
            bdat = e;
        }
    }
    return bdat ? bdat->facts->command.chunk_len : 0;
}

void rule_bdat_size(struct judge *j, const struct rule *rule)
{
    if (!traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct content_facts *c;
        const struct event *next;
        struct finding *f;
        bool more, fewer;

        if (e->kind != EVENT_CHUNK) {
            continue;
        }
        c = &e->facts->content;
        next = next_action(e);
        more = c->complete && next && next->kind == EVENT_COMMAND &&
               next->facts->command.verb == VERB_UNKNOWN && next->offset == e->end &&
               !is_refused(waiting_reply_to(e));
        /* It waited for a reply; one that leaves at once was interrupted. */
        fewer =
            !c->complete && !next && !is_refused(waiting_reply_to(e)) && j->course.ending &&
            j->course.ending->kind == EVENT_FIN &&
            judge_seconds(e->last, j->course.ending->first) >= threshold(THRESHOLD_SENDER_STALL);
        if (!more && !fewer) {
            continue;
        }
        f = rules_raise(j, rule, e);
        f->fatal = !judge_all_accepted(j);
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show(f, more ? next : j->course.ending);
        if (more) {
            judge_say(f,
                      "the chunk of %llu octets is followed by more content instead of a command",
                      (unsigned long long)c->bytes);
        } else {
            judge_say(f, "%llu octets were announced, and the client stopped after %llu",
                      (unsigned long long)announced(j, e), (unsigned long long)c->bytes);
        }
        return;
    }
}

void rule_bdat_continued(struct judge *j, const struct rule *rule)
{
    const struct event *refusal = NULL;
    const struct transaction *tx = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_CHUNK && is_refused(waiting_reply_to(e)) && !refusal) {
            refusal = waiting_reply_to(e);
            tx = e->facts->content.tx;
        } else if (refusal && is_verb(e, VERB_BDAT) && e->facts->command.tx == tx && tx &&
                   refusal->end <= e->peer_ack) {
            struct finding *f = rules_raise(j, rule, e);

            judge_show(f, refusal);
            judge_say(
                f,
                "the client sent another chunk although it knew that one had been refused with ");
            rules_say_reply(f, refusal);
            return;
        }
    }
}

void rule_binary_data(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct transaction *tx;
        struct finding *f;

        if (!is_verb(e, VERB_DATA) || !(tx = e->facts->command.tx) ||
            !rules_mentions(tx->params, "BODY=BINARYMIME")) {
            continue;
        }
        f = rules_raise(j, rule, e);
        judge_show(f, tx->mail);
        judge_say(f, "DATA was used for a mail declared as BINARYMIME");
        grade(j, f, reply_to(e));
        return;
    }
}

/* --- parameters and addresses --- */

/* Refused for the address itself: what looks like parameters may be the rest of it. */
static bool is_bad_address(const struct event *command)
{
    const struct event *reply = command->facts->command.reply;
    const struct enhanced *e = reply ? &reply->facts->reply.enhanced : NULL;

    return e && e->class == 5 && e->subject == 1 && (e->detail == 3 || e->detail == 7);
}

/* The first parameter that was not offered, of a command that was not refused for it. */
static struct text foreign_parameter(const struct judge *j, struct text params,
                                     const struct event *command)
{
    struct text offered;

    if (!params.len || !command || !hello_known(j, command) || is_bad_address(command)) {
        return (struct text){NULL, 0, false};
    }
    return hello_foreign_parameter(j->s, params, &offered);
}

void rule_parameter_not_offered(struct judge *j, const struct rule *rule)
{
    rule_refused(j, rule);
    if (judge_raised(j, rule->id)) {
        return;
    }
    for (const struct transaction *tx = j->s->smtp.transactions; tx; tx = tx->next) {
        const struct event *command = tx->mail;
        struct text word = foreign_parameter(j, tx->params, command);
        struct finding *f;

        for (const struct recipient *to = tx->recipients; to && !word.len; to = to->next) {
            command = to->command;
            word = foreign_parameter(j, to->params, command);
        }
        if (!word.len) {
            continue;
        }
        f = rules_raise(j, rule, command);
        f->severity = SEVERITY_WARNING;
        judge_show(f, waiting_reply_to(j->s->smtp.ehlo));
        judge_say(f, "the client used ");
        judge_say_wire(f, word);
        judge_say(f, " although the server did not offer it");
        return;
    }
}

void rule_smtputf8(struct judge *j, const struct rule *rule)
{
    rule_refused(j, rule);
    if (judge_raised(j, rule->id)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct transaction *tx;
        struct finding *f;

        if ((!is_verb(e, VERB_MAIL) && !is_verb(e, VERB_RCPT)) ||
            !(e->facts->command.line_flags & LINE_EIGHT_BIT) ||
            (e->facts->command.line_flags & LINE_AFTER_GAP)) {
            continue;
        }
        tx = e->facts->command.tx;
        if (!tx || !tx->mail || rules_mentions(tx->params, "SMTPUTF8") ||
            is_refused(waiting_reply_to(e))) {
            continue;
        }
        f = rules_raise(j, rule, e);
        f->severity = SEVERITY_NOTICE;
        judge_say(f, "an address has characters above 127, and MAIL did not say SMTPUTF8");
        return;
    }
}
