/* rules_timeout.c - waits judged that ended in nothing: whose timer ran out, and on whom.
 *
 * A wait on the server is a timeout when the client gave up on it, or when its limit passed while
 * it lasted. A client that leaves within THRESHOLD_GIVE_UP was not waiting; one that leaves within
 * THRESHOLD_IMPATIENT, though RFC 5321 section 4.5.3.2 gives the server minutes, left a server of
 * which nobody knows whether it was slow: then the client is told. Waits are measured in packet
 * time from the acknowledgement of what is unanswered, and compared with timers within the
 * tolerance of timers.h.
 */
#include <string.h>

#include "report/diagnose/rules_all.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/timers.h"
#include "report/diagnose/waiting_words.h"

enum { PORT_SMTPS = 465, TIMES_THE_LIMIT = 4 };

/* The client turned away from this wait, or its limit passed while it lasted. */
static bool ran_out(const struct wait *w)
{
    if (waiting_gave_up(w)) {
        return w->seconds >= threshold(THRESHOLD_GIVE_UP);
    }
    return w->open && w->limit_s > 0 && timers_reached(w->seconds, w->limit_s);
}

/* It left so soon that the server was well within its time. A greeting comes by itself, and soon:
 * its silence is the server's (erratum 9). */
static bool was_impatient(const struct judge *j, const struct wait *w)
{
    return waiting_gave_up(w) && w->owner == PARTY_SERVER && w->phase != PHASE_GREETING &&
           w->phase != PHASE_QUIT && w->phase != PHASE_DATA && w->limit_s > 0 &&
           w->seconds < threshold(THRESHOLD_IMPATIENT) && !timers_reached(w->seconds, w->limit_s) &&
           judge_was_silent(j, SIDE_SERVER, w);
}

/* "the server acknowledged it in 21 ms" */
static void say_acked(struct finding *f, const struct event *e)
{
    if (e && e->acked.packet) {
        judge_say(f, "; the server acknowledged every byte of it in %s",
                  judge_span(judge_seconds(e->last, e->acked)).s);
        judge_show_at(f, e, e->acked);
    }
}

static void say_end(struct finding *f, const struct wait *w)
{
    if (waiting_gave_up(w)) {
        judge_show(f, w->ended_by);
        judge_say(f, "; the client gave up");
        waiting_say_timer(f, w->phase, SIDE_CLIENT, w->seconds);
    } else {
        judge_say(f, "; it was still waiting at the end of the capture");
    }
}

static void say_late(struct finding *f, const struct wait *w)
{
    const struct event *late = w->outstanding ? waiting_reply_to(w->outstanding) : NULL;

    if (late) {
        judge_show(f, late);
        judge_say(f, "; the server answered %u when it had left",
                  (unsigned)late->facts->reply.code);
    }
}

/* Nobody waits as long as that: the client will have left, and the capture lacks it. */
static const char too_long[] = "the client should have left long before";

static bool waited_too_long(const struct wait *w)
{
    return w->open && w->limit_s > 0 && w->seconds > TIMES_THE_LIMIT * w->limit_s;
}

/* A gap behind the question may hold the answer, even when the other side had all of the gap before
 * it began to wait. */
static struct mark asked_at(const struct judge *j, const struct wait *w)
{
    const struct event *asked = w->outstanding          ? w->outstanding
                                : w->phase == PHASE_TLS ? j->s->smtp.starttls
                                                        : NULL;

    return asked && asked->last.time_ns < w->from.time_ns ? asked->last : w->from;
}

