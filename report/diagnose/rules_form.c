/* rules_form.c - the form of commands and replies: bytes, lengths, codes, numbers of replies. */
#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { ANY_LINE_MOST = 2048 };

static bool is_mail(const struct session *s)
{
    return s->mail_port || s->smtp.hello_sent;
}

struct finding *rules_raise(struct judge *j, const struct rule *rule, const struct event *e)
{
    enum phase phase = PHASE_IDLE;
    struct finding *f;

    if (traits_is_action(e)) {
        phase = waiting_phase_of(e);
    } else if (e->kind == EVENT_REPLY && e->facts->reply.answers) {
        phase = waiting_phase_of(e->facts->reply.answers);
    } else if (e->kind == EVENT_REPLY && e->facts->reply.to == REPLY_TO_GREETING) {
        phase = PHASE_GREETING;
    }
    f = judge_raise(j, rule, phase, e->first);
    f->count = 1;
    judge_show(f, e);
    return f;
}

/* The same again. */
static void again(struct finding *f, const struct event *e)
{
    f->count++;
    judge_show(f, e);
}

static void say_count(struct finding *f)
{
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u)", (unsigned)f->count);
    }
}

/* --- commands --- */

static void say_command(struct finding *f, const struct event *e)
{
    unsigned verb = e->facts->command.verb;

    judge_say(f, "%s", verb ? verb_names[verb] : "an unknown command");
}

void rule_bare_lf_command(struct judge *j, const struct rule *rule)
{
    struct finding *f = NULL;

    if (!traits_is_whole(j) || j->s->not_smtp) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind != EVENT_COMMAND || !(e->facts->command.line_flags & LINE_BARE_LF) ||
            (e->facts->command.line_flags & LINE_AFTER_GAP)) {
            continue;
        }
        if (f) {
            again(f, e);
            continue;
        }
        f = rules_raise(j, rule, e);
        say_command(f, e);
        judge_say(f, " ended with LF alone");
    }
    say_count(f);
}

void rule_control_command(struct judge *j, const struct rule *rule)
{
    struct finding *f = NULL;

    if (!traits_is_whole(j) || j->s->not_smtp) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct command_facts *c;
        unsigned bad;

        if (e->kind != EVENT_COMMAND || e->facts->command.verb == VERB_UNKNOWN ||
            (e->facts->command.line_flags & LINE_AFTER_GAP)) {
            continue;
        }
        c = &e->facts->command;
        bad = c->line_flags & (LINE_NUL | LINE_CONTROL);
        /* Addresses have a rule of their own. */
        if (c->verb != VERB_MAIL && c->verb != VERB_RCPT && c->verb != VERB_AUTH) {
            bad |= c->line_flags & LINE_EIGHT_BIT;
        }
        if (!bad) {
            continue;
        }
        if (f) {
            again(f, e);
            continue;
        }
        f = rules_raise(j, rule, e);
        say_command(f, e);
        judge_say(f, " holds %s",
                  bad & LINE_NUL       ? "a NUL"
                  : bad & LINE_CONTROL ? "a control byte"
                                       : "an octet above 127");
        judge_show(f, waiting_reply_to(e));
    }
    say_count(f);
}

/* What the offered extensions add to 512 octets (RFC 1870, 6152, 4954, 6531, 3461). */
static uint32_t longest_allowed(const struct judge *j, const struct event *e)
{
    static const struct {
        const char *keyword;
        uint8_t verb;
        uint16_t more;
    } allowances[] = {{"SIZE", VERB_MAIL, 26},  {"8BITMIME", VERB_MAIL, 17},
                      {"AUTH", VERB_MAIL, 500}, {"SMTPUTF8", VERB_MAIL, 10},
                      {"DSN", VERB_MAIL, 107},  {"DSN", VERB_RCPT, 500}};
    unsigned verb = e->facts->command.verb;
    uint32_t most = LINE_MUST;

    if (!hello_known(j, e) || (verb != VERB_MAIL && verb != VERB_RCPT)) {
        return verb == VERB_EHLO || verb == VERB_HELO ? LINE_MUST : ANY_LINE_MOST;
    }
    for (size_t i = 0; i < sizeof allowances / sizeof allowances[0]; i++) {
        if (allowances[i].verb == verb && rules_offered(j->s, allowances[i].keyword)) {
            most += allowances[i].more;
        }
    }
    return most;
}

