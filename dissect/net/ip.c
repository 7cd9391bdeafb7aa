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
    EXTENSION_AUTH = 51,
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSIONS_MAX = 16
};

static struct address address_of(uint8_t family, const uint8_t *bytes)
{
    struct address a = {.family = family};

    memcpy(a.bytes, bytes, family == 4 ? 4 : 16);
    return a;
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
                              .fragment = fragment & 0x1fff,
                              .more = fragment & 0x2000,
                              .from = address_of(4, h.data + 12),
                              .to = address_of(4, h.data + 16)};
    set_payload(out, peek_rest(&c), total - (uint32_t)header);
    return FRAME_TCP;
}

/* Walks the extension headers; left is what remains of the packet on the wire. */
static enum frame_kind skip_extensions(struct cursor *c, struct ip_header *out, uint32_t *left)
{
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        struct cursor next = *c;
        uint8_t protocol, len;
        uint16_t offset;
        size_t size;

        switch (out->protocol) {
        case EXTENSION_HOP:
        case EXTENSION_ROUTING:
        case EXTENSION_DESTINATION:
        case EXTENSION_MOBILITY:
        case EXTENSION_AUTH:
            break;
        case EXTENSION_FRAGMENT:
            if (!take_u8(&next, &protocol) || !take_u8(&next, &len) || !take_u16(&next, &offset)) {
                return FRAME_CUT;
            }
            out->fragment = offset >> 3;
            out->more = offset & 1;
            break;
        default:
            return FRAME_TCP;
        }
        next = *c;
        if (!take_u8(&next, &protocol) || !take_u8(&next, &len)) {
            return FRAME_CUT;
        }
        size = out->protocol == EXTENSION_FRAGMENT ? 8
               : out->protocol == EXTENSION_AUTH   ? ((size_t)len + 2) * 4
                                                   : ((size_t)len + 1) * 8;
        if (size > *left) {
            return FRAME_BAD;
        }
        if (!take_skip(c, size)) {
            return FRAME_CUT;
        }
        *left -= (uint32_t)size;
        out->protocol = protocol;
        if (out->fragment) {
            return FRAME_TCP; /* what follows is not a header */
        }
    }
    return FRAME_BAD;
}

static enum frame_kind read_v6(struct bytes data, uint32_t wire_len, struct ip_header *out)
{
    struct cursor c = cursor_of(data);
    enum frame_kind kind;
    struct bytes h;
    uint32_t left;

    if (!take_bytes(&c, 40, &h)) {
        return FRAME_CUT;
    }
    left = (uint32_t)(h.data[4] << 8 | h.data[5]);
    if (left == 0) {
        left = wire_len > 40 ? wire_len - 40 : 0;
    }
    *out = (struct ip_header){.protocol = h.data[6],
                              .ttl = h.data[7],
                              .from = address_of(6, h.data + 8),
                              .to = address_of(6, h.data + 24)};
    kind = skip_extensions(&c, out, &left);
    set_payload(out, peek_rest(&c), left);
    return kind;
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
    return ip_read(data, (uint32_t)data.len, out) == FRAME_TCP && !out->fragment;
}
