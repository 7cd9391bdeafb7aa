/* rules_pipelining.c - what was sent before the thing before it was answered (RFC 2920), and
 * content that nobody had asked for yet, or any more.
 */
#include "report/diagnose/acquaintance.h"
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { LINES_THAT_ARE_TEXT = 2 /* the rest of the message, and its own dot */ };

/* A client that lost patience, not one that never waited. */
static bool is_parting(const struct event *before, const struct event *e)
{
    unsigned verb = e->kind == EVENT_COMMAND ? e->facts->command.verb : VERB_UNKNOWN;

    return (verb == VERB_QUIT || verb == VERB_RSET) &&
           judge_seconds(before->last, e->first) >= threshold(THRESHOLD_GIVE_UP);
}

/* Commands behind which the client has to wait (RFC 2920 section 3.1, RFC 4954 section 4). */
static bool ends_group(const struct event *e)
{
    if (e->kind == EVENT_AUTH) {
        return true;
    }
    if (e->kind != EVENT_COMMAND) {
        return false;
    }
    switch ((enum verb)e->facts->command.verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_AUTH:
    case VERB_VRFY:
    case VERB_EXPN:
    case VERB_NOOP:
    case VERB_TURN:
    case VERB_ETRN:
        return true;
    default:
        return false;
    }
}

static bool is_proxy(const struct event *e)
{
    return e->kind == EVENT_COMMAND && e->offset == 0 &&
           rules_mentions(e->facts->command.word, "PROXY");
}

static void say_pair(struct finding *f, const struct event *before, const struct event *e)
{
    static const char *const other[] = {[EVENT_AUTH] = "a line of AUTH",
                                        [EVENT_CONTENT] = "the end of the content",
                                        [EVENT_CHUNK] = "a chunk"};
    const char *first = before->kind == EVENT_COMMAND ? verb_names[before->facts->command.verb]
                                                      : other[before->kind];
    const char *second =
        e->kind == EVENT_COMMAND ? verb_names[e->facts->command.verb] : other[e->kind];

    judge_say(f, "the client sent %s before the reply to %s had come",
              *second ? second : "a command", *first ? first : "a command");
}

/* Each action and the one before it, when that was open. */
static void each_pair(struct judge *j, const struct rule *rule,
                      bool (*is_wrong)(const struct judge *j, const struct event *before,
                                       const struct event *e))
{
    const struct event *before = NULL;
    struct finding *f = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (!traits_is_action(e)) {
            continue;
        }
        if (before && traits_was_open(before, e) && !is_parting(before, e) && !is_proxy(before) &&
            is_wrong(j, before, e)) {
            if (f) {
                f->count++;
                judge_show(f, e);
            } else {
                f = rules_raise(j, rule, e);
                judge_show(f, before);
                say_pair(f, before, e);
            }
        }
        before = e;
    }
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u)", (unsigned)f->count);
    }
}

static bool is_without_leave(const struct judge *j, const struct event *before,
                             const struct event *e)
{
    bool chunk = before->kind == EVENT_COMMAND && before->facts->command.verb == VERB_BDAT &&
                 e->kind == EVENT_CHUNK;

    return !chunk && !ends_group(before) && e->kind != EVENT_CONTENT && e->kind != EVENT_AUTH &&
           hello_known(j, e) && !rules_offered(j->s, "PIPELINING") &&
           !(before->kind == EVENT_COMMAND && (before->facts->command.verb == VERB_DATA ||
                                               before->facts->command.verb == VERB_STARTTLS ||
                                               before->facts->command.verb == VERB_UNKNOWN));
}

void rule_pipelining_not_offered(struct judge *j, const struct rule *rule)
{
    if (traits_is_whole(j)) {
        each_pair(j, rule, is_without_leave);
    }
}

static bool is_behind_group(const struct judge *j, const struct event *before,
                            const struct event *e)
{
    (void)j;
    return ends_group(before) && e->kind == EVENT_COMMAND;
}

/* A hello before the greeting, and no reply to it: the server may offer that (PIPECONNECT). */
static bool is_offer_open(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_EHLO) {
            return e->peer_ack == 0 && !waiting_reply_to(e);
        }
    }
    return false;
}

/* Without a SYN-ACK nothing tells where the server's bytes began, without a greeting nothing that
 * they were captured from there on: replies may be missing. */
static bool lacks_beginning(const struct judge *j)
{
    return !j->course.synack && !j->s->smtp.greeting;
}

