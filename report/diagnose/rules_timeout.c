/* rules_timeout.c - silences judged: who kept whom waiting, and whose timer ran out.
 *
 * A wait on the server is a timeout when the client gave up on it, or when its limit passed while
 * it lasted. A client that leaves within THRESHOLD_GIVE_UP was not waiting. Waits are measured in
 * packet time from the acknowledgement of what is unanswered, and compared with timers within the
 * tolerance of timers.h.
 */
#include <math.h>
#include <string.h>

#include "report/diagnose/fate.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/timers.h"

enum { PORT_SMTPS = 465 };

static const char *asked_words(const struct wait *w)
{
    static const char *const words[PHASE_COUNT] = {
        [PHASE_CONNECT] = "the SYN",     [PHASE_GREETING] = "the connection",
        [PHASE_EHLO] = "the hello",      [PHASE_STARTTLS] = "STARTTLS",
        [PHASE_TLS] = "the TLS hello",   [PHASE_AUTH] = "AUTH",
        [PHASE_MAIL] = "MAIL FROM",      [PHASE_RCPT] = "RCPT TO",
        [PHASE_DATA_INIT] = "DATA",      [PHASE_DATA] = "the content",
        [PHASE_EOD] = "the end of data", [PHASE_IDLE] = "the last command",
        [PHASE_QUIT] = "QUIT",
    };

    if (w->outstanding && w->outstanding->kind == EVENT_COMMAND &&
        w->outstanding->facts->command.verb) {
        return verb_names[w->outstanding->facts->command.verb];
    }
    return words[w->phase];
}

/* The client turned away from this wait, or its limit passed while it lasted. */
static bool ran_out(const struct wait *w)
{
    if (waiting_gave_up(w)) {
        return w->seconds >= threshold(THRESHOLD_GIVE_UP);
    }
    return w->open && w->limit_s > 0 && timers_reached(w->seconds, w->limit_s);
}

static void say_timer(struct finding *f, enum phase phase, enum side side, double seconds)
{
    char timer[128];

    if (timers_recognize(phase, side, seconds, timer, sizeof timer)) {
        judge_say(f, " (the timer of %s)", timer);
    }
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
        say_timer(f, w->phase, SIDE_CLIENT, w->seconds);
    } else {
        judge_say(f, "; it was still waiting at the end of the capture");
    }
}

static struct finding *raise_timeout(struct judge *j, const struct rule *rule, const struct wait *w)
{
    struct finding *f = judge_raise(j, rule, rule->phase, w->from);
    const struct event *late;

    f->fatal = rule->severity >= SEVERITY_WARNING;
    f->waited_s = w->seconds;
    if (w->outstanding) {
        judge_show_at(f, w->outstanding, w->outstanding->last);
    }
    judge_say(f, "no reply to %s for %s", asked_words(w), judge_span(w->seconds).s);
    say_acked(f, w->outstanding);
    say_end(f, w);
    late = w->outstanding ? waiting_reply_to(w->outstanding) : NULL;
    if (late) {
        judge_show(f, late);
        judge_say(f, "; the server answered %u when it had left",
                  (unsigned)late->facts->reply.code);
    }
    if (!judge_trusts_silence(j, SIDE_SERVER, w->from)) {
        judge_unprove(f, "bytes of the server are missing from the capture");
    }
    j->given_up = w;
    return f;
}

/* One function for every phase: rule->phase says which. */
void rule_phase_timeout(struct judge *j, const struct rule *rule)
{
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
        bool hello = w->phase == PHASE_TLS && s->smtp.starttls && s->tls.seen[SIDE_CLIENT] &&
                     !s->tls.seen[SIDE_SERVER];

        if (w->owner == PARTY_SERVER && ran_out(w) &&
            (hello || (w->phase == PHASE_STARTTLS && w->outstanding))) {
            raise_timeout(j, rule, w);
            return;
        }
    }
}

