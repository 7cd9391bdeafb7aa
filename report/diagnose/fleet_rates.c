/* fleet_rates.c - rules over many sessions about shares and delays: how much mail is refused, how
 * slow replies became. Nothing is said of less than a rule's smallest number.
 */
#include "report/diagnose/fleet_destinations.h"
#include "report/diagnose/fleet_raise.h"

#include <math.h>
#include <stdlib.h>

#include "report/stamp.h"

/* --- rates --- */

/* A kind of refusal over the whole capture. */
struct rate {
    const char *id, *code;
    bool permanent;
    uint64_t refused;
    double share; /* above which it is told */
    const struct sightings *seen;
    const struct bins_line *line;
};

/* Part of the capture against the rest of it. */
struct span {
    size_t from, until; /* bins */
    uint64_t k, n, rest_k, rest_n;
    uint64_t unsure, rest_unsure; /* mails whose answer was not captured */
};

/* Sessions of a group that count for it: its 5xx or its 4xx. */
static uint64_t weight(const struct group_entry *e, const struct rate *r)
{
    if (e->group.cross_session || e->rule->outcome != OUTCOME_REJECTED || !e->group.is_primary) {
        return 0;
    }
    return r->permanent ? e->refused_for_good : e->rejections - e->refused_for_good;
}

/* The finding behind most of them, over all peers; and the peer that has most of it. */
static const struct rule *top_refusal(const struct fleet *f, const struct rate *r, uint64_t *count,
                                      const struct group_entry **peer)
{
    uint64_t *sums = calloc(rules_count(), sizeof *sums);
    size_t top = 0;

    *count = 0;
    *peer = NULL;
    for (size_t i = 0; sums && i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        size_t at = (size_t)(e->rule - rules_at(0));
        sums[at] += weight(e, r);
        top = sums[at] > sums[top] ? at : top;
    }
    for (size_t i = 0; sums && i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (e->rule == rules_at(top) && weight(e, r) &&
            (!*peer || weight(e, r) > weight(*peer, r))) {
            *peer = e;
        }
    }
    *count = sums ? sums[top] : 0;
    free(sums);
    return *count ? rules_at(top) : NULL;
}

/* More than half of them, and not all that there is: worth naming. */
static bool is_telling(uint64_t part, uint64_t all)
{
    return part * 2 > all;
}

/* By the phase of what was refused. */
static void add_phase(struct fleet *f, struct group_entry *e, const struct rate *r, uint64_t all)
{
    uint64_t sums[PHASE_COUNT] = {0};
    size_t top = 0;

    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *g = f->groups.list[i];
        sums[g->group.phase] += weight(g, r);
        top = sums[g->group.phase] > sums[top] ? g->group.phase : top;
    }
    if (is_telling(sums[top], all)) {
        AND(e, "; %s in %s", words_count(sums[top]).s, words_phase((enum phase)top));
    }
}

struct owned {
    char key[FLEET_NAME_MAX];
    uint64_t count;
};

static int compare_owned(const void *pa, const void *pb)
{
    return strcmp(((const struct owned *)pa)->key, ((const struct owned *)pb)->key);
}

/* By whose server it was, where one peer is not all there is. */
static void add_owner(struct fleet *f, struct group_entry *e, const struct rate *r, uint64_t all)
{
    struct owned *owned = calloc(f->groups.count ? f->groups.count : 1, sizeof *owned);
    size_t count = 0, top = 0, kinds = 0;

    for (size_t i = 0; owned && i < f->groups.count; i++) {
        const struct group_entry *g = f->groups.list[i];
        struct owned *o = &owned[count];
        if (!weight(g, r) || !g->peer || g->group.peer_side != SIDE_SERVER) {
            continue;
        }
        fleet_bond_key(o->key, g->peer, BOND_PROVIDER);
        if (!o->key[0]) {
            fleet_bond_key(o->key, g->peer, BOND_NAME);
        }
        o->count = weight(g, r);
        count += o->key[0] != 0;
    }
    if (owned) {
        qsort(owned, count, sizeof *owned, compare_owned);
    }
    for (size_t i = 1; i < count; i++) {
        if (strcmp(owned[i].key, owned[kinds].key) == 0) {
            owned[kinds].count += owned[i].count;
        } else {
            owned[++kinds] = owned[i];
        }
    }
    for (size_t i = 0; count && i <= kinds; i++) {
        top = owned[i].count > owned[top].count ? i : top;
    }
    if (count > 1 && is_telling(owned[top].count, all)) {
        AND(e, "; %s with servers of %s", words_count(owned[top].count).s, owned[top].key);
    }
    free(owned);
}

