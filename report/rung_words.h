/* rung_words.h - what one event is called on a rung; rungs.c's own. */
#ifndef REPORT_RUNG_WORDS_H
#define REPORT_RUNG_WORDS_H

#include "report/rungs.h"

/* Fills the line and the rung's shape, bad, is_command and is_reply. */
void rung_describe(struct rung *r, struct rung_line *l, const struct event *e);
/* The end of a message's content, told on its own: the final dot. */
void rung_describe_final_dot(struct rung *r, struct rung_line *l);

#endif
