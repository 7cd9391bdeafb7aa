/* stress.c - what TCP headers tell about connections in trouble: holes that the receiver reports,
 * long silences, windows that fill, sizes that pass. Facts only.
 *
 * RFC 2018 (SACK), RFC 2883 (reports of bytes that came twice). How large a segment was is known by
 * how much the receiver's report grew with one packet. Kept in struct tcp_stress, which most
 * connections never need.
 */
#include <string.h>

#include "dissect/limits.h"
#include "dissect/tcp/connection_state.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
    SACK_FAR = 1 << 20,   /* catalogue: sack-out-of-range */
    SACK_BLOCKS = 4,      /* as many as fit */
    FLIGHT_NOTED = 65536, /* shorter streams tell nothing about windows */
    WINDOW_USUAL = 65536  /* a packet whose number lies further on belongs to nobody here */
};

/* NULL when out of memory. */
static struct tcp_stress *stress_of(struct tcp_connection *c, enum side side)
{
    struct tcp_side *me = &c->s->tcp.side[side];

    if (!me->stress) {
        me->stress = arena_alloc(c->s->arena, sizeof *me->stress);
        if (me->stress) {
            *me->stress = (struct tcp_stress){0};
        }
    }
    return me->stress;
}

void tcp_stress_beyond(struct tcp_connection *c, enum side side, int64_t offset)
{
    const struct half *h = &c->bytes.half[side];
    struct tcp_stress *stress = NULL;

    if ((h->seen || h->based) && offset <= (int64_t)h->sent + WINDOW_USUAL) {
        stress = stress_of(c, side);
    }
    if (stress && offset > (int64_t)stress->beyond) {
        stress->beyond = (uint64_t)offset;
    }
}

struct block {
    int64_t left, right;
};

/* The blocks of the SACK option, as stream positions of `h`. */
static size_t read_sack(struct bytes options, const struct half *h, struct block out[SACK_BLOCKS])
{
    struct cursor c = cursor_of(options);
    struct bytes body;
    uint8_t kind, len;
    size_t count = 0;

    while (take_u8(&c, &kind) && kind != OPTION_END) {
        if (kind == OPTION_NOP) {
            continue;
        }
        if (!take_u8(&c, &len) || len < 2 || !take_bytes(&c, len - 2u, &body)) {
            break;
        }
        if (kind == OPTION_SACK) {
            struct cursor b = cursor_of(body);
            uint32_t left, right;
            while (count < SACK_BLOCKS && take_u32(&b, &left) && take_u32(&b, &right)) {
                out[count++] =
                    (struct block){reassembly_offset(h, left), reassembly_offset(h, right)};
            }
        }
    }
    return count;
}

/* A block below the acknowledgement, or inside the second one, tells of bytes that came twice. */
static bool is_doubled(const struct block *b, size_t count, int64_t acked)
{
    return b->right <= acked || (count > 1 && b->left >= b[1].left && b->right <= b[1].right);
}

static bool is_far(const struct block *b, const struct half *h)
{
    return b->left < (int64_t)h->acked - SACK_FAR || b->right > (int64_t)h->sent + SACK_FAR;
}

/* By how much what is reported grew with this packet: the size of the segment that made it grow.
 * The bytes in front of it are still missing. */
static void note_growth(struct trouble *me, const struct block *b)
{
    uint64_t from = (uint64_t)b->left > me->sack_top ? (uint64_t)b->left : me->sack_top;
    uint32_t grown = (uint32_t)((uint64_t)b->right - from);

    me->sack_top = (uint64_t)b->right;
    me->sack_most = grown > me->sack_most ? grown : me->sack_most;
    me->sack_least = !me->sack_least || grown < me->sack_least ? grown : me->sack_least;
    for (size_t i = 0; i < me->retransmit_count; i++) {
        if (me->retransmits[i]->end <= from) {
            me->retransmits[i]->facts->retransmit.sacked_least = me->sack_least;
            me->retransmits[i]->facts->retransmit.sacked_most = me->sack_most;
        }
    }
}

