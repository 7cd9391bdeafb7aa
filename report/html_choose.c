/* html_choose.c - which of the sessions kept appear on the HTML page: rows and ladders.
 *
 * The page has room for HTML_ROWS_MAX rows and HTML_LADDERS_MAX ladders, and for so many bytes of
 * each. Every group gets its first rows and its representative, as far as that goes; the rest is
 * spread evenly.
 */
#include "report/html_spool.h"

#include <stdlib.h>
#include <string.h>

#include "report/html.h"

enum { ROWS_FIRST = 20, ROW_FRAME = 120 /* bytes around the piece */ };

static int table_order(const void *a, const void *b)
{
    const struct html_kept *x = a, *y = b;

    if (x->group != y->group) {
        /* Those without a number last: 0 - 1 is the largest. */
        return x->group - 1U < y->group - 1U ? -1 : 1;
    }
    if (x->start_ns != y->start_ns) {
        return x->start_ns < y->start_ns ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

static void find_groups(struct html_spool *spool, const struct fleet *fleet)
{
    for (size_t i = 0; i < spool->count; i++) {
        struct html_kept *k = &spool->kept[i];
        struct session s = {.id = k->id, .end = {k->end[SIDE_CLIENT], k->end[SIDE_SERVER]}};
        struct finding finding = {0};
        const struct group *g;

        memcpy(finding.id, k->tally->id, sizeof finding.id);
        g = k->tally->id[0] ? fleet_find(fleet, &finding, &s) : NULL;
        k->group = g ? g->number : 0;
    }
}

/* Of each group the earliest drawn session that was captured whole, else the earliest drawn. */
static void name_representatives(struct html_spool *spool)
{
    struct html_kept *best = NULL;

    for (size_t i = 0; i < spool->count; i++) {
        struct html_kept *k = &spool->kept[i];
        if (!k->drawn) {
            /* not a candidate */
        } else if (!best || (k->whole && !best->whole)) {
            best = k;
        }
        if (i + 1 == spool->count || spool->kept[i + 1].group != k->group) {
            if (best) {
                best->representative = true;
            }
            best = NULL;
        }
    }
}

static bool show(struct html_kept *k, uint64_t *bytes)
{
    if (k->shown || *bytes + k->len[PIECE_ROW] > HTML_ROWS_BYTES) {
        return false;
    }
    k->shown = true;
    *bytes += k->len[PIECE_ROW] + ROW_FRAME;
    return true;
}

/* Of each group the first and its representative; then evenly what there is room for. */
static void choose_rows(struct html_spool *spool)
{
    size_t taken = 0, in_group = 0, left = 0, room, nth = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < spool->count && taken < HTML_ROWS_MAX; i++) {
        struct html_kept *k = &spool->kept[i];
        in_group = i && spool->kept[i - 1].group == k->group ? in_group + 1 : 0;
        taken += (in_group < ROWS_FIRST || k->representative) && show(k, &bytes);
    }
    for (size_t i = 0; i < spool->count; i++) {
        left += !spool->kept[i].shown;
    }
    room = HTML_ROWS_MAX - taken < left ? HTML_ROWS_MAX - taken : left;
    for (size_t i = 0; i < spool->count && left; i++) {
        struct html_kept *k = &spool->kept[i];
        if (k->shown) {
            continue;
        }
        if ((nth + 1) * room / left > nth * room / left) {
            show(k, &bytes);
        }
        nth++;
    }
}

static void choose_ladders(struct html_spool *spool)
{
    uint64_t bytes = 0;
    size_t taken = 0;

    for (int representatives = 1; representatives >= 0; representatives--) {
        for (size_t i = 0; i < spool->count; i++) {
            struct html_kept *k = &spool->kept[i];
            uint64_t len = (uint64_t)k->len[PIECE_LADDER] + k->len[PIECE_BAR];
            if (k->shown && k->drawn && !k->told && (k->representative || !representatives) &&
                taken < HTML_LADDERS_MAX && bytes + len < HTML_LADDERS_BYTES) {
                k->told = true;
                bytes += len;
                taken++;
            }
        }
    }
}

void html_spool_resolve(struct html_spool *spool, const struct fleet *fleet)
{
    find_groups(spool, fleet);
    if (spool->count) {
        qsort(spool->kept, spool->count, sizeof *spool->kept, table_order);
    }
    name_representatives(spool);
    choose_rows(spool);
    choose_ladders(spool);
    for (size_t i = 0; i < spool->slow_count; i++) {
        spool->slow[i].shown = spool->slow[i].told = true;
    }
}
