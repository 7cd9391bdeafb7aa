/* redact_text.h - addresses inside texts: found, and their local parts replaced by tokens. */
#ifndef REPORT_REDACT_TEXT_H
#define REPORT_REDACT_TEXT_H

#include "report/redact_address.h"
#include "report/redact_words.h"

/* What stands for text that is left out. */
#define REDACT_LEFT_OUT "[...]"

/* Where the result goes, and what is known about names. Begin with scrub_begin for each text. */
struct scrub {
    struct tokens *tokens;
    const struct redact_words *words; /* NULL: none */
    char *out;
    size_t size, len;
    bool overflow; /* the result did not fit: cut at a whole piece */
};

void scrub_begin(struct scrub *x);
void scrub_put(struct scrub *x, struct bytes b);
void scrub_string(struct scrub *x, const char *s);
/* Free text: every address in it, every known local part, everything else as it is. */
void scrub_text(struct scrub *x, struct bytes text);
/* A path as in MAIL and RCPT, with or without its angle brackets: all of it is an address. */
void scrub_path(struct scrub *x, struct bytes path);
/* Parameters behind a path: known ones stay, addresses in them are replaced. */
void scrub_params(struct scrub *x, struct bytes params);

/* Takes the path that follows MAIL FROM: or RCPT TO: (rest begins behind the verb); what is before
 * it goes to *lead, what is behind it stays in rest. */
struct bytes scrub_take_path(struct bytes *rest, struct bytes *lead);
/* The token of an address. */
void scrub_token(struct scrub *x, const struct address_parts *parts, char token[TOKEN_MAX]);

#endif