void rule_pipelining_group(struct judge *j, const struct rule *rule)
{
    if (traits_is_whole(j) && !lacks_beginning(j) && !is_offer_open(j->s) &&
        !acquaintance_may_pipe(j->s) && !judge_raised(j, "early-talker")) {
        each_pair(j, rule, is_behind_group);
    }
}

/* --- content --- */

/* A line that is no command, where the client had DATA in mind: nothing of it is kept. */
static bool looks_like_content(const struct event *e)
{
    return e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_UNKNOWN &&
           e->facts->command.text.len <= 1;
}

static const struct event *data_before(const struct event *before)
{
    return before && before->kind == EVENT_COMMAND && before->facts->command.verb == VERB_DATA
               ? before
               : NULL;
}

/* What the client did right behind a DATA that was answered, from one to the next. */
struct behind_data {
    const struct event *at, *data, *reply;
    const struct event *next, *before;
};

static bool next_behind_data(struct behind_data *b)
{
    for (const struct event *e = b->next; e; e = e->next) {
        if (traits_is_action(e)) {
            b->data = data_before(b->before);
            b->reply = b->data ? waiting_reply_to(b->data) : NULL;
            b->before = b->at = e;
            if (b->reply) {
                b->next = e->next;
                return true;
            }
        }
    }
    return false;
}

void rule_data_before_354(struct judge *j, const struct rule *rule)
{
    struct behind_data b = {.next = j->s->events};

    if (!traits_is_whole(j)) {
        return;
    }
    while (next_behind_data(&b)) {
        const struct event *e = b.at, *data = b.data, *reply = b.reply;
        struct finding *f;

        if (reply->end <= e->peer_ack || (e->kind != EVENT_CONTENT && !looks_like_content(e))) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA_INIT, e->first);
        f->fatal = !judge_all_accepted(j) && reply->facts->reply.code >= 400;
        if (!f->fatal) {
            f->severity = SEVERITY_WARNING;
        }
        judge_show(f, data);
        judge_show(f, e);
        judge_show(f, reply);
        judge_say(f, "the client sent content before it had the reply to DATA, which was ");
        rules_say_reply(f, reply);
        return;
    }
}

/* What follows the end of a message in the same breath, before its reply can have arrived, and is
 * no command: the message went on, and a dot alone on a line had cut it. */
static unsigned lines_behind(const struct event *content, const struct event **first)
{
    unsigned lines = 0;

    for (const struct event *e = content->next; e; e = e->next) {
        if (!traits_is_action(e)) {
            continue;
        }
        if (e->kind != EVENT_COMMAND || e->facts->command.verb != VERB_UNKNOWN ||
            !traits_was_open(content, e)) {
            break;
        }
        *first = lines++ ? *first : e;
    }
    return lines;
}

void rule_data_truncated(struct judge *j, const struct rule *rule)
{
    if (!traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *first = NULL, *reply;
        struct finding *f;

        if (e->kind != EVENT_CONTENT || !e->facts->content.complete ||
            lines_behind(e, &first) < LINES_THAT_ARE_TEXT) {
            continue;
        }
        reply = waiting_reply_to(e);
        f = judge_raise(j, rule, PHASE_DATA, first->first);
        f->fatal = !judge_all_accepted(j);
        judge_show_at(f, e, e->last);
        judge_show(f, first);
        judge_show(f, reply);
        judge_say(f,
                  "after a dot alone on a line %u lines went on that are no commands: the message "
                  "was cut there",
                  lines_behind(e, &first));
        if (reply && reply->facts->reply.code / 100 == 2) {
            judge_say(f, "; the server took its first %llu octets for all of it",
                      (unsigned long long)e->facts->content.bytes);
        }
        return;
    }
}

void rule_data_after_rejection(struct judge *j, const struct rule *rule)
{
    struct behind_data b = {.next = j->s->events};

    while (next_behind_data(&b)) {
        const struct event *e = b.at, *data = b.data, *reply = b.reply;
        struct finding *f;

        if (reply->facts->reply.code < 400 || reply->end > e->peer_ack || !looks_like_content(e) ||
            !traits_is_whole(j)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA_INIT, e->first);
        f->severity = judge_all_accepted(j) ? SEVERITY_WARNING : SEVERITY_ERROR;
        judge_show(f, data);
        judge_show(f, reply);
        judge_show(f, e);
        judge_say(f, "the client sent content although it knew that DATA had been refused with ");
        rules_say_reply(f, reply);
        return;
    }
}
