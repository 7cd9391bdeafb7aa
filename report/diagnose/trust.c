/* trust.c - what a capture can prove about a session: its kind, and where it was made. */
#include "report/diagnose/trust.h"

const char *const capture_kind_names[CAPTURE_KINDS] = {"full", "midway", "one-sided", "lossy"};

/* Project defaults: the far half of the round trip is at least five times the near one, and long
 * enough not to be the host's own delay. */
enum { VANTAGE_RATIO = 5, VANTAGE_MIN_NS = 2000000 };

enum side trust_missing_side(const struct session *s)
{
    const struct tcp_side *side = s->tcp.side;

    for (int i = 0; i < SIDES; i++) {
        const struct tcp_side *seen = &side[side_other((enum side)i)];
        /* A SYN that nobody answers is not one-sided: more than SYNs must have been sent. */
        if (side[i].packets == 0 && seen->packets > seen->syn_count &&
            (seen->bytes > 0 || side[i].acked > 0 || seen->fin.packet)) {
            return (enum side)i;
        }
    }
    return SIDES;
}

/* Bytes that the receiver has and the capture has not. Bytes that nobody has were lost by the
 * network. */
static bool capture_lost_bytes(const struct session *s)
{
    if (!s->tcp.side[SIDE_CLIENT].gap_bytes && !s->tcp.side[SIDE_SERVER].gap_bytes) {
        return false;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && (e->facts->gap.acked || e->facts->gap.snapped)) {
            return true;
        }
    }
    return s->folded > 0;
}

bool trust_lacks_end(const struct session *s, enum side side)
{
    const struct tcp_side *me = &s->tcp.side[side];
    uint64_t seen = me->sent + (me->fin.packet ? 1 : 0); /* a FIN takes one position */

    return me->acked > seen || (me->stress && me->stress->beyond > seen);
}

static uint64_t known_of(const struct tcp_side *me)
{
    return me->stress && me->stress->beyond > me->acked ? me->stress->beyond : me->acked;
}

bool trust_lacks_octets(const struct session *s, enum side side)
{
    const struct tcp_side *me = &s->tcp.side[side];

    return !me->syn.packet || me->gap_count || me->snapped || known_of(me) > me->sent + 1;
}

bool trust_lacks_fin(const struct session *s, enum side side)
{
    const struct tcp_side *me = &s->tcp.side[side];

    return !trust_lacks_octets(s, side) && !me->fin.packet && known_of(me) == me->sent + 1;
}

/* One half of the handshake was captured, and the connection went on: the other half was there, and
 * nobody knows what else came with it. */
bool trust_lacks_handshake(const struct session *s)
{
    const struct tcp_side *client = &s->tcp.side[SIDE_CLIENT], *server = &s->tcp.side[SIDE_SERVER];

    return s->tcp.handshake == HANDSHAKE_COMPLETE && !client->syn.packet != !server->syn.packet &&
           (client->bytes || server->bytes || server->fin.packet);
}

bool trust_lost_packets(const struct session *s)
{
    if (trust_missing_side(s) != SIDES) {
        return false;
    }
    if (trust_lacks_end(s, SIDE_CLIENT) || trust_lacks_end(s, SIDE_SERVER) ||
        trust_lacks_handshake(s)) {
        return true;
    }
    if (!s->tcp.side[SIDE_CLIENT].gap_bytes && !s->tcp.side[SIDE_SERVER].gap_bytes) {
        return false;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->facts->gap.acked && !e->facts->gap.snapped) {
            return true;
        }
    }
    return false;
}

enum capture_kind trust_capture_kind(const struct session *s)
{
    const struct tcp_side *side = s->tcp.side;

    if (trust_missing_side(s) != SIDES) {
        return CAPTURE_ONE_SIDED;
    }
    if (side[SIDE_CLIENT].snapped || side[SIDE_SERVER].snapped || capture_lost_bytes(s) ||
        trust_lacks_end(s, SIDE_CLIENT) || trust_lacks_end(s, SIDE_SERVER)) {
        return CAPTURE_LOSSY;
    }
    return s->tcp.midstream || trust_lacks_handshake(s) ? CAPTURE_MIDWAY : CAPTURE_FULL;
}

enum vantage trust_vantage(const struct session *s)
{
    int64_t a = s->tcp.syn_to_synack_ns, b = s->tcp.synack_to_ack_ns;

    if (a < 0 || b < 0) {
        return VANTAGE_UNKNOWN;
    }
    if (b * VANTAGE_RATIO < a && a > VANTAGE_MIN_NS) {
        return VANTAGE_CLIENT;
    }
    if (a * VANTAGE_RATIO < b && b > VANTAGE_MIN_NS) {
        return VANTAGE_SERVER;
    }
    return VANTAGE_UNKNOWN;
}
