/* waiting_words.h - what a wait is called in findings: what was asked, and whose timer it equals.
 */
#ifndef REPORT_DIAGNOSE_WAITING_WORDS_H
#define REPORT_DIAGNOSE_WAITING_WORDS_H

#include "report/diagnose/judge.h"

/* What is unanswered: "RCPT TO", "the end of data". */
const char *waiting_asked(const struct wait *w);
/* Appends "(the timer of ...)", where some software's default equals this wait. */
void waiting_say_timer(struct finding *f, enum phase phase, enum side side, double seconds);

#endif
