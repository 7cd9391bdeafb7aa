/* ipfrag.c - packets put together from IP fragments. RFC 791 section 3.2, RFC 8200 section 4.5.
 *
 * A payload is kept in units of 8 octets, the grain of fragment offsets: two bits say whether a
 * unit was on the wire, and whether its bytes were captured. A snap length that cut fragments
 * leaves a payload whose bytes are known up to the first cut.
 *
 * Overlaps (RFC 5722): fragments that overlap and agree are copies, as a mirror port makes them.
 * When they disagree, no two receivers would read the same: the packet is discarded, with what of
 * it still comes. What comes within COPY_MS after the packet was whole is taken for a copy as well.
 *
 * Bounded: packets at once, bytes of all together, seconds; the oldest gives way. A packet given up
 * delivers nothing: its bytes are missing from the stream, and reassembly says so. The table has a
 * random seed.
 */
#include "dissect/net/ipfrag.h"

#include <stdlib.h>
#include <string.h>

#include "capture/crypto.h"
#include "dissect/limits.h"

enum {
    UNIT = 8,
    PAYLOAD_MAX = 65535,
    UNITS_MAX = (PAYLOAD_MAX + UNIT - 1) / UNIT,
    CAPACITY_FIRST = 2048,
    CAPACITY_MAX = UNITS_MAX * UNIT,
    SLOTS = 1024, /* a power of two */
    COPY_MS = 100
};

static const int64_t ms_ns = 1000000, second_ns = 1000000000;

enum state { COLLECTING, WHOLE, DISCARDED };

/* RFC 791: addresses, protocol and identification; RFC 8200: addresses and identification. Without
 * padding: it is compared and hashed as bytes. */
struct key {
    uint8_t from[16], to[16];
    uint32_t id;
    uint16_t protocol; /* IPv6: 0 */
    uint16_t family;
};

struct datagram {
    struct datagram *next;          /* in its slot */
    struct datagram *newer, *older; /* by its first fragment */
    uint64_t hash;
    struct key key;
    int64_t first_ns, whole_ns;
    enum state state;
    uint8_t protocol, ttl; /* of its first fragment */
    uint32_t total;        /* length of the payload; 0: the last fragment is not there */
    uint32_t end;          /* of what is there */
    uint32_t units, fragments;
    uint8_t *data;
    uint32_t capacity;
    uint8_t there[UNITS_MAX / 8 + 1], captured[UNITS_MAX / 8 + 1];
};

struct ipfrag {
    struct datagram *slots[SLOTS];
    struct datagram *oldest, *newest;
    size_t count, bytes;
    uint64_t seed;
    uint8_t *handed_out[LIMIT_ENCAPSULATIONS + 1];
    size_t handed_out_count;
    struct ipfrag_totals totals;
};

struct ipfrag *ipfrag_new(void)
{
    struct ipfrag *t = calloc(1, sizeof *t);

    if (t && !crypto_random((uint8_t *)&t->seed, sizeof t->seed)) {
        free(t);
        return NULL;
    }
    return t;
}

