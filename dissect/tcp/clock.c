/* clock.c - the capture's clock set forward: both hosts' own clocks say that less time went by.
 *
 * RFC 7323 section 3.2: the timestamps option carries a clock of its sender that ticks evenly, but
 * nobody says how fast. So each side's speed is measured first, on its packets so far; where these
 * are too few it is taken for the slowest that section 5.4 allows, a tick a second. One side's
 * clock that stood still is a host that slept; the clocks of both are not wrong by the same span.
 * Where nothing of the other side was captured before, nobody can tell these two: then the time is
 * not to be trusted either way.
 */
#include <string.h>

#include "dissect/tcp/connection_state.h"

enum {
    OPTION_NOP = 1,
    OPTION_TIMESTAMPS = 8,
    TICKS_MIN = 20,   /* fewer tell no speed */
    JUMP_SECONDS = 60 /* catalogue: capture-clock */
};

#define NS_PER_S INT64_C(1000000000)

/* Every usual stack sends it first, behind two NOPs, or others. */
static bool read_stamp(struct bytes options, uint32_t *out)
{
    static const uint8_t usual[] = {OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMPS, 10};
    struct cursor c = cursor_of(options);
    struct bytes head;
    uint8_t kind, len;

    if (take_bytes(&c, sizeof usual, &head) && memcmp(head.data, usual, sizeof usual) == 0) {
        return take_u32(&c, out);
    }
    c = cursor_of(options);
    do {
        if (!take_u8(&c, &kind)) {
            return false;
        }
    } while (kind == OPTION_NOP);
    return kind == OPTION_TIMESTAMPS && take_u8(&c, &len) && len == 10 && take_u32(&c, out);
}

/* How much more time went by in the capture than by this side's clock; 0: nobody can say. */
static int64_t gained(const struct stamps *t, uint32_t stamp, int64_t now_ns)
{
    double span = (double)(t->last_ns - t->first_ns), went = (double)(now_ns - t->last_ns);
    double ticks = (double)(int32_t)(t->last - t->first),
           ticked = (double)(int32_t)(stamp - t->last);
    double speed = 1e-9; /* a tick a second */

    if (ticks >= TICKS_MIN && span > 0) {
        speed = ticks / span;
    } else if (ticked < 1) {
        return 0; /* a clock that was never seen to tick */
    }
    if (ticked < 0 || speed * went > INT32_MAX) {
        return 0; /* it may have gone round */
    }
    went -= ticked / speed;
    /* A speed measured over a moment is rough: what was taken away must be less than what stays. */
    return went > 0 && ticked / speed < went ? (int64_t)went : 0;
}

static void note_jump(struct tcp_connection *c, enum side side, struct mark now)
{
    struct stamps *me = &c->evidence[side].stamps, *peer = &c->evidence[side_other(side)].stamps;
    int64_t from = me->jump_from_ns > peer->jump_from_ns ? me->jump_from_ns : peer->jump_from_ns;
    int64_t until =
        me->jump_until_ns < peer->jump_until_ns ? me->jump_until_ns : peer->jump_until_ns;
    int64_t by = me->jump_ns < peer->jump_ns ? me->jump_ns : peer->jump_ns;
    struct tcp_facts *tcp = &c->s->tcp;

    if (!peer->first_ns || peer->first_ns > me->jump_from_ns) {
        by = me->jump_ns; /* it was not there before */
    } else if (!peer->jump_ns || until - from + NS_PER_S < by) {
        return;
    }
    if (tcp->clock_jump_ns) {
        return;
    }
    tcp->clock_jump_ns = by;
    tcp->clock_jump = now;
}

void tcp_clock_see(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct stamps *t = &c->evidence[side].stamps;
    uint32_t stamp;

    if (!read_stamp(s->options, &stamp)) {
        return;
    }
    if (!t->first_ns || (int32_t)(stamp - t->last) < 0) {
        *t = (struct stamps){
            .first = stamp, .last = stamp, .first_ns = s->mark.time_ns, .last_ns = s->mark.time_ns};
        return;
    }
    if (s->mark.time_ns - t->last_ns > JUMP_SECONDS * NS_PER_S) {
        int64_t by = gained(t, stamp, s->mark.time_ns);

        if (by > JUMP_SECONDS * NS_PER_S) {
            t->jump_ns = by;
            t->jump_from_ns = t->last_ns;
            t->jump_until_ns = s->mark.time_ns;
            note_jump(c, side, s->mark);
            t->first = stamp; /* the speed is measured anew */
            t->first_ns = s->mark.time_ns;
        }
    }
    t->last = stamp;
    t->last_ns = s->mark.time_ns;
}
