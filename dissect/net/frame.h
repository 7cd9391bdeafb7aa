/* frame.h - one packet to one TCP segment or ICMP error. */
#ifndef DISSECT_NET_FRAME_H
#define DISSECT_NET_FRAME_H

#include "dissect/net/link.h"
#include "dissect/net/segment.h"

enum frame_kind {
    FRAME_TCP,
    FRAME_ICMP,
    FRAME_OTHER,    /* nothing for us: ARP, UDP, an ICMP message that is no error */
    FRAME_FRAGMENT, /* an IP fragment: what it is part of is not whole */
    FRAME_CUT,      /* the snap length ends before the TCP header does */
    FRAME_BAD,      /* a header contradicts itself */
    FRAME_DEEP,     /* more than LIMIT_ENCAPSULATIONS */
    FRAME_LINK,     /* a link type that is not read */
};

struct ipfrag;

/* Reads packets one after the other, and keeps what one of them does not tell alone: fragments, and
 * the frames behind the first of an IEEE 802.11 aggregate. */
struct frame_reader {
    struct ipfrag *fragments;
    struct carried at; /* where it stands in the packet */
    bool has_whole;    /* views may point into what was put together of fragments */
};

/* False: out of memory. */
MUST_USE bool frame_reader_init(struct frame_reader *r);
void frame_reader_reset(struct frame_reader *r);
/* Fills the segment (FRAME_TCP) or the error (FRAME_ICMP). Views point into the packet, or into
 * what was put together of fragments, and are valid until the reader's next packet. The mark is
 * that of the packet which completed it. */
enum frame_kind frame_reader_read(struct frame_reader *r, const struct packet *p,
                                  struct segment *segment, struct icmp_error *error);
/* There is another frame in the same packet; it is read by frame_reader_more. */
static inline bool frame_reader_has_more(const struct frame_reader *r)
{
    return r->at.rest.at < r->at.rest.end;
}
enum frame_kind frame_reader_more(struct frame_reader *r, const struct packet *p,
                                  struct segment *segment, struct icmp_error *error);

/* One packet alone: fragments are not put together, of an aggregate only the first frame is read.
 */
enum frame_kind frame_read(const struct packet *p, struct segment *segment,
                           struct icmp_error *error);

#endif
