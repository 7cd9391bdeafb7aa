/* line.h - cuts one side of an SMTP conversation into lines. */
#ifndef DISSECT_SMTP_LINE_H
#define DISSECT_SMTP_LINE_H

#include "dissect/tcp/chunk.h"

/* Bytes of a chunk that were not read yet. */
struct smtp_feed {
    const struct chunk *chunk; /* for its mark and peer_ack */
    struct bytes left;
    uint64_t offset; /* of left's first byte */
};

struct smtp_line {
    struct bytes text;    /* without the line end; valid until the next call */
    uint64_t offset, end; /* in the stream, line end included */
    uint64_t len;         /* octets, line end included: inside TLS fewer than end - offset */
    uint64_t peer_ack;    /* of the packet that carried its first byte */
    struct mark first, last;
    uint8_t flags; /* enum line_flags */
};

/* Private to line.c, but here so that an owner can hold one. Zeroed is ready. */
struct smtp_line_cutter {
    uint8_t *held; /* beginning of a line whose end has not come; NULL: nothing */
    uint32_t held_len, held_size;
    uint64_t skipped; /* bytes of that line beyond LIMIT_LINE */
    uint64_t offset, peer_ack;
    uint64_t len; /* octets of that line so far */
    struct mark first;
    bool after_gap; /* the next line may lack its beginning */
    bool inside;    /* a line has begun */
    uint8_t last_byte;
};

void smtp_line_free(struct smtp_line_cutter *c);
/* Overwrites what the last line taken has left: it was a credential. */
void smtp_line_forget(struct smtp_line_cutter *c);
/* No line has begun. */
bool smtp_line_at_start(const struct smtp_line_cutter *c);
/* Octets with the line end, at most UINT32_MAX. */
static inline uint32_t smtp_line_len(const struct smtp_line *line)
{
    return line->len < UINT32_MAX ? (uint32_t)line->len : UINT32_MAX;
}
/* Takes the next whole line from feed. False: feed is used up, the line goes on in the next chunk.
 */
bool smtp_line_take(struct smtp_line_cutter *c, struct smtp_feed *feed, struct smtp_line *out);
/* What is held, as an unterminated line; false when nothing is. */
bool smtp_line_flush(struct smtp_line_cutter *c, struct mark last, struct smtp_line *out);
/* Bytes are missing here: what is held is given up, the next line is marked LINE_AFTER_GAP. */
void smtp_line_gap(struct smtp_line_cutter *c);

#endif
