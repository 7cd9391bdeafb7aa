/* reset.h - the reset that ended a session, and whether it came from whom it names. */
#ifndef REPORT_DIAGNOSE_RESET_H
#define REPORT_DIAGNOSE_RESET_H

#include "report/diagnose/judge.h"

/* The reset that ended the session, when it is this side's and nothing explains it; else NULL. */
const struct event *reset_unexplained(const struct judge *j, enum side side);
/* The RST that answered the SYN; NULL: the connection was not refused. */
const struct event *reset_refusal(const struct judge *j);
/* Its signs are enough to say that somebody else sent it. */
bool reset_is_forged(const struct judge *j, const struct event *rst);
/* They are not, but its TTL is not that host's. */
bool reset_is_doubtful(const struct judge *j, const struct event *rst);
/* Such a one accuses nobody, and says why. */
void reset_doubt(struct finding *f, const struct event *rst);

#endif
