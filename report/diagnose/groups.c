/* groups.c - the tables of groups and peers: open addressing over entries that are made one by one,
 * so that a small capture costs little and a hostile one has a bound. */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_state.h"

enum {
    GROUP_SLOTS = GROUPS_MAX * 2,
    PEER_SLOTS = PEERS_MAX * 2,
    SEVERAL = 3, /* sessions: no longer one of a flood of newcomers */
};

/* Clients come from a new port each time; their port is not part of who they are. */
static uint16_t port_of(const struct endpoint *end, enum side side)
{
    return side == SIDE_SERVER ? end->port : 0;
}

uint64_t fleet_hash(const char *id, const struct endpoint *end, enum side side)
{
    return watch_hash(watch_hash_address(&end->address, port_of(end, side)), id, strlen(id));
}

bool groups_init(struct groups *g)
{
    g->list = calloc(GROUPS_MAX, sizeof(struct group_entry *));
    return slots_init(&g->slots, GROUP_SLOTS) && g->list;
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->list[i]);
    }
    slots_free(&g->slots);
    free(g->list);
}

/* *at is its place, also when it is not there. */
static struct group_entry *find(const struct groups *g, const char *id, const struct endpoint *end,
                                enum side side, uint64_t hash, size_t *at)
{
    struct group_entry *e;

    for (*at = hash; (e = slots_next(&g->slots, hash, at)); ++*at) {
        if (e->group.peer_port == port_of(end, side) &&
            address_equal(&e->group.peer, &end->address) && strcmp(e->group.rule, id) == 0) {
            return e;
        }
    }
    return NULL;
}

struct group_entry *groups_find(const struct groups *g, const char *id, const struct endpoint *end,
                                enum side side)
{
    size_t at;

    return find(g, id, end, side, fleet_hash(id, end, side), &at);
}

/* --- who makes room --- */

static enum sweep_class class_of_group(const struct group *g)
{
    return (enum sweep_class)((g->severity >= SEVERITY_WARNING) + (g->sessions >= SEVERAL));
}

/* The cause of its companions may go: they stand for themselves then. */
static void sweep_groups(struct groups *g, size_t count)
{
    uint64_t *worth = calloc(g->count, sizeof *worth), limit;
    size_t kept = 0;

    for (size_t i = 0; worth && i < g->count; i++) {
        const struct group_entry *e = g->list[i];
        worth[i] = sweep_worth(class_of_group(&e->group), e->met, g->met);
    }
    limit = worth ? sweep_limit(worth, g->count, count) : 0;
    for (size_t i = 0; limit && i < g->count; i++) {
        struct group_entry *e = g->list[i];
        e->gone = worth[i] <= limit;
    }
    for (size_t i = 0; limit && i < g->count; i++) {
        struct group_entry *e = g->list[i];
        e->with = e->with && e->with->gone ? NULL : e->with;
    }
    for (size_t i = 0; limit && i < g->count; i++) {
        struct group_entry *e = g->list[i];
        if (e->gone) {
            struct endpoint end = {e->group.peer, e->group.peer_port};
            slots_take(&g->slots, fleet_hash(e->group.rule, &end, e->group.peer_side), e);
            g->forgotten++;
            free(e);
        } else {
            g->list[kept++] = e;
        }
    }
    g->count = limit ? kept : g->count;
    free(worth);
}

struct group_entry *groups_get(struct groups *g, const char *id, const struct endpoint *end,
                               enum side side, bool makes)
{
    uint64_t hash = fleet_hash(id, end, side);
    size_t at;
    struct group_entry *e = find(g, id, end, side, hash, &at);

    if (!e) {
        if (g->count == GROUPS_MAX && !g->closed &&
            (makes || sweep_met_before(&g->met_groups, hash))) {
            sweep_groups(g, GROUPS_MAX / 4);
            find(g, id, end, side, hash, &at);
        }
        if (g->count == GROUPS_MAX || !(e = calloc(1, sizeof *e))) {
            g->forgotten++;
            return NULL;
        }
        e->group.peer = end->address;
        e->group.peer_port = port_of(end, side);
        e->group.peer_side = side;
        memcpy(e->group.rule, id, strlen(id) < FINDING_ID_MAX ? strlen(id) : FINDING_ID_MAX - 1);
        slots_put(&g->slots, at, hash, e);
        g->list[g->count++] = e;
    }
    e->met = ++g->met;
    return e;
}

