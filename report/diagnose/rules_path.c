/* rules_path.c - paths that lose packets: one way, both ways, now and then, or since a device on
 * them forgot the connection.
 *
 * These keep blame from the wrong side: where bytes are not acknowledged nobody's application is
 * late. None of them waits for an end on the wire: on a dead path a FIN never appears.
 */
#include "report/diagnose/path.h"
#include "report/diagnose/rules_all.h"

enum { SMALL_SEGMENT = 536 /* RFC 9293 section 3.7.1: passes everywhere */, HEARD_FOR_SURE = 3 };

static const char *name_of(enum side side)
{
    return party_words[party_of(side)];
}

/* The peer sent nothing at all since these bytes, or only the RST that ended it. */
static bool peer_is_silent(const struct judge *j, const struct event *e)
{
    const struct tcp_side *peer = &j->s->tcp.side[side_other((enum side)e->side)];
    uint32_t resets = peer->rst.packet && peer->rst.time_ns >= e->first.time_ns ? 1 : 0;

    return e->facts->retransmit.peer_packets <= resets;
}

static struct finding *raise_for(struct judge *j, const struct rule *rule, const struct event *e)
{
    struct finding *f = judge_raise(j, rule, path_phase(j, e), e->first);

    f->fatal = true;
    f->waited_s = judge_seconds(e->first, e->last);
    judge_show(f, e);
    judge_show_at(f, e, e->last);
    return f;
}

bool path_peer_was_gone(const struct judge *j, enum side side, struct mark from)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == side && e->first.time_ns >= from.time_ns &&
            !e->facts->retransmit.keep_alive && e->facts->retransmit.peer_packets == 0) {
            return j->d->capture != CAPTURE_ONE_SIDED;
        }
    }
    return false;
}

bool path_was_unheard(const struct judge *j, enum side side, struct mark until)
{
    const struct tcp_side *me = &j->s->tcp.side[side];

    if (me->acked >= me->sent) {
        return false;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == side && e->first.time_ns <= until.time_ns &&
            !e->facts->retransmit.keep_alive && !e->acked.packet) {
            return true;
        }
    }
    /* New bytes behind that moment, which the other side had left by then, say nothing of it. */
    return me->last_new.time_ns <= until.time_ns;
}

bool path_was_heard(const struct judge *j, const struct event *said)
{
    const struct tcp_side *peer = &j->s->tcp.side[side_other((enum side)said->side)];

    return said->acked.packet || peer->last.time_ns >= said->first.time_ns;
}

/* --- a device that forgot the connection --- */

/* Bytes of this side, sent after a long silence, of which nothing was acknowledged. Whether it is
 * this connection alone that nothing gets through on, only others of the same hosts tell. */
static const struct tcp_stress *unheard_after_silence(const struct judge *j, enum side side)
{
    const struct tcp_side *me = &j->s->tcp.side[side];
    const struct tcp_stress *t = me->stress;

    return t && t->quiet_ns && me->acked <= t->quiet_offset &&
                   (double)t->quiet_ns / 1e9 >= threshold(THRESHOLD_STATE_IDLE) &&
                   j->d->capture != CAPTURE_ONE_SIDED
               ? t
               : NULL;
}

static const struct event *resent_in_vain(const struct judge *j, enum side side, uint64_t from)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == side && !e->facts->retransmit.keep_alive &&
            e->offset >= from && e->facts->retransmit.count >= threshold(THRESHOLD_STATE_RESENT) &&
            e->facts->retransmit.peer_packets == 0) {
            return e;
        }
    }
    return NULL;
}

/* A RST that came instead of an answer and does not fit the connection: whoever sent it does not
 * know the connection any more. */
static const struct event *strange_reset(const struct judge *j, enum side side, struct mark from)
{
    const struct event *rst = NULL;

    for (const struct event *e = j->s->events; e && !rst; e = e->next) {
        if (e->kind == EVENT_RST && e->side == side && e->first.time_ns >= from.time_ns) {
            rst = e;
        }
    }
    return rst && !rst->facts->rst.exact && !rst->facts->rst.at_acked &&
                   judge_seconds(from, rst->first) < threshold(THRESHOLD_GIVE_UP)
               ? rst
               : NULL;
}

void rule_state_lost(struct judge *j, const struct rule *rule)
{
    for (int i = 0; i < SIDES; i++) {
        enum side side = (enum side)i, other = side_other(side);
        const struct tcp_stress *t = unheard_after_silence(j, side);
        const struct event *resent =
            t && t->others_worked ? resent_in_vain(j, side, t->quiet_offset) : NULL;
        const struct event *rst =
            t && t->others_worked && !resent ? strange_reset(j, other, t->quiet_until) : NULL;
        struct finding *f;

        if (!resent && !rst) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, t->quiet_until);
        f->fatal = true;
        f->confidence = resent ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
        f->waited_s = (double)t->quiet_ns / 1e9;
        judge_show_at(f, resent ? resent : rst, t->quiet_from);
        judge_show_at(f, resent ? resent : rst, t->quiet_until);
        judge_show(f, resent ? resent : rst);
        judge_say(f, "after %s without a packet the %s sent again", judge_span(f->waited_s).s,
                  name_of(side));
        if (resent) {
            judge_show_at(f, resent, resent->last);
            judge_say(f, ", %u times in %s, and not one packet came back",
                      (unsigned)resent->facts->retransmit.count + 1,
                      judge_span(judge_seconds(t->quiet_until, resent->last)).s);
        } else {
            judge_say(f, ", and a RST that does not fit the connection came back");
        }
        judge_say(f, "; another connection of these hosts came up meanwhile and worked");
        return;
    }
}

