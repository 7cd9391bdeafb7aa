/* fleet_before.h - what came just before a fault began. Only files of the fleet include it. */
#ifndef REPORT_DIAGNOSE_FLEET_BEFORE_H
#define REPORT_DIAGNOSE_FLEET_BEFORE_H

#include "report/diagnose/fleet_state.h"

/* What a server said in a session that went well. */
void fleet_note_said(struct peer_entry *p, const struct session *s);
/* The first session of a group. */
void fleet_note_onset(struct group_entry *e, const struct peer_entry *p, const struct session *s);
/* Nothing was captured between these moments. */
void fleet_note_hole(struct fleet *f, int64_t from_ns, int64_t until_ns);
/* The times between the inputs. */
void fleet_note_inputs(struct fleet *f, const struct source *source);

/* At the end: the last success of its peer, or of anybody where it has none; packet 0: none is
 * known. */
struct mark fleet_good_before(const struct fleet *f, const struct group_entry *e,
                              uint64_t *session);
/* "3.02 s after the last session that went well"; "" where nothing is known. Our words and
 * addresses, to stand behind "began". */
void fleet_say_before(const struct fleet *f, const struct group_entry *e, char *out, size_t size);

#endif
