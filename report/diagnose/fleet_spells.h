/* fleet_spells.h - times in which nearly everything failed, and before, between and behind which
 * hardly anything did: outages that are over.
 *
 * They are found in bins (bins.h), so an outage that is much shorter than a bin among many good
 * sessions is not seen. When exactly one began and ended is known from runs: failures without a
 * success between them, of which the longest are kept.
 */
#ifndef REPORT_DIAGNOSE_FLEET_SPELLS_H
#define REPORT_DIAGNOSE_FLEET_SPELLS_H

#include "report/diagnose/bins.h"

struct fleet;
struct group_entry;
struct sightings;

enum { RUNS_MAX = 6, SPELLS_MAX = 6 };

struct run {
    struct mark first, last; /* failures */
    uint64_t first_session, last_session;
    uint32_t count;
};

struct runs {
    struct run list[RUNS_MAX];
    uint8_t count, current;
    int64_t good_ns; /* the latest success; 0: none */
};

/* In the order of their ends, as sessions come. */
void runs_good(struct runs *r, int64_t time_ns);
void runs_bad(struct runs *r, struct mark at, uint64_t session);

struct spell {
    size_t from, behind; /* bins: the first, the one behind the last */
    uint64_t failed, sessions;
};

struct spells {
    struct spell list[SPELLS_MAX]; /* in the order of time */
    size_t count;
    uint64_t failed, sessions;  /* in all of them */
    uint64_t rest_failed, rest; /* elsewhere, but for the bins beside them, which may be mixed */
};

/* Numbers of one peer, or of several together, or of all. */
struct counts {
    uint64_t all[FLEET_BINS], failed[FLEET_BINS];
};
/* Both lines catch up. */
void counts_add(struct counts *c, struct bins_line *all, struct bins_line *failed,
                const struct bins_clock *clock);
uint64_t counts_within(const uint64_t line[FLEET_BINS], const struct spells *s);
uint64_t counts_line_within(const struct bins_line *line, const struct spells *s);

/* share: of the sessions in a spell that failed, at least. among: how many sessions there are in
 * all, with anybody; a spell that the rest's failures would bring now and then by chance is none.
 * False: there is none, or the rest fails as well. */
bool spells_find(const struct counts *c, double share, uint64_t among, struct spells *out);

/* All sessions of the capture, with which some are compared. */
struct everybody {
    struct counts counts;
    uint64_t unsure[FLEET_BINS]; /* neither failed nor captured whole */
    uint64_t sessions;
};
void everybody_count(struct fleet *f, struct everybody *all);
/* All but those that the spells are about fared well meanwhile. others: how many sessions, how many
 * failed. */
bool everybody_else_is_fine(const struct everybody *all, const struct spells *s,
                            uint64_t others[2]);

/* First and last failure in them, by the runs that fall into them, else by their bins: into seen;
 * like: a packet for a moment of which none is known. */
void spells_seen(struct fleet *f, const struct spells *s, const struct runs *const *runs,
                 size_t count, const struct sightings *like, struct sightings *seen);
/* When they were, and how the rest went, behind what the summary says already. recovered: something
 * went well behind the last of them. */
void spells_say(struct fleet *f, struct group_entry *e, const struct spells *s,
                const struct runs *const *runs, size_t count, bool recovered);

#endif
