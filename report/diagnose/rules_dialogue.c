/* rules_dialogue.c - greeting, hello and the order of commands; sessions that offered no mail. */
#include <string.h>

#include "report/diagnose/acquaintance.h"
#include "report/diagnose/hello.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

enum { CODE_SHUTDOWN = 421 };

bool rules_mentions(struct text t, const char *word)
{
    size_t len = strlen(word);

    for (uint32_t i = 0; i + len <= t.len; i++) {
        /* Most places need no more than a look at one letter. */
        if (((t.s[i] ^ word[0]) & ~0x20) == 0 && strncasecmp(t.s + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

bool rules_offered(const struct session *s, const char *word)
{
    return hello_keyword(s, word) != NULL;
}

/* `550 5.1.1 "User unknown"` */
void rules_say_reply(struct finding *f, const struct event *reply)
{
    const struct reply_facts *r = &reply->facts->reply;

    judge_say(f, "%u", (unsigned)r->code);
    if (r->text.len) {
        judge_say(f, " \"");
        judge_say_wire(f, r->text);
        judge_say(f, "\"");
    }
}

void rule_greeting_rejected(struct judge *j, const struct rule *rule)
{
    const struct event *g = j->s->smtp.greeting;
    struct finding *f;

    if (!g || g->facts->reply.code < 400 || j->s->tcp.midstream) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, g->first);
    f->fatal = true;
    if (g->facts->reply.code < 500) {
        f->severity = SEVERITY_WARNING;
        f->points_to = PARTY_SERVER;
    }
    judge_show(f, g);
    judge_say(f, "the server greeted with ");
    rules_say_reply(f, g);
}

static const struct event *first_action(const struct judge *j)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->side == SIDE_CLIENT) {
            return e;
        }
        if (session_hides(j->s, e) || e->kind == EVENT_GAP || e->kind == EVENT_OPAQUE) {
            return NULL;
        }
    }
    return NULL;
}

static bool is_proxy_header(const struct event *command)
{
    return rules_mentions(command->facts->command.word, "PROXY");
}

void rule_early_talker(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *g = s->smtp.greeting, *c = first_action(j);
    struct finding *f;

    /* Wherever the capture was made: a client packet that passes before the end of the greeting was
     * sent before the greeting was received. */
    if (!g || !c || j->d->capture == CAPTURE_ONE_SIDED || c->first.time_ns >= g->last.time_ns ||
        (c->peer_ack >= g->end && !(g->facts->reply.flags & REPLY_UNFINISHED)) ||
        is_proxy_header(c) || s->smtp.foreign || c->facts->command.verb == VERB_QUIT ||
        acquaintance_may_pipe(s)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, c->first);
    judge_show(f, c);
    judge_show_at(f, g, g->last);
    if (g->facts->reply.flags & REPLY_UNFINISHED) {
        judge_say(f,
                  "the client spoke before the last line of the greeting, which then never came");
    } else {
        judge_say(f, "the client spoke %s before the greeting was complete",
                  judge_span(judge_seconds(c->first, g->last)).s);
    }
}

static const struct event *early_refusal(const struct judge *j)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct reply_facts *r;

        if (e->kind != EVENT_REPLY || e->facts->reply.code < 500) {
            continue;
        }
        r = &e->facts->reply;
        if (r->to == REPLY_TO_GREETING || rules_mentions(r->full, "protocol error") ||
            rules_mentions(r->full, "synchroni") || rules_mentions(r->full, "pregreet")) {
            return e;
        }
    }
    return NULL;
}

void rule_early_talker_rejected(struct judge *j, const struct rule *rule)
{
    const struct finding *early = judge_raised(j, "early-talker");
    const struct event *reply = early ? early_refusal(j) : NULL;
    struct finding *f;

    if (!reply) {
        return;
    }
    for (f = j->d->findings; f; f = f->next) {
        if (f == early) {
            f->severity = SEVERITY_WARNING;
        }
    }
    f = judge_raise(j, rule, PHASE_GREETING, early->at);
    f->fatal = true;
    judge_show(f, early->evidence[0]);
    judge_show(f, reply);
    judge_say(f, "the client spoke before the greeting was complete and was refused with ");
    rules_say_reply(f, reply);
}

