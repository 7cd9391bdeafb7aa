/* evidence.c - what TCP headers tell about the health of a connection: resends, closed windows,
 * FINs and resets. Facts only; what they mean is said elsewhere.
 *
 * RFC 9293; options: RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
 */
#include "dissect/tcp/connection_state.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_SCALE = 3,
    OPTION_SACK_OK = 4,
    OPTION_TIMESTAMPS = 8,
    SCALE_MAX = 14,
    WINDOW_MIN = 65535
};

static void read_options(struct bytes options, struct syn_facts *out)
{
    struct cursor c = cursor_of(options);
    struct bytes body;
    uint8_t kind, len;

    while (take_u8(&c, &kind) && kind != OPTION_END) {
        if (kind == OPTION_NOP) {
            continue;
        }
        if (!take_u8(&c, &len) || len < 2 || !take_bytes(&c, len - 2u, &body)) {
            return;
        }
        if (kind == OPTION_MSS && body.len == 2) {
            out->mss = (uint16_t)(body.data[0] << 8 | body.data[1]);
        } else if (kind == OPTION_SCALE && body.len == 1) {
            out->scale = body.data[0] > SCALE_MAX ? SCALE_MAX : body.data[0];
        } else if (kind == OPTION_SACK_OK) {
            out->sack = true;
        } else if (kind == OPTION_TIMESTAMPS) {
            out->timestamps = true;
        }
    }
}

void tcp_evidence_syn(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_facts *tcp = &c->s->tcp;
    struct tcp_side *me = &tcp->side[side];
    bool synack = s->flags & TCP_ACK;
    struct event *e = session_add(c->s, synack ? EVENT_SYNACK : EVENT_SYN, side, s->mark);
    struct syn_facts *f = &e->facts->syn;

    *f = (struct syn_facts){.seq = s->seq,
                            .ttl = s->ttl,
                            .scale = 0xff,
                            .again = me->syn_count > 0,
                            .payload = s->payload_len};
    read_options(s->options, f);
    if (me->syn_count < UINT16_MAX) {
        me->syn_count++;
    }
    if (me->syn.packet == 0) {
        me->syn = s->mark;
        me->mss = f->mss;
        me->scale = f->scale;
        me->sack = f->sack;
        me->timestamps = f->timestamps;
    }
    if (!synack && side == SIDE_CLIENT && tcp->handshake == HANDSHAKE_MISSING) {
        tcp->handshake = HANDSHAKE_UNANSWERED;
    } else if (synack && side == SIDE_SERVER && me->syn_count == 1) {
        tcp->handshake = HANDSHAKE_HALF;
        if (tcp->side[SIDE_CLIENT].syn.packet) {
            tcp->syn_to_synack_ns = s->mark.time_ns - tcp->side[SIDE_CLIENT].syn.time_ns;
        }
    }
}

/* Behind everything read and acknowledged, within what could be on its way. */
static bool is_fin_possible(const struct half *h, int64_t offset)
{
    uint64_t known = h->acked > h->next ? h->acked : h->next;
    uint64_t beyond = (known > h->sent ? known : h->sent) + BEYOND_MAX;

    return offset >= 0 && offset >= (int64_t)known - 1 && offset <= (int64_t)beyond;
}

void tcp_evidence_fin(struct tcp_connection *c, const struct segment *s, enum side side,
                      int64_t offset)
{
    struct half *h = &c->bytes.half[side];

    if (h->fin || !is_fin_possible(h, offset)) {
        return; /* the same one again, or nobody's */
    }
    h->fin = true;
    h->fin_offset = (uint64_t)offset;
    if (!h->hole_since_ns) {
        h->hole_mark = s->mark;
    }
    c->s->tcp.side[side].fin = s->mark;
    c->s->tcp.side[side].fin_offset = h->fin_offset;
    c->evidence[side].fin_ack = c->bytes.half[side_other(side)].acked;
    c->evidence[side].fin_untold = true;
}

/* A FIN has its place in the order like the bytes before it: behind them, and behind what it
 * acknowledges. */
