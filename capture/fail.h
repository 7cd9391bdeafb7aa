/* fail.h - why something outside us failed, in words for a person.
 *
 * A function that can fail because of the world returns false and fills a struct fail where it
 * happened; main prints it once and exits with its status.
 */
#ifndef CAPTURE_FAIL_H
#define CAPTURE_FAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/bytes.h"

/* Exit statuses, a promise to scripts. When several apply: the first of 2, 5, 3, 6, 1, 4. */
enum status {
    STATUS_DONE = 0,
    STATUS_FINDING = 1,    /* a finding at or above --fail-on */
    STATUS_USAGE = 2,      /* nothing read or written */
    STATUS_NO_INPUT = 3,   /* missing, not a capture, no mail session in it */
    STATUS_DAMAGED = 4,    /* results complete, input was not */
    STATUS_FORBIDDEN = 5,  /* capture not permitted, or interface missing */
    STATUS_NOT_WRITTEN = 6 /* an output could not be written */
};

enum { FAIL_TEXT_MAX = 1024 };

struct fail {
    enum status status;
    bool is_foreign; /* an input is whole and can be read, but surely holds something else */
    char text[FAIL_TEXT_MAX]; /* one line: what, where, what to do; already escaped */
};

/* Fills fail (may be NULL); always returns false, so that callers can `return fail_set(...)`. */
bool fail_set(struct fail *fail, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The status that a run ends with when both apply. */
enum status status_worse(enum status a, enum status b);

/* Names and text from outside, as they may stand in a message: control bytes and what is not UTF-8
 * become \xHH, a backslash is doubled, and "..." ends what did not fit into size. Returns out. */
const char *fail_quote(struct bytes in, char *out, size_t size);
/* The same for a C string, such as a path. */
const char *fail_quote_name(const char *name, char *out, size_t size);

/* What errno says, as it may end a sentence: "permission denied". Not kept: valid until next call.
 */
const char *fail_reason(int error);

#endif
