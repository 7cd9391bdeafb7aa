/* icmp.c - ICMP and ICMPv6 errors, and the segment they quote. RFC 792, RFC 4443.
 *
 *     |     Type      |     Code      |          Checksum             |
 *     |     unused, or next-hop MTU (RFC 1191: low 16 bits; RFC 4443: all 32)  |
 *     |  the IP header and at least 8 octets of the packet it is about  |
 */
#include "dissect/net/icmp.h"

static bool is_error(const struct icmp_error *e)
{
    if (e->family == 4) {
        return e->type == 3 || e->type == 11 || e->type == 12;
    }
    return e->type >= 1 && e->type <= 4;
}

static bool is_too_big(const struct icmp_error *e)
{
    return e->family == 4 ? e->type == 3 && e->code == 4 : e->type == 2;
}

static bool read_quoted_tcp(struct bytes payload, struct icmp_error *out)
{
    struct cursor c = cursor_of(payload);
    uint32_t ack;
    uint8_t offset;

    if (!take_u16(&c, &out->from_port) || !take_u16(&c, &out->to_port)) {
        return false;
    }
    out->seq_known = take_u32(&c, &out->seq);
    out->flags_known = take_u32(&c, &ack) && take_u8(&c, &offset) && take_u8(&c, &out->flags);
    return true;
}

enum frame_kind icmp_read(const struct ip_header *ip, struct icmp_error *out)
{
    struct cursor c = cursor_of(ip->payload);
    struct ip_header quoted;
    uint16_t checksum;
    uint32_t rest;

    *out = (struct icmp_error){.mark = out->mark, .reporter = ip->from, .family = ip->from.family};
    if (!take_u8(&c, &out->type) || !take_u8(&c, &out->code) || !take_u16(&c, &checksum) ||
        !take_u32(&c, &rest)) {
        return FRAME_CUT;
    }
    if (!is_error(out) || !ip_read_quoted(peek_rest(&c), &quoted) || quoted.protocol != IP_TCP ||
        !read_quoted_tcp(quoted.payload, out)) {
        return FRAME_OTHER;
    }
    if (is_too_big(out)) {
        out->mtu = out->family == 4 ? rest & 0xffff : rest;
    }
    out->from = quoted.from;
    out->to = quoted.to;
    return FRAME_ICMP;
}