/* 421 is about the connection, whatever was asked, unless its words speak of the hello. */
static bool is_about_connection(struct judge *j, const struct event *reply)
{
    const struct refusal *r =
        reply->facts->reply.code == CODE_SHUTDOWN ? refusals_find(j, reply) : NULL;

    return r && r->meaning.finding && strcmp(r->meaning.finding, "helo-rejected") != 0 &&
           !rules_mentions(reply->facts->reply.full, "helo") &&
           !rules_mentions(reply->facts->reply.full, "ehlo");
}

void rule_helo_rejected(struct judge *j, const struct rule *rule)
{
    struct finding *f;

    if (j->s->smtp.ehlo || j->s->tcp.midstream ||
        (j->s->smtp.greeting && j->s->smtp.greeting->facts->reply.code >= 400)) {
        return; /* another hello was accepted, or nothing was */
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *asked;
        unsigned code, verb;

        if (e->kind != EVENT_REPLY || !(asked = e->facts->reply.answers) ||
            asked->kind != EVENT_COMMAND) {
            continue;
        }
        code = e->facts->reply.code;
        verb = asked->facts->command.verb;
        if ((verb != VERB_EHLO && verb != VERB_HELO) || code < 400 || code == 500 || code == 502 ||
            sequence_verdict(j, e) != SEQ_FINE || is_about_connection(j, e)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_EHLO, e->first);
        f->fatal = true;
        if (code < 500) {
            f->severity = SEVERITY_WARNING;
        }
        judge_show(f, asked);
        judge_show(f, e);
        judge_say(f, "the client's hello was refused with ");
        rules_say_reply(f, e);
        return;
    }
}

/* The state is the fruit of a refused MAIL that the client ignored: that reply is the cause. */
static bool follows_refused_mail(const struct judge *j, const struct event *command)
{
    bool refused = false;

    for (const struct event *e = j->s->events; e && e != command; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_MAIL) {
            const struct event *reply = waiting_reply_to(e);
            refused = reply && reply->facts->reply.code >= 400;
        }
    }
    return refused;
}

static bool was_refused(const struct seq_step *s)
{
    return s->reply && s->reply->facts->reply.code >= 400;
}

static bool is_503(const struct seq_step *s)
{
    return s->reply && s->reply->facts->reply.code == 503;
}

static void say_step(struct finding *f, const struct seq_step *s)
{
    unsigned verb = s->command->kind == EVENT_CHUNK ? VERB_BDAT : s->command->facts->command.verb;

    bool extension = verb == VERB_STARTTLS || verb == VERB_AUTH || verb == VERB_ETRN ||
                     verb == VERB_XCLIENT || verb == VERB_XFORWARD;

    judge_say(f, "%s %s", verb ? verb_names[verb] : "a command",
              extension && s->state == SEQ_READYH ? "after HELO, which offers no extensions"
                                                  : seq_state_words[s->state]);
}

void rule_bad_sequence_503(struct judge *j, const struct rule *rule)
{
    struct finding *f = NULL;

    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        if ((s->verdict != SEQ_VIOLATION && s->verdict != SEQ_TOLERATED) || !is_503(s)) {
            continue;
        }
        if (f) {
            f->count++;
            judge_show(f, s->command);
            continue;
        }
        f = judge_raise(j, rule, waiting_phase_of(s->command), s->command->first);
        f->count = 1;
        f->fatal = !judge_all_accepted(j) && !follows_refused_mail(j, s->command) &&
                   s->state != SEQ_REFUSED;
        if (!f->fatal) {
            f->severity = SEVERITY_WARNING;
        }
        judge_show(f, s->command);
        judge_show(f, s->reply);
        judge_say(f, "the client sent ");
        say_step(f, s);
        judge_say(f, ", and the server rightly refused with ");
        rules_say_reply(f, s->reply);
    }
}

static enum severity violation_severity(const struct judge *j, const struct seq_step *s)
{
    if (s->verdict == SEQ_HOPELESS || s->state == SEQ_REFUSED ||
        follows_refused_mail(j, s->command)) {
        return SEVERITY_NOTICE;
    }
    if (!was_refused(s)) {
        return SEVERITY_NOTICE; /* what the server made of it is not known */
    }
    return judge_all_accepted(j) ? SEVERITY_WARNING : SEVERITY_ERROR;
}