void tcp_evidence_tell_fins(struct tcp_connection *c, bool whatever_is_missing)
{
    for (int side = 0; side < SIDES; side++) {
        struct evidence *me = &c->evidence[side];
        const struct half *h = &c->bytes.half[side];
        struct event *e;

        if (!me->fin_untold ||
            !(whatever_is_missing ||
              reassembly_is_next(&c->bytes, (enum side)side, h->fin_offset, me->fin_ack))) {
            continue;
        }
        me->fin_untold = false;
        e = session_add(c->s, EVENT_FIN, (enum side)side, c->s->tcp.side[side].fin);
        e->peer_ack = me->fin_ack;
        /* A FIN takes one sequence number. */
        session_set_bytes(c->s, e, h->fin_offset, h->fin_offset + 1);
    }
}

/* The peer would accept a reset at this position: RFC 5961 section 3.2, loosely. */
static bool rst_in_window(const struct tcp_connection *c, enum side side, int64_t offset)
{
    const struct half *h = &c->bytes.half[side];
    uint64_t window = c->s->tcp.side[side_other(side)].window;
    int64_t low = (int64_t)h->acked - 1;

    if (!h->seen && !h->based) {
        return true; /* nothing to compare with */
    }
    if (window < WINDOW_MIN) {
        window = WINDOW_MIN;
    }
    return offset >= low &&
           offset <= (int64_t)(h->acked > h->sent ? h->acked : h->sent) + (int64_t)window;
}

/* The TTL between these two that comes nearest. */
static uint8_t nearest_ttl(uint8_t ttl, uint8_t low, uint8_t high)
{
    return ttl < low ? low : ttl > high ? high : ttl;
}

/* Of a host that sent nothing else here: what its other connections show. */
static void fill_from_neighbours(const struct tcp_connection *c, struct rst_facts *f)
{
    struct neighbour_host host = {0};

    if (c->neighbours) {
        host = neighbours_host(c->neighbours, &c->s->end[SIDE_SERVER].address);
    }
    if (host.ttl_low) {
        f->ttl_usual = nearest_ttl(f->ttl, host.ttl_low, host.ttl_high);
        f->host_trip_ns = host.trip_ns;
    }
}

static void fill_rst(const struct tcp_connection *c, const struct segment *s, enum side side,
                     struct rst_facts *f)
{
    const struct half *h = &c->bytes.half[side], *peer = &c->bytes.half[side_other(side)];
    const struct tcp_facts *tcp = &c->s->tcp;
    int64_t offset = reassembly_offset(h, s->seq);
    int64_t expected = (int64_t)h->sent + h->fin;

    f->since_peer_ns = tcp->side[side_other(side)].last.packet
                           ? s->mark.time_ns - tcp->side[side_other(side)].last.time_ns
                           : -1;
    f->peer_pause_ns = -1;
    if (c->evidence[side_other(side)].previous_ns) {
        f->peer_pause_ns =
            tcp->side[side_other(side)].last.time_ns - c->evidence[side_other(side)].previous_ns;
    }
    f->id_usual = !tcp->side[side].ttl || (s->ip_id == 0) == (tcp->side[side].ip_id == 0);
    f->ttl = s->ttl;
    f->ttl_usual = tcp->side[side].ttl
                       ? nearest_ttl(s->ttl, tcp->side[side].ttl_low, tcp->side[side].ttl_high)
                       : 0;
    f->ip_id = s->ip_id;
    f->offset_delta = h->seen || h->based ? offset - expected : 0;
    f->exact = f->offset_delta == 0;
    f->at_acked = offset == (int64_t)h->acked;
    f->bare = !(s->flags & TCP_ACK);
    f->in_window = f->exact || rst_in_window(c, side, offset);
    f->after_own_fin = h->fin;
    f->after_peer_fin = peer->fin;
    f->answers_data =
        h->fin && tcp->side[side_other(side)].last_data.packet > tcp->side[side].fin.packet;
}

/* No SYN-ACK came, and this acknowledges the SYN. */
static bool acknowledges_syn(const struct tcp_connection *c, const struct segment *s,
                             enum side side)
{
    const struct tcp_facts *tcp = &c->s->tcp;
    const struct half *client = &c->bytes.half[SIDE_CLIENT];

    return side == SIDE_SERVER && tcp->handshake == HANDSHAKE_UNANSWERED && (s->flags & TCP_ACK) &&
           s->ack == client->base + (uint32_t)client->sent;
}

/* Where nothing listens the answer to a SYN has no number of its own: <SEQ=0><ACK=SEG.SEQ+SEG.LEN>
 * (RFC 9293 section 3.10.7.1); so answers a firewall, too. */
