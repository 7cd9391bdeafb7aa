/* frame.c - one packet to one TCP segment or ICMP error.
 *
 * Link types (tcpdump.org/linktypes.html): a row in `links` says where the network layer begins.
 * Not done here: tunnels, fragments put together.
 */
#include "dissect/net/frame.h"

#include "dissect/net/icmp.h"
#include "dissect/net/ip.h"

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
    VLANS_MAX = 4
};

/* What follows is told by an Ethernet type; VLAN tags (IEEE 802.1Q) are passed over. */
static bool skip_vlans(struct cursor *c, uint16_t type)
{
    uint16_t tag;

    for (int i = 0;
         i < VLANS_MAX && (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD);
         i++) {
        if (!take_u16(c, &tag) || !take_u16(c, &type)) {
            return false;
        }
    }
    return type == ETHER_IPV4 || type == ETHER_IPV6;
}

static bool skip_ethernet(struct cursor *c)
{
    uint16_t type;

    return take_skip(c, 12) && take_u16(c, &type) && skip_vlans(c, type);
}

/* LINKTYPE_LINUX_SLL: packet type 2, ARPHRD 2, address length 2, address 8, protocol 2. */
static bool skip_sll(struct cursor *c)
{
    uint16_t type;

    return take_skip(c, 14) && take_u16(c, &type) && skip_vlans(c, type);
}

/* LINKTYPE_LINUX_SLL2: protocol 2, reserved 2, interface 4, ARPHRD 2, type 1, length 1, address 8.
 */
static bool skip_sll2(struct cursor *c)
{
    uint16_t type;

    return take_u16(c, &type) && take_skip(c, 18) && skip_vlans(c, type);
}

/* LINKTYPE_NULL and LINKTYPE_LOOP: an address family in 4 octets of the capturing host's order or
 * network order; the IP version tells all that is needed. */
static bool skip_loop(struct cursor *c)
{
    return take_skip(c, 4);
}

static bool skip_nothing(struct cursor *c)
{
    (void)c;
    return true;
}

static const struct {
    int linktype;
    bool (*skip)(struct cursor *c);
} links[] = {
    {LINK_ETHERNET, skip_ethernet}, {LINK_SLL, skip_sll},
    {LINK_SLL2, skip_sll2},         {LINK_NULL, skip_loop},
    {LINK_LOOP, skip_loop},         {LINK_RAW, skip_nothing},
    {LINK_RAW_BSD, skip_nothing},   {LINK_RAW_OPENBSD, skip_nothing},
    {LINK_IPV4, skip_nothing},      {LINK_IPV6, skip_nothing},
};

/*     |          Source Port          |       Destination Port        |
 *     |                        Sequence Number                        |
 *     |                    Acknowledgment Number                      |
 *     | Offset|  Reserved |U|A|P|R|S|F|            Window             |
 *     |           Checksum            |         Urgent Pointer        |   RFC 9293 section 3.1 */
static enum frame_kind read_tcp(const struct ip_header *ip, struct segment *out)
{
    struct cursor c = cursor_of(ip->payload);
    uint16_t urgent;
    uint8_t offset;
    size_t header;

    if (ip->payload_len < 20) {
        return FRAME_BAD;
    }
    if (!take_u16(&c, &out->from_port) || !take_u16(&c, &out->to_port) ||
        !take_u32(&c, &out->seq) || !take_u32(&c, &out->ack) || !take_u8(&c, &offset) ||
        !take_u8(&c, &out->flags) || !take_u16(&c, &out->window) || !take_u16(&c, &out->checksum) ||
        !take_u16(&c, &urgent)) {
        return FRAME_CUT;
    }
    header = (size_t)(offset >> 4) * 4;
    if (header < 20 || header > ip->payload_len) {
        return FRAME_BAD;
    }
    if (!take_bytes(&c, header - 20, &out->options)) {
        /* The snap length cut the options: there is no payload either. */
        out->options = (struct bytes){c.at, 0};
        out->payload = (struct bytes){c.end, 0};
    } else {
        out->payload = peek_rest(&c);
    }
    out->payload_len = ip->payload_len - (uint32_t)header;
    out->from = ip->from;
    out->to = ip->to;
    out->ttl = ip->ttl;
    out->ip_id = ip->id;
    return FRAME_TCP;
}

static enum frame_kind read_network(struct bytes data, uint32_t wire_len, struct segment *segment,
                                    struct icmp_error *error)
{
    struct ip_header ip;
    enum frame_kind kind = ip_read(data, wire_len, &ip);

    if (kind != FRAME_TCP) {
        return kind;
    }
    if (ip.fragment) {
        return FRAME_FRAGMENT;
    }
    switch (ip.protocol) {
    case IP_TCP:
        return read_tcp(&ip, segment);
    case IP_ICMP:
    case IP_ICMPV6:
        return icmp_read(&ip, error);
    default:
        return FRAME_OTHER;
    }
}

enum frame_kind frame_read(const struct packet *p, struct segment *segment,
                           struct icmp_error *error)
{
    struct cursor c = cursor_of(p->data);
    enum frame_kind kind;

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (links[i].linktype == p->linktype) {
            uint32_t skipped;
            if (!links[i].skip(&c)) {
                return FRAME_OTHER;
            }
            skipped = (uint32_t)(p->data.len - cursor_left(&c));
            kind = read_network(peek_rest(&c), p->wire_len > skipped ? p->wire_len - skipped : 0,
                                segment, error);
            segment->mark = error->mark = p->mark;
            segment->wire_len = p->wire_len;
            return kind;
        }
    }
    return FRAME_LINK;
}
