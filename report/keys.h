/* keys.h - the key log of --keylog and the secrets that captures carry, for as long as a run
 * lasts. */
#ifndef REPORT_KEYS_H
#define REPORT_KEYS_H

#include "capture/fail.h"
#include "report/settings.h"

/* Sets settings->keys, and reads --keylog if it was given. False with fail set (STATUS_USAGE) when
 * that cannot be read. */
bool keys_open(struct settings *settings, struct fail *fail);
/* Wipes all of it. */
void keys_close(struct settings *settings);
/* Secrets that a capture carries; ctx is a struct tls_keylog. */
void keys_add(void *ctx, struct bytes lines);
/* What became of them, at the end of the run: one line, or none when there is nothing to say. */
void keys_tell(const struct settings *settings);

#endif
