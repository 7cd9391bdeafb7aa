/* segment.h - one TCP segment, or one ICMP error about one, as read from a packet. */
#ifndef DISSECT_NET_SEGMENT_H
#define DISSECT_NET_SEGMENT_H

#include "capture/packet.h"
#include "dissect/net/address.h"

enum tcp_flags {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
};

struct segment {
    struct mark mark;
    struct address from, to;
    uint16_t from_port, to_port;
    uint32_t seq, ack;
    uint16_t window; /* as in the header, unscaled */
    uint16_t checksum;
    uint16_t ip_id; /* IPv6: 0 */
    uint8_t ttl;    /* or hop limit */
    uint8_t flags;  /* enum tcp_flags */
    struct bytes options;
    struct bytes payload; /* as captured */
    uint32_t payload_len; /* on the wire; larger than payload.len: cut by the snap length */
    uint32_t wire_len;    /* of the whole packet */
};

/* An ICMP or ICMPv6 error. from..to_port are those of the quoted packet, as its sender wrote them.
 */
struct icmp_error {
    struct mark mark;
    struct address reporter;
    uint8_t family; /* 4 or 6 */
    uint8_t type, code;
    uint32_t mtu;
    struct address from, to;
    uint16_t from_port, to_port;
    uint32_t seq;
    bool seq_known; /* at least 8 octets of TCP were quoted */
    uint8_t flags;  /* of the quoted header, when it was long enough */
    bool flags_known;
};

#endif
