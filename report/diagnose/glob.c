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

/* Behind the character before it, with which it is a pair. */
static inline void put(struct glob_text *t, char c)
{
    unsigned pair = pair_of(t->text[t->len - 1], c);

    t->pairs[pair >> 6] |= UINT64_C(1) << (pair & 63);
    t->text[t->len++] = c;
}

void glob_prepare(struct glob_text *t, struct text text)
{
    struct bytes in = text_trim(text_bytes(text));

    if (smtp_reply_enhanced(in).class) {
        (void)text_take_word(&in);
    }
    memset(t->pairs, 0, sizeof t->pairs);
    t->text[0] = ' ';
    t->len = 1;
    for (size_t i = 0; i < in.len && t->len < GLOB_TEXT_MAX - 2; i++) {
        uint8_t c = in.data[i];

        if (c > ' ') {
            put(t, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
        } else if (!text_is_blank(c) && c != '\r' && c != '\n') {
            put(t, (char)c);
        } else if (t->text[t->len - 1] != ' ') {
            put(t, ' ');
        }
    }
    if (t->text[t->len - 1] != ' ') {
        put(t, ' ');
    }
    t->text[t->len] = '\0';
}

uint16_t glob_first_pair(const char *glob)
{
    while (*glob == '*') {
        glob++;
    }
    return glob[0] && glob[1] && glob[1] != '*' ? (uint16_t)pair_of(glob[0], glob[1])
                                                : (uint16_t)GLOB_NO_PAIR;
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
