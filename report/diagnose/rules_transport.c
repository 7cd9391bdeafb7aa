/* rules_transport.c - closed windows and stalled senders: the path works, an application does not.
 *
 * None of them waits for an end on the wire: behind a closed window a FIN never appears.
 */
#include <string.h>

#include "report/diagnose/path.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/timers.h"

/* A host's first wait for an acknowledgement is a second (RFC 6298 section 2), later it follows the
 * round trip. Keep-alives come after minutes at the soonest (RFC 9293 section 3.8.4: two hours). */
enum { LONGEST_FIRST_RTO_S = 3, TRIPS_WAITED = 4, SOONEST_KEEP_ALIVE_S = 60 };

static bool mail_failed(const struct judge *j)
{
    return judge_was_pending(j) || !judge_all_accepted(j);
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
        if (side == SIDE_SERVER && !path_content_at(j, e->first) && !path_content_at(j, e->last) &&
            !j->course.before_end.in_tls && !e->facts->window.probes) {
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

/* Not open all the time: when it was closed is known by packets that may be missing. */
static bool window_closed_in(const struct judge *j, const struct wait *w)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_ZERO_WINDOW && e->side == SIDE_SERVER &&
            e->last.time_ns > w->from.time_ns && (w->open || e->first.time_ns < w->until.time_ns)) {
            return true;
        }
    }
    return false;
}

/* Probes inside it, sooner than any host asks whether the other is alive: they ask for a window,
 * and what said that it was closed was not captured. */
static bool probed_in(const struct judge *j, const struct wait *w)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == SIDE_CLIENT &&
            e->facts->retransmit.keep_alive && e->first.time_ns > w->from.time_ns &&
            e->first.time_ns < w->until.time_ns &&
            judge_seconds(w->from, e->first) < SOONEST_KEEP_ALIVE_S) {
            return true;
        }
    }
    return false;
}

/* What it sent then was sent again, and the first copy that was captured came later than a host
 * waits for the first time: the copies before it are missing, and that was one of them. */
static bool lacks_copies(const struct judge *j, const struct wait *w)
{
    const struct tcp_facts *tcp = &j->s->tcp;
    int64_t trip = tcp->syn_to_synack_ns + tcp->synack_to_ack_ns; /* unknown: -1 each */
    double most = LONGEST_FIRST_RTO_S + (trip > 0 ? (double)trip / 1e9 * TRIPS_WAITED : 0);

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == SIDE_CLIENT &&
            !e->facts->retransmit.keep_alive && e->first.time_ns > w->until.time_ns &&
            judge_seconds(tcp->side[SIDE_CLIENT].last_new, e->first) > most &&
            tcp->side[SIDE_CLIENT].last_new.time_ns <= w->until.time_ns) {
            return true;
        }
    }
    return false;
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
            !w->outstanding->facts->content.missing && !window_closed_in(j, w) &&
            !path_peer_was_gone(j, SIDE_SERVER, w->until) &&
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
    if ((longest->open && judge_is_unvouched(j, longest->from)) ||
        !judge_was_silent(j, SIDE_CLIENT, longest)) {
        judge_unprove(f, judge_why_untrusted(j, SIDE_CLIENT, longest->from));
    } else if (longest->ended_by && longest->ended_by->side == SIDE_SERVER &&
               !path_was_heard(j, longest->ended_by)) {
        judge_unprove(f, "nothing shows that the client's host was still there");
    } else if (probed_in(j, longest)) {
        judge_unprove(f, "it asked for a window: that it was closed may not have been captured");
    } else if (lacks_copies(j, longest)) {
        judge_unprove(f, "what it then sent again had been sent before, unseen");
    }
}
