/* icmp.h - ICMP and ICMPv6 errors, and the segment they quote. RFC 792, RFC 4443. */
#ifndef DISSECT_NET_ICMP_H
#define DISSECT_NET_ICMP_H

#include "dissect/net/ip.h"

/* FRAME_ICMP when it is an error that quotes TCP. The mark stays. */
enum frame_kind icmp_read(const struct ip_header *ip, struct icmp_error *out);

#endif
