/* reset.h - the reset that ended a session, and whether it came from whom it names. */
#ifndef REPORT_DIAGNOSE_RESET_H
#define REPORT_DIAGNOSE_RESET_H

#include "report/diagnose/judge.h"

/* The reset that ended the session, when it is this side's and nothing explains it; else NULL. */
const struct event *reset_unexplained(const struct judge *j, enum side side);
/* Its signs are enough to say that somebody else sent it. */
bool reset_is_forged(const struct judge *j, const struct event *rst);

#endif
