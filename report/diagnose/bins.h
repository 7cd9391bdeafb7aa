/* bins.h - counts over time in a fixed number of bins whose width doubles as the time grows.
 *
 * One clock for all: it knows the seconds seen so far. Each line of counts catches up with the
 * clock when it is touched, so that a change of width costs nothing for lines nobody looks at.
 */
#ifndef REPORT_DIAGNOSE_BINS_H
#define REPORT_DIAGNOSE_BINS_H

#include "report/diagnose/fleet.h"

struct bins_clock {
    bool running;
    int64_t low, high; /* first and last second seen, from 1970 */
    unsigned shift;    /* a bin is 1 << shift seconds wide */
};

struct bins_line {
    int64_t base; /* number of the first bin, counted from 1970 in bins of this width */
    unsigned shift;
    bool counted; /* n is not all 0 */
    uint32_t n[FLEET_BINS];
};

/* The clock covers this moment from now on. */
void bins_see(struct bins_clock *c, int64_t time_ns);
/* Counts one at a moment the clock covers. */
void bins_count(struct bins_line *line, const struct bins_clock *c, int64_t time_ns);
/* Counts so many of them. */
void bins_add(struct bins_line *line, const struct bins_clock *c, int64_t time_ns, uint32_t count);
/* Adds what `more` counted, which catches up. */
void bins_join(struct bins_line *line, struct bins_line *more, const struct bins_clock *c);
/* The line in the clock's present bins. */
void bins_catch_up(struct bins_line *line, const struct bins_clock *c);
/* Start, width and number of the clock's bins. */
void bins_describe(const struct bins_clock *c, struct bins *out);

#endif
