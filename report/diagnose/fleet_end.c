/* fleet_end.c - the end of a capture: which groups belong together, which come first, what holds
 * over all sessions, and the fleet as writers read it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_before.h"
#include "report/diagnose/fleet_rules.h"
#include "report/diagnose/fleet_silence.h"
#include "report/diagnose/thresholds.h"
#include "report/diagnose/verdict.h"
#include "report/words.h"

static const int64_t second_ns = 1000000000;

/* Still so when the capture ended: somebody waits, or nothing good came since and the last one is
 * no longer ago than they used to be apart. */
static bool is_open(const struct fleet *f, const struct group_entry *e)
{
    const struct group *g = &e->group;
    int64_t since = f->capture_last.time_ns - g->last.time_ns;
    int64_t apart =
        g->sessions > 1 ? (g->last.time_ns - g->first.time_ns) / (int64_t)(g->sessions - 1) : 0;

    if (g->open_count ||
        (e->peer && g->is_primary && g->longest_s > 0 && e->rule->outcome == OUTCOME_NO_REPLY &&
         e->peer->waiting[g->phase].count)) {
        return true;
    }
    if (!e->peer || e->peer->peer.last_good.time_ns > g->last.time_ns || g->sessions < 3) {
        return false;
    }
    since -= (int64_t)(g->longest_s * 1e9); /* a wait shows only when it is over */
    return since <= 3 * apart || since <= 60 * second_ns;
}

static int compare_groups(const void *pa, const void *pb)
{
    const struct group *a = &(*(struct group_entry *const *)pa)->group;
    const struct group *b = &(*(struct group_entry *const *)pb)->group;

    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    if (a->is_primary != b->is_primary) {
        return a->is_primary ? -1 : 1;
    }
    if (a->sessions != b->sessions) {
        return a->sessions > b->sessions ? -1 : 1;
    }
    if (a->first.time_ns != b->first.time_ns) {
        return a->first.time_ns < b->first.time_ns ? -1 : 1;
    }
    if (a->first_session != b->first_session) {
        return a->first_session < b->first_session ? -1 : 1;
    }
    return strcmp(a->rule, b->rule);
}

static int compare_peers(const void *pa, const void *pb)
{
    const struct peer *a = &(*(struct peer_entry *const *)pa)->peer;
    const struct peer *b = &(*(struct peer_entry *const *)pb)->peer;

    if (a->sessions != b->sessions) {
        return a->sessions > b->sessions ? -1 : 1;
    }
    if (a->side != b->side) {
        return a->side < b->side ? -1 : 1;
    }
    if (a->address.family != b->address.family) {
        return a->address.family < b->address.family ? -1 : 1;
    }
    if (!address_equal(&a->address, &b->address)) {
        return memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
    }
    return (int)a->port - (int)b->port;
}

/* What was so before the cause began, and is no fault, is no part of it. */
static bool is_companion(const struct group_entry *e)
{
    return !rules_is_quality(e->rule) && (e->group.severity >= SEVERITY_WARNING ||
                                          e->group.first.time_ns >= e->with->group.first.time_ns);
}

/* A sign that in every session came with the same cause is told with it, and lends it its severity.
 */
static void join_companions(struct groups *g)
{
    for (size_t i = 0; i < g->count; i++) {
        struct group_entry *e = g->list[i];

        if (e->with && !is_companion(e)) {
            e->with = NULL;
        }
        if (e->with && e->with->group.severity < e->group.severity) {
            e->with->group.severity = e->group.severity;
        }
    }
}

/* Which side is ours, as far as --ours says. */
static enum ours side_of_ours(const struct fleet *f, const struct group *g)
{
    bool peer_is_ours = fleet_is_ours(f->settings, &g->peer);

    if (!f->settings->ours_count || !g->peer.family) {
        return OURS_UNKNOWN;
    }
    return (g->peer_side == SIDE_SERVER) == peer_is_ours ? OURS_SERVER : OURS_CLIENT;
}

static void number_groups(struct fleet *f)
{
    struct groups *g = &f->groups;

    qsort(g->list, g->count, sizeof(struct group_entry *), compare_groups);
    for (size_t i = 0; i < g->count; i++) {
        g->list[i]->group.number = (unsigned)i + 1;
        g->list[i]->group.ours = side_of_ours(f, &g->list[i]->group);
    }
    for (size_t i = 0; i < g->count; i++) {
        struct group_entry *e = g->list[i];
        e->group.part_of = e->with ? e->with->group.number : 0;
    }
}

/* A finding about the capture, not about sessions: it has no peer. */
static struct group *capture_group(struct fleet *f, const char *rule_id)
{
    static const struct endpoint nobody;
    const struct rule *rule = rules_find(rule_id);
    struct group_entry *e = groups_get(&f->groups, rule_id, &nobody, SIDE_SERVER, true);

