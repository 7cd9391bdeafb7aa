/* width.c - what the terminal can show: its width, colour or not, which characters.
 *
 * Each stream is judged alone. Colour needs a terminal, unless it was asked for; NO_COLOR (set and
 * not empty) and TERM=dumb switch it off, --color always overrides both (no-color.org). Only the 16
 * colours of the user's own theme are used.
 */
#include "report/width.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/escape.h"

static const char *const ink_codes[INKS] = {
    [INK_NONE] = "",         [INK_BAD] = "\033[1;31m", [INK_WARNING] = "\033[33m",
    [INK_COPY] = "\033[36m", [INK_GOOD] = "\033[32m",  [INK_DIM] = "\033[2m",
};

/* Eight heights and, for nothing, a dot; in ASCII ten signs that grow darker. */
static const char *const bars[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char ascii_bars[] = ".:-=+*#%@";

static const char *const signs[SIGNS][2] = {
    [SIGN_ELLIPSIS] = {"...", "…"},
    [SIGN_DOT] = {".", "·"},
};

static size_t columns_of(FILE *out)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    long n = columns ? strtol(columns, NULL, 10) : 0;

    if (n <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
        n = size.ws_col;
    }
    if (n <= 0) {
        return SCREEN_COLUMNS;
    }
    return n < SCREEN_COLUMNS_MIN ? SCREEN_COLUMNS_MIN : (size_t)n;
}

static bool color_wanted(FILE *out, enum color color)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (color != COLOR_AUTO) {
        return color == COLOR_ALWAYS;
    }
    return isatty(fileno(out)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

struct screen screen_of(FILE *out, enum color color)
{
    struct screen s = {.out = out};

    s.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    s.columns = columns_of(out);
    s.color = color_wanted(out, color);
    return s;
}

void screen_ink(const struct screen *s, enum ink ink)
{
    if (s->color) {
        fputs(ink_codes[ink], s->out);
    }
}

void screen_plain(const struct screen *s)
{
    if (s->color) {
        fputs("\033[0m", s->out);
    }
}

const char *screen_sign(const struct screen *s, enum sign sign)
{
    return signs[sign][s->utf8];
}

/* Already escaped text for a locale of ASCII alone: the ellipsis of escape_terminal becomes a tilde
 * (one column as well), any other character its bytes. */
static size_t put_ascii(FILE *out, const char *shown, size_t len, size_t max)
{
    size_t columns = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)shown[i];
        bool more = i + 1 < len;

        if (c < 0x80 && (!max || columns + 1 + more <= max)) {
            putc(c, out);
            columns++;
        } else if (c >= 0x80 && (!max || columns + 4 + more <= max)) {
            fprintf(out, "\\x%02X", c);
            columns += 4;
        } else {
            putc('~', out);
            return columns + 1;
        }
    }
    return columns;
}

size_t screen_wire(const struct screen *s, struct bytes b, size_t max)
{
    char *shown;
    size_t len, columns;

    if (s->utf8) {
        return escape_terminal(s->out, b, max);
    }
    shown = malloc(escape_plain_size(b.len));
    if (!shown) {
        return 0;
    }
    len = escape_plain(shown, escape_plain_size(b.len), b);
    columns = put_ascii(s->out, shown, len, max);
    free(shown);
    return columns;
}

void screen_wire_field(const struct screen *s, struct bytes b, size_t columns)
{
    size_t taken = columns ? screen_wire(s, b, columns) : 0;

    while (taken++ < columns) {
        putc(' ', s->out);
    }
}

/* Bytes of the character that begins here, if it is one. */
static size_t character_len(struct bytes b)
{
    size_t len = b.data[0] < 0xc0 ? 1 : b.data[0] < 0xe0 ? 2 : b.data[0] < 0xf0 ? 3 : 4;

    return len < b.len ? len : b.len;
}

size_t width_of(struct bytes b)
{
    char shown[256];
    size_t columns = 0;

    while (b.len) {
        size_t len = 0;
        while (len < 32 && len < b.len) {
            len += character_len((struct bytes){b.data + len, b.len - len});
        }
        size_t n = escape_plain(shown, sizeof shown, (struct bytes){b.data, len});
        columns += escape_columns((struct bytes){(const uint8_t *)shown, n});
        b = (struct bytes){b.data + len, b.len - len};
    }
    return columns;
}

size_t width_fit(struct bytes b, size_t columns)
{
    size_t fits = 0, taken = 0;

    while (fits < b.len) {
        struct bytes rest = {b.data + fits, b.len - fits};
        size_t len = character_len(rest);
        taken += width_of((struct bytes){rest.data, len});
        if (taken > columns) {
            break;
        }
        fits += len;
    }
    return fits;
}

void screen_paragraph(const struct screen *s, size_t at, size_t indent, struct bytes text)
{
    size_t column = at, i = 0;
    bool first = true;

    while (i < text.len) {
        size_t word = i;
        while (word < text.len && text.data[word] != ' ') {
            word++;
        }
        if (word > i) {
            struct bytes b = {text.data + i, word - i};
            char shown[512];
            size_t len = escape_plain(shown, sizeof shown, b);
            size_t wide = escape_columns((struct bytes){(const uint8_t *)shown, len});

            if (!first && column + 1 + wide > s->columns) {
                fprintf(s->out, "\n%*s", (int)indent, "");
                column = indent;
                first = true;
            }
            if (!first) {
                putc(' ', s->out);
                column++;
            }
            column += screen_wire(s, b, s->columns > column ? s->columns - column : 1);
            first = false;
        }
        i = word + 1;
    }
    putc('\n', s->out);
}

size_t sparkline_stride(size_t count, size_t columns)
{
    return columns ? (count + columns - 1) / columns : count;
}

size_t screen_sparkline(const struct screen *s, const uint32_t *values, size_t count,
                        size_t columns)
{
    size_t stride = sparkline_stride(count, columns), written = 0;
    uint64_t largest = 0;

    if (!stride) {
        return 0;
    }
    for (size_t i = 0; i < count; i += stride) {
        uint64_t sum = 0;
        for (size_t j = i; j < i + stride && j < count; j++) {
            sum += values[j];
        }
        largest = sum > largest ? sum : largest;
    }
    for (size_t i = 0; i < count; i += stride) {
        uint64_t sum = 0;
        size_t height;
        for (size_t j = i; j < i + stride && j < count; j++) {
            sum += values[j];
        }
        height = largest ? (size_t)((sum * 8 + largest - 1) / largest) : 0;
        if (s->utf8) {
            fputs(bars[height], s->out);
        } else {
            putc(ascii_bars[height], s->out);
        }
        written++;
    }
    return written;
}
