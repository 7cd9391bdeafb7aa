/* fleet_silence.h - mail that stops coming while connections still do (mail-silence). */
#ifndef REPORT_DIAGNOSE_FLEET_SILENCE_H
#define REPORT_DIAGNOSE_FLEET_SILENCE_H

#include "report/diagnose/fleet_watch.h"

struct rhythm;

/* NULL: no memory. */
struct rhythm *rhythm_new(void);
void rhythm_free(struct rhythm *r);
/* One judged session that is over. */
void rhythm_add(struct rhythm *r, const struct session *s);
/* What came between these moments was not all captured. */
void rhythm_lost(struct rhythm *r, int64_t from_ns, int64_t until_ns);
/* Packets were lost, nobody knows when: nothing is said. */
void rhythm_void(struct rhythm *r);

#endif
