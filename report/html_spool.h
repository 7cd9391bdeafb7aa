/* html_spool.h - what the HTML page keeps of sessions while they pass.
 *
 * Rows and drawings are written to a temporary file without a name; in memory stays a bounded list
 * of where they are, thinned out evenly over time as it fills. Which finding a session belongs to
 * gets its number only at the end: the key to look it up is kept with it.
 */
#ifndef REPORT_HTML_SPOOL_H
#define REPORT_HTML_SPOOL_H

#include <stdio.h>

#include "capture/fail.h"
#include "report/diagnose/fleet.h"

/* Stretches of the spool file. */
enum html_piece { PIECE_ROW, PIECE_TITLE, PIECE_BAR, PIECE_LADDER, PIECE_ASIDE, PIECES };

enum { HTML_TALLIES = 256, HTML_DRAWN_MAX = 600 };

/* One finding id: how many sessions had it, how they are thinned out. */
struct html_tally {
    char id[FINDING_ID_MAX];
    uint64_t seen;
    uint64_t stride;    /* beyond the sure ones every stride-th is kept */
    int64_t longest_ns; /* time to failure */
    size_t kept, drawn;
};

struct html_kept {
    uint64_t id;
    int64_t start_ns;
    enum band band;
    bool whole;          /* both directions, from the beginning, no loss */
    bool drawn;          /* its ladder is in the spool */
    bool shown;          /* chosen for the table */
    bool told;           /* its ladder is on the page */
    bool representative; /* of its group */
    unsigned group;      /* number; 0: none. Known after html_spool_resolve */
    struct endpoint end[SIDES];
    const struct html_tally *tally; /* of its finding; NULL: not flagged */
    uint64_t nth;                   /* among the sessions with that finding */
    bool sure;                      /* kept whatever comes: first, drawn, or longest so far */
    int64_t slow_ns;                /* slowest sessions: of its slowest reply */
    uint64_t at;                    /* in the spool */
    uint32_t len[PIECES];
};

struct html_spool {
    FILE *file;
    struct html_kept *kept;
    size_t count, room;
    uint64_t at;      /* end of the spool */
    uint64_t flagged; /* sessions flagged, kept or not */
    uint64_t flagged_in[BANDS];
    struct html_tally tally[HTML_TALLIES]; /* the last one, without an id, serves all beyond */
    size_t tally_count;
    size_t drawn[HTML_DRAWN_MAX]; /* indexes in kept */
    size_t drawn_count;
    bool failed;               /* the temporary file could not be written */
    struct html_kept slow[20]; /* slowest, worst first; their pieces in text */
    char *slow_text[20];
    size_t slow_count;
};

/* False with fail set. */
MUST_USE bool html_spool_init(struct html_spool *spool, struct fail *fail);
void html_spool_free(struct html_spool *spool);
void html_spool_add(struct html_spool *spool, const struct settings *settings,
                    const struct session *s);
/* Numbers of findings, order of the table, which rows and ladders appear (html_choose.c). */
void html_spool_resolve(struct html_spool *spool, const struct fleet *fleet);
/* Copies one piece to out. */
void html_spool_put(struct html_spool *spool, const struct html_kept *k, enum html_piece piece,
                    FILE *out);
/* Of the flagged sessions kept, or of the slowest; NULL: not there. */
const struct html_kept *html_spool_find(const struct html_spool *spool, uint64_t id);

#endif
