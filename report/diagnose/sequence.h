/* sequence.h - were the commands in order, as the client saw it and as the server saw it?
 *
 * The client's view: replies it had received when it sent the command (their bytes were
 * acknowledged by the command's packet); commands of the same pipelined group are taken to succeed.
 * The server's view: every earlier reply. A command that is out of order only in the server's view
 * is the echo of an earlier refusal; a 503 to one that is in order in both is disputed.
 */
#ifndef REPORT_DIAGNOSE_SEQUENCE_H
#define REPORT_DIAGNOSE_SEQUENCE_H

#include "report/diagnose/finding.h"

struct judge;

enum seq_state {
    SEQ_CONN,
    SEQ_REFUSED,
    SEQ_GREETED,
    SEQ_READY,
    SEQ_READYH,
    SEQ_MAIL,
    SEQ_RCPT,
    SEQ_BDAT,
    SEQ_AUTHX,
    SEQ_QUITS,
    SEQ_UNKNOWN, /* after a gap, midstream: nothing is judged */
    SEQ_STATES
};
extern const char *const seq_state_words[SEQ_STATES]; /* "before EHLO was accepted" */

/* What became of a command, for the rules. */
enum seq_verdict {
    SEQ_FINE,
    SEQ_EARLY,     /* before the greeting */
    SEQ_TOLERATED, /* out of order, but many servers take it (v) */
    SEQ_VIOLATION, /* out of order (V) */
    SEQ_HOPELESS,  /* DATA or BDAT although the client knew every recipient refused */
    SEQ_ECHO,      /* in order for the client, refused because of an earlier refusal */
    SEQ_DISPUTED,  /* 503 although it was in order */
    SEQ_NOT_JUDGED,
};

struct seq_step {
    const struct event *command; /* COMMAND, or the CHUNK of a BDAT */
    const struct event *reply;   /* NULL: none */
    enum seq_verdict verdict;
    enum seq_state state; /* in the client's view, before it */
    struct seq_step *next;
};

struct sequence {
    struct seq_step *steps; /* the ones that are not fine, in order; at most SEQUENCE_STEPS_MAX */
    unsigned count;
};

enum { SEQUENCE_STEPS_MAX = 256 };

/* Replays the session once; the same answer for every rule that asks. */
const struct sequence *sequence_of(struct judge *j);
/* The verdict on the command that this reply answers; SEQ_FINE when nothing was wrong with it. */
enum seq_verdict sequence_verdict(struct judge *j, const struct event *reply);

#endif