static void read_blocks(struct tcp_connection *c, const struct segment *s, enum side peer)
{
    const struct half *h = &c->bytes.half[peer];
    struct block blocks[SACK_BLOCKS] = {{0, 0}};
    int64_t acked = h->based ? reassembly_offset(h, s->ack) : 0;
    size_t count;

    count = h->based && h->seen ? read_sack(s->options, h, blocks) : 0;
    for (size_t i = 0; i < count; i++) {
        struct tcp_stress *stress;

        if (is_far(&blocks[i], h)) {
            stress = stress_of(c, peer);
            if (stress && stress->sacks_outside++ == 0) {
                stress->sack_outside = s->mark;
            }
        } else if (blocks[i].right <= blocks[i].left || blocks[i].left < 0) {
            continue;
        } else if (i == 0 && is_doubled(blocks, count, acked)) {
            stress = stress_of(c, peer);
            if (stress) {
                stress->doubled_bytes += (uint64_t)(blocks[i].right - blocks[i].left);
            }
        } else if (blocks[i].left > acked) {
            struct trouble *trouble = tcp_evidence_trouble(c, peer);
            if (blocks[i].right > (int64_t)h->sent) {
                tcp_stress_beyond(c, peer, blocks[i].right);
            }
            if (blocks[i].right > (int64_t)trouble->sack_top) {
                note_growth(trouble, &blocks[i]);
            }
        }
    }
}

void tcp_stress_sack(struct tcp_connection *c, const struct segment *s, enum side side)
{
    static const uint8_t usual[12] = {OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMPS, 10};

    if (s->options.len != sizeof usual || memcmp(s->options.data, usual, 4) != 0) {
        read_blocks(c, s, side_other(side));
    }
}

void tcp_stress_new(struct tcp_connection *c, const struct segment *s, enum side side,
                    uint64_t offset)
{
    struct tcp_side *me = &c->s->tcp.side[side];
    struct evidence *ev = &c->evidence[side];
    int64_t quiet_ns = s->mark.time_ns - c->s->last.time_ns;
    uint64_t flight = me->sent - me->acked;

    /* A larger one takes the place of one that is waited for: in a burst all that is sent before
     * the first acknowledgement would go unnoticed. */
    if (s->payload_len > me->passed && (!ev->timed_end || s->payload_len > ev->timed_len)) {
        ev->timed_end = offset + s->payload_len;
        ev->timed_len = s->payload_len;
    }
    if (quiet_ns > (int64_t)LIMIT_QUIET_SECONDS * 1000000000 && c->s->last.packet) {
        struct tcp_stress *stress = stress_of(c, side);
        if (stress) {
            stress->quiet_ns = quiet_ns;
            stress->quiet_offset = offset;
            stress->quiet_from = c->s->last;
            stress->quiet_until = s->mark;
        }
    }
    if (me->sent >= FLIGHT_NOTED && me->sent >= me->acked) {
        struct tcp_stress *stress = stress_of(c, side);
        if (stress && flight > stress->flight_most) {
            stress->flight_most = (uint32_t)(flight < UINT32_MAX ? flight : UINT32_MAX);
        }
    }
}

/* Before the acknowledgement counts: how full the window was. */
static void note_flight(struct tcp_connection *c, enum side side)
{
    const struct tcp_side *me = &c->s->tcp.side[side];
    uint32_t window = c->s->tcp.side[side_other(side)].window;
    struct tcp_stress *stress = me->stress;

    if (stress && me->sent >= FLIGHT_NOTED && me->sent > me->acked) {
        stress->acks++;
        stress->acks_full += (me->sent - me->acked) >= (uint64_t)window / 4 * 3;
    }
}

void tcp_stress_acked(struct tcp_connection *c, enum side side, uint64_t offset)
{
    struct evidence *me = &c->evidence[side];

    note_flight(c, side);
    if (me->timed_end && offset >= me->timed_end) {
        c->s->tcp.side[side].passed = me->timed_len;
        me->timed_end = 0;
    }
    if (me->trouble && offset >= me->trouble->sack_top) {
        me->trouble->sack_top = 0;
        me->trouble->sack_least = me->trouble->sack_most = 0;
    }
}

void tcp_stress_window(struct tcp_connection *c, const struct segment *s, enum side side)
{
    struct tcp_stress *sender = c->s->tcp.side[side_other(side)].stress;
    uint32_t window = c->s->tcp.side[side].window;

    if (sender && window > sender->window_most) {
        sender->window_most = window;
        sender->window_raw_most = s->window;
    }
}
