/* rules_masked.c - what a device on the path painted over: the greeting, keywords, commands,
 * STARTTLS. */
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"

enum { PORT_SMTP = 25, PORT_SUBMISSION = 587, STARTTLS_LETTERS = 8 };

static struct text word_of(struct text t)
{
    struct bytes rest = text_bytes(t), word = text_take_word(&rest);

    return (struct text){(const char *)word.data, (uint32_t)word.len, false};
}

void rule_banner_mangled(struct judge *j, const struct rule *rule)
{
    const struct event *g = j->s->smtp.greeting;
    const struct reply_facts *r = g ? &g->facts->reply : NULL;
    struct finding *f;

    if (!g || r->code != 220 || !memchr(r->full.s, '*', r->full.len)) {
        return;
    }
    for (uint32_t i = 0; i < r->full.len; i++) {
        if (!strchr("20* \t", r->full.s[i]) || !r->full.s[i]) {
            return;
        }
    }
    f = judge_raise(j, rule, PHASE_GREETING, g->first);
    judge_show(f, g);
    judge_say(f, "the greeting is painted over, as firewalls with SMTP inspection do: ");
    rules_say_reply(f, g);
}

static const struct event *masked_command(const struct judge *j)
{
    if (!(j->course.has & NEEDS_ODD_COMMAND)) {
        return NULL;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_UNKNOWN &&
            hello_is_mask(e->facts->command.word)) {
            return e;
        }
    }
    return NULL;
}

void rule_keyword_masked(struct judge *j, const struct rule *rule)
{
    const struct keyword *k = j->course.masked ? hello_masked(j->s) : NULL;
    const struct event *command = masked_command(j), *hello = j->s->smtp.ehlo;
    struct finding *f;

    if (k && hello && waiting_reply_to(hello)) {
        f = judge_raise(j, rule, PHASE_EHLO, waiting_reply_to(hello)->first);
        judge_show(f, waiting_reply_to(hello));
        judge_say(
            f, "the EHLO reply has a keyword painted over, as firewalls with SMTP inspection do: ");
        judge_say_wire(f, k->text);
    } else if (command) {
        f = judge_raise(j, rule, waiting_phase_of(command), command->first);
        judge_show(f, command);
        judge_show(f, waiting_reply_to(command));
        judge_say(f, "a command of the client was painted over on its way: ");
        judge_say_wire(f, command->facts->command.word);
    }
}

static uint32_t letters(struct text word)
{
    return hello_is_mask(word) ? word.len : 0;
}

void rule_starttls_stripped(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *command = masked_command(j), *shown = NULL;
    struct text word = {NULL, 0, false};
    struct finding *f;

    if ((!command && !j->course.masked) || s->smtp.starttls || rules_offered(s, "STARTTLS")) {
        return;
    }
    for (const struct keyword *k = s->smtp.esmtp ? s->smtp.keywords : NULL; k && !shown;
         k = k->next) {
        word = word_of(k->text);
        shown = letters(word) == STARTTLS_LETTERS ? waiting_reply_to(s->smtp.ehlo) : NULL;
    }
    if (!shown && command && letters(command->facts->command.word) == STARTTLS_LETTERS) {
        word = command->facts->command.word;
        shown = command;
    }
    if (!shown) {
        return;
    }
    f = judge_raise(j, rule, PHASE_EHLO, shown->first);
    /* Other keywords have eight letters, too. */
    f->confidence =
        word.s[word.len - 1] == 'A' || shown == command ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
    if (s->end[SIDE_SERVER].port != PORT_SMTP && s->end[SIDE_SERVER].port != PORT_SUBMISSION) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, shown);
    judge_say(f, "STARTTLS was painted over on the path (");
    judge_say_wire(f, word);
    judge_say(f, "), so nothing can be encrypted");
}
