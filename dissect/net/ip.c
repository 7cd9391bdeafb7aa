/* ip.c - IPv4 and IPv6 headers. RFC 791, RFC 8200.
 *
 *      0                   1                   2                   3
 *     |Version|  IHL  |Type of Service|          Total Length         |
 *     |         Identification        |Flags|      Fragment Offset    |
 *     |  Time to Live |    Protocol   |         Header Checksum       |
 *     |                       Source Address                          |
 *     |                    Destination Address                        |
 *
 *     |Version| Traffic Class |           Flow Label                  |
 *     |         Payload Length        |  Next Header  |   Hop Limit   |
 *     |                 Source Address (16 octets)                    |
 *     |               Destination Address (16 octets)                 |
 *
 * A total length of 0 is what segmentation offload leaves in packets captured on their sender (and
 * IPv6 jumbo or BIG TCP in the payload length): the captured length stands for it. Checksums are
 * not looked at: offload leaves them wrong on every packet sent.
 */
#include "dissect/net/ip.h"

#include <string.h>

enum {
    EXTENSION_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AUTH = IP_AUTH, /* RFC 4302 */
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSIONS_MAX = 16
};

/* Into a struct that is zero. */
static void set_addresses(struct ip_header *out, uint8_t family, const uint8_t *from, size_t len)
{
    memcpy(out->from.bytes, from, len);
    memcpy(out->to.bytes, from + len, len);
    out->from.family = out->to.family = family;
}

/* The payload as captured is never longer than on the wire: what follows is link padding. */
static void set_payload(struct ip_header *out, struct bytes rest, uint32_t wire_len)
{
    if (rest.len > wire_len) {
        rest.len = wire_len;
    }
    out->payload = rest;
    out->payload_len = wire_len;
}

static enum frame_kind read_v4(struct bytes data, uint32_t wire_len, struct ip_header *out)
{
    struct cursor c = cursor_of(data);
    struct bytes h;
    size_t header;
    uint32_t total;
    uint16_t fragment;

    if (!take_bytes(&c, 20, &h)) {
        return FRAME_CUT;
    }
    header = (size_t)(h.data[0] & 15) * 4;
    total = (uint32_t)(h.data[2] << 8 | h.data[3]);
    if (total == 0) {
        total = wire_len;
    }
    if (header < 20 || total < header) {
        return FRAME_BAD;
    }
    if (!take_skip(&c, header - 20)) {
        return FRAME_CUT;
    }
    fragment = (uint16_t)(h.data[6] << 8 | h.data[7]);
    *out = (struct ip_header){.protocol = h.data[9],
                              .ttl = h.data[8],
                              .id = (uint16_t)(h.data[4] << 8 | h.data[5]),
                              .is_fragment = fragment & 0x3fff};
    set_addresses(out, 4, h.data + 12, 4);
    if (out->is_fragment) {
        out->more = fragment & 0x2000;
        out->fragment_id = out->id;
        out->fragment_offset = (fragment & 0x1fffu) * 8;
    }
    set_payload(out, peek_rest(&c), total - (uint32_t)header);
    return FRAME_TCP;
}

static bool is_extension(uint8_t protocol)
{
    return protocol == EXTENSION_HOP || protocol == EXTENSION_ROUTING ||
           protocol == EXTENSION_FRAGMENT || protocol == EXTENSION_AUTH ||
           protocol == EXTENSION_DESTINATION || protocol == EXTENSION_MOBILITY;
}

/*     |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
 *     |                         Identification                        |   RFC 8200 section 4.5
 * One that is all of its packet (RFC 6946) is passed over like any other header. */
static bool read_fragment_header(struct cursor c, struct ip_header *out)
{
    uint16_t offset;

    if (!take_skip(&c, 2) || !take_u16(&c, &offset) || !take_u32(&c, &out->fragment_id)) {
        return false;
    }
    out->fragment_offset = offset & 0xfff8u;
    out->more = offset & 1;
    out->is_fragment = out->more || out->fragment_offset > 0;
    return true;
}

enum frame_kind ip_skip_extensions(struct ip_header *ip)
{
    struct cursor c = cursor_of(ip->payload);
    uint32_t left = ip->payload_len;

    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        struct cursor next = c;
        uint8_t protocol, len;
        size_t size;

        if (!is_extension(ip->protocol)) {
            ip->payload = peek_rest(&c);
            ip->payload_len = left;
            return FRAME_TCP;
        }
        if (!take_u8(&next, &protocol) || !take_u8(&next, &len) ||
            (ip->protocol == EXTENSION_FRAGMENT && !read_fragment_header(c, ip))) {
            return FRAME_CUT;
        }
        size = ip->protocol == EXTENSION_FRAGMENT ? 8
               : ip->protocol == EXTENSION_AUTH   ? ((size_t)len + 2) * 4
                                                  : ((size_t)len + 1) * 8;
        if (size > left) {
            return FRAME_BAD;
        }
        if (!take_skip(&c, size)) {
            return FRAME_CUT;
        }
        left -= (uint32_t)size;
        ip->protocol = protocol;
        if (ip->is_fragment) { /* what follows is part of a payload */
            ip->payload = peek_rest(&c);
            ip->payload_len = left;
            return FRAME_TCP;
        }
    }
    return FRAME_BAD;
}

static enum frame_kind read_v6(struct bytes data, uint32_t wire_len, struct ip_header *out)
{
    struct cursor c = cursor_of(data);
    struct bytes h;
    uint32_t left;

    if (!take_bytes(&c, 40, &h)) {
        return FRAME_CUT;
    }
    left = (uint32_t)(h.data[4] << 8 | h.data[5]);
    if (left == 0) {
        left = wire_len > 40 ? wire_len - 40 : 0;
    }
    *out = (struct ip_header){.protocol = h.data[6], .ttl = h.data[7]};
    set_addresses(out, 6, h.data + 8, 16);
    set_payload(out, peek_rest(&c), left);
    return is_extension(out->protocol) ? ip_skip_extensions(out) : FRAME_TCP;
}

enum frame_kind ip_read(struct bytes data, uint32_t wire_len, struct ip_header *out)
{
    if (data.len == 0) {
        return FRAME_CUT;
    }
    switch (data.data[0] >> 4) {
    case 4:
        return read_v4(data, wire_len, out);
    case 6:
        return read_v6(data, wire_len, out);
    default:
        return FRAME_BAD;
    }
}

bool ip_read_quoted(struct bytes data, struct ip_header *out)
{
    if (ip_read(data, (uint32_t)data.len, out) != FRAME_TCP || out->fragment_offset > 0) {
        return false;
    }
    if (out->is_fragment && out->from.family == 6) {
        out->is_fragment = false;
        return ip_skip_extensions(out) == FRAME_TCP;
    }
    return true;
}
