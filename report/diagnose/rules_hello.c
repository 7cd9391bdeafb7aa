/* rules_hello.c - greeting and hello, and PROXY headers before them. */
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { PORT_SUBMISSION = 587, PORT_SUBMISSIONS = 465, PORT_SMTP = 25, NAME_MAX_OCTETS = 255 };

/* Nobody claims that a server on another port, without a hello, was meant to speak SMTP. */
static bool is_mail(const struct session *s)
{
    return s->mail_port || s->smtp.hello_sent;
}

static struct text word_of(struct text t)
{
    struct bytes rest = text_bytes(t), word = text_take_word(&rest);

    return (struct text){(const char *)word.data, (uint32_t)word.len, false};
}

static bool same_name(struct text a, struct text b)
{
    return a.len == b.len && a.len > 0 && strncasecmp(a.s, b.s, a.len) == 0;
}

static bool has_byte(struct text t, char c)
{
    return t.len && memchr(t.s, c, t.len);
}

/* --- the greeting --- */

static const struct event *first_reply(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_REPLY) {
            return e;
        }
        if (e->kind == EVENT_GAP || session_hides(s, e)) {
            return NULL;
        }
    }
    return NULL;
}

void rule_greeting_malformed(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *e = first_reply(s);
    const struct reply_facts *r = e ? &e->facts->reply : NULL;
    struct finding *f;

    if (!e || !traits_is_whole(j) || !is_mail(s) ||
        !(r->flags & (REPLY_INVALID | REPLY_INCONSISTENT)) ||
        (r->to != REPLY_TO_GREETING && r->code) ||
        (s->smtp.first_client.packet && s->smtp.first_client.packet < e->first.packet)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, e->first);
    f->fatal = !s->smtp.ehlo && s->smtp.tls == TLS_NONE && j->course.ending;
    judge_show(f, e);
    if (r->flags & REPLY_INCONSISTENT) {
        judge_say(f, "the lines of the greeting carry different codes, the last one ");
    } else {
        judge_say(f, "the server did not begin with three digits: ");
    }
    rules_say_reply(f, e);
}

/* Silence of five seconds, then the words Postfix has for a proxy that did not introduce its
 * client. */
void rule_proxy_expected(struct judge *j, const struct rule *rule)
{
    enum { FROM_S = 4, UNTIL_S = 7 };
    const struct session *s = j->s;
    const struct event *g = s->smtp.greeting;
    double waited =
        g && s->tcp.established.packet ? judge_seconds(s->tcp.established, g->first) : 0;
    struct finding *f;

    if (!g || waited < FROM_S || waited > UNTIL_S || g->facts->reply.code != 421 ||
        !rules_mentions(g->facts->reply.full, "server local error") || s->smtp.commands) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, g->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    f->waited_s = waited;
    judge_show(f, g);
    judge_say(f, "after %s of silence the server refused with ", judge_span(waited).s);
    rules_say_reply(f, g);
    judge_say(f, ", as Postfix does when it waits for a PROXY line");
}

void rule_proxy_unexpected(struct judge *j, const struct rule *rule)
{
    const struct event *e = j->s->events, *refusal = NULL;
    struct finding *f;

    while (e && e->kind != EVENT_COMMAND) {
        e = e->next;
    }
    if (!e || j->s->tcp.midstream || e->offset != 0 ||
        !same_name(e->facts->command.word, (struct text){"PROXY", 5, false})) {
        return;
    }
    for (const struct event *r = j->s->events; r && !refusal; r = r->next) {
        refusal = r->kind == EVENT_REPLY && r->facts->reply.code >= 400 && r->peer_ack >= e->end
                      ? r
                      : NULL;
    }
    if (!refusal && !(j->course.ending && j->course.ending->side == SIDE_SERVER &&
                      !j->s->smtp.ehlo && judge_trusts_silence(j, SIDE_CLIENT, j->s->first) &&
                      judge_trusts_silence(j, SIDE_SERVER, j->s->first))) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, e->first);
    f->fatal = !j->s->smtp.ehlo && j->s->smtp.tls == TLS_NONE;
    if (!f->fatal) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, e);
    judge_say(f, "the connection began with a PROXY header, ");
    if (refusal) {
        judge_show(f, refusal);
        judge_say(f, "which the server took for a command: ");
        rules_say_reply(f, refusal);
    } else {
        judge_show(f, j->course.ending);
        judge_say(f, "and the server closed");
    }
}

