/* telling.h - a session as the lines that talks expect (tests/README.md). */
#ifndef TESTS_SUPPORT_TELLING_H
#define TESTS_SUPPORT_TELLING_H

#include "dissect/session.h"

struct lines {
    char **line;
    size_t count;
};
void lines_free(struct lines *l);

/* What a reader of a report would see: events, transactions, recipients, what the session knows. */
struct lines telling_compact(const struct session *s);
/* Everything that may not depend on how the stream was cut, offsets and marks included, as one
 * text; the caller frees it. */
char *telling_full(const struct session *s);
/* Is this fact line one that may be left out of an expectation ("helo ...", "tls ...")? */
bool telling_is_optional(const char *line);
/* NULL, or what is inconsistent in the session itself: static text. */
const char *telling_contradiction(const struct session *s);
/* Does any text of the session hold these bytes? */
bool telling_holds(const struct session *s, const char *needle);

#endif
