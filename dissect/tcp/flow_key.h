/* flow_key.h - how a connection is looked up: by both endpoints, whichever sent the packet. */
#ifndef DISSECT_TCP_FLOW_KEY_H
#define DISSECT_TCP_FLOW_KEY_H

#include <assert.h>
#include <string.h>

#include "dissect/net/address.h"

/* Both directions have the same key: the lower endpoint stands first. */
struct flow_key {
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t family, unused; /* no padding: keys are compared as octets */
};
static_assert(sizeof(struct flow_key) == 38, "no padding");

static inline uint64_t flow_key_u64(const uint8_t *eight)
{
    uint64_t v;

    memcpy(&v, eight, sizeof v);
    return __builtin_bswap64(v);
}

/* By the address, and by the port where they are equal. */
static inline bool flow_key_stands_behind(const uint8_t a[16], uint16_t a_port, const uint8_t b[16],
                                          uint16_t b_port)
{
    uint64_t a_high = flow_key_u64(a), b_high = flow_key_u64(b);
    uint64_t a_low = flow_key_u64(a + 8), b_low = flow_key_u64(b + 8);

    if (a_high != b_high) {
        return a_high > b_high;
    }
    return a_low != b_low ? a_low > b_low : a_port > b_port;
}

/* Index of `from` in the key it makes. */
static inline unsigned flow_key_make(struct flow_key *k, const struct address *from,
                                     uint16_t from_port, const struct address *to, uint16_t to_port)
{
    unsigned from_index = flow_key_stands_behind(from->bytes, from_port, to->bytes, to_port);

    memcpy(k->address[from_index], from->bytes, 16);
    memcpy(k->address[!from_index], to->bytes, 16);
    k->port[from_index] = from_port;
    k->port[!from_index] = to_port;
    k->family = from->family;
    k->unused = 0;
    return from_index;
}

static inline uint64_t flow_key_mix(uint64_t h, uint64_t v)
{
    __extension__ unsigned __int128 m = (unsigned __int128)(h ^ v) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Keyed with a random seed, so that nobody outside can choose addresses that collide. */
static inline uint64_t flow_key_hash(const uint64_t seed[2], const struct flow_key *k)
{
    uint64_t words[4], h = seed[0];

    memcpy(words, k->address, sizeof words);
    h = flow_key_mix(h, words[0]);
    if (k->family != 4) {
        h = flow_key_mix(h, words[1] ^ seed[1]);
        h = flow_key_mix(h, words[3]);
    }
    h = flow_key_mix(h, words[2] + seed[1]);
    return flow_key_mix(h, (uint64_t)k->port[0] << 32 | (uint64_t)k->port[1] << 8 | k->family);
}

#endif
