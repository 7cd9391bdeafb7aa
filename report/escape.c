/* escape.c - the one door for text from the wire.
 *
 * One walk over the bytes (next_piece) serves every target: it hands out pieces that are either a
 * run of the source that may pass as it is, or a short token that stands for one character. A
 * dialect says which ASCII characters need a token in that target. Nothing here allocates, looks at
 * the locale, or trusts a NUL.
 *
 * Well-formed UTF-8 is that of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * BUGS: a literal "U+202E" in the text reads like an escaped one. Widths are a short table, not
 * Unicode's; an emoji sequence may count a column too many.
 */
#include "report/escape.h"

#include <assert.h>
#include <string.h>

/* One bit for each ASCII character that must not pass; and the tokens that replace them. */
struct dialect {
    uint32_t stop[4];
    const char *backslash; /* how one backslash of the shown form is spelled */
    const char *quote, *ampersand, *apostrophe, *less, *greater;
};

#define BIT(c) (UINT32_C(1) << ((c) % 32))

static const struct dialect plain = {
    .stop = {UINT32_MAX, 0, BIT('\\'), BIT(0x7f)},
    .backslash = "\\",
};

static const struct dialect json = {
    .stop = {UINT32_MAX, BIT('"'), BIT('\\'), BIT(0x7f)},
    .backslash = "\\\\",
    .quote = "\\\"",
};

/* "'" as a number: HTML 4 had no name for it. */
static const struct dialect markup = {
    .stop = {UINT32_MAX, BIT('"') | BIT('&') | BIT('\'') | BIT('<') | BIT('>'), BIT('\\'),
             BIT(0x7f)},
    .backslash = "\\",
    .quote = "&quot;",
    .ampersand = "&amp;",
    .apostrophe = "&#39;",
    .less = "&lt;",
    .greater = "&gt;",
};

enum { TOKEN_MAX = 16 };

struct piece {
    const char *s; /* into the source, or at token */
    size_t len;
    bool is_token; /* one character's stand-in: not to be cut */
    char token[TOKEN_MAX];
};

/* Length of the UTF-8 character at `at`, 0 when it is not well-formed (RFC 3629 section 4). */
static size_t decode(const uint8_t *at, size_t left, uint32_t *out)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = 0;
    uint32_t c = at[0];
    if (c < 0x80) {
        *out = c;
        return 1;
    }
    if (c >= 0xc2 && c <= 0xdf) {
        len = 2;
        c &= 0x1f;
    } else if (c >= 0xe0 && c <= 0xef) {
        len = 3;
        c &= 0x0f;
    } else if (c >= 0xf0 && c <= 0xf4) {
        len = 4;
        c &= 0x07;
    }
    if (len == 0 || len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (at[i] & 0x3fU);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }
    *out = c;
    return len;
}

struct range {
    uint32_t from, to;
};

static bool in_ranges(const struct range *r, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count && r[i].from <= c; i++) {
        if (c <= r[i].to) {
            return true;
        }
    }
    return false;
}

#define IN(table, c) in_ranges(table, sizeof(table) / sizeof((table)[0]), c)

/* Characters that show nothing, or change what stands around them. */
static bool misleads(uint32_t c)
{
    static const struct range table[] = {
        {0x0080, 0x009f},   /* C1 controls */
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x180e, 0x180e},   /* Mongolian vowel separator */
        {0x200b, 0x200f},   /* zero width, marks of direction */
        {0x2028, 0x202e},   /* line and paragraph separator, bidirectional embedding, override */
        {0x2060, 0x206f},   /* word joiner, bidirectional isolates, invisible operators */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xfdd0, 0xfdef},   /* noncharacters */
        {0xfeff, 0xfeff},   /* zero width no-break space, byte order mark */
        {0xffa0, 0xffa0},   /* half-width Hangul filler */
        {0xfff0, 0xfffb},   /* unassigned, interlinear annotation */
        {0xe0000, 0xe0fff}, /* tags, more variation selectors */
    };
    return (c & 0xfffe) == 0xfffe || IN(table, c);
}

static char hex_digit(uint32_t n)
{
    return "0123456789abcdef"[n & 15];
}

static void set_token(struct piece *p, const char *s)
{
    assert(s); /* the dialect stops at this character */
    p->s = s;
    p->len = strlen(s);
    p->is_token = true;
}

/* U+XXXX, four to six digits, in capitals as Unicode writes them. */
static void set_code_point(struct piece *p, uint32_t c)
{
    size_t n = 0;
    p->token[n++] = 'U';
    p->token[n++] = '+';
    for (int shift = c > 0xfffff ? 20 : c > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
        p->token[n++] = "0123456789ABCDEF"[c >> shift & 15];
    }
    p->s = p->token;
    p->len = n;
    p->is_token = true;
}

static void set_byte(struct piece *p, const struct dialect *d, uint8_t byte)
{
    size_t n = strlen(d->backslash);
    memcpy(p->token, d->backslash, n);
    p->token[n++] = 'x';
    p->token[n++] = hex_digit(byte >> 4U);
    p->token[n++] = hex_digit(byte);
    p->s = p->token;
    p->len = n;
    p->is_token = true;
}

static void set_ascii(struct piece *p, const struct dialect *d, uint8_t byte)
{
    switch (byte) {
    case '"':
        set_token(p, d->quote);
        break;
    case '&':
        set_token(p, d->ampersand);
        break;
    case '\'':
        set_token(p, d->apostrophe);
        break;
    case '<':
        set_token(p, d->less);
        break;
    case '>':
        set_token(p, d->greater);
        break;
    case '\\':
        p->len = strlen(d->backslash);
        memcpy(p->token, d->backslash, p->len);
        memcpy(p->token + p->len, d->backslash, p->len);
        p->len *= 2;
        p->s = p->token;
        p->is_token = true;
        break;
    default:
        set_byte(p, d, byte);
        break;
    }
}

