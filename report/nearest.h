/* nearest.h - "did you mean": the known word that is a typing error away. */
#ifndef REPORT_NEAREST_H
#define REPORT_NEAREST_H

#include <stddef.h>

/* next(ctx, i) gives candidate i of count, or NULL for one that must not be offered. Returns the
 * nearest candidate, or NULL when none is near. */
const char *nearest_word(const char *word, const char *(*next)(const void *ctx, size_t i),
                         const void *ctx, size_t count);

#endif
