/* rules_idle.c - whose turn it was and who did not take it: the client, or neither. */
#include "report/diagnose/path.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/timers.h"
#include "report/diagnose/waiting_words.h"

enum { PORT_SMTPS = 465, CODE_SHUTDOWN = 421, LINE_END_LONGEST = 3 /* CR LF NUL */ };

/* It said why it closes, and that is not the client's silence. */
static bool has_another_reason(struct judge *j, const struct event *reply)
{
    const struct refusal *r = refusals_find(j, reply);

    return r && refusals_is_shutdown(r);
}

/* A pause inside the content is no end of a wait: the client went on. A 421 that came meanwhile is
 * one all the same, for the server. */
static const struct event *told_meanwhile(const struct judge *j, const struct wait *w)
{
    for (const struct event *e = w->phase == PHASE_DATA ? j->s->events : NULL; e; e = e->next) {
        if (e->kind == EVENT_REPLY && e->facts->reply.code == CODE_SHUTDOWN &&
            e->first.time_ns > w->from.time_ns && e->first.time_ns < w->until.time_ns) {
            return e;
        }
    }
    return NULL;
}

/* The server turned away from a client whose turn it was; *by: with what. */
static const struct wait *idle_wait(struct judge *j, const struct event **by)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        const struct event *e = w->ended_by ? w->ended_by : told_meanwhile(j, w);

        *by = e;
        if (w->owner != PARTY_CLIENT || !e || e->side != SIDE_SERVER ||
            !timers_reached(judge_seconds(w->from, e->first), threshold(THRESHOLD_IDLE_CLOSE))) {
            continue;
        }
        if (e->kind == EVENT_FIN && !j->course.quit && !j->course.before_end.in_tls &&
            !rules_crossed_by_mail(j)) {
            return w;
        }
        if (e->kind == EVENT_REPLY && e->facts->reply.code >= 400 && e->facts->reply.code < 500 &&
            (e->facts->reply.to == REPLY_TO_NOTHING || e->facts->reply.code == 421) &&
            !has_another_reason(j, e)) {
            return w;
        }
    }
    return NULL;
}

/* The client may have taken a dot for the end of its message that is none: it stands last. */
static void say_false_end(struct finding *f, const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        const struct content_facts *c = e->kind == EVENT_CONTENT ? &e->facts->content : NULL;

        if (c && !c->complete && c->ambiguous_count &&
            e->end - c->ambiguous.offset <= LINE_END_LONGEST + 1) {
            judge_say(f,
                      "; the last it had sent was a dot between %s and %s, which ends no message "
                      "(RFC 5321 wants CRLF on both sides)",
                      line_end_names[c->ambiguous.before], line_end_names[c->ambiguous.after]);
        }
    }
}

void rule_server_idle(struct judge *j, const struct rule *rule)
{
    const struct event *by;
    const struct wait *w = idle_wait(j, &by);
    struct finding *f;

    if (!w || path_was_unheard(j, SIDE_CLIENT, by->first) ||
        path_peer_was_gone(j, SIDE_SERVER, by->first)) {
        return;
    }
    f = judge_raise(j, rule, w->phase, w->from);
    f->waited_s = judge_seconds(w->from, by->first);
    f->fatal = j->course.before_end.tx || w->phase == PHASE_DATA || w->phase == PHASE_AUTH;
    f->severity = f->fatal ? SEVERITY_ERROR : SEVERITY_NOTICE;
    judge_show_at(f, by, w->from);
    judge_show(f, by);
    judge_say(f, "the client was silent for %s although it was its turn; the server ",
              judge_span(f->waited_s).s);
    if (by->kind == EVENT_REPLY) {
        judge_say(f, "said %u and closed", (unsigned)by->facts->reply.code);
    } else {
        judge_say(f, "closed");
    }
    waiting_say_timer(f, PHASE_IDLE, SIDE_SERVER, f->waited_s);
    if (!w->ended_by) {
        judge_say(f, "; the client went on too late");
    }
    if (w->phase == PHASE_DATA) {
        say_false_end(f, j->s);
    }
    if (!f->fatal) {
        judge_say(f, "; no mail was under way");
    }
    if (!judge_was_silent(j, SIDE_CLIENT, w)) {
        judge_unprove(f, judge_why_untrusted(j, SIDE_CLIENT, w->from));
    } else if (!path_was_heard(j, by)) {
        judge_unprove(f, "nothing shows that the client's host was still there");
    }
}

void rule_server_too_short(struct judge *j, const struct rule *rule)
{
    const struct finding *idle = judge_raised(j, "server-idle-timeout");
    double limit = j->settings->server_limit.seconds;
    struct finding *f;

    if (!idle || idle->unproven || !(idle->waited_s > 0) || !(limit > 0) ||
        timers_reached(idle->waited_s, limit)) {
        return;
    }
    f = judge_raise(j, rule, idle->phase, idle->at);
    f->waited_s = idle->waited_s;
    if (!idle->fatal) {
        f->severity = SEVERITY_NOTICE;
    }
    judge_show(f, idle->evidence[idle->evidence_count ? idle->evidence_count - 1 : 0]);
    judge_say(f, "the server waited %s for the next command where RFC 5321 asks it to wait for %s",
              judge_span(idle->waited_s).s, judge_span(limit).s);
}

void rule_implicit_tls_deadlock(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;

    if (s->end[SIDE_SERVER].port != PORT_SMTPS || s->smtp.first_server.packet ||
        s->tcp.handshake != HANDSHAKE_COMPLETE || s->tls.seen[SIDE_CLIENT] ||
        j->d->capture == CAPTURE_ONE_SIDED || j->d->capture == CAPTURE_LOSSY) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        struct finding *f;

        /* While the capture ends in it, it may as well be a slow beginning. */
        if (w->phase != PHASE_GREETING || w->outstanding ||
            w->seconds < threshold(w->open ? THRESHOLD_GREETING_WARNING : THRESHOLD_DEADLOCK)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_GREETING, w->from);
        f->fatal = true;
        f->waited_s = w->seconds;
        judge_show_at(f, j->course.synack ? j->course.synack : s->events, w->from);
        judge_show(f, w->ended_by);
        judge_say(
            f,
            "on the port for implicit TLS both sides were silent for %s: the client waited for a "
            "greeting, the server for a TLS hello",
            judge_span(w->seconds).s);
        if (s->smtp.first_client.packet && w->ended_by && w->ended_by->kind == EVENT_COMMAND) {
            judge_say(f, "; the client then spoke in clear");
        }
        if (!judge_trusts_silence(j, SIDE_SERVER, w->from)) {
            judge_unprove(f, judge_why_untrusted(j, SIDE_SERVER, w->from));
        } else if (!judge_trusts_silence(j, SIDE_CLIENT, w->from)) {
            judge_unprove(f, judge_why_untrusted(j, SIDE_CLIENT, w->from));
        }
        return;
    }
}
