/* connection_packet.c - what one more packet, or an ICMP error, says of a connection. */
#include "dissect/tcp/connection_state.h"

enum {
    REORDER_NS = 10000000,
    ROUND_TRIP_NS = 200000000, /* more than most: what came before was not lost on the way */
    REVIVED_NS = 1000000000,
    ICMP_COPY_NS = 2000000, /* as of segments */
};
/* Systems repeat a SYN-ACK after one second, some after three. */
static const int64_t synack_again_ns = 3500000000;

/* Where offset 0 of a side is, at the first packet that tells. */
static void set_base(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct half *h = &c->bytes.half[side];
    uint32_t first = s->seq + ((s->flags & TCP_SYN) ? 1 : 0);

    /* An acknowledgement by the other side may have set it beyond this side's first packet. */
    if (!h->based || (h->sent == 0 && h->next == 0 && (s->flags & TCP_SYN)) ||
        (!h->seen && h->next == 0 && reassembly_offset(h, first) < 0)) {
        if (h->based && h->acked > 0) {
            int64_t acked = (int64_t)h->acked + (int32_t)(h->base - first);
            h->acked = acked > 0 && acked <= BEYOND_MAX ? (uint64_t)acked : 0;
            c->s->tcp.side[side].acked = h->acked;
        }
        h->base = first;
        h->based = true;
    }
    h->seen = true;
}

static void read_ack(struct tcp_connection *c, const struct segment *s, enum side side)
{
    enum side peer = side_other(side);
    struct half *h = &c->bytes.half[peer];
    int64_t offset;

    if (!h->based) {
        h->base = s->ack;
        h->based = true;
        return;
    }
    offset = reassembly_offset(h, s->ack);
    if (h->acked > h->sent && offset >= 0 && offset < (int64_t)h->acked) {
        /* Less than before, and nothing captured confirms that there was more: a broken packet. */
        reassembly_unacked(&c->bytes, peer, (uint64_t)offset);
        c->s->tcp.side[peer].acked = (uint64_t)offset;
        return;
    }
    if (offset <= (int64_t)h->acked || offset > (int64_t)h->sent + BEYOND_MAX) {
        return;
    }
    reassembly_acked(&c->bytes, peer, (uint64_t)offset, s->mark);
    session_acked(c->s, peer, (uint64_t)offset, s->mark);
    tcp_stress_acked(c, peer, (uint64_t)offset);
    if (c->evidence[peer].trouble) {
        tcp_evidence_acked(c, peer, (uint64_t)offset, s->mark);
    }
    c->s->tcp.side[peer].acked = (uint64_t)offset;
    c->s->tcp.side[peer].last_ack = s->mark;
    if (h->fin && (uint64_t)offset > h->fin_offset) {
        c->s->tcp.side[peer].fin_acked = true;
    }
}

/* A host whose SYN-ACK is not acknowledged repeats it: one that did not for so long, and speaks or
 * is spoken to then, had the acknowledgement, which was not captured. */
static bool lacks_acknowledgement(const struct tcp_facts *tcp, const struct segment *s)
{
    const struct tcp_side *server = &tcp->side[SIDE_SERVER];

    return tcp->handshake == HANDSHAKE_HALF && server->syn_count == 1 &&
           !(s->flags & (TCP_SYN | TCP_RST)) &&
           s->mark.time_ns - server->syn.time_ns > synack_again_ns;
}

/* The handshake is complete with the client's first acknowledgement, or anything that needs one. */
static void note_established(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_facts *tcp = &c->s->tcp;

    if (lacks_acknowledgement(tcp, s) && (side == SIDE_CLIENT || s->payload_len)) {
        tcp->handshake = HANDSHAKE_COMPLETE;
        tcp->established = tcp->side[SIDE_SERVER].syn;
    } else if (tcp->handshake == HANDSHAKE_HALF && side == SIDE_CLIENT) {
        tcp->handshake = HANDSHAKE_COMPLETE;
        tcp->established = s->mark;
        /* Only the acknowledgement of the SYN-ACK itself tells the way: what comes later may have
         * waited for anything. */
        if (tcp->side[SIDE_SERVER].syn_count == 1 && !s->payload_len &&
            c->bytes.half[SIDE_SERVER].acked == 0) {
            tcp->synack_to_ack_ns = s->mark.time_ns - tcp->side[SIDE_SERVER].syn.time_ns;
        }
    } else if (tcp->handshake == HANDSHAKE_UNANSWERED &&
               (side == SIDE_SERVER || (s->payload_len && (s->flags & TCP_ACK)))) {
        /* The SYN-ACK was not captured, but it was there. */
        tcp->handshake = HANDSHAKE_COMPLETE;
        tcp->established = s->mark;
    }
}