/* --- the hello --- */

static struct text argument_of(const struct event *hello)
{
    struct bytes rest = text_bytes(hello->facts->command.text);

    (void)text_take_word(&rest);
    rest = text_trim(rest);
    return (struct text){(const char *)rest.data, (uint32_t)rest.len, false};
}

static bool is_bare_address(struct text t)
{
    char word[ADDRESS_TEXT_MAX];
    struct address a;

    if (t.len >= sizeof word) {
        return false;
    }
    memcpy(word, t.s, t.len);
    word[t.len] = '\0';
    return address_parse(&a, word);
}

static bool has_odd_byte(struct text t)
{
    for (uint32_t i = 0; i < t.len; i++) {
        uint8_t c = (uint8_t)t.s[i];

        if (!text_is_letter(c) && !text_is_digit(c) && c != '.' && c != '-' && c < 0x80) {
            return true;
        }
    }
    return false;
}

/* What is wrong with it; NULL: nothing. */
static const char *fault_of(const struct session *s, struct text name)
{
    const struct event *g = s->smtp.greeting;

    if (!name.len) {
        return "is missing";
    }
    if (name.len > NAME_MAX_OCTETS) {
        return "is longer than 255 octets";
    }
    if (name.s[0] == '[') {
        return NULL;
    }
    if (is_bare_address(name)) {
        return "is an address without brackets";
    }
    if (has_odd_byte(name)) {
        return "has a character that no host name has";
    }
    if (!has_byte(name, '.')) {
        return "is no full name";
    }
    return g && same_name(name, word_of(g->facts->reply.text)) &&
                   !address_equal(&s->end[SIDE_CLIENT].address, &s->end[SIDE_SERVER].address)
               ? "is the server's own"
               : NULL;
}

static bool is_submission(const struct session *s)
{
    return s->end[SIDE_SERVER].port == PORT_SUBMISSION ||
           s->end[SIDE_SERVER].port == PORT_SUBMISSIONS;
}

/* The server says so: then it is what made the session fail. */
static bool told_by_server(struct judge *j, const struct rule *rule)
{
    rule_refused(j, rule);
    for (struct finding *f = j->d->findings; f; f = f->next) {
        if (f->rule == rule) {
            f->severity = f->fatal ? SEVERITY_ERROR : SEVERITY_NOTICE;
            return true;
        }
    }
    return false;
}

void rule_helo_argument(struct judge *j, const struct rule *rule)
{
    if (told_by_server(j, rule)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct command_facts *c;
        const char *fault;
        struct text name;
        struct finding *f;

        if (e->kind != EVENT_COMMAND) {
            continue;
        }
        c = &e->facts->command;
        if ((c->verb != VERB_EHLO && c->verb != VERB_HELO) ||
            (c->line_flags & (LINE_AFTER_GAP | LINE_UNTERMINATED | LINE_LONG)) || c->text.cut) {
            continue;
        }
        name = argument_of(e);
        fault = fault_of(j->s, name);
        if (!fault) {
            return;
        }
        f = judge_raise(j, rule, PHASE_EHLO, e->first);
        if (is_submission(j->s) && name.len && !has_byte(name, '.')) {
            f->severity = SEVERITY_INFO;
        }
        judge_show(f, e);
        judge_say(f, "the name in the client's hello %s", fault);
        if (name.len) {
            judge_say(f, ": ");
            judge_say_wire(f, name);
        }
        return;
    }
}

