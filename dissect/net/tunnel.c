/* tunnel.c - packets inside IP packets.
 *
 * IP in IP (RFC 2003, RFC 4213), GRE (RFC 2784, RFC 2890; version 1: RFC 2637), what is carried in
 * GRE (NVGRE: RFC 7637; ERSPAN: draft-foschiano-erspan-03), EtherIP (RFC 3378), MPLS (RFC 4023);
 * those in UDP are in udp_tunnel.c.
 * Not read: what is encrypted (ESP) or compressed; GRE with source routes.
 */
#include "dissect/net/tunnel.h"

#include "dissect/net/udp_tunnel.h"

enum { IP_IPV4 = 4, IP_UDP = 17, IP_IPV6 = 41, IP_GRE = 47, IP_ETHERIP = 97, IP_MPLS = 137 };

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACK = 0x0080, /* version 1 */
    GRE_VERSION = 0x0007,
    GRE_TO_PPP = 0x880b,
    GRE_TO_ERSPAN = 0x88be, /* types I and II */
    GRE_TO_ERSPAN3 = 0x22eb
};

static enum carried_kind ethernet_behind(struct carried *c, size_t header)
{
    c->linktype = LINK_ETHERNET;
    return take_skip(&c->c, header) ? CARRIED_LINK : CARRIED_OTHER;
}

/* Type I has no header; type II, known by the sequence number in GRE:
 *     | version 4 (1) | VLAN 12 | class 3 | encapsulation 2 | T | session 10 |
 *     | reserved 12 | index 20 | */
static enum carried_kind read_erspan(struct carried *c, bool sequence)
{
    struct cursor head = c->c;
    uint16_t version;

    if (!sequence) {
        return ethernet_behind(c, 0);
    }
    return take_u16(&head, &version) && version >> 12 == 1 ? ethernet_behind(c, 8) : CARRIED_OTHER;
}

/* Type III:
 *     | version 4 (2) | VLAN 12 | class 3 | bad 2 | T | session 10 |
 *     | time 32 |
 *     | group 16 | P | frame type 5 | hardware 6 | D | granularity 2 | O |
 * O: 8 octets more, of the platform. Frame type 0: Ethernet, 2: IP. */
static enum carried_kind read_erspan3(struct carried *c)
{
    uint16_t version, kind;

    if (!take_u16(&c->c, &version) || version >> 12 != 2 || !take_skip(&c->c, 8) ||
        !take_u16(&c->c, &kind) || ((kind & 1) && !take_skip(&c->c, 8))) {
        return CARRIED_OTHER;
    }
    switch (kind >> 10 & 0x1f) {
    case 0:
        return ethernet_behind(c, 0);
    case 2:
        return CARRIED_IP;
    default:
        return CARRIED_OTHER;
    }
}

/*     |C|R|K|S| zero 9 | version 3 |  protocol 16  |   optional: checksum 32, key 32, sequence 32
 * Version 1 (PPTP) has always a key (payload length and call), and may have an acknowledgement. */
static enum carried_kind read_gre(struct carried *c)
{
    uint16_t flags, protocol;
    unsigned version;
    size_t options;

    if (!take_u16(&c->c, &flags) || !take_u16(&c->c, &protocol)) {
        return CARRIED_OTHER;
    }
    version = flags & GRE_VERSION;
    if (version > 1 || (flags & GRE_ROUTING)) {
        return CARRIED_OTHER;
    }
    options = (flags & GRE_CHECKSUM ? 4u : 0u) + (flags & GRE_KEY ? 4u : 0u) +
              (flags & GRE_SEQUENCE ? 4u : 0u);
    if (version == 1) {
        if (protocol != GRE_TO_PPP || !(flags & GRE_KEY) || (flags & GRE_CHECKSUM)) {
            return CARRIED_OTHER;
        }
        options += flags & GRE_ACK ? 4 : 0;
    }
    if (!take_skip(&c->c, options)) {
        return CARRIED_OTHER;
    }
    switch (protocol) {
    case GRE_TO_ERSPAN:
        return read_erspan(c, flags & GRE_SEQUENCE);
    case GRE_TO_ERSPAN3:
        return read_erspan3(c);
    default:
        return link_read_ethertype(c, protocol);
    }
}

/*     | version 4 (3) | reserved 12 |  then an Ethernet frame */
static enum carried_kind read_etherip(struct carried *c)
{
    uint16_t head;

    return take_u16(&c->c, &head) && head >> 12 == 3 ? ethernet_behind(c, 0) : CARRIED_OTHER;
}

enum carried_kind tunnel_read(const struct ip_header *ip, struct carried *out)
{
    out->c = cursor_of(ip->payload);
    out->cut = ip->payload_len - (uint32_t)ip->payload.len;
    switch (ip->protocol) {
    case IP_UDP:
        return udp_tunnel_read(out);
    case IP_IPV4:
    case IP_IPV6:
        return CARRIED_IP;
    case IP_GRE:
        return read_gre(out);
    case IP_ETHERIP:
        return read_etherip(out);
    case IP_MPLS:
        return link_read_mpls(out);
    default:
        return CARRIED_OTHER;
    }
}
