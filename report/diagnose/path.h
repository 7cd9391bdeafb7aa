/* path.h - bytes that do not get through: what the rules about the path have in common. */
#ifndef REPORT_DIAGNOSE_PATH_H
#define REPORT_DIAGNOSE_PATH_H

#include "report/diagnose/judge.h"

/* Content that had not come to its end at this moment; NULL: none. */
const struct event *path_content_at(const struct judge *j, struct mark at);
/* These bytes (an EVENT_RETRANSMIT) were sent again and never acknowledged. */
bool path_is_stuck(const struct judge *j, const struct event *resent);
/* The receiver of this side's bytes had closed its window at some time while they were resent: then
 * it is no matter of the path. */
bool path_window_was_closed(const struct judge *j, const struct event *resent);
/* What this side sends cannot be larger on the wire, whatever offload shows. */
uint32_t path_wire_len(const struct judge *j, enum side side, uint32_t len);
/* A full-size segment that never gets through while small ones do, and a peer that is alive. */
bool path_is_black_hole(const struct judge *j, const struct event *resent);
/* What this side sent from this moment on was sent again and again, and not one packet came back.
 */
bool path_peer_was_gone(const struct judge *j, enum side side, struct mark from);
/* Bytes that this side had sent before that moment were never acknowledged. */
bool path_was_unheard(const struct judge *j, enum side side, struct mark until);
/* The other side's host was still there when this was said or sent: it acknowledged that, or sent
 * something since. */
bool path_was_heard(const struct judge *j, const struct event *said);
/* Seconds in which an answer comes at once: a round trip of the handshake and a little more. */
double path_at_once(const struct judge *j);
/* Where the session stood when these bytes were resent. */
enum phase path_phase(const struct judge *j, const struct event *resent);

#endif
