/* tunnel.h - packets inside IP packets. */
#ifndef DISSECT_NET_TUNNEL_H
#define DISSECT_NET_TUNNEL_H

#include "dissect/net/ip.h"
#include "dissect/net/link.h"

/* What the payload of an IP packet carries that is neither TCP nor ICMP; fills *out, unless
 * CARRIED_OTHER. */
enum carried_kind tunnel_read(const struct ip_header *ip, struct carried *out);

#endif