/* By the client, where there are several. */
static void add_client(struct fleet *f, struct group_entry *e, const struct rate *r)
{
    const struct station *top = NULL;
    uint64_t most = 0, all = 0, clients = 0;
    char address[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *t = f->watch->stations[i];
        uint64_t n = r->permanent ? t->sent_5xx : t->sent_4xx;
        clients += t->side == SIDE_CLIENT;
        all += n;
        if (n > most) {
            most = n;
            top = t;
        }
    }
    if (top && clients > 1 && is_telling(most, all)) {
        address_format(&top->end.address, address);
        AND(e, "; %s of client %s", words_counted(most, "mail").s, address);
    }
}

static void add_top(struct fleet *f, struct group_entry *e, const struct rate *r)
{
    const struct group_entry *peer;
    uint64_t count, all = 0;
    const struct rule *top = top_refusal(f, r, &count, &peer);
    char address[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < f->groups.count; i++) {
        all += weight(f->groups.list[i], r);
    }
    if (!top) {
        return;
    }
    AND(e, "; most often %s (%s", top->id, words_counted(count, "session").s);
    if (peer) {
        address_format(&peer->group.peer, address);
        AND(e, ", %s%s of them with %s", weight(peer, r) == count ? "all " : "",
            words_count(weight(peer, r)).s, address);
    }
    AND(e, ")");
    add_phase(f, e, r, all);
    add_owner(f, e, r, all);
    add_client(f, e, r);
}

/* At least five minutes in which mail was refused so much more often than in the rest that the
 * bounds of both shares are a factor apart. */
static bool find_span(struct fleet *f, const struct rate *r, struct span *best)
{
    const struct watch *w = f->watch;
    double window_ns = threshold(THRESHOLD_RATE_WINDOW) * 1e9, highest = 0;
    size_t bins = 1;

    bins_describe(&f->clock, &f->bins);
    while ((double)bins * (double)f->bins.width_ns < window_ns && bins < FLEET_BINS) {
        bins++;
    }
    for (size_t from = 0; from + bins <= f->bins.count && bins < f->bins.count; from++) {
        struct span s = {.from = from,
                         .until = from + bins,
                         .rest_k = r->refused,
                         .rest_n = w->mails_seen,
                         .rest_unsure = w->mails_unsure};
        double low;
        for (size_t i = s.from; i < s.until; i++) {
            s.k += r->line->n[i];
            s.n += w->mails_line.n[i];
            s.unsure += w->unsure_line.n[i];
        }
        s.rest_k -= s.k < s.rest_k ? s.k : s.rest_k;
        s.rest_n -= s.n < s.rest_n ? s.n : s.rest_n;
        s.rest_unsure -= s.unsure < s.rest_unsure ? s.unsure : s.rest_unsure;
        low = fleet_wilson_low(s.k, s.n + s.unsure);
        if ((double)s.n >= threshold(THRESHOLD_RATE_COUNT) &&
            (double)s.rest_n >= threshold(THRESHOLD_RATE_COUNT) && low > highest &&
            low >= threshold(THRESHOLD_RATE_TIMES) *
                       fleet_wilson_high(s.rest_k + s.rest_unsure, s.rest_n + s.rest_unsure)) {
            *best = s;
            highest = low;
        }
    }
    return highest > 0;
}

