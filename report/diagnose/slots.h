/* slots.h - open addressing: where in a table the entry with this hash stands.
 *
 * The hash stands beside the pointer, so that looking for one entry touches no other. A table never
 * grows; who puts something in sees to it that half stays free.
 */
#ifndef REPORT_DIAGNOSE_SLOTS_H
#define REPORT_DIAGNOSE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct slots {
    struct slot {
        uint64_t hash;
        void *entry; /* NULL: free */
    } * slot;
    size_t mask;
};

/* count: a power of two. False: no memory. */
static inline bool slots_init(struct slots *t, size_t count)
{
    t->slot = calloc(count, sizeof *t->slot);
    t->mask = count - 1;
    return t->slot;
}

static inline void slots_free(struct slots *t)
{
    free(t->slot);
    t->slot = NULL;
}

/* An entry with this hash. *at: where to look first, the hash itself to begin with, one more to go
 * on; then where it stands. NULL: there is none, *at is the place for it. */
static inline void *slots_next(const struct slots *t, uint64_t hash, size_t *at)
{
    while (t->slot[*at & t->mask].entry && t->slot[*at & t->mask].hash != hash) {
        ++*at;
    }
    return t->slot[*at & t->mask].entry;
}

static inline void slots_put(struct slots *t, size_t at, uint64_t hash, void *entry)
{
    t->slot[at & t->mask] = (struct slot){hash, entry};
}

/* Takes this entry out, which stands in the table under this hash. What was put behind it because
 * its place was taken moves up. */
static inline void slots_take(struct slots *t, uint64_t hash, const void *entry)
{
    size_t hole = hash & t->mask, next;

    while (t->slot[hole].entry != entry) {
        hole = (hole + 1) & t->mask;
    }
    for (next = (hole + 1) & t->mask; t->slot[next].entry; next = (next + 1) & t->mask) {
        size_t home = t->slot[next].hash & t->mask;
        if (((next - home) & t->mask) >= ((next - hole) & t->mask)) {
            t->slot[hole] = t->slot[next];
            hole = next;
        }
    }
    t->slot[hole].entry = NULL;
}

#endif
