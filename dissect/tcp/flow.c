/* flow.c - the table of all TCP connections.
 *
 * Every connection takes a number at its first packet. One that may carry mail (a mail port, or its
 * first bytes may begin a dialogue of SMTP) has a struct tcp_connection; of any other only its key,
 * its handshake and its last packet are kept, and its packets cost one look-up. One that turns out
 * not to be mail on a port that is not its own becomes such another.
 */
#include <stdlib.h>

#include "capture/crypto.h"
#include "dissect/tcp/flow_state.h"

enum {
    TABLE_FIRST = 1024,
    /* A last packet so far behind all others says nothing about when the capture ended. */
    LAST_BEHIND_SECONDS = 86400
};

static const int64_t second_ns = FLOW_SECOND_NS;

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
    if (t->options.max_warm_bytes == 0) {
        t->options.max_warm_bytes = LIMIT_WARM_BYTES;
    }
    t->now_ns = t->last_ns = INT64_MIN;
    t->expiry_ns = INT64_MAX;
    return t;
}

static struct flow *find(struct tcp_flows *t, const struct flow_key *k, uint64_t hash)
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
            struct flow **slot = &slots[flow_key_hash(t->seed, &f->key) & (count - 1)];
            t->slots[i] = f->next;
            f->next = *slot;
            *slot = f;
        }
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
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

void flow_remove(struct tcp_flows *t, struct flow *f, enum session_end why)
{
    struct flow **at = &t->slots[flow_key_hash(t->seed, &f->key) & (t->slot_count - 1)];

    flow_unpack(t, f);
    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
    flow_unqueue(t, f);
    t->flow_count--;
    if (f->mail) {
        hand_up(t, f, why);
    }
    flow_forget_prelude(f);
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
            flow_unpack(t, f);
            tcp_connection_free(f->mail);
            flow_forget_prelude(f);
        }
    }
    pool_reset(&t->pool);
    tcp_twins_free(t->twins);
    neighbours_free(t->neighbours);
    free(t->slots);
    free(t);
}

void flow_bury(struct tcp_flows *t, struct flow *f)
{
    flow_unqueue(t, f);
    flow_queue(t, f, QUEUE_OTHER);
    f->decided = true;
    flow_forget_prelude(f);
    hand_up(t, f, SESSION_CLOSED);
}

static struct endpoint endpoint_of(const struct flow_key *k, unsigned index)
{
    struct endpoint e = {.port = k->port[index]};

    memcpy(e.address.bytes, k->address[index], 16);
    e.address.family = k->family;
    return e;
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
        flow_make_room_for_mail(t);
    }
    o.end[SIDE_CLIENT] = endpoint_of(&f->key, f->client);
    o.end[SIDE_SERVER] = endpoint_of(&f->key, !f->client);
    f->mail = tcp_connection_new(&o);
    t->mail_count += f->mail != NULL;
    return f->mail;
}

static struct flow *add_flow(struct tcp_flows *t, const struct flow_key *k, uint64_t hash,
                             const struct segment *s, unsigned from)
{
    struct flow *f;

    if (t->flow_count >= t->options.max_connections) {
        flow_make_room(t);
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
    f->client = flow_guess_client(t, s, from);
    f->next = t->slots[hash & (t->slot_count - 1)];
    t->slots[hash & (t->slot_count - 1)] = f;
    t->flow_count++;
    flow_queue(t, f, QUEUE_OTHER);
    if (f->client < 2 && flow_is_mail_port(t, k->port[!f->client])) {
        f->decided = !begin_mail(t, f, true, s->mark);
    } else if (flow_is_mail_port(t, s->from_port) && flow_is_mail_port(t, s->to_port)) {
        f->client = (uint8_t)(k->port[0] >= k->port[1] ? 0 : 1); /* the higher port is the client */
        f->decided = !begin_mail(t, f, true, s->mark);
    }
    return f;
}

/* It began like mail, and is not. */
static void give_up(struct tcp_flows *t, struct flow *f)
{
    tcp_connection_free(f->mail);
    f->mail = NULL;
    f->decided = true;
    t->mail_count--;
}

void tcp_flow_segment(struct tcp_flows *t, const struct segment *s)
{
    struct flow_key k;
    unsigned from = flow_key_make(&k, &s->from, s->from_port, &s->to, s->to_port);
    uint64_t hash = flow_key_hash(t->seed, &k);
    struct flow *f;

    flow_packet_time(t, s->mark.time_ns);
    f = find(t, &k, hash);
    if (f) {
        flow_unpack(t, f);
    }
    if (f && flow_is_reused(f, s, from)) {
        flow_remove(t, f, SESSION_REUSED);
        f = NULL;
    }
    if (!f) {
        f = add_flow(t, &k, hash, s, from);
        if (!f) {
            return;
        }
    }
    if (!f->mail && !f->decided && flow_begins_mail(f, s, from)) {
        f->decided = !begin_mail(t, f, false, f->prelude ? f->prelude->first : s->mark);
    }
    if (f->mail) {
        tcp_connection_segment(f->mail, s, from == f->client ? SIDE_CLIENT : SIDE_SERVER);
        if (s->payload.len && tcp_connection_is_foreign(f->mail)) {
            give_up(t, f);
        }
    }
    flow_touch(t, f, s->mark);
    flow_keep_limits(t);
}

void tcp_flow_icmp(struct tcp_flows *t, const struct icmp_error *e)
{
    struct flow_key k;
    unsigned from = flow_key_make(&k, &e->from, e->from_port, &e->to, e->to_port);
    struct flow *f;

    flow_packet_time(t, e->mark.time_ns);
    f = find(t, &k, flow_key_hash(t->seed, &k));
    if (f && f->mail) {
        flow_unpack(t, f);
        tcp_connection_icmp(f->mail, e, from == f->client ? SIDE_CLIENT : SIDE_SERVER);
        flow_touch(t, f, e->mark);
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
        flow_remove(t, all[i], SESSION_INPUT_ENDED);
    }
    free(all);
    for (int q = 0; q < QUEUES; q++) { /* without memory to sort: in the order of the queues */
        while (t->oldest[q]) {
            flow_remove(t, t->oldest[q], SESSION_INPUT_ENDED);
        }
    }
}

static void show(const struct tcp_flows *t, const struct flow *f, session_sink look, void *ctx)
{
    struct session *s;
    const struct session *open = tcp_connection_session(f->mail);

    if (!tcp_connection_is_mail(f->mail)) {
        return;
    }
    tcp_connection_compare(f->mail);
    memcpy(&s, &open, sizeof s); /* the sink may judge it, which writes into it */
    s->ended = SESSION_INPUT_ENDED;
    s->capture_end_ns = t->now_ns == INT64_MIN ? t->last_ns : t->now_ns;
    look(ctx, s);
}

void tcp_flow_each_open(struct tcp_flows *t, session_sink look, void *ctx)
{
    for (int q = QUEUE_OTHER; q <= QUEUE_OPEN; q++) {
        for (struct flow *f = t->oldest[q]; f; f = f->newer) {
            if (f->packed) {
                arena_look(f->packed);
                show(t, f, look, ctx);
                arena_put_away(f->packed);
            } else if (f->mail) {
                show(t, f, look, ctx);
            }
        }
    }
}

const struct tcp_flow_totals *tcp_flow_totals(const struct tcp_flows *t)
{
    return &t->totals;
}
