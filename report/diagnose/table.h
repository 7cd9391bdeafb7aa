/* table.h - entries found by their hash, a bounded number of them: when there are as many as there
 * may be, one makes room for a newcomer. It is one of those worth least, and of them the one not
 * met for the longest time. Every step takes the same time however many there are.
 *
 * An entry is a struct of the owner's that begins with a struct table_entry. Which one goes depends
 * on what was met, never on where hashes put it, so that what is read twice is told alike.
 */
#ifndef REPORT_DIAGNOSE_TABLE_H
#define REPORT_DIAGNOSE_TABLE_H

#include "report/diagnose/slots.h"

enum { TABLE_WORTHS = 3 }; /* 0 goes first */

struct table_entry {
    struct table_entry *older, *newer;
    uint64_t hash;
    unsigned worth;
};

struct table {
    struct slots slots;                     /* made with the first entry */
    struct table_entry lists[TABLE_WORTHS]; /* rings; newer than the head is the oldest */
    size_t entry_size, count, most;
    uint64_t forgotten;                   /* entries that made room */
    void (*drop)(void *ctx, void *entry); /* before an entry goes; NULL: nothing to do */
    void *ctx;
};

/* most: a power of two. */
void table_init(struct table *t, size_t entry_size, size_t most);
/* Drops and frees all entries. */
void table_free(struct table *t);

/* Entries whose hash is equal are the same unless this says otherwise. */
typedef bool (*table_same)(const void *entry, const void *key);
/* NULL: there is none. */
void *table_find(const struct table *t, uint64_t hash, table_same same, const void *key);
/* A new one, zeroed, worth 0; it must not be there yet. NULL: no memory. */
void *table_add(struct table *t, uint64_t hash);
/* It was met again, and is worth as much as this now. */
void table_touch(struct table *t, void *entry, unsigned worth);
/* The one that would go next, if it is worth less than `worth`; NULL: none is. */
void *table_least(const struct table *t, unsigned worth);
/* Drops and frees it, and counts it as forgotten. */
void table_forget(struct table *t, void *entry);
/* All entries: NULL for the first; NULL behind the last. None may be added or touched meanwhile. */
void *table_next(const struct table *t, const void *entry);

#endif
