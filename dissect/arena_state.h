/* arena_state.h - what arena.c and arena_pack.c share; nobody else includes it. */
#ifndef DISSECT_ARENA_STATE_H
#define DISSECT_ARENA_STATE_H

#include <stdalign.h>

#include "dissect/arena.h"

enum { ARENA_ALIGNMENT = alignof(uint64_t) };

enum block_kind {
    BLOCK_OWN,
    BLOCK_PAGE,   /* dissect/page.h */
    BLOCK_INSIDE, /* another arena's memory */
};

struct block {
    struct block *older;
    uint32_t size, used; /* of the bytes behind this header */
    uint32_t kind;       /* enum block_kind */
};

struct arena {
    struct block *newest;
    size_t total;
    uint32_t pages; /* blocks that are pages */
    bool packable;
};

static inline size_t arena_rounded(size_t size)
{
    return (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

static inline uint8_t *block_bytes(struct block *b)
{
    return (uint8_t *)b + arena_rounded(sizeof *b);
}

/* Frees the blocks newer than `last`; NULL: all. */
void arena_drop(struct arena *a, const struct block *last);

#endif
