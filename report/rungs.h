/* rungs.h - one session as the rows of a ladder: what the text ladder and the drawn one share.
 *
 * A rung is one thing a reader wants to see in order: an arrow with what was said on it (pipelined
 * commands are lines of one arrow), a message's content, a silence and who was waited for, a hole
 * in the capture. Pure acknowledgements are not rungs, except the one that proves that what stayed
 * unanswered had arrived.
 */
#ifndef REPORT_RUNGS_H
#define REPORT_RUNGS_H

#include "report/diagnose/diagnose.h"

enum rung_shape {
    RUNG_ARROW,   /* SMTP or TLS: something was said */
    RUNG_TCP,     /* TCP only */
    RUNG_CONTENT, /* a message's content: many packets */
    RUNG_AGAIN,   /* sent again */
    RUNG_RECORDS, /* a run of records that cannot be read */
    RUNG_LOCK,    /* from here on everything is encrypted; no arrow */
    RUNG_WAIT,    /* a silence; no arrow */
    RUNG_GAP,     /* bytes that were never captured */
    RUNG_NOTE,    /* a remark; no arrow */
    RUNG_SHAPES
};

/* What an arrow says: our words, then the wire's, then ours again. */
struct rung_line {
    char before[48];
    struct text wire;
    char after[112];
};

struct rung {
    enum rung_shape shape;
    enum side side; /* who sent it; of a wait: who was waited for, when a side was */
    bool is_command, is_reply;
    bool bad;                /* an error, or what a finding is about */
    struct mark first, last; /* packets; first.packet 0: none */
    int64_t gap_ns;          /* since the rung above; -1: none */
    size_t line, line_count; /* lines[line] and following */
    const struct wait *wait; /* RUNG_WAIT */
};

struct rungs {
    struct rung *rung;
    size_t count;
    struct rung_line *lines;
    size_t line_count;
};

enum { RUNG_LINES = 8 }; /* on one arrow; more are counted on the last */

/* False when out of memory. Refers to the session; rungs_free after use. */
MUST_USE bool rungs_of(struct rungs *out, const struct session *s);
void rungs_free(struct rungs *r);

/* Who was waited for and what for, "no reply from the server"; and the limit that applied, "" when
 * none did: "limit 600 s (RFC 5321)". */
struct rung_wait_words {
    char what[96];
    char limit[128];
};
struct rung_wait_words rung_wait_words(const struct settings *settings, const struct wait *w);

#endif
