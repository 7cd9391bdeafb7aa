/* message.h - what the program says besides its reports: one line each, on standard error, with its
 * name in front. A progress line that stands there is wiped first. */
#ifndef REPORT_MESSAGE_H
#define REPORT_MESSAGE_H

#include "capture/fail.h"

/* Text from outside (names of files, wire text) must be escaped by the caller: message_name. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Nothing when there is no text. */
void message_fail(const struct fail *fail);

enum { MESSAGE_NAME_MAX = 512 };
/* A file's name as it may be shown, in out. */
const char *message_name(const char *name, char out[MESSAGE_NAME_MAX]);

#endif
