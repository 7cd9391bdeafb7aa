/* rules_replies.c - a refusal told as what it means. One function for all such rules; which one is
 * told by its row. What a rule adds to the words of the reply stands in refusals_details.c.
 */
#include <string.h>

#include "report/diagnose/path.h"
#include "report/diagnose/provider.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

/* A reply that came after the client had given up decided nothing. */
bool refusals_came_too_late(const struct judge *j, const struct refusal *r)
{
    return j->given_up && j->given_up->until.packet &&
           r->reply->first.time_ns >= j->given_up->until.time_ns;
}

/* Something else already tells of this reply as the cause. */
static bool told_by_other(const struct judge *j, const struct rule *rule, const struct refusal *r)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        /* What is known of the code alone yields to what the text says; that the listed address is
         * another one does not make the listing unsaid. */
        if (!f->fatal || f->rule == rule || strcmp(f->rule->id, "blocklist-ip-mismatch") == 0 ||
            f->rule->cause > CAUSE_TEXT) {
            continue;
        }
        for (size_t i = 0; i < f->evidence_count; i++) {
            if (f->evidence[i] == r->reply) {
                return true;
            }
        }
    }
    return false;
}

/* Rules of which a refusal is never more than this. */
static enum severity severity_of(const struct rule *rule, const struct refusal *r)
{
    enum severity s = r->reply->facts->reply.code < 500 ? SEVERITY_WARNING : SEVERITY_ERROR;

    return rule->severity < s ? rule->severity : s;
}

static void say_asked(struct finding *f, const struct refusal *r)
{
    switch (r->asked ? (enum event_kind)r->asked->kind : EVENT_KINDS) {
    case EVENT_COMMAND:
        if (r->asked->facts->command.verb == VERB_UNKNOWN) {
            judge_say(f, "a command ");
        } else {
            judge_say(f, "%s ", verb_names[r->asked->facts->command.verb]);
        }
        judge_say(f, "was refused");
        return;
    case EVENT_AUTH:
        judge_say(f, "AUTH was refused");
        return;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        judge_say(f, r->asked->facts->content.complete
                         ? "the message was refused after its content"
                         : "the message was refused inside its content");
        return;
    default:
        judge_say(f, r->phase == PHASE_GREETING ? "the connection was refused"
                                                : "the session was ended");
        return;
    }
}

static void say_refusal(struct judge *j, struct finding *f, const struct refusal *r)
{
    const char *provider = provider_of(j->s, r->meaning.row, r->reply->facts->reply.full);

    say_asked(f, r);
    if (provider) {
        judge_say(f, " by %s", provider);
    }
    judge_say(f, " with ");
    rules_say_reply(f, r->reply);
    if (r->meaning.step == REPLY_BY_CODE && f->confidence == CONFIDENCE_LOW) {
        judge_say(f, " (told from the code alone)");
    }
}

static struct finding *raise(struct judge *j, const struct rule *rule, const struct refusal *r)
{
    struct finding *f = judge_raise(j, rule, r->phase, r->reply->first);

    f->count = 1;
    f->confidence = r->rule == rule ? r->meaning.confidence : CONFIDENCE_LOW;
    f->severity = severity_of(rule, r);
    /* Of a greeting the code alone says no more than greeting-rejected does. */
    f->fatal = !r->made_good && rule->cause != CAUSE_NONE &&
               !(r->phase == PHASE_GREETING && r->meaning.step == REPLY_BY_CODE);
    judge_show(f, r->asked);
    judge_show(f, r->reply);
    say_refusal(j, f, r);
    refusals_add_details(j, f, r);
    if (!f->fatal && f->severity > SEVERITY_NOTICE) {
        f->severity = SEVERITY_NOTICE;
    }
    return f;
}

static void tell(struct judge *j, const struct rule *rule,
                 bool (*is_mine)(const struct rule *, const struct refusal *))
{
    struct finding *f = NULL;

    for (const struct refusal *r = refusals_of(j); r; r = r->next) {
        if (!is_mine(rule, r) || refusals_came_too_late(j, r) ||
            (!f && told_by_other(j, rule, r))) {
            continue;
        }
        if (!f) {
            f = raise(j, rule, r);
            continue;
        }
        f->count++;
        judge_show(f, r->reply);
        if (!r->made_good && !f->fatal && rule->cause != CAUSE_NONE) {
            f->fatal = true;
            f->severity = severity_of(rule, r);
        }
    }
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u)", (unsigned)f->count);
    }
}

static bool means_rule(const struct rule *rule, const struct refusal *r)
{
    return r->rule == rule;
}

void rule_refused(struct judge *j, const struct rule *rule)
{
    tell(j, rule, means_rule);
}

/* --- what nobody knows --- */

static bool is_unknown_transient(const struct rule *rule, const struct refusal *r)
{
    return (!r->rule || r->rule == rule) && r->reply->facts->reply.code < 500;
}

