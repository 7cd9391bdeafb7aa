/* fleet_destination.c - one destination fails while the others do not (catalogue:
 * fleet-destination-failing).
 *
 * A destination is a server, or the servers whose names lie in one domain: of a provider with many
 * addresses each may have been met twice only. It is judged from its first failure on, or, where it
 * failed for a time or several times and worked before, between and behind, within these times:
 * runs of bins in which most sessions failed.
 */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_raise.h"
#include "report/diagnose/server_name.h"
#include "report/stamp.h"

enum { PHASES_MAX = 3 };

/* Some of the peers: one, or those of a domain. */
struct destination {
    struct peer_entry *const *peers;
    size_t count;
};

struct times {
    struct {
        size_t from, until; /* bins; until is the first behind */
    } phase[PHASES_MAX];    /* the first ones */
    size_t count, bins;     /* bins: of the whole capture, up to the last with a session */
    uint64_t n, k;          /* sessions within them, and those that failed */
    uint64_t rest_n, rest_k;
};

struct tally {
    uint64_t sessions, failed, unsure;
};

static bool is_among(const struct destination *d, const struct peer_entry *p)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->peers[i] == p) {
            return true;
        }
    }
    return false;
}

static void count_in(struct tally *t, const struct peer_entry *p)
{
    t->sessions += p->peer.sessions;
    t->failed += p->peer.failed;
    t->unsure += p->unsure;
}

static void count_all(const struct fleet *f, struct tally *t)
{
    *t = (struct tally){f->peers.sessions, f->peers.failed, f->peers.unsure};
    for (size_t i = 0; i < f->peers.count; i++) {
        count_in(t, f->peers.list[i]);
    }
}

/* All others, of whom at most a few may fail; one that was not captured whole may have. */
static bool others_work(const struct destination *d, const struct tally *all, struct tally *others)
{
    struct tally own = {0};

    for (size_t i = 0; i < d->count; i++) {
        count_in(&own, d->peers[i]);
    }
    *others = (struct tally){all->sessions - own.sessions, all->failed - own.failed,
                             all->unsure - own.unsure};
    return (double)others->sessions >= threshold(THRESHOLD_FLEET_COUNT) &&
           (double)(others->failed + others->unsure) <=
               threshold(THRESHOLD_FLEET_OTHERS) * (double)others->sessions;
}

static bool nearly_all(uint64_t k, uint64_t n)
{
    return (double)k >= threshold(THRESHOLD_FLEET_COUNT) &&
           fleet_is_share(k, n, threshold(THRESHOLD_FLEET_SHARE)) &&
           fleet_wilson_low(k, n) >= threshold(THRESHOLD_FLEET_LOW);
}

/* What a server says of itself when it can take no mail from anybody. A full mailbox, greylisting,
 * limits for one client and the like are about somebody. */
static bool is_about_the_server(const struct group_entry *e)
{
    static const char *const rules[] = {"auth-temp-failure",    "downstream-unreachable",
                                        "server-disk-full",     "server-dns-failure",
                                        "server-local-error",   "server-misconfigured",
                                        "server-not-accepting", "server-overloaded",
                                        "server-routing-error", "service-shutdown"};

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(e->group.rule, rules[i]) == 0) {
            return e->group.severity >= SEVERITY_WARNING;
        }
    }
    return false;
}

static bool counts(const struct group_entry *e)
{
    const struct group *g = &e->group;

    return g->is_primary && e->peer && g->peer_side == SIDE_SERVER && !g->unproven &&
           !g->cross_session && (g->severity >= SEVERITY_ERROR || is_about_the_server(e));
}

/* --- one server, since its first failure --- */

static void judge_since(struct fleet *f, struct group_entry *e, const struct tally *all)
{
    const struct rule *rule = rules_find("fleet-destination-failing");
    const struct group *g = &e->group;
    struct destination d = {&e->peer, 1};
    struct endpoint end = {g->peer, g->peer_port};
    struct tally others;
    struct group_entry *made;

    if (!counts(e) || !nearly_all(g->sessions, g->of) || !others_work(&d, all, &others)) {
        return;
    }
    made = groups_get(&f->groups, rule->id, &end, SIDE_SERVER, true);
    if (!made || made->group.sessions) {
        return;
    }
    made->group = *g;
    memset(made->group.rule, 0, sizeof made->group.rule);
    memcpy(made->group.rule, rule->id, strlen(rule->id));
    made->group.severity = rule->severity;
    made->group.is_primary = false;
    made->group.cross_session = true;
    made->rule = rule;
    made->peer = e->peer;
    made->with = e;
    made->line = e->line;
    SAY(made,
        "%llu of %llu sessions failed with %s since it began, %llu of %llu with all other servers",
        (unsigned long long)g->sessions, (unsigned long long)g->of, g->rule,
        (unsigned long long)others.failed, (unsigned long long)others.sessions);
}

