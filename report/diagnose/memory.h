/* memory.h - a diagnosis and the memory behind it, used again when a session is judged again.
 *
 * A session that is still open is judged many times (live); its arena cannot give memory back, so
 * the blocks of the older diagnosis serve the newer one.
 */
#ifndef REPORT_DIAGNOSE_MEMORY_H
#define REPORT_DIAGNOSE_MEMORY_H

#include "report/diagnose/finding.h"

/* A zeroed diagnosis of s, stored in s->diagnosis; what an older one held is void. */
struct diagnosis *diagnosis_begin(struct session *s);
/* Zeroed; lasts as long as d. */
void *diagnosis_alloc(struct diagnosis *d, size_t size);

#endif
