/* sweep.c - which entries of a full table are worth least. */
#include "report/diagnose/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { SPARED = 256, CLASS_SHIFT = 61 };

bool sweep_met_before(struct sweep_met *m, uint64_t hash)
{
    bool met = m->hash[hash % SWEEP_MET] == hash;

    m->hash[hash % SWEEP_MET] = hash;
    return met;
}

uint64_t sweep_worth(enum sweep_class class, uint64_t met, uint64_t now)
{
    return now - met < SPARED ? UINT64_MAX : (uint64_t) class << CLASS_SHIFT | met;
}

static int compare(const void *pa, const void *pb)
{
    uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

uint64_t sweep_limit(const uint64_t *worth, size_t n, size_t count)
{
    uint64_t *sorted = count && count <= n ? malloc(n * sizeof *sorted) : NULL, limit;

    if (!sorted) {
        return 0;
    }
    memcpy(sorted, worth, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    limit = sorted[count - 1];
    free(sorted);
    return limit == UINT64_MAX ? 0 : limit;
}
