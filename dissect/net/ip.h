/* ip.h - IPv4 and IPv6 headers. RFC 791, RFC 8200. */
#ifndef DISSECT_NET_IP_H
#define DISSECT_NET_IP_H

#include "dissect/net/frame.h"

struct ip_header {
    struct address from, to;
    uint8_t protocol; /* of the payload: 6 TCP, 1 ICMP, 58 ICMPv6 */
    uint8_t ttl;
    uint16_t id;
    bool is_fragment;
    bool more;                /* fragments follow it */
    struct bytes payload;     /* as captured, padding behind the packet cut off */
    uint32_t payload_len;     /* on the wire */
    uint32_t fragment_id;     /* of a fragment: which packet it is part of, */
    uint32_t fragment_offset; /* and where in its payload, in octets */
};

enum { IP_ICMP = 1, IP_TCP = 6, IP_AUTH = 51, IP_ICMPV6 = 58 };

/* data begins at the IP header. wire_len: its length on the wire, for packets whose total length is
 * 0 (segmentation offload). FRAME_TCP when *out is filled, whatever its protocol. */
enum frame_kind ip_read(struct bytes data, uint32_t wire_len, struct ip_header *out);
/* Passes over the extension headers (IPv6, and IPv4's authentication header) that the payload
 * begins with: after ip_read only a fragment, or one put together, has any. */
enum frame_kind ip_skip_extensions(struct ip_header *ip);
/* The header quoted in an ICMP error, of a whole packet or its first fragment: its payload may be
 * cut anywhere. */
bool ip_read_quoted(struct bytes data, struct ip_header *out);

#endif
