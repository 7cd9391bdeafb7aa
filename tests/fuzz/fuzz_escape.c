/* fuzz_escape.c - whatever the wire says, what we show is one line of harmless UTF-8.
 *
 * The first byte is a width for the terminal and a size for the buffer; the rest is the text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Well-formed UTF-8, read another way than escape.c does: by its first byte and its value. */
static size_t character(const uint8_t *at, size_t left, uint32_t *out)
{
    size_t len = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : 4;
    uint32_t c = len == 1 ? at[0] : at[0] & (0xffU >> (len + 1));
    assert(at[0] < 0xf8 && at[0] >> 6 != 2 && len <= left);
    for (size_t i = 1; i < len; i++) {
        assert(at[i] >> 6 == 2);
        c = c << 6 | (at[i] & 63U);
    }
    assert(len == (c < 0x80 ? 1U : c < 0x800 ? 2U : c < 0x10000 ? 3U : 4U));
    *out = c;
    return len;
}

static void check_harmless(const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        i += character((const uint8_t *)s + i, len - i, &c);
        assert(c >= 0x20 && !(c >= 0x7f && c < 0xa0));
        assert(!(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e));
        assert(!(c >= 0x2060 && c <= 0x2069) && c != 0xfeff);
        assert((c & 0xfffe) != 0xfffe && !(c >= 0xd800 && c <= 0xdfff) && c <= 0x10ffff);
    }
}

static char *written(void (*escape)(FILE *, struct bytes), struct bytes b, size_t *len)
{
    char *out = NULL;
    FILE *f = open_memstream(&out, len);
    assert(f);
    escape(f, b);
    assert(fclose(f) == 0);
    check_harmless(out, *len);
    return out;
}

/* Each quote and each backslash of a JSON string belongs to an escape. */
static void check_json(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert(s[i] != '"');
        if (s[i] == '\\') {
            i++;
            assert(i < len && (s[i] == '\\' || s[i] == '"'));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536) {
        return 0;
    }
    size_t limit = data[0];
    struct bytes b = {data + 1, size - 1};
    size_t len = 0, full = 0;

    char *json = written(escape_json, b, &len);
    check_json(json, len);
    free(json);
    char *html = written(escape_html, b, &len);
    assert(!memchr(html, '<', len) && !memchr(html, '>', len) && !memchr(html, '"', len) &&
           !memchr(html, '\'', len));
    free(html);

    char *plain = malloc(escape_plain_size(b.len));
    assert(plain);
    full = escape_plain(plain, escape_plain_size(b.len), b);
    check_harmless(plain, full);
    assert(escape_needed(b) == (full != b.len || memcmp(plain, b.data, full) != 0));

    char *cut = malloc(limit + 1);
    assert(cut);
    len = escape_plain(cut, limit + 1, b);
    check_harmless(cut, len);
    assert(len <= limit && len <= full && memcmp(cut, plain, len) == 0);
    free(cut);

    char *terminal = NULL;
    FILE *f = open_memstream(&terminal, &len);
    assert(f);
    size_t columns = escape_terminal(f, b, limit);
    assert(fclose(f) == 0);
    check_harmless(terminal, len);
    assert(limit == 0 || columns <= limit);
    assert(columns == escape_columns((struct bytes){(const uint8_t *)terminal, len}));
    free(terminal);
    free(plain);
    return 0;
}
