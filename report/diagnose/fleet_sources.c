/* fleet_sources.c - clients that fail where others do not, and times in which everybody fails
 * (catalogue: fleet-source-failing, fleet-all-failing).
 */
#include "report/diagnose/fleet_raise.h"

/* --- one client --- */

/* Over the whole capture. False: it is not so, or there is nobody to compare it with. */
static bool judge_always(struct fleet *f, const struct station *t)
{
    uint64_t others = f->watch->gone[SIDE_CLIENT].sessions;
    uint64_t others_failed = f->watch->gone[SIDE_CLIENT].failed;
    uint64_t others_unsure = f->watch->gone[SIDE_CLIENT].unsure;
    struct group_entry *e;

    if (t->failing.count < 3 || (double)t->sessions < threshold(THRESHOLD_FLEET_COUNT) ||
        !fleet_is_share(t->failed, t->sessions, threshold(THRESHOLD_FLEET_SHARE)) ||
        fleet_wilson_low(t->failed, t->sessions) < threshold(THRESHOLD_FLEET_LOW)) {
        return false;
    }
    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *o = f->watch->stations[i];
        others += o != t && o->side == SIDE_CLIENT ? o->sessions : 0;
        others_failed += o != t && o->side == SIDE_CLIENT ? o->failed : 0;
        others_unsure += o != t && o->side == SIDE_CLIENT ? o->unsure : 0;
    }
    if ((double)others < threshold(THRESHOLD_FLEET_COUNT) ||
        (double)(others_failed + others_unsure) >
            threshold(THRESHOLD_FLEET_OTHERS) * (double)others ||
        !(e = fleet_raise_at(f, "fleet-source-failing", t, &t->failures))) {
        return false;
    }
    e->group.of = t->sessions;
    fleet_raise_lasting(f, e);
    SAY(e, "%s of %s of this client failed, with %u servers%s; %s of %s of all other clients",
        words_count(t->failed).s, words_counted(t->sessions, "session").s, t->failing.count,
        few_more(&t->failing), words_count(others_failed).s, words_count(others).s);
    return true;
}

/* In a time that is over, or that is not, when it fared well before. */
static void judge_spells(struct fleet *f, struct station *t, const struct everybody *all)
{
    const struct runs *runs = &t->past->runs;
    struct counts counts = {.all = {0}};
    struct spells spells;
    struct sightings seen;
    uint64_t others[2];
    struct group_entry *e;

    counts_add(&counts, &t->past->all, &t->past->bad, &f->clock);
    if (!spells_find(&counts, threshold(THRESHOLD_FLEET_SHARE), all->sessions, &spells) ||
        (double)spells.rest < threshold(THRESHOLD_FLEET_COUNT) ||
        !everybody_else_is_fine(all, &spells, others)) {
        return;
    }
    spells_seen(f, &spells, &runs, 1, &t->failures, &seen);
    if ((e = fleet_raise_at(f, "fleet-source-failing", t, &seen))) {
        e->group.of = spells.sessions;
        fleet_raise_lasting(f, e);
        e->group.open = e->group.open && runs->good_ns < seen.last.time_ns;
        SAY(e, "%s of %s of this client failed, with %u servers%s,", words_count(spells.failed).s,
            words_counted(spells.sessions, "session").s, t->failing.count, few_more(&t->failing));
        spells_say(f, e, &spells, &runs, 1, runs->good_ns > seen.last.time_ns);
        AND(e, "; %s of %s of all other clients meanwhile", words_count(others[1]).s,
            words_count(others[0]).s);
    }
}

void fleet_judge_source(struct fleet *f, struct station *t, const struct everybody *all)
{
    if (t->failing.count >= 3 && (double)t->failed >= threshold(THRESHOLD_FLEET_COUNT) &&
        !judge_always(f, t) && t->past) {
        judge_spells(f, t, all);
    }
}

/* --- everybody --- */

/* Since when nearly everything fails: the earliest bin from which on it does. */
static bool onset_of_all(const struct fleet *f, size_t *from, uint64_t *sessions, uint64_t *failed)
{
    uint64_t n = 0, k = 0;
    bool found = false;

    for (size_t b = FLEET_BINS; b-- > 0;) {
        uint64_t here = f->peers.all.n[b], bad = f->peers.failed_line.n[b];
        for (size_t i = 0; i < f->peers.count; i++) {
            here += f->peers.list[i]->all.n[b];
            bad += f->peers.list[i]->failed.n[b];
        }
        n += here;
        k += bad;
        if (bad && (double)n >= threshold(THRESHOLD_ALL_COUNT) &&
            fleet_is_share(k, n, threshold(THRESHOLD_FLEET_SHARE)) &&
            fleet_is_share(bad, here, threshold(THRESHOLD_FLEET_LOW))) {
            *from = b;
            *sessions = n;
            *failed = k;
            found = true;
        }
    }
    return found && fleet_wilson_low(*failed, *sessions) >= threshold(THRESHOLD_FLEET_LOW);
}

static const struct group_entry *top_failure(const struct fleet *f)
{
    const struct group_entry *top = NULL;

    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (!e->group.cross_session && e->group.is_primary &&
            (!top || e->group.sessions > top->group.sessions)) {
            top = e;
        }
    }
    return top;
}

