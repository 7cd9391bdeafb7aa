/* fleet_spells.c - times in which nearly everything failed, and before, between and behind which
 * hardly anything did.
 *
 * A failure weighs what is missing to the share, a success takes away the share: so a stretch of
 * bins weighs something where more than the share of its sessions failed. The stretch that weighs
 * most is taken, then the next one beside it (Ruzzo and Tompa's maximal segments).
 */
#include "report/diagnose/fleet_spells.h"

#include <math.h>
#include <string.h>

#include "report/diagnose/fleet_raise.h"
#include "report/stamp.h"

enum { SPELLS_SAID = 3 };

/* --- runs --- */

void runs_good(struct runs *r, int64_t time_ns)
{
    r->good_ns = time_ns > r->good_ns ? time_ns : r->good_ns;
}

/* The place of a new one: a free one, or that of the shortest. */
static uint8_t place(struct runs *r)
{
    uint8_t least = 0;

    if (r->count < RUNS_MAX) {
        return r->count++;
    }
    for (uint8_t i = 1; i < RUNS_MAX; i++) {
        least = r->list[i].count < r->list[least].count ? i : least;
    }
    return least;
}

void runs_bad(struct runs *r, struct mark at, uint64_t session)
{
    struct run *run = &r->list[r->current];

    if (!r->count || (r->good_ns > run->last.time_ns && r->good_ns < at.time_ns)) {
        r->current = place(r);
        r->list[r->current] = (struct run){at, at, session, session, 1};
        return;
    }
    if (at.time_ns < run->first.time_ns) {
        run->first = at;
        run->first_session = session;
    }
    if (at.time_ns >= run->last.time_ns) {
        run->last = at;
        run->last_session = session;
    }
    run->count++;
}

/* --- counts --- */

void counts_add(struct counts *c, struct bins_line *all, struct bins_line *failed,
                const struct bins_clock *clock)
{
    bins_catch_up(all, clock);
    bins_catch_up(failed, clock);
    for (size_t i = 0; i < FLEET_BINS; i++) {
        c->all[i] += all->n[i];
        c->failed[i] += failed->n[i];
    }
}

uint64_t counts_within(const uint64_t line[FLEET_BINS], const struct spells *s)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < s->count; k++) {
        for (size_t i = s->list[k].from; i < s->list[k].behind; i++) {
            sum += line[i];
        }
    }
    return sum;
}

uint64_t counts_line_within(const struct bins_line *line, const struct spells *s)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < s->count; k++) {
        for (size_t i = s->list[k].from; i < s->list[k].behind; i++) {
            sum += line->n[i];
        }
    }
    return sum;
}

/* --- spells --- */

/* The stretch that weighs most, of bins that are not taken. */
static bool heaviest(const struct counts *c, double share, const bool taken[FLEET_BINS],
                     struct spell *out)
{
    double sum = 0, most = 0;
    size_t from = 0;

    for (size_t i = 0; i < FLEET_BINS; i++) {
        double bad = (double)c->failed[i], good = (double)c->all[i] - bad;
        if (taken[i] || sum <= 0) {
            sum = 0;
            from = i;
        }
        if (taken[i]) {
            continue;
        }
        sum += bad * (1 - share) - good * share;
        if (sum > most + 1e-9) {
            most = sum;
            *out = (struct spell){.from = from, .behind = i + 1};
        }
    }
    return most > 0;
}

static void count_spell(const struct counts *c, struct spell *s)
{
    for (size_t i = s->from; i < s->behind; i++) {
        s->sessions += c->all[i];
        s->failed += c->failed[i];
    }
}

static void insert(struct spells *s, struct spell what)
{
    size_t i = s->count++;

    for (; i > 0 && s->list[i - 1].from > what.from; i--) {
        s->list[i] = s->list[i - 1];
    }
    s->list[i] = what;
    s->failed += what.failed;
    s->sessions += what.sessions;
}

static void count_rest(const struct counts *c, struct spells *s)
{
    for (size_t i = 0; i < FLEET_BINS; i++) {
        bool beside = false;
        for (size_t k = 0; k < s->count; k++) {
            beside = beside || (i + 1 >= s->list[k].from && i <= s->list[k].behind);
        }
        s->rest += beside ? 0 : c->all[i];
        s->rest_failed += beside ? 0 : c->failed[i];
    }
}

/* How many such series the failures of the rest would bring by chance, at most. */
static double by_chance(const struct spell *s, const struct spells *all, uint64_t among)
{
    double n = (double)s->sessions, k = (double)s->failed;
    double rate = ((double)all->rest_failed + 1) / ((double)all->rest + 2);

    return (double)among * exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(rate));
}

