/* line.c - cuts one side of an SMTP conversation into lines.
 *
 * Accepts CRLF, and bare LF with a note, because both occur. A line longer than LIMIT_LINE is
 * delivered cut, with its true length. Bytes of a line that lies in one chunk are not copied.
 * Not done here: dot-unstuffing and the end of content (body.c), meaning (command.c, reply.c).
 */
#include "dissect/smtp/line.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"

enum { HELD_KEPT = 1024 };

void smtp_line_forget(struct smtp_line_cutter *c)
{
    if (c->held) {
        explicit_bzero(c->held, c->held_size);
    }
}

void smtp_line_free(struct smtp_line_cutter *c)
{
    smtp_line_forget(c);
    free(c->held);
    c->held = NULL;
}

bool smtp_line_at_start(const struct smtp_line_cutter *c)
{
    return !c->inside;
}

static void begin(struct smtp_line_cutter *c, const struct smtp_feed *feed)
{
    if (c->held_size > HELD_KEPT) { /* one long line does not cost its memory for ever */
        smtp_line_free(c);
        c->held_size = 0;
    }
    c->inside = true;
    c->offset = feed->offset;
    c->peer_ack = feed->chunk->peer_ack;
    c->first = feed->chunk->mark;
    c->held_len = 0;
    c->skipped = 0;
    c->len = 0;
    c->last_byte = 0;
}

static void hold(struct smtp_line_cutter *c, struct bytes b)
{
    size_t room = LIMIT_LINE - c->held_len;
    size_t keep = b.len < room ? b.len : room;

    if (b.len == 0) {
        return;
    }
    c->last_byte = b.data[b.len - 1];
    if (c->held_len + keep > c->held_size) {
        size_t size = c->held_size ? c->held_size : 256;
        uint8_t *more;
        while (size < c->held_len + keep) {
            size *= 2;
        }
        more = realloc(c->held, size);
        if (!more) {
            keep = c->held_size - c->held_len;
        } else {
            c->held = more;
            c->held_size = (uint32_t)size;
        }
    }
    if (keep) {
        memcpy(c->held + c->held_len, b.data, keep);
    }
    c->held_len += (uint32_t)keep;
    c->skipped += b.len - keep;
}

/* Eight bytes are all from 0x20 to 0x7e: none is below 0x20, none reaches 0x80 when one is added.
 */
static bool is_plain(const uint8_t *eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t w;

    memcpy(&w, eight, sizeof w);
    return !(((w - ones * 0x20) | w | (w + ones)) & ones * 0x80);
}

/* Of 8 bytes or more. */
static bool all_plain(struct bytes text)
{
    const uint8_t *last = text.data + text.len - 8;

    for (const uint8_t *at = text.data; at < last; at += 8) {
        if (!is_plain(at)) {
            return false;
        }
    }
    return is_plain(last); /* some of them a second time */
}

static uint8_t look(struct bytes text)
{
    uint8_t flags = 0;

    if (text.len >= 8 && all_plain(text)) {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t b = text.data[i];
        if (b >= 0x20 && b < 0x7f) {
            continue;
        }
        if (b == 0) {
            flags |= LINE_NUL;
        } else if (b & 0x80) {
            flags |= LINE_EIGHT_BIT;
        } else if (b != '\t') {
            flags |= LINE_CONTROL;
        }
    }
    return flags;
}

static void finish(struct smtp_line_cutter *c, struct bytes text, uint8_t flags, uint64_t end,
                   struct mark last, struct smtp_line *out)
{
    if (c->after_gap) {
        flags |= LINE_AFTER_GAP;
    }
    if (c->skipped) {
        flags |= LINE_LONG;
    }
    *out = (struct smtp_line){text,        c->offset, end,  c->len,
                              c->peer_ack, c->first,  last, (uint8_t)(flags | look(text))};
    c->inside = false;
    c->after_gap = false;
    c->held_len = 0;
}

/* A line that lies whole in what is left, up to its LF: nothing of it has to be remembered. */
static void take_whole(struct smtp_line_cutter *c, struct smtp_feed *feed, size_t len,
                       struct smtp_line *out)
{
    const uint8_t *at = feed->left.data;
    bool has_cr = len >= 2 && at[len - 2] == '\r';
    struct mark mark = feed->chunk->mark;
    uint8_t flags = (uint8_t)((has_cr ? 0 : LINE_BARE_LF) | (c->after_gap ? LINE_AFTER_GAP : 0));

    out->text = (struct bytes){at, len - 1 - has_cr};
    out->offset = feed->offset;
    out->end = feed->offset + len;
    out->len = len;
    out->peer_ack = feed->chunk->peer_ack;
    out->first = out->last = mark;
    out->flags = (uint8_t)(flags | look(out->text));
    feed->left.data += len;
    feed->left.len -= len;
    feed->offset += len;
    c->after_gap = false;
}

bool smtp_line_take(struct smtp_line_cutter *c, struct smtp_feed *feed, struct smtp_line *out)
{
    const uint8_t *lf = feed->left.len ? memchr(feed->left.data, '\n', feed->left.len) : NULL;
    struct bytes part = feed->left, text;
    bool has_cr;

    if (lf && !c->inside && c->held_size <= HELD_KEPT && lf - part.data < LIMIT_LINE) {
        take_whole(c, feed, (size_t)(lf - part.data) + 1, out);
        return true;
    }
    if (!c->inside && feed->left.len) {
        begin(c, feed);
    }
    if (!lf) {
        c->len += part.len;
        hold(c, part);
        feed->offset += part.len;
        feed->left = (struct bytes){part.data + part.len, 0};
        return false;
    }
    part.len = (size_t)(lf - part.data) + 1;
    c->len += part.len;
    feed->left.data += part.len;
    feed->left.len -= part.len;
    feed->offset += part.len;
    if (c->held_len == 0 && c->skipped == 0 && part.len <= LIMIT_LINE) {
        has_cr = part.len >= 2 && part.data[part.len - 2] == '\r';
        text = (struct bytes){part.data, part.len - 1 - has_cr};
    } else {
        uint8_t before = c->last_byte;
        has_cr = part.len >= 2 ? part.data[part.len - 2] == '\r' : before == '\r';
        hold(c, (struct bytes){part.data, part.len - 1});
        text = (struct bytes){c->held, c->held_len};
        /* The CR is in the held bytes unless the line was cut before it. */
        if (has_cr && c->skipped == 0) {
            text.len--;
        }
    }
    finish(c, text, has_cr ? 0 : LINE_BARE_LF, feed->offset, feed->chunk->mark, out);
    return true;
}

bool smtp_line_flush(struct smtp_line_cutter *c, struct mark last, struct smtp_line *out)
{
    if (!c->inside) {
        return false;
    }
    finish(c, (struct bytes){c->held, c->held_len}, LINE_UNTERMINATED,
           c->offset + c->held_len + c->skipped, last, out);
    return true;
}

void smtp_line_gap(struct smtp_line_cutter *c)
{
    c->inside = false;
    c->held_len = 0;
    c->after_gap = true;
}
