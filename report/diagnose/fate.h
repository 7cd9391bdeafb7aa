/* fate.h - what to look for in the server's log when only it knows what became of a mail. */
#ifndef REPORT_DIAGNOSE_FATE_H
#define REPORT_DIAGNOSE_FATE_H

#include "report/diagnose/judge.h"

/* Appends "; look in the server's log for WHAT from T1 to T2 UTC": the queue id when the server
 * named one, else the client and the sender. tx may be NULL. */
void fate_say(struct judge *j, struct finding *f, const struct transaction *tx, struct mark from,
              struct mark until);

#endif
