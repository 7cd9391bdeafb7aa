/* link.c - from a link header to the IP header it carries.
 *
 * Link types by number: tcpdump.org/linktypes.html. Ethernet types: IEEE 802 numbers. A header that
 * carries another link header says so (CARRIED_LINK) instead of reading it, so that whoever asks
 * bounds the depth.
 * Not read: what is encrypted (MACsec), control protocols, multilink PPP, compressed headers.
 */
#include "dissect/net/link.h"

#include "dissect/net/wlan.h"

/* Link types that nobody but this file needs to know by name. */
enum {
    LINK_PPP = 9,
    LINK_PPP_HDLC = 50,
    LINK_PPP_ETHER = 51, /* PPPoE without its Ethernet header */
    LINK_CISCO_HDLC = 104,
    LINK_WLAN = 105,
    LINK_ENC = 109, /* OpenBSD: packets of IPsec, decrypted */
    LINK_PFLOG = 117,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_AVS = 163,
    LINK_PPI = 192,
    LINK_NFLOG = 239
};

enum {
    ETHER_LENGTH_MAX = 1535, /* up to here the field is a length (IEEE 802.3 clause 3.2.6) */
    ETHER_BRIDGED = 0x6558,  /* an Ethernet frame (RFC 1701) */
    ETHER_VLAN = 0x8100,
    ETHER_PPP = 0x880b,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_MULTICAST = 0x8848,
    ETHER_PPPOE = 0x8864, /* its session stage; 0x8863, discovery, carries no packets */
    ETHER_QINQ = 0x88a8,
    ETHER_PBB = 0x88e7, /* IEEE 802.1ah: a whole frame inside a provider's */
    ETHER_DCE = 0x8903, /* FabricPath */
    ETHER_VNTAG = 0x8926,
    ETHER_NSH = 0x894f, /* RFC 8300 */
    ETHER_QINQ_OLD = 0x9100,
    ETHER_QINQ_OLDER = 0x9200,
    VLANS_MAX = 4,
    LABELS_MAX = 16
};

enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57, PPP_MPLS = 0x281, PPP_MPLS_MULTICAST = 0x283 };

static enum carried_kind carries_link(struct carried *c, int linktype)
{
    c->linktype = linktype;
    return CARRIED_LINK;
}

static enum carried_kind behind(struct carried *c, size_t header)
{
    return take_skip(&c->c, header) ? CARRIED_IP : CARRIED_OTHER;
}

/*     | DSAP | SSAP | control |  and, for aa-aa-03, | OUI (3 octets) | Ethernet type |   IEEE 802.2
 */
enum carried_kind link_read_llc(struct carried *c)
{
    uint32_t head, oui;
    uint16_t type;

    if (!take_u24(&c->c, &head)) {
        return CARRIED_OTHER;
    }
    if (head == 0x060603) {
        return CARRIED_IP;
    }
    /* RFC 1042, and IEEE 802.1H for what bridges put there. */
    if (head != 0xaaaa03 || !take_u24(&c->c, &oui) || !take_u16(&c->c, &type) ||
        (oui != 0 && oui != 0x0000f8) || type <= ETHER_LENGTH_MAX) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

static bool is_read_ethertype(const struct cursor *c, size_t at)
{
    struct cursor copy = *c;
    uint16_t type;

    if (!take_skip(&copy, at) || !take_u16(&copy, &type)) {
        return false;
    }
    return type == ETHER_IPV4 || type == ETHER_IPV6 || type == ETHER_VLAN || type == ETHER_QINQ ||
           type == ETHER_MPLS || type == ETHER_PPPOE;
}

/* The label stack (RFC 3032): | label 20 | class 3 | bottom 1 | TTL 8 |, then, without a word of
 * what it is, a packet. IP is known by its version. A pseudowire's Ethernet frame stands behind a
 * control word that begins with 0 (RFC 4385), or without one: where the frame's type lies, tells.
 */
enum carried_kind link_read_mpls(struct carried *c)
{
    uint32_t label = 0;
    uint8_t version;
    struct cursor next;

    for (int i = 0; i < LABELS_MAX && !(label & 0x100); i++) {
        if (!take_u32(&c->c, &label)) {
            return CARRIED_OTHER;
        }
    }
    next = c->c;
    if (!(label & 0x100) || !take_u8(&next, &version)) {
        return CARRIED_OTHER;
    }
    version >>= 4;
    if (version == 4 || version == 6) {
        return CARRIED_IP;
    }
    if (version == 0 && is_read_ethertype(&c->c, 4 + 12)) {
        return take_skip(&c->c, 4) ? carries_link(c, LINK_ETHERNET) : CARRIED_OTHER;
    }
    return is_read_ethertype(&c->c, 12) ? carries_link(c, LINK_ETHERNET) : CARRIED_OTHER;
}

/* RFC 1661: the protocol, of one octet when that is odd (compressed); RFC 1662: ff-03 before it. */
enum carried_kind link_read_ppp(struct carried *c)
{
    struct cursor framed = c->c;
    uint16_t framing;
    uint8_t high, low;
    unsigned protocol;

