/* keep.h - which entry of a full table makes room: among those worth least the one that was not met
 * for the longest time. A list for each worth; every step takes the same time however many there
 * are.
 */
#ifndef REPORT_DIAGNOSE_KEEP_H
#define REPORT_DIAGNOSE_KEEP_H

#include <stddef.h>

/* Stands first in an entry, so that its address is the entry's. */
struct keep_link {
    struct keep_link *older, *newer;
};

enum { KEEP_WORTHS = 3 }; /* 0 goes first */

struct keep {
    struct keep_link list[KEEP_WORTHS]; /* rings: newer than the head is the oldest */
};

static inline void keep_init(struct keep *k)
{
    for (int i = 0; i < KEEP_WORTHS; i++) {
        k->list[i].older = k->list[i].newer = &k->list[i];
    }
}

static inline void keep_remove(struct keep_link *l)
{
    l->older->newer = l->newer;
    l->newer->older = l->older;
}

/* As the newest of its worth. */
static inline void keep_add(struct keep *k, struct keep_link *l, unsigned worth)
{
    struct keep_link *head = &k->list[worth];

    l->older = head->older;
    l->newer = head;
    head->older->newer = l;
    head->older = l;
}

/* Met again; perhaps worth more now. */
static inline void keep_touch(struct keep *k, struct keep_link *l, unsigned worth)
{
    keep_remove(l);
    keep_add(k, l, worth);
}

/* The one to go, worth less than `worth`; NULL: all are worth that much. */
static inline void *keep_least(struct keep *k, unsigned worth)
{
    for (unsigned i = 0; i < worth && i < KEEP_WORTHS; i++) {
        if (k->list[i].newer != &k->list[i]) {
            return k->list[i].newer;
        }
    }
    return NULL;
}

#endif
