/* replies.h - what a refusal means: its text, else its enhanced code, else its code where it
 * stands.
 *
 * Three steps in this order: rows of texts by priority (data/reply_patterns.tsv, and the user's own
 * before them), the table of enhanced codes (data/enhanced_status.tsv), code and command. A number
 * alone never decides when a text is known.
 */
#ifndef REPORT_DIAGNOSE_REPLIES_H
#define REPORT_DIAGNOSE_REPLIES_H

#include "capture/fail.h"
#include "dissect/session.h"
#include "report/vocabulary.h"

/* One row of the table of texts. */
struct reply_row {
    unsigned priority;
    const char *codes;    /* prefixes divided by commas: "4,5" */
    int subject, detail;  /* of the enhanced code; -1: any */
    enum phase phase;     /* PHASES: any */
    const char *glob;     /* lower case, '*' any run, found anywhere; "": code and enhanced only */
    const char *finding;  /* id of a rule */
    const char *provider; /* whose wording it is */
    enum confidence confidence;
};

enum reply_step { REPLY_BY_NOTHING, REPLY_BY_TEXT, REPLY_BY_ENHANCED, REPLY_BY_CODE };

/* A refusal as it is looked up, with what the last step wants to know. */
struct refused {
    unsigned code;
    struct enhanced enhanced;
    struct text text; /* all lines joined */
    enum phase phase;
    enum verb verb;    /* VERB_UNKNOWN: greeting, content, unsolicited */
    bool was_idle;     /* it came unasked, after the client had been silent */
    unsigned accepted; /* recipients accepted so far in this mail */
    bool near_limit;   /* the message is about as large as the server said it takes */
};

struct meaning {
    enum reply_step step;
    const char *finding; /* id of a rule; NULL: nobody knows */
    enum confidence confidence;
    const struct reply_row *row; /* REPLY_BY_TEXT */
    bool user;                   /* a row of the user's */
};

/* Rows of the user's own; where there are none, NULL stands for them. */
struct reply_rows {
    struct reply_row *rows; /* in order of priority */
    size_t count;
    char *text; /* what their strings point into */
};

struct meaning replies_classify(const struct refused *r, const struct reply_rows *own);

/* Reads a file of rows: the first six columns of data/reply_patterns.tsv are needed. False with
 * fail set to a clause that names the line. Free with replies_free. */
bool replies_read(const char *path, struct reply_rows **out, struct fail *fail);
void replies_free(struct reply_rows *own);
size_t replies_count(const struct reply_rows *own);

#endif
