/* glob.h - texts of replies and the patterns that are looked for in them. */
#ifndef REPORT_DIAGNOSE_GLOB_H
#define REPORT_DIAGNOSE_GLOB_H

#include "dissect/arena.h"

enum { GLOB_TEXT_MAX = 1100 };

/* A text made ready: lines joined, leading enhanced code dropped, blanks collapsed, lower case, a
 * blank at both ends. */
struct glob_text {
    char text[GLOB_TEXT_MAX];
    size_t len;
    uint64_t pairs[64]; /* which pairs of neighbours it has; different pairs may share a bit */
};

void glob_prepare(struct glob_text *out, struct text text);
/* The first pair of neighbours that a text must have to match, as a place in pairs; GLOB_NO_PAIR:
 * it needs none. A table keeps these beside its globs, so that most globs are not even looked at.
 */
enum { GLOB_NO_PAIR = 64 * 64 };
uint16_t glob_first_pair(const char *glob);
static inline bool glob_has_pair(const struct glob_text *t, unsigned pair)
{
    return pair == GLOB_NO_PAIR || (t->pairs[pair >> 6] >> (pair & 63) & 1);
}
/* False: surely not. Looks at single pairs of letters only. */
bool glob_may_match(const struct glob_text *t, const char *glob);
/* A glob in lower case, '*' any run: found anywhere; or anchored, then it begins where the text
 * does, behind the blank. */
bool glob_matches(const struct glob_text *t, const char *glob, bool anchored);

#endif
