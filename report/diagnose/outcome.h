/* outcome.h - how a session ended for the mail, and in which phase. */
#ifndef REPORT_DIAGNOSE_OUTCOME_H
#define REPORT_DIAGNOSE_OUTCOME_H

struct judge;

/* After the findings are raised and the primary is chosen: fills outcome and phase. */
void outcome_decide(struct judge *j);

#endif
