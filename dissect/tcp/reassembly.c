/* reassembly.c - both directions of one connection put in order.
 *
 * The common case costs no copy: a segment that continues its side and acknowledges nothing that is
 * still to come goes straight to the sink. Everything else is held in a list sorted by offset, no
 * two of which overlap.
 *
 * A side of which no packet was ever captured has no gaps: its bytes are not missing here and
 * there, it is not there at all.
 */
#include "dissect/tcp/reassembly.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limit.h"
#include "dissect/limits.h"

static const int64_t second_ns = INT64_C(1000000000);

/* A segment so far beyond everything acknowledged belongs to no window. */
enum { STRAY_BEYOND = 64 * 1024 * 1024 };

struct held {
    struct held *next;
    uint64_t offset, peer_ack;
    uint32_t len;      /* bytes behind this struct */
    uint32_t wire_len; /* bytes it stood for; more: cut by the snap length */
    struct mark mark;
};

static const uint8_t *held_bytes(const struct held *h)
{
    return (const uint8_t *)(h + 1);
}

void reassembly_init(struct reassembly *r, chunk_sink sink, void *ctx, size_t *held_total)
{
    *r = (struct reassembly){.sink = sink, .ctx = ctx, .held_total = held_total};
}

/* Already taken out of the list. */
static void forget(struct reassembly *r, struct half *h, struct held *s)
{
    h->held_bytes -= (uint32_t)(s->len + sizeof *s);
    h->held_count--;
    *r->held_total -= s->len + sizeof *s;
    explicit_bzero(s + 1, s->len); /* what strangers said stays nowhere longer than it is needed */
    free(s);
}

static void drop_first(struct reassembly *r, struct half *h)
{
    struct held *first = h->first;

    h->first = first->next;
    if (!h->first) {
        h->last = NULL;
    }
    forget(r, h, first);
}

void reassembly_reset(struct reassembly *r)
{
    for (int side = 0; side < SIDES; side++) {
        while (r->half[side].first) {
            drop_first(r, &r->half[side]);
        }
    }
}

int64_t reassembly_offset(const struct half *h, uint32_t seq)
{
    /* The nearest position to what was delivered with these low 32 bits. */
    int32_t distance = (int32_t)(seq - (h->base + (uint32_t)h->next));

    return (int64_t)h->next + distance;
}

int64_t reassembly_hole_ns(const struct half *h)
{
    return h->first ? h->first->mark.time_ns : 0;
}

/* Where acknowledged data ends: a FIN takes a sequence number but is no byte. A FIN that was not
 * captured looks like one more byte that nobody sent. */
static uint64_t acked_data(const struct half *h)
{
    if (h->fin && h->acked > h->fin_offset) {
        return h->fin_offset;
    }
    if (!h->fin && h->acked == h->sent + 1) {
        return h->sent;
    }
    return h->acked;
}

/* What X acknowledged has been delivered, or never will be. */
static bool is_after(const struct half *other, uint64_t peer_ack)
{
    return !other->seen || other->next >= peer_ack ||
           (other->next + 1 == peer_ack && other->sent == other->next);
}

bool reassembly_is_next(const struct reassembly *r, enum side side, uint64_t offset,
                        uint64_t peer_ack)
{
    return r->half[side].next >= offset && is_after(&r->half[side_other(side)], peer_ack);
}

static void send_data(struct reassembly *r, enum side side, uint64_t offset, struct bytes data,
                      uint64_t peer_ack, struct mark mark)
{
    struct chunk chunk = {.kind = CHUNK_DATA,
                          .side = side,
                          .offset = offset,
                          .data = data,
                          .peer_ack = peer_ack,
                          .mark = mark};

    r->half[side].next = offset + data.len;
    if (data.len) {
        r->sink(r->ctx, &chunk);
    }
}

static void send_gap(struct reassembly *r, enum side side, uint64_t end, bool snapped,
                     struct mark mark)
{
    struct half *h = &r->half[side];
    const struct half *other = &r->half[side_other(side)];
    struct chunk chunk = {.kind = CHUNK_GAP,
                          .side = side,
                          .offset = h->next,
                          .missing = end - h->next,
                          .acked = h->acked >= end,
                          .snapped = snapped,
                          .peer_ack = other->next,
                          .mark = mark};

