/* ipfrag.h - packets put together from IP fragments. */
#ifndef DISSECT_NET_IPFRAG_H
#define DISSECT_NET_IPFRAG_H

#include "dissect/net/ip.h"

struct ipfrag;

struct ipfrag_totals {
    uint64_t pending;     /* fragments whose packet is not whole, or never became it */
    uint64_t copies;      /* fragments of a packet that was whole already */
    uint64_t datagrams;   /* packets put together */
    uint64_t incomplete;  /* given up after LIMIT_FRAGMENT_SECONDS */
    uint64_t conflicting; /* discarded: two fragments disagree */
    uint64_t evicted;       /* given up for LIMIT_FRAGMENT_DATAGRAMS */
    uint64_t evicted_bytes; /* for LIMIT_FRAGMENT_BYTES_ALL */
};

/* NULL when out of memory. */
struct ipfrag *ipfrag_new(void);
void ipfrag_free(struct ipfrag *t);
/* Takes a fragment (ip->is_fragment). FRAME_FRAGMENT: it is kept, and ip is nothing for the caller.
 * FRAME_TCP: with it the packet is whole, and ip reads as if it had come so (IPv6: extension
 * headers may be left); its payload is valid until ipfrag_forget. FRAME_BAD: it cannot be a
 * fragment. */
enum frame_kind ipfrag_add(struct ipfrag *t, struct ip_header *ip, int64_t now_ns);
/* The payloads handed out are not needed any more. */
void ipfrag_forget(struct ipfrag *t);
const struct ipfrag_totals *ipfrag_totals(const struct ipfrag *t);

#endif
