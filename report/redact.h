/* redact.h - rewrites a session before any writer sees it. */
#ifndef REPORT_REDACT_H
#define REPORT_REDACT_H

#include "capture/fail.h"
#include "dissect/session.h"
#include "report/settings.h"

struct redactor;

/* With the key of settings->redact_key, or one that lives as long as the run. NULL with fail set:
 * STATUS_USAGE for a key file that cannot be read, is too short or may be read by others, and for
 * the levels that do not exist yet. */
struct redactor *redactor_new(const struct settings *settings, struct fail *fail);
void redactor_free(struct redactor *r);

/* Replaces what the level hides in the summaries of the session's findings: after diagnose_session,
 * before anything copies them (fleet_add) and before redact_session, which rewrites what they are
 * compared with. New text lives in s->arena. */
void redact_findings(struct redactor *r, struct session *s);

/* The same for every other text of the session: once, before a writer sees it. */
void redact_session(struct redactor *r, struct session *s);
/* The same for one text on its own (a name, a summary over many sessions). out is not terminated;
 * returns its length, at most size. */
size_t redact_bytes(struct redactor *r, struct bytes in, char *out, size_t size);

#endif