static bool is_refusal(const struct tcp_connection *c, const struct segment *s, enum side side)
{
    return s->seq == 0 && acknowledges_syn(c, s, side);
}

struct trouble *tcp_evidence_trouble(struct tcp_connection *c, enum side side)
{
    struct evidence *me = &c->evidence[side];

    if (!me->trouble) {
        me->trouble = arena_make(c->s->arena, struct trouble);
    }
    return me->trouble;
}

/* What the side had received of the other, by its RST; acknowledged it is not. */
static uint64_t rst_ack(const struct tcp_connection *c, const struct segment *s, enum side side)
{
    const struct half *peer = &c->bytes.half[side_other(side)];
    int64_t ack = peer->based && (s->flags & TCP_ACK) ? reassembly_offset(peer, s->ack) : 0;

    return ack > (int64_t)peer->acked && ack <= (int64_t)peer->sent + WINDOW_MIN ? (uint64_t)ack
                                                                                 : peer->acked;
}

void tcp_evidence_rst(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_facts *tcp = &c->s->tcp;
    struct trouble *me = tcp_evidence_trouble(c, side);
    bool refusal = is_refusal(c, s, side);
    struct rst_facts f = {0};
    struct event *e;

    tcp_evidence_tell_fins(c, true); /* a FIN seen before it is told before it */
    fill_rst(c, s, side, &f);
    if (refusal) {
        tcp->handshake = HANDSHAKE_REFUSED;
        fill_from_neighbours(c, &f);
        f.in_window = f.exact = true;
    } else if (acknowledges_syn(c, s, side)) {
        /* It has a number of its own: the SYN-ACK was not captured, but it was there. */
        tcp->handshake = HANDSHAKE_COMPLETE;
        tcp->established = s->mark;
    } else if (side == SIDE_SERVER && tcp->handshake == HANDSHAKE_UNANSWERED &&
               c->bytes.half[SIDE_CLIENT].sent == 0) {
        /* It does not acknowledge the SYN: the client ignores it (RFC 9293 section 3.10.7.3). */
        f.in_window = f.exact = false;
    }
    /* The first that ends the connection is told, however many came before it. */
    if (me->rst_count >= RSTS_TOLD && me->rst && (me->rst->facts->rst.in_window || !f.in_window)) {
        if (me->rst->facts->rst.repeated < UINT16_MAX) {
            me->rst->facts->rst.repeated++;
        }
        return;
    }
    me->rst_count++;
    e = session_add(c->s, refusal ? EVENT_REFUSED : EVENT_RST, side, s->mark);
    e->facts->rst = f;
    e->offset = e->end = c->bytes.half[side].sent;
    e->peer_ack = rst_ack(c, s, side);
    me->rst = session_kept(c->s, e);
    if (f.in_window) {
        me->rst_at = reassembly_offset(&c->bytes.half[side], s->seq);
        me->rst_ns = s->mark.time_ns;
        c->closed = true;
        if (!tcp->side[side].rst.packet) {
            tcp->side[side].rst = s->mark;
        }
    }
}

void tcp_evidence_window(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_side *me = &c->s->tcp.side[side];
    struct trouble *trouble = c->evidence[side].trouble;
    bool scaled = me->scale != 0xff && c->s->tcp.side[side_other(side)].scale != 0xff;

    me->window = scaled ? (uint32_t)s->window << me->scale : s->window;
    tcp_stress_window(c, s, side);
    if (s->window == 0) {
        trouble = tcp_evidence_trouble(c, side);
        if (!trouble->window_closed) {
            trouble->window_closed = true;
            me->zero_windows++;
            trouble->zero_window =
                session_kept(c->s, session_add(c->s, EVENT_ZERO_WINDOW, side, s->mark));
        }
        if (trouble->zero_window) {
            trouble->zero_window->last = s->mark;
            trouble->zero_window->facts->window.open = true;
        }
    } else if (trouble) {
        trouble->window_closed = false;
        if (trouble->zero_window) {
            trouble->zero_window->last = s->mark;
            trouble->zero_window->facts->window.open = false;
            trouble->zero_window = NULL;
        }
    }
}

