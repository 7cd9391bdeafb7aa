/* frame.h - one packet to one TCP segment or ICMP error. */
#ifndef DISSECT_NET_FRAME_H
#define DISSECT_NET_FRAME_H

#include "dissect/net/segment.h"

enum frame_kind {
    FRAME_TCP,
    FRAME_ICMP,
    FRAME_OTHER,    /* nothing for us: ARP, UDP, an ICMP message that is no error */
    FRAME_FRAGMENT, /* an IP fragment that is not the first, or a first one without its TCP header
                     */
    FRAME_CUT,      /* the snap length ends before the TCP header does */
    FRAME_BAD,      /* a header contradicts itself */
    FRAME_LINK,     /* a link type that is not read */
};

/* Fills the segment (FRAME_TCP) or the error (FRAME_ICMP). Views point into the packet. */
enum frame_kind frame_read(const struct packet *p, struct segment *segment,
                           struct icmp_error *error);

#endif
