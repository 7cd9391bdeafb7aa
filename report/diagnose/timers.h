/* timers.h - whose timer fired: silences that equal the default of well-known software. */
#ifndef REPORT_DIAGNOSE_TIMERS_H
#define REPORT_DIAGNOSE_TIMERS_H

#include "report/diagnose/finding.h"

struct timer {
    enum phase phase; /* PHASES: any from ehlo to data-init */
    double seconds;
    enum side side; /* who runs it */
    const char *software, *setting, *source;
};

/* How far a measured silence may be from a timer of so many seconds. */
double timers_tolerance(double seconds);
/* The silence lasted as long as the timer, or longer. */
bool timers_reached(double waited, double timer);
/* Words for whom it fits, "Postfix smtp_data_done_timeout, Exim final_timeout"; false: for nobody.
 * At most three are named. */
bool timers_recognize(enum phase phase, enum side side, double waited, char *out, size_t size);

#endif
