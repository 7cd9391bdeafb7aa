/* html_session.h - one session on the HTML page: its row in the table, its title, what stands
 * beside its ladder. All text from the wire is escaped here. */
#ifndef REPORT_HTML_SESSION_H
#define REPORT_HTML_SESSION_H

#include <stdio.h>

#include "report/chart.h"

/* The finding a row is about: the primary one, else the worst that flags the session; NULL: none.
 */
const struct finding *html_session_lead(const struct session *s);
/* How long it took to fail: the wait the finding speaks of, else the time from the first packet. */
int64_t html_session_failed_ns(const struct session *s, const struct finding *lead);
/* A finding's summary as a sentence: a capital first, a full stop last. Escaped. */
void html_sentence(FILE *out, struct bytes summary);
/* The cells behind the session's id, without the finding's number. */
void html_session_row(FILE *out, const struct settings *settings, const struct session *s,
                      enum band band);
/* "s0148 · reset during message content · 13:52:56.212" */
void html_session_title(FILE *out, const struct settings *settings, const struct session *s);
/* The list beside the ladder: connection, message, evidence, how to look at it elsewhere. */
void html_session_aside(FILE *out, const struct settings *settings, const struct session *s);

#endif
