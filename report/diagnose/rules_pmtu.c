/* rules_pmtu.c - packets too large for the path: the router that says so, the sender that does not
 * listen, and the path that swallows them in silence (RFC 1191, RFC 8201, RFC 2923).
 *
 * Loss alone looks much the same. Size is proven when the receiver reports smaller segments behind
 * the hole, when the same bytes pass in smaller pieces, or when a router names the limit.
 */
#include "report/diagnose/path.h"
#include "report/diagnose/rules_all.h"

enum {
    ICMP4_UNREACHABLE = 3,
    ICMP4_TOO_BIG_CODE = 4,
    ICMP6_TOO_BIG = 2,
    HEADERS4 = 40, /* IPv4 and TCP without options */
    HEADERS6 = 60
};

const struct event *path_content_at(const struct judge *j, struct mark at)
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

bool path_is_stuck(const struct judge *j, const struct event *resent)
{
    return !resent->facts->retransmit.keep_alive &&
           !judge_acked(j, resent->side, resent->offset + 1) && j->d->capture != CAPTURE_ONE_SIDED;
}

bool path_window_was_closed(const struct judge *j, const struct event *resent)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        /* A window that was closed when the last attempt was answered may have been all along. */
        if (e->kind == EVENT_ZERO_WINDOW && e->side != resent->side &&
            (e->first.time_ns <= resent->last.time_ns || path_is_stuck(j, resent)) &&
            (e->facts->window.open || e->last.time_ns >= resent->first.time_ns)) {
            return true;
        }
    }
    return false;
}

uint32_t path_wire_len(const struct judge *j, enum side side, uint32_t len)
{
    uint16_t mss = j->s->tcp.side[side_other(side)].mss;

    return mss && len > mss ? mss : len;
}

enum phase path_phase(const struct judge *j, const struct event *resent)
{
    return path_content_at(j, resent->first) ? PHASE_DATA : j->course.before_end.phase;
}

/* The peer sent again what it had said last, though the newest bytes of this side, which
 * acknowledge that, were under way: it lives, and has none of them. */
static bool peer_says_again(const struct judge *j, const struct event *e)
{
    for (const struct event *other = j->s->events; other; other = other->next) {
        if (other->kind == EVENT_RETRANSMIT && other->side != e->side &&
            !other->facts->retransmit.keep_alive &&
            other->last.time_ns > j->s->tcp.side[e->side].last_new.time_ns) {
            return true;
        }
    }
    return false;
}

/* Somebody is alive at the other end: it was heard of after these bytes were sent first. */
static bool peer_is_alive(const struct judge *j, const struct event *e)
{
    const struct event *content = path_content_at(j, e->first);

    return e->facts->retransmit.peer_packets > 0 || e->facts->retransmit.sacked_least ||
           (content && e->side == SIDE_CLIENT &&
            j->s->tcp.side[SIDE_SERVER].last.time_ns > content->first.time_ns) ||
           peer_says_again(j, e);
}

/* Smaller segments behind it got there. */
static bool smaller_passed_behind(const struct retransmit_facts *r)
{
    return r->sacked_least && r->sacked_most < threshold(THRESHOLD_PMTU_SIZE);
}

/* The same bytes got through once they were sent in smaller pieces. */
static bool passed_in_pieces(const struct judge *j, const struct event *e)
{
    return e->facts->retransmit.smallest < threshold(THRESHOLD_PMTU_SIZE) &&
           judge_acked(j, e->side, e->offset + 1);
}

