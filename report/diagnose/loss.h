/* loss.h - how many of the sessions seen last provably lack packets that the capture should hold.
 *
 * A session of which everything behind some moment is missing looks like one in which everybody
 * fell silent: nothing in it tells the two apart. The sessions beside it do: a capture that lost
 * packets of one session in four may have lost the rest of this one. One that is cut at an edge of
 * the capture lacks nothing that the capture should hold, and one or two with a hole say little.
 *
 * What was learned is the program's, not a session's, and holds for all that is judged after it.
 * Bounded: the last LOSS_SESSIONS sessions count, so that a live capture forgets, too.
 */
#ifndef REPORT_DIAGNOSE_LOSS_H
#define REPORT_DIAGNOSE_LOSS_H

#include "dissect/session.h"

enum { LOSS_SESSIONS = 1024 };

/* Learns from a session that is over, once. */
void loss_learn(const struct session *s);
/* What the capture says itself: packets it holds, and those that were dropped while it ran. */
void loss_learn_drops(uint64_t packets, uint64_t dropped);
/* So common that a session may lack all its last packets without a trace. */
bool loss_is_common(void);
/* Why, for a finding that is unproven: "3 of 8 sessions of this capture lack packets". Holds until
 * the next call. */
const char *loss_words(void);
/* Forgets all; for tests. */
void loss_reset(void);

#endif
