/* source_paced.h - another source at its recorded pace, times a factor. */
#ifndef CAPTURE_SOURCE_PACED_H
#define CAPTURE_SOURCE_PACED_H

#include "capture/source.h"

/* Takes over inner (NULL: out of memory, inner is still the caller's). speed 1.0 is the recorded
 * pace, 10.0 ten times as fast; 0 is as fast as possible. Answers SOURCE_NOTHING at least every 100
 * ms while it waits. */
struct source *source_paced_new(struct source *inner, double speed);
/* Packet time now, for the clock while nothing comes: last packet's time plus elapsed * speed, but
 * never past the packet that waits. */
int64_t source_paced_now(const struct source *s);

#endif