static bool is_probe(const struct tcp_connection *c, const struct segment *s, enum side side,
                     int64_t offset)
{
    const struct half *h = &c->bytes.half[side];
    const struct trouble *other = c->evidence[side_other(side)].trouble;

    return s->payload_len <= 1 && h->sent > 0 && offset == (int64_t)h->sent - 1 && !h->fin &&
           (s->payload_len == 0 || (other && other->zero_window) || h->acked >= h->sent);
}

/* Bytes that fill a hole were overtaken on the way here, or lost before they reached us and sent
 * again: that takes a round trip. */
static bool is_late(const struct tcp_facts *tcp, int64_t hole_ns, int64_t now_ns)
{
    int64_t rtt = (tcp->syn_to_synack_ns > 0 ? tcp->syn_to_synack_ns : 0) +
                  (tcp->synack_to_ack_ns > 0 ? tcp->synack_to_ack_ns : 0);

    if (rtt <= 0) {
        rtt = ROUND_TRIP_NS; /* not measured */
    }
    return hole_ns && now_ns - hole_ns < (rtt > REORDER_NS ? rtt : REORDER_NS) / 4 * 3;
}

/* What the packet says it has received of the other side. */
static uint64_t packet_ack(const struct tcp_connection *c, const struct segment *s, enum side side)
{
    const struct half *other = &c->bytes.half[side_other(side)];
    int64_t offset = other->based && (s->flags & TCP_ACK) ? reassembly_offset(other, s->ack) : 0;

    return offset < 0 ? 0 : (uint64_t)offset > other->acked ? other->acked : (uint64_t)offset;
}

/* A side that sends new bytes behind its RST, or long after it, did not send that RST. */
static void revive(struct tcp_connection *c, enum side side, int64_t now_ns)
{
    const struct trouble *me = c->evidence[side].trouble; /* a RST is some */

    if (c->closed && c->s->tcp.side[side].rst.packet &&
        ((int64_t)c->bytes.half[side].sent > me->rst_at || now_ns - me->rst_ns > REVIVED_NS)) {
        c->closed = false;
    }
}

static void read_payload(struct tcp_connection *c, const struct segment *s, enum side side,
                         int64_t offset)
{
    struct tcp_side *me = &c->s->tcp.side[side];
    struct half *h = &c->bytes.half[side];
    int64_t hole_ns = reassembly_hole_ns(h);
    uint64_t before = h->sent, from = offset < 0 ? 0 : (uint64_t)offset;
    enum arrival arrival;
    bool conflict;

    me->data_segments++;
    me->last_data = s->mark;
    if (s->payload_len > me->largest) {
        me->largest = s->payload_len;
    }
    if (s->payload.len < s->payload_len) {
        me->snapped++;
    }
    arrival = reassembly_data(&c->bytes, side, offset, s->payload, s->payload_len,
                              packet_ack(c, s, side), s->mark, &conflict);
    me->sent = h->sent;
    me->bytes = h->bytes;
    if (conflict) {
        struct event *e = session_add(c->s, EVENT_CONFLICT, side, s->mark);
        e->offset = from;
        e->end = (uint64_t)(offset + (int64_t)s->payload_len);
    }
    switch (arrival) {
    case ARRIVAL_NEW:
        me->last_new = s->mark;
        tcp_stress_new(c, s, side, from);
        if (from < before) {
            tcp_evidence_again(c, s, side, from); /* repacketized: old and new */
        }
        revive(c, side, s->mark.time_ns);
        break;
    case ARRIVAL_FILLS:
        if (is_late(&c->s->tcp, hole_ns, s->mark.time_ns)) {
            me->out_of_order++;
        } else {
            tcp_evidence_again(c, s, side, from);
        }
        break;
    case ARRIVAL_AGAIN:
        tcp_evidence_again(c, s, side, from);
        break;
    }
}

/* The lowest and the highest TTL of a side's ordinary packets. */
static void note_ttl(struct tcp_side *me, uint8_t ttl)
{
    if (ttl == me->ttl) {
        return;
    }
    if (!me->ttl || ttl < me->ttl_low) {
        me->ttl_low = ttl;
    }
    if (!me->ttl || ttl > me->ttl_high) {
        me->ttl_high = ttl;
    }
    me->ttl = ttl;
}

/* A connection that was seen to come up, and now the server speaks. */
static void note_works(struct tcp_connection *c, const struct segment *s)
{
    const struct tcp_facts *tcp = &c->s->tcp;

    if (c->neighbours && !c->works && tcp->handshake == HANDSHAKE_COMPLETE &&
        tcp->side[SIDE_SERVER].syn.packet) {
        c->works = true;
        neighbours_works(c->neighbours, c->s, s->mark, s->ttl);
    }
}

static void note_packet(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_side *me = &c->s->tcp.side[side];

    c->evidence[side].previous_ns = me->last.time_ns; /* 0 where there is no last one */
    me->packets++;
    me->last = s->mark;
    if (c->evidence[side_other(side)].trouble) {
        tcp_evidence_alive(c, side);
    }
}

