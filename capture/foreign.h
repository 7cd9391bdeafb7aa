/* foreign.h - what an input is that is not a capture we read, in words that help. */
#ifndef CAPTURE_FOREIGN_H
#define CAPTURE_FOREIGN_H

#include "capture/fail.h"

enum { FOREIGN_HEAD_LEN = 64 }; /* how much of the beginning is looked at */

/* name: quoted. head: how the input begins, all of it when shorter than FOREIGN_HEAD_LEN. unpacked:
 * it was gzip, and head is what it unpacks to. Always false, with fail set. */
bool foreign_fail(const char *name, struct bytes head, bool unpacked, struct fail *fail);

#endif