/* This wait ended in nothing. Of an impatient client rule_client_too_short tells. */
static void raise_timeout(struct judge *j, const struct rule *rule, const struct wait *w)
{
    struct finding *f;

    j->given_up = w;
    if (was_impatient(j, w)) {
        return;
    }
    f = judge_raise(j, rule, rule->phase, w->from);
    f->fatal = rule->severity >= SEVERITY_WARNING;
    f->waited_s = w->seconds;
    if (w->outstanding) {
        judge_show_at(f, w->outstanding, w->outstanding->last);
    }
    judge_say(f, "no reply to %s for %s", waiting_asked(w), judge_span(w->seconds).s);
    say_acked(f, w->outstanding);
    say_end(f, w);
    say_late(f, w);
    if (waiting_gave_up(w) && !timers_reached(w->seconds, w->limit_s)) {
        f->confidence = CONFIDENCE_MEDIUM; /* it may have been slow, and within its time */
    }
    if (!judge_trusts_silence(j, SIDE_SERVER, asked_at(j, w)) &&
        !judge_heard_nothing(j, SIDE_SERVER, w)) {
        judge_unprove(f, judge_why_untrusted(j, SIDE_SERVER, asked_at(j, w)));
    } else if (waited_too_long(w)) {
        judge_unprove(f, too_long);
    }
}

/* One function for every phase: rule->phase says which. */
void rule_phase_timeout(struct judge *j, const struct rule *rule)
{
    if (j->s->end[SIDE_SERVER].port == PORT_SMTPS && j->s->smtp.tls == TLS_NONE &&
        !j->s->smtp.first_server.packet) {
        return; /* it waits for TLS */
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->owner == PARTY_SERVER && w->phase == rule->phase && w->outstanding && ran_out(w) &&
            !(waiting_reply_to(w->outstanding) && w->open)) {
            raise_timeout(j, rule, w);
            return;
        }
    }
}

/* STARTTLS itself, or the TLS hello behind its 220: until that is answered it is one step. */
void rule_starttls_timeout(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        bool hello = s->smtp.starttls && rules_tls_hello_unanswered(s, w);

        if (w->owner == PARTY_SERVER && ran_out(w) &&
            (hello || (w->phase == PHASE_STARTTLS && w->outstanding))) {
            raise_timeout(j, rule, w);
            return;
        }
    }
}

/* One record of about the size of a close_notify may be the good-bye itself. */
static bool may_be_farewell(const struct session *s, const struct event *e)
{
    if (e->kind == EVENT_TLS) { /* a handshake that is not done ends by an alert alone */
        return s->tls.established || e->facts->tls.record_type == TLS_RECORD_ALERT;
    }
    return e->facts->run.records == 1 &&
           (double)e->facts->run.bytes <= threshold(THRESHOLD_ALERT_BYTES);
}

/* The last record before this moment. */
static const struct event *record_before(const struct judge *j, struct mark at)
{
    const struct event *last = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if ((e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) && e->first.time_ns <= at.time_ns) {
            last = e;
        }
    }
    return last;
}

/* The other side left a handshake, or a dialogue inside TLS, that this side did not go on with. */
static bool was_left(const struct wait *w, enum side side, bool established)
{
    const struct event *e = w->ended_by;
    bool patient = side == SIDE_CLIENT && established;
    bool ended = w->left ? side == SIDE_SERVER
                         : e && (e->kind == EVENT_FIN || e->kind == EVENT_RST) &&
                               e->side == side_other(side);

    return ended &&
           w->seconds >= threshold(patient ? THRESHOLD_TLS_STALL_LEFT : THRESHOLD_TLS_GIVE_UP);
}

/* The record behind which this side fell silent; NULL: it may have been a good-bye, or its own. */
static const struct event *record_to_answer(const struct judge *j, const struct wait *w,
                                            enum side side)
{
    const struct event *record = record_before(j, w->from);
    bool own_stopped =
        record && record->side == side && side == SIDE_SERVER && rules_tls_stopped_in_flight(j->s);

    if (!record || (record->side == side && !own_stopped) || may_be_farewell(j->s, record) ||
        (record->kind == EVENT_TLS && !rules_tls_is_whole(j))) {
        return NULL;
    }
    return record;
}

static void say_stalled(struct finding *f, const struct judge *j, const struct wait *w,
                        enum side side, const struct event *record)
{
    const char *who = party_words[party_of(side)];

