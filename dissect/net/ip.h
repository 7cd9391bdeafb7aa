/* ip.h - IPv4 and IPv6 headers. RFC 791, RFC 8200. */
#ifndef DISSECT_NET_IP_H
#define DISSECT_NET_IP_H

#include "dissect/net/frame.h"

struct ip_header {
    struct address from, to;
    uint8_t protocol; /* of the payload: 6 TCP, 1 ICMP, 58 ICMPv6 */
    uint8_t ttl;
    uint16_t id;
    struct bytes payload; /* as captured, padding behind the packet cut off */
    uint32_t payload_len; /* on the wire */
    bool fragment;        /* not the first one */
    bool more;            /* the first of several */
};

enum { IP_ICMP = 1, IP_TCP = 6, IP_ICMPV6 = 58 };

/* data begins at the IP header. wire_len: its length on the wire, for packets whose total length is
 * 0 (segmentation offload). FRAME_TCP when *out is filled, whatever its protocol. */
enum frame_kind ip_read(struct bytes data, uint32_t wire_len, struct ip_header *out);
/* The header quoted in an ICMP error: its payload may be cut anywhere. */
bool ip_read_quoted(struct bytes data, struct ip_header *out);

#endif