void rule_command_long(struct judge *j, const struct rule *rule)
{
    rule_refused(j, rule);
    if (judge_raised(j, rule->id)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct command_facts *c;
        struct finding *f;

        if (e->kind != EVENT_COMMAND || (c = &e->facts->command)->line_len <= LINE_MUST ||
            c->verb == VERB_UNKNOWN || c->verb == VERB_AUTH || (c->line_flags & LINE_AFTER_GAP) ||
            c->line_len <= longest_allowed(j, e)) {
            continue;
        }
        f = rules_raise(j, rule, e);
        if (!waiting_reply_to(e) || waiting_reply_to(e)->facts->reply.code < 400) {
            f->severity = SEVERITY_NOTICE;
        }
        say_command(f, e);
        judge_say(f, " has %u octets, more than servers must take", (unsigned)c->line_len);
        return;
    }
}

void rule_non_smtp_client(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (e->kind == EVENT_COMMAND && j->s->smtp.foreign) {
            f = rules_raise(j, rule, e);
            judge_say(f, "the client's first line belongs to %s", j->s->smtp.foreign);
            return;
        }
        if (e->kind == EVENT_REPLY &&
            rules_mentions(e->facts->reply.full, "I can break rules, too")) {
            f = rules_raise(j, rule, e);
            judge_say(f, "the server took the client for something else than a mail program: ");
            rules_say_reply(f, e);
            return;
        }
    }
}

/* MAIL, or the RCPT of all, was refused; the client had received that before it sent e. */
static bool knew_refusal(const struct event *command, const struct transaction *tx,
                         uint64_t peer_ack)
{
    const struct event *reply = tx && tx->mail ? waiting_reply_to(tx->mail) : NULL;

    if (reply && reply->facts->reply.code >= 400) {
        return reply->end <= peer_ack;
    }
    if (command->facts->command.verb != VERB_DATA || !tx || !tx->recipient_count ||
        tx->accepted_count || tx->rejected_count != tx->recipient_count) {
        return false;
    }
    for (const struct recipient *to = tx->recipients; to; to = to->next) {
        reply = to->command ? waiting_reply_to(to->command) : NULL;
        if (!reply || reply->end > peer_ack) {
            return false;
        }
    }
    return true;
}

void rule_root_ignored(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;
        unsigned verb;

        if (e->kind != EVENT_COMMAND) {
            continue;
        }
        verb = e->facts->command.verb;
        if ((verb != VERB_RCPT && verb != VERB_DATA) ||
            !knew_refusal(e, e->facts->command.tx, e->peer_ack)) {
            continue;
        }
        f = rules_raise(j, rule, e);
        say_command(f, e);
        judge_say(f, " was sent although the client knew that %s had been refused",
                  e->facts->command.tx->mail && e->facts->command.tx->outcome == TX_REJECTED &&
                          !e->facts->command.tx->recipient_count
                      ? "MAIL"
                      : "what it rests on");
        return;
    }
}

/* --- replies --- */

void rule_reply_long(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_REPLY && e->facts->reply.longest > LINE_MUST && is_mail(j->s)) {
            struct finding *f = rules_raise(j, rule, e);

            judge_say(f, "a reply line has %u octets, more than 512",
                      (unsigned)e->facts->reply.longest);
            return;
        }
    }
}

/* What a greeting of no three digits is has a rule of its own. */
static bool is_first(const struct judge *j, const struct event *e)
{
    return judge_raised(j, "greeting-malformed") &&
           judge_raised(j, "greeting-malformed")->evidence[0] == e;
}

void rule_reply_code(struct judge *j, const struct rule *rule)
{
    struct finding *f = NULL;

    if (!is_mail(j->s) || !traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct reply_facts *r;
        bool bad, odd;

        if (e->kind != EVENT_REPLY) {
            continue;
        }
        r = &e->facts->reply;
        bad = (r->flags & REPLY_INVALID) || r->code < 200 || r->code >= 600;
        odd = r->code / 10 % 10 > 5;
        if ((!bad && !odd) || (r->line_flags & LINE_AFTER_GAP) || is_first(j, e)) {
            continue;
        }
        if (f) {
            again(f, e);
            continue;
        }
        f = rules_raise(j, rule, e);
        if (!bad) {
            f->severity = SEVERITY_NOTICE;
        }
        judge_say(f, r->code ? "the server sent a code that SMTP does not have: "
                             : "the server sent a line without a code: ");
        rules_say_reply(f, e);
    }
    say_count(f);
}

static bool has_reply_behind(const struct event *e)
{
    for (e = e->next; e; e = e->next) {
        if (e->kind == EVENT_REPLY) {
            return true;
        }
    }
    return false;
}