    if (end <= h->next) {
        return;
    }
    if (h->first && h->first->mark.packet < mark.packet) {
        chunk.mark = h->first->mark; /* the first packet that showed it */
    }
    h->next = end;
    r->sink(r->ctx, &chunk);
}

/* The bytes of a segment that were not delivered yet. */
static void send_segment(struct reassembly *r, enum side side, uint64_t offset, struct bytes data,
                         uint32_t wire_len, uint64_t peer_ack, struct mark mark)
{
    struct half *h = &r->half[side];
    uint64_t end = offset + wire_len;
    uint64_t skip = h->next > offset ? h->next - offset : 0;

    if (skip < data.len) {
        send_data(r, side, offset + skip, (struct bytes){data.data + skip, data.len - skip},
                  peer_ack, mark);
    }
    if (end > h->next && data.len < wire_len) {
        send_gap(r, side, end, true, mark);
    }
}

static bool deliver_side(struct reassembly *r, enum side side)
{
    struct half *h = &r->half[side];
    bool progress = false;

    while (h->first && h->first->offset <= h->next &&
           is_after(&r->half[side_other(side)], h->first->peer_ack)) {
        struct held *s = h->first;
        if (s->offset + s->wire_len > h->next) {
            send_segment(r, side, s->offset, (struct bytes){held_bytes(s), s->len}, s->wire_len,
                         s->peer_ack, s->mark);
        }
        drop_first(r, h);
        progress = true;
    }
    return progress;
}

static void deliver_ready(struct reassembly *r)
{
    bool progress;

    do {
        progress = deliver_side(r, SIDE_CLIENT);
        progress |= deliver_side(r, SIDE_SERVER);
    } while (progress);
}

/* Bytes are missing that their receiver has: since when is kept. */
static void note_hole(struct half *h, int64_t now_ns)
{
    if (!h->seen || acked_data(h) <= h->next || (h->first && h->first->offset <= h->next)) {
        h->hole_since_ns = 0;
    } else if (h->hole_since_ns == 0) {
        h->hole_since_ns = now_ns;
        h->hole_mark = h->first ? h->first->mark : h->hole_mark;
    }
}

/* Gives up waiting for the bytes that hold up the oldest held segment. False: nothing is held. */
static bool force(struct reassembly *r, struct mark mark)
{
    enum side side = SIDE_CLIENT, blocking;
    struct half *c = &r->half[SIDE_CLIENT], *s = &r->half[SIDE_SERVER], *h;
    uint64_t end;

    if (!c->first && !s->first) {
        return false;
    }
    if (!c->first || (s->first && s->first->mark.packet < c->first->mark.packet)) {
        side = SIDE_SERVER;
    }
    h = &r->half[side];
    if (h->first->offset > h->next) {
        blocking = side; /* a hole of its own */
        end = h->first->offset;
    } else {
        blocking = side_other(side); /* something of the other side that it acknowledged */
        end = h->first->peer_ack;
        h = &r->half[blocking];
        if (h->first && h->first->offset < end) {
            end = h->first->offset;
        }
        if (h->fin && end > h->fin_offset) {
            end = h->fin_offset;
        }
        if (end <= h->next) {
            /* The other side's next bytes are held themselves, for something of this side: both
             * wait for each other. The older one goes first. */
            struct held *first = r->half[side].first;
            first->peer_ack = 0;
            return true;
        }
    }
    send_gap(r, blocking, end, false, mark);
    return true;
}

/* The limit that is exceeded; LIMITS: none is. */
static enum limit exceeded(const struct reassembly *r)
{
    for (int side = 0; side < SIDES; side++) {
        const struct half *h = &r->half[side];
        if (h->held_bytes > LIMIT_HELD_BYTES) {
            return REACHED_HELD_BYTES;
        }
        if (h->held_count > LIMIT_HELD_SEGMENTS) {
            return REACHED_HELD_SEGMENTS;
        }
        if (h->held_count && *r->held_total > LIMIT_HELD_BYTES_ALL) {
            return REACHED_HELD_BYTES_ALL;
        }
    }
    return LIMITS;
}

