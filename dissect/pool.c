/* pool.c - things of one size, taken and given back by the thousand.
 *
 * They are cut from blocks and what was given back is handed out first: no header stands between
 * them, and none of them shares its cache lines. Under the address sanitizer, which must see each
 * of them freed, every one is a block of its own and is given back at once.
 */
#include "dissect/pool.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
#ifdef __SANITIZE_ADDRESS__
    BLOCK_THINGS = 1,
#else
    BLOCK_THINGS = 64,
#endif
};

struct pool_free {
    struct pool_free *next;
};

struct pool_block {
    struct pool_block *next, *before;
    uint8_t pad[LINE - 2 * sizeof(struct pool_block *)];
};
static_assert(sizeof(struct pool_block) == LINE, "things behind it begin with a line");

static void grow(struct pool *p)
{
    struct pool_block *b = aligned_alloc(LINE, sizeof *b + BLOCK_THINGS * p->size);

    assert(p->size % LINE == 0);
    if (!b) {
        return;
    }
    b->next = p->blocks;
    b->before = NULL;
    if (b->next) {
        b->next->before = b;
    }
    p->blocks = b;
    for (size_t i = BLOCK_THINGS; i-- > 0;) {
        struct pool_free *f = (struct pool_free *)((uint8_t *)(b + 1) + i * p->size);
        f->next = p->first_free;
        p->first_free = f;
    }
}

void *pool_take(struct pool *p)
{
    struct pool_free *f;

    if (!p->first_free) {
        grow(p);
    }
    f = p->first_free;
    if (f) {
        p->first_free = f->next;
        memset(f, 0, p->size);
    }
    return f;
}

#ifdef __SANITIZE_ADDRESS__
void pool_give(struct pool *p, void *thing)
{
    struct pool_block *b = (struct pool_block *)thing - 1;

    *(b->before ? &b->before->next : &p->blocks) = b->next;
    if (b->next) {
        b->next->before = b->before;
    }
    free(b);
}
#else
void pool_give(struct pool *p, void *thing)
{
    struct pool_free *f = thing;

    f->next = p->first_free;
    p->first_free = f;
}
#endif

void pool_reset(struct pool *p)
{
    while (p->blocks) {
        struct pool_block *next = p->blocks->next;
        free(p->blocks);
        p->blocks = next;
    }
    p->first_free = NULL;
}
