/* width.h - what the terminal can show: its width, colour or not, which characters. */
#ifndef REPORT_WIDTH_H
#define REPORT_WIDTH_H

#include <stdio.h>

#include "report/settings.h"

/* Fixed meanings; always beside a word or a sign that says the same. */
enum ink {
    INK_NONE,
    INK_BAD,     /* red bold: error and critical */
    INK_WARNING, /* yellow */
    INK_COPY,    /* cyan: identifiers to copy */
    INK_GOOD,    /* green: ruled out, fine */
    INK_DIM,     /* context */
    INKS
};

struct screen {
    FILE *out;
    size_t columns;
    bool color;
    bool utf8;
};

enum { SCREEN_COLUMNS = 100, SCREEN_COLUMNS_MIN = 40 };

/* Looks at the stream and the environment (COLUMNS, TERM, NO_COLOR, the locale's characters,
 * which main() has set). */
struct screen screen_of(FILE *out, enum color color);
/* The start of a colour, and back; nothing on a screen without colour. */
void screen_ink(const struct screen *s, enum ink ink);
void screen_plain(const struct screen *s);
/* Wire text: escaped, at most max columns (0: no limit), in ASCII where the locale has no more.
 * Returns the columns it took. */
size_t screen_wire(const struct screen *s, struct bytes b, size_t max);
/* The same, filled with blanks up to `columns` columns; never wider. */
void screen_wire_field(const struct screen *s, struct bytes b, size_t columns);
/* Text of ours, broken at blanks to fit, continuation lines indented; starts at column `at`. Wire
 * text inside is escaped. Ends with a line feed. */
void screen_paragraph(const struct screen *s, size_t at, size_t indent, struct bytes text);

/* How many bytes of b fit into so many columns once escaped; never ends inside a character. */
size_t width_fit(struct bytes b, size_t columns);
/* Columns b takes once escaped. */
size_t width_of(struct bytes b);

/* How `text` reads where the output has only ASCII: the few signs we use are spelled otherwise. */
enum sign { SIGN_ELLIPSIS, SIGN_DOT, SIGNS };
const char *screen_sign(const struct screen *s, enum sign sign);

/* One character for each of the values, the largest of which fills it. Neighbours are added up when
 * there is no room for all: then fewer characters are written. Returns the columns it took. */
size_t screen_sparkline(const struct screen *s, const uint32_t *values, size_t count,
                        size_t columns);
/* How many values share one character of such a line. */
size_t sparkline_stride(size_t count, size_t columns);

#endif