/* Acknowledged bytes that did not come within the time. */
static bool declare_old_hole(struct reassembly *r, enum side side, int64_t now_ns)
{
    struct half *h = &r->half[side];
    uint64_t end = acked_data(h);

    note_hole(h, now_ns);
    if (h->hole_since_ns == 0 || now_ns - h->hole_since_ns < LIMIT_GAP_SECONDS * second_ns) {
        return false;
    }
    if (h->first && h->first->offset < end) {
        end = h->first->offset;
    }
    h->hole_since_ns = 0;
    send_gap(r, side, end, false, h->hole_mark);
    if (acked_data(h) > h->next) {
        h->hole_since_ns = now_ns;
    }
    return true;
}

void reassembly_deliver(struct reassembly *r, int64_t now_ns)
{
    const struct half *c = &r->half[SIDE_CLIENT], *s = &r->half[SIDE_SERVER];
    enum limit limit;

    if (!reassembly_waits(r)) {
        return;
    }
    deliver_ready(r);
    while (declare_old_hole(r, SIDE_CLIENT, now_ns) || declare_old_hole(r, SIDE_SERVER, now_ns)) {
        deliver_ready(r);
    }
    while ((limit = exceeded(r)) != LIMITS && force(r, c->first ? c->last->mark : s->last->mark)) {
        r->limits |= UINT32_C(1) << limit;
        deliver_ready(r);
    }
}

void reassembly_acked(struct reassembly *r, enum side side, uint64_t offset, struct mark mark)
{
    struct half *h = &r->half[side];

    if (offset <= h->acked) {
        return;
    }
    h->acked = offset;
    if (h->seen && h->hole_since_ns == 0 && acked_data(h) > h->next) {
        h->hole_since_ns = mark.time_ns ? mark.time_ns : 1;
        h->hole_mark = mark;
    }
}

void reassembly_unacked(struct reassembly *r, enum side side, uint64_t offset)
{
    struct half *h = &r->half[side];

    h->acked = offset;
    if (acked_data(h) <= h->next) {
        h->hole_since_ns = 0;
    }
}

/* Where two copies of the same bytes overlap they must agree. */
static bool conflicts(const struct half *h, uint64_t offset, struct bytes data)
{
    if (h->last->offset + h->last->len <= offset) {
        return false; /* behind everything held */
    }
    for (const struct held *s = h->first; s && s->offset < offset + data.len; s = s->next) {
        uint64_t from = s->offset > offset ? s->offset : offset;
        uint64_t to =
            s->offset + s->len < offset + data.len ? s->offset + s->len : offset + data.len;
        if (from < to && memcmp(held_bytes(s) + (from - s->offset), data.data + (from - offset),
                                (size_t)(to - from)) != 0) {
            return true;
        }
    }
    return false;
}

static void insert(struct reassembly *r, struct half *h, struct held *s)
{
    struct held **at = &h->first;

    if (h->last && h->last->offset <= s->offset) {
        at = &h->last->next; /* the common case: behind the others */
    } else {
        while (*at && (*at)->offset <= s->offset) {
            at = &(*at)->next;
        }
    }
    s->next = *at;
    *at = s;
    if (!s->next) {
        h->last = s;
    }
    h->held_bytes += (uint32_t)(s->len + sizeof *s);
    h->held_count++;
    *r->held_total += s->len + sizeof *s;
}

static void hold(struct reassembly *r, enum side side, uint64_t offset, struct bytes data,
                 uint32_t wire_len, uint64_t peer_ack, struct mark mark)
{
    struct held *s = malloc(sizeof *s + data.len);

    if (!s) {
        return; /* not held: it becomes a gap, as if it had not been captured */
    }
    *s = (struct held){NULL, offset, peer_ack, (uint32_t)data.len, wire_len, mark};
    if (data.len) {
        memcpy(s + 1, data.data, data.len);
    }
    insert(r, &r->half[side], s);
}

