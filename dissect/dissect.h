/* dissect.h - this floor from outside: packets in, sessions out. */
#ifndef DISSECT_DISSECT_H
#define DISSECT_DISSECT_H

#include "capture/packet.h"
#include "dissect/session.h"

/* Which sessions nDPI is asked about. */
enum naming {
    NAMING_UNCLEAR, /* those on other ports than the mail ports, and those that are not SMTP */
    NAMING_ALL,
    NAMING_NONE,
};

struct dissect_options {
    const uint16_t *ports; /* mail ports; others are recognized by their dialogue */
    size_t port_count;
    enum naming naming;
    bool keep_certificates;    /* session.h */
    struct tls_keylog *keylog; /* dissect/tls/keylog.h; NULL: none. Must outlive it */
    /* Limits; 0: those of limits.h. */
    uint64_t max_connections;
    size_t max_warm_bytes;
};

struct dissect_totals {
    uint64_t packets, bytes; /* bytes as captured */
    uint64_t mail_packets;   /* of sessions that are told, those open included */
    uint64_t truncated_packets;
    uint64_t others;       /* packets without TCP and without an ICMP error: UDP, ARP, ... */
    uint64_t unread_links; /* of link types that are not read */
    uint64_t bad_headers;  /* cut by the snap length, or wrong */
    uint64_t fragments;    /* of IP packets that are not whole (yet) */
    uint64_t datagrams;    /* IP packets put together of fragments */
    /* Such packets given up: fragments missing after LIMIT_FRAGMENT_SECONDS; two that disagree. */
    uint64_t datagrams_incomplete, datagrams_conflicting;
    uint64_t connections, sessions, open;
    /* How often each limit was reached: sessions, for those of sessions; connections that gave way;
     * packets with more than LIMIT_ENCAPSULATIONS inside each other; packets in fragments given up.
     */
    uint64_t limits[LIMITS];
    uint64_t limits_reached; /* all of them */
    struct mark first, last; /* earliest and latest packet */
};

struct dissect;

/* The sink gets each mail session once, when it is over, in order of session end, and owns it:
 * it must call session_free. NULL when out of memory. */
struct dissect *dissect_new(const struct dissect_options *options, session_sink sink, void *ctx);
void dissect_free(struct dissect *d);
void dissect_packet(struct dissect *d, const struct packet *p);
/* Time went on to now_ns without a packet (live, paced). */
void dissect_clock(struct dissect *d, int64_t now_ns);
/* Sessions that were over LIMIT_LINGER_SECONDS before this moment were handed up. INT64_MIN: no
 * packet so far. */
int64_t dissect_now(const struct dissect *d);
/* The input ended: hands up every session that is still open. */
void dissect_end(struct dissect *d);
/* Shows every mail session that is still open (live); the sink must not free or keep it. What it
 * changes in one may be lost. */
void dissect_each_open(struct dissect *d, session_sink look, void *ctx);
const struct dissect_totals *dissect_totals(struct dissect *d);

#endif