    if (!e) {
        return NULL;
    }
    e->rule = rule;
    e->group.severity = rule->severity;
    e->group.points_to = rule->points_to;
    e->group.confidence = CONFIDENCE_HIGH;
    e->group.cross_session = true;
    e->group.sessions = e->group.of = f->totals.sessions;
    return &e->group;
}

void fleet_inputs(struct fleet *f, const struct source *source)
{
    uint64_t dropped = 0, backwards = 0;
    struct mark first = {0};
    struct group *g;

    fleet_note_inputs(f, source);
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *in = source_input(source, i);

        dropped += in->drops_known ? in->dropped_kernel + in->dropped_interface : 0;
        backwards += in->backwards;
        first = first.packet ? first : in->first;
    }
    f->dropped = f->dropped || dropped;
    if (dropped && !f->lost_told) {
        rhythm_void(f->watch->rhythm);
    }
    if (dropped && (g = capture_group(f, "capture-drops-reported"))) {
        words_put(g->summary, sizeof g->summary, "%s dropped while the capture ran",
                  words_counted(dropped, "packet").s);
        g->summary_len = strlen(g->summary);
        g->first = g->last = first;
    }
    if (backwards && (g = capture_group(f, "capture-clock"))) {
        words_put(g->summary, sizeof g->summary,
                  "the time of %s lies more than 1 ms before that of the packet before",
                  words_counted(backwards, "packet").s);
        g->summary_len = strlen(g->summary);
        g->first = g->last = first;
    }
}

static void finish_bins(struct fleet *f)
{
    if (f->clock.running) {
        bins_see(&f->clock, f->capture_first.time_ns);
        bins_see(&f->clock, f->capture_last.time_ns);
    }
    bins_describe(&f->clock, &f->bins);
    for (int b = 0; b < BANDS; b++) {
        bins_catch_up(&f->bands[b], &f->clock);
        for (size_t i = 0; i < FLEET_BINS; i++) {
            f->bins.n[i][b] = f->bands[b].n[i];
        }
    }
    for (size_t i = 0; i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        bins_catch_up(&e->line, &f->clock);
        memcpy(e->group.bins, e->line.n, sizeof e->group.bins);
    }
    for (size_t i = 0; i < f->peers.count; i++) {
        struct peer_entry *p = f->peers.list[i];
        bins_catch_up(&p->all, &f->clock);
        bins_catch_up(&p->failed, &f->clock);
        memcpy(p->peer.bin_all, p->all.n, sizeof p->peer.bin_all);
        memcpy(p->peer.bin_failed, p->failed.n, sizeof p->peer.bin_failed);
    }
}

/* A fault that lasts until the end is compared with the sessions until the end; those that wait for
 * the same have not been decided. */
static void count_to_the_end(struct group_entry *e)
{
    uint64_t of = e->peer->peer.sessions - e->peer_sessions_before;
    uint64_t waiting =
        e->rule->outcome == OUTCOME_NO_REPLY ? e->peer->waiting[e->group.phase].count : 0;

    of -= waiting < of ? waiting : of;
    e->group.of = of > e->group.sessions ? of : e->group.sessions;
}

void fleet_finish(struct fleet *f, struct mark capture_first, struct mark capture_last)
{
    f->capture_first = capture_first;
    f->capture_last = capture_last;
    groups_close(&f->groups);
    for (size_t i = 0; i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        e->group.open = is_open(f, e);
        if (e->group.open && e->peer) {
            count_to_the_end(e);
        }
    }
    fleet_judge_destinations(f);
    fleet_rules_judge(f);
    finish_bins(f);
    join_companions(&f->groups);
    number_groups(f);
    qsort(f->peers.list, f->peers.count, sizeof(struct peer_entry *), compare_peers);
    f->totals.forgotten_peers = f->peers.forgotten;
    f->totals.forgotten_groups = f->groups.forgotten;
    verdict_form(f);
}

size_t fleet_group_count(const struct fleet *f)
{
    return f->groups.count;
}

const struct group *fleet_group(const struct fleet *f, size_t index)
{
    return &f->groups.list[index]->group;
}

size_t fleet_peer_count(const struct fleet *f)
{
    return f->peers.count;
}

const struct peer *fleet_peer(const struct fleet *f, size_t index)
{
    return &f->peers.list[index]->peer;
}

const struct bins *fleet_bins(const struct fleet *f)
{
    return &f->bins;
}

const struct verdict *fleet_verdict(const struct fleet *f)
{
    return &f->verdict;
}

const struct fleet_totals *fleet_totals(const struct fleet *f)
{
    return &f->totals;
}

size_t fleet_moment_count(const struct fleet *f)
{
    return f->moment_count;
}

const struct moment *fleet_moment(const struct fleet *f, size_t index)
{
    return &f->moments[index];
}

const struct group *fleet_find(const struct fleet *f, const struct finding *finding,
                               const struct session *s)
{
    enum side side = fleet_peer_side(f->settings, s);
    const struct group_entry *e = groups_find(&f->groups, finding->id, &s->end[side], side);

    return e ? &e->group : NULL;
}