    if (take_u16(&framed, &framing) && framing == 0xff03) {
        c->c = framed;
    }
    if (!take_u8(&c->c, &high)) {
        return CARRIED_OTHER;
    }
    protocol = high;
    if (!(high & 1)) {
        if (!take_u8(&c->c, &low)) {
            return CARRIED_OTHER;
        }
        protocol = (unsigned)high << 8 | low;
    }
    switch (protocol) {
    case PPP_IPV4:
    case PPP_IPV6:
        return CARRIED_IP;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return link_read_mpls(c);
    default:
        return CARRIED_OTHER;
    }
}

/*     | version 4 | type 4 | code 8 | session 16 | length 16 |   RFC 2516 section 4 */
static enum carried_kind read_pppoe(struct carried *c)
{
    uint16_t head;

    if (!take_u16(&c->c, &head) || head != 0x1100 || !take_skip(&c->c, 4)) {
        return CARRIED_OTHER;
    }
    return link_read_ppp(c);
}

/*     | version 2 | O | U | TTL 6 | length 6, in words | U 4 | MD type 4 | next protocol 8 |
 *     | service path 24 | service index 8 |  context                     RFC 8300 section 2 */
static enum carried_kind read_nsh(struct carried *c)
{
    uint16_t head;
    uint8_t type, next;
    size_t len;

    if (!take_u16(&c->c, &head) || !take_u8(&c->c, &type) || !take_u8(&c->c, &next)) {
        return CARRIED_OTHER;
    }
    len = (size_t)(head & 0x3f) * 4;
    if (head >> 14 != 0 || len < 8 || !take_skip(&c->c, len - 4)) {
        return CARRIED_OTHER;
    }
    switch (next) {
    case 1: /* IPv4 */
    case 2: /* IPv6 */
        return CARRIED_IP;
    case 3:
        return carries_link(c, LINK_ETHERNET);
    case 5:
        return link_read_mpls(c);
    default:
        return CARRIED_OTHER;
    }
}

/* Tags of IEEE 802.1Q and their like: | control information 16 | Ethernet type 16 |. VN-Tag has two
 * octets more. */
static bool take_tag(struct cursor *c, uint16_t *type)
{
    return take_skip(c, *type == ETHER_VNTAG ? 4 : 2) && take_u16(c, type);
}

static bool is_tag(uint16_t type)
{
    return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD ||
           type == ETHER_QINQ_OLDER || type == ETHER_VNTAG;
}

enum carried_kind link_read_ethertype(struct carried *c, uint16_t type)
{
    if (type == ETHER_IPV4 || type == ETHER_IPV6) {
        return CARRIED_IP;
    }
    for (int i = 0; i < VLANS_MAX && is_tag(type); i++) {
        if (!take_tag(&c->c, &type)) {
            return CARRIED_OTHER;
        }
    }
    if (type <= ETHER_LENGTH_MAX) {
        return carries_link(c, LINK_LLC);
    }
    switch (type) {
    case ETHER_IPV4:
    case ETHER_IPV6:
        return CARRIED_IP;
    case ETHER_MPLS:
    case ETHER_MPLS_MULTICAST:
        return link_read_mpls(c);
    case ETHER_PPPOE:
        return read_pppoe(c);
    case ETHER_PPP:
        return link_read_ppp(c);
    case ETHER_NSH:
        return read_nsh(c);
    case ETHER_BRIDGED:
        return carries_link(c, LINK_ETHERNET);
    case ETHER_DCE: /* tag and hop count, 2 octets, then the frame */
        return take_skip(&c->c, 2) ? carries_link(c, LINK_ETHERNET) : CARRIED_OTHER;
    case ETHER_PBB: /* flags and service, 4 octets, then the customer's frame */
        return take_skip(&c->c, 4) ? carries_link(c, LINK_ETHERNET) : CARRIED_OTHER;
    default:
        return CARRIED_OTHER;
    }
}

static enum carried_kind read_ethernet(struct carried *c)
{
    uint16_t type;

    if (!take_skip(&c->c, 12) || !take_u16(&c->c, &type)) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

/* Packet type 2, ARPHRD 2, address length 2, address 8, protocol 2. The protocol 4 is LLC. */
static enum carried_kind read_sll(struct carried *c)
{
    uint16_t type;

