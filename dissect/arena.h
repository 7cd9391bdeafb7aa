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
/* Its first blocks are pages: arena_pack takes them away. NULL when out of memory. */
struct arena *arena_new_packable(void);
/* With room for `first` bytes inside another arena, which must outlive it. Never NULL. */
struct arena *arena_new_inside(struct arena *outer, size_t first);
void arena_free(struct arena *a);
/* As it was when it was made. */
void arena_reset(struct arena *a);
/* Zeroed, aligned for pointers and 64-bit numbers. Never NULL: ends the program with a message when
 * the system has no memory (limits.h bounds what we ask for). */
void *arena_alloc(struct arena *a, size_t size);
/* Copies at most max bytes. */
struct text arena_text(struct arena *a, struct bytes b, size_t max);
/* printf into an arena; for our own words, not for wire text. */
struct text arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes taken for it so far, block overhead included; what lies inside another arena left out. */
size_t arena_size(const struct arena *a);

/* What lay in the pages of an arena, packed. */
struct arena_packed;

/* Of a packable arena. Until arena_unpack nobody may touch anything that lies in it. NULL when out
 * of memory: then it is as it was. */
struct arena_packed *arena_pack(struct arena *a);
/* Everything lies again where it lay; frees p. */
void arena_unpack(struct arena_packed *p);
/* The same for a look: arena_put_away undoes it, and forgets what was allocated meanwhile. */
void arena_look(const struct arena_packed *p);
void arena_put_away(const struct arena_packed *p);
/* Bytes that it takes. */
size_t arena_packed_size(const struct arena_packed *p);
/* Of arena_size, what packing gives back. */
size_t arena_packable_size(const struct arena *a);

#define arena_make(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