static void check_closed(struct tcp_connection *c)
{
    const struct half *h = c->bytes.half;

    if (h[SIDE_CLIENT].fin && h[SIDE_SERVER].fin &&
        h[SIDE_CLIENT].acked > h[SIDE_CLIENT].fin_offset &&
        h[SIDE_SERVER].acked > h[SIDE_SERVER].fin_offset) {
        c->closed = true;
    }
}

static void tell_limits(struct tcp_connection *c, enum side side)
{
    for (int i = 0; i < LIMITS; i++) {
        if (c->bytes.limits >> i & 1) {
            session_limit(c->s, (enum limit)i, side, c->s->last);
        }
    }
    c->bytes.limits = 0;
}

void tcp_connection_segment(struct tcp_connection *c, const struct segment *s, enum side side)
{
    int64_t offset;

    if (tcp_twins_seen(c->twins, c->s->id * SIDES + side, s)) {
        c->s->tcp.side[side].twins++;
        return;
    }
    note_packet(c, s, side);
    if (s->flags & TCP_RST) {
        tcp_evidence_rst(c, s, side);
        c->s->last = s->mark;
        return;
    }
    set_base(c, s, side);
    if (s->flags & TCP_SYN) {
        tcp_evidence_syn(c, s, side);
    }
    if (s->flags & TCP_ACK) {
        if (s->options.len && !(s->flags & TCP_SYN)) {
            tcp_stress_sack(c, s, side);
        }
        read_ack(c, s, side);
    }
    if (!(s->flags & TCP_SYN)) {
        note_established(c, s, side);
        tcp_evidence_window(c, s, side);
        tcp_clock_see(c, s, side);
        note_ttl(&c->s->tcp.side[side], s->ttl);
        c->s->tcp.side[side].ip_id = s->ip_id;
    }
    if (reassembly_waits(&c->bytes)) {
        reassembly_deliver(&c->bytes, s->mark.time_ns);
    }
    offset = reassembly_offset(&c->bytes.half[side], s->seq + ((s->flags & TCP_SYN) ? 1 : 0));
    if (!(s->flags & (TCP_SYN | TCP_FIN)) && is_probe(c, s, side, offset)) {
        tcp_evidence_probe(c, s, side);
    } else if (s->payload_len) {
        read_payload(c, s, side, offset);
        if (side == SIDE_SERVER) {
            note_works(c, s);
        }
    } else if (offset > (int64_t)c->bytes.half[side].sent + c->bytes.half[side].fin &&
               !(s->flags & TCP_SYN)) {
        tcp_stress_beyond(c, side, offset);
    }
    if (s->flags & TCP_FIN) {
        tcp_evidence_fin(c, s, side, offset + (int64_t)s->payload_len);
    }
    c->s->last = s->mark;
    if (reassembly_waits(&c->bytes)) {
        reassembly_deliver(&c->bytes, s->mark.time_ns);
    }
    if (c->bytes.limits) {
        tell_limits(c, side);
    }
    if (tcp_evidence_has_fins(c)) {
        tcp_evidence_tell_fins(c, false);
    }
    check_closed(c);
    if (s->payload_len) {
        tcp_connection_count_size(c);
    }
}

/* A mirror port, or several interfaces, deliver the same error twice. One about a segment that was
 * sent again comes later. */
static bool is_icmp_copy(const struct event *last, const struct event *e)
{
    const struct icmp_facts *f = &e->facts->icmp, *g;

    if (!last || last->kind != EVENT_ICMP || last->side != e->side || last->offset != e->offset) {
        return false;
    }
    g = &last->facts->icmp;
    return g->type == f->type && g->code == f->code && g->mtu == f->mtu &&
           g->quotes_syn == f->quotes_syn && address_equal(&g->from, &f->from) &&
           e->first.time_ns >= last->first.time_ns &&
           e->first.time_ns - last->first.time_ns <= ICMP_COPY_NS;
}

void tcp_connection_icmp(struct tcp_connection *c, const struct icmp_error *e, enum side side)
{
    const struct half *h = &c->bytes.half[side];
    int64_t offset = e->seq_known && h->based ? reassembly_offset(h, e->seq) : 0;
    union event_facts facts = {
        .icmp = {.from = e->reporter, .type = e->type, .code = e->code, .mtu = e->mtu}};
    struct event event = {.side = (uint8_t)side, .first = e->mark, .facts = &facts}, *told;

    facts.icmp.quotes_syn = side == SIDE_CLIENT && c->s->tcp.handshake != HANDSHAKE_COMPLETE &&
                            (!e->seq_known || !h->based || e->seq == h->base - 1) &&
                            (!e->flags_known || (e->flags & TCP_SYN));
    event.offset = offset > 0 ? (uint64_t)offset : 0;
    if (is_icmp_copy(c->s->events_last, &event)) {
        return;
    }
    told = session_add(c->s, EVENT_ICMP, side, e->mark);
    told->facts->icmp = facts.icmp;
    told->offset = told->end = event.offset;
    c->s->last = e->mark;
}