/* --- times at which most failed --- */

struct run {
    size_t from;
    uint64_t n, k;
};

static void end_run(struct times *t, struct run *r, size_t until)
{
    if (nearly_all(r->k, r->n)) {
        if (t->count < PHASES_MAX) {
            t->phase[t->count].from = r->from;
            t->phase[t->count].until = until;
        }
        t->count++;
        t->n += r->n;
        t->k += r->k;
    } else {
        t->rest_n += r->n;
        t->rest_k += r->k;
    }
    *r = (struct run){0};
}

static void find_times(struct fleet *f, const struct destination *d, struct times *t)
{
    struct run run = {0};
    size_t until = 0; /* behind the run's last bin with a session */

    *t = (struct times){0};
    for (size_t i = 0; i < d->count; i++) {
        bins_catch_up(&d->peers[i]->all, &f->clock);
        bins_catch_up(&d->peers[i]->failed, &f->clock);
    }
    for (size_t b = 0; b < FLEET_BINS; b++) {
        uint64_t n = 0, k = 0;

        for (size_t i = 0; i < d->count; i++) {
            n += d->peers[i]->all.n[b];
            k += d->peers[i]->failed.n[b];
        }
        if (!n) {
            continue;
        }
        t->bins = b + 1;
        if (!fleet_is_share(k, n, threshold(THRESHOLD_FLEET_LOW))) {
            end_run(t, &run, until);
            t->rest_n += n;
            t->rest_k += k;
            continue;
        }
        run.from = run.n ? run.from : b;
        run.n += n;
        run.k += k;
        until = b + 1;
    }
    end_run(t, &run, until);
}

static bool stands_out(const struct times *t)
{
    return t->count && (double)t->rest_k <= threshold(THRESHOLD_FLEET_OTHERS) * (double)t->rest_n;
}

/* The finding behind most of them; NULL: not one that says something of the destination. */
static struct group_entry *chief_of(const struct fleet *f, const struct destination *d,
                                    uint64_t failed, struct sightings *seen)
{
    uint64_t *sums = calloc(rules_count(), sizeof *sums);
    struct group_entry *chief = NULL;
    size_t top = 0;

    for (size_t i = 0; sums && i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        size_t at = (size_t)(e->rule - rules_at(0));
        if (counts(e) && is_among(d, e->peer)) {
            sums[at] += e->group.sessions;
            top = sums[at] > sums[top] ? at : top;
        }
    }
    for (size_t i = 0; sums && i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        const struct group *g = &e->group;
        struct sightings own = {.count = g->sessions,
                                .first = g->first,
                                .last = g->last,
                                .first_session = g->first_session,
                                .last_session = g->last_session,
                                .example_count = g->example_count};
        if (e->rule != rules_at(top) || !counts(e) || !is_among(d, e->peer)) {
            continue;
        }
        memcpy(own.examples, g->examples, sizeof own.examples);
        sightings_join(seen, &own);
        chief = chief && chief->group.sessions >= g->sessions ? chief : e;
    }
    chief =
        sums && fleet_is_share(sums[top], failed, threshold(THRESHOLD_FLEET_SHARE)) ? chief : NULL;
    free(sums);
    return chief;
}

static void say_times(const struct fleet *f, struct group_entry *e, const struct times *t)
{
    for (size_t i = 0; i < t->count && i < PHASES_MAX; i++) {
        char from[STAMP_MAX], until[STAMP_MAX];

        stamp_utc(from, f->bins.start_ns + (int64_t)t->phase[i].from * f->bins.width_ns);
        stamp_utc(until, f->bins.start_ns + (int64_t)t->phase[i].until * f->bins.width_ns);
        AND(e, "%s%.8s to %.8s", i ? ", " : " from ", from + 11, until + 11);
    }
    AND(e, t->count > PHASES_MAX ? " UTC and %s later" : " UTC",
        words_counted(t->count - PHASES_MAX, "time").s);
}

