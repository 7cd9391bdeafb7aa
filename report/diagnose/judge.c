/* judge.c - how rules look at a session and how they speak; memory for what they say. */
#include "report/diagnose/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/diagnose/loss.h"
#include "report/diagnose/memory.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/trust.h"
#include "report/words.h"

enum { SUMMARY_MAX = 420, WIRE_QUOTED_MAX = 160 };

void *judge_alloc(struct judge *j, size_t size)
{
    return diagnosis_alloc(j->d, size);
}

double judge_seconds(struct mark from, struct mark until)
{
    return (double)(until.time_ns - from.time_ns) / 1e9;
}

struct finding *judge_raise(struct judge *j, const struct rule *rule, enum phase phase,
                            struct mark at)
{
    struct finding *f = judge_alloc(j, sizeof *f);

    f->rule = rule;
    if (rule->phased) {
        snprintf(f->id, sizeof f->id, "%s-%s", rule->id, phase_words[phase]);
    } else {
        strncpy(f->id, rule->id, sizeof f->id - 1);
    }
    f->severity = rule->severity;
    f->points_to = rule->points_to;
    f->confidence = CONFIDENCE_HIGH;
    f->phase = phase;
    f->at = at;
    f->summary.s = judge_alloc(j, SUMMARY_MAX + 1);
    *j->tail = f;
    j->tail = &f->next;
    return f;
}

void judge_show_at(struct finding *f, const struct event *e, struct mark packet)
{
    size_t at = f->evidence_count;

    if (!e || !packet.packet || at == FINDING_EVIDENCE_MAX) {
        return;
    }
    while (at > 0 && f->frames[at - 1].packet > packet.packet) {
        f->evidence[at] = f->evidence[at - 1];
        f->frames[at] = f->frames[at - 1];
        at--;
    }
    f->evidence[at] = e;
    f->frames[at] = packet;
    f->evidence_count++;
}

void judge_show(struct finding *f, const struct event *e)
{
    if (e) {
        judge_show_at(f, e, e->first);
    }
}

static void append(struct finding *f, const char *s, size_t len)
{
    size_t left = SUMMARY_MAX - f->summary.len;
    /* The finding owns this memory; text.s is const for its readers. */
    char *to = (char *)(uintptr_t)f->summary.s + f->summary.len;

    if (len > left) {
        len = left;
        f->summary.cut = true;
    }
    memcpy(to, s, len);
    f->summary.len += (uint32_t)len;
}

void judge_say(struct finding *f, const char *format, ...)
{
    char line[SUMMARY_MAX + 1];
    va_list args;
    int n;

    if (!strchr(format, '%')) { /* most of what is said is said as it stands */
        append(f, format, strlen(format));
        return;
    }
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0) {
        append(f, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    }
}

void judge_say_wire(struct finding *f, struct text wire)
{
    f->wire_text = true;
    append(f, wire.s, wire.len < WIRE_QUOTED_MAX ? wire.len : WIRE_QUOTED_MAX);
    if (wire.len > WIRE_QUOTED_MAX) {
        append(f, "...", 3);
    }
}

struct words judge_span(double seconds)
{
    return words_duration(seconds);
}

void judge_unprove(struct finding *f, const char *why)
{
    f->unproven = true;
    f->fatal = false;
    f->confidence = CONFIDENCE_LOW;
    if (f->severity > SEVERITY_NOTICE) {
        f->severity = SEVERITY_NOTICE;
    }
    judge_say(f, " (unproven: %s)", why);
}

const struct finding *judge_raised(const struct judge *j, const char *rule_id)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (strcmp(f->rule->id, rule_id) == 0) {
            return f;
        }
    }
    return NULL;
}

/* Its own reset stands further on in the stream than what was captured of it. */
static bool reset_tells_of_more(const struct judge *j, enum side side)
{
    const struct event *rst = j->course.rst[side];

    return rst && rst->facts->rst.offset_delta > 0;
}

