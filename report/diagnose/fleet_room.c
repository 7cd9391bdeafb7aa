/* fleet_room.c - clients, servers and pairs of them that are worth least make room in their tables
 * (sweep.h): those met once, from which nothing came, before those met several times or with
 * accepted mail.
 */
#include <stdlib.h>

#include "report/diagnose/fleet_watch.h"

enum { SEVERAL = 3 }; /* sessions: no longer one of a flood of newcomers */

void watch_free_station(struct station *t)
{
    free(t->backends);
    free(t->samples);
    free(t->unmet);
    free(t->past);
}

uint64_t watch_pair_hash(const struct endpoint *client, const struct endpoint *server)
{
    return watch_hash_address(&client->address, 0) * 31 +
           watch_hash_address(&server->address, server->port);
}

static enum sweep_class class_of_station(const struct station *t)
{
    if (t->sessions >= SEVERAL || t->mails > t->refused_5xx + t->refused_4xx) {
        return SWEEP_KNOWN;
    }
    return t->mails || t->recipients || t->sample_count || t->reached_25 || t->reached_other
               ? SWEEP_SOMETHING
               : SWEEP_ONCE;
}

/* Envelopes remember where they failed. */
static void forget_stations(struct watch *w)
{
    size_t kept = 0;

    for (size_t i = 0; i < MAILS_MAX; i++) {
        struct mail *m = &w->mails[i];
        m->failed_station = m->failed_station && m->failed_station->gone ? NULL : m->failed_station;
    }
    for (size_t i = 0; i < w->station_count; i++) {
        struct station *t = w->stations[i];
        if (!t->gone) {
            w->stations[kept++] = t;
            continue;
        }
        w->gone[t->side].sessions += t->sessions;
        w->gone[t->side].failed += t->failed;
        w->gone[t->side].unsure += t->unsure;
        w->sampled -= t->sample_room > 0;
        w->turned_away++;
        slots_take(&w->station_slots, t->hash, t);
        watch_free_station(t);
        free(t);
    }
    w->station_count = kept;
}

void watch_make_room(struct watch *w)
{
    uint64_t *worth = calloc(w->station_count, sizeof *worth), limit;

    for (size_t i = 0; worth && i < w->station_count; i++) {
        const struct station *t = w->stations[i];
        worth[i] = sweep_worth(class_of_station(t), t->met, w->met);
    }
    limit = worth ? sweep_limit(worth, w->station_count, STATIONS_MAX / 4) : 0;
    for (size_t i = 0; limit && i < w->station_count; i++) {
        w->stations[i]->gone = worth[i] <= limit;
    }
    if (limit) {
        forget_stations(w);
    }
    free(worth);
}

static enum sweep_class class_of_pair(const struct pair *p)
{
    if (p->fallback.count || p->probe.count >= SEVERAL) {
        return SWEEP_KNOWN;
    }
    return p->probe.count || p->tls_failed.packet ? SWEEP_SOMETHING : SWEEP_ONCE;
}

void watch_make_room_for_pairs(struct watch *w)
{
    uint64_t *worth = calloc(w->pair_count, sizeof *worth), limit;
    size_t kept = 0;

    for (size_t i = 0; worth && i < w->pair_count; i++) {
        worth[i] = sweep_worth(class_of_pair(w->pairs[i]), w->pairs[i]->met, w->met);
    }
    limit = worth ? sweep_limit(worth, w->pair_count, PAIRS_MAX / 4) : 0;
    for (size_t i = 0; limit && i < w->pair_count; i++) {
        struct pair *p = w->pairs[i];
        if (worth[i] > limit) {
            w->pairs[kept++] = p;
            continue;
        }
        w->turned_away++;
        slots_take(&w->pair_slots, watch_pair_hash(&p->end[SIDE_CLIENT], &p->end[SIDE_SERVER]), p);
        free(p);
    }
    w->pair_count = limit ? kept : w->pair_count;
    free(worth);
}
