/* flow_look.c - what a packet says about a connection: who is the client, is it mail, is it new. */
#include <stdlib.h>

#include "dissect/opening.h"
#include "dissect/tcp/flow_state.h"

enum {
    /* Segments with payload looked at, of each side. Where the first bytes were captured they tell;
     * midstream a line that begins a segment has to turn up. */
    LOOKS = 1,
    LOOKS_MIDSTREAM = 8,
    /* So far behind the beginning of the stream a segment may have overtaken the one before it. */
    OVERTAKES_MAX = 64,
};

static const int64_t second_ns = FLOW_SECOND_NS;

uint8_t flow_guess_client(const struct tcp_flows *t, const struct segment *s, unsigned from)
{
    bool mail_from = flow_is_mail_port(t, s->from_port), mail_to = flow_is_mail_port(t, s->to_port);

    if (s->flags & TCP_SYN) {
        return (uint8_t)((s->flags & TCP_ACK) ? !from : from);
    }
    if (mail_from != mail_to) {
        return (uint8_t)(mail_to ? from : !from);
    }
    return 2;
}

void flow_forget_prelude(struct flow *f)
{
    free(f->prelude);
    f->prelude = NULL;
}

static void note_prelude(struct flow *f, const struct segment *s, unsigned from)
{
    struct tcp_prelude *p = f->prelude;

    if (!p) {
        if (!(p = f->prelude = calloc(1, sizeof *p))) {
            return;
        }
        p->first = s->mark;
    }
    if (s->flags & TCP_SYN) {
        if (from == f->client && !(s->flags & TCP_ACK) && !p->syn.packet) {
            p->syn = s->mark;
            p->syn_seq = s->seq;
        } else if (from != f->client && (s->flags & TCP_ACK) && !p->synack.packet) {
            p->synack = s->mark;
            p->synack_seq = s->seq;
            p->syn_seq = s->ack - 1;
        }
    } else if (!p->ack.packet && from == f->client && (s->flags & TCP_ACK)) {
        p->ack = s->mark;
    }
}

/* A small segment that overtook the first one: what it begins with says nothing. */
static bool overtook(const struct flow *f, const struct segment *s, unsigned from)
{
    const struct tcp_prelude *p = f->prelude;
    const struct mark *syn;
    uint32_t first;

    if (!p) {
        return false;
    }
    syn = from == f->client ? &p->syn : &p->synack;
    first = (from == f->client ? p->syn_seq : p->synack_seq) + 1;
    return syn->packet && !(s->flags & TCP_SYN) && s->seq != first &&
           s->seq - first < OVERTAKES_MAX;
}

/* The side that says this, if mail may begin so. SIDES: it may not. */
static enum side side_of(const struct flow *f, const struct segment *s, unsigned from)
{
    enum opening_fit fit;

    if (f->client == 2 || f->client == from) {
        fit = opening_fit(SIDE_CLIENT, s->payload, f->midstream);
        /* Unless it is clear, somebody else must be known to be the server. */
        if (fit == OPENING_CLEAR || (f->client == from && fit == OPENING_SO_FAR)) {
            return SIDE_CLIENT;
        }
    }
    if (f->client != from) {
        fit = opening_fit(SIDE_SERVER, s->payload, f->midstream);
        if (fit == OPENING_FITS || (f->client != 2 && fit == OPENING_SO_FAR)) {
            return SIDE_SERVER;
        }
    }
    return f->client != 2 && overtook(f, s, from) ? SIDE_CLIENT : SIDES;
}

bool flow_begins_mail(struct flow *f, const struct segment *s, unsigned from)
{
    uint8_t most = f->midstream ? LOOKS_MIDSTREAM : LOOKS;
    enum side side;

    note_prelude(f, s, from);
    if (s->payload.len == 0 || f->looks[from] == most) {
        return false;
    }
    f->looks[from]++;
    side = side_of(f, s, from);
    if (side == SIDES) {
        f->decided = !f->midstream || (f->looks[0] == most && f->looks[1] == most);
        return false;
    }
    if (f->client == 2) {
        f->client = (uint8_t)(side == SIDE_SERVER ? !from : from);
    }
    return true;
}

/* A SYN without ACK that belongs to the handshake seen so far: the client's, or that of a server
 * which opens at the same time (RFC 9293 section 3.5). */
static bool is_of_prelude(const struct flow *f, const struct segment *s, enum side side)
{
    const struct tcp_prelude *p = f->prelude;

    if (!p) {
        return false;
    }
    if (side == SIDE_SERVER) {
        return f->client != 2 && !f->decided && p->syn.packet && !f->looks[0] && !f->looks[1] &&
               s->mark.time_ns - f->last_ns <= second_ns;
    }
    return (p->syn.packet || p->synack.packet) && p->syn_seq == s->seq;
}

bool flow_is_reused(const struct flow *f, const struct segment *s, unsigned from)
{
    bool synack = s->flags & TCP_ACK;
    enum side side = from == f->client ? SIDE_CLIENT : SIDE_SERVER;

    if (!(s->flags & TCP_SYN)) {
        return false;
    }
    if (!f->mail &&
        synack) { /* behind what was told, or began midstream: its SYN was not captured */
        return f->decided && !(f->prelude && (f->prelude->syn.packet || f->prelude->synack.packet));
    }
    if (!f->mail) {
        return !is_of_prelude(f, s, side);
    }
    if (tcp_connection_owns_syn(f->mail, side, s->seq)) {
        return false;
    }
    if (tcp_connection_is_closed(f->mail) || (f->midstream && !synack)) {
        return true;
    }
    if (synack) {
        return false;
    }
    /* A SYN with another number, unanswered so far: a new attempt, or an old one given up. The
     * other side's SYN of a simultaneous open has no number to compare with yet. */
    return side == SIDE_CLIENT &&
           (tcp_connection_is_unanswered(f->mail) || s->mark.time_ns - f->last_ns > second_ns);
}
