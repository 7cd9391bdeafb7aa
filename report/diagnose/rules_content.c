/* rules_content.c - the content of messages: line ends, dots, ends that only some servers know,
 * octets, sizes.
 *
 * Nothing is said of content with holes: where a line begins is not known behind one.
 */
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { UNDERDECLARED_BYTES = 65536, UNDERDECLARED_SHARE = 10 };

typedef bool content_test(const struct judge *j, const struct event *e);

static bool is_whole(const struct event *e)
{
    return e->kind == EVENT_CONTENT && !e->facts->content.missing && e->facts->content.bytes;
}

/* One finding for all messages of which this is true; NULL: none. */
static struct finding *raise_first(struct judge *j, const struct rule *rule, content_test *is_so)
{
    struct finding *f = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (!is_whole(e) || !is_so(j, e)) {
            continue;
        }
        if (f) {
            f->count++;
            judge_show(f, e);
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, e->first);
        f->count = 1;
        judge_show(f, e);
    }
    return f;
}

static const struct content_facts *shown(const struct finding *f)
{
    return &f->evidence[0]->facts->content;
}

static void say_count(struct finding *f)
{
    if (f->count > 1) {
        judge_say(f, " (the first of %u messages)", (unsigned)f->count);
    }
}

/* --- lines --- */

static bool has_long_line(const struct judge *j, const struct event *e)
{
    (void)j;
    /* A doubled dot is not counted. */
    return e->facts->content.longest_line > TEXT_LINE_MUST + (e->facts->content.stuffed ? 1 : 0);
}

void rule_text_line_long(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, has_long_line);

    if (f) {
        judge_say(f, "the content has a line of %u octets, more than 1000",
                  (unsigned)shown(f)->longest_line);
        say_count(f);
    }
}

static bool has_bare_ends(const struct judge *j, const struct event *e)
{
    (void)j;
    return e->facts->content.bare_lf || e->facts->content.bare_cr;
}

void rule_bare_lf_content(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, has_bare_ends);
    const struct content_facts *c;

    if (!f) {
        return;
    }
    c = shown(f);
    judge_say(f, "the content has ");
    if (c->bare_lf) {
        judge_say(f, "%llu LF without CR", (unsigned long long)c->bare_lf);
    }
    if (c->bare_cr) {
        judge_say(f, "%s%llu CR without LF", c->bare_lf ? " and " : "",
                  (unsigned long long)c->bare_cr);
    }
    if (c->bare_lf) {
        judge_say(f, ", the first at octet %llu of the stream",
                  (unsigned long long)c->first_bare_lf);
    }
    say_count(f);
}

static bool has_single_dots(const struct judge *j, const struct event *e)
{
    (void)j;
    return e->facts->content.single_dots > 0;
}

void rule_dot_stuffing(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, has_single_dots);

    if (f) {
        f->confidence = CONFIDENCE_MEDIUM;
        judge_say(f, "%llu lines of the content begin with one dot, which the server takes away",
                  (unsigned long long)shown(f)->single_dots);
        say_count(f);
    }
}

/* --- ends that only some servers know --- */

static void say_end(struct finding *f, const struct ambiguous_end *a)
{
    judge_say(f, "%s . %s at octet %llu of the stream", line_end_names[a->before],
              line_end_names[a->after], (unsigned long long)a->offset);
}

static bool is_ambiguous(const struct judge *j, const struct event *e)
{
    (void)j;
    return e->facts->content.ambiguous_count > 0;
}

void rule_smuggling_sequence(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, is_ambiguous);

    if (f) {
        judge_say(f, "the content holds an end that only some servers take for one: ");
        say_end(f, &shown(f)->ambiguous);
        say_count(f);
    }
}

static bool is_attempt(const struct judge *j, const struct event *e)
{
    (void)j;
    return e->facts->content.ambiguous_count && e->facts->content.ambiguous.command_follows;
}

void rule_smuggling_attempt(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, is_attempt);

    if (f) {
        judge_say(f, "the content hides a second message behind ");
        say_end(f, &shown(f)->ambiguous);
        say_count(f);
    }
}

/* A positive reply that nothing asked for: to the end the server saw, and to the commands behind
 * it. */
static const struct event *extra_reply(const struct event *content)
{
    for (const struct event *e = content->next; e; e = e->next) {
        const struct reply_facts *r;

        if (e->kind != EVENT_REPLY) {
            continue;
        }
        r = &e->facts->reply;
        if (r->to == REPLY_TO_NOTHING && r->code >= 200 && r->code < 400 &&
            e->peer_ack > content->facts->content.ambiguous.offset) {
            return e;
        }
    }
    return NULL;
}

