/* recall.h - what a table said of a text the last time: servers repeat themselves.
 *
 * A few texts are kept with what was found for each. A text is compared octet by octet, so what is
 * recalled is what the table would say again. Bounded: a new text takes the place of an old one.
 */
#ifndef REPORT_DIAGNOSE_RECALL_H
#define REPORT_DIAGNOSE_RECALL_H

#include "dissect/arena.h"

enum { RECALL_SLOTS = 128, RECALL_TEXT = 216 };

/* Zeroed is empty. */
struct recall {
    struct recall_slot {
        uint64_t about;
        const void *found;
        uint32_t len; /* 0: free */
        char text[RECALL_TEXT];
    } slots[RECALL_SLOTS];
};

/* about: whatever else the answer hangs on. False: not known. *found may be NULL: the table has
 * nothing for this text. */
bool recall_get(const struct recall *r, struct text text, uint64_t about, const void **found);
/* found lives as long as r. Texts that are empty or too long are not kept. */
void recall_put(struct recall *r, struct text text, uint64_t about, const void *found);

#endif