static bool has_bit(const uint8_t *bits, uint32_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

static void set_bit(uint8_t *bits, uint32_t i)
{
    bits[i / 8] |= (uint8_t)(1u << (i % 8));
}

static void free_data(struct ipfrag *t, struct datagram *d)
{
    free(d->data);
    d->data = NULL;
    t->bytes -= d->capacity;
    d->capacity = 0;
}

static void remove_datagram(struct ipfrag *t, struct datagram *d)
{
    struct datagram **at = &t->slots[d->hash % SLOTS];

    while (*at != d) {
        at = &(*at)->next;
    }
    *at = d->next;
    if (t->oldest == d) {
        t->oldest = d->newer;
    } else {
        d->older->newer = d->newer;
    }
    if (t->newest == d) {
        t->newest = d->older;
    } else {
        d->newer->older = d->older;
    }
    free_data(t, d);
    free(d);
    t->count--;
}

void ipfrag_forget(struct ipfrag *t)
{
    while (t->handed_out_count > 0) {
        free(t->handed_out[--t->handed_out_count]);
    }
}

void ipfrag_free(struct ipfrag *t)
{
    if (t) {
        while (t->oldest) {
            remove_datagram(t, t->oldest);
        }
        ipfrag_forget(t);
        free(t);
    }
}

static void expire(struct ipfrag *t, int64_t now_ns)
{
    const int64_t keep_ns = LIMIT_FRAGMENT_SECONDS * second_ns;
    struct datagram *d = t->oldest;

    while (d && now_ns - d->first_ns > keep_ns) {
        struct datagram *newer = d->newer;
        t->totals.incomplete += d->state == COLLECTING;
        remove_datagram(t, d);
        d = newer;
    }
}

static void evict(struct ipfrag *t, struct datagram *d, uint64_t *count)
{
    *count += d->state == COLLECTING;
    remove_datagram(t, d);
}

/* False: there is no other one. */
static bool evict_oldest_but(struct ipfrag *t, const struct datagram *d, uint64_t *count)
{
    struct datagram *oldest = t->oldest;

    if (oldest && oldest == d) {
        oldest = d->newer;
    }
    if (!oldest) {
        return false;
    }
    evict(t, oldest, count);
    return true;
}

static struct key key_of(const struct ip_header *ip)
{
    struct key k = {.id = ip->fragment_id,
                    .protocol = ip->from.family == 4 ? ip->protocol : 0,
                    .family = ip->from.family};

    memcpy(k.from, ip->from.bytes, sizeof k.from);
    memcpy(k.to, ip->to.bytes, sizeof k.to);
    return k;
}

static uint64_t hash_of(const struct ipfrag *t, const struct key *k)
{
    const uint8_t *bytes = (const uint8_t *)k;
    uint64_t h = t->seed;

    for (size_t i = 0; i < sizeof *k; i++) {
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
        h ^= h >> 29;
    }
    return h;
}

static struct datagram *find(struct ipfrag *t, const struct key *k, uint64_t hash)
{
    struct datagram *d = t->slots[hash % SLOTS];

    while (d && (d->hash != hash || memcmp(&d->key, k, sizeof *k) != 0)) {
        d = d->next;
    }
    return d;
}

static struct datagram *add(struct ipfrag *t, const struct key *k, uint64_t hash, int64_t now_ns)
{
    struct datagram *d;

    if (t->count >= LIMIT_FRAGMENT_DATAGRAMS) {
        (void)evict_oldest_but(t, NULL, &t->totals.evicted);
    }
    d = calloc(1, sizeof *d);
    if (!d) {
        return NULL;
    }
    d->key = *k;
    d->hash = hash;
    d->first_ns = now_ns;
    d->next = t->slots[hash % SLOTS];
    t->slots[hash % SLOTS] = d;
    d->older = t->newest;
    *(d->older ? &d->older->newer : &t->oldest) = d;
    t->newest = d;
    t->count++;
    return d;
}

/* Room for `end` octets, the oldest packets giving way. */
static bool reserve(struct ipfrag *t, struct datagram *d, uint32_t end)
{
    uint32_t capacity = d->capacity ? d->capacity : CAPACITY_FIRST;
    uint8_t *data;

    while (capacity < end) {
        capacity *= 2;
    }
    if (capacity > CAPACITY_MAX) {
        capacity = CAPACITY_MAX;
    }
    if (capacity == d->capacity) {
        return true;
    }
    while (t->bytes - d->capacity + capacity > LIMIT_FRAGMENT_BYTES_ALL &&
           evict_oldest_but(t, d, &t->totals.evicted_bytes)) {
    }
    data = realloc(d->data, capacity);
    if (!data) {
        return false;
    }
    t->bytes += capacity - d->capacity;
    d->data = data;
    d->capacity = capacity;
    return true;
}

/* One unit of n octets; at: its bytes, NULL when the snap length cut them. False: it was there with
 * other bytes. */
static bool put_unit(struct datagram *d, uint32_t unit, const uint8_t *at, size_t n)
{
    uint8_t *kept = d->data + (size_t)unit * UNIT;

    if (!has_bit(d->there, unit)) {
        set_bit(d->there, unit);
        d->units++;
    } else if (at && has_bit(d->captured, unit)) {
        return memcmp(kept, at, n) == 0;
    }
    if (at) {
        memcpy(kept, at, n);
        set_bit(d->captured, unit);
    }
    return true;
}

/* False: it contradicts what is there. */
static bool put(struct datagram *d, const struct ip_header *ip)
{
    uint32_t offset = ip->fragment_offset, end = offset + ip->payload_len;

    if ((d->total && (end > d->total || (!ip->more && end != d->total))) ||
        (!ip->more && end < d->end)) {
        return false;
    }
    if (!ip->more) {
        d->total = end;
    }
    if (end > d->end) {
        d->end = end;
    }
    if (offset == 0) {
        d->protocol = ip->protocol;
        d->ttl = ip->ttl;
    }
    for (uint32_t at = 0; at < ip->payload_len; at += UNIT) {
        uint32_t n = ip->payload_len - at < UNIT ? ip->payload_len - at : UNIT;
        bool is_captured = at + n <= ip->payload.len;
        if (!put_unit(d, (offset + at) / UNIT, is_captured ? ip->payload.data + at : NULL, n)) {
            return false;
        }
    }
    return true;
}

static bool is_whole(const struct datagram *d)
{
    return d->total && d->units == (d->total + UNIT - 1) / UNIT;
}

static void hand_out(struct ipfrag *t, struct datagram *d, struct ip_header *ip)
{
    uint32_t known = 0;

    while (known < d->total && has_bit(d->captured, known / UNIT)) {
        known += UNIT;
    }
    ip->payload = (struct bytes){d->data, known < d->total ? known : d->total};
    ip->payload_len = d->total;
    ip->protocol = d->protocol;
    ip->ttl = d->ttl;
    ip->is_fragment = ip->more = false;
    t->handed_out[t->handed_out_count++] = d->data;
    t->bytes -= d->capacity;
    d->data = NULL;
    d->capacity = 0;
}

static void discard(struct ipfrag *t, struct datagram *d)
{
    d->state = DISCARDED;
    t->totals.conflicting++;
    free_data(t, d);
}

static enum frame_kind put_together(struct ipfrag *t, struct datagram *d, struct ip_header *ip,
                                    int64_t now_ns)
{
    d->fragments++;
    t->totals.pending++;
    if (d->state == DISCARDED) {
        return FRAME_FRAGMENT;
    }
    if (!reserve(t, d, ip->fragment_offset + ip->payload_len)) {
        evict(t, d, &t->totals.evicted_bytes);
        return FRAME_FRAGMENT;
    }
    if (!put(d, ip)) {
        discard(t, d);
        return FRAME_FRAGMENT;
    }
    if (!is_whole(d) || t->handed_out_count == sizeof t->handed_out / sizeof t->handed_out[0]) {
        return FRAME_FRAGMENT;
    }
    d->state = WHOLE;
    d->whole_ns = now_ns;
    t->totals.pending -= d->fragments;
    t->totals.datagrams++;
    hand_out(t, d, ip);
    return FRAME_TCP;
}

enum frame_kind ipfrag_add(struct ipfrag *t, struct ip_header *ip, int64_t now_ns)
{
    struct key k = key_of(ip);
    uint64_t hash = hash_of(t, &k);
    struct datagram *d;

    if (ip->payload_len == 0 || ip->payload_len > PAYLOAD_MAX - ip->fragment_offset ||
        (ip->more && ip->payload_len % UNIT != 0)) {
        return FRAME_BAD;
    }
    expire(t, now_ns);
    d = find(t, &k, hash);
    if (d && d->state == WHOLE) {
        if (now_ns - d->whole_ns <= COPY_MS * ms_ns) {
            t->totals.copies++;
            return FRAME_FRAGMENT;
        }
        remove_datagram(t, d); /* the number was used again */
        d = NULL;
    }
    if (!d) {
        d = add(t, &k, hash, now_ns);
    }
    return d ? put_together(t, d, ip, now_ns) : FRAME_FRAGMENT;
}

const struct ipfrag_totals *ipfrag_totals(const struct ipfrag *t)
{
    return &t->totals;
}
