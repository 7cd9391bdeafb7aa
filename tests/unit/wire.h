/* wire.h - segments of one TCP connection written by stream position, for tests. */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include <string.h>

#include "dissect/net/segment.h"
#include "dissect/session.h"

/* Position 0 of a side is the octet behind its SYN; the SYN itself stands at -1. */
struct wire {
    struct endpoint end[SIDES];
    uint32_t isn[SIDES];
    uint8_t ttl[SIDES];
    uint16_t window[SIDES];
    uint16_t ip_id[SIDES];
    uint64_t packet;
    int64_t now_ns;
    int64_t sent[SIDES]; /* what wire_say has said */
    char data[4096];
};

static const int64_t wire_ms = 1000000;
static const int64_t wire_second = 1000000000;

static inline void wire_init(struct wire *w, uint16_t client_port, uint16_t server_port)
{
    *w = (struct wire){.isn = {1000, 5000},
                       .ttl = {64, 57},
                       .window = {64000, 64000},
                       .ip_id = {100, 900},
                       .now_ns = 1700000000 * wire_second};
    (void)!address_parse(&w->end[SIDE_CLIENT].address, "192.0.2.10");
    (void)!address_parse(&w->end[SIDE_SERVER].address, "198.51.100.25");
    w->end[SIDE_CLIENT].port = client_port;
    w->end[SIDE_SERVER].port = server_port;
}

/* The next packet, a millisecond behind the last. Its data stays valid until the next one. */
static inline struct segment wire_segment(struct wire *w, enum side side, uint8_t flags,
                                          int64_t seq, int64_t ack, const char *data)
{
    enum side peer = side_other(side);
    struct segment s = {
        .from = w->end[side].address,
        .to = w->end[peer].address,
        .from_port = w->end[side].port,
        .to_port = w->end[peer].port,
        .seq = w->isn[side] + 1 + (uint32_t)seq,
        .ack = flags & TCP_ACK ? w->isn[peer] + 1 + (uint32_t)ack : 0,
        .window = w->window[side],
        .ip_id = ++w->ip_id[side],
        .ttl = w->ttl[side],
        .flags = flags,
        .payload_len = (uint32_t)strlen(data),
        .mark = {++w->packet, w->now_ns += wire_ms},
    };

    memset(w->data, '?', sizeof w->data);
    memcpy(w->data, data, s.payload_len);
    s.payload = (struct bytes){(const uint8_t *)w->data, s.payload_len};
    s.wire_len = s.payload_len + 54;
    return s;
}

/* Data in order, everything of the other side acknowledged. */
static inline struct segment wire_say(struct wire *w, enum side side, const char *data)
{
    struct segment s =
        wire_segment(w, side, TCP_ACK | TCP_PSH, w->sent[side], w->sent[side_other(side)], data);

    w->sent[side] += s.payload_len;
    return s;
}

#endif
