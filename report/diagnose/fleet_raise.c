/* fleet_raise.c - groups that no session carries: made at the end, from what was counted.
 *
 * Shares are compared by the bounds of Wilson's interval, never raw.
 */
#include "report/diagnose/fleet_raise.h"

#include <math.h>

/* Half the width and the middle of Wilson's score interval for k of n, 95 %. */
static void wilson(uint64_t k, uint64_t n, double *middle, double *half)
{
    const double z = 1.96;
    double p = (double)k / (double)n, count = (double)n, all = 1 + z * z / count;

    *middle = (p + z * z / (2 * count)) / all;
    *half = z * sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / all;
}

double fleet_wilson_low(uint64_t k, uint64_t n)
{
    double middle = 0, half = 0;

    if (n) {
        wilson(k, n, &middle, &half);
    }
    return middle - half;
}

double fleet_wilson_high(uint64_t k, uint64_t n)
{
    double middle = 1, half = 0;

    if (n) {
        wilson(k, n, &middle, &half);
    }
    return middle + half;
}

bool fleet_is_share(uint64_t k, uint64_t n, double share)
{
    return (double)k >= share * (double)n;
}

const struct endpoint fleet_nobody;

/* A new group that no session carries. NULL: there is no room, or it was told already. */
struct group_entry *fleet_raise(struct fleet *f, const char *id, const struct endpoint *end,
                                enum side side, const struct sightings *seen)
{
    const struct rule *rule = rules_find(id);
    struct group_entry *e;
    struct group *g;

    if (!rule || !(e = groups_get(&f->groups, id, end, side, true))) {
        return NULL;
    }
    if (e->group.sessions) {
        return NULL;
    }
    g = &e->group;
    e->rule = rule;
    e->rtt_s = e->ack_s = -1;
    g->severity = rule->severity;
    g->points_to = rule->points_to;
    g->confidence = CONFIDENCE_MEDIUM;
    g->phase = rule->phase;
    g->cross_session = true;
    g->sessions = g->of = seen->count;
    g->first = seen->first;
    g->last = seen->last;
    g->first_session = seen->first_session;
    g->last_session = seen->last_session;
    g->example_count = seen->example_count;
    memcpy(g->examples, seen->examples, sizeof g->examples);
    bins_see(&f->clock, g->first.time_ns);
    bins_count(&e->line, &f->clock, g->first.time_ns);
    return e;
}

struct group_entry *fleet_raise_at(struct fleet *f, const char *id, const struct station *t,
                                   const struct sightings *seen)
{
    struct group_entry *e = fleet_raise(f, id, &t->end, t->side, seen);

    if (e) {
        memcpy(e->group.peer_name, t->name, sizeof e->group.peer_name);
        e->group.of = t->sessions > e->group.sessions ? t->sessions : e->group.sessions;
    }
    return e;
}

struct group_entry *fleet_raise_about(struct fleet *f, const char *id, const struct group *g)
{
    struct endpoint end = {g->peer, g->peer_port};
    struct sightings seen = {.count = g->sessions,
                             .first = g->first,
                             .last = g->last,
                             .first_session = g->first_session,
                             .last_session = g->last_session,
                             .example_count = g->example_count};
    struct group_entry *e;

    memcpy(seen.examples, g->examples, sizeof seen.examples);
    e = fleet_raise(f, id, &end, g->peer_side, &seen);
    if (e) {
        memcpy(e->group.peer_name, g->peer_name, sizeof e->group.peer_name);
        e->group.of = g->of;
    }
    return e;
}

unsigned fleet_percent(uint64_t k, uint64_t n)
{
    return n ? (unsigned)(100.0 * (double)k / (double)n + 0.5) : 0;
}

void fleet_raise_lasting(const struct fleet *f, struct group_entry *e)
{
    struct group *g = &e->group;
    int64_t since = f->capture_last.time_ns - g->last.time_ns;
    int64_t apart =
        g->sessions > 1 ? (g->last.time_ns - g->first.time_ns) / (int64_t)(g->sessions - 1) : 0;

    g->open = g->sessions > 2 && (since <= 3 * apart || since <= INT64_C(60000000000));
}
