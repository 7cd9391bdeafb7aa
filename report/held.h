/* held.h - sessions that are over and wait to be judged.
 *
 * Whether a capture loses packets shows in all of its sessions: of those that end with the input the
 * first one is judged when the last one was seen, as far as there is room.
 */
#ifndef REPORT_HELD_H
#define REPORT_HELD_H

#include "dissect/session.h"

/* Zeroed is empty. */
struct held {
    struct session **list;
    size_t count, room, bytes;
};

/* Takes s; false: there is no room, and it is still the caller's. */
bool held_add(struct held *h, struct session *s);
/* Gives them all to the sink, in their order. */
void held_give(struct held *h, session_sink sink, void *ctx);
/* Frees what was not given. */
void held_free(struct held *h);

#endif