/* One record of about the size of a close_notify may be the good-bye itself. */
static bool may_be_farewell(const struct event *e)
{
    return e->kind == EVENT_TLS ||
           (e->facts->run.records == 1 &&
            (double)e->facts->run.bytes <= threshold(THRESHOLD_ALERT_BYTES));
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

/* One function for both sides: which one is told by the id. What phase it was nobody can know. */
void rule_tls_stalled(struct judge *j, const struct rule *rule)
{
    enum side side = strcmp(rule->id, "tls-stalled-client") == 0 ? SIDE_CLIENT : SIDE_SERVER;

    /* Behind the server's part of the handshake it is the client's turn as well. */
    if (!j->s->tls.established && (side == SIDE_SERVER || !j->s->tls.hello[SIDE_SERVER])) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        const struct event *e = w->ended_by, *record;
        struct finding *f;
        bool left = e && (e->kind == EVENT_FIN || e->kind == EVENT_RST) &&
                    e->side == side_other(side) &&
                    w->seconds >= threshold(THRESHOLD_TLS_STALL_LEFT);

        if (w->phase != PHASE_TLS || w->owner != party_of(side) ||
            !(left || (w->open && timers_reached(w->seconds, threshold(THRESHOLD_TLS_STALL)))) ||
            !judge_trusts_silence(j, side, w->from)) {
            continue;
        }
        record = record_before(j, w->from);
        if (!record || record->side == side || may_be_farewell(record)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_TLS, w->from);
        f->waited_s = w->seconds;
        f->fatal = side == SIDE_SERVER;
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show_at(f, record, record->last);
        judge_show(f, e);
        judge_say(f, "inside TLS the %s sent nothing for %s after the last record of the %s",
                  party_words[party_of(side)], judge_span(w->seconds).s,
                  party_words[party_of(side_other(side))]);
        if (side == SIDE_SERVER &&
            (double)record->facts->run.bytes >= threshold(THRESHOLD_BURST_BYTES)) {
            judge_say(f, ", which ended a run of %s (probably a message)",
                      words_size(record->facts->run.bytes).s);
        }
        say_end(f, w);
        return;
    }
}

void rule_greeting_timeout(struct judge *j, const struct rule *rule)
{
    if (j->s->smtp.first_server.packet ||
        (j->s->end[SIDE_SERVER].port == PORT_SMTPS && !session_is_opened(j->s)) ||
        j->s->tcp.midstream || j->d->capture == CAPTURE_ONE_SIDED) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        struct finding *f;

        if (w->phase != PHASE_GREETING || w->owner != PARTY_SERVER || !ran_out(w)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_GREETING, w->from);
        f->fatal = true;
        f->waited_s = w->seconds;
        judge_show_at(f, j->course.synack ? j->course.synack : j->s->events, w->from);
        judge_say(f, "the connection was up, but the server sent no greeting for %s",
                  judge_span(w->seconds).s);
        say_end(f, w);
        if (!judge_trusts_silence(j, SIDE_SERVER, w->from)) {
            judge_unprove(f, "bytes of the server are missing from the capture");
        }
        j->given_up = w;
        return;
    }
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
        f = judge_raise(j, rule, PHASE_DATA, w->from);
        f->fatal = judge_was_pending(j);
        f->points_to = w->owner;
        f->waited_s = w->seconds;
        judge_show_at(f, w->outstanding ? w->outstanding : j->s->events, w->from);
        judge_say(f, "the content stood still for %s: %s", judge_span(w->seconds).s,
                  w->owner == PARTY_SERVER ? "the server did not read"
                                           : "what was sent was not acknowledged");
        if (waiting_gave_up(w)) {
            judge_show(f, w->ended_by);
            judge_say(f, "; the client gave up");
            say_timer(f, PHASE_DATA, SIDE_CLIENT, w->seconds);
            j->given_up = w;
        }
        return;
    }
}

void rule_client_too_short(struct judge *j, const struct rule *rule)
{
    const struct wait *w = j->given_up;
    const struct phase_limit *limit;
    struct finding *f;

    if (!w || w->owner != PARTY_SERVER || !waiting_gave_up(w) || w->phase == PHASE_QUIT ||
        w->phase == PHASE_DATA || !judge_trusts_silence(j, SIDE_SERVER, w->from)) {
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
}

/* The server turned away from a client whose turn it was. */
static const struct wait *idle_wait(const struct judge *j)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        const struct event *e = w->ended_by;

        if (w->owner != PARTY_CLIENT || !e || e->side != SIDE_SERVER ||
            !timers_reached(w->seconds, threshold(THRESHOLD_IDLE_CLOSE))) {
            continue;
        }
        if (e->kind == EVENT_FIN && !j->course.quit && !j->course.before_end.in_tls) {
            return w;
        }
        if (e->kind == EVENT_REPLY && e->facts->reply.code >= 400 && e->facts->reply.code < 500 &&
            (e->facts->reply.to == REPLY_TO_NOTHING || e->facts->reply.code == 421)) {
            return w;
        }
    }
    return NULL;
}