static bool refuses_ehlo(unsigned code)
{
    return code == 500 || code == 502 || code == 504 || code == 550;
}

void rule_ehlo_fallback(struct judge *j, const struct rule *rule)
{
    const struct event *refused = NULL;

    if (!j->s->smtp.ehlo || j->s->smtp.esmtp) {
        return;
    }
    for (const struct event *e = j->s->events; e && e != j->s->smtp.ehlo; e = e->next) {
        const struct event *reply = e->kind == EVENT_COMMAND ? waiting_reply_to(e) : NULL;

        if (reply && e->facts->command.verb == VERB_EHLO &&
            refuses_ehlo(reply->facts->reply.code)) {
            refused = reply;
        }
    }
    if (refused) {
        struct finding *f = judge_raise(j, rule, PHASE_EHLO, refused->first);

        judge_show(f, refused->facts->reply.answers);
        judge_show(f, refused);
        judge_say(f, "EHLO was refused with ");
        rules_say_reply(f, refused);
        judge_say(f, " and HELO accepted: no extensions, no STARTTLS");
    }
}

void rule_ehlo_order(struct judge *j, const struct rule *rule)
{
    static const char *const words[] = {
        "STARTTLS", "PIPELINING", "SIZE",   "8BITMIME", "AUTH",
        "CHUNKING", "DSN",        "VRFY",   "ETRN",     "ENHANCEDSTATUSCODES",
        "SMTPUTF8", "BINARYMIME", "XCLIENT"};
    const struct event *reply = j->s->smtp.ehlo ? waiting_reply_to(j->s->smtp.ehlo) : NULL;
    struct text first;

    if (!reply || !j->s->smtp.esmtp || reply->facts->reply.lines < 2 ||
        reply->facts->reply.line_flags & LINE_AFTER_GAP) {
        return;
    }
    for (const struct event *e = j->s->smtp.ehlo; e && e != reply; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == SIDE_SERVER) {
            return; /* its first line may be in there */
        }
    }
    first = word_of(reply->facts->reply.text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct finding *f;

        if (!same_name(first, (struct text){words[i], (uint32_t)strlen(words[i]), false})) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_EHLO, reply->first);
        judge_show(f, reply);
        judge_say(f, "the first line of the EHLO reply, where the server's name belongs, is %s",
                  words[i]);
        return;
    }
}

/* A mailer that hears its own name leaves: it reached itself, or a host that bears its name. On one
 * address there is no doubt. */
void rule_loops_to_self(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *g = s->smtp.greeting;
    struct text name = s->smtp.helo;
    bool same_host = address_equal(&s->end[SIDE_CLIENT].address, &s->end[SIDE_SERVER].address);
    struct finding *f;

    if (!g || !s->smtp.ehlo || s->smtp.transaction_count || s->smtp.starttls || !j->course.quit ||
        s->end[SIDE_SERVER].port != PORT_SMTP || !has_byte(name, '.') ||
        !same_name(name, word_of(g->facts->reply.text)) ||
        s->end[SIDE_CLIENT].address.bytes[0] == 127) {
        return;
    }
    f = judge_raise(j, rule, PHASE_EHLO, s->smtp.ehlo->first);
    f->confidence = same_host ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
    if (!same_host) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, g);
    judge_show(f, s->smtp.ehlo);
    judge_say(f, "the client reached %s: it says hello with the name the server greets with, ",
              same_host ? "itself" : "itself, or a host of its own name");
    judge_say_wire(f, name);
    judge_say(f, ", and left without mail");
    if (!judge_trusts_silence(j, SIDE_CLIENT, s->smtp.ehlo->first)) {
        judge_unprove(f, judge_why_untrusted(j, SIDE_CLIENT, s->smtp.ehlo->first));
    }
}
