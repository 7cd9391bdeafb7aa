/* memory.c - a diagnosis and the memory behind it. */
#include "report/diagnose/memory.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { BLOCK_BYTES = 1024 };

struct block {
    struct block *next;
    size_t size, used;
    uint64_t bytes[];
};

/* Begins with the diagnosis, so that s->diagnosis leads back to it. */
struct store {
    struct diagnosis diagnosis;
    struct arena *arena;
    struct block *first, *now;
};

struct diagnosis *diagnosis_begin(struct session *s)
{
    struct store *store = s->diagnosis;

    if (!store) {
        store = arena_make(s->arena, struct store);
        store->arena = s->arena;
        s->diagnosis = store;
    }
    store->diagnosis = (struct diagnosis){.slowest_reply_s = -1};
    store->now = store->first;
    if (store->now) {
        store->now->used = 0;
    }
    return &store->diagnosis;
}

static struct block *block_new(struct store *store, size_t size)
{
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct block *b = arena_alloc(store->arena, offsetof(struct block, bytes) + room);

    b->size = room;
    return b;
}

void *diagnosis_alloc(struct diagnosis *d, size_t size)
{
    struct store *store = (struct store *)d;
    struct block *b = store->now;
    void *out;

    size = (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    while (b && b->size - b->used < size && b->next) {
        b = b->next;
        b->used = 0;
    }
    if (!b || b->size - b->used < size) {
        struct block *fresh = block_new(store, size);
        if (b) {
            fresh->next = b->next;
            b->next = fresh;
        } else {
            store->first = fresh;
        }
        b = fresh;
    }
    store->now = b;
    assert(b->size - b->used >= size);
    out = (char *)b->bytes + b->used;
    b->used += size;
    return memset(out, 0, size);
}