/* The other side's reset acknowledges more than what was captured. */
static bool reset_knows_more(const struct judge *j, enum side side)
{
    const struct event *rst = j->course.rst[side_other(side)];
    const struct tcp_side *t = &j->s->tcp.side[side];

    return rst && rst->peer_ack > t->sent + (t->fin.packet ? 1 : 0);
}

/* The other side said later how much it had received. */
static bool is_confirmed(const struct judge *j, enum side side, struct mark from)
{
    return j->s->tcp.side[side_other(side)].last.time_ns > from.time_ns;
}

/* A gap is dated by the first packet that showed it: what is missing may have been sent later. It
 * was not, when the other side had all of it by then, or when something of this side came behind
 * it. */
static bool may_reach_into(const struct judge *j, const struct event *gap, struct mark from)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->first.time_ns > from.time_ns || e->kind == EVENT_GAP) {
            continue;
        }
        if (e->side == gap->side ? e->end > e->offset && e->offset >= gap->end
                                 : e->peer_ack >= gap->end) {
            return false;
        }
    }
    return true;
}

bool judge_is_unvouched(const struct judge *j, struct mark from)
{
    const struct tcp_side *side = j->s->tcp.side;
    int64_t last_ns = side[SIDE_CLIENT].last.time_ns > side[SIDE_SERVER].last.time_ns
                          ? side[SIDE_CLIENT].last.time_ns
                          : side[SIDE_SERVER].last.time_ns;

    return !j->course.ending && last_ns - from.time_ns < j->s->capture_end_ns - last_ns &&
           loss_is_common();
}

const char *judge_why_untrusted(const struct judge *j, enum side side, struct mark from)
{
    if (judge_is_unvouched(j, from) && j->d->capture != CAPTURE_LOSSY) {
        return loss_words();
    }
    return side == SIDE_SERVER ? "bytes of the server are missing from the capture"
                               : "bytes of the client are missing from the capture";
}

bool judge_trusts_silence(const struct judge *j, enum side side, struct mark from)
{
    const struct tcp_side *t = &j->s->tcp.side[side];

    if (j->d->capture == CAPTURE_ONE_SIDED && t->packets == 0) {
        return false;
    }
    if (trust_lacks_end(j->s, side)) {
        return false;
    }
    if (reset_tells_of_more(j, side) || reset_knows_more(j, side)) {
        return false;
    }
    /* A capture that lost packets of this session may have lost the last ones, too. */
    if ((j->d->capture == CAPTURE_LOSSY || trust_lacks_handshake(j->s)) &&
        !is_confirmed(j, side, from)) {
        return false;
    }
    if (judge_is_unvouched(j, from)) {
        return false;
    }
    if (!t->gap_count && !t->snapped) {
        return true;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == side &&
            (e->last.time_ns >= from.time_ns || may_reach_into(j, e, from))) {
            return false;
        }
    }
    return true;
}

bool judge_heard_nothing(const struct judge *j, enum side side, const struct wait *w)
{
    const struct event *e = w->ended_by;
    bool tells = e && e->side != side &&
                 (e->kind == EVENT_FIN || e->kind == EVENT_REPLY || e->kind == EVENT_COMMAND ||
                  (e->kind == EVENT_RST && !e->facts->rst.bare));

    return tells && j->d->capture != CAPTURE_ONE_SIDED &&
           e->peer_ack <= j->s->tcp.side[side].sent && !trust_lacks_octets(j->s, side) &&
           !trust_lacks_octets(j->s, side_other(side)) && !reset_tells_of_more(j, side);
}

bool judge_was_silent(const struct judge *j, enum side side, const struct wait *w)
{
    return judge_trusts_silence(j, side, w->from) || judge_heard_nothing(j, side, w);
}

