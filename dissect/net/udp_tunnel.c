/* udp_tunnel.c - packets inside UDP datagrams.
 *
 * VXLAN (RFC 7348; GPE: draft-ietf-nvo3-vxlan-gpe), GENEVE (RFC 8926), GTP-U (3GPP TS 29.281),
 * TZSP, L2TP version 2 (RFC 2661), Teredo (RFC 4380). The destination port tells which; what lies
 * on it without the tunnel's header is not read.
 */
#include "dissect/net/udp_tunnel.h"

enum {
    TZSP_IEEE802_11 = 18,
    TZSP_PRISM = 119,
    TZSP_AVS = 127,
    WLAN = 105, /* LINKTYPE_ numbers */
    WLAN_PRISM = 119,
    WLAN_AVS = 163
};

static enum carried_kind carries_link(struct carried *c, int linktype)
{
    c->linktype = linktype;
    return CARRIED_LINK;
}

/*     |R|R|R|R|I|R|R|R| reserved 24 | network 24 | reserved 8 |   RFC 7348 section 5; others use
 * the reserved bits (groups: draft-smith-vxlan-group-policy), so that only I is asked for. */
static enum carried_kind read_vxlan(struct carried *c)
{
    uint8_t flags;

    if (!take_u8(&c->c, &flags) || !(flags & 0x08) || !take_skip(&c->c, 7)) {
        return CARRIED_OTHER;
    }
    return carries_link(c, LINK_ETHERNET);
}

/* The same with version bits, P (next protocol is there) and O (not data). */
static enum carried_kind read_vxlan_gpe(struct carried *c)
{
    uint8_t flags, next;

    if (!take_u8(&c->c, &flags) || (flags & 0x3d) != 0x0c || !take_skip(&c->c, 2) ||
        !take_u8(&c->c, &next) || !take_skip(&c->c, 4)) {
        return CARRIED_OTHER;
    }
    switch (next) {
    case 1:
    case 2:
        return CARRIED_IP;
    case 3:
        return carries_link(c, LINK_ETHERNET);
    default:
        return CARRIED_OTHER;
    }
}

/*     | version 2 (0) | options 6, in words |O|C| reserved 6 | protocol 16 |
 *     | network 24 | reserved 8 |  options */
static enum carried_kind read_geneve(struct carried *c)
{
    uint8_t head, flags;
    uint16_t type;

    if (!take_u8(&c->c, &head) || head >> 6 != 0 || !take_u8(&c->c, &flags) || (flags & 0x80) ||
        !take_u16(&c->c, &type) || !take_skip(&c->c, 4 + (size_t)(head & 0x3f) * 4)) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

/* Extension headers: | length 8, in words | content | next type 8 |.   TS 29.281 section 5.2 */
static bool skip_gtp_extensions(struct cursor *c, uint8_t next)
{
    uint8_t words;

    while (next != 0) {
        if (!take_u8(c, &words) || words == 0 || !take_skip(c, (size_t)words * 4 - 2) ||
            !take_u8(c, &next)) {
            return false;
        }
    }
    return true;
}

/*     | version 3 (1) | PT (1) | 0 | E | S | PN | type 8 | length 16 | tunnel 32 |
 *     with E, S or PN: | sequence 16 | N-PDU 8 | next extension 8 |   TS 29.281 section 5.1 */
static enum carried_kind read_gtp(struct carried *c)
{
    enum { GTP_V1 = 0x30, GTP_MASK = 0xf0, GTP_EXTENDED = 0x04, GTP_LONG = 0x07, G_PDU = 255 };
    uint8_t flags, type, next, version;
    struct cursor inside;

    if (!take_u8(&c->c, &flags) || (flags & GTP_MASK) != GTP_V1 || !take_u8(&c->c, &type) ||
        type != G_PDU || !take_skip(&c->c, 6)) {
        return CARRIED_OTHER;
    }
    if ((flags & GTP_LONG) && (!take_skip(&c->c, 3) || !take_u8(&c->c, &next) ||
                               ((flags & GTP_EXTENDED) && !skip_gtp_extensions(&c->c, next)))) {
        return CARRIED_OTHER;
    }
    inside = c->c;
    if (!take_u8(&inside, &version) || (version >> 4 != 4 && version >> 4 != 6)) {
        return CARRIED_OTHER;
    }
    return CARRIED_IP;
}

/*     | version 8 (1) | type 8 | protocol 16 |  then tagged fields, up to tag 1 (end); 0 is padding
 * Type 0: a packet received, 1: one to send. */
static enum carried_kind read_tzsp(struct carried *c)
{
    uint8_t version, type, tag, length;
    uint16_t protocol;