/* --- nothing comes back, or nothing gets there --- */

double path_at_once(const struct judge *j)
{
    int64_t trip = j->s->tcp.syn_to_synack_ns + j->s->tcp.synack_to_ack_ns; /* unknown: -1 each */

    return (double)(trip > 0 ? trip : 0) / 1e9 + threshold(THRESHOLD_RESET_AT_ONCE);
}

/* The peer's host answered the last of them with a RST: they got there, and found nobody. One that
 * acknowledges nothing answers something, whether that was captured or not. */
static bool was_answered_by_reset(const struct judge *j, const struct event *e)
{
    const struct event *rst = j->course.rst[side_other((enum side)e->side)];
    double late = rst ? judge_seconds(e->last, rst->first) : -1;

    return late >= 0 && (late <= path_at_once(j) || rst->facts->rst.bare);
}

/* When they got there at last, their sender had given up: it answered the answer with a RST, and
 * had said nothing new. */
static bool got_there_too_late(const struct judge *j, const struct event *e)
{
    const struct event *rst = j->course.rst[e->side];
    double late = rst && rst == j->course.ending ? judge_seconds(e->last, rst->first) : -1;

    return late >= 0 && late <= path_at_once(j) && !e->facts->retransmit.keep_alive &&
           e->facts->retransmit.peer_packets <= 1 &&
           j->s->tcp.side[e->side].sent <= e->offset + e->facts->retransmit.len &&
           j->d->capture != CAPTURE_ONE_SIDED;
}

/* So often in vain that nothing gets through; behind a long silence it takes less, once its sender
 * gave up. */
static bool is_exhausted(const struct judge *j, const struct event *e, bool silence)
{
    const struct retransmit_facts *r = &e->facts->retransmit;

    if ((r->peer_packets > 0 && !got_there_too_late(j, e)) || path_is_black_hole(j, e)) {
        return false;
    }
    return (silence && j->course.ending) ||
           (r->count + 1 >= threshold(THRESHOLD_RESENT_COUNT) &&
            judge_seconds(e->first, e->last) >= threshold(THRESHOLD_RESENT_SPAN));
}

void rule_retransmission_exhausted(struct judge *j, const struct rule *rule)
{
    if (judge_raised(j, "state-lost-after-idle")) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct retransmit_facts *r;
        const struct tcp_stress *quiet;
        struct finding *f;
        bool silence;

        if (e->kind != EVENT_RETRANSMIT || !(path_is_stuck(j, e) || got_there_too_late(j, e))) {
            continue;
        }
        r = &e->facts->retransmit;
        quiet = unheard_after_silence(j, (enum side)e->side);
        silence = quiet && resent_in_vain(j, (enum side)e->side, quiet->quiet_offset) == e;
        if (!is_exhausted(j, e, silence)) {
            continue;
        }
        f = raise_for(j, rule, e);
        judge_say(f,
                  "the %s sent the same %u bytes %u times in %s; the %s acknowledged nothing and "
                  "sent nothing",
                  name_of((enum side)e->side), (unsigned)r->len, (unsigned)r->count + 1,
                  judge_span(f->waited_s).s, name_of(side_other((enum side)e->side)));
        if (got_there_too_late(j, e)) {
            judge_show(f, j->course.ending);
            judge_say(f, "; when an answer came, the %s had given up", name_of((enum side)e->side));
        }
        if (silence) {
            f->confidence = CONFIDENCE_MEDIUM;
            judge_say(f,
                      "; before that nobody had spoken for %s, in which a firewall or NAT device "
                      "may have forgotten the connection",
                      judge_span((double)quiet->quiet_ns / 1e9).s);
        }
        return;
    }
}

/* Size is not what keeps these bytes back. */
static bool size_does_not_matter(const struct judge *j, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    uint32_t len = path_wire_len(j, (enum side)e->side, r->smallest);

    return len < SMALL_SEGMENT || r->sacked_most >= len || j->s->tcp.side[e->side].passed >= len;
}

/* The one packet that arrived came late in the series: until then the path may have been dead both
 * ways, and behind it there is one copy at most, whose answer may be what the capture lacks. */
