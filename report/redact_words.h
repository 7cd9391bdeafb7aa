/* redact_words.h - the local parts that one session named, to be found again in its texts: a server
 * that answers "bob... User unknown" tells an address without an "@". */
#ifndef REPORT_REDACT_WORDS_H
#define REPORT_REDACT_WORDS_H

#include "report/redact_token.h"

struct redact_words;

/* NULL when out of memory. */
struct redact_words *redact_words_new(void);
void redact_words_free(struct redact_words *w);
/* Forgets all: a new session begins. */
void redact_words_reset(struct redact_words *w);
bool redact_words_is_empty(const struct redact_words *w);
/* A local part (quotes removed) and the token of its address. Common words are left out, they tell
 * nobody's name. local must stay valid until the next reset. */
void redact_words_add(struct redact_words *w, struct bytes local, const char *token);
/* The first occurrence at or behind `from`, as a whole word, letter case aside: where it is, and
 * its token. False when there is none. */
bool redact_words_find(const struct redact_words *w, struct bytes text, size_t from,
                       struct bytes *where, const char **token);

#endif
