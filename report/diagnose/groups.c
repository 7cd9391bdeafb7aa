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
    g->slots = calloc(GROUP_SLOTS, sizeof(struct group_entry *));
    g->list = calloc(GROUPS_MAX, sizeof(struct group_entry *));
    return g->slots && g->list;
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->list[i]);
    }
    free(g->slots);
    free(g->list);
}

/* Where it is, or where it would be put. */
static size_t group_slot(const struct groups *g, const char *id, const struct endpoint *end,
                         enum side side, uint64_t hash)
{
    size_t at = hash & (GROUP_SLOTS - 1);

    while (g->slots[at]) {
        const struct group_entry *e = g->slots[at];
        if (e->hash == hash && e->group.peer_port == port_of(end, side) &&
            address_equal(&e->group.peer, &end->address) && strcmp(e->group.rule, id) == 0) {
            return at;
        }
        at = (at + 1) & (GROUP_SLOTS - 1);
    }
    return at;
}

struct group_entry *groups_find(const struct groups *g, const char *id, const struct endpoint *end,
                                enum side side)
{
    return g->slots[group_slot(g, id, end, side, fleet_hash(id, end, side))];
}

struct group_entry *groups_get(struct groups *g, const char *id, const struct endpoint *end,
                               enum side side, enum severity severity)
{
    uint64_t hash = fleet_hash(id, end, side);
    size_t at = group_slot(g, id, end, side, hash);
    size_t room = severity >= SEVERITY_WARNING ? GROUPS_MAX : GROUPS_MAX / 2;
    struct group_entry *e = g->slots[at];

    if (e || g->count >= room || !(e = calloc(1, sizeof *e))) {
        return e;
    }
    e->hash = hash;
    e->group.peer = end->address;
    e->group.peer_port = port_of(end, side);
    e->group.peer_side = side;
    memcpy(e->group.rule, id, strlen(id) < FINDING_ID_MAX ? strlen(id) : FINDING_ID_MAX - 1);
    g->slots[at] = g->list[g->count++] = e;
    return e;
}

bool peers_init(struct peers *p)
{
    p->slots = calloc(PEER_SLOTS, sizeof(struct peer_entry *));
    p->list = calloc(PEERS_MAX, sizeof(struct peer_entry *));
    return p->slots && p->list;
}

void peers_free(struct peers *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i]);
    }
    free(p->slots);
    free(p->list);
}

struct peer_entry *peers_get(struct peers *p, const struct endpoint *end, enum side side)
{
    uint64_t hash = fleet_hash("", end, side);
    size_t at = hash & (PEER_SLOTS - 1);
    struct peer_entry *e;

    while ((e = p->slots[at])) {
        if (e->hash == hash && e->peer.port == port_of(end, side) && e->peer.side == side &&
            address_equal(&e->peer.address, &end->address)) {
            return e;
        }
        at = (at + 1) & (PEER_SLOTS - 1);
    }
    if (p->count >= PEERS_MAX || !(e = calloc(1, sizeof *e))) {
        return NULL;
    }
    e->hash = hash;
    e->peer = (struct peer){
        .address = end->address, .port = port_of(end, side), .side = side, .rtt_s = -1};
    p->slots[at] = p->list[p->count++] = e;
    return e;
}
