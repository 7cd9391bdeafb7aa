/* flow.c - the table of all TCP connections.
 *
 * Every connection takes a number at its first packet. One that may carry mail (a mail port, or its
 * first bytes may begin a dialogue of SMTP) has a struct tcp_connection; of any other only its key,
 * its handshake and its last packet are kept, and its packets cost one look-up. One that turns out
 * not to be mail on a port that is not its own becomes such another.
 *
 * Connections stand in four queues by their last packet: those nobody needs to watch, those that
 * never came up, the open ones, and those that are over and linger until they are told. Of those
 * told the key stays. Only the heads are looked at when time goes on. Time is packet time; one
 * packet from the far future does not move it (two must agree), and a connection's place in its
 * queue is the time it was then, not what its packet says.
 *
 * The table is keyed with a random seed, so that nobody outside can choose addresses that collide.
 */
#include "dissect/tcp/flow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/crypto.h"
#include "dissect/limits.h"
#include "dissect/opening.h"
#include "dissect/pool.h"
#include "dissect/tcp/connection.h"

enum {
    FLOW_SIZE = 128,
    TABLE_FIRST = 1024,
    QUEUE_OTHER = 0,
    QUEUE_UNANSWERED,
    QUEUE_OPEN,
    QUEUE_CLOSED,
    QUEUES,
    /* Segments with payload looked at, of each side. Where the first bytes were captured they tell;
     * midstream a line that begins a segment has to turn up. */
    LOOKS = 1,
    LOOKS_MIDSTREAM = 8,
    /* So far behind the beginning of the stream a segment may have overtaken the one before it. */
    OVERTAKES_MAX = 64,
    /* So many handshakes under way are no longer ordinary. */
    FLOOD_MIN = 4096,
    /* A last packet so far behind all others says nothing about when the capture ended. */
    LAST_BEHIND_SECONDS = 86400
};

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t queue_seconds[QUEUES] = {LIMIT_IDLE_OTHER_SECONDS, LIMIT_IDLE_OTHER_SECONDS,
                                              LIMIT_IDLE_SECONDS, LIMIT_LINGER_SECONDS};

/* Both directions have the same key: the lower endpoint stands first. */
struct key {
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t family, unused; /* no padding: keys are compared as octets */
};
static_assert(sizeof(struct key) == 38, "no padding");

/* What a packet that is looked up needs stands first, what it changes behind it: two cache lines.
 */
struct flow {
    struct flow *next; /* in its slot of the table */
    struct key key;
    uint8_t queue;
    uint8_t client;   /* index in the key of the client; 2: not known */
    uint8_t looks[2]; /* payloads of this endpoint looked at */
    bool decided;     /* it is not mail: nothing more to look at */
    bool midstream;
    struct tcp_connection *mail;
    struct flow *newer, *older; /* in its queue */
    int64_t seen_ns;            /* the time it was at its last packet: rises along a queue */
    int64_t last_ns;            /* the time its last packet says */
    uint64_t id;
    struct tcp_prelude *prelude; /* on another port than mail's; NULL: nothing */
};

static_assert(sizeof(struct flow) <= FLOW_SIZE, "a flow is two cache lines");

struct tcp_flows {
    struct tcp_flow_options options;
    uint8_t is_port[65536 / 8];
    struct flow **slots;
    struct pool pool;
    struct neighbours *neighbours;
    size_t slot_count, flow_count, mail_count, unanswered_count;
    struct flow *oldest[QUEUES], *newest[QUEUES];
    uint64_t seed[2];
    int64_t now_ns, last_ns; /* INT64_MIN: not known yet */
    int64_t expiry_ns;       /* until then no queue's head is too old */
    size_t held_bytes, session_bytes;
    struct tcp_twins *twins;
    struct tcp_flow_totals totals;
};

struct tcp_flows *tcp_flow_table_new(const struct tcp_flow_options *o)
{
    struct tcp_flows *t = calloc(1, sizeof *t);

