/* body.c - the content of a DATA message: counted and searched for its end, never kept.
 *
 * The end is CRLF "." CRLF, or "." CRLF as the very first line (RFC 5321 section 4.1.1.4); nothing
 * else is, whatever some servers accept. `bytes` counts the octets as sent without ".CRLF".
 *
 * What some servers accept is looked for beside it: a dot alone between line ends of any kind, and
 * whether a line that looks like a command follows soon (CVE-2023-51764 and its like).
 *
 * After a gap the position within a line is not known: the end is recognized again from the next
 * CRLF on.
 */
#include "dissect/smtp/body.h"

#include <string.h>

#include "dissect/text.h"

enum { BODY_TEXT, BODY_CR, BODY_START, BODY_DOT, BODY_DOT_CR };
/* BODY_START: at the beginning of a line that follows CRLF; DOT: that line is "." so far. */

enum { EDGE_TEXT, EDGE_CR, EDGE_START, EDGE_DOT, EDGE_DOT_CR };
/* The same for line ends of any kind; b->edge says which one the line follows. */

enum { WATCHED_BYTES = 4096 };

const char *const line_end_names[LINE_ENDS] = {"CRLF", "LF", "CR", "CRLF NUL"};

void smtp_body_begin(struct smtp_body *b, uint64_t offset)
{
    *b = (struct smtp_body){
        .state = BODY_START, .watch = EDGE_START, .edge = LINE_END_CRLF, .offset = offset};
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

/* The beginning of a line behind an ambiguous end: is it a command? */
static bool looks_like_command(const struct smtp_body *b)
{
    static const char *const begins[] = {"MAIL FROM:", "RCPT TO:", "BDAT ", "EHLO ", "HELO "};
    struct bytes line = {b->prefix, b->prefix_len};

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        if (text_begins(line, begins[i])) {
            return true;
        }
    }
    return text_is(line, "DATA") || text_is(line, "RSET");
}

static bool is_watched(const struct smtp_body *b)
{
    return b->offset < b->watch_until;
}

static void judge_prefix(struct smtp_body *b, struct content_facts *facts)
{
    if (b->prefix_open && is_watched(b) && !facts->ambiguous.command_follows &&
        looks_like_command(b)) {
        facts->ambiguous = b->last;
        facts->ambiguous.command_follows = true;
    }
    b->prefix_open = false;
}

static void note_ambiguous(struct smtp_body *b, struct content_facts *facts, enum line_end after)
{
    /* b->offset is behind the byte that showed it: one for LF, two for CRLF and for a CR alone. */
    b->last = (struct ambiguous_end){.offset = b->offset - (after == LINE_END_LF ? 2 : 3),
                                     .before = b->edge,
                                     .after = (uint8_t)after};
    b->watch_until = b->offset + WATCHED_BYTES;
    if (facts->ambiguous_count++ == 0) {
        facts->ambiguous = b->last;
    }
}

static void begin_edge(struct smtp_body *b, enum line_end end)
{
    b->watch = EDGE_START;
    b->edge = (uint8_t)end;
    b->prefix_len = 0;
    b->prefix_open = is_watched(b);
}

/* A byte behind a CR that no LF followed: "CR" was a line end for some. */
static void behind_bare_cr(struct smtp_body *b, uint8_t byte, struct content_facts *facts)
{
    facts->bare_cr++;
    begin_edge(b, LINE_END_CR);
    b->watch = byte == '.' ? EDGE_DOT : byte == '\r' ? EDGE_CR : EDGE_TEXT;
}

