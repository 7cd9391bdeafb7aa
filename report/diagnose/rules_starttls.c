/* rules_starttls.c - STARTTLS before the first record: not offered, mixed with clear text, never
 * begun; and the mix-ups of ports. What happens inside the handshake is told elsewhere.
 */
#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

enum { PORT_SMTP = 25, PORT_SUBMISSION = 587, PORT_SUBMISSIONS = 465 };

static const struct event *starttls_of(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_STARTTLS) {
            return e;
        }
    }
    return NULL;
}

static bool has_mail_or_login(const struct session *s)
{
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        if (tx->content_begun) {
            return true;
        }
    }
    return s->smtp.auth == AUTH_ACCEPTED;
}

static bool is_loopback(const struct address *a)
{
    if (a->family == 4) {
        return a->bytes[0] == 127;
    }
    for (int i = 0; i < 15; i++) {
        if (a->bytes[i]) {
            return false;
        }
    }
    return a->bytes[15] == 1;
}

static bool is_inside(const struct session *s)
{
    return address_is_private(&s->end[SIDE_CLIENT].address) &&
           address_is_private(&s->end[SIDE_SERVER].address);
}

/* The hello was all it came for, or what the hello lacked made it leave. */
static bool left_after_hello(const struct judge *j)
{
    const struct session *s = j->s;

    for (const struct event *e = s->smtp.ehlo->next; e; e = e->next) {
        if (traits_is_action(e) &&
            (e->kind != EVENT_COMMAND || e->facts->command.verb != VERB_QUIT)) {
            return false;
        }
    }
    return j->course.quit || (j->course.ending && j->course.ending->side == SIDE_CLIENT);
}

static bool is_lacking(const struct judge *j)
{
    const struct session *s = j->s;

    return s->smtp.ehlo && s->smtp.esmtp && s->smtp.tls == TLS_NONE && !s->tls.seen[SIDE_CLIENT] &&
           !rules_offered(s, "STARTTLS") && !starttls_of(s) &&
           !is_loopback(&s->end[SIDE_SERVER].address) && hello_known(j, s->events_last) &&
           !judge_raised(j, "smtp-banner-mangled");
}

/* Between servers a notice: mail went in clear as it was meant to. At the submission port it is a
 * password's matter. */
void rule_starttls_not_offered(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    uint16_t port = s->end[SIDE_SERVER].port;
    bool left, submission = port == PORT_SUBMISSION;
    struct finding *f;

    if (port == PORT_SUBMISSIONS || !is_lacking(j)) {
        return;
    }
    left = left_after_hello(j);
    if (!left && !has_mail_or_login(s)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_EHLO, s->smtp.ehlo->first);
    if (submission && !left && !judge_raised(j, "auth-without-tls") &&
        (judge_raised(j, "plaintext-auth") || !is_inside(s))) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, waiting_reply_to(s->smtp.ehlo));
    judge_say(f, "the server does not offer STARTTLS, and the client ");
    if (left) {
        f->confidence = CONFIDENCE_MEDIUM;
        judge_say(f, "left after the hello: a probe, or one that insists on TLS");
    } else {
        judge_say(f, "went on in clear");
    }
}

/* Sent before the client could have the answer to STARTTLS. */
void rule_starttls_injection(struct judge *j, const struct rule *rule)
{
    const struct event *starttls = starttls_of(j->s);
    const struct event *reply = starttls ? waiting_reply_to(starttls) : NULL;
    struct finding *f;

    rule_refused(j, rule);
    if (!reply || reply->facts->reply.code != 220 || judge_raised(j, rule->id) ||
        !traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = starttls->next; e; e = e->next) {
        if (e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) {
            return;
        }
        if (e->kind == EVENT_COMMAND && e->offset >= starttls->end && e->peer_ack < reply->end) {
            f = judge_raise(j, rule, PHASE_STARTTLS, e->first);
            judge_show(f, starttls);
            judge_show(f, e);
            judge_say(f,
                      "%s in clear came behind STARTTLS, before its answer; a faulty server runs "
                      "it inside TLS",
                      e->facts->command.verb ? verb_names[e->facts->command.verb] : "a command");
            return;
        }
    }
}

void rule_starttls_response(struct judge *j, const struct rule *rule)
{
    const struct event *starttls = j->s->smtp.starttls;
    const struct event *reply = starttls ? waiting_reply_to(starttls) : NULL;

    if (!reply || !traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = reply->next; e; e = e->next) {
        struct finding *f;

        if ((e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) && e->side == SIDE_SERVER) {
            return;
        }
        if (e->kind != EVENT_REPLY || e->facts->reply.to != REPLY_TO_NOTHING ||
            e->offset < reply->end) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_STARTTLS, e->first);
        if (e->facts->reply.code >= 400) {
            f->severity = SEVERITY_WARNING; /* a complaint, not a trick */
        }
        judge_show(f, reply);
        judge_show(f, e);
        judge_say(f, "in clear, behind the 220 to STARTTLS, the server sent ");
        rules_say_reply(f, e);
        return;
    }
}