    if (!t) {
        return NULL;
    }
    t->options = *o;
    t->pool.size = FLOW_SIZE;
    t->slot_count = TABLE_FIRST;
    t->slots = calloc(t->slot_count, sizeof *t->slots);
    t->twins = tcp_twins_new();
    t->neighbours = neighbours_new();
    if (!t->slots || !t->twins || !t->neighbours ||
        !crypto_random((uint8_t *)t->seed, sizeof t->seed)) {
        tcp_twins_free(t->twins);
        neighbours_free(t->neighbours);
        free(t->slots);
        free(t);
        return NULL;
    }
    for (size_t i = 0; i < o->port_count; i++) {
        t->is_port[o->ports[i] / 8] |= (uint8_t)(1 << o->ports[i] % 8);
    }
    if (t->options.max_connections == 0) {
        t->options.max_connections = LIMIT_CONNECTIONS;
    }
    if (t->options.max_sessions == 0) {
        t->options.max_sessions = LIMIT_SESSIONS;
    }
    t->now_ns = t->last_ns = INT64_MIN;
    t->expiry_ns = INT64_MAX;
    return t;
}

static bool is_mail_port(const struct tcp_flows *t, uint16_t port)
{
    return t->is_port[port / 8] >> (port % 8) & 1;
}

static uint64_t read_u64(const uint8_t *eight)
{
    uint64_t v;

    memcpy(&v, eight, sizeof v);
    return __builtin_bswap64(v);
}

/* By the address, and by the port where they are equal. */
static bool stands_behind(const uint8_t a[16], uint16_t a_port, const uint8_t b[16],
                          uint16_t b_port)
{
    uint64_t a_high = read_u64(a), b_high = read_u64(b);
    uint64_t a_low = read_u64(a + 8), b_low = read_u64(b + 8);

    if (a_high != b_high) {
        return a_high > b_high;
    }
    return a_low != b_low ? a_low > b_low : a_port > b_port;
}