/* The line ends that only some servers know. The terminator itself never gets here. */
static void watch(struct smtp_body *b, uint8_t byte, struct content_facts *facts)
{
    enum line_end end = LINE_END_LF;

    if (byte == '\r' || byte == '\n') {
        judge_prefix(b, facts);
    }
    switch (b->watch) {
    case EDGE_CR:
        if (byte == '\n') {
            begin_edge(b, LINE_END_CRLF);
        } else {
            behind_bare_cr(b, byte, facts);
        }
        break;
    case EDGE_DOT_CR:
        end = byte == '\n' ? LINE_END_CRLF : LINE_END_CR;
        note_ambiguous(b, facts, end);
        if (byte == '\n') {
            begin_edge(b, end);
        } else {
            behind_bare_cr(b, byte, facts);
        }
        break;
    default:
        if (byte == '\n') {
            if (b->watch == EDGE_DOT) {
                note_ambiguous(b, facts, end);
            }
            begin_edge(b, end);
        } else if (byte == '\r') {
            b->watch = b->watch == EDGE_DOT ? EDGE_DOT_CR : EDGE_CR;
        } else if (b->watch == EDGE_START && byte == '.') {
            b->watch = EDGE_DOT;
        } else if (b->watch == EDGE_START && byte == '\0' && b->edge == LINE_END_CRLF) {
            b->edge = LINE_END_CRLF_NUL;
        } else {
            if (b->watch == EDGE_DOT && b->edge == LINE_END_CRLF) {
                *(byte == '.' ? &facts->stuffed : &facts->single_dots) += 1;
            }
            b->watch = EDGE_TEXT;
        }
        break;
    }
    if (b->prefix_open && byte != '\r' && byte != '\n') {
        b->prefix[b->prefix_len++] = byte;
        if (b->prefix_len == sizeof b->prefix) {
            judge_prefix(b, facts);
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
    facts->eight_bit |= byte > 0x7f;
    if (byte == '\n' && state == BODY_DOT_CR) {
        facts->bytes -= 3;
        return true;
    }
    watch(b, byte, facts);
    if (byte == '\n') {
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

static bool has_eight_bit(const uint8_t *data, size_t len)
{
    uint64_t all = 0, eight;

    for (; len >= sizeof eight; data += sizeof eight, len -= sizeof eight) {
        memcpy(&eight, data, sizeof eight);
        all |= eight;
    }
    for (size_t i = 0; i < len; i++) {
        all |= data[i];
    }
    return all & UINT64_C(0x8080808080808080);
}

/* Octets of a line before the next that can matter. */
static size_t plain_len(const uint8_t *data, size_t len)
{
    const uint8_t *lf = memchr(data, '\n', len), *cr;
    size_t line = lf ? (size_t)(lf - data) : len;

    cr = memchr(data, '\r', line);
    return cr ? (size_t)(cr - data) : line;
}

static void pass(struct smtp_body *b, const uint8_t *data, size_t len, struct content_facts *facts)
{
    if (!facts->eight_bit) {
        facts->eight_bit = has_eight_bit(data, len);
    }
    facts->bytes += len;
    b->offset += len;
    b->line_len += len;
}

/* The usual line, all of it in hand: behind CRLF, ended by CRLF, without a dot or anything else
 * that matters. Its length; 0: it is another. */
static size_t usual_line(const struct smtp_body *b, struct bytes in)
{
    const uint8_t *lf;

    if (b->state != BODY_START || b->watch != EDGE_START || b->edge != LINE_END_CRLF ||
        is_watched(b) || in.data[0] == '.' || in.data[0] == '\0') {
        return 0;
    }
    lf = memchr(in.data, '\n', in.len);
    if (!lf || lf == in.data || lf[-1] != '\r' ||
        memchr(in.data, '\r', (size_t)(lf - 1 - in.data))) {
        return 0;
    }
    return (size_t)(lf - in.data) + 1;
}

size_t smtp_body_read(struct smtp_body *b, struct bytes in, struct content_facts *facts, bool *done)
{
    size_t i = 0;

    *done = false;
    while (i < in.len) {
        struct bytes rest = {in.data + i, in.len - i};
        size_t line = usual_line(b, rest);

        if (line) {
            pass(b, rest.data, line, facts);
            end_line(b, facts, true);
            i += line;
            continue;
        }
        /* Inside a line only its end matters. */
        if (b->state == BODY_TEXT && b->watch == EDGE_TEXT && !b->prefix_open) {
            size_t skip = plain_len(rest.data, rest.len);

            pass(b, rest.data, skip, facts);
            i += skip;
            if (i == in.len) {
                break;
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
    b->watch = EDGE_TEXT;
    b->prefix_open = false;
    b->lost = true;
}
