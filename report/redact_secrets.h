/* redact_secrets.h - what no output may show at any level: the second lock behind the model's own.
 */
#ifndef REPORT_REDACT_SECRETS_H
#define REPORT_REDACT_SECRETS_H

#include "dissect/session.h"

/* Leaves out of commands what may be a credential or message content after all. */
void redact_secrets(struct session *s);

#endif
