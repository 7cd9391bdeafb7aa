/* test_slots.c - entries found by their hash, also where many want the same place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/diagnose/slots.h"

enum { COUNT = 64, ENTRIES = 32 };

struct entry {
    uint64_t hash;
    int n;
};

/* By hash and number, as a caller looks for a key. */
static struct entry *find(const struct slots *t, uint64_t hash, int n)
{
    size_t at = (size_t)hash;
    struct entry *e;

    while ((e = slots_next(t, hash, &at)) && e->n != n) {
        ++at;
    }
    return e;
}

static void put(struct slots *t, struct entry *e)
{
    size_t at = (size_t)e->hash;

    while (slots_next(t, e->hash, &at)) {
        ++at;
    }
    slots_put(t, at, e->hash, e);
}

/* Hashes that meet: all the same; neighbours; the same place by another hash; round the end. */
static void test_found_and_taken(void **state)
{
    static const struct {
        uint64_t base, step;
    } kinds[] = {{5, 0}, {5, 1}, {5, COUNT}, {COUNT - 3, 1}, {COUNT - 1, COUNT / 2}, {0, 7919}};

    (void)state;
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        struct entry entry[ENTRIES];
        struct slots t;

        assert_true(slots_init(&t, COUNT));
        for (int i = 0; i < ENTRIES; i++) {
            entry[i] = (struct entry){kinds[kind].base + (uint64_t)i * kinds[kind].step, i};
            assert_null(find(&t, entry[i].hash, i));
            put(&t, &entry[i]);
        }
        for (int gone = 0; gone < ENTRIES; gone++) {
            int taken = (gone * 13 + 5) % ENTRIES; /* in no order */
            slots_take(&t, entry[taken].hash, &entry[taken]);
            entry[taken].n = -1;
            for (int i = 0; i < ENTRIES; i++) {
                struct entry *found = find(&t, entry[i].hash, i);
                assert_ptr_equal(found, entry[i].n < 0 ? NULL : &entry[i]);
            }
        }
        slots_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_and_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
