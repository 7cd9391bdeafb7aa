/* rules_duplicate.c - a message the server has and the client does not know of: sent again, it
 * arrives twice (RFC 1047). */
#include "report/diagnose/fate.h"
#include "report/diagnose/path.h"
#include "report/diagnose/rules_all.h"

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

/* The server's 250, sent again and again, which nothing acknowledged any more. */
static const struct event *unheard_reply(const struct judge *j)
{
    const struct event *reply = j->course.last_reply;
    const struct event *asked = reply ? reply->facts->reply.answers : NULL;

    if (!asked || (asked->kind != EVENT_CONTENT && asked->kind != EVENT_CHUNK) ||
        waiting_phase_of(asked) != PHASE_EOD || reply->facts->reply.code / 100 != 2 ||
        reply->acked.packet || j->d->capture != CAPTURE_FULL ||
        !judge_raised(j, "retransmission-exhausted")) {
        return NULL;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == SIDE_SERVER && e->offset <= reply->offset &&
            e->facts->retransmit.peer_packets == 0 && path_is_stuck(j, e)) {
            return judge_trusts_silence(j, SIDE_CLIENT, reply->last) ? reply : NULL;
        }
    }
    return NULL;
}

static void tell_unheard(struct judge *j, const struct rule *rule, const struct event *reply)
{
    const struct event *content = reply->facts->reply.answers;
    struct finding *f = judge_raise(j, rule, PHASE_EOD, j->s->last);

    f->fatal = true;
    f->points_to = PARTY_NETWORK;
    f->waited_s = judge_seconds(reply->last, j->s->last);
    judge_show_at(f, content, content->last);
    judge_show(f, reply);
    judge_say(f,
              "the server accepted the message with %u, and nothing acknowledged that in %s: where "
              "the client did not get it, a retry delivers it twice",
              (unsigned)reply->facts->reply.code, judge_span(f->waited_s).s);
    fate_say(j, f, content->facts->content.tx, content->last, reply->last);
}

void rule_duplicate_risk(struct judge *j, const struct rule *rule)
{
    const struct event *content = j->course.before_end.open;
    const struct event *reply;
    const struct event *end = j->course.ending;
    const struct finding *hasty = judge_raised(j, "client-timeout-too-short");
    struct finding *f;
    bool gave_up = j->given_up && j->given_up->phase == PHASE_EOD && j->given_up->ended_by;
    bool acked; /* before the end: a client may close at once */

    if ((reply = unheard_reply(j))) {
        tell_unheard(j, rule, reply);
        return;
    }
    if (gave_up) {
        content = j->given_up->outstanding;
        end = j->given_up->ended_by;
    }
    if (!content || !end || (content->kind != EVENT_CONTENT && content->kind != EVENT_CHUNK) ||
        waiting_phase_of(content) != PHASE_EOD || content->facts->content.missing ||
        !judge_acked(j, SIDE_CLIENT, content->end) ||
        end->first.time_ns < content->last.time_ns || /* it went on: that was no end of it */
        !judge_trusts_silence(j, SIDE_SERVER, content->last) ||
        (end->kind == EVENT_RST && !judge_trusts_silence(j, SIDE_CLIENT, content->last)) ||
        (j->course.quit && !gave_up && end->side == SIDE_CLIENT && end->kind == EVENT_FIN)) {
        return;
    }
    reply = waiting_reply_to(content);
    if (reply && !reply_missed(j, reply)) {
        return;
    }
    acked = content->acked.packet && content->acked.time_ns <= end->first.time_ns;
    f = judge_raise(j, rule, PHASE_EOD, acked ? content->acked : content->last);
    f->waited_s = judge_seconds(f->at, end->first);
    f->points_to = end->side == SIDE_SERVER || !j->given_up || (hasty && hasty->fatal)
                       ? party_of((enum side)end->side)
                       : PARTY_SERVER;
    judge_show_at(f, content, content->last);
    judge_show_at(f, content, content->acked);
    judge_show(f, end);
    say_risk(f, reply);
    if (!reply || reply->facts->reply.code < 400) {
        fate_say(j, f, content->facts->content.tx, content->last,
                 reply ? reply->first : end->first);
    }
    if (judge_may_read_on(j, content)) {
        judge_unprove(f, "what the client's host answered is missing from the capture");
    }
}
