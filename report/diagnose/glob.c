/* glob.c - texts of replies and the patterns that are looked for in them.
 *
 * Before a glob is searched for, the pairs of letters of its first piece are looked up in a set of
 * those that the text has. Nearly all globs of a table end there.
 */
#include "report/diagnose/glob.h"

#include <string.h>

#include "dissect/smtp/reply.h"
#include "dissect/text.h"

static unsigned pair_of(char a, char b)
{
    return ((unsigned)(unsigned char)a & 63) << 6 | ((unsigned)(unsigned char)b & 63);
}

static void note_pairs(struct glob_text *t)
{
    memset(t->pairs, 0, sizeof t->pairs);
    for (size_t i = 0; i + 1 < t->len; i++) {
        unsigned pair = pair_of(t->text[i], t->text[i + 1]);
        t->pairs[pair >> 6] |= UINT64_C(1) << (pair & 63);
    }
}

void glob_prepare(struct glob_text *t, struct text text)
{
    struct bytes in = text_trim(text_bytes(text));
    bool blank = true;

    if (smtp_reply_enhanced(in).class) {
        (void)text_take_word(&in);
    }
    t->len = 0;
    t->text[t->len++] = ' ';
    for (size_t i = 0; i < in.len && t->len < GLOB_TEXT_MAX - 2; i++) {
        uint8_t c = in.data[i];

        if (text_is_blank(c) || c == '\r' || c == '\n') {
            if (!blank) {
                t->text[t->len++] = ' ';
            }
            blank = true;
            continue;
        }
        t->text[t->len++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        blank = false;
    }
    if (!blank) {
        t->text[t->len++] = ' ';
    }
    t->text[t->len] = '\0';
    note_pairs(t);
}

bool glob_may_match(const struct glob_text *t, const char *glob)
{
    while (*glob == '*') {
        glob++;
    }
    for (; glob[0] && glob[0] != '*' && glob[1] && glob[1] != '*'; glob++) {
        unsigned pair = pair_of(glob[0], glob[1]);
        if (!(t->pairs[pair >> 6] >> (pair & 63) & 1)) {
            return false;
        }
    }
    return true;
}

/* Piece by piece, each at its first place behind the one before: right for globs without '?'. */
bool glob_matches(const struct glob_text *t, const char *glob, bool anchored)
{
    const char *text = t->text + (anchored ? 1 : 0), *end = t->text + t->len;

    while (*glob) {
        size_t piece = strcspn(glob, "*");
        const char *at = anchored ? text : memmem(text, (size_t)(end - text), glob, piece);

        if (!at || (size_t)(end - at) < piece || memcmp(at, glob, piece) != 0) {
            return false;
        }
        text = at + piece;
        glob += piece;
        anchored = false;
        while (*glob == '*') {
            glob++;
        }
    }
    return true;
}
