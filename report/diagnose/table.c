/* table.c - entries found by their hash, the least one makes room. */
#include "report/diagnose/table.h"

static void leave(struct table_entry *e)
{
    e->older->newer = e->newer;
    e->newer->older = e->older;
}

static void enter(struct table *t, struct table_entry *e, unsigned worth)
{
    struct table_entry *head = &t->lists[worth];

    e->worth = worth;
    e->older = head->older;
    e->newer = head;
    head->older->newer = e;
    head->older = e;
}

void table_init(struct table *t, size_t entry_size, size_t most)
{
    *t = (struct table){.entry_size = entry_size, .most = most};
    for (unsigned i = 0; i < TABLE_WORTHS; i++) {
        t->lists[i].older = t->lists[i].newer = &t->lists[i];
        t->lists[i].worth = i;
    }
}

static void drop(struct table *t, struct table_entry *e)
{
    if (t->drop) {
        t->drop(t->ctx, e);
    }
    leave(e);
    free(e);
}

void table_free(struct table *t)
{
    struct table_entry *e;

    while (t->entry_size && (e = table_least(t, TABLE_WORTHS))) {
        drop(t, e);
    }
    slots_free(&t->slots);
    t->count = 0;
}

/* *at: where it stands, or the place for it. */
static void *look(const struct table *t, uint64_t hash, table_same same, const void *key,
                  size_t *at)
{
    void *e;

    for (*at = hash; (e = slots_next(&t->slots, hash, at)); ++*at) {
        if (!same || same(e, key)) {
            return e;
        }
    }
    return NULL;
}

void *table_find(const struct table *t, uint64_t hash, table_same same, const void *key)
{
    size_t at;

    return t->slots.slot ? look(t, hash, same, key, &at) : NULL;
}

static bool is_other(const void *entry, const void *key)
{
    (void)entry;
    (void)key;
    return false;
}

void *table_add(struct table *t, uint64_t hash)
{
    struct table_entry *e;
    size_t at;

    if (!t->slots.slot && !slots_init(&t->slots, t->most * 2)) {
        return NULL;
    }
    if (t->count == t->most) {
        table_forget(t, table_least(t, TABLE_WORTHS));
    }
    e = calloc(1, t->entry_size);
    if (!e) {
        return NULL;
    }
    e->hash = hash;
    look(t, hash, is_other, NULL, &at);
    slots_put(&t->slots, at, hash, e);
    enter(t, e, 0);
    t->count++;
    return e;
}

void table_touch(struct table *t, void *entry, unsigned worth)
{
    leave(entry);
    enter(t, entry, worth);
}

void *table_least(const struct table *t, unsigned worth)
{
    for (unsigned i = 0; i < worth && i < TABLE_WORTHS; i++) {
        if (t->lists[i].newer != &t->lists[i]) {
            return t->lists[i].newer;
        }
    }
    return NULL;
}

void table_forget(struct table *t, void *entry)
{
    slots_take(&t->slots, ((struct table_entry *)entry)->hash, entry);
    drop(t, entry);
    t->count--;
    t->forgotten++;
}

void *table_next(const struct table *t, const void *entry)
{
    const struct table_entry *e = entry;
    unsigned worth = e ? e->worth : 0;
    struct table_entry *next = e ? e->newer : t->lists[0].newer;

    while (next == &t->lists[worth]) {
        if (++worth == TABLE_WORTHS) {
            return NULL;
        }
        next = t->lists[worth].newer;
    }
    return next;
}
