/* provider.h - whose server this is, by what it says of itself. */
#ifndef REPORT_DIAGNOSE_PROVIDER_H
#define REPORT_DIAGNOSE_PROVIDER_H

#include "dissect/session.h"
#include "report/diagnose/replies.h"

/* The name of the mail provider, from the greeting, the EHLO reply, or the wording of this refusal
 * (row and text may be empty). NULL: unknown, or software anybody may run. */
const char *provider_of(const struct session *s, const struct reply_row *row, struct text reply);
/* The public provider that the server name asked for, or the greeting, belongs to without doubt.
 * NULL: none, or not sure. */
const char *provider_named(const struct session *s);

/* The same, and by the reply to EHLO or the certificate as well: whose server it is. */
const char *provider_sure(const struct session *s);

#endif