void rule_bad_sequence_client(struct judge *j, const struct rule *rule)
{
    struct finding *f = NULL;

    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        enum severity severity;

        if (s->verdict != SEQ_VIOLATION && s->verdict != SEQ_TOLERATED &&
            s->verdict != SEQ_HOPELESS) {
            continue;
        }
        severity = violation_severity(j, s);
        if (f) {
            f->count++;
            f->severity = severity > f->severity ? severity : f->severity;
            f->fatal = f->severity == SEVERITY_ERROR;
            judge_show(f, s->command);
            continue;
        }
        f = judge_raise(j, rule, waiting_phase_of(s->command), s->command->first);
        f->count = 1;
        f->severity = severity;
        f->fatal = severity == SEVERITY_ERROR;
        judge_show(f, s->command);
        judge_show(f, s->reply);
        judge_say(f, "the client sent ");
        say_step(f, s);
        if (s->reply && !was_refused(s)) {
            judge_say(f, "; the server accepted it");
        }
    }
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u)", (unsigned)f->count);
    }
}

void rule_bad_sequence_disputed(struct judge *j, const struct rule *rule)
{
    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        struct finding *f;

        if (s->verdict != SEQ_DISPUTED) {
            continue;
        }
        f = judge_raise(j, rule, waiting_phase_of(s->command), s->command->first);
        f->fatal = !judge_all_accepted(j);
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show(f, s->command);
        judge_show(f, s->reply);
        judge_say(f, "the server answered ");
        say_step(f, s);
        judge_say(f, ", where it is in order, with ");
        rules_say_reply(f, s->reply);
        return;
    }
}

static bool went_well(const struct judge *j)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !rules_is_quality(f->rule)) {
            return false;
        }
    }
    return j->s->tcp.handshake == HANDSHAKE_COMPLETE && j->course.ending &&
           j->d->capture == CAPTURE_FULL &&
           ((j->s->smtp.tls == TLS_NONE && !j->s->tls.seen[SIDE_CLIENT]) ||
            session_is_opened(j->s)) &&
           !j->s->not_smtp;
}

void rule_probe_session(struct judge *j, const struct rule *rule)
{
    const struct smtp_facts *smtp = &j->s->smtp;
    struct finding *f;

    if (smtp->transaction_count || smtp->auth_mechanism.len || !went_well(j) ||
        (smtp->greeting && smtp->greeting->facts->reply.code != 220)) {
        return;
    }
    f = judge_raise(j, rule, j->course.before_end.phase, j->s->first);
    j->d->probe = true;
    judge_show_at(f, j->s->events, j->s->first);
    judge_say(f, "no mail was offered in this session");
}

/* Nothing is wrong but what was said of the addresses. */
static bool only_refused(const struct judge *j)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !rules_is_quality(f->rule) &&
            f->rule->section[0] != 'F') {
            return false;
        }
    }
    return j->course.ending && j->s->smtp.tls == TLS_NONE;
}

void rule_address_callout(struct judge *j, const struct rule *rule)
{
    const struct smtp_facts *smtp = &j->s->smtp;
    struct finding *f;
    bool asked = false, well = went_well(j), nameless = true;

    if (!smtp->transaction_count || j->s->folded_transactions || !(well || only_refused(j))) {
        return;
    }
    for (const struct transaction *tx = smtp->transactions; tx; tx = tx->next) {
        nameless = nameless && tx->from.len == 2;
    }
    for (const struct transaction *tx = smtp->transactions; tx; tx = tx->next) {
        if (tx->content_begun || tx->data || tx->uncertain) {
            return;
        }
        asked = asked || tx->accepted_count || tx->rejected_count;
    }
    if (!asked || !smtp->quit || (!well && !nameless)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_RCPT, j->s->first);
    j->d->probe = well;
    judge_show_at(f, j->s->events, j->s->first);
    judge_say(f, "recipients were checked, no mail was sent");
    if (!well) {
        f->confidence = CONFIDENCE_LOW;
        judge_say(f, "; a bounce whose recipient was refused would look the same");
    }
}
