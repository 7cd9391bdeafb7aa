/* reply.h - one reply line, and what a reply's text tells. RFC 5321 section 4.2, RFC 2034. */
#ifndef DISSECT_SMTP_REPLY_H
#define DISSECT_SMTP_REPLY_H

#include "dissect/event.h"

struct smtp_reply_line {
    bool valid; /* three digits, then a blank, a hyphen, nothing, or text that is no digit */
    uint16_t code;
    bool more;         /* a hyphen: further lines follow */
    struct bytes text; /* behind code and separator */
};

/* Reads a line without its line end. */
struct smtp_reply_line smtp_reply_read(struct bytes line);
/* A line that certainly begins a reply: what a reader looks for after a gap. */
bool smtp_reply_plausible(struct bytes line);
/* The enhanced status code at the beginning of a text; class 0 when there is none. */
struct enhanced smtp_reply_enhanced(struct bytes text);
/* The server's own name for a message it accepted, for searching its log; empty when none is
 * recognized. */
struct bytes smtp_reply_queue_id(struct bytes text);

#endif
