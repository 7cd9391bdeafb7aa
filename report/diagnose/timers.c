/* timers.c - the table of timers, from data/timers.tsv. */
#include "report/diagnose/timers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/diagnose/thresholds.h"

enum { NAMED_MAX = 3 };

static const struct timer timers[] = {
#include "report/diagnose/timer_rows.h"
};

double timers_tolerance(double seconds)
{
    return fmax(threshold(THRESHOLD_TIMER_TOLERANCE),
                threshold(THRESHOLD_TIMER_TOLERANCE_SHARE) * seconds);
}

bool timers_reached(double waited, double timer)
{
    return waited >= timer - timers_tolerance(timer);
}

static bool covers(const struct timer *t, enum phase phase)
{
    return t->phase == phase ||
           (t->phase == PHASES && phase >= PHASE_EHLO && phase <= PHASE_DATA_INIT);
}

bool timers_recognize(enum phase phase, enum side side, double waited, char *out, size_t size)
{
    size_t used = 0;
    int named = 0;

    for (size_t i = 0; i < sizeof timers / sizeof timers[0] && named < NAMED_MAX; i++) {
        const struct timer *t = &timers[i];
        int n;

        if (t->side != side || !covers(t, phase) ||
            fabs(waited - t->seconds) > timers_tolerance(t->seconds)) {
            continue;
        }
        n = snprintf(out + used, size - used, "%s%s %s", named ? ", " : "", t->software,
                     t->setting);
        if (n < 0 || (size_t)n >= size - used) {
            out[used] = '\0';
            break;
        }
        used += (size_t)n;
        named++;
    }
    return named > 0;
}