void rule_starttls_plaintext(struct judge *j, const struct rule *rule)
{
    const struct event *starttls = j->s->smtp.starttls;
    const struct event *reply = starttls ? waiting_reply_to(starttls) : NULL;

    if (!reply || j->s->tls.seen[SIDE_CLIENT] || !traits_is_whole(j)) {
        return;
    }
    for (const struct event *e = starttls->next; e; e = e->next) {
        struct finding *f;

        if (e->kind != EVENT_COMMAND || e->peer_ack < reply->end) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_STARTTLS, e->first);
        f->fatal = !judge_all_accepted(j);
        judge_show(f, reply);
        judge_show(f, e);
        judge_say(f, "the server was ready for TLS, and the client went on in clear with %s",
                  e->facts->command.verb ? verb_names[e->facts->command.verb] : "something else");
        return;
    }
}

void rule_starttls_missing(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *starttls = s->smtp.starttls, *end = j->course.ending;
    const struct event *reply = starttls ? waiting_reply_to(starttls) : NULL;
    double waited;
    struct finding *f;

    if (!reply || s->tls.seen[SIDE_CLIENT] || judge_raised(j, "starttls-then-plaintext") ||
        !judge_trusts_silence(j, SIDE_CLIENT, reply->first) ||
        s->tcp.side[SIDE_CLIENT].sent > starttls->end ||
        s->tcp.side[SIDE_SERVER].acked < reply->end) {
        return;
    }
    waited =
        ((double)(end ? end->first.time_ns : s->capture_end_ns) - (double)reply->last.time_ns) /
        1e9;
    if (waited < threshold(THRESHOLD_DEADLOCK) && !(end && end->side == SIDE_CLIENT)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, reply->last);
    f->fatal = end != NULL;
    f->waited_s = waited;
    judge_show(f, reply);
    judge_show(f, end);
    judge_say(f, "the server was ready for TLS, and the client sent nothing for %s%s",
              judge_span(waited).s, end && end->side == SIDE_CLIENT ? " and closed" : "");
    if (!judge_trusts_silence(j, SIDE_SERVER, reply->last)) {
        judge_unprove(f, "the server may have closed before, where its bytes are missing");
    }
}

/* --- mix-ups of ports --- */

void rule_tls_to_plain(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *hello = NULL, *answer = NULL;
    struct finding *f;

    rule_refused(j, rule);
    if (judge_raised(j, rule->id) || !s->tls.seen[SIDE_CLIENT] || s->tls.seen[SIDE_SERVER] ||
        s->smtp.starttls || starttls_of(s) || (s->tcp.midstream && !s->smtp.greeting) ||
        s->end[SIDE_SERVER].port == PORT_SUBMISSIONS) {
        return;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (!hello && (e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) &&
            e->side == SIDE_CLIENT) {
            hello = e;
        } else if (!answer && e->kind == EVENT_REPLY) {
            answer = e;
        } else if (e->kind == EVENT_COMMAND ||
                   (!hello && e->kind == EVENT_GAP && e->side == SIDE_CLIENT)) {
            return; /* it can speak in clear, or may have in the gap */
        }
    }
    /* What looks like a greeting may be the answer to a STARTTLS that was sent before the capture
     * began: then the hello comes behind it. */
    if (!hello || !answer || (s->tcp.midstream && answer->first.time_ns <= hello->first.time_ns)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, hello->first);
    f->fatal = true;
    judge_show(f, hello);
    judge_show(f, answer);
    judge_say(f, "the client began with a TLS hello, and the server speaks in clear: ");
    rules_say_reply(f, answer);
}

void rule_plain_to_tls(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *first = s->events;
    struct finding *f;

    if (s->end[SIDE_SERVER].port != PORT_SUBMISSIONS || s->tcp.midstream || s->smtp.replies ||
        s->tls.seen[SIDE_CLIENT] || judge_raised(j, "implicit-tls-deadlock") ||
        j->d->capture != CAPTURE_FULL) {
        return;
    }
    while (first && !traits_is_action(first)) {
        first = first->next;
    }
    if (!first || first->kind != EVENT_COMMAND || !j->course.ending ||
        (first->facts->command.verb == VERB_UNKNOWN && !s->smtp.spoken)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_GREETING, first->first);
    f->fatal = true;
    judge_show(f, first);
    judge_show(f, j->course.ending);
    judge_say(f, "the client spoke SMTP in clear to the port for TLS, and the server %s",
              s->tls.seen[SIDE_SERVER]                ? "answered with TLS"
              : j->course.ending->side == SIDE_SERVER ? "closed"
                                                      : "said nothing");
}
