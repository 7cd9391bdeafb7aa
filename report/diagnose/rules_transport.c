/* rules_transport.c - what the transport itself shows: lost paths, closed windows, stalled senders.
 *
 * These keep blame from the wrong side: where bytes are not acknowledged nobody's application is
 * late. None of them waits for an end on the wire: behind a closed window or a dead path a FIN
 * never appears.
 */
#include <string.h>

#include "report/diagnose/rules_all.h"
#include "report/diagnose/timers.h"

/* Content that had not come to its end at this moment. */
static const struct event *content_at(const struct judge *j, struct mark at)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if ((e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) &&
            e->first.time_ns <= at.time_ns &&
            (!e->facts->content.complete || e->facts->content.end.time_ns >= at.time_ns)) {
            return e;
        }
    }
    return NULL;
}

static bool mail_failed(const struct judge *j)
{
    return judge_was_pending(j) || !judge_all_accepted(j);
}

/* The bytes were never acknowledged, and the session did not come to a good end. */
static bool stuck(const struct judge *j, const struct event *resent)
{
    return !resent->facts->retransmit.keep_alive &&
           !judge_acked(j, resent->side, resent->offset + 1) && j->d->capture != CAPTURE_ONE_SIDED;
}

/* A full-size segment that never gets through while small ones do. */
static bool is_black_hole(const struct judge *j, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    const struct tcp_side *side = &j->s->tcp.side[e->side];
    const struct event *content;

    if (!stuck(j, e) || r->len < threshold(THRESHOLD_PMTU_SIZE) ||
        r->count + 1 < threshold(THRESHOLD_PMTU_COUNT) ||
        judge_seconds(e->first, e->last) < threshold(THRESHOLD_PMTU_SPAN) || side->acked == 0) {
        return false;
    }
    /* Had any full-size segment passed, this is loss, not size. */
    content = content_at(j, e->first);
    if (!content || side->acked >= content->offset + (uint64_t)threshold(THRESHOLD_PMTU_SIZE)) {
        return false;
    }
    return true;
}

/* Somebody is alive at the other end: it was heard of after the first full-size segment was sent.
 */
static bool peer_is_alive(const struct judge *j, const struct event *e)
{
    const struct event *content = content_at(j, e->first);

    return e->facts->retransmit.peer_packets > 0 ||
           (content &&
            j->s->tcp.side[side_other((enum side)e->side)].last.time_ns > content->first.time_ns);
}

static const struct event *icmp_too_big(const struct judge *j)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_ICMP && e->facts->icmp.mtu) {
            return e;
        }
    }
    return NULL;
}

void rule_pmtu_black_hole(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *icmp;
        struct finding *f;

        if (e->kind != EVENT_RETRANSMIT || !is_black_hole(j, e) || !peer_is_alive(j, e)) {
            continue;
        }
        icmp = icmp_too_big(j);
        f = judge_raise(j, rule, PHASE_DATA, e->first);
        f->fatal = true;
        f->confidence = icmp ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        judge_show(f, icmp);
        judge_say(
            f,
            "a segment of %u bytes was sent %u times in %s and never acknowledged; everything "
            "smaller before it was",
            (unsigned)e->facts->retransmit.len, (unsigned)e->facts->retransmit.count + 1,
            judge_span(judge_seconds(e->first, e->last)).s);
        if (icmp) {
            judge_say(f, "; a router said that only %u bytes fit", (unsigned)icmp->facts->icmp.mtu);
        } else {
            judge_say(f, "; loss in this direction alone would look the same");
        }
        return;
    }
}