static void remember(struct trouble *me, struct event *e)
{
    if (me->retransmit_count == RETRANSMIT_MEMORY) {
        for (size_t i = 1; i < RETRANSMIT_MEMORY; i++) {
            me->retransmits[i - 1] = me->retransmits[i];
        }
        me->retransmit_count--;
    }
    me->retransmits[me->retransmit_count++] = e;
}

void tcp_evidence_again(struct tcp_connection *c, const struct segment *s, enum side side,
                        uint64_t offset)
{
    struct trouble *me = tcp_evidence_trouble(c, side);
    struct tcp_side *facts = &c->s->tcp.side[side];
    struct event *e;

    facts->retransmits++;
    facts->retransmitted_bytes += s->payload_len;
    if (c->evidence[side].timed_end > offset) {
        c->evidence[side].timed_end = 0; /* which of the two is acknowledged cannot be told */
    }
    for (size_t i = 0; i < me->retransmit_count; i++) {
        e = me->retransmits[i];
        if (e->offset == offset) {
            e->facts->retransmit.count++;
            if (s->payload_len < e->facts->retransmit.smallest) {
                e->facts->retransmit.smallest = s->payload_len;
            }
            e->last = s->mark;
            return;
        }
    }
    e = session_kept(c->s, session_add(c->s, EVENT_RETRANSMIT, side, s->mark));
    if (e) {
        e->offset = offset;
        e->end = offset + s->payload_len;
        e->facts->retransmit = (struct retransmit_facts){
            .count = 1, .len = s->payload_len, .smallest = s->payload_len};
        if (me->sack_top > e->end) {
            e->facts->retransmit.sacked_least = me->sack_least;
            e->facts->retransmit.sacked_most = me->sack_most;
        }
        remember(me, e);
    }
}

void tcp_evidence_probe(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct trouble *me = tcp_evidence_trouble(c, side);
    const struct trouble *other = c->evidence[side_other(side)].trouble;
    struct event *closed = other ? other->zero_window : NULL;

    if (closed) {
        closed->facts->window.probes++;
        return;
    }
    c->s->tcp.side[side].keep_alives++;
    if (!me->keep_alive || me->keep_alive->offset != c->bytes.half[side].sent) {
        me->keep_alive = session_kept(c->s, session_add(c->s, EVENT_RETRANSMIT, side, s->mark));
        if (!me->keep_alive) {
            return;
        }
        me->keep_alive->offset = me->keep_alive->end = c->bytes.half[side].sent;
        me->keep_alive->facts->retransmit.keep_alive = true;
    }
    me->keep_alive->facts->retransmit.count++;
    me->keep_alive->facts->retransmit.unanswered++;
    me->keep_alive->last = s->mark;
}

void tcp_evidence_acked(struct tcp_connection *c, enum side side, uint64_t offset, struct mark mark)
{
    struct trouble *me = c->evidence[side].trouble;
    size_t kept = 0;

    for (size_t i = 0; i < me->retransmit_count; i++) {
        if (me->retransmits[i]->end <= offset) {
            me->retransmits[i]->acked = mark;
        } else {
            me->retransmits[kept++] = me->retransmits[i];
        }
    }
    me->retransmit_count = kept;
}

void tcp_evidence_alive(struct tcp_connection *c, enum side side)
{
    const struct trouble *other = c->evidence[side_other(side)].trouble;

    for (size_t i = 0; i < other->retransmit_count; i++) {
        other->retransmits[i]->facts->retransmit.peer_packets++;
    }
    if (other->keep_alive) {
        other->keep_alive->facts->retransmit.peer_packets++;
        other->keep_alive->facts->retransmit.unanswered = 0;
    }
}

static void forget_one(struct event **e, uint32_t chapter)
{
    if (*e && (*e)->chapter == chapter) {
        *e = NULL;
    }
}

void tcp_evidence_forget(void *connection, uint32_t chapter)
{
    struct tcp_connection *c = connection;

    for (int side = 0; side < SIDES; side++) {
        struct trouble *me = c->evidence[side].trouble;
        size_t kept = 0;
        if (!me) {
            continue;
        }
        for (size_t i = 0; i < me->retransmit_count; i++) {
            if (me->retransmits[i]->chapter != chapter) {
                me->retransmits[kept++] = me->retransmits[i];
            }
        }
        me->retransmit_count = kept;
        forget_one(&me->zero_window, chapter);
        forget_one(&me->keep_alive, chapter);
        forget_one(&me->rst, chapter);
    }
}
