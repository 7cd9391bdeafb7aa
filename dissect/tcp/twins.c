/* twins.c - packets captured twice: of a mirror port, or on every interface at once.
 *
 * A copy comes within milliseconds, but at a gigabit per second 160 large packets come within two
 * of them, and a mirror port may give the whole burst before its copies. One table serves all
 * connections: what it remembers is bounded by time, not by how many there are.
 */
#include "dissect/tcp/twins.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TWIN_US = 2000, /* catalogue: copies come within 2 ms */
    SETS = 1024,
    WAYS = 4
};

/* What tells a copy of a packet from a packet sent again. */
struct print {
    uint64_t hash;    /* of everything but these */
    uint32_t time_us; /* low bits; 0: unused */
    uint8_t ttl;
};

static_assert(sizeof(struct print) == 16, "four in a cache line");

/* A set is a cache line: every packet looks into one. */
struct tcp_twins {
    struct print prints[SETS][WAYS];
};

struct tcp_twins *tcp_twins_new(void)
{
    enum { LINE = 64 };
    struct tcp_twins *t = aligned_alloc(LINE, sizeof *t);

    if (t) {
        memset(t, 0, sizeof *t);
    }
    return t;
}

void tcp_twins_free(struct tcp_twins *t)
{
    free(t);
}

static uint32_t low_time(const struct segment *s)
{
    return (uint32_t)(s->mark.time_ns / 1000) | 1;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* Without an IP ID to tell them apart, two acknowledgements in a row look alike: then the rest of
 * the header must be the same to the bit. Whoever makes two of his packets collide hides one of
 * them, as he could by sending it twice. */
static uint64_t hash_of(uint64_t sender, const struct segment *s)
{
    uint64_t h = mix(mix(sender, (uint64_t)s->seq << 32 | s->ack),
                     (uint64_t)s->payload_len << 24 ^ (uint64_t)s->ip_id << 8 ^ s->flags);

    return s->ip_id ? h : mix(h, (uint64_t)s->checksum << 16 | s->window);
}

/* Of one with the same hash. */
static bool is_same(const struct print *p, const struct segment *s, uint32_t now)
{
    int ttl = (int)p->ttl - s->ttl;

    return p->time_us && ttl >= -1 && ttl <= 1 && now - p->time_us <= TWIN_US;
}

bool tcp_twins_seen(struct tcp_twins *t, uint64_t sender, const struct segment *s)
{
    uint64_t hash = hash_of(sender, s);
    struct print *set = t->prints[(hash >> 40) % SETS];
    uint32_t now = low_time(s);

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash && is_same(&set[i], s, now)) {
            return true;
        }
    }
    memmove(set + 1, set, (WAYS - 1) * sizeof *set); /* the newest first */
    set[0] = (struct print){hash, now, s->ttl};
    return false;
}
