/* connection.h - one TCP connection that may carry mail: its evidence, its bytes in order, its
 * session. */
#ifndef DISSECT_TCP_CONNECTION_H
#define DISSECT_TCP_CONNECTION_H

#include "dissect/net/segment.h"
#include "dissect/session.h"
#include "dissect/tcp/neighbours.h"
#include "dissect/tcp/reassembly.h"
#include "dissect/tcp/twins.h"

struct tcp_connection;

/* What was seen of a connection before it was known to carry mail. packet 0: not seen. */
struct tcp_prelude {
    struct mark first, syn, synack, ack;
    uint32_t syn_seq, synack_seq; /* of a SYN that was not captured: as its SYN-ACK says */
};

struct tcp_connection_options {
    uint64_t id;
    struct endpoint end[SIDES];
    bool mail_port;
    bool keep_opening, keep_certificates;
    struct tls_keylog *keylog; /* NULL: none */
    bool roles_guessed;
    bool midstream;
    struct mark first;
    const struct tcp_prelude *prelude; /* NULL: nothing */
    struct neighbours *neighbours;     /* NULL: other connections are not looked at */
    size_t *held_total;                /* bytes held out of order, of all connections */
    struct tcp_twins *twins;           /* of all connections */
    size_t *size_total;                /* memory of all connections, those bytes left out */
};

/* NULL when out of memory. It lives in the memory of its session. */
struct tcp_connection *tcp_connection_new(const struct tcp_connection_options *options);
void tcp_connection_free(struct tcp_connection *c); /* and its session, unless it was taken */
/* A segment from this side. */
void tcp_connection_segment(struct tcp_connection *c, const struct segment *s, enum side side);
/* An ICMP error about a packet of this side. */
void tcp_connection_icmp(struct tcp_connection *c, const struct icmp_error *e, enum side side);
/* It is over as far as TCP goes: both FINs acknowledged, or a valid RST. */
bool tcp_connection_is_closed(const struct tcp_connection *c);
/* Never more than a SYN of the client: nobody answered. */
bool tcp_connection_is_unanswered(const struct tcp_connection *c);
/* Never more than half a handshake, and no byte; on another port, nothing yet that clients of mail
 * say. */
bool tcp_connection_is_unproven(const struct tcp_connection *c);
/* A SYN with this sequence number is one of this connection, sent again. */
bool tcp_connection_owns_syn(const struct tcp_connection *c, enum side side, uint32_t seq);
/* Worth telling: a mail port with a SYN or payload, or a dialogue recognized elsewhere. */
bool tcp_connection_is_mail(const struct tcp_connection *c);
/* Begun to be read on another port, and now it is clear that it is not mail. */
bool tcp_connection_is_foreign(const struct tcp_connection *c);
/* It gave way to others: this limit was reached. */
void tcp_connection_limit(struct tcp_connection *c, enum limit limit);
/* What other connections show up to now, in the facts of this one; finishing does it, too. */
void tcp_connection_compare(struct tcp_connection *c);
/* Bytes that it and its session take. */
size_t tcp_connection_size(const struct tcp_connection *c);
/* What it and its session hold is packed, and no longer counted in size_total: until
 * tcp_connection_unpack it must not be touched. NULL: no memory, it is as it was. *left: the bytes
 * that are not packed with it. */
struct arena_packed *tcp_connection_pack(struct tcp_connection *c, size_t *left);
void tcp_connection_unpack(struct tcp_connection *c, struct arena_packed *packed);
const struct session *tcp_connection_session(const struct tcp_connection *c);
/* Everything held is delivered, the dialogue ends; the caller owns the session then and frees it
 * after the connection. */
struct session *tcp_connection_finish(struct tcp_connection *c, enum session_end why,
                                      int64_t now_ns);

#endif