bool path_is_black_hole(const struct judge *j, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    const struct tcp_side *side = &j->s->tcp.side[e->side];
    bool proof = smaller_passed_behind(r) || passed_in_pieces(j, e);

    if (e->kind != EVENT_RETRANSMIT || r->keep_alive || j->d->capture == CAPTURE_ONE_SIDED ||
        !(path_is_stuck(j, e) || passed_in_pieces(j, e)) ||
        path_wire_len(j, (enum side)e->side, r->len) < threshold(THRESHOLD_PMTU_SIZE) ||
        r->count + 1 < threshold(THRESHOLD_PMTU_COUNT) ||
        judge_seconds(e->first, e->last) < threshold(THRESHOLD_PMTU_SPAN)) {
        return false;
    }
    /* Had any full-size segment passed, this is loss, not size; and something must have passed. */
    if (side->passed >= threshold(THRESHOLD_PMTU_SIZE) ||
        r->sacked_most >= threshold(THRESHOLD_PMTU_SIZE) || (!side->acked && !proof) ||
        (j->s->tcp.midstream && !proof)) {
        return false;
    }
    return peer_is_alive(j, e) && !path_window_was_closed(j, e);
}

static bool is_too_big(const struct event *e)
{
    const struct icmp_facts *i;

    if (e->kind != EVENT_ICMP) {
        return false;
    }
    i = &e->facts->icmp;
    return i->from.family == 6 ? i->type == ICMP6_TOO_BIG
                               : i->type == ICMP4_UNREACHABLE && i->code == ICMP4_TOO_BIG_CODE;
}

/* The router told this side so before it sent these bytes for the last time. */
static const struct event *told_before(const struct judge *j, const struct event *resent)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (is_too_big(e) && e->side == resent->side && e->first.time_ns <= resent->last.time_ns) {
            return e;
        }
    }
    return NULL;
}

/* By what the router said these bytes do not fit, not even in the smallest pieces they were sent
 * in.
 */
static bool is_too_large_for(const struct judge *j, const struct event *resent,
                             const struct event *icmp)
{
    uint32_t headers = icmp->facts->icmp.from.family == 6 ? HEADERS6 : HEADERS4;
    uint32_t len = path_wire_len(j, (enum side)resent->side, resent->facts->retransmit.smallest);
    uint32_t mtu = icmp->facts->icmp.mtu;

    return mtu ? len + headers > mtu : len >= threshold(THRESHOLD_PMTU_SIZE);
}

/* The sender went on with the size that the router had refused. */
static bool is_ignored(const struct judge *j, const struct event *resent, const struct event *icmp)
{
    return path_is_stuck(j, resent) &&
           resent->facts->retransmit.count + 1 >= threshold(THRESHOLD_PMTU_COUNT) &&
           judge_seconds(icmp->first, resent->last) >= threshold(THRESHOLD_PMTU_SPAN) &&
           is_too_large_for(j, resent, icmp);
}

static void say_router(struct finding *f, const struct event *icmp)
{
    char from[ADDRESS_TEXT_MAX];

    address_format(&icmp->facts->icmp.from, from);
    if (icmp->facts->icmp.mtu) {
        judge_say(f, "%s said that packets of more than %u bytes do not fit", from,
                  (unsigned)icmp->facts->icmp.mtu);
    } else {
        judge_say(f, "%s said that the packet did not fit, and not what would", from);
    }
}

void rule_pmtu_ignored(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct event *icmp = e->kind == EVENT_RETRANSMIT ? told_before(j, e) : NULL;
        struct finding *f;

        if (!icmp || !is_ignored(j, e, icmp)) {
            continue;
        }
        f = judge_raise(j, rule, path_phase(j, e), e->first);
        f->fatal = true;
        f->points_to = party_of((enum side)e->side);
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show(f, icmp);
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        say_router(f, icmp);
        judge_say(f, "; the %s went on sending %u bytes for %s",
                  party_words[party_of((enum side)e->side)],
                  (unsigned)e->facts->retransmit.smallest,
                  judge_span(judge_seconds(icmp->first, e->last)).s);
        return;
    }
}

void rule_icmp_frag_needed(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (!is_too_big(e)) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, e->first);
        judge_show(f, e);
        say_router(f, e);
        if (judge_acked(j, (enum side)e->side, e->offset + 1)) {
            f->severity = SEVERITY_INFO;
            judge_say(f, "; the %s sent smaller ones and they arrived",
                      party_words[party_of((enum side)e->side)]);
        }
        return;
    }
}

