/* escape.h - the one door for text from the wire.
 *
 * Shown form: valid UTF-8 passes. A control byte or a byte that is not valid UTF-8 becomes \xHH, a
 * backslash is doubled. What would mislead a reader's eye (C1 controls, zero-width and
 * bidirectional controls, line and paragraph separators, noncharacters) becomes U+XXXX. The result
 * is one line of valid UTF-8 that XML 1.0 can carry. On top of that each function does what its
 * target needs.
 */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include <stdio.h>

#include "capture/bytes.h"
#include "dissect/arena.h"

static inline struct bytes bytes_of_text(struct text t)
{
    return (struct bytes){(const uint8_t *)t.s, t.len};
}

/* Of a string of our own. NULL is empty. */
struct bytes bytes_of_string(const char *s);

/* For use between the quotes of a JSON string. */
void escape_json(FILE *f, struct bytes b);
/* For element content and for attribute values in either quotes. */
void escape_xml(FILE *f, struct bytes b);
void escape_html(FILE *f, struct bytes b);
/* For a terminal or a text file: at most max_columns columns (0: no limit), ending in "..." as one
 * column ("\xe2\x80\xa6") when something was left out. Returns the columns it took. */
size_t escape_terminal(FILE *f, struct bytes b, size_t max_columns);

/* The shown form into out, NUL-terminated, cut at a character so that it fits. Returns its length.
 * size is at least 1. */
size_t escape_plain(char *out, size_t size, struct bytes b);
/* What escape_plain needs at most, NUL included. */
static inline size_t escape_plain_size(size_t len)
{
    return len * 4 + 1;
}
/* The shown form differs from b (XML: escaped="true"). */
bool escape_needed(struct bytes b);

/* Columns that already escaped UTF-8 text takes on a terminal. */
size_t escape_columns(struct bytes shown);

#endif
