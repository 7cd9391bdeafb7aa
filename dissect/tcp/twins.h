/* twins.h - packets captured twice: of a mirror port, or on every interface at once. */
#ifndef DISSECT_TCP_TWINS_H
#define DISSECT_TCP_TWINS_H

#include "dissect/net/segment.h"

/* The last few thousand packets of all connections that carry mail. Of fixed size. */
struct tcp_twins;

/* NULL when out of memory. */
struct tcp_twins *tcp_twins_new(void);
void tcp_twins_free(struct tcp_twins *t);
/* The packet is an exact copy of one just seen (catalogue: capture-duplicates). sender: a number
 * of its own for each side of each connection. */
bool tcp_twins_seen(struct tcp_twins *t, uint64_t sender, const struct segment *s);

#endif