bool spells_find(const struct counts *c, double share, uint64_t among, struct spells *out)
{
    bool taken[FLEET_BINS] = {false};
    struct spell s = {0};

    *out = (struct spells){.count = 0};
    for (int tries = 0; tries < 2 * SPELLS_MAX && out->count < SPELLS_MAX; tries++) {
        if (!heaviest(c, share, taken, &s)) {
            break;
        }
        memset(taken + s.from, true, s.behind - s.from);
        count_spell(c, &s);
        if ((double)s.failed >= threshold(THRESHOLD_FLEET_COUNT) &&
            fleet_wilson_low(s.failed, s.sessions) >= threshold(THRESHOLD_FLEET_LOW)) {
            insert(out, s);
        }
    }
    count_rest(c, out);
    for (size_t i = 0; i < out->count; i++) {
        if (out->rest && by_chance(&out->list[i], out, among) > threshold(THRESHOLD_SPELL_CHANCE)) {
            return false;
        }
    }
    return out->count &&
           (double)out->rest_failed <= threshold(THRESHOLD_FLEET_OTHERS) * (double)out->rest;
}

/* --- everybody --- */

void everybody_count(struct fleet *f, struct everybody *all)
{
    *all = (struct everybody){.sessions = 0};
    counts_add(&all->counts, &f->peers.all, &f->peers.failed_line, &f->clock);
    bins_catch_up(&f->peers.unsure_line, &f->clock);
    for (size_t i = 0; i < f->peers.count; i++) {
        struct peer_entry *p = f->peers.list[i];
        counts_add(&all->counts, &p->all, &p->failed, &f->clock);
    }
    for (size_t b = 0; b < FLEET_BINS; b++) {
        all->sessions += all->counts.all[b];
        all->unsure[b] = f->peers.unsure_line.n[b];
    }
}

bool everybody_else_is_fine(const struct everybody *all, const struct spells *s, uint64_t others[2])
{
    uint64_t sessions = counts_within(all->counts.all, s);
    uint64_t failed = counts_within(all->counts.failed, s);

    others[0] = sessions > s->sessions ? sessions - s->sessions : 0;
    others[1] = failed > s->failed ? failed - s->failed : 0;
    return (double)others[0] >= threshold(THRESHOLD_FLEET_COUNT) &&
           (double)(others[1] + counts_within(all->unsure, s)) <=
               threshold(THRESHOLD_FLEET_OTHERS) * (double)others[0];
}

/* --- what is said of them --- */

/* When it began and ended: by the runs that fall into it, else by its bins (packet 0). */
static struct run moment_of(const struct fleet *f, const struct spell *s,
                            const struct runs *const *runs, size_t count)
{
    int64_t width = f->bins.width_ns, from = f->bins.start_ns + (int64_t)s->from * width;
    int64_t behind = f->bins.start_ns + (int64_t)s->behind * width;
    struct run found = {.first = {0, from}, .last = {0, behind}};

    for (size_t k = 0; k < count; k++) {
        for (unsigned i = 0; runs[k] && i < runs[k]->count; i++) {
            const struct run *run = &runs[k]->list[i];
            /* It may begin and end in a bin beside, where others fared well. */
            if (run->count < 2 || run->first.time_ns < from - width ||
                run->first.time_ns >= behind || run->last.time_ns < from) {
                continue;
            }
            if (!found.first.packet || run->first.time_ns < found.first.time_ns) {
                found.first = run->first;
                found.first_session = run->first_session;
            }
            if (!found.last.packet || run->last.time_ns > found.last.time_ns) {
                found.last = run->last;
                found.last_session = run->last_session;
            }
        }
    }
    return found;
}

void spells_seen(struct fleet *f, const struct spells *s, const struct runs *const *runs,
                 size_t count, const struct sightings *like, struct sightings *seen)
{
    struct run first, last;

    bins_describe(&f->clock, &f->bins);
    first = moment_of(f, &s->list[0], runs, count);
    last = moment_of(f, &s->list[s->count - 1], runs, count);
    *seen = (struct sightings){.count = s->failed,
                               .first = first.first,
                               .last = last.last,
                               .first_session = first.first_session,
                               .last_session = last.last_session,
                               .example_count = like->example_count};
    memcpy(seen->examples, like->examples, sizeof seen->examples);
    if (!seen->first.packet) {
        seen->first.packet = like->first.packet;
        seen->first_session = like->first_session;
    }
    if (!seen->last.packet) {
        seen->last.packet = like->last.packet;
        seen->last_session = like->last_session;
    }
}

void spells_say(struct fleet *f, struct group_entry *e, const struct spells *s,
                const struct runs *const *runs, size_t count, bool recovered)
{
    for (size_t i = 0; i < s->count && i < SPELLS_SAID; i++) {
        struct run run = moment_of(f, &s->list[i], runs, count);
        char from[STAMP_MAX], until[STAMP_MAX];
        stamp_utc(from, run.first.time_ns);
        stamp_utc(until, run.last.time_ns);
        if (i == 0) {
            AND(e, " from %.10s %.8s to %.8s", from, from + 11, until + 11);
        } else {
            AND(e, ", %.8s to %.8s", from + 11, until + 11);
        }
    }
    AND(e, " UTC");
    if (s->count > SPELLS_SAID) {
        AND(e, " and %s more", words_counted(s->count - SPELLS_SAID, "time").s);
    }
    if (s->rest) {
        AND(e, "; %s of %s at other times%s", words_count(s->rest_failed).s, words_count(s->rest).s,
            recovered ? ", it recovered" : "");
    }
}