    if (!take_skip(&c->c, 14) || !take_u16(&c->c, &type)) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

/* Protocol 2, reserved 2, interface 4, ARPHRD 2, type 1, address length 1, address 8. */
static enum carried_kind read_sll2(struct carried *c)
{
    uint16_t type;

    if (!take_u16(&c->c, &type) || !take_skip(&c->c, 18)) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

/* Address (0f: unicast, 8f: broadcast), control 0, Ethernet type. */
static enum carried_kind read_cisco_hdlc(struct carried *c)
{
    uint16_t head, type;

    if (!take_u16(&c->c, &head) || (head != 0x0f00 && head != 0x8f00) || !take_u16(&c->c, &type) ||
        type <= ETHER_LENGTH_MAX) {
        return CARRIED_OTHER;
    }
    return link_read_ethertype(c, type);
}

static enum carried_kind read_ppp_hdlc(struct carried *c)
{
    struct cursor first = c->c;
    uint8_t address;

    if (!take_u8(&first, &address)) {
        return CARRIED_OTHER;
    }
    return address == 0x0f || address == 0x8f ? read_cisco_hdlc(c) : link_read_ppp(c);
}

/* Family 1, version 1 (0), resource 2, then attributes: | length 16 | type 16 | value, padded to 4
 * | in the byte order of the capturing host, which the small numbers of the types tell. */
static enum carried_kind read_nflog(struct carried *c)
{
    enum { NFULA_PAYLOAD = 9 };
    struct bytes value;
    uint16_t length, type;
    uint8_t version;

    if (!take_skip(&c->c, 1) || !take_u8(&c->c, &version) || version != 0 || !take_skip(&c->c, 2)) {
        return CARRIED_OTHER;
    }
    for (;;) {
        if (!take_u16_as(&c->c, true, &length) || !take_u16_as(&c->c, true, &type)) {
            return CARRIED_OTHER;
        }
        if (type > 0xff) {
            length = __builtin_bswap16(length);
            type = __builtin_bswap16(type);
        }
        if (length < 4) {
            return CARRIED_OTHER;
        }
        if (type == NFULA_PAYLOAD) { /* the last one, and the only one a snap length cuts */
            return CARRIED_IP;
        }
        if (!take_bytes(&c->c, ((size_t)length - 4 + 3) & ~(size_t)3, &value)) {
            return CARRIED_OTHER;
        }
    }
}

/* Its length 1, address family 1, ...; padded to 4. */
static enum carried_kind read_pflog(struct carried *c)
{
    struct cursor first = c->c;
    uint8_t length;

    if (!take_u8(&first, &length) || length < 45) {
        return CARRIED_OTHER;
    }
    return behind(c, ((size_t)length + 3) & ~(size_t)3);
}

/* Version 1, flags 1, length 2, link type 4, all little-endian. */
static enum carried_kind read_ppi(struct carried *c)
{
    uint16_t version, length;
    uint32_t linktype;

    if (!take_u16(&c->c, &version) || !take_u16_as(&c->c, true, &length) || length < 8 ||
        !take_u32_as(&c->c, true, &linktype) || linktype > 0xffff ||
        !take_skip(&c->c, (size_t)length - 8)) {
        return CARRIED_OTHER;
    }
    return carries_link(c, (int)linktype);
}

enum carried_kind link_read(struct carried *c)
{
    switch (c->linktype) {
    case LINK_ETHERNET:
        return read_ethernet(c);
    case LINK_SLL:
        return read_sll(c);
    case LINK_SLL2:
        return read_sll2(c);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4:
    case LINK_IPV6:
        return CARRIED_IP;
    case LINK_NULL: /* an address family of 4 octets, in the capturing host's order or network */
    case LINK_LOOP: /* order; the IP version tells all that is needed */
        return behind(c, 4);
    case LINK_ENC: /* family, security parameter index, flags */
        return behind(c, 12);
    case LINK_PFLOG:
        return read_pflog(c);
    case LINK_NFLOG:
        return read_nflog(c);
    case LINK_PPP:
        return link_read_ppp(c);
    case LINK_PPP_HDLC:
        return read_ppp_hdlc(c);
    case LINK_PPP_ETHER:
        return read_pppoe(c);
    case LINK_CISCO_HDLC:
        return read_cisco_hdlc(c);
    case LINK_WLAN:
        return wlan_read(c);
    case LINK_RADIOTAP:
        return wlan_read_radiotap(c);
    case LINK_PRISM:
        return wlan_read_prism(c);
    case LINK_AVS:
        return wlan_read_avs(c);
    case LINK_PPI:
        return read_ppi(c);
    case LINK_LLC:
        return link_read_llc(c);
    case LINK_AMSDU:
        return wlan_read_amsdu(c);
    default:
        return CARRIED_UNREAD;
    }
}
