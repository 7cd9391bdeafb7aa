/* refusals.h - every refusal of a session that is a cause of its own, and what it means. */
#ifndef REPORT_DIAGNOSE_REFUSALS_H
#define REPORT_DIAGNOSE_REFUSALS_H

#include "report/diagnose/judge.h"
#include "report/diagnose/replies.h"

struct refusal {
    const struct event *reply;
    const struct event *asked; /* NULL: the greeting, or unasked */
    const struct rule *rule;   /* NULL: nobody knows what it means */
    struct meaning meaning;    /* how that was found out; the dialogue may have known better */
    enum phase phase;
    bool made_good; /* what was refused was done later in the session all the same */
    struct refusal *next;
};

/* In order of time; echoes of earlier refusals and what the order of commands explains are not
 * among them. The same answer for every rule that asks. */
const struct refusal *refusals_of(struct judge *j);
/* The one that this reply is; NULL: it is none of them. */
const struct refusal *refusals_find(struct judge *j, const struct event *reply);
/* Its words say that the server, or the machine, is being stopped. */
bool refusals_is_shutdown(const struct refusal *r);

/* refusals_dialogue.c: what the dialogue knows better than the text; an id, or NULL to leave it. */
const char *refusals_by_dialogue(struct judge *j, const struct refusal *r);

/* refusals_details.c: appends what the dialogue adds to the words of this finding. */
void refusals_add_details(struct judge *j, struct finding *f, const struct refusal *r);
/* rules_replies.c: it came after the client had given up, and decided nothing. */
bool refusals_came_too_late(const struct judge *j, const struct refusal *r);

#endif
