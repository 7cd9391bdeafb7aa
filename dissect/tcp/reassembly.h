/* reassembly.h - both directions of one connection put in order.
 *
 * Order means two things: the bytes of one side by their sequence numbers, and between the sides
 * cause before effect: bytes whose packet acknowledges something of the other side are delivered
 * after it. Bytes that were never captured become a gap, a chunk of its own, never bytes:
 *
 *   - when their receiver acknowledged them and they were not captured within LIMIT_GAP_SECONDS
 *     (3 s: the project's default, catalogue section A);
 *   - when too much would have to be held to wait for them;
 *   - when the connection is over; also those that only the FIN behind them tells of.
 *
 * Of bytes that came twice the first copy is used.
 */
#ifndef DISSECT_TCP_REASSEMBLY_H
#define DISSECT_TCP_REASSEMBLY_H

#include "dissect/tcp/chunk.h"

struct held; /* a segment kept: out of order, or ahead of what it acknowledges */

/* One direction. Offsets count from the byte behind the SYN. */
struct half {
    bool seen;      /* a packet of this side was captured */
    bool based;     /* base is known */
    uint32_t base;  /* sequence number of offset 0 */
    uint64_t next;  /* delivered so far */
    uint64_t sent;  /* behind the last byte seen */
    uint64_t bytes; /* seen, each counted once */
    uint64_t acked; /* acknowledged by the other side, FIN included */
    bool fin;
    uint64_t fin_offset;       /* position of the FIN when fin */
    struct held *first, *last; /* in order of offset */
    uint32_t held_bytes, held_count;
    int64_t hole_since_ns; /* acked went beyond next at this time; 0: it did not */
    struct mark hole_mark; /* with this packet; or the FIN's, when it showed a hole before it */
};

struct reassembly {
    struct half half[SIDES];
    chunk_sink sink;
    void *ctx;
    size_t *held_total; /* of all connections together */
    uint32_t limits;    /* bit 1 << enum limit of those for which a gap was declared */
};

/* How a segment relates to what was seen before. */
enum arrival {
    ARRIVAL_NEW,   /* bytes beyond everything seen */
    ARRIVAL_FILLS, /* bytes not seen, below the highest seen */
    ARRIVAL_AGAIN, /* nothing new */
};

void reassembly_init(struct reassembly *r, chunk_sink sink, void *ctx, size_t *held_total);
void reassembly_reset(struct reassembly *r);
/* Sequence number of a side to its stream position; negative: before the first byte. */
int64_t reassembly_offset(const struct half *h, uint32_t seq);
/* Time of the packet that showed the first hole of a side: its bytes are held. 0: none is. */
int64_t reassembly_hole_ns(const struct half *h);
/* Payload of a side at a position (may be negative: the part before the stream is dropped). Its
 * wire length may exceed data.len (cut by the snap length). *conflict: it differs from bytes held.
 */
enum arrival reassembly_data(struct reassembly *r, enum side side, int64_t offset,
                             struct bytes data, uint32_t wire_len, uint64_t peer_ack,
                             struct mark mark, bool *conflict);
/* The other side acknowledged everything of `side` below offset. */
void reassembly_acked(struct reassembly *r, enum side side, uint64_t offset, struct mark mark);
/* It did not: the acknowledgement was taken back. */
void reassembly_unacked(struct reassembly *r, enum side side, uint64_t offset);
/* Everything before this position of a side, and all that is acknowledged there, was delivered. */
bool reassembly_is_next(const struct reassembly *r, enum side side, uint64_t offset,
                        uint64_t peer_ack);
/* Something is held, or known to be missing. */
static inline bool reassembly_waits(const struct reassembly *r)
{
    const struct half *c = &r->half[SIDE_CLIENT], *s = &r->half[SIDE_SERVER];

    return c->first || s->first || c->hole_since_ns || s->hole_since_ns;
}
/* Delivers what can be by now. */
void reassembly_deliver(struct reassembly *r, int64_t now_ns);
/* Everything held is delivered, with gaps; acknowledged bytes that never came are a gap too. */
void reassembly_end(struct reassembly *r, struct mark mark);

#endif
