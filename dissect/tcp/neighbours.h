/* neighbours.h - what other connections of the same hosts show: that they work, and how their
 * packets look.
 *
 * A connection works when the server's first bytes arrive. That is noted once for each, of its
 * server, of its server's port and of its two hosts together. Bounded: a newcomer takes the place
 * of whoever worked longest ago among the few that share its place; then less is known.
 */
#ifndef DISSECT_TCP_NEIGHBOURS_H
#define DISSECT_TCP_NEIGHBOURS_H

#include "dissect/session.h"

struct neighbours;

/* NULL: no memory. */
struct neighbours *neighbours_new(void);
void neighbours_free(struct neighbours *n);
/* The server of s speaks for the first time, in a packet with this TTL. */
void neighbours_works(struct neighbours *n, const struct session *s, struct mark at, uint8_t ttl);

/* How other connections of the server's host look. */
struct neighbour_host {
    uint8_t ttl_low, ttl_high; /* 0: none was seen */
    int64_t trip_ns;           /* shortest from a SYN to its SYN-ACK; 0: not measured */
};
struct neighbour_host neighbours_host(const struct neighbours *n, const struct address *server);
/* When a connection to this port of this host came up last and worked; INT64_MIN: not seen. */
int64_t neighbours_served(const struct neighbours *n, const struct endpoint *server);
/* A connection between the hosts of s that began to work behind `from`, and at most so much later
 * than `until`. To a minute and a quarter: `from` itself is left out. */
bool neighbours_worked(const struct neighbours *n, const struct session *s, int64_t from_ns,
                       int64_t until_ns);

#endif
