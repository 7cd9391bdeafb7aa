/* bytes.h - borrowed bytes, and the cursor that is the only way to read captured ones.
 *
 * A take either gives the whole thing and moves the cursor, or changes nothing and returns false.
 */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

/* A view of bytes somebody else owns; never freed through this. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* Invariant: at <= end. */
struct cursor {
    const uint8_t *at, *end;
};

static inline struct cursor cursor_of(struct bytes b)
{
    return (struct cursor){b.data, b.data ? b.data + b.len : b.data};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* Everything that is left, without moving. */
static inline struct bytes peek_rest(const struct cursor *c)
{
    return (struct bytes){c->at, cursor_left(c)};
}

/* Integers in network byte order. */
MUST_USE static inline bool take_u8(struct cursor *c, uint8_t *out)
{
    if (cursor_left(c) < 1) {
        return false;
    }
    *out = *c->at++;
    return true;
}

MUST_USE static inline bool take_u16(struct cursor *c, uint16_t *out)
{
    if (cursor_left(c) < 2) {
        return false;
    }
    *out = (uint16_t)(c->at[0] << 8 | c->at[1]);
    c->at += 2;
    return true;
}

MUST_USE static inline bool take_u24(struct cursor *c, uint32_t *out)
{
    if (cursor_left(c) < 3) {
        return false;
    }
    *out = (uint32_t)c->at[0] << 16 | (uint32_t)c->at[1] << 8 | c->at[2];
    c->at += 3;
    return true;
}

MUST_USE static inline bool take_u32(struct cursor *c, uint32_t *out)
{
    if (cursor_left(c) < 4) {
        return false;
    }
    *out = (uint32_t)c->at[0] << 24 | (uint32_t)c->at[1] << 16 | (uint32_t)c->at[2] << 8 | c->at[3];
    c->at += 4;
    return true;
}

/* Integers in the byte order their file says it has. */
MUST_USE static inline bool take_u16_as(struct cursor *c, bool little, uint16_t *out)
{
    uint16_t raw;
    if (!take_u16(c, &raw)) {
        return false;
    }
    *out = little ? __builtin_bswap16(raw) : raw;
    return true;
}

MUST_USE static inline bool take_u32_as(struct cursor *c, bool little, uint32_t *out)
{
    uint32_t raw;
    if (!take_u32(c, &raw)) {
        return false;
    }
    *out = little ? __builtin_bswap32(raw) : raw;
    return true;
}

MUST_USE static inline bool take_u64_as(struct cursor *c, bool little, uint64_t *out)
{
    uint32_t first, second;
    if (cursor_left(c) < 8 || !take_u32_as(c, little, &first) || !take_u32_as(c, little, &second)) {
        return false;
    }
    *out = little ? (uint64_t)second << 32 | first : (uint64_t)first << 32 | second;
    return true;
}

MUST_USE static inline bool take_bytes(struct cursor *c, size_t len, struct bytes *out)
{
    if (len > cursor_left(c)) {
        return false;
    }
    *out = (struct bytes){c->at, len};
    c->at += len;
    return true;
}

MUST_USE static inline bool take_skip(struct cursor *c, size_t len)
{
    if (len > cursor_left(c)) {
        return false;
    }
    c->at += len;
    return true;
}

#endif
