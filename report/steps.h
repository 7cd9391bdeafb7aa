/* steps.h - a session as the list of steps that reports tell: its events and its waits, merged.
 *
 * Order: by time; within one direction what was said stays in stream order, whatever order its
 * packets came in. A step's instant (`at`) is that of the packet that completed it where something
 * was said (reply, command, AUTH line, content, chunk, TLS message), and that of its first packet
 * for everything else; a wait stands at its beginning, behind the step it begins with.
 */
#ifndef REPORT_STEPS_H
#define REPORT_STEPS_H

#include "report/diagnose/finding.h"

enum { STEP_TEXT_MAX = 128 };

struct step {
    const char *kind;          /* "reply", "wait": the words of the contract */
    const struct event *event; /* NULL: a wait */
    const struct wait *wait;   /* NULL: an event */
    struct mark at;            /* its instant and its frame */
    bool has_side;             /* false: neither the client nor the server did it (wait, ICMP) */
    enum side side;
};

/* One list to be merged. */
struct steps_lane {
    const struct event *event; /* next; NULL: at its end */
    struct mark at;            /* of event */
    struct mark key;           /* where it goes: at, but not before its predecessor in the stream */
};

/* An iterator: no memory of its own. The session must not change meanwhile. */
struct steps_iterator {
    struct steps_lane said[SIDES], gaps[SIDES], packets;
    const struct wait *wait;
};

void steps_begin(struct steps_iterator *it, const struct session *s);
/* False at the end. */
bool steps_next(struct steps_iterator *it, struct step *out);
/* Whether this session's record carries its steps. */
bool steps_wanted(const struct settings *settings, const struct session *s);

/* Number of the transaction the event belongs to; 0: none. */
uint32_t step_transaction(const struct event *e);
/* Upper-cased verb of a COMMAND, raw; into scratch when it is none of ours. */
struct bytes step_verb(const struct event *command, char scratch[STEP_TEXT_MAX]);
/* What a REPLY answers: a verb, "greeting", "content", "auth", "BDAT", "unsolicited"; empty when it
 * is not known. Raw. */
struct bytes step_reply_to(const struct event *reply, char scratch[STEP_TEXT_MAX]);
/* What a TLS event is, in words: "client_hello", "fatal alert handshake_failure". */
size_t step_tls_text(const struct event *e, char *out, size_t size);

#endif