    if (record->side == side) {
        judge_say(f,
                  "the %s stopped in the middle of its part of the TLS handshake: nothing for %s",
                  who, judge_span(w->seconds).s);
    } else {
        judge_say(f, "%s TLS%s the %s sent nothing for %s after the last record of the %s",
                  j->s->tls.established ? "inside" : "in the",
                  j->s->tls.established ? "" : " handshake", who, judge_span(w->seconds).s,
                  party_words[party_of(side_other(side))]);
    }
    if (side == SIDE_SERVER && record->kind == EVENT_TLS_RUN &&
        (double)record->facts->run.bytes >= threshold(THRESHOLD_BURST_BYTES)) {
        judge_say(f, ", which ended a run of %s (probably a message)",
                  words_size(record->facts->run.bytes).s);
    }
    if (w->ended_by && side == SIDE_CLIENT) {
        judge_show(f, w->ended_by);
        judge_say(f, "; the server %s", w->ended_by->kind == EVENT_RST ? "reset it" : "closed");
    } else {
        say_end(f, w);
    }
}

/* One function for both sides: which one is told by the id. What phase it was nobody can know. */
void rule_tls_stalled(struct judge *j, const struct rule *rule)
{
    enum side side = strcmp(rule->id, "tls-stalled-client") == 0 ? SIDE_CLIENT : SIDE_SERVER;

    /* A ClientHello without answer is told by other rules. */
    if (!j->s->tls.established && !j->s->tls.hello[SIDE_SERVER]) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        const struct event *fin = j->course.fin[side], *record;
        struct finding *f;

        if (w->phase != PHASE_TLS || w->owner != party_of(side) || waited_too_long(w) ||
            !(was_left(w, side, j->s->tls.established) ||
              (w->open && timers_reached(w->seconds, threshold(THRESHOLD_TLS_STALL)))) ||
            (fin && fin->first.time_ns <= w->from.time_ns) || /* it said that it was done */
            !judge_was_silent(j, side, w) || !(record = record_to_answer(j, w, side))) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_TLS, w->from);
        f->waited_s = w->seconds;
        f->fatal = side == SIDE_SERVER || !j->s->tls.established;
        f->severity = j->s->tls.established ? f->severity : SEVERITY_ERROR;
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show_at(f, record, record->last);
        say_stalled(f, j, w, side, record);
        return;
    }
}

/* The client closed, said so again, and nothing came back. */
static bool fin_is_lost(const struct judge *j)
{
    const struct tcp_side *client = &j->s->tcp.side[SIDE_CLIENT];

    return client->fin.packet && !client->fin_acked && j->d->capture == CAPTURE_FULL &&
           j->s->tcp.side[SIDE_SERVER].last.time_ns < client->fin.time_ns &&
           judge_seconds(client->fin, client->last) >= threshold(THRESHOLD_SYNACK_AGAIN);
}

/* A greeting of several lines of which the last never came; NULL: none was begun, or it was ended.
 */
static const struct event *half_a_greeting(const struct judge *j)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_REPLY) {
            return e->facts->reply.to == REPLY_TO_GREETING &&
                           e->facts->reply.flags & REPLY_UNFINISHED
                       ? e
                       : NULL;
        }
    }
    return NULL;
}

void rule_greeting_timeout(struct judge *j, const struct rule *rule)
{
    const struct mark *greeting = &j->s->smtp.first_server;
    const struct event *half = half_a_greeting(j);

    if ((j->s->end[SIDE_SERVER].port == PORT_SMTPS && !session_is_opened(j->s)) ||
        j->s->tcp.midstream || j->d->capture == CAPTURE_ONE_SIDED) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        struct finding *f;

        if (w->phase != PHASE_GREETING || w->owner != PARTY_SERVER || !ran_out(w) ||
            (!half && greeting->packet && greeting->time_ns <= w->until.time_ns)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_GREETING, w->from);
        f->fatal = true;
        f->waited_s = w->seconds;
        if (half) {
            judge_show(f, half);
            judge_say(f, "the server began its greeting and did not end it: nothing more for %s",
                      judge_span(w->seconds).s);
        } else {
            judge_show_at(f, j->course.synack ? j->course.synack : j->s->events, w->from);
            judge_say(f, "the connection was up, but the server sent no greeting for %s",
                      judge_span(w->seconds).s);
        }
        say_end(f, w);
        if (fin_is_lost(j)) {
            f->confidence = CONFIDENCE_MEDIUM;
            judge_say(f, ", and nobody acknowledged its FIN: the server's host, or the path to it, "
                         "may have died");
        }
        if (!judge_was_silent(j, SIDE_SERVER, w) || !j->course.synack) {
            judge_unprove(f, judge_why_untrusted(j, SIDE_SERVER, w->from));
        } else if (waited_too_long(w)) {
            judge_unprove(f, too_long);
        }
        j->given_up = w;
        return;
    }
}

