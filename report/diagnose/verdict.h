/* verdict.h - the one sentence about a capture: what, who, how much, and what was ruled out. */
#ifndef REPORT_DIAGNOSE_VERDICT_H
#define REPORT_DIAGNOSE_VERDICT_H

struct fleet;

/* After the groups are ordered. */
void verdict_form(struct fleet *f);

#endif
