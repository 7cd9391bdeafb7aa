/* diagnose.h - from a session's facts to its findings; over many sessions, to a verdict. */
#ifndef REPORT_DIAGNOSE_DIAGNOSE_H
#define REPORT_DIAGNOSE_DIAGNOSE_H

#include "report/diagnose/finding.h"

/* Judges one session; also one that is still open (live). The result lives in s->arena and is
 * stored in s->diagnosis. May be called again: the newer result replaces the older. */
const struct diagnosis *diagnose_session(const struct settings *settings, struct session *s);

static inline const struct diagnosis *diagnosis_of(const struct session *s)
{
    return s->diagnosis;
}

#endif
