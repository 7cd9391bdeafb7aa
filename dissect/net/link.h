/* link.h - from a link header to the IP header it carries. */
#ifndef DISSECT_NET_LINK_H
#define DISSECT_NET_LINK_H

#include "capture/packet.h"

/* What a header that was just read carries. The length of it on the wire is what the cursor has
 * left, and `cut`. */
struct carried {
    struct cursor c;
    uint32_t cut;       /* bytes that were on the wire behind it and not captured */
    int linktype;       /* LINK_*, or one of ours: what CARRIED_LINK stands for */
    struct cursor rest; /* of an IEEE 802.11 aggregate: the frames behind this one */
};

enum carried_kind {
    CARRIED_IP,    /* the cursor stands at an IP header */
    CARRIED_LINK,  /* at a header of `linktype` */
    CARRIED_OTHER, /* neither, or its header is cut or bad: nothing for us */
    CARRIED_UNREAD /* a link type that is not read */
};

enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd };

/* Link types that only stand inside others, below every LINKTYPE_ number. */
enum {
    LINK_LLC = -1,  /* IEEE 802.2 */
    LINK_AMSDU = -2 /* IEEE 802.11 aggregate: frames, one after the other */
};

/* Passes over one header of c->linktype and what belongs to it (VLAN tags, labels). */
enum carried_kind link_read(struct carried *c);
/* The same behind an Ethernet type, for headers that carry one. */
enum carried_kind link_read_ethertype(struct carried *c, uint16_t type);
enum carried_kind link_read_mpls(struct carried *c);
enum carried_kind link_read_ppp(struct carried *c);
/* IEEE 802.2 LLC, with SNAP (RFC 1042). */
enum carried_kind link_read_llc(struct carried *c);

#endif
