/* twins.c - packets captured twice: of a mirror port, or on every interface at once.
 *
 * A copy comes within milliseconds, but at a gigabit per second 160 large packets come within two
 * of them, and a mirror port may give the whole burst before its copies. One table serves all
 * connections: what it remembers is bounded by time, not by how many there are.
 */
#include "dissect/tcp/twins.h"

#include <stdlib.h>

enum {
    TWIN_US = 2000, /* catalogue: copies come within 2 ms */
    SETS = 1024,
    WAYS = 4
};

/* What tells a copy of a packet from a packet sent again. */
struct print {
    uint64_t sender;
    uint32_t seq, ack, len;
    uint32_t time_us; /* low bits; 0: unused */
    uint16_t window, checksum, ip_id;
    uint8_t ttl, flags;
};

struct tcp_twins {
    struct print prints[SETS][WAYS];
};

struct tcp_twins *tcp_twins_new(void)
{
    return calloc(1, sizeof(struct tcp_twins));
}

void tcp_twins_free(struct tcp_twins *t)
{
    free(t);
}

static uint32_t low_time(const struct segment *s)
{
    return (uint32_t)(s->mark.time_ns / 1000) | 1;
}

static bool is_same(const struct print *p, uint64_t sender, const struct segment *s, uint32_t now)
{
    int ttl = (int)p->ttl - s->ttl;

    if (!p->time_us || p->sender != sender || p->seq != s->seq || p->ack != s->ack ||
        p->len != s->payload_len || p->flags != s->flags || p->ip_id != s->ip_id || ttl < -1 ||
        ttl > 1 || now - p->time_us > TWIN_US) {
        return false;
    }
    /* Without an IP ID to tell them apart, two acknowledgements in a row look alike: then the rest
     * of the header must be the same to the bit. */
    return s->ip_id != 0 || (p->checksum == s->checksum && p->window == s->window);
}

/* Whoever makes these collide loses copies of packets, nothing else. */
static size_t set_of(uint64_t sender, const struct segment *s)
{
    uint64_t h = sender * UINT64_C(0x9e3779b97f4a7c15) ^ ((uint64_t)s->seq << 32 | s->ack);

    h = (h ^ s->ip_id) * UINT64_C(0xff51afd7ed558ccd);
    return (size_t)(h >> 40) % SETS;
}

bool tcp_twins_seen(struct tcp_twins *t, uint64_t sender, const struct segment *s)
{
    struct print *set = t->prints[set_of(sender, s)];
    uint32_t now = low_time(s);
    size_t oldest = 0;

    for (size_t i = 0; i < WAYS; i++) {
        if (is_same(&set[i], sender, s, now)) {
            return true;
        }
        if (!set[i].time_us ||
            (set[oldest].time_us && now - set[i].time_us > now - set[oldest].time_us)) {
            oldest = i;
        }
    }
    set[oldest] = (struct print){.sender = sender,
                                 .seq = s->seq,
                                 .ack = s->ack,
                                 .len = s->payload_len,
                                 .time_us = now,
                                 .window = s->window,
                                 .checksum = s->checksum,
                                 .ip_id = s->ip_id,
                                 .ttl = s->ttl,
                                 .flags = s->flags};
    return false;
}
