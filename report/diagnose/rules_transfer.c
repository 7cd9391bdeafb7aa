/* rules_transfer.c - messages that go through, but slowly, and devices that spoil the options of
 * TCP that would make them fast.
 */
#include "report/diagnose/rules_all.h"

enum { SHARE_THAT_EXPLAINS = 2 /* more than one in two */, WINDOW_FIELD_MAX = 65535 };

static double seconds_of(const struct event *content)
{
    const struct content_facts *c = &content->facts->content;

    return judge_seconds(content->first, c->end.packet ? c->end : content->last);
}

/* What held it up, by what the packets show. */
static void say_reason(struct judge *j, struct finding *f, const struct event *content)
{
    const struct content_facts *c = &content->facts->content;
    const struct tcp_side *client = &j->s->tcp.side[SIDE_CLIENT];
    const struct tcp_stress *t = client->stress;
    double seconds = seconds_of(content), paused = (double)c->pauses.total_ns / 1e9;

    if (client->bytes && (double)client->retransmitted_bytes >=
                             threshold(THRESHOLD_LOSS_SHARE) * (double)client->bytes) {
        judge_say(f, "; %.1f %% of it had to be sent again: the path loses packets",
                  (double)client->retransmitted_bytes / (double)client->bytes * 100);
    } else if (paused * SHARE_THAT_EXPLAINS > seconds) {
        f->points_to = PARTY_CLIENT;
        judge_say(f, "; for %s of it the client sent nothing", judge_span(paused).s);
    } else if (t && t->acks_full * SHARE_THAT_EXPLAINS > t->acks) {
        f->points_to = PARTY_SERVER;
        judge_say(f, "; the server's window was full most of the time (at most %s)",
                  words_size(t->window_most).s);
    } else {
        judge_say(f, "; neither loss, nor pauses, nor the window explain it: the path is slow");
    }
}

void rule_slow_transfer(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        double seconds, rate;
        struct finding *f;

        if ((e->kind != EVENT_CONTENT && e->kind != EVENT_CHUNK) || e->facts->content.missing ||
            (double)e->facts->content.bytes < threshold(THRESHOLD_SLOW_BYTES)) {
            continue;
        }
        seconds = seconds_of(e);
        rate = seconds > 0 ? (double)e->facts->content.bytes / seconds : 0;
        if (seconds < threshold(THRESHOLD_SLOW_SPAN) || rate >= threshold(THRESHOLD_SLOW_RATE)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, e->first);
        f->waited_s = seconds;
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        judge_say(f, "%s of content took %s, %s a second", words_size(e->facts->content.bytes).s,
                  judge_span(seconds).s, words_size((uint64_t)rate).s);
        say_reason(j, f, e);
        return;
    }
}

/* The sender fills the window field as it stands on the wire, never more, although it is scaled. */
void rule_window_scale(struct judge *j, const struct rule *rule)
{
    for (int i = 0; i < SIDES; i++) {
        const struct tcp_side *me = &j->s->tcp.side[i];
        const struct tcp_side *peer = &j->s->tcp.side[side_other((enum side)i)];
        const struct tcp_stress *t = me->stress;
        enum vantage near = i == SIDE_CLIENT ? VANTAGE_CLIENT : VANTAGE_SERVER;
        struct finding *f;

        if (!t || me->scale == 0xff || peer->scale == 0xff || j->d->vantage != near ||
            (double)me->bytes < threshold(THRESHOLD_SCALE_BYTES) || !t->window_raw_most ||
            t->window_raw_most == WINDOW_FIELD_MAX ||
            t->window_most < threshold(THRESHOLD_SCALE_TIMES) * t->window_raw_most ||
            t->flight_most > t->window_raw_most ||
            t->flight_most + me->largest < t->window_raw_most) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, me->syn);
        f->confidence = CONFIDENCE_LOW;
        judge_show_at(f, j->course.synack ? j->course.synack : j->s->events, me->syn);
        judge_say(f,
                  "the %s never had more than %u octets under way, just what the window field says "
                  "unscaled (%u), although %s were allowed",
                  party_words[party_of((enum side)i)], (unsigned)t->flight_most,
                  (unsigned)t->window_raw_most, words_size(t->window_most).s);
        return;
    }
}

void rule_sack_outside(struct judge *j, const struct rule *rule)
{
    for (int i = 0; i < SIDES; i++) {
        const struct tcp_stress *t = j->s->tcp.side[i].stress;
        struct finding *f;

        if (!t || t->sacks_outside < threshold(THRESHOLD_SACKS_OUTSIDE) ||
            j->d->capture == CAPTURE_ONE_SIDED || j->s->tcp.midstream) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, t->sack_outside);
        judge_show_at(f, j->s->events, t->sack_outside);
        judge_say(f,
                  "%u selective acknowledgements of the %s name bytes far from any that the %s "
                  "sent, although its acknowledgements fit",
                  (unsigned)t->sacks_outside, party_words[party_of(side_other((enum side)i))],
                  party_words[party_of((enum side)i)]);
        return;
    }
}