/* Moves c over what may pass unchanged. */
static void skip_passing(struct cursor *c, const struct dialect *d)
{
    while (c->at < c->end) {
        uint8_t byte = *c->at;
        if (byte < 0x80) {
            if (d->stop[byte / 32] & BIT(byte)) {
                return;
            }
            c->at++;
            continue;
        }
        uint32_t code = 0;
        size_t len = decode(c->at, cursor_left(c), &code);
        if (len == 0 || misleads(code)) {
            return;
        }
        c->at += len;
    }
}

/* False at the end. */
static bool next_piece(struct cursor *c, const struct dialect *d, struct piece *p)
{
    if (c->at == c->end) {
        return false;
    }
    const uint8_t *start = c->at;
    skip_passing(c, d);
    if (c->at > start) {
        p->s = (const char *)start;
        p->len = (size_t)(c->at - start);
        p->is_token = false;
        return true;
    }
    uint32_t code = 0;
    size_t len = decode(c->at, cursor_left(c), &code);
    if (len > 1) {
        set_code_point(p, code);
        c->at += len;
    } else if (len == 1) {
        set_ascii(p, d, *c->at++);
    } else {
        set_byte(p, d, *c->at++);
    }
    return true;
}

static void write_all(FILE *f, struct bytes b, const struct dialect *d)
{
    struct cursor c = cursor_of(b);
    struct piece p;
    while (next_piece(&c, d, &p)) {
        fwrite_unlocked(p.s, 1, p.len, f);
    }
}

static size_t width(uint32_t c)
{
    static const struct range none[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
        {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
        {0x20d0, 0x20ff}, {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    static const struct range two[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
        {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    if (c < 0x300) {
        return 1;
    }
    if (IN(none, c)) {
        return 0;
    }
    return IN(two, c) ? 2 : 1;
}

/* Bytes of the longest prefix of s that takes at most max columns; what it takes goes to *columns.
 * Not well-formed bytes count one column each. */
static size_t prefix_in_columns(const char *s, size_t len, size_t max, size_t *columns)
{
    const uint8_t *at = (const uint8_t *)s;
    size_t used = 0;
    *columns = 0;
    while (used < len) {
        uint32_t code = 0;
        size_t n = decode(at + used, len - used, &code);
        size_t w = n ? width(code) : 1;
        if (w > max - *columns) {
            break;
        }
        *columns += w;
        used += n ? n : 1;
    }
    return used;
}

size_t escape_columns(struct bytes shown)
{
    size_t columns = 0;
    (void)prefix_in_columns((const char *)shown.data, shown.len, SIZE_MAX, &columns);
    return columns;
}

struct bytes bytes_of_string(const char *s)
{
    return (struct bytes){(const uint8_t *)s, s ? strlen(s) : 0};
}

void escape_json(FILE *f, struct bytes b)
{
    write_all(f, b, &json);
}

void escape_xml(FILE *f, struct bytes b)
{
    write_all(f, b, &markup);
}

void escape_html(FILE *f, struct bytes b)
{
    write_all(f, b, &markup);
}

/* Columns of b's shown form, counted until they exceed max. */
static size_t shown_columns(struct bytes b, size_t max)
{
    struct cursor c = cursor_of(b);
    struct piece p;
    size_t total = 0;
    while (total <= max && next_piece(&c, &plain, &p)) {
        size_t columns = 0;
        (void)prefix_in_columns(p.s, p.len, SIZE_MAX, &columns);
        total += columns;
    }
    return total;
}

size_t escape_terminal(FILE *f, struct bytes b, size_t max_columns)
{
    size_t room = max_columns ? max_columns : SIZE_MAX;
    bool cut = max_columns && shown_columns(b, max_columns) > max_columns;
    if (cut) {
        room--;
    }
    struct cursor c = cursor_of(b);
    struct piece p;
    size_t total = 0;
    while (next_piece(&c, &plain, &p)) {
        size_t columns = 0;
        size_t len = prefix_in_columns(p.s, p.len, room - total, &columns);
        if (len < p.len && p.is_token) {
            break;
        }
        fwrite_unlocked(p.s, 1, len, f);
        total += columns;
        if (len < p.len) {
            break;
        }
    }
    if (cut) {
        fputs_unlocked("\xe2\x80\xa6", f);
        total++;
    }
    return total;
}

/* Longest prefix of a passing run that fits and ends between two characters. */
static size_t whole_characters(const char *s, size_t len, size_t room)
{
    if (len <= room) {
        return len;
    }
    size_t n = room;
    while (n > 0 && ((uint8_t)s[n] & 0xc0) == 0x80) {
        n--;
    }
    return n;
}

size_t escape_plain(char *out, size_t size, struct bytes b)
{
    struct cursor c = cursor_of(b);
    struct piece p;
    size_t n = 0;
    while (next_piece(&c, &plain, &p)) {
        size_t len = whole_characters(p.s, p.len, size - 1 - n);
        if (len < p.len && p.is_token) {
            break;
        }
        memcpy(out + n, p.s, len);
        n += len;
        if (len < p.len) {
            break;
        }
    }
    out[n] = '\0';
    return n;
}

bool escape_needed(struct bytes b)
{
    struct cursor c = cursor_of(b);
    skip_passing(&c, &plain);
    return c.at < c.end;
}