static void say_proof(struct judge *j, struct finding *f, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    const struct event *icmp = told_before(j, e);

    f->confidence = CONFIDENCE_HIGH;
    if (icmp && is_too_large_for(j, e, icmp)) {
        judge_show(f, icmp);
        judge_say(f, "; ");
        say_router(f, icmp);
    } else if (passed_in_pieces(j, e)) {
        judge_say(f, "; the same bytes passed in pieces of %u", (unsigned)r->smallest);
    } else if (smaller_passed_behind(r)) {
        judge_say(f, "; segments of at most %u bytes sent behind it arrived",
                  (unsigned)r->sacked_most);
    } else {
        f->confidence = CONFIDENCE_MEDIUM;
        judge_say(f, "; loss in this direction alone would look the same (one-way-loss)");
    }
}

static bool black_hole_at_sender(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (e->kind != EVENT_RETRANSMIT || !path_is_black_hole(j, e)) {
            continue;
        }
        f = judge_raise(j, rule, path_phase(j, e), e->first);
        f->fatal = path_is_stuck(j, e);
        if (!f->fatal) {
            f->severity = SEVERITY_WARNING;
        }
        judge_show(f, e);
        judge_show_at(f, e, e->last);
        judge_say(f, "a segment of %u bytes was sent %u times in %s and %s",
                  (unsigned)path_wire_len(j, (enum side)e->side, e->facts->retransmit.len),
                  (unsigned)e->facts->retransmit.count + 1,
                  judge_span(judge_seconds(e->first, e->last)).s,
                  f->fatal ? "never acknowledged; everything smaller before it was"
                           : "not acknowledged at that size");
        say_proof(j, f, e);
        return true;
    }
    return false;
}

/* Seen at the receiver: a hole that nothing ever fills, and behind it only small segments. */
static void black_hole_at_receiver(struct judge *j, const struct rule *rule)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct tcp_side *side;
        struct finding *f;
        bool near_sender;

        if (e->kind != EVENT_GAP || e->facts->gap.acked || e->facts->gap.snapped) {
            continue;
        }
        side = &j->s->tcp.side[e->side];
        near_sender = j->d->vantage == (e->side == SIDE_CLIENT ? VANTAGE_CLIENT : VANTAGE_SERVER);
        if (near_sender || j->s->tcp.midstream || j->d->capture == CAPTURE_ONE_SIDED ||
            j->d->capture == CAPTURE_LOSSY || /* what was acknowledged may be missing, too */
            (double)e->facts->gap.missing < threshold(THRESHOLD_PMTU_SIZE) ||
            side->largest >= threshold(THRESHOLD_PMTU_SIZE) || side->acked != e->offset ||
            side->sent <= e->end || j->s->ended == SESSION_EVICTED ||
            judge_seconds(side->last_new, j->s->last) < threshold(THRESHOLD_PMTU_SPAN)) {
            continue;
        }
        f = judge_raise(j, rule, path_phase(j, e), side->last_new);
        f->fatal = true;
        f->confidence = CONFIDENCE_MEDIUM;
        judge_show(f, e);
        judge_show_at(f, e, side->last_new);
        judge_say(f,
                  "%llu bytes of the %s never arrived here in %s, while smaller segments behind "
                  "them did; the largest that ever arrived had %u bytes",
                  (unsigned long long)e->facts->gap.missing,
                  party_words[party_of((enum side)e->side)],
                  judge_span(judge_seconds(side->last_new, j->s->last)).s, (unsigned)side->largest);
        return;
    }
}

void rule_pmtu_black_hole(struct judge *j, const struct rule *rule)
{
    if ((j->course.has & NEEDS_RESENT) && black_hole_at_sender(j, rule)) {
        return;
    }
    if (j->s->tcp.side[SIDE_CLIENT].gap_count || j->s->tcp.side[SIDE_SERVER].gap_count) {
        black_hole_at_receiver(j, rule);
    }
}