void rule_server_idle(struct judge *j, const struct rule *rule)
{
    const struct wait *w = idle_wait(j);
    const struct tcp_side *client = &j->s->tcp.side[SIDE_CLIENT];
    struct finding *f;

    if (!w || client->acked < client->sent) {
        return;
    }
    f = judge_raise(j, rule, w->phase, w->from);
    f->waited_s = w->seconds;
    f->fatal = j->course.before_end.tx || w->phase == PHASE_DATA || w->phase == PHASE_AUTH;
    f->severity = f->fatal ? SEVERITY_ERROR : SEVERITY_NOTICE;
    judge_show_at(f, w->ended_by, w->from);
    judge_show(f, w->ended_by);
    judge_say(f, "the client was silent for %s although it was its turn; the server ",
              judge_span(w->seconds).s);
    if (w->ended_by->kind == EVENT_REPLY) {
        judge_say(f, "said %u and closed", (unsigned)w->ended_by->facts->reply.code);
    } else {
        judge_say(f, "closed");
    }
    say_timer(f, PHASE_IDLE, SIDE_SERVER, w->seconds);
    if (!f->fatal) {
        judge_say(f, "; no mail was under way");
    }
    if (!judge_trusts_silence(j, SIDE_CLIENT, w->from)) {
        judge_unprove(f, "bytes of the client are missing from the capture");
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

/* The client never came to know this reply: it had left, or the network lost it. */
static bool reply_missed(const struct judge *j, const struct event *reply)
{
    const struct event *left = j->course.ending;

    if (reply->acked.packet) {
        return false;
    }
    if (left && left->side == SIDE_CLIENT && !j->course.quit &&
        left->first.time_ns <= reply->first.time_ns) {
        return true;
    }
    /* The client's host answered the reply with a RST: nobody was there to read it. */
    return j->given_up && j->given_up->until.time_ns <= reply->first.time_ns;
}

/* What a reply that came too late says about the fate of the message. */
static void say_risk(struct finding *f, const struct event *late)
{
    unsigned code = late ? late->facts->reply.code : 0;

    f->fatal = code < 400;
    judge_say(
        f,
        "the server acknowledged the complete message, and the session ended %s later without the "
        "client having a reply",
        judge_span(f->waited_s).s);
    if (code >= 400) {
        f->severity = SEVERITY_NOTICE;
        judge_say(f, "; the server refused it with %u when the client had left: a retry is safe",
                  code);
    } else if (code) {
        judge_say(
            f,
            "; the server accepted it with %u when the client had left: a retry delivers it twice",
            code);
    } else {
        judge_say(f, "; a retry may deliver it twice");
    }
    judge_show(f, late);
}

void rule_duplicate_risk(struct judge *j, const struct rule *rule)
{
    const struct event *content = j->course.before_end.open;
    const struct event *reply;
    const struct event *end = j->course.ending;
    struct finding *f;
    bool gave_up = j->given_up && j->given_up->phase == PHASE_EOD && j->given_up->ended_by;

    if (gave_up) {
        content = j->given_up->outstanding;
        end = j->given_up->ended_by;
    }
    if (!content || !end || (content->kind != EVENT_CONTENT && content->kind != EVENT_CHUNK) ||
        waiting_phase_of(content) != PHASE_EOD || content->facts->content.missing ||
        !judge_acked(j, SIDE_CLIENT, content->end) ||
        !judge_trusts_silence(j, SIDE_SERVER, content->last) ||
        (j->course.quit && !gave_up && end->side == SIDE_CLIENT && end->kind == EVENT_FIN)) {
        return;
    }
    reply = waiting_reply_to(content);
    if (reply && !reply_missed(j, reply)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_EOD, content->acked.packet ? content->acked : content->last);
    f->waited_s = judge_seconds(f->at, end->first);
    f->points_to =
        end->side == SIDE_SERVER || !j->given_up ? party_of((enum side)end->side) : PARTY_SERVER;
    judge_show_at(f, content, content->last);
    judge_show_at(f, content, content->acked);
    judge_show(f, end);
    say_risk(f, reply);
    if (!reply || reply->facts->reply.code < 400) {
        fate_say(j, f, content->facts->content.tx, content->last,
                 reply ? reply->first : end->first);
    }
}

static bool is_slow(const struct wait *w, enum severity *severity)
{
    bool eod = w->phase == PHASE_EOD;

    if (w->seconds < threshold(eod ? THRESHOLD_SLOW_EOD_NOTICE : THRESHOLD_SLOW_NOTICE)) {
        return false;
    }
    *severity = w->seconds < threshold(eod ? THRESHOLD_SLOW_EOD_WARNING : THRESHOLD_SLOW_WARNING)
                    ? SEVERITY_NOTICE
                    : SEVERITY_WARNING;
    return true;
}

/* Replies that all took the same time, whatever was asked: no load does that, a setting does. */
static unsigned equal_waits(const struct judge *j, const struct wait *like)
{
    unsigned n = 0;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        n += w->owner == PARTY_SERVER && w->outstanding && w->ended_by &&
             w->ended_by->kind == EVENT_REPLY && w->phase != PHASE_GREETING &&
             fabs(w->seconds - like->seconds) <= threshold(THRESHOLD_TARPIT_SPREAD);
    }
    return n;
}

/* The longest of each phase; the greeting has a rule of its own, QUIT does not matter. */
void rule_slow_reply(struct judge *j, const struct rule *rule)
{
    const struct wait *longest[PHASE_COUNT] = {NULL};

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->owner == PARTY_SERVER && w->outstanding && w->ended_by &&
            w->ended_by->kind == EVENT_REPLY && w->phase != PHASE_GREETING &&
            w->phase != PHASE_QUIT && w->phase != PHASE_TLS &&
            w->ended_by == waiting_reply_to(w->outstanding) &&
            !(j->given_up && j->given_up->until.time_ns <= w->until.time_ns) &&
            (!longest[w->phase] || w->seconds > longest[w->phase]->seconds)) {
            longest[w->phase] = w;
        }
    }
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        const struct wait *w = longest[phase];
        enum severity severity;
        struct finding *f;

        if (!w || !is_slow(w, &severity) || !judge_trusts_silence(j, SIDE_SERVER, w->from)) {
            continue;
        }
        f = judge_raise(j, rule, w->phase, w->from);
        f->severity = severity;
        f->waited_s = w->seconds;
        judge_show_at(f, w->outstanding, w->outstanding->last);
        judge_show(f, w->ended_by);
        judge_say(f, "the reply to %s took %s", asked_words(w), judge_span(w->seconds).s);
        if (equal_waits(j, w) >= threshold(THRESHOLD_TARPIT_COUNT)) {
            f->points_to = PARTY_POLICY;
            judge_say(f,
                      "; %u replies of this session took as long to within 50 ms: a deliberate "
                      "pause (tarpit)",
                      equal_waits(j, w));
        }
    }
}