void groups_close(struct groups *g)
{
    size_t most = GROUPS_MAX - GROUPS_MAX / 8;

    if (g->count > most) {
        sweep_groups(g, g->count - most);
    }
    g->closed = true;
}

/* --- peers --- */

bool peers_init(struct peers *p, struct groups *groups, struct bins_clock *clock)
{
    p->groups = groups;
    p->clock = clock;
    p->list = calloc(PEERS_MAX, sizeof(struct peer_entry *));
    return slots_init(&p->slots, PEER_SLOTS) && p->list;
}

void peers_free(struct peers *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i]->runs);
        free(p->list[i]);
    }
    slots_free(&p->slots);
    free(p->list);
}

/* One that mail was accepted from or by, or that was met several times, however it went. */
static enum sweep_class class_of_peer(const struct peer_entry *e)
{
    if (e->good || e->peer.sessions + e->probes >= SEVERAL) {
        return SWEEP_KNOWN;
    }
    return e->peer.rtt_s >= 0 ? SWEEP_SOMETHING : SWEEP_ONCE;
}

/* What rules compare one peer with stays: the sums over all others. */
static void add_forgotten(struct peers *p, struct peer_entry *e)
{
    p->forgotten++;
    p->sessions += e->peer.sessions;
    p->failed += e->peer.failed;
    p->unsure += e->unsure;
    bins_join(&p->all, &e->all, p->clock);
    bins_join(&p->failed_line, &e->failed, p->clock);
}

static void sweep_peers(struct peers *p)
{
    uint64_t *worth = calloc(p->count, sizeof *worth), limit;
    size_t kept = 0;

    for (size_t i = 0; worth && i < p->count; i++) {
        worth[i] = sweep_worth(class_of_peer(p->list[i]), p->list[i]->met, p->met);
    }
    limit = worth ? sweep_limit(worth, p->count, PEERS_MAX / 4) : 0;
    for (size_t i = 0; limit && i < p->count; i++) {
        p->list[i]->gone = worth[i] <= limit;
    }
    for (size_t i = 0; limit && i < p->groups->count; i++) {
        struct group_entry *e = p->groups->list[i];
        e->peer = e->peer && e->peer->gone ? NULL : e->peer;
    }
    for (size_t i = 0; limit && i < p->count; i++) {
        struct peer_entry *e = p->list[i];
        if (e->gone) {
            struct endpoint end = {e->peer.address, e->peer.port};
            add_forgotten(p, e);
            slots_take(&p->slots, fleet_hash("", &end, e->peer.side), e);
            free(e->runs);
            free(e);
        } else {
            p->list[kept++] = e;
        }
    }
    p->count = limit ? kept : p->count;
    free(worth);
}

static struct peer_entry *find_peer(const struct peers *p, const struct endpoint *end,
                                    enum side side, uint64_t hash, size_t *at)
{
    struct peer_entry *e;

    for (*at = hash; (e = slots_next(&p->slots, hash, at)); ++*at) {
        if (e->peer.port == port_of(end, side) && e->peer.side == side &&
            address_equal(&e->peer.address, &end->address)) {
            return e;
        }
    }
    return NULL;
}

struct peer_entry *peers_find(const struct peers *p, const struct endpoint *end, enum side side)
{
    size_t at;

    return find_peer(p, end, side, fleet_hash("", end, side), &at);
}

void peers_pass(struct peers *p, int64_t time_ns, bool failed)
{
    p->sessions++;
    p->failed += failed;
    bins_count(&p->all, p->clock, time_ns);
    if (failed) {
        bins_count(&p->failed_line, p->clock, time_ns);
    }
}

struct peer_entry *peers_get(struct peers *p, const struct endpoint *end, enum side side,
                             bool makes)
{
    uint64_t hash = fleet_hash("", end, side);
    size_t at;
    struct peer_entry *e = find_peer(p, end, side, hash, &at);

    if (!e) {
        if (p->count == PEERS_MAX && (makes || sweep_met_before(&p->met_peers, hash))) {
            sweep_peers(p);
            find_peer(p, end, side, hash, &at);
        }
        if (p->count == PEERS_MAX) {
            p->forgotten++;
            return NULL;
        }
        if (!(e = calloc(1, sizeof *e))) {
            return NULL;
        }
        e->peer = (struct peer){
            .address = end->address, .port = port_of(end, side), .side = side, .rtt_s = -1};
        slots_put(&p->slots, at, hash, e);
        p->list[p->count++] = e;
    }
    e->met = ++p->met;
    return e;
}
