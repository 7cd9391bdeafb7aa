/* live_refused.h - why an interface cannot be captured on, and what to do about it. */
#ifndef CAPTURE_LIVE_REFUSED_H
#define CAPTURE_LIVE_REFUSED_H

#include "capture/fail.h"

/* Both return false with fail set (STATUS_FORBIDDEN). shown: the interface's name, quoted. */
bool live_refused_permission(const char *shown, struct fail *fail);
bool live_refused_missing(const char *shown, struct fail *fail);

#endif
