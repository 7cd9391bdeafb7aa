/* flow_state.h - what the files of the table share; nobody else includes it.
 *
 *   flow.c        the table: packets in, sessions out
 *   flow_look.c   what a packet says about a connection: who is the client, is it mail, is it new
 *   flow_queue.c  who has been silent for how long: whose time is over, who makes room, who is
 *                 packed
 */
#ifndef DISSECT_TCP_FLOW_STATE_H
#define DISSECT_TCP_FLOW_STATE_H

#include "dissect/limits.h"
#include "dissect/pool.h"
#include "dissect/tcp/connection.h"
#include "dissect/tcp/flow.h"
#include "dissect/tcp/flow_key.h"

enum { FLOW_SIZE = 128, FLOW_SECOND_NS = 1000000000 };

enum flow_queue { QUEUE_OTHER, QUEUE_UNANSWERED, QUEUE_OPEN, QUEUE_CLOSED, QUEUES };

/* What a packet that is looked up needs stands first, what it changes behind it: two cache lines.
 */
struct flow {
    struct flow *next; /* in its slot of the table */
    struct flow_key key;
    uint8_t queue;    /* enum flow_queue */
    uint8_t client;   /* index in the key of the client; 2: not known */
    uint8_t looks[2]; /* payloads of this endpoint looked at */
    bool decided;     /* it is not mail: nothing more to look at */
    bool midstream;
    struct tcp_connection *mail; /* not to be touched while packed */
    struct flow *newer, *older;  /* in its queue */
    int64_t seen_ns;             /* the time it was at its last packet: rises along a queue */
    int64_t last_ns;             /* the time its last packet says */
    uint64_t id;
    struct tcp_prelude *prelude; /* on another port than mail's; NULL: nothing */
    struct arena_packed *packed; /* NULL: it is not */
    size_t bytes;                /* open: what it takes, as counted in the totals */
};

static_assert(sizeof(struct flow) <= FLOW_SIZE, "a flow is two cache lines");

struct tcp_flows {
    struct tcp_flow_options options;
    uint8_t is_port[65536 / 8];
    struct flow **slots;
    struct pool pool;
    size_t slot_count, flow_count, mail_count, unanswered_count;
    struct flow *oldest[QUEUES], *newest[QUEUES];
    struct flow *warm; /* the open ones from the oldest up to before this are packed; NULL: all */
    uint64_t seed[2];
    int64_t now_ns, last_ns; /* INT64_MIN: not known yet */
    int64_t expiry_ns;       /* until then no queue's head is too old */
    unsigned leap_packets;   /* so many more until open connections are over again */
    size_t held_bytes;
    size_t session_bytes; /* of all sessions that are not packed */
    size_t open_bytes;    /* of those that are open */
    size_t packed_bytes;  /* of those that are */
    struct tcp_twins *twins;
    struct neighbours *neighbours;
    struct tcp_flow_totals totals;
};

static inline bool flow_is_mail_port(const struct tcp_flows *t, uint16_t port)
{
    return t->is_port[port / 8] >> (port % 8) & 1;
}

/* flow.c */
/* Out of the table; its session is handed up. */
void flow_remove(struct tcp_flows *t, struct flow *f, enum session_end why);
/* The session is told; the key stays for a while, so that a late copy begins nothing new. */
void flow_bury(struct tcp_flows *t, struct flow *f);

/* flow_look.c */
/* Which endpoint is the client: from the SYN, else from the ports. 2: it cannot be told. */
uint8_t flow_guess_client(const struct tcp_flows *t, const struct segment *s, unsigned from);
/* A packet of a connection on another port: does mail begin with it? Notes what was seen; may set
 * `decided` and the client. */
bool flow_begins_mail(struct flow *f, const struct segment *s, unsigned from);
void flow_forget_prelude(struct flow *f);
/* A SYN that is not this connection's own begins a new one: when the old one is over, silent, or
 * began before the capture. */
bool flow_is_reused(const struct flow *f, const struct segment *s, unsigned from);

/* flow_queue.c */
void flow_queue(struct tcp_flows *t, struct flow *f, enum flow_queue queue);
void flow_unqueue(struct tcp_flows *t, struct flow *f);
/* A packet of it came: it stands last in its queue. */
void flow_touch(struct tcp_flows *t, struct flow *f, struct mark mark);
/* Whatever is asked of `mail` is asked behind this. */
void flow_unpack(struct tcp_flows *t, struct flow *f);
/* A packet came with this time. */
void flow_packet_time(struct tcp_flows *t, int64_t time_ns);
/* Too many connections: the least recently used goes, one without mail first. */
void flow_make_room(struct tcp_flows *t);
/* Too many of them with a dialogue. */
void flow_make_room_for_mail(struct tcp_flows *t);
/* After every packet: floods and memory. */
void flow_keep_limits(struct tcp_flows *t);

#endif