static void say_span(const struct fleet *f, struct group_entry *e, const struct rate *r,
                     const struct span *s)
{
    char from[STAMP_MAX], until[STAMP_MAX];

    stamp_utc(from, f->bins.start_ns + (int64_t)s->from * f->bins.width_ns);
    stamp_utc(until, f->bins.start_ns + (int64_t)s->until * f->bins.width_ns);
    SAY(e, "%s of %s refused with a %s (%u %%) from %.19s to %.8s UTC, %s of %s before and after",
        words_count(s->k).s, words_counted(s->n, "mail").s, r->code, fleet_percent(s->k, s->n),
        from, until + 11, words_count(s->rest_k).s, words_count(s->rest_n).s);
}

static void judge_rate(struct fleet *f, const struct rate *r)
{
    uint64_t n = f->watch->mails_seen, most = n + f->watch->mails_unsure;
    struct span span;
    struct group_entry *e;
    /* Those whose answer was not captured may all have been accepted. */
    bool high = (double)n >= threshold(THRESHOLD_RATE_COUNT) &&
                fleet_wilson_low(r->refused, most) > r->share;

    if ((!high && !find_span(f, r, &span)) ||
        !(e = fleet_raise(f, r->id, &fleet_nobody, SIDE_SERVER, r->seen))) {
        return;
    }
    e->group.of = f->totals.sessions > e->group.sessions ? f->totals.sessions : e->group.sessions;
    if (!high) {
        say_span(f, e, r, &span);
        add_top(f, e, r);
        return;
    }
    if (fleet_wilson_low(r->refused, most) > threshold(THRESHOLD_RATE_CRITICAL)) {
        e->group.severity = SEVERITY_CRITICAL;
    }
    fleet_raise_lasting(f, e);
    SAY(e, "%s of %s refused with a %s (%u %%)", words_count(r->refused).s,
        words_counted(n, "mail").s, r->code, fleet_percent(r->refused, n));
    add_top(f, e, r);
}

void fleet_judge_rates(struct fleet *f)
{
    struct watch *w = f->watch;
    struct rate permanent = {
        "fleet-5xx-rate", "5xx",       true, w->refused_5xx, threshold(THRESHOLD_RATE_5XX),
        &w->refusals_5xx, &w->line_5xx};
    struct rate passing = {
        "fleet-4xx-rate", "4xx",       false, w->refused_4xx, threshold(THRESHOLD_RATE_4XX),
        &w->refusals_4xx, &w->line_4xx};

    bins_catch_up(&w->mails_line, &f->clock);
    bins_catch_up(&w->line_5xx, &f->clock);
    bins_catch_up(&w->line_4xx, &f->clock);
    bins_catch_up(&w->unsure_line, &f->clock);
    judge_rate(f, &permanent);
    judge_rate(f, &passing);
}

/* --- delays --- */

static int compare_times(const void *pa, const void *pb)
{
    const struct sample *a = pa, *b = pb;

    return a->at.time_ns < b->at.time_ns ? -1 : a->at.time_ns > b->at.time_ns;
}

static int compare_seconds(const void *pa, const void *pb)
{
    float a = *(const float *)pa, b = *(const float *)pb;

    return a < b ? -1 : a > b;
}

static double high_of(const struct sample *samples, size_t count)
{
    float seconds[SAMPLES_MAX];

    for (size_t i = 0; i < count; i++) {
        seconds[i] = samples[i].seconds;
    }
    qsort(seconds, count, sizeof seconds[0], compare_seconds);
    return (double)seconds[(count - 1) * 95 / 100];
}

