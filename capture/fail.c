/* fail.c - messages about what failed outside us, and the text in them made harmless.
 *
 * A message may quote a file's name or its first bytes. Both can hold escape sequences that would
 * act on the reader's terminal, so they go through fail_quote.
 */
#include "capture/fail.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Most pressing first. */
static const enum status by_weight[] = {
    STATUS_USAGE,   STATUS_FORBIDDEN, STATUS_NO_INPUT, STATUS_NOT_WRITTEN,
    STATUS_FINDING, STATUS_DAMAGED,   STATUS_DONE,
};

static const char cut_sign[] = "...";

static size_t weight_index(enum status status)
{
    size_t index = 0;
    while (by_weight[index] != status && by_weight[index] != STATUS_DONE) {
        index++;
    }
    return index;
}

/* Length of the UTF-8 character at the cursor, 0 when there is none worth printing: RFC 3629
 * section 4, without the C1 control characters U+0080 to U+009F. */
static size_t printable_len(const struct cursor *c)
{
    size_t left = cursor_left(c);
    uint8_t lead = c->at[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len == 0 || lead > 0xf4 || len > left) {
        return 0;
    }
    if (len == 1) {
        return lead >= 0x20 && lead < 0x7f;
    }
    for (size_t i = 1; i < len; i++) {
        if ((c->at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    uint8_t second = c->at[1];
    bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    bool no_character = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    bool control = lead == 0xc2 && second < 0xa0;
    return overlong || no_character || control ? 0 : len;
}

/* Writes the next character of c, escaped, into piece; returns how long it became. */
static size_t escape_next(struct cursor *c, char piece[8])
{
    size_t len = printable_len(c);
    if (len == 0) {
        int written = snprintf(piece, 8, "\\x%02X", c->at[0]);
        c->at++;
        return (size_t)written;
    }
    if (c->at[0] == '\\') {
        c->at++;
        memcpy(piece, "\\\\", 3);
        return 2;
    }
    memcpy(piece, c->at, len);
    c->at += len;
    return len;
}

bool fail_set(struct fail *fail, enum status status, const char *format, ...)
{
    if (!fail) {
        return false;
    }
    fail->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(fail->text, sizeof fail->text, format, args);
    va_end(args);
    return false;
}

enum status status_worse(enum status a, enum status b)
{
    return weight_index(a) <= weight_index(b) ? a : b;
}

const char *fail_quote(struct bytes in, char *out, size_t size)
{
    struct cursor c = cursor_of(in);
    size_t used = 0, safe = 0; /* safe: where the sign of a cut still fits behind */
    char piece[8];
    if (size < sizeof cut_sign) {
        if (size > 0) {
            out[0] = '\0';
        }
        return out;
    }
    while (cursor_left(&c) > 0) {
        size_t len = escape_next(&c, piece);
        if (len > size - 1 - used) {
            memcpy(out + safe, cut_sign, sizeof cut_sign);
            return out;
        }
        memcpy(out + used, piece, len);
        used += len;
        if (used <= size - sizeof cut_sign) {
            safe = used;
        }
    }
    out[used] = '\0';
    return out;
}

const char *fail_quote_name(const char *name, char *out, size_t size)
{
    return fail_quote((struct bytes){(const uint8_t *)name, strlen(name)}, out, size);
}

const char *fail_reason(int error)
{
    static char reason[128];
    snprintf(reason, sizeof reason, "%s", strerror(error));
    /* "Is a directory" begins small inside a sentence; "RPC ..." keeps its capitals. */
    if (isupper((unsigned char)reason[0]) && !isupper((unsigned char)reason[1])) {
        reason[0] = (char)tolower((unsigned char)reason[0]);
    }
    return reason;
}
