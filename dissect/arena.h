/* arena.h - memory that is freed all at once. */
#ifndef DISSECT_ARENA_H
#define DISSECT_ARENA_H

#include "capture/bytes.h"

/* A piece of text copied into an arena. Bytes as they came from the wire: NUL and anything else may
 * occur, no terminator is promised to mean anything (one is there for debuggers). */
struct text {
    const char *s;
    uint32_t len;
    bool cut; /* the original was longer */
};

struct arena;

/* With room for `first` bytes at once. NULL when out of memory. */
struct arena *arena_new(size_t first);
void arena_free(struct arena *a);
/* Zeroed, aligned for pointers and 64-bit numbers. Never NULL: ends the program with a message when
 * the system has no memory (limits.h bounds what we ask for). */
void *arena_alloc(struct arena *a, size_t size);
/* Copies at most max bytes. */
struct text arena_text(struct arena *a, struct bytes b, size_t max);
/* printf into an arena; for our own words, not for wire text. */
struct text arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes handed out so far, block overhead included. */
size_t arena_size(const struct arena *a);

#define arena_make(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
