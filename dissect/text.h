/* text.h - bytes from the wire read as ASCII: no locale, no NUL, no end but the length. */
#ifndef DISSECT_TEXT_H
#define DISSECT_TEXT_H

#include "capture/bytes.h"
#include "dissect/arena.h"

static inline bool text_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline uint8_t text_upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static inline uint8_t text_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static inline bool text_is_letter(uint8_t c)
{
    c = text_upper(c);
    return c >= 'A' && c <= 'Z';
}

static inline bool text_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Types 20 to 23 of a TLS record (RFC 8446 section 5.1): no line of SMTP begins so. */
static inline bool text_is_tls_type(uint8_t c)
{
    return c >= 20 && c <= 23;
}

static inline struct bytes text_bytes(struct text t)
{
    return (struct bytes){(const uint8_t *)t.s, t.len};
}

/* Our own words as bytes. */
struct bytes text_of(const char *s);
/* b is word, letter case aside. word is upper case, NUL-terminated. */
bool text_is(struct bytes b, const char *word);
bool text_begins(struct bytes b, const char *word);
/* Position of the first occurrence of word (upper case), letter case aside; b.len when none. */
size_t text_find(struct bytes b, const char *word);
/* Without blanks at its beginning and end. */
struct bytes text_trim(struct bytes b);
/* Takes the next run of bytes that are not blank; empty at the end. */
struct bytes text_take_word(struct bytes *rest);
/* Decimal digits only, at least one; false also when it does not fit. */
MUST_USE bool text_number(struct bytes b, uint64_t *out);

#endif
