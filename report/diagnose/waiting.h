/* waiting.h - the course of a session: how things stood, every silence, and who was waited for.
 *
 * Nearly every finding rests on this. One pass over the events follows what was outstanding; each
 * interval of more than a second without progress becomes a struct wait. Pure acknowledgements,
 * keep-alives, retransmissions and window probes are no progress.
 */
#ifndef REPORT_DIAGNOSE_WAITING_H
#define REPORT_DIAGNOSE_WAITING_H

#include "report/diagnose/finding.h"

struct judge;

/* How things stand between two events. */
struct standing {
    enum phase phase;
    const struct event *open;     /* the oldest command, line, content or chunk without a reply */
    const struct transaction *tx; /* MAIL accepted, not finished; NULL: none */
    bool uncertain;               /* midstream or behind a gap: what is outstanding is not known */
    bool in_tls;
};

struct course {
    unsigned has; /* enum needs that this session meets */
    bool masked;  /* a keyword of the hello's reply is */
    const struct event *fin[SIDES],
        *rst[SIDES];            /* first of each; only resets a peer would accept */
    const struct event *ending; /* the first of these; NULL: still open */
    struct standing before_end; /* how things stood then, or stand now */
    const struct event *quit;   /* the first QUIT */
    const struct event
        *farewell; /* a reply that announces the close: 421, 221, a refused greeting */
    const struct event *last_reply, *last_action; /* before the ending */
    const struct event *synack, *last_syn;
    struct wait **wait_tail;
};

/* Walks the session: fills j->course and the waits of j->d. */
void waiting_read(struct judge *j);
/* The phase a command belongs to while it is unanswered. */
enum phase waiting_phase_of(const struct event *action);
/* The reply that answered a command, line, content or chunk; NULL: none, or an unfinished one. */
const struct event *waiting_reply_to(const struct event *action);
/* The client ended this wait on its own account: it closed, reset, or said QUIT into the silence.
 */
bool waiting_gave_up(const struct wait *w);

#endif
