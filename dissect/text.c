/* text.c - bytes from the wire read as ASCII: no locale, no NUL, no end but the length. */
#include "dissect/text.h"

#include <string.h>

struct bytes text_of(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

bool text_begins(struct bytes b, const char *word)
{
    for (size_t i = 0; word[i]; i++) {
        if (i >= b.len || text_upper(b.data[i]) != (uint8_t)word[i]) {
            return false;
        }
    }
    return true;
}

bool text_is(struct bytes b, const char *word)
{
    return b.len == strlen(word) && text_begins(b, word);
}

size_t text_find(struct bytes b, const char *word)
{
    uint8_t first = (uint8_t)word[0];

    for (size_t i = 0; i < b.len; i++) {
        if (text_upper(b.data[i]) == first &&
            text_begins((struct bytes){b.data + i, b.len - i}, word)) {
            return i;
        }
    }
    return b.len;
}

struct bytes text_trim(struct bytes b)
{
    while (b.len && text_is_blank(b.data[0])) {
        b.data++;
        b.len--;
    }
    while (b.len && text_is_blank(b.data[b.len - 1])) {
        b.len--;
    }
    return b;
}

struct bytes text_take_word(struct bytes *rest)
{
    struct bytes word;
    size_t i = 0;

    while (i < rest->len && text_is_blank(rest->data[i])) {
        i++;
    }
    rest->data += i;
    rest->len -= i;
    word = *rest;
    for (i = 0; i < rest->len && !text_is_blank(rest->data[i]); i++) {
    }
    word.len = i;
    rest->data += i;
    rest->len -= i;
    return word;
}

bool text_number(struct bytes b, uint64_t *out)
{
    uint64_t n = 0;

    if (b.len == 0) {
        return false;
    }
    for (size_t i = 0; i < b.len; i++) {
        unsigned digit = (unsigned)b.data[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}