void rule_greeting_delay(struct judge *j, const struct rule *rule)
{
    const struct event *g = j->s->smtp.greeting;
    struct mark up = j->s->tcp.established;
    double first, whole;
    struct finding *f;

    if (!g || g->facts->reply.code != 220 || !up.packet || g->last.time_ns < up.time_ns) {
        return;
    }
    first = judge_seconds(up, g->first);
    whole = judge_seconds(up, g->last);
    if (whole < threshold(THRESHOLD_GREETING_NOTICE)) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->phase == PHASE_GREETING && w->owner != PARTY_SERVER) {
            return; /* the network's doing */
        }
    }
    if (first < 1 && g->facts->reply.lines > 1 && judge_raised(j, "early-talker")) {
        return; /* the test did what it is for */
    }
    f = judge_raise(j, rule, PHASE_GREETING, up);
    f->waited_s = whole;
    judge_show(f, g);
    judge_show_at(f, g, g->last);
    if (first < 1 && g->facts->reply.lines > 1) {
        f->severity = SEVERITY_INFO;
        judge_say(
            f,
            "the first line of the greeting came at once, the rest after %s: the pregreet test of "
            "postscreen",
            judge_span(whole).s);
        return;
    }
    f->severity =
        whole < threshold(THRESHOLD_GREETING_WARNING) ? SEVERITY_NOTICE : SEVERITY_WARNING;
    judge_say(f, "the greeting came %s after the connection was up", judge_span(whole).s);
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

        if (w->phase != PHASE_GREETING || w->seconds < threshold(THRESHOLD_DEADLOCK) ||
            w->outstanding) {
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
        return;
    }
}
