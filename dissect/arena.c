/* arena.c - memory that is freed all at once.
 *
 * A list of blocks: the first few small, since most sessions are, the later ones twice the size of
 * the one before up to BLOCK_MAX; an allocation larger than a block gets one of its own. The first
 * block also holds the arena itself, so that a small session is one malloc.
 *
 * Sessions come and go by the thousand with blocks of the same few sizes: a freed block of such a
 * size waits for the next that wants it, at most SPARE_BLOCKS of each. Not under the address
 * sanitizer, which must see every block freed.
 */
#include "dissect/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_SIZES = 4, SPARE_BLOCKS = 64, SPARE_SIZE_MAX = 4096 };
enum { BLOCK_SMALL = 488, SMALL_TOTAL = 8192, BLOCK_MAX = 16368, ALIGNMENT = alignof(uint64_t) };
static_assert(ALIGNMENT >= alignof(void *), "pointers and 64-bit numbers are what arenas hold");

struct block {
    struct block *older;
    size_t size, used; /* of the bytes behind this header */
};

struct arena {
    struct block *newest;
    size_t total;
};

static size_t rounded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static uint8_t *block_bytes(struct block *b)
{
    return (uint8_t *)b + rounded(sizeof *b);
}

/* Blocks to be used again; the program has one thread. */
static struct {
    size_t size;
    unsigned count;
    struct block *first;
} spares[SPARE_SIZES];

static struct block *take_spare(size_t size)
{
    for (int i = 0; i < SPARE_SIZES; i++) {
        if (spares[i].size == size && spares[i].first) {
            struct block *b = spares[i].first;
            spares[i].first = b->older;
            spares[i].count--;
            return b;
        }
    }
    return NULL;
}

static bool keep_spare(struct block *b)
{
#ifdef __SANITIZE_ADDRESS__
    return false;
#endif
    for (int i = 0; i < SPARE_SIZES && b->size <= SPARE_SIZE_MAX; i++) {
        if (spares[i].size == 0) {
            spares[i].size = b->size;
        }
        if (spares[i].size == b->size && spares[i].count < SPARE_BLOCKS) {
            b->older = spares[i].first;
            spares[i].first = b;
            spares[i].count++;
            return true;
        }
    }
    return false;
}

static struct block *block_new(size_t size, struct block *older)
{
    struct block *b = take_spare(size);

    if (!b) {
        b = malloc(rounded(sizeof *b) + size);
    }
    if (b) {
        *b = (struct block){older, size, 0};
    }
    return b;
}

struct arena *arena_new(size_t first)
{
    struct block *b = block_new(first + sizeof(struct arena), NULL);
    struct arena *a;

    if (!b) {
        return NULL;
    }
    a = (void *)block_bytes(b);
    b->used = rounded(sizeof *a);
    a->newest = b;
    a->total = b->size;
    return a;
}

void arena_free(struct arena *a)
{
    struct block *b = a ? a->newest : NULL;

    while (b) {
        struct block *older = b->older;
        if (!keep_spare(b)) {
            free(b);
        }
        b = older;
    }
}

/* Memory as it was left. */
static void *take(struct arena *a, size_t size)
{
    size_t need = rounded(size ? size : 1);
    struct block *b = a->newest;
    uint8_t *out;

    if (need < size || need > b->size - b->used) {
        size_t want = a->total < SMALL_TOTAL    ? BLOCK_SMALL
                      : b->size * 2 < BLOCK_MAX ? b->size * 2
                                                : BLOCK_MAX;
        b = need < size ? NULL : block_new(need > want ? need : want, b);
        if (!b) {
            fputs("wiretale: out of memory\n", stderr);
            abort();
        }
        a->newest = b;
        a->total += b->size;
    }
    out = block_bytes(b) + b->used;
    b->used += need;
    return out;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size), 0, size);
}

struct text arena_text(struct arena *a, struct bytes b, size_t max)
{
    size_t len = b.len < max ? b.len : max;
    char *s = take(a, len + 1);

    if (len) {
        memcpy(s, b.data, len);
    }
    s[len] = '\0';
    return (struct text){s, (uint32_t)len, b.len > max};
}

struct text arena_format(struct arena *a, const char *format, ...)
{
    char line[1024];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0) {
        n = 0;
    }
    return arena_text(a, (struct bytes){(const uint8_t *)line, strlen(line)}, sizeof line);
}

size_t arena_size(const struct arena *a)
{
    return a->total;
}
