/* frame_case.h - packets of the tests of dissect/net, as text in hex, and the segment all of them
 * carry. */
#ifndef TESTS_UNIT_FRAME_CASE_H
#define TESTS_UNIT_FRAME_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/net/frame.h"

enum { CASE_MAX = 4096, CASE_PORT = 0x9c40, CASE_IP_ID = 0x1234 };

#define MACS     "020000000002 020000000001 "
#define TCP_HI   "9c40 0019 00000001 00000002 50 18 0200 0000 0000 6869 "
#define V4       "4500002a 1234 4000 4006 0000 c000020a c6336419 "
#define V6       "60000000 0016 0640 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define V4_HI    V4 TCP_HI
#define V6_HI    V6 TCP_HI
#define ETHER_HI MACS "0800 " V4_HI

static inline int case_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Hex to bytes; blanks are passed over. */
static inline size_t case_bytes(const char *hex, uint8_t *out)
{
    size_t len = 0;

    for (const char *at = hex; *at; at++) {
        if (*at != ' ') {
            assert_true(len < CASE_MAX);
            out[len++] = (uint8_t)(case_digit(at[0]) << 4 | case_digit(at[1]));
            at++;
        }
    }
    return len;
}

static inline void case_put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* An IPv4 or IPv6 header before the payload, which it moves; the length of both. */
static inline size_t case_in_ip(int family, uint8_t protocol, uint8_t *packet, size_t len)
{
    static const char *const heads[] = {"45000000 0001 0000 4000 0000 0a000001 0a000002",
                                        "60000000 0000 0040 fd000000000000000000000000000001 "
                                        "fd000000000000000000000000000002"};
    uint8_t head[40];
    size_t head_len = case_bytes(heads[family == 6], head);

    memmove(packet + head_len, packet, len);
    memcpy(packet, head, head_len);
    if (family == 6) {
        packet[6] = protocol;
        case_put16(packet + 4, len);
    } else {
        packet[9] = protocol;
        case_put16(packet + 2, head_len + len);
    }
    return head_len + len;
}

static inline size_t case_in_udp(int family, uint16_t port, uint8_t *packet, size_t len)
{
    memmove(packet + 8, packet, len);
    case_put16(packet, 50000);
    case_put16(packet + 2, port);
    case_put16(packet + 4, len + 8);
    case_put16(packet + 6, 0);
    return case_in_ip(family, 17, packet, len + 8);
}

/* Reads the first `kept` bytes of a packet, in memory of exactly that size; the segment's views are
 * only good for their lengths afterwards. */
static inline enum frame_kind case_read(int linktype, const uint8_t *data, size_t kept, size_t len,
                                        struct segment *segment, struct icmp_error *error)
{
    uint8_t *copy = malloc(kept ? kept : 1);
    struct packet p = {{7, 1000}, linktype, (uint32_t)len, {copy, kept}};
    enum frame_kind kind;

    assert_non_null(copy);
    memcpy(copy, data, kept);
    memset(segment, 0xee, sizeof *segment);
    kind = frame_read(&p, segment, error);
    if (kind == FRAME_TCP) {
        const uint8_t *end = copy + kept;
        assert_true(segment->payload.data >= copy && segment->payload.data <= end);
        assert_true(segment->payload.len <= (size_t)(end - segment->payload.data));
        assert_true(segment->payload.len == 0 ||
                    memcmp(segment->payload.data, "hi", segment->payload.len) == 0);
    }
    free(copy);
    return kind;
}

/* The segment of TCP_HI is found, and with it cut anywhere nothing else is. */
static inline void case_works(const char *label, int linktype, const uint8_t *data, size_t len)
{
    struct segment s;
    struct icmp_error e;

    for (size_t kept = 0; kept <= len; kept++) {
        enum frame_kind kind = case_read(linktype, data, kept, len, &s, &e);
        if (kept < len - 2) {
            if (kind == FRAME_TCP) {
                fail_msg("%s: a segment in %zu of %zu bytes", label, kept, len);
            }
            continue;
        }
        if (kind != FRAME_TCP) {
            fail_msg("%s: %zu of %zu bytes are kind %d", label, kept, len, (int)kind);
        }
        assert_int_equal(s.from_port, CASE_PORT);
        assert_int_equal(s.payload_len, 2);
        assert_int_equal(s.payload.len, kept - (len - 2));
        assert_int_equal(s.wire_len, len);
        assert_int_equal(s.mark.packet, 7);
        if (s.from.family == 4) {
            assert_int_equal(s.ip_id, CASE_IP_ID);
        }
    }
}

static inline void case_refuses(const char *label, int linktype, const uint8_t *data, size_t len,
                                enum frame_kind wanted)
{
    struct segment s;
    struct icmp_error e;
    enum frame_kind kind = case_read(linktype, data, len, len, &s, &e);

    if (kind != wanted) {
        fail_msg("%s: kind %d, not %d", label, (int)kind, (int)wanted);
    }
}

#endif