/* From some moment on until the end. */
static bool judge_all_since(struct fleet *f)
{
    size_t from = 0;
    uint64_t sessions = 0, failed = 0;
    unsigned clients = 0, servers = 0;
    struct sightings seen = {0};
    const struct group_entry *top = top_failure(f);
    struct group_entry *e;
    char rule[FINDING_ID_MAX];
    enum party party;
    int64_t since;

    for (size_t i = 0; i < f->peers.count; i++) {
        bins_catch_up(&f->peers.list[i]->all, &f->clock);
        bins_catch_up(&f->peers.list[i]->failed, &f->clock);
    }
    bins_catch_up(&f->peers.all, &f->clock);
    bins_catch_up(&f->peers.failed_line, &f->clock);
    if (!top || !onset_of_all(f, &from, &sessions, &failed)) {
        return false;
    }
    bins_describe(&f->clock, &f->bins);
    since = f->bins.start_ns + (int64_t)from * f->bins.width_ns;
    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *t = f->watch->stations[i];
        if (!t->failures.count || t->failures.last.time_ns < since) {
            continue;
        }
        clients += t->side == SIDE_CLIENT;
        servers += t->side == SIDE_SERVER;
        if (t->side == SIDE_SERVER &&
            (!seen.count || t->failures.last.time_ns > seen.last.time_ns)) {
            seen.last = t->failures.last;
        }
        if (t->side == SIDE_SERVER && t->failures.first.time_ns >= since &&
            (!seen.first.packet || t->failures.first.time_ns < seen.first.time_ns)) {
            seen.first = t->failures.first;
            seen.first_session = t->failures.first_session;
            memcpy(seen.examples, t->failures.examples, sizeof seen.examples);
            seen.example_count = t->failures.example_count;
        }
        seen.count++;
    }
    if (clients < 3 || servers < 3) {
        return false;
    }
    memcpy(rule, top->group.rule, sizeof rule);
    party = top->group.points_to == PARTY_NETWORK ? PARTY_NETWORK : PARTY_UNKNOWN;
    if (!seen.first.packet) {
        seen.first = top->group.first;
        seen.first_session = top->group.first_session;
    }
    seen.count = failed;
    if (!(e = fleet_raise(f, "fleet-all-failing", &fleet_nobody, SIDE_SERVER, &seen))) {
        return false;
    }
    e->group.of = sessions;
    e->group.points_to = party;
    fleet_raise_lasting(f, e);
    SAY(e, "%s of %s failed since then, of %u clients with %u servers; most often %s",
        words_count(failed).s, words_counted(sessions, "session").s, clients, servers, rule);
    return true;
}

/* Clients and servers some of whose sessions failed in these times. */
static void count_ends(struct fleet *f, const struct spells *s, unsigned ends[SIDES])
{
    ends[SIDE_CLIENT] = ends[SIDE_SERVER] = 0;
    for (size_t i = 0; i < f->watch->station_count; i++) {
        struct station *t = f->watch->stations[i];
        if (t->side == SIDE_CLIENT && t->past) {
            bins_catch_up(&t->past->bad, &f->clock);
            ends[SIDE_CLIENT] += counts_line_within(&t->past->bad, s) > 0;
        }
    }
    for (size_t i = 0; i < f->peers.count; i++) {
        const struct peer_entry *p = f->peers.list[i];
        ends[SIDE_SERVER] += p->peer.side == SIDE_SERVER && counts_line_within(&p->failed, s) > 0;
    }
}

/* The finding that most of these failures have. */
static const struct group_entry *top_failure_within(struct fleet *f, const struct spells *s)
{
    const struct group_entry *top = NULL;
    uint64_t most = 0;

    for (size_t i = 0; i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        uint64_t here;
        if (e->group.cross_session || !e->group.is_primary) {
            continue;
        }
        bins_catch_up(&e->line, &f->clock);
        here = counts_line_within(&e->line, s);
        if (here > most) {
            most = here;
            top = e;
        }
    }
    return top;
}

static void judge_all_spells(struct fleet *f, const struct everybody *all)
{
    const struct runs *runs = &f->peers.runs;
    const struct group_entry *top;
    struct sightings seen, like;
    struct spells spells;
    struct group_entry *e;
    unsigned ends[SIDES];
    char rule[FINDING_ID_MAX];
    enum party party;

    if (!spells_find(&all->counts, threshold(THRESHOLD_FLEET_SHARE), all->sessions, &spells) ||
        (double)spells.sessions < threshold(THRESHOLD_ALL_COUNT) ||
        (double)spells.rest < threshold(THRESHOLD_ALL_COUNT)) {
        return;
    }
    count_ends(f, &spells, ends);
    if (ends[SIDE_CLIENT] < 3 || ends[SIDE_SERVER] < 3 || !(top = top_failure_within(f, &spells))) {
        return;
    }
    memcpy(rule, top->group.rule, sizeof rule);
    party = top->group.points_to == PARTY_NETWORK ? PARTY_NETWORK : PARTY_UNKNOWN;
    like = (struct sightings){.first = top->group.first,
                              .last = top->group.last,
                              .first_session = top->group.first_session,
                              .last_session = top->group.last_session,
                              .example_count = top->group.example_count};
    memcpy(like.examples, top->group.examples, sizeof like.examples);
    spells_seen(f, &spells, &runs, 1, &like, &seen);
    if ((e = fleet_raise(f, "fleet-all-failing", &fleet_nobody, SIDE_SERVER, &seen))) {
        e->group.of = spells.sessions;
        e->group.points_to = party;
        fleet_raise_lasting(f, e);
        e->group.open = e->group.open && runs->good_ns < seen.last.time_ns;
        SAY(e, "%s of %s failed, of %u clients with %u servers, most often with %s,",
            words_count(spells.failed).s, words_counted(spells.sessions, "session").s,
            ends[SIDE_CLIENT], ends[SIDE_SERVER], rule);
        spells_say(f, e, &spells, &runs, 1, runs->good_ns > seen.last.time_ns);
    }
}

void fleet_judge_all(struct fleet *f, const struct everybody *all)
{
    if (!judge_all_since(f)) {
        judge_all_spells(f, all);
    }
}