/* What the path or a window did in this wait is its cause and stands before it: the wait is dated
 * from there on. */
static struct mark behind_its_cause(const struct judge *j, const struct wait *w)
{
    struct mark at = w->from;

    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->fatal && f->rule->cause == CAUSE_TRANSPORT && f->points_to == w->owner &&
            f->at.time_ns > at.time_ns && f->at.time_ns < w->until.time_ns) {
            at = f->at;
        }
    }
    return at;
}

/* Content that stopped moving although the client was willing. */
void rule_data_block(struct judge *j, const struct rule *rule)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        struct finding *f;

        if (w->phase != PHASE_DATA || (w->owner != PARTY_SERVER && w->owner != PARTY_NETWORK) ||
            !(ran_out(w) ||
              (!w->ended_by && timers_reached(w->seconds, w->limit_s) && w->limit_s > 0))) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, behind_its_cause(j, w));
        f->fatal = judge_was_pending(j);
        f->points_to = w->owner;
        f->waited_s = w->seconds;
        judge_show_at(f, w->outstanding ? w->outstanding : j->s->events, w->from);
        if (w->owner == PARTY_SERVER && w->outstanding && w->outstanding->kind == EVENT_CHUNK &&
            w->outstanding->facts->content.complete) {
            judge_say(f, "no reply to a chunk of the content for %s; more was to come",
                      judge_span(w->seconds).s);
        } else {
            judge_say(f, "the content stood still for %s: %s", judge_span(w->seconds).s,
                      w->owner == PARTY_SERVER ? "the server did not read"
                                               : "what was sent was not acknowledged");
        }
        if (waiting_gave_up(w)) {
            judge_show(f, w->ended_by);
            judge_say(f, "; the client gave up");
            waiting_say_timer(f, PHASE_DATA, SIDE_CLIENT, w->seconds);
            j->given_up = w;
        } else if (judge_is_unvouched(j, w->from)) {
            judge_unprove(f, judge_why_untrusted(j, SIDE_SERVER, w->from));
        }
        return;
    }
}

/* What it gave up may not have been what these packets show. */
static bool is_told_unproven(const struct judge *j, const struct wait *w)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->unproven && f->phase == w->phase && f->at.packet == w->from.packet) {
            return true;
        }
    }
    return false;
}

void rule_client_too_short(struct judge *j, const struct rule *rule)
{
    const struct wait *w = j->given_up;
    const struct phase_limit *limit;
    struct finding *f;

    if (!w || w->owner != PARTY_SERVER || !waiting_gave_up(w) || w->phase == PHASE_QUIT ||
        w->phase == PHASE_DATA || !judge_was_silent(j, SIDE_SERVER, w) || is_told_unproven(j, w)) {
        return;
    }
    limit = &j->settings->client_limit[w->phase];
    if (!(limit->seconds > 0) || timers_reached(w->seconds, limit->seconds)) {
        return;
    }
    f = judge_raise(j, rule, w->phase, w->until);
    f->waited_s = w->seconds;
    judge_show(f, w->ended_by);
    judge_say(f, "the client gave up after %s where ", judge_span(w->seconds).s);
    if (limit->origin == LIMIT_FROM_RFC) {
        judge_say(f, "RFC 5321 asks it to wait for %s", words_limit(limit->seconds).s);
    } else {
        judge_say(f, "%s are customary", words_limit(limit->seconds).s);
    }
    if (w->phase == PHASE_EOD) {
        judge_say(f, "; after the end of data that makes duplicates");
    }
    if (was_impatient(j, w)) {
        f->fatal = true;
        f->severity = SEVERITY_ERROR;
        judge_say(f, "; the server had acknowledged %s and was within its time", waiting_asked(w));
        waiting_say_timer(f, w->phase, SIDE_CLIENT, w->seconds);
        say_late(f, w);
    }
}