/* Index of `from` in the key it makes. */
static unsigned make_key(struct key *k, const struct address *from, uint16_t from_port,
                         const struct address *to, uint16_t to_port)
{
    unsigned from_index = stands_behind(from->bytes, from_port, to->bytes, to_port);

    memcpy(k->address[from_index], from->bytes, 16);
    memcpy(k->address[!from_index], to->bytes, 16);
    k->port[from_index] = from_port;
    k->port[!from_index] = to_port;
    k->family = from->family;
    k->unused = 0;
    return from_index;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    __extension__ unsigned __int128 m = (unsigned __int128)(h ^ v) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t hash_key(const struct tcp_flows *t, const struct key *k)
{
    uint64_t words[4], h = t->seed[0];

    memcpy(words, k->address, sizeof words);
    h = mix(h, words[0]);
    if (k->family != 4) {
        h = mix(h, words[1] ^ t->seed[1]);
        h = mix(h, words[3]);
    }
    h = mix(h, words[2] + t->seed[1]);
    return mix(h, (uint64_t)k->port[0] << 32 | (uint64_t)k->port[1] << 8 | k->family);
}

static struct flow *find(struct tcp_flows *t, const struct key *k, uint64_t hash)
{
    struct flow *f = t->slots[hash & (t->slot_count - 1)];

    while (f && memcmp(&f->key, k, sizeof *k) != 0) {
        f = f->next;
    }
    return f;
}

static void grow_table(struct tcp_flows *t)
{
    size_t count = t->slot_count * 2;
    struct flow **slots = calloc(count, sizeof *slots);

    if (!slots) {
        return; /* longer chains, no harm */
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        while (t->slots[i]) {
            struct flow *f = t->slots[i];
            struct flow **slot = &slots[hash_key(t, &f->key) & (count - 1)];
            t->slots[i] = f->next;
            f->next = *slot;
            *slot = f;
        }
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
}

/* When the queue's head is to go, unless it is seen again. */
static int64_t head_expiry(const struct tcp_flows *t, int queue)
{
    int64_t seen_ns = t->oldest[queue] ? t->oldest[queue]->seen_ns : INT64_MAX;
    int64_t keep_ns = queue_seconds[queue] * second_ns;

    return seen_ns > INT64_MAX - keep_ns ? INT64_MAX : seen_ns + keep_ns;
}

/* The queue has another head. */
static void note_head(struct tcp_flows *t, int queue)
{
    if (head_expiry(t, queue) < t->expiry_ns) {
        t->expiry_ns = head_expiry(t, queue);
    }
}

static void queue_remove(struct tcp_flows *t, struct flow *f)
{
    t->unanswered_count -= f->queue == QUEUE_UNANSWERED;
    if (f->older) {
        f->older->newer = f->newer;
    } else {
        t->oldest[f->queue] = f->newer;
        note_head(t, f->queue);
    }
    if (f->newer) {
        f->newer->older = f->older;
    } else {
        t->newest[f->queue] = f->older;
    }
}

static void queue_append(struct tcp_flows *t, struct flow *f, uint8_t queue)
{
    f->queue = queue;
    t->unanswered_count += queue == QUEUE_UNANSWERED;
    f->seen_ns = t->now_ns;
    f->newer = NULL;
    f->older = t->newest[queue];
    if (f->older) {
        f->older->newer = f;
    } else {
        t->oldest[queue] = f;
        note_head(t, queue);
    }
    t->newest[queue] = f;
}

static void touch(struct tcp_flows *t, struct flow *f, struct mark mark)
{
    uint8_t queue = QUEUE_OTHER;

    f->last_ns = mark.time_ns;
    f->seen_ns = t->now_ns;
    if (f->mail) {
        queue = tcp_connection_is_closed(f->mail)     ? QUEUE_CLOSED
                : tcp_connection_is_unproven(f->mail) ? QUEUE_UNANSWERED
                                                      : QUEUE_OPEN;
    }
    if (t->newest[queue] == f) {
        return;
    }
    queue_remove(t, f);
    queue_append(t, f, queue);
}

static void hand_up(struct tcp_flows *t, struct flow *f, enum session_end why)
{
    struct session *s = NULL;

    if (tcp_connection_is_mail(f->mail)) {
        s = tcp_connection_finish(f->mail, why, t->now_ns);
    }
    tcp_connection_free(f->mail); /* it lives in the session's memory */
    f->mail = NULL;
    t->mail_count--;
    if (s) {
        const struct tcp_side *side = s->tcp.side;
        t->totals.sessions++;
        t->totals.mail_packets += side[SIDE_CLIENT].packets + side[SIDE_SERVER].packets +
                                  side[SIDE_CLIENT].twins + side[SIDE_SERVER].twins;
        t->options.sink(t->options.ctx, s);
    }
}

static void forget_prelude(struct flow *f)
{
    free(f->prelude);
    f->prelude = NULL;
}

static void remove_flow(struct tcp_flows *t, struct flow *f, enum session_end why)
{
    struct flow **at = &t->slots[hash_key(t, &f->key) & (t->slot_count - 1)];

    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
    queue_remove(t, f);
    t->flow_count--;
    if (f->mail) {
        hand_up(t, f, why);
    }
    forget_prelude(f);
    pool_give(&t->pool, f);
}

void tcp_flow_table_free(struct tcp_flows *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        while (t->slots[i]) {
            struct flow *f = t->slots[i];
            t->slots[i] = f->next;
            tcp_connection_free(f->mail);
            forget_prelude(f);
        }
    }
    pool_reset(&t->pool);
    tcp_twins_free(t->twins);
    neighbours_free(t->neighbours);
    free(t->slots);
    free(t);
}

/* The session is told; the key stays for a while, so that a late copy begins nothing new. */
static void bury(struct tcp_flows *t, struct flow *f)
{
    queue_remove(t, f);
    queue_append(t, f, QUEUE_OTHER);
    f->decided = true;
    forget_prelude(f);
    hand_up(t, f, SESSION_CLOSED);
}

/* A packet that moves the time on is touched while it is still the time before; the packet after it
 * confirms what it said, or something a little earlier where packets stand out of order. */
static void confirm_last(const struct tcp_flows *t, struct flow *f)
{
    int64_t last_ns = f->last_ns, ahead_ns = last_ns - t->now_ns;

    if (f->seen_ns == INT64_MIN) {
        f->seen_ns = t->now_ns; /* the very first packet */
    }
    if (f->seen_ns < last_ns && ahead_ns <= LIMIT_IDLE_OTHER_SECONDS * second_ns) {
        f->seen_ns = ahead_ns > 0 ? t->now_ns : last_ns;
    }
}

static void expire(struct tcp_flows *t)
{
    if (t->now_ns <= t->expiry_ns) {
        return;
    }
    for (int q = 0; q < QUEUES; q++) {
        int64_t keep = queue_seconds[q] * second_ns;
        while (t->oldest[q]) {
            if (t->oldest[q]->seen_ns >= t->now_ns - keep) {
                break;
            }
            confirm_last(t, t->oldest[q]);
            if (t->oldest[q]->seen_ns >= t->now_ns - keep) {
                break;
            }
            if (q == QUEUE_CLOSED) {
                bury(t, t->oldest[q]);
            } else {
                remove_flow(t, t->oldest[q], SESSION_IDLE);
            }
        }
    }
    t->expiry_ns = INT64_MAX;
    for (int q = 0; q < QUEUES; q++) {
        note_head(t, q);
    }
}

/* Time advances to what two packets in a row agree on: one stray time stamp ends nothing. */
static void packet_time(struct tcp_flows *t, int64_t time_ns)
{
    int64_t agreed = time_ns < t->last_ns ? time_ns : t->last_ns;

    t->last_ns = time_ns;
    if (agreed > t->now_ns) {
        t->now_ns = agreed;
        expire(t);
    }
}

void tcp_flow_clock(struct tcp_flows *t, int64_t now_ns)
{
    if (t->last_ns != INT64_MIN && now_ns > t->now_ns) {
        t->now_ns = t->last_ns = now_ns;
        expire(t);
    }
}

/* The oldest of the queue gives way. One that was over loses nothing but late copies. */
static void evict(struct tcp_flows *t, int queue, enum limit limit)
{
    struct flow *f = t->oldest[queue];

    if (f->mail && queue != QUEUE_CLOSED) {
        tcp_connection_limit(f->mail, limit);
    }
    remove_flow(t, f, SESSION_EVICTED);
    t->totals.evicted[limit]++;
}

/* Too many connections: the least recently used goes, one without mail first. */
static void make_room(struct tcp_flows *t)
{
    static const int order[QUEUES] = {QUEUE_CLOSED, QUEUE_OTHER, QUEUE_UNANSWERED, QUEUE_OPEN};

    for (int i = 0; i < QUEUES && t->flow_count >= t->options.max_connections; i++) {
        while (t->oldest[order[i]] && t->flow_count >= t->options.max_connections) {
            evict(t, order[i], REACHED_CONNECTIONS);
        }
    }
}

/* Too many of them with a dialogue. */
static void make_room_for_mail(struct tcp_flows *t)
{
    static const int order[] = {QUEUE_UNANSWERED, QUEUE_OPEN};

    while (t->oldest[QUEUE_CLOSED] && t->mail_count >= t->options.max_sessions) {
        bury(t, t->oldest[QUEUE_CLOSED]);
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        while (t->oldest[order[i]] && t->mail_count >= t->options.max_sessions) {
            evict(t, order[i], REACHED_SESSIONS);
        }
    }
}

/* Too much memory in them: those that are over, which only wait for late packets, go first, then
 * those of a flood, then whoever was silent for longest. */
static void make_room_for_bytes(struct tcp_flows *t)
{
    while (t->session_bytes > LIMIT_SESSION_BYTES_ALL) {
        bool flood = t->unanswered_count > FLOOD_MIN || !t->oldest[QUEUE_OPEN];
        int queue = flood ? QUEUE_UNANSWERED : QUEUE_OPEN;

        if (t->oldest[QUEUE_CLOSED]) {
            bury(t, t->oldest[QUEUE_CLOSED]);
        } else if (t->oldest[queue]) {
            evict(t, queue, REACHED_SESSION_BYTES_ALL);
        } else {
            return;
        }
    }
}

/* Which endpoint is the client: from the SYN, else from the ports. 2: it cannot be told. */
static uint8_t guess_client(const struct tcp_flows *t, const struct key *k, const struct segment *s,
                            unsigned from)
{
    bool mail_from = is_mail_port(t, s->from_port), mail_to = is_mail_port(t, s->to_port);

    (void)k;
    if (s->flags & TCP_SYN) {
        return (uint8_t)((s->flags & TCP_ACK) ? !from : from);
    }
    if (mail_from != mail_to) {
        return (uint8_t)(mail_to ? from : !from);
    }
    return 2;
}

static struct endpoint endpoint_of(const struct key *k, unsigned index)
{
    struct endpoint e = {.port = k->port[index]};

    memcpy(e.address.bytes, k->address[index], 16);
    e.address.family = k->family;
    return e;
}

/* A flood of SYNs must not take the place of everything else. */
static void make_room_for_answered(struct tcp_flows *t)
{
    while (t->unanswered_count > LIMIT_UNANSWERED) {
        evict(t, QUEUE_UNANSWERED, REACHED_UNANSWERED);
    }
}

static bool begin_mail(struct tcp_flows *t, struct flow *f, bool mail_port, struct mark first)
{
    struct tcp_connection_options o = {.id = f->id,
                                       .mail_port = mail_port,
                                       .keylog = t->options.keylog,
                                       .keep_opening = t->options.keep_openings,
                                       .keep_certificates = t->options.keep_certificates,
                                       .first = first,
                                       .midstream = f->midstream,
                                       .roles_guessed = f->midstream,
                                       .prelude = f->prelude,
                                       .neighbours = t->neighbours,
                                       .held_total = &t->held_bytes,
                                       .twins = t->twins,
                                       .size_total = &t->session_bytes};

    if (t->mail_count >= t->options.max_sessions) {
        make_room_for_mail(t);
    }
    o.end[SIDE_CLIENT] = endpoint_of(&f->key, f->client);
    o.end[SIDE_SERVER] = endpoint_of(&f->key, !f->client);
    f->mail = tcp_connection_new(&o);
    t->mail_count += f->mail != NULL;
    return f->mail;
}

static struct flow *add_flow(struct tcp_flows *t, const struct key *k, uint64_t hash,
                             const struct segment *s, unsigned from)
{
    struct flow *f;

    if (t->flow_count >= t->options.max_connections) {
        make_room(t);
    }
    if (t->flow_count >= t->slot_count / 2) {
        grow_table(t);
    }
    f = pool_take(&t->pool);
    if (!f) {
        return NULL;
    }
    f->key = *k;
    f->id = ++t->totals.connections;
    f->last_ns = s->mark.time_ns;
    f->midstream = !(s->flags & TCP_SYN);
    f->client = guess_client(t, k, s, from);
    f->next = t->slots[hash & (t->slot_count - 1)];
    t->slots[hash & (t->slot_count - 1)] = f;
    t->flow_count++;
    queue_append(t, f, QUEUE_OTHER);
    if (f->client < 2 && is_mail_port(t, k->port[!f->client])) {
        f->decided = !begin_mail(t, f, true, s->mark);
    } else if (is_mail_port(t, s->from_port) && is_mail_port(t, s->to_port)) {
        f->client = (uint8_t)(k->port[0] >= k->port[1] ? 0 : 1); /* the higher port is the client */
        f->decided = !begin_mail(t, f, true, s->mark);
    }
    return f;
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

/* A connection on another port: it is read as mail from the first bytes on that may begin it. */
static void look_for_mail(struct tcp_flows *t, struct flow *f, const struct segment *s,
                          unsigned from)
{
    uint8_t most = f->midstream ? LOOKS_MIDSTREAM : LOOKS;
    enum side side;

    note_prelude(f, s, from);
    if (s->payload.len == 0 || f->looks[from] == most) {
        return;
    }
    f->looks[from]++;
    side = side_of(f, s, from);
    if (side == SIDES) {
        f->decided = !f->midstream || (f->looks[0] == most && f->looks[1] == most);
        return;
    }
    if (f->client == 2) {
        f->client = (uint8_t)(side == SIDE_SERVER ? !from : from);
    }
    f->decided = !begin_mail(t, f, false, f->prelude ? f->prelude->first : s->mark);
}

/* It began like mail, and is not. */
static void give_up(struct tcp_flows *t, struct flow *f)
{
    tcp_connection_free(f->mail);
    f->mail = NULL;
    f->decided = true;
    t->mail_count--;
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

/* A SYN that is not this connection's own begins a new one: when the old one is over, silent, or
 * began before the capture. */
static bool is_reused(const struct flow *f, const struct segment *s, unsigned from)
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

void tcp_flow_segment(struct tcp_flows *t, const struct segment *s)
{
    struct key k;
    unsigned from = make_key(&k, &s->from, s->from_port, &s->to, s->to_port);
    uint64_t hash = hash_key(t, &k);
    struct flow *f;

    packet_time(t, s->mark.time_ns);
    f = find(t, &k, hash);
    if (f && is_reused(f, s, from)) {
        remove_flow(t, f, SESSION_REUSED);
        f = NULL;
    }
    if (!f) {
        f = add_flow(t, &k, hash, s, from);
        if (!f) {
            return;
        }
    }
    if (!f->mail && !f->decided) {
        look_for_mail(t, f, s, from);
    }
    if (f->mail) {
        tcp_connection_segment(f->mail, s, from == f->client ? SIDE_CLIENT : SIDE_SERVER);
        if (s->payload.len && tcp_connection_is_foreign(f->mail)) {
            give_up(t, f);
        }
    }
    touch(t, f, s->mark);
    make_room_for_answered(t);
    if (t->session_bytes > LIMIT_SESSION_BYTES_ALL) {
        make_room_for_bytes(t);
    }
}

void tcp_flow_icmp(struct tcp_flows *t, const struct icmp_error *e)
{
    struct key k;
    unsigned from = make_key(&k, &e->from, e->from_port, &e->to, e->to_port);
    struct flow *f;

    packet_time(t, e->mark.time_ns);
    f = find(t, &k, hash_key(t, &k));
    if (f && f->mail) {
        tcp_connection_icmp(f->mail, e, from == f->client ? SIDE_CLIENT : SIDE_SERVER);
        touch(t, f, e->mark);
    }
}

static int by_last_packet(const void *a, const void *b)
{
    const struct flow *const *x = a, *const *y = b;

    if ((*x)->last_ns != (*y)->last_ns) {
        return (*x)->last_ns < (*y)->last_ns ? -1 : 1;
    }
    return (*x)->id < (*y)->id ? -1 : 1;
}

void tcp_flow_end(struct tcp_flows *t)
{
    struct flow **all = malloc((t->flow_count ? t->flow_count : 1) * sizeof *all);
    size_t count = 0;

    if (t->now_ns == INT64_MIN ||
        (t->last_ns > t->now_ns && t->last_ns - t->now_ns < LAST_BEHIND_SECONDS * second_ns)) {
        t->now_ns = t->last_ns;
    }
    for (int q = 0; q < QUEUES; q++) {
        for (struct flow *f = t->oldest[q]; f && all; f = f->newer) {
            all[count++] = f;
        }
    }
    if (all) {
        qsort(all, count, sizeof(struct flow *), by_last_packet);
    }
    for (size_t i = 0; i < count; i++) {
        remove_flow(t, all[i], SESSION_INPUT_ENDED);
    }
    free(all);
    for (int q = 0; q < QUEUES; q++) { /* without memory to sort: in the order of the queues */
        while (t->oldest[q]) {
            remove_flow(t, t->oldest[q], SESSION_INPUT_ENDED);
        }
    }
}

void tcp_flow_each_open(struct tcp_flows *t, session_sink look, void *ctx)
{
    for (int q = QUEUE_OTHER; q <= QUEUE_OPEN; q++) {
        for (struct flow *f = t->oldest[q]; f; f = f->newer) {
            if (f->mail && tcp_connection_is_mail(f->mail)) {
                struct session *s;
                const struct session *open = tcp_connection_session(f->mail);
                tcp_connection_compare(f->mail);
                memcpy(&s, &open, sizeof s); /* the sink may judge it, which writes into it */
                s->ended = SESSION_INPUT_ENDED;
                s->capture_end_ns = t->now_ns == INT64_MIN ? t->last_ns : t->now_ns;
                look(ctx, s);
            }
        }
    }
}

const struct tcp_flow_totals *tcp_flow_totals(const struct tcp_flows *t)
{
    return &t->totals;
}
