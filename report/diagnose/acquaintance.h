/* acquaintance.h - servers that offered PIPE_CONNECT: a client that knows one from an earlier
 * session may speak at once (Exim; it sends everything up to the content before the greeting).
 *
 * What was learned is the program's, not a session's, and holds for all that is judged after it.
 * Bounded: when the table is full no more are learned, and the rules judge as without it.
 */
#ifndef REPORT_DIAGNOSE_ACQUAINTANCE_H
#define REPORT_DIAGNOSE_ACQUAINTANCE_H

#include "dissect/session.h"

/* The server of s offers it in s, or offered it in a session learned before. */
bool acquaintance_may_pipe(const struct session *s);
/* Learns from a session that was judged. */
void acquaintance_learn(const struct session *s);
/* Forgets all; for tests. */
void acquaintance_reset(void);

#endif
