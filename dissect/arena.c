/* arena.c - memory that is freed all at once.
 *
 * A list of blocks: the first few small, since most sessions are, the later ones twice the size of
 * the one before up to BLOCK_MAX; an allocation larger than a block gets one of its own. The first
 * block also holds the arena itself, so that a small session is one malloc. The small blocks of a
 * packable arena are pages.
 *
 * Sessions come and go by the thousand with blocks of the same few sizes: a freed block of such a
 * size waits for the next that wants it, at most SPARE_BLOCKS of each. Not under the address
 * sanitizer, which must see every block freed.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/arena_state.h"
#include "dissect/page.h"

enum { SPARE_SIZES = 4, SPARE_BLOCKS = 64, SPARE_SIZE_MAX = 4096 };
enum { BLOCK_SMALL = 488, SMALL_TOTAL = 8192, PAGES_TOTAL = 32768, BLOCK_MAX = 16368 };
static_assert(ARENA_ALIGNMENT >= alignof(void *),
              "pointers and 64-bit numbers are what arenas hold");

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
    struct block *b = size <= UINT32_MAX ? take_spare(size) : NULL;

    if (!b && size <= UINT32_MAX) {
        b = malloc(arena_rounded(sizeof *b) + size);
    }
    if (b) {
        *b = (struct block){older, (uint32_t)size, 0, BLOCK_OWN};
    }
    return b;
}

static size_t page_room(void)
{
    return page_size() - arena_rounded(sizeof(struct block));
}

static struct block *page_block(struct block *older)
{
    struct block *b = page_take();

    if (b) {
        *b = (struct block){older, (uint32_t)page_room(), 0, BLOCK_PAGE};
    }
    return b;
}

/* The first block holds the arena. */
static struct arena *begin(struct block *b)
{
    struct arena *a;

    if (!b) {
        return NULL;
    }
    a = (void *)block_bytes(b);
    b->used = (uint32_t)arena_rounded(sizeof *a);
    *a = (struct arena){.newest = b,
                        .total = b->kind == BLOCK_INSIDE ? 0 : b->size,
                        .pages = b->kind == BLOCK_PAGE,
                        .packable = b->kind == BLOCK_PAGE};
    return a;
}

struct arena *arena_new(size_t first)
{
    return begin(block_new(first + sizeof(struct arena), NULL));
}

struct arena *arena_new_packable(void)
{
    return begin(page_block(NULL));
}

struct arena *arena_new_inside(struct arena *outer, size_t first)
{
    size_t size = arena_rounded(first + sizeof(struct arena));
    struct block *b = arena_alloc(outer, arena_rounded(sizeof *b) + size);

    *b = (struct block){NULL, (uint32_t)size, 0, BLOCK_INSIDE};
    return begin(b);
}

void arena_drop(struct arena *a, const struct block *last)
{
    struct block *b = a->newest;

    while (b != last) {
        struct block *older = b->older;
        if (b->kind == BLOCK_PAGE) {
            page_give(b);
        } else if (b->kind == BLOCK_OWN && !keep_spare(b)) {
            free(b);
        }
        b = older;
    }
}

void arena_free(struct arena *a)
{
    if (a) {
        arena_drop(a, NULL);
    }
}

void arena_reset(struct arena *a)
{
    struct block *first = a->newest;

    while (first->older) {
        first = first->older;
    }
    arena_drop(a, first);
    begin(first);
}

static struct block *next_block(struct arena *a, size_t need)
{
    struct block *b = a->newest;
    size_t want = a->total < SMALL_TOTAL            ? BLOCK_SMALL
                  : (size_t)b->size * 2 < BLOCK_MAX ? (size_t)b->size * 2
                                                    : BLOCK_MAX;

    if (a->packable && need <= page_room() && a->total < PAGES_TOTAL) {
        b = page_block(b);
        a->pages += b != NULL;
        return b;
    }
    return block_new(need > want ? need : want, b);
}

/* Memory as it was left. */
static void *take(struct arena *a, size_t size)
{
    size_t need = arena_rounded(size ? size : 1);
    struct block *b = a->newest;
    uint8_t *out;

    if (need < size || need > b->size - b->used) {
        b = need < size ? NULL : next_block(a, need);
        if (!b) {
            fputs("wiretale: out of memory\n", stderr);
            abort();
        }
        a->newest = b;
        a->total += b->size;
    }
    out = block_bytes(b) + b->used;
    b->used += (uint32_t)need;
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