    if (!take_u8(&c->c, &version) || version != 1 || !take_u8(&c->c, &type) || type > 1 ||
        !take_u16(&c->c, &protocol)) {
        return CARRIED_OTHER;
    }
    do {
        if (!take_u8(&c->c, &tag) ||
            (tag > 1 && (!take_u8(&c->c, &length) || !take_skip(&c->c, length)))) {
            return CARRIED_OTHER;
        }
    } while (tag != 1);
    switch (protocol) {
    case 1:
        return carries_link(c, LINK_ETHERNET);
    case TZSP_IEEE802_11:
        return carries_link(c, WLAN);
    case TZSP_PRISM:
        return carries_link(c, WLAN_PRISM);
    case TZSP_AVS:
        return carries_link(c, WLAN_AVS);
    default:
        return CARRIED_OTHER;
    }
}

/*     |T|L|x|x|S|x|O|P|x 4| version 4 (2) | length 16, with L | tunnel 16 | session 16 |
 *     with S: | Ns 16 | Nr 16 |  with O: | offset size 16 | padding |   RFC 2661 section 3.1 */
static enum carried_kind read_l2tp(struct carried *c)
{
    enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200 };
    uint16_t flags, offset = 0;

    if (!take_u16(&c->c, &flags) || (flags & 0x000f) != 2 || (flags & CONTROL) ||
        ((flags & LENGTH) && !take_skip(&c->c, 2)) || !take_skip(&c->c, 4) ||
        ((flags & SEQUENCE) && !take_skip(&c->c, 4)) ||
        ((flags & OFFSET) && (!take_u16(&c->c, &offset) || !take_skip(&c->c, offset)))) {
        return CARRIED_OTHER;
    }
    return link_read_ppp(c);
}

/* IPv6, after an authentication (00-01: client 8, value 8, their lengths first; nonce and
 * confirmation, 9) and an origin (00-00: port and address, 6), both optional.   RFC 4380 5.1.1 */
static enum carried_kind read_teredo(struct carried *c)
{
    struct cursor next = c->c;
    uint16_t kind;
    uint8_t client, value;

    if (take_u16(&next, &kind) && kind == 1) {
        if (!take_u8(&next, &client) || !take_u8(&next, &value) ||
            !take_skip(&next, (size_t)client + value + 9)) {
            return CARRIED_OTHER;
        }
        c->c = next;
    }
    next = c->c;
    if (take_u16(&next, &kind) && kind == 0) {
        if (!take_skip(&next, 6)) {
            return CARRIED_OTHER;
        }
        c->c = next;
    }
    next = c->c;
    return take_u16(&next, &kind) && kind >> 12 == 6 ? CARRIED_IP : CARRIED_OTHER;
}

static const struct {
    uint16_t port;
    enum carried_kind (*read)(struct carried *c);
} tunnels[] = {
    {4789, read_vxlan},     {8472, read_vxlan}, /* before it had a number; still the Linux default
                                                 */
    {4790, read_vxlan_gpe}, {6081, read_geneve}, {2152, read_gtp},
    {37008, read_tzsp},     {1701, read_l2tp},   {3544, read_teredo},
};

/*     | source port 16 | destination port 16 | length 16 | checksum 16 |   RFC 768 */
enum carried_kind udp_tunnel_read(struct carried *c)
{
    uint16_t from, to;

    if (!take_u16(&c->c, &from) || !take_u16(&c->c, &to) || !take_skip(&c->c, 4)) {
        return CARRIED_OTHER;
    }
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        if (tunnels[i].port == to) {
            return tunnels[i].read(c);
        }
    }
    return CARRIED_OTHER;
}
