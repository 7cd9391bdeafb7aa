/* source_merged.h - several sources as one, in order of packet time (ties: order given). */
#ifndef CAPTURE_SOURCE_MERGED_H
#define CAPTURE_SOURCE_MERGED_H

#include "capture/source.h"

/* Takes over the sources (freed with it), not the array. NULL when out of memory; then the sources
 * are still the caller's. */
struct source *source_merged_new(struct source **sources, size_t count);

#endif