static bool was_accepted(const struct judge *j, const struct event *e)
{
    return is_ambiguous(j, e) && traits_is_whole(j) && extra_reply(e);
}

void rule_smuggling_accepted(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, was_accepted);
    const struct event *reply;

    if (!f) {
        return;
    }
    reply = extra_reply(f->evidence[0]);
    if (!shown(f)->ambiguous.command_follows) {
        f->severity = SEVERITY_WARNING; /* it could be used so; here nothing was hidden */
    }
    judge_say(f, "the server took ");
    say_end(f, &shown(f)->ambiguous);
    judge_show(f, reply);
    judge_say(f, " for the end of the message: it sent a reply that no other end had asked for, ");
    rules_say_reply(f, reply);
}

/* --- octets above 127 --- */

static bool declares(struct text params, const char *word)
{
    return rules_mentions(params, word);
}

static bool is_undeclared(const struct judge *j, const struct event *e)
{
    const struct transaction *tx = e->facts->content.tx;

    (void)j;
    return e->facts->content.eight_bit && tx && tx->mail && !tx->uncertain &&
           !declares(tx->params, "BODY=8BITMIME") && !declares(tx->params, "BODY=BINARYMIME") &&
           !declares(tx->params, "SMTPUTF8");
}

void rule_eight_bit(struct judge *j, const struct rule *rule)
{
    struct finding *f = raise_first(j, rule, is_undeclared);
    bool lacking;

    if (!f) {
        return;
    }
    lacking = hello_known(j, f->evidence[0]) && !rules_offered(j->s, "8BITMIME");
    f->severity = lacking ? SEVERITY_WARNING : SEVERITY_NOTICE;
    judge_say(f, "the content has octets above 127 that MAIL did not declare%s",
              lacking ? ", and the server does not offer 8BITMIME" : "");
    say_count(f);
}

/* --- size --- */

/* As RFC 1870 counts: without the dots that were added. */
static uint64_t size_of(const struct transaction *tx)
{
    const struct event *content = tx->content;
    uint64_t added =
        content && content->kind == EVENT_CONTENT ? content->facts->content.stuffed : 0;

    return tx->content_complete && !tx->uncertain && tx->bytes >= added ? tx->bytes - added : 0;
}

/* The reply that decided about this mail; NULL: none. */
static const struct event *verdict_on(const struct transaction *tx)
{
    const struct event *reply = tx->mail ? waiting_reply_to(tx->mail) : NULL;

    return reply && reply->facts->reply.code >= 400 ? reply : tx->final;
}

void rule_size_exceeds(struct judge *j, const struct rule *rule)
{
    uint64_t limit = hello_size_limit(j->s);

    for (const struct transaction *tx = j->s->smtp.transactions; tx && limit != UINT64_MAX;
         tx = tx->next) {
        bool declared = tx->declared_size != UINT64_MAX && tx->declared_size > limit;
        const struct event *reply;
        struct finding *f;

        if (!tx->mail || !hello_known(j, tx->mail) || (!declared && size_of(tx) <= limit)) {
            continue;
        }
        reply = verdict_on(tx);
        f = judge_raise(j, rule, declared ? PHASE_MAIL : PHASE_DATA,
                        reply ? reply->first : tx->mail->first);
        f->fatal = tx->outcome == TX_REJECTED;
        if (tx->outcome == TX_ACCEPTED) {
            f->severity = SEVERITY_NOTICE;
        }
        judge_show(f, waiting_reply_to(j->s->smtp.ehlo));
        judge_show(f, declared ? tx->mail : tx->content);
        judge_show(f, reply);
        judge_say(f, "the server takes %llu octets, and the client %s %llu",
                  (unsigned long long)limit, declared ? "declared" : "sent",
                  (unsigned long long)(declared ? tx->declared_size : size_of(tx)));
        return;
    }
}

void rule_size_underdeclared(struct judge *j, const struct rule *rule)
{
    for (const struct transaction *tx = j->s->smtp.transactions; tx; tx = tx->next) {
        uint64_t size = size_of(tx), said = tx->declared_size;
        struct finding *f;

        if (said == UINT64_MAX || said == 0 || size <= said + UNDERDECLARED_BYTES ||
            size - said <= said / UNDERDECLARED_SHARE) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, tx->content ? tx->content->first : tx->first);
        judge_show(f, tx->mail);
        judge_show(f, tx->content);
        judge_say(f, "the client declared %llu octets and sent %llu", (unsigned long long)said,
                  (unsigned long long)size);
        return;
    }
}
