/* redact_token.h - the names that stand for addresses: keyed, short, the same for the same address.
 */
#ifndef REPORT_REDACT_TOKEN_H
#define REPORT_REDACT_TOKEN_H

#include "capture/bytes.h"
#include "capture/fail.h"

enum { TOKEN_MAX = 16 };

struct tokens;

/* key_file NULL: a random key that is never written anywhere. NULL with fail set (STATUS_USAGE). */
struct tokens *tokens_new(const char *key_file, struct fail *fail);
void tokens_free(struct tokens *t);
/* The token of an address, letter case aside: "u" and at least 5 characters of base32, more where
 * two addresses of one report would share them. NUL-terminated; returns its length. */
size_t tokens_of(struct tokens *t, struct bytes address, char out[TOKEN_MAX]);

#endif