/* Of several clients: whose replies they were, if nearly all were one's. */
static void add_waiting(struct fleet *f, struct group_entry *e, const struct sample *since,
                        size_t count, uint64_t slow_count)
{
    uint64_t most = 0;
    uint32_t who = 0;
    bool several = false;

    for (size_t i = 0; i < count; i++) {
        uint64_t same = 0;
        several = several || since[i].client != since[0].client;
        for (size_t k = 0; k < count; k++) {
            same += since[k].client == since[i].client &&
                    (double)since[k].seconds >= threshold(THRESHOLD_SHIFT_SECONDS);
        }
        if (same > most) {
            most = same;
            who = since[i].client;
        }
    }
    if (!several) {
        return;
    }
    if (!fleet_is_share(most, slow_count, threshold(THRESHOLD_FLEET_SHARE))) {
        AND(e, "; of several clients");
        return;
    }
    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *t = f->watch->stations[i];
        char address[ADDRESS_TEXT_MAX];
        if (t->side == SIDE_CLIENT && (t->hash & SAMPLE_CLIENT) == who) {
            address_format(&t->end.address, address);
            AND(e, "; nearly always of client %s", address);
            return;
        }
    }
}

/* The finding that these sessions carry, most of them, and whose server it is. */
static void add_finding_and_owner(struct fleet *f, struct group_entry *e, const struct station *t,
                                  uint64_t slow_count)
{
    const struct peer_entry *p = peers_find(&f->peers, &t->end, SIDE_SERVER);
    const struct group *top = NULL;
    char key[FLEET_NAME_MAX] = "";

    for (size_t i = 0; p && i < f->groups.count; i++) {
        const struct group *g = &f->groups.list[i]->group;
        if (f->groups.list[i]->peer == p && !g->cross_session && g->longest_s > 0 &&
            g->first.time_ns >= e->group.first.time_ns && is_telling(g->sessions, slow_count) &&
            (!top || g->sessions > top->sessions)) {
            top = g;
        }
    }
    if (top) {
        AND(e, "; %s in %s", top->rule, words_counted(top->sessions, "session").s);
    }
    if (p) {
        fleet_bond_key(key, p, BOND_PROVIDER);
    }
    if (key[0]) {
        AND(e, "; a server of %s", key);
    }
}

/* Cut at eighths: before against behind. */
void fleet_judge_latency(struct fleet *f, const struct station *t)
{
    size_t n = t->sample_count, least = (size_t)fmax(threshold(THRESHOLD_RATE_COUNT), 1), best = 0;
    double before = 0, behind = 0;
    struct sightings seen = {0};
    struct group_entry *e;
    unsigned slow[PHASE_COUNT] = {0}, phase = PHASE_CONNECT;

    if (n < 2 * least) {
        return;
    }
    qsort(t->samples, n, sizeof t->samples[0], compare_times);
    for (size_t i = 1; i < 8; i++) {
        size_t cut = n * i / 8;
        double a, b;
        if (cut < least || n - cut < least) {
            continue;
        }
        a = high_of(t->samples, cut);
        b = high_of(t->samples + cut, n - cut);
        if (b >= threshold(THRESHOLD_SHIFT_SECONDS) && b >= threshold(THRESHOLD_SHIFT_TIMES) * a &&
            (!best || b / (a + 0.001) > behind / (before + 0.001))) {
            best = cut;
            before = a;
            behind = b;
        }
    }
    if (!best) {
        return;
    }
    for (size_t i = best; i < n; i++) {
        if ((double)t->samples[i].seconds >= threshold(THRESHOLD_SHIFT_SECONDS)) {
            sightings_add(&seen, t->samples[i].at, t->samples[i].session);
            slow[t->samples[i].phase]++;
            phase = slow[t->samples[i].phase] > slow[phase] ? t->samples[i].phase : phase;
        }
    }
    if ((e = fleet_raise_at(f, "latency-shift", t, &seen))) {
        fleet_raise_lasting(f, e);
        SAY(e,
            "the slowest reply of a session took up to %s before (19 of 20 sessions), up to %s "
            "since; most often %s",
            words_duration(before).s, words_duration(behind).s, words_phase((enum phase)phase));
        add_finding_and_owner(f, e, t, seen.count);
        add_waiting(f, e, t->samples + best, n - best, seen.count);
        e->group.phase = (enum phase)phase;
    }
}
