/* connection.c - one TCP connection that may carry mail, from its first packet to its session. What
 * a packet says of it is connection_packet.c's.
 *
 * What was seen is recorded; nothing assumes that the other packet was seen too. Either side's SYN
 * may be missing, either direction may be missing altogether.
 */
#include "dissect/tcp/connection_state.h"

#include <stdlib.h>

/* Catalogue, state-lost-after-idle: other connections of that time. */
static const int64_t near_ns = INT64_C(300000000000);

static void apply_prelude(struct tcp_connection *c, const struct tcp_prelude *p)
{
    struct segment s = {0};

    if (p->syn.packet) {
        s.mark = p->syn;
        s.seq = p->syn_seq;
        s.flags = TCP_SYN;
        tcp_connection_segment(c, &s, SIDE_CLIENT);
    }
    if (p->synack.packet) {
        s.mark = p->synack;
        s.seq = p->synack_seq;
        s.ack = p->syn_seq + 1;
        s.flags = TCP_SYN | TCP_ACK;
        tcp_connection_segment(c, &s, SIDE_SERVER);
    }
    if (p->ack.packet && p->synack.packet) {
        s = (struct segment){.mark = p->ack,
                             .seq = p->syn_seq + 1,
                             .ack = p->synack_seq + 1,
                             .flags = TCP_ACK,
                             .window = 1};
        tcp_connection_segment(c, &s, SIDE_CLIENT);
    }
}

void tcp_connection_count_size(struct tcp_connection *c)
{
    size_t size = session_size(c->s) + conversation_size(c->conversation);

    *c->size_total += size - c->size;
    c->size = size;
}

struct tcp_connection *tcp_connection_new(const struct tcp_connection_options *o)
{
    struct session *s = session_new(o->id);
    struct tcp_connection *c;

    if (!s) {
        return NULL;
    }
    c = arena_make(s->arena, struct tcp_connection);
    c->s = s;
    c->s->end[SIDE_CLIENT] = o->end[SIDE_CLIENT];
    c->s->end[SIDE_SERVER] = o->end[SIDE_SERVER];
    c->s->mail_port = o->mail_port;
    c->s->keylog = o->keylog;
    c->s->keep_opening = o->keep_opening;
    c->s->keep_certificates = o->keep_certificates;
    c->s->first = c->s->last = o->first;
    c->s->tcp.handshake = HANDSHAKE_MISSING;
    c->s->tcp.midstream = o->midstream;
    c->s->tcp.roles_guessed = o->roles_guessed;
    c->conversation = conversation_new(c->s);
    c->watcher = (struct session_watcher){.forget = tcp_evidence_forget, .ctx = c};
    session_watch(c->s, &c->watcher);
    reassembly_init(&c->bytes, conversation_chunk, c->conversation, o->held_total);
    c->neighbours = o->neighbours;
    c->size_total = o->size_total;
    c->twins = o->twins;
    tcp_connection_count_size(c);
    if (o->prelude) {
        apply_prelude(c, o->prelude);
    }
    return c;
}

void tcp_connection_free(struct tcp_connection *c)
{
    if (c) {
        *c->size_total -= c->size;
        reassembly_reset(&c->bytes);
        conversation_free(c->conversation);
        session_free(c->s);
    }
}

size_t tcp_connection_size(const struct tcp_connection *c)
{
    return c->size;
}

struct arena_packed *tcp_connection_pack(struct tcp_connection *c, size_t *left)
{
    size_t *total = c->size_total, size;
    struct arena_packed *packed;

    conversation_rest(c->conversation);
    tcp_connection_count_size(c);
    size = c->size;
    *left = size - arena_packable_size(c->s->arena);
    packed = arena_pack(c->s->arena);
    if (packed) {
        *total -= size;
    }
    return packed;
}

void tcp_connection_unpack(struct tcp_connection *c, struct arena_packed *packed)
{
    arena_unpack(packed);
    *c->size_total += c->size;
}

void tcp_connection_limit(struct tcp_connection *c, enum limit limit)
{
    session_limit(c->s, limit, SIDE_CLIENT, c->s->last);
}

bool tcp_connection_is_closed(const struct tcp_connection *c)
{
    return c->closed;
}

bool tcp_connection_is_unanswered(const struct tcp_connection *c)
{
    return c->s->tcp.handshake == HANDSHAKE_UNANSWERED;
}

bool tcp_connection_is_unproven(const struct tcp_connection *c)
{
    const struct tcp_facts *tcp = &c->s->tcp;

    if (!c->s->mail_port) {
        return !c->s->smtp.hello_sent && !c->s->smtp.transaction_count;
    }

    return (tcp->handshake == HANDSHAKE_UNANSWERED || tcp->handshake == HANDSHAKE_HALF) &&
           !tcp->side[SIDE_CLIENT].data_segments && !tcp->side[SIDE_SERVER].data_segments;
}

bool tcp_connection_owns_syn(const struct tcp_connection *c, enum side side, uint32_t seq)
{
    const struct half *h = &c->bytes.half[side];

    return c->s->tcp.side[side].syn.packet && h->base == seq + 1;
}

void tcp_connection_compare(struct tcp_connection *c)
{
    struct tcp_facts *tcp = &c->s->tcp;

    if (!c->neighbours) {
        return;
    }
    tcp->served_later =
        !c->works && tcp->established.packet &&
        neighbours_served(c->neighbours, &c->s->end[SIDE_SERVER]) > tcp->established.time_ns;
    for (int i = 0; i < SIDES; i++) {
        struct tcp_stress *t = tcp->side[i].stress;
        if (t && t->quiet_ns) {
            t->others_worked = neighbours_worked(c->neighbours, c->s, t->quiet_from.time_ns,
                                                 t->quiet_until.time_ns + near_ns);
        }
    }
}

const struct session *tcp_connection_session(const struct tcp_connection *c)
{
    return c->s;
}

struct session *tcp_connection_finish(struct tcp_connection *c, enum session_end why,
                                      int64_t now_ns)
{
    struct session *s = c->s;

    s->ended = c->closed ? SESSION_CLOSED : why;
    s->capture_end_ns = now_ns;
    reassembly_end(&c->bytes, s->last);
    tcp_evidence_tell_fins(c, true);
    tcp_connection_compare(c);
    conversation_end(c->conversation);
    c->s = NULL;
    return s;
}
