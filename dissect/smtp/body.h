/* body.h - the content of a DATA message: counted and searched for its end, never kept. */
#ifndef DISSECT_SMTP_BODY_H
#define DISSECT_SMTP_BODY_H

#include "dissect/event.h"

/* Zeroed by smtp_body_begin. */
struct smtp_body {
    uint8_t state;    /* how much of CRLF.CRLF the last bytes were */
    uint8_t watch;    /* the same for line ends of any kind */
    uint8_t edge;     /* enum line_end: what the line begun follows */
    bool prefix_open; /* the beginning of this line is looked at: an ambiguous end was near */
    uint8_t prefix_len, prefix[10];
    uint64_t watch_until; /* stream position up to which lines are looked at */
    struct ambiguous_end last;
    bool lost;         /* a gap: the state is not known until the next line end */
    uint64_t line_len; /* of the line begun */
    uint64_t offset;   /* stream position behind the last byte read */
};

void smtp_body_begin(struct smtp_body *b, uint64_t offset);
/* Reads until the end of the content (RFC 5321 section 4.5.2) or of in; counts into facts. Returns
 * the bytes used; *done: the terminator was the last of them. */
size_t smtp_body_read(struct smtp_body *b, struct bytes in, struct content_facts *facts,
                      bool *done);
void smtp_body_gap(struct smtp_body *b, uint64_t missing, struct content_facts *facts);

#endif
