/* groups.c - the tables of groups and peers: open addressing over entries that are made one by one,
 * so that a small capture costs little and a hostile one has a bound. */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_state.h"

enum { GROUP_SLOTS = GROUPS_MAX * 2, PEER_SLOTS = PEERS_MAX * 2 };

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

struct group_entry *groups_get(struct groups *g, const char *id, const struct endpoint *end,
                               enum side side, enum severity severity)
{
    uint64_t hash = fleet_hash(id, end, side);
    size_t at, room = severity >= SEVERITY_WARNING ? GROUPS_MAX : GROUPS_MAX / 2;
    struct group_entry *e = find(g, id, end, side, hash, &at);

    if (e || g->count >= room || !(e = calloc(1, sizeof *e))) {
        return e;
    }
    e->group.peer = end->address;
    e->group.peer_port = port_of(end, side);
    e->group.peer_side = side;
    memcpy(e->group.rule, id, strlen(id) < FINDING_ID_MAX ? strlen(id) : FINDING_ID_MAX - 1);
    slots_put(&g->slots, at, hash, e);
    g->list[g->count++] = e;
    return e;
}

bool peers_init(struct peers *p)
{
    p->list = calloc(PEERS_MAX, sizeof(struct peer_entry *));
    return slots_init(&p->slots, PEER_SLOTS) && p->list;
}

void peers_free(struct peers *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i]);
    }
    slots_free(&p->slots);
    free(p->list);
}

struct peer_entry *peers_get(struct peers *p, const struct endpoint *end, enum side side)
{
    uint64_t hash = fleet_hash("", end, side);
    size_t at = hash;
    struct peer_entry *e;

    for (; (e = slots_next(&p->slots, hash, &at)); at++) {
        if (e->peer.port == port_of(end, side) && e->peer.side == side &&
            address_equal(&e->peer.address, &end->address)) {
            return e;
        }
    }
    if (p->count >= PEERS_MAX || !(e = calloc(1, sizeof *e))) {
        return NULL;
    }
    e->peer = (struct peer){
        .address = end->address, .port = port_of(end, side), .side = side, .rtt_s = -1};
    slots_put(&p->slots, at, hash, e);
    p->list[p->count++] = e;
    return e;
}
