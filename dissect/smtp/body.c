/* body.c - the content of a DATA message: counted and searched for its end, never kept.
 *
 * The end is CRLF "." CRLF, or "." CRLF as the very first line (RFC 5321 section 4.1.1.4); nothing
 * else is, whatever some servers accept. `bytes` counts the octets as sent without ".CRLF".
 *
 * After a gap the position within a line is not known: the end is recognized again from the next
 * CRLF on.
 */
#include "dissect/smtp/body.h"

#include <string.h>

enum { BODY_TEXT, BODY_CR, BODY_START, BODY_DOT, BODY_DOT_CR };
/* BODY_START: at the beginning of a line that follows CRLF; DOT: that line is "." so far. */

void smtp_body_begin(struct smtp_body *b, uint64_t offset)
{
    *b = (struct smtp_body){.state = BODY_START, .offset = offset};
}

static void end_line(struct smtp_body *b, struct content_facts *facts, bool has_cr)
{
    facts->lines++;
    if (b->line_len > facts->longest_line) {
        facts->longest_line = b->line_len < UINT32_MAX ? (uint32_t)b->line_len : UINT32_MAX;
    }
    b->line_len = 0;
    if (!has_cr) {
        if (facts->bare_lf++ == 0) {
            facts->first_bare_lf = b->offset - 1;
        }
    }
}

/* One byte; true when it was the last of the terminator. */
static bool step(struct smtp_body *b, uint8_t byte, struct content_facts *facts)
{
    uint8_t state = b->state;

    facts->bytes++;
    b->offset++;
    b->line_len++;
    if (byte == '\n') {
        if (state == BODY_DOT_CR) {
            facts->bytes -= 3;
            return true;
        }
        end_line(b, facts, state == BODY_CR);
        b->state = state == BODY_CR ? BODY_START : BODY_TEXT;
        return false;
    }
    if (byte == '\r') {
        b->state = state == BODY_DOT ? BODY_DOT_CR : BODY_CR;
    } else {
        b->state = byte == '.' && state == BODY_START ? BODY_DOT : BODY_TEXT;
    }
    return false;
}

size_t smtp_body_read(struct smtp_body *b, struct bytes in, struct content_facts *facts, bool *done)
{
    size_t i = 0;

    *done = false;
    while (i < in.len) {
        /* Inside a line only its end matters: skip to the byte before the LF. */
        if (b->state == BODY_TEXT) {
            const uint8_t *lf = memchr(in.data + i, '\n', in.len - i);
            size_t skip = (lf ? (size_t)(lf - in.data) : in.len) - i;
            if (skip > 1) {
                skip--;
                facts->bytes += skip;
                b->offset += skip;
                b->line_len += skip;
                i += skip;
            }
        }
        if (step(b, in.data[i++], facts)) {
            *done = true;
            break;
        }
    }
    return i;
}

void smtp_body_gap(struct smtp_body *b, uint64_t missing, struct content_facts *facts)
{
    facts->bytes += missing;
    facts->missing += missing;
    b->offset += missing;
    b->line_len += missing;
    b->state = BODY_TEXT;
    b->lost = true;
}
