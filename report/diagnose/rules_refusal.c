/* rules_refusal.c - mail and credentials refused by an explicit reply.
 *
 * What the texts mean is for the tables of reply texts; here stands what is left when no text is
 * recognized: that it was refused, where, and with which words.
 */
#include "report/diagnose/rules_all.h"

enum {
    CODE_SHUTDOWN = 421,
    CODE_SYNTAX = 500,
    CODE_ARGUMENTS = 501,
    CODE_NOT_IMPLEMENTED = 502,
    CODE_BAD_SEQUENCE = 503,
    CODE_PARAMETER = 504,
    CODE_WANTS_SECURITY = 530,
};

/* The command whose mail this reply decides; false: not one of mail. */
static bool is_about_mail(const struct event *asked)
{
    if (asked->kind == EVENT_CONTENT || asked->kind == EVENT_CHUNK) {
        return true;
    }
    if (asked->kind != EVENT_COMMAND) {
        return false;
    }
    switch ((enum verb)asked->facts->command.verb) {
    case VERB_MAIL:
    case VERB_RCPT:
    case VERB_DATA:
    case VERB_BDAT:
    case VERB_BURL:
    case VERB_SEND:
    case VERB_SOML:
    case VERB_SAML:
        return true;
    default:
        return false;
    }
}

static bool is_about_auth(const struct event *asked)
{
    return asked->kind == EVENT_AUTH ||
           (asked->kind == EVENT_COMMAND && asked->facts->command.verb == VERB_AUTH);
}

/* Refusals that some clients provoke on purpose and then do what was asked for. */
static bool was_made_good(const struct judge *j, const struct event *reply)
{
    unsigned code = reply->facts->reply.code;

    return j->s->smtp.accepted_count > 0 &&
           (code == CODE_WANTS_SECURITY || (code >= CODE_SYNTAX && code <= CODE_BAD_SEQUENCE));
}

/* By the timeout that the client ran into, or by the order of commands. */
static bool told_elsewhere(struct judge *j, const struct event *reply)
{
    if (j->given_up && j->given_up->until.packet &&
        reply->first.time_ns >= j->given_up->until.time_ns) {
        return true;
    }
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->rule->cause > CAUSE_SEQUENCE || rules_is_quality(f->rule)) {
            continue;
        }
        for (size_t i = 0; i < f->evidence_count; i++) {
            if (f->evidence[i] == reply) {
                return true;
            }
        }
    }
    return sequence_verdict(j, reply) != SEQ_FINE;
}

static void say_refusal(struct finding *f, const struct event *asked, const struct event *reply)
{
    if (asked->kind == EVENT_COMMAND) {
        judge_say(f, "%s was refused with ", verb_names[asked->facts->command.verb]);
    } else {
        judge_say(f, "the message was refused after its content with ");
    }
    rules_say_reply(f, reply);
}

static void refusals(struct judge *j, const struct rule *rule, unsigned low, unsigned high)
{
    struct finding *f = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *asked;
        unsigned code;

        if (e->kind != EVENT_REPLY || !(asked = e->facts->reply.answers)) {
            continue;
        }
        code = e->facts->reply.code;
        if (code < low || code > high || !is_about_mail(asked) || told_elsewhere(j, e)) {
            continue;
        }
        if (f) {
            f->count++;
            judge_show(f, e);
            continue;
        }
        f = judge_raise(j, rule, waiting_phase_of(asked), e->first);
        f->confidence = CONFIDENCE_LOW;
        f->count = 1;
        f->fatal = !was_made_good(j, e);
        if (!f->fatal) {
            f->severity = SEVERITY_NOTICE;
        }
        judge_show(f, asked);
        judge_show(f, e);
        say_refusal(f, asked, e);
    }
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u refusals)", (unsigned)f->count);
    }
}

void rule_reject_transient(struct judge *j, const struct rule *rule)
{
    refusals(j, rule, 400, 499);
}

void rule_reject_permanent(struct judge *j, const struct rule *rule)
{
    refusals(j, rule, 500, 599);
}

static bool is_about_the_command(unsigned code)
{
    return code == CODE_SYNTAX || code == CODE_ARGUMENTS || code == CODE_NOT_IMPLEMENTED ||
           code == CODE_BAD_SEQUENCE || code == CODE_PARAMETER;
}

/* The last AUTH reply within these codes. */
static const struct event *auth_refusal(const struct judge *j, unsigned low, unsigned high)
{
    const struct event *found = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *asked;

        if (e->kind == EVENT_REPLY && (asked = e->facts->reply.answers) && is_about_auth(asked) &&
            e->facts->reply.code >= low && e->facts->reply.code <= high) {
            found = e;
        }
    }
    return found;
}

static struct finding *raise_auth(struct judge *j, const struct rule *rule,
                                  const struct event *reply)
{
    struct finding *f = judge_raise(j, rule, PHASE_AUTH, reply->first);

    f->fatal = j->s->smtp.auth != AUTH_ACCEPTED && !judge_all_accepted(j);
    if (!f->fatal) {
        f->severity = SEVERITY_NOTICE;
    }
    judge_show(f, reply->facts->reply.answers);
    judge_show(f, reply);
    judge_say(f, "AUTH");
    if (j->s->smtp.auth_mechanism.len) {
        judge_say(f, " ");
        judge_say_wire(f, j->s->smtp.auth_mechanism);
    }
    return f;
}

void rule_auth_failed(struct judge *j, const struct rule *rule)
{
    const struct event *reply = auth_refusal(j, 500, 599);
    const struct event *asked = reply ? reply->facts->reply.answers : NULL;
    struct finding *f;

    if (!reply || is_about_the_command(reply->facts->reply.code) ||
        (asked->kind == EVENT_AUTH && asked->facts->auth.cancelled) ||
        reply->facts->reply.code == CODE_WANTS_SECURITY) {
        return;
    }
    f = raise_auth(j, rule, reply);
    judge_say(f, " was refused with ");
    rules_say_reply(f, reply);
}

void rule_auth_temp_failure(struct judge *j, const struct rule *rule)
{
    const struct event *reply = auth_refusal(j, 400, 499);
    struct finding *f;

    if (!reply || reply->facts->reply.code == CODE_SHUTDOWN) {
        return;
    }
    f = raise_auth(j, rule, reply);
    judge_say(f, " could not be checked: ");
    rules_say_reply(f, reply);
}

void rule_auth_not_offered(struct judge *j, const struct rule *rule)
{
    const struct event *reply = auth_refusal(j, 500, 599);
    struct finding *f;

    if (!reply || !is_about_the_command(reply->facts->reply.code) || !j->s->smtp.ehlo ||
        rules_offered(j->s, "AUTH") || j->s->tcp.midstream ||
        !judge_trusts_silence(j, SIDE_SERVER, j->s->first)) {
        return;
    }
    f = raise_auth(j, rule, reply);
    judge_say(f, " was used although the server does not offer it here%s; it answered ",
              rules_offered(j->s, "STARTTLS") ? " (it offers STARTTLS)" : "");
    rules_say_reply(f, reply);
}