/* 503 that the order of commands does not explain, and cannot, is one of these. */
static bool is_unknown_permanent(const struct rule *rule, const struct refusal *r)
{
    return (!r->rule || r->rule == rule || strcmp(r->rule->id, "bad-sequence-503") == 0) &&
           r->reply->facts->reply.code >= 500;
}

void rule_reject_transient(struct judge *j, const struct rule *rule)
{
    tell(j, rule, is_unknown_transient);
}

void rule_reject_permanent(struct judge *j, const struct rule *rule)
{
    tell(j, rule, is_unknown_permanent);
}

/* --- rules that also have another sign --- */

/* Where packets are missing: the client knew of the refusal and went on with its mail, and so it
 * had been greeted before, or was then. */
static bool went_on_with_mail(const struct judge *j, const struct event *refusal)
{
    for (const struct event *e = j->d->capture == CAPTURE_FULL ? NULL : refusal; e; e = e->next) {
        unsigned verb = e->kind == EVENT_COMMAND ? e->facts->command.verb : VERB_UNKNOWN;

        if (e->side == SIDE_CLIENT && e->peer_ack >= refusal->end &&
            (verb == VERB_MAIL || verb == VERB_RCPT || verb == VERB_DATA ||
             e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK)) {
            return true;
        }
    }
    return false;
}

/* The hello is refused at once, or with the first recipient. */
void rule_helo_refused(struct judge *j, const struct rule *rule)
{
    rule_helo_rejected(j, rule);
    for (struct finding *f = j->d->findings; f; f = f->next) {
        if (f->rule != rule) {
            continue;
        }
        for (size_t i = 0; i < f->evidence_count; i++) {
            if (f->evidence[i]->kind == EVENT_REPLY && went_on_with_mail(j, f->evidence[i])) {
                f->fatal = false;
                f->severity = SEVERITY_NOTICE;
            }
        }
        for (const struct transaction *tx = j->s->smtp.transactions; tx; tx = tx->next) {
            const struct event *reply = tx->mail ? waiting_reply_to(tx->mail) : NULL;

            if ((reply && reply->facts->reply.code / 100 == 2) || tx->accepted_count ||
                tx->outcome == TX_ACCEPTED) {
                f->fatal = false; /* nobody cared */
                f->severity = SEVERITY_NOTICE;
            }
        }
        return;
    }
    rule_refused(j, rule);
}

/* The server says that it waited in vain. That is the client's silence only where the client was
 * silent: what it sent may never have arrived, or the server did not read it. */
static void say_who_was_silent(struct judge *j, struct finding *f)
{
    const struct event *reply = f->evidence[f->evidence_count ? f->evidence_count - 1 : 0];

    bool gone = false;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->ended_by == reply && w->owner == PARTY_CLIENT) {
            f->waited_s = w->seconds;
            gone = path_peer_was_gone(j, SIDE_SERVER, w->until);
        }
    }
    if (judge_raised(j, "zero-window-stall-server")) {
        f->points_to = PARTY_SERVER;
        judge_say(f, "; but it was the server that did not read");
    } else if (reply && path_was_unheard(j, SIDE_CLIENT, reply->first) &&
               j->d->capture == CAPTURE_FULL) {
        f->points_to = PARTY_NETWORK;
        judge_say(f, "; but the client was not silent, what it sent was never acknowledged");
    } else if (gone) {
        f->points_to = PARTY_NETWORK;
        judge_say(f,
                  "; but nothing came back to that either: the client's host or the path was gone");
    } else {
        return;
    }
    f->waited_s = 0;
    f->fatal = false;
    f->severity = SEVERITY_NOTICE;
}

/* A server that gave up waiting says so, or is seen to. */
void rule_idle_refused(struct judge *j, const struct rule *rule)
{
    rule_server_idle(j, rule);
    if (judge_raised(j, rule->id)) {
        return;
    }
    rule_refused(j, rule);
    for (struct finding *f = j->d->findings; f; f = f->next) {
        if (f->rule == rule) {
            say_who_was_silent(j, f);
        }
    }
}

/* --- DATA although no recipient is left --- */

void rule_no_valid_recipients(struct judge *j, const struct rule *rule)
{
    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        const struct transaction *tx;
        struct finding *f;

        if ((s->verdict != SEQ_ECHO && s->verdict != SEQ_HOPELESS) || !s->reply ||
            s->command->kind != EVENT_COMMAND || s->command->facts->command.verb != VERB_DATA ||
            s->reply->facts->reply.code < 400) {
            continue;
        }
        tx = s->command->facts->command.tx;
        if (!tx || !tx->recipient_count || tx->accepted_count) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA_INIT, s->reply->first);
        judge_show(f, s->command);
        judge_show(f, s->reply);
        judge_say(f, "every recipient had been refused, so DATA was refused with ");
        rules_say_reply(f, s->reply);
        return;
    }
}
