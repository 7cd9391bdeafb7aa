/* udp_tunnel.h - packets inside UDP datagrams. */
#ifndef DISSECT_NET_UDP_TUNNEL_H
#define DISSECT_NET_UDP_TUNNEL_H

#include "dissect/net/link.h"

/* c stands at a UDP header. The destination port tells the tunnel. */
enum carried_kind udp_tunnel_read(struct carried *c);

#endif
