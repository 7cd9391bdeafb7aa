/* connection_state.h - what the files of one connection share; nobody else includes it. */
#ifndef DISSECT_TCP_CONNECTION_STATE_H
#define DISSECT_TCP_CONNECTION_STATE_H

#include "dissect/conversation.h"
#include "dissect/tcp/connection.h"

/* An acknowledgement or a FIN so far beyond anything seen is not believed. */
enum { BEYOND_MAX = 64 * 1024 * 1024 };

enum { RETRANSMIT_MEMORY = 8, RSTS_TOLD = 8 };

/* What most connections never have, or not before their end. In the session's arena. */
struct trouble {
    struct event *retransmits[RETRANSMIT_MEMORY]; /* not acknowledged yet; newest last */
    size_t retransmit_count;
    struct event *zero_window; /* open: this side does not read */
    struct event *keep_alive;  /* the probes being counted */
    struct event *rst;         /* the last one */
    unsigned rst_count;
    bool window_closed;
    uint64_t sack_top;              /* behind the highest byte reported out of order */
    uint32_t sack_least, sack_most; /* smallest and largest piece by which it grew */
    int64_t rst_at, rst_ns;         /* position and time of the last one that was in the window */
};

/* One side's clock as its packets carry it, to hold the capture's against. */
struct stamps {
    uint32_t first, last;      /* the speed is measured between them */
    int64_t first_ns, last_ns; /* 0: none seen */
    int64_t jump_ns;           /* what the capture's clock gained on it at once; 0: nothing */
    int64_t jump_from_ns, jump_until_ns; /* the packets around */
};

struct evidence {
    struct stamps stamps;
    struct trouble *trouble; /* NULL: none so far */
    uint64_t fin_ack;        /* what the FIN acknowledged */
    uint64_t timed_end;      /* a segment sent once whose acknowledgement is awaited; 0: none */
    int64_t previous_ns;     /* time of the packet before the last; 0: none */
    uint32_t timed_len;
    bool fin_untold; /* a FIN that waits for bytes before it */
};

struct tcp_connection {
    struct session *s;
    struct conversation *conversation;
    struct reassembly bytes;
    struct evidence evidence[SIDES];
    struct session_watcher watcher;
    struct tcp_twins *twins; /* of all connections */
    struct neighbours *neighbours;
    size_t *size_total, size; /* size: how much of the total is this connection's */
    bool closed, works;       /* works: the server has spoken */
};

/* connection.c: its share of the memory of all, again */
void tcp_connection_count_size(struct tcp_connection *c);

/* evidence.c */
/* Made when there is none. */
struct trouble *tcp_evidence_trouble(struct tcp_connection *c, enum side side);
void tcp_evidence_syn(struct tcp_connection *c, const struct segment *s, enum side side);
void tcp_evidence_fin(struct tcp_connection *c, const struct segment *s, enum side side,
                      int64_t offset);
/* Tells the FINs whose turn has come; all of them when whatever_is_missing. */
void tcp_evidence_tell_fins(struct tcp_connection *c, bool whatever_is_missing);
static inline bool tcp_evidence_has_fins(const struct tcp_connection *c)
{
    return c->evidence[SIDE_CLIENT].fin_untold || c->evidence[SIDE_SERVER].fin_untold;
}
void tcp_evidence_rst(struct tcp_connection *c, const struct segment *s, enum side side);
void tcp_evidence_window(struct tcp_connection *c, const struct segment *s, enum side side);
/* Bytes that were sent before. */
void tcp_evidence_again(struct tcp_connection *c, const struct segment *s, enum side side,
                        uint64_t offset);
/* A probe of 0 or 1 octet below the next byte. */
void tcp_evidence_probe(struct tcp_connection *c, const struct segment *s, enum side side);
/* The other side acknowledged this side's bytes below offset. There is trouble with this side. */
void tcp_evidence_acked(struct tcp_connection *c, enum side side, uint64_t offset,
                        struct mark mark);
/* A session_watcher's: the events of this chapter are about to go. */
void tcp_evidence_forget(void *connection, uint32_t chapter);
/* A packet of this side arrived: it lives while the other one sends again. There is trouble with
 * the other. */
void tcp_evidence_alive(struct tcp_connection *c, enum side side);

/* stress.c */
/* What the receiver reports to have got out of order, or twice. Called before the packet's own
 * acknowledgement is read. */
void tcp_stress_sack(struct tcp_connection *c, const struct segment *s, enum side side);
/* An empty packet of this side stands further on in its stream than what was captured of it. */
void tcp_stress_beyond(struct tcp_connection *c, enum side side, int64_t offset);
/* New bytes of this side: what silence they end, and how much is under way. */
void tcp_stress_new(struct tcp_connection *c, const struct segment *s, enum side side,
                    uint64_t offset);
/* The other side acknowledged this side's bytes below offset. Called before that counts. */
void tcp_stress_acked(struct tcp_connection *c, enum side side, uint64_t offset);
/* This side advertised a window. */
void tcp_stress_window(struct tcp_connection *c, const struct segment *s, enum side side);

/* clock.c */
/* Any packet of this side but a SYN, whose stamp may be a cookie. */
void tcp_clock_see(struct tcp_connection *c, const struct segment *s, enum side side);

#endif
