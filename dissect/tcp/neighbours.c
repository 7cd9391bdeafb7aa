/* neighbours.c - a small table of hosts, ports and pairs of hosts, and when they worked.
 *
 * Of the last hour and a third it is known in which STEP something worked, a bit for each: the
 * longest that a silent connection is kept is LIMIT_IDLE_SECONDS. Entries are told apart by a keyed
 * hash alone; two with one hash are taken for one, once in 2^64.
 */
#include "dissect/tcp/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "capture/crypto.h"
#include "dissect/limits.h"

enum { WAYS = 4, SETS = LIMIT_NEIGHBOURS / WAYS, STEPS = 64 };

static const int64_t step_ns = INT64_C(75000000000);

struct neighbour {
    uint64_t hash;  /* 0: free */
    uint64_t steps; /* bit n: something worked n steps before the newest */
    int64_t newest, last_ns, trip_ns;
    uint8_t ttl_low, ttl_high;
};

struct neighbours {
    uint64_t seed;
    struct neighbour sets[SETS][WAYS];
};

struct neighbours *neighbours_new(void)
{
    struct neighbours *n = calloc(1, sizeof *n);

    if (n && !crypto_random((uint8_t *)&n->seed, sizeof n->seed)) {
        free(n);
        n = NULL;
    }
    return n;
}

void neighbours_free(struct neighbours *n)
{
    free(n);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_address(uint64_t h, const struct address *a)
{
    uint64_t half[2];

    memcpy(half, a->bytes, sizeof half);
    return mix(mix(mix(h, half[0]), half[1]), a->family);
}

enum what { WHAT_HOST = 1, WHAT_PORT, WHAT_PAIR };

static uint64_t hash_host(const struct neighbours *n, const struct address *server)
{
    return hash_address(mix(n->seed, WHAT_HOST), server) | 1;
}

static uint64_t hash_port(const struct neighbours *n, const struct endpoint *server)
{
    return mix(hash_address(mix(n->seed, WHAT_PORT), &server->address), server->port) | 1;
}

static uint64_t hash_pair(const struct neighbours *n, const struct session *s)
{
    return hash_address(hash_address(mix(n->seed, WHAT_PAIR), &s->end[SIDE_CLIENT].address),
                        &s->end[SIDE_SERVER].address) |
           1;
}

static const struct neighbour *find(const struct neighbours *n, uint64_t hash)
{
    const struct neighbour *set = n->sets[(hash >> 32) % SETS];

    for (int i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) {
            return &set[i];
        }
    }
    return NULL;
}

static struct neighbour *take(struct neighbours *n, uint64_t hash)
{
    struct neighbour *set = n->sets[(hash >> 32) % SETS], *oldest = set;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) {
            return &set[i];
        }
        if (!set[i].hash || (oldest->hash && set[i].last_ns < oldest->last_ns)) {
            oldest = &set[i];
        }
    }
    *oldest = (struct neighbour){.hash = hash, .last_ns = INT64_MIN};
    return oldest;
}

static int64_t step_of(int64_t time_ns)
{
    return time_ns / step_ns - (time_ns % step_ns < 0);
}

static struct neighbour *note(struct neighbours *n, uint64_t hash, int64_t time_ns)
{
    struct neighbour *e = take(n, hash);
    int64_t step = step_of(time_ns), on = step - e->newest;

    if (e->last_ns == INT64_MIN || on >= STEPS) {
        e->newest = step;
        e->steps = 1;
    } else if (on >= 0) {
        e->steps = e->steps << on | 1;
        e->newest = step;
    } else if (on > -STEPS) {
        e->steps |= UINT64_C(1) << -on;
    }
    if (time_ns > e->last_ns) {
        e->last_ns = time_ns;
    }
    return e;
}

void neighbours_works(struct neighbours *n, const struct session *s, struct mark at, uint8_t ttl)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    struct neighbour *host = note(n, hash_host(n, &server->address), at.time_ns);
    int64_t trip_ns = s->tcp.side[SIDE_CLIENT].syn_count == 1 ? s->tcp.syn_to_synack_ns : 0;

    if (!host->ttl_low || ttl < host->ttl_low) {
        host->ttl_low = ttl;
    }
    if (ttl > host->ttl_high) {
        host->ttl_high = ttl;
    }
    if (trip_ns > 0 && (!host->trip_ns || trip_ns < host->trip_ns)) {
        host->trip_ns = trip_ns;
    }
    note(n, hash_port(n, server), at.time_ns);
    note(n, hash_pair(n, s), at.time_ns);
}

struct neighbour_host neighbours_host(const struct neighbours *n, const struct address *server)
{
    const struct neighbour *e = find(n, hash_host(n, server));

    return e ? (struct neighbour_host){e->ttl_low, e->ttl_high, e->trip_ns}
             : (struct neighbour_host){0};
}

int64_t neighbours_served(const struct neighbours *n, const struct endpoint *server)
{
    const struct neighbour *e = find(n, hash_port(n, server));

    return e ? e->last_ns : INT64_MIN;
}

bool neighbours_worked(const struct neighbours *n, const struct session *s, int64_t from_ns,
                       int64_t until_ns)
{
    const struct neighbour *e = find(n, hash_pair(n, s));
    int64_t first = step_of(from_ns) + 1, last = step_of(until_ns);

    for (int64_t i = 0; e && i < STEPS; i++) {
        int64_t step = e->newest - i;
        if ((e->steps >> i & 1) && step >= first && step <= last) {
            return true;
        }
    }
    return false;
}