void rule_retransmission_exhausted(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct retransmit_facts *r;
        struct finding *f;
        double span;

        if (e->kind != EVENT_RETRANSMIT || !stuck(j, e)) {
            continue;
        }
        r = &e->facts->retransmit;
        span = judge_seconds(e->first, e->last);
        if (r->count + 1 < threshold(THRESHOLD_RESENT_COUNT) ||
            span < threshold(THRESHOLD_RESENT_SPAN) || r->peer_packets > 0 ||
            (is_black_hole(j, e) && peer_is_alive(j, e))) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, e->first);
        f->fatal = true;
        f->waited_s = span;
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        judge_say(f,
                  "the %s sent the same %u bytes %u times in %s; the %s acknowledged nothing and "
                  "sent nothing",
                  party_words[party_of(e->side)], (unsigned)r->len, (unsigned)r->count + 1,
                  judge_span(span).s, party_words[party_of(side_other((enum side)e->side))]);
        return;
    }
}

/* How long the window was closed, as far as the packets tell. */
static double closed_for(const struct judge *j, const struct event *e)
{
    struct mark until = e->last;

    if (e->facts->window.open && j->s->last.time_ns > until.time_ns) {
        until = j->s->last;
    }
    return judge_seconds(e->first, until);
}

static void zero_window(struct judge *j, const struct rule *rule, const struct event *e)
{
    double seconds = closed_for(j, e);
    bool failed = e->facts->window.open && mail_failed(j);
    struct finding *f =
        judge_raise(j, rule, j->course.before_end.in_tls ? PHASE_TLS : PHASE_DATA, e->first);

    f->waited_s = seconds;
    f->fatal = failed;
    f->severity = failed || timers_reached(seconds, threshold(THRESHOLD_WINDOW_ERROR))
                      ? SEVERITY_ERROR
                      : SEVERITY_WARNING;
    judge_show(f, e);
    judge_show_at(f, e, e->last);
    judge_say(f, "the %s's window was closed for %s", party_words[party_of(e->side)],
              judge_span(seconds).s);
    if (e->facts->window.probes) {
        judge_say(f, " (%u probes)", (unsigned)e->facts->window.probes);
    }
    judge_say(f, e->facts->window.open ? " and did not open again: its program does not read"
                                       : ": its program did not read");
}

void rule_zero_window(struct judge *j, const struct rule *rule)
{
    enum side side = strcmp(rule->id, "zero-window-stall-client") == 0 ? SIDE_CLIENT : SIDE_SERVER;
    const struct event *longest = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind != EVENT_ZERO_WINDOW || e->side != side ||
            closed_for(j, e) < threshold(THRESHOLD_WINDOW_WARNING)) {
            continue;
        }
        /* Only a sender that has something to send is held up. */
        if (side == SIDE_SERVER && !content_at(j, e->first) && !j->course.before_end.in_tls &&
            !e->facts->window.probes) {
            continue;
        }
        if (side == SIDE_CLIENT && !e->facts->window.probes) {
            continue;
        }
        if (!longest || closed_for(j, e) > closed_for(j, longest)) {
            longest = e;
        }
    }
    if (longest) {
        zero_window(j, rule, longest);
    }
}

void rule_sender_stall(struct judge *j, const struct rule *rule)
{
    const struct wait *longest = NULL;
    struct finding *f;
    unsigned count = 0;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->phase == PHASE_DATA && w->owner == PARTY_CLIENT && w->outstanding &&
            w->outstanding->kind != EVENT_COMMAND &&
            w->seconds >= threshold(THRESHOLD_SENDER_STALL) &&
            !w->outstanding->facts->content.missing &&
            !(w->open && j->s->ended == SESSION_INPUT_ENDED)) {
            longest = !longest || w->seconds > longest->seconds ? w : longest;
            count++;
        }
    }
    if (!longest || judge_raised(j, "zero-window-stall-client")) {
        return;
    }
    f = judge_raise(j, rule, PHASE_DATA, longest->from);
    f->waited_s = longest->seconds;
    f->count = count;
    f->fatal = longest->outstanding == j->course.before_end.open && judge_was_pending(j) &&
               !longest->outstanding->facts->content.complete;
    judge_show_at(f, longest->outstanding, longest->from);
    judge_show_at(f, longest->outstanding, longest->until);
    judge_say(
        f,
        "inside the content the client sent nothing for %s, although everything it had sent was "
        "acknowledged and the server's window was open",
        judge_span(longest->seconds).s);
}
