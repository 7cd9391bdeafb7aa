/* flow.h - the table of all TCP connections. */
#ifndef DISSECT_TCP_FLOW_H
#define DISSECT_TCP_FLOW_H

#include "dissect/net/segment.h"
#include "dissect/session.h"

struct tcp_flows;

struct tcp_flow_options {
    const uint16_t *ports;
    size_t port_count;
    uint64_t max_connections, max_sessions; /* 0: those of limits.h */
    size_t max_warm_bytes;                  /* the same */
    struct tls_keylog *keylog;              /* NULL: none */
    bool keep_openings;                     /* of all sessions, until they are handed up */
    bool keep_certificates;                 /* with their octets */
    session_sink sink; /* gets every mail session once, when it is over, and owns it */
    void *ctx;
};

struct tcp_flow_totals {
    uint64_t connections;     /* numbered so far */
    uint64_t sessions;        /* handed up */
    uint64_t mail_packets;    /* of those */
    uint64_t evicted[LIMITS]; /* to make room, by the limit that was reached */
    uint64_t packed;          /* times a session was packed */
};

struct tcp_flows *tcp_flow_table_new(const struct tcp_flow_options *options);
void tcp_flow_table_free(struct tcp_flows *t);
void tcp_flow_segment(struct tcp_flows *t, const struct segment *s);
void tcp_flow_icmp(struct tcp_flows *t, const struct icmp_error *e);
/* Packet time is now_ns at least: connections silent for too long end. */
void tcp_flow_clock(struct tcp_flows *t, int64_t now_ns);
/* The time up to which that was done; INT64_MIN: no packet so far. */
int64_t tcp_flow_now(const struct tcp_flows *t);
/* Everything still open is handed up, in order of its last packet. */
void tcp_flow_end(struct tcp_flows *t);
/* What the look changes in a session may be lost. */
void tcp_flow_each_open(struct tcp_flows *t, session_sink look, void *ctx);
const struct tcp_flow_totals *tcp_flow_totals(const struct tcp_flows *t);

#endif