void rule_reply_lines(struct judge *j, const struct rule *rule)
{
    if (!traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct reply_facts *r;
        struct finding *f;

        if (e->kind != EVENT_REPLY || is_first(j, e)) {
            continue;
        }
        r = &e->facts->reply;
        if (r->flags & REPLY_INCONSISTENT) {
            f = rules_raise(j, rule, e);
            judge_say(f, "the %u lines of a reply carry different codes, the last one ",
                      (unsigned)r->lines);
        } else if ((r->flags & REPLY_UNFINISHED) && has_reply_behind(e)) {
            f = rules_raise(j, rule, e);
            judge_say(f, "the last line of a reply never came: ");
        } else {
            continue;
        }
        rules_say_reply(f, e);
        return;
    }
}

void rule_reply_class(struct judge *j, const struct rule *rule)
{
    if (!traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct reply_facts *r;
        bool wrong;
        struct finding *f;

        if (e->kind != EVENT_REPLY) {
            continue;
        }
        r = &e->facts->reply;
        if (r->code < 200 || r->code >= 400 || r->flags || r->to == REPLY_TO_NOTHING ||
            r->to == REPLY_TO_UNKNOWN ||
            (r->answers && r->answers->kind == EVENT_COMMAND &&
             r->answers->facts->command.verb == VERB_UNKNOWN) ||
            rules_mentions(r->full, "break rules")) {
            continue;
        }
        wrong = traits_expected_class(r) <= 3 && r->code / 100 != traits_expected_class(r);
        if (!wrong && !traits_is_other_kind(r)) {
            continue;
        }
        f = rules_raise(j, rule, e);
        judge_show(f, r->answers);
        if (!wrong) {
            f->severity = SEVERITY_NOTICE;
        } else if (judge_all_accepted(j)) {
            f->severity = SEVERITY_WARNING;
        } else {
            f->fatal = true;
        }
        if (r->answers && r->answers->kind == EVENT_COMMAND) {
            judge_say(f, "%s was answered with ", verb_names[r->answers->facts->command.verb]);
        } else {
            judge_say(f, r->to == REPLY_TO_GREETING ? "the server greeted with "
                                                    : "content was answered with ");
        }
        rules_say_reply(f, e);
        return;
    }
}

/* Positive replies that nothing asked for, while the capture holds everything. */
static const struct event *unasked(const struct judge *j, const struct event *from, bool positive)
{
    bool in_content = false; /* whose end the server may know better than we do */

    for (const struct event *e = from; e; e = e->next) {
        const struct reply_facts *r;

        if (traits_is_action(e)) {
            in_content =
                (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) && !e->facts->content.complete;
        }
        if (session_hides(j->s, e)) {
            return NULL;
        }
        if (e->kind != EVENT_REPLY) {
            continue;
        }
        r = &e->facts->reply;
        if (r->to == REPLY_TO_NOTHING && !in_content && !r->flags && r->code >= 200 &&
            r->code < 600 && r->code != 421 &&
            (r->code < 400 || (!positive && e != j->course.last_reply))) {
            return e;
        }
    }
    return NULL;
}

static bool counts(const struct judge *j)
{
    /* What a SYN carried is not known where it was not captured. */
    return traits_is_whole(j) && is_mail(j->s) && !j->s->smtp.starttls && j->s->smtp.greeting &&
           j->s->tcp.side[SIDE_CLIENT].syn.packet;
}

void rule_reply_count(struct judge *j, const struct rule *rule)
{
    const struct event *e = counts(j) && j->course.ending ? unasked(j, j->s->events, true) : NULL;
    struct finding *f;

    if (!e || judge_raised(j, "smuggling-accepted")) {
        return;
    }
    f = rules_raise(j, rule, e);
    f->severity = judge_all_accepted(j) ? SEVERITY_WARNING : SEVERITY_ERROR;
    /* From here on the client may have taken each reply for that of another command. */
    f->fatal = f->severity == SEVERITY_ERROR && judge_was_pending(j);
    judge_say(f, "a reply came that no command had asked for, and none was missing later: ");
    rules_say_reply(f, e);
    while ((e = unasked(j, e->next, true))) {
        again(f, e);
    }
    say_count(f);
}

void rule_reply_unsolicited(struct judge *j, const struct rule *rule)
{
    const struct event *e = counts(j) ? unasked(j, j->s->events, false) : NULL;
    struct finding *f;

    if (!e || judge_raised(j, "smuggling-accepted") || judge_raised(j, "server-idle-timeout") ||
        judge_raised(j, "proxy-protocol-unexpected")) {
        return;
    }
    f = rules_raise(j, rule, e);
    if (judge_raised(j, "reply-count-mismatch")) {
        f->severity = SEVERITY_NOTICE;
    }
    judge_say(f, "nothing was outstanding when the server sent ");
    rules_say_reply(f, e);
}