static bool was_heard_late(const struct judge *j, const struct event *e)
{
    int64_t heard_ns = j->s->tcp.side[side_other((enum side)e->side)].last.time_ns;

    return e->facts->retransmit.peer_packets <= 1 && heard_ns <= e->last.time_ns &&
           heard_ns - e->first.time_ns > e->last.time_ns - heard_ns;
}

void rule_one_way_loss(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct retransmit_facts *r;
        struct finding *f;

        if (e->kind != EVENT_RETRANSMIT || !path_is_stuck(j, e)) {
            continue;
        }
        r = &e->facts->retransmit;
        if (r->count < threshold(THRESHOLD_ONE_WAY_COUNT) ||
            judge_seconds(e->first, e->last) < threshold(THRESHOLD_PMTU_SPAN) ||
            peer_is_silent(j, e) || !size_does_not_matter(j, e) || path_is_black_hole(j, e) ||
            path_window_was_closed(j, e) || was_answered_by_reset(j, e)) {
            continue;
        }
        f = raise_for(j, rule, e);
        f->confidence = j->d->capture == CAPTURE_FULL && r->peer_packets >= HEARD_FOR_SURE
                            ? CONFIDENCE_HIGH
                            : CONFIDENCE_MEDIUM;
        judge_say(f,
                  "the %s sent the same %u bytes %u times in %s without an acknowledgement, while "
                  "%s of the %s arrived",
                  name_of((enum side)e->side), (unsigned)r->len, (unsigned)r->count + 1,
                  judge_span(f->waited_s).s, words_counted(r->peer_packets, "packet").s,
                  name_of(side_other((enum side)e->side)));
        if (was_heard_late(j, e)) {
            judge_unprove(f, "that came late, and what answered the last copy may be missing");
        }
        return;
    }
}

/* --- loss that only slows down --- */

/* Octets of this side that were sent again because they were lost. */
static uint64_t lost_bytes(const struct tcp_side *side)
{
    uint64_t doubled = side->stress ? side->stress->doubled_bytes : 0;

    return side->retransmitted_bytes > doubled ? side->retransmitted_bytes - doubled : 0;
}

static double longest_stall(const struct judge *j)
{
    double longest = 0;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->owner == PARTY_NETWORK && w->phase != PHASE_CONNECT && w->seconds > longest) {
            longest = w->seconds;
        }
    }
    return longest;
}

static const struct event *first_resent(const struct judge *j, enum side side)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == side && !e->facts->retransmit.keep_alive) {
            return e;
        }
    }
    return NULL;
}

void rule_loss_heavy(struct judge *j, const struct rule *rule)
{
    /* What never got through has a rule of its own; into a closed window nothing is lost; what was
     * too big for the path is sent again in smaller pieces. */
    if (j->d->capture == CAPTURE_ONE_SIDED || judge_has_transport_cause(j) ||
        judge_raised(j, "zero-window-stall-server") ||
        judge_raised(j, "zero-window-stall-client") || judge_raised(j, "icmp-frag-needed")) {
        return;
    }
    for (int i = 0; i < SIDES; i++) {
        const struct tcp_side *side = &j->s->tcp.side[i];
        const struct event *e = first_resent(j, (enum side)i);
        uint64_t lost = lost_bytes(side);
        double share = side->bytes ? (double)lost / (double)side->bytes : 0, stall;
        struct finding *f;

        /* Captured twice beside its receiver, an octet came twice: it was late, not lost. */
        if (!e || j->d->vantage == (i == SIDE_CLIENT ? VANTAGE_SERVER : VANTAGE_CLIENT) ||
            (double)(side->data_segments - side->retransmits) <
                threshold(THRESHOLD_LOSS_SEGMENTS) ||
            side->retransmits < threshold(THRESHOLD_LOSS_COUNT) ||
            share < threshold(THRESHOLD_LOSS_SHARE)) {
            continue;
        }
        f = judge_raise(j, rule, path_phase(j, e), e->first);
        judge_show(f, e);
        stall = longest_stall(j);
        judge_say(f, "%.1f %% of the %s's octets had to be sent again (%llu of %llu segments)",
                  share * 100, name_of((enum side)i), (unsigned long long)side->retransmits,
                  (unsigned long long)side->data_segments);
        if (stall > 0) {
            judge_say(f, "; the longest stall took %s", judge_span(stall).s);
        }
        if (j->d->capture == CAPTURE_LOSSY) {
            judge_unprove(f, "where packets are missing, late ones look like lost ones");
        }
        return;
    }
}

/* --- probes --- */

void rule_keepalive_unanswered(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (e->kind != EVENT_RETRANSMIT || !e->facts->retransmit.keep_alive ||
            e->facts->retransmit.unanswered < threshold(THRESHOLD_PROBES_UNANSWERED) ||
            j->d->capture == CAPTURE_ONE_SIDED) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, e->first);
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        judge_say(f, "the last %u keep-alive probes of the %s were not answered",
                  (unsigned)e->facts->retransmit.unanswered, name_of((enum side)e->side));
        return;
    }
}
