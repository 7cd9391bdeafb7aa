/* pool.h - things of one size, taken and given back by the thousand. */
#ifndef DISSECT_POOL_H
#define DISSECT_POOL_H

#include <stddef.h>

/* Zeroed but for the size, which is a multiple of 64: a thing begins where a cache line does. */
struct pool {
    size_t size;
    struct pool_free *first_free;
    struct pool_block *blocks;
};

/* Zeroed. NULL: no memory. */
void *pool_take(struct pool *p);
/* It may be handed out again; the memory is the pool's until pool_reset. */
void pool_give(struct pool *p, void *thing);
/* Gives everything back, what is still taken too. */
void pool_reset(struct pool *p);

#endif