/* Of a segment what is not held yet: first copy wins. */
static void hold_new(struct reassembly *r, enum side side, uint64_t offset, struct bytes data,
                     uint32_t wire_len, uint64_t peer_ack, struct mark mark)
{
    struct half *h = &r->half[side];
    uint64_t from = offset > h->next ? offset : h->next, end = offset + wire_len;
    const struct held *s = h->last && h->last->offset < from ? h->last : h->first;

    while (from < end) {
        uint64_t to, skip;
        size_t len;
        while (s && s->offset <= from) {
            from = s->offset + s->wire_len > from ? s->offset + s->wire_len : from;
            s = s->next;
        }
        if (from >= end) {
            return;
        }
        to = s && s->offset < end ? s->offset : end;
        skip = from - offset;
        len = data.len > skip ? data.len - (size_t)skip : 0;
        len = len < to - from ? len : (size_t)(to - from);
        h->bytes += to - from;
        hold(r, side, from, (struct bytes){len ? data.data + skip : data.data, len},
             (uint32_t)(to - from), peer_ack, mark);
        from = to;
    }
}

enum arrival reassembly_data(struct reassembly *r, enum side side, int64_t position,
                             struct bytes data, uint32_t wire_len, uint64_t peer_ack,
                             struct mark mark, bool *conflict)
{
    struct half *h = &r->half[side];
    enum arrival arrival = ARRIVAL_AGAIN;
    uint64_t offset, end;

    *conflict = false;
    if (position < 0) { /* before the first byte: midstream, or nonsense */
        uint64_t skip = (uint64_t)-position;
        if (skip >= wire_len) {
            return ARRIVAL_AGAIN;
        }
        wire_len -= (uint32_t)skip;
        data = skip < data.len ? (struct bytes){data.data + skip, data.len - skip}
                               : (struct bytes){data.data, 0};
        position = 0;
    }
    offset = (uint64_t)position;
    end = offset + wire_len;
    if (end > h->sent) {
        arrival =
            offset < h->sent && h->first && offset < h->first->offset ? ARRIVAL_FILLS : ARRIVAL_NEW;
        h->sent = end;
    } else if (end > h->next) {
        /* Below the highest byte seen: it fills a hole, unless all of it is held already. */
        uint64_t from = offset > h->next ? offset : h->next;
        for (const struct held *s = h->first; s && s->offset <= from; s = s->next) {
            if (s->offset + s->wire_len > from) {
                from = s->offset + s->wire_len;
            }
        }
        arrival = from < end ? ARRIVAL_FILLS : ARRIVAL_AGAIN;
    }
    if (h->first && data.len) {
        *conflict = conflicts(h, offset, data);
    }
    if (end <= h->next || arrival == ARRIVAL_AGAIN) {
        return ARRIVAL_AGAIN;
    }
    if (!h->first && offset <= h->next && is_after(&r->half[side_other(side)], peer_ack)) {
        h->bytes += end - h->next;
        send_segment(r, side, offset, data, wire_len, peer_ack, mark);
    } else {
        hold_new(r, side, offset, data, wire_len, peer_ack, mark);
    }
    return arrival;
}

/* What is held far beyond everything acknowledged at the end was never part of the stream: a broken
 * packet, not a gap of its size. */
static void drop_stray(struct reassembly *r, enum side side)
{
    struct half *h = &r->half[side];
    struct held **at = &h->first, *before = NULL;
    uint64_t known = h->acked > h->next ? h->acked : h->next;

    if (!r->half[side_other(side)].seen) {
        return; /* nobody to acknowledge anything */
    }
    while (*at && (*at)->offset <= known + STRAY_BEYOND) {
        before = *at;
        at = &before->next;
    }
    while (*at) {
        struct held *stray = *at;
        *at = stray->next;
        forget(r, h, stray);
    }
    h->last = before;
}

void reassembly_end(struct reassembly *r, struct mark mark)
{
    drop_stray(r, SIDE_CLIENT);
    drop_stray(r, SIDE_SERVER);
    do {
        deliver_ready(r);
    } while (force(r, mark));
    for (int side = 0; side < SIDES; side++) {
        struct half *h = &r->half[side];
        if (h->seen && acked_data(h) > h->next) {
            send_gap(r, (enum side)side, acked_data(h), false,
                     h->hole_since_ns ? h->hole_mark : mark);
        }
        if (h->seen && h->fin && h->fin_offset > h->next) {
            send_gap(r, (enum side)side, h->fin_offset, false, h->hole_mark);
        }
    }
}
