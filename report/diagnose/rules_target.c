/* rules_target.c - is this the server that was meant? What the server says of itself against what
 * the client asked for. Names alone prove nothing (an alias at a hoster looks the same), so this
 * only adds to what failed.
 */
#include "dissect/text.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/server_name.h"

enum { PORT_SUBMISSION = 587 };

/* The host that answers EHLO names itself first (RFC 5321 section 4.1.1.1). */
static struct text hello_name(const struct session *s)
{
    const struct event *reply = s->smtp.ehlo ? waiting_reply_to(s->smtp.ehlo) : NULL;
    struct bytes text = reply ? text_bytes(reply->facts->reply.text) : (struct bytes){0};
    struct bytes word = text_take_word(&text);

    return (struct text){(const char *)word.data, (uint32_t)word.len,
                         reply && reply->facts->reply.text.cut && !text.len};
}

/* One in the greeting or the hello at least. */
static bool speaks_of_elsewhere(const struct session *s, struct text asked)
{
    struct text banner = words_claimed_name(s, SIDE_SERVER), hello = hello_name(s);
    bool banner_else = server_name_is_elsewhere(banner, asked);
    bool hello_else = server_name_is_elsewhere(hello, asked);

    return (banner_else || hello_else) && (banner_else || !banner.len) &&
           (hello_else || !hello.len);
}

static bool is_made_out_elsewhere(const struct tls_certificate *leaf, struct text asked)
{
    if (server_name_is_unsure(leaf)) {
        return false;
    }
    for (const struct tls_name *n = leaf->names; n; n = n->next) {
        if (n->kind != TLS_NAME_HOST || !server_name_is_elsewhere(n->text, asked)) {
            return false;
        }
    }
    return leaf->common_name.len ? server_name_is_elsewhere(leaf->common_name, asked)
                                 : leaf->names != NULL;
}

void rule_connect_wrong_target(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    struct text asked = leaf ? tls_details_of(s)->client.server_name : (struct text){"", 0, false};
    bool failed = !s->tls.established && j->course.ending && rules_tls_is_whole(j);
    struct finding *f;

    if (!asked.len || (!failed && s->end[SIDE_SERVER].port != PORT_SUBMISSION) ||
        !speaks_of_elsewhere(s, asked) || !is_made_out_elsewhere(leaf, asked)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, tls_details_of(s)->chain[SIDE_SERVER].at);
    f->severity = failed ? SEVERITY_WARNING : SEVERITY_NOTICE;
    f->confidence = CONFIDENCE_LOW;
    judge_show(f, s->smtp.greeting);
    judge_say(f, "the client asked for ");
    judge_say_wire(f, asked);
    judge_say(f, ", and the server's greeting and certificate name hosts of other domains only: ");
    judge_say_wire(f, words_claimed_name(s, SIDE_SERVER).len ? words_claimed_name(s, SIDE_SERVER)
                                                             : hello_name(s));
}