static void raise_times(struct fleet *f, const struct destination *d, const struct tally *others,
                        const struct times *t, const char *domain)
{
    struct sightings seen = {0};
    uint64_t failed = t->k + t->rest_k;
    struct group_entry *chief = chief_of(f, d, failed, &seen), *made;
    struct endpoint end;

    if (!chief) {
        return;
    }
    end = (struct endpoint){chief->group.peer, chief->group.peer_port};
    if (!(made = fleet_raise(f, "fleet-destination-failing", &end, SIDE_SERVER, &seen))) {
        return;
    }
    made->peer = chief->peer;
    made->group.points_to = chief->group.points_to;
    made->group.phase = chief->group.phase;
    made->group.sessions = t->k;
    made->group.of = t->n;
    made->group.open =
        chief->group.open && t->count <= PHASES_MAX && t->phase[t->count - 1].until == t->bins;
    if (domain) {
        words_put(made->group.peer_name, sizeof made->group.peer_name, "%s", domain);
    } else {
        memcpy(made->group.peer_name, chief->group.peer_name, sizeof made->group.peer_name);
    }
    SAY(made, "%s of %s", words_count(t->k).s, words_counted(t->n, "session").s);
    if (domain) {
        AND(made, " with %s whose names end in .%s", words_counted(d->count, "server").s, domain);
    }
    AND(made, " failed");
    say_times(f, made, t);
    AND(made, ", mostly with %s", chief->group.rule);
    if (t->rest_n) {
        AND(made, "; %s of %s at other times", words_count(t->rest_k).s, words_count(t->rest_n).s);
    }
    AND(made, "; %s of %s with all other servers", words_count(others->failed).s,
        words_count(others->sessions).s);
}

/* --- servers of one domain --- */

struct named {
    struct text domain;
    struct peer_entry *peer;
    size_t order;
};

static int compare_named(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    int by = server_name_compare(a->domain, b->domain);

    return by ? by : (a->order > b->order) - (a->order < b->order);
}

static void judge_domain(struct fleet *f, const struct named *names, size_t count,
                         const struct tally *all)
{
    struct peer_entry **peers = calloc(count, sizeof *peers);
    struct destination d = {peers, count};
    struct tally others;
    struct times times;
    size_t failing = 0;
    char domain[FLEET_NAME_MAX];

    for (size_t i = 0; peers && i < count; i++) {
        peers[i] = names[i].peer;
        failing += peers[i]->peer.failed > 0;
    }
    if (failing > 1 && others_work(&d, all, &others)) {
        find_times(f, &d, &times);
        if (stands_out(&times)) {
            words_put(domain, sizeof domain, "%.*s", (int)names->domain.len, names->domain.s);
            raise_times(f, &d, &others, &times, domain);
        }
    }
    free(peers);
}

static void judge_domains(struct fleet *f, const struct tally *all)
{
    struct named *names = calloc(f->peers.count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; names && i < f->peers.count; i++) {
        struct peer_entry *p = f->peers.list[i];
        struct text name = {p->peer.name, (uint32_t)strlen(p->peer.name), false};
        struct text domain = server_name_domain(name);
        if (p->peer.side == SIDE_SERVER && domain.len) {
            names[count] = (struct named){domain, p, count};
            count++;
        }
    }
    if (count) {
        qsort(names, count, sizeof *names, compare_named);
    }
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && !server_name_compare(names[i].domain, names[i + n].domain);) {
            n++;
        }
        if (n > 1) {
            judge_domain(f, &names[i], n, all);
        }
    }
    free(names);
}

void fleet_judge_destinations(struct fleet *f)
{
    size_t count = f->groups.count;
    struct tally all;

    count_all(f, &all);
    for (size_t i = 0; i < count; i++) {
        judge_since(f, f->groups.list[i], &all);
    }
    if (!all.failed) {
        return;
    }
    bins_describe(&f->clock, &f->bins);
    judge_domains(f, &all);
    for (size_t i = 0; i < f->peers.count; i++) {
        struct destination d = {&f->peers.list[i], 1};
        struct tally others;
        struct times times;
        if (f->peers.list[i]->peer.side == SIDE_SERVER && others_work(&d, &all, &others)) {
            find_times(f, &d, &times);
            if (stands_out(&times)) {
                raise_times(f, &d, &others, &times, NULL);
            }
        }
    }
}