bool judge_lacks_answer_to(const struct judge *j, const struct event *reply)
{
    const struct event *fin = j->course.fin[SIDE_CLIENT];

    if (!fin || fin->first.time_ns > reply->first.time_ns || reply->acked.packet || j->given_up ||
        j->s->tcp.side[SIDE_CLIENT].last.time_ns > reply->last.time_ns) {
        return false;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == SIDE_SERVER && e->offset < reply->end &&
            e->last.time_ns > reply->first.time_ns) {
            return false;
        }
    }
    return true;
}

bool judge_may_read_on(const struct judge *j, const struct event *message)
{
    const struct course *c = &j->course;
    const struct event *reply;

    if (!message || (message->kind != EVENT_CONTENT && message->kind != EVENT_CHUNK)) {
        return false;
    }
    reply = waiting_reply_to(message);
    if (reply) {
        return judge_lacks_answer_to(j, reply);
    }
    return c->fin[SIDE_CLIENT] && !j->given_up && message->facts->content.complete &&
           !c->fin[SIDE_SERVER] && !c->rst[SIDE_SERVER] && !c->rst[SIDE_CLIENT];
}

bool judge_acked(const struct judge *j, enum side side, uint64_t end)
{
    return j->s->tcp.side[side].acked >= end && end > 0;
}

static bool is_parting(const struct event *open)
{
    return open->kind == EVENT_COMMAND &&
           (open->facts->command.verb == VERB_QUIT || open->facts->command.verb == VERB_RSET);
}

/* Its last words say that it has had enough ("too many errors", Exim's "too many nonmail
 * commands"): it hangs up, whatever is asked next. */
static bool had_enough(const struct event *reply)
{
    return rules_mentions(reply->facts->reply.full, "too many");
}

bool judge_end_is_explained(const struct judge *j)
{
    const struct course *c = &j->course;

    if (c->farewell && (!c->ending || c->farewell->first.time_ns <= c->ending->first.time_ns)) {
        return true;
    }
    if (!c->last_reply || c->last_reply->facts->reply.code < 400) {
        return false;
    }
    /* The server hung up behind its refusal, before it had what the client asked next. */
    if (c->ending && c->ending->kind == EVENT_FIN && c->ending->side == SIDE_SERVER &&
        c->before_end.open && c->ending->peer_ack <= c->before_end.open->offset) {
        return true;
    }
    if (c->ending && c->ending->side == SIDE_SERVER && had_enough(c->last_reply)) {
        return true;
    }
    /* A refusal that nobody could match with a command may be the answer to this one. */
    return !c->before_end.open || is_parting(c->before_end.open) ||
           (!c->last_reply->facts->reply.answers &&
            c->last_reply->first.time_ns >= c->before_end.open->last.time_ns);
}

bool judge_has_transport_cause(const struct judge *j)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->fatal && f->rule->cause == CAUSE_TRANSPORT) {
            return true;
        }
    }
    return false;
}

/* The server took the content for complete although its end is not the one of RFC 5321: then it
 * is, for the mail. */
bool judge_content_taken(const struct judge *j, const struct event *content)
{
    const struct event *reply = j->course.last_reply;
    const struct event *asked = reply ? reply->facts->reply.answers : NULL;

    return reply && reply->facts->reply.code / 100 == 2 &&
           reply->first.time_ns >= content->first.time_ns && (!asked || asked == content);
}

bool judge_was_pending(const struct judge *j)
{
    const struct standing *st = &j->course.before_end;

    if (st->open && (st->open->kind == EVENT_CONTENT || st->open->kind == EVENT_CHUNK) &&
        judge_content_taken(j, st->open)) {
        return false;
    }
    if (st->open) {
        return !is_parting(st->open); /* with RSET it had given up the mail itself */
    }
    return st->tx && !(st->tx->rejected_count && !st->tx->accepted_count);
}

bool judge_all_accepted(const struct judge *j)
{
    bool any = j->s->smtp.accepted_count > 0;

    for (const struct transaction *tx = j->s->smtp.transactions; tx; tx = tx->next) {
        if (tx->outcome != TX_ACCEPTED) {
            return false;
        }
    }
    return any;
}
