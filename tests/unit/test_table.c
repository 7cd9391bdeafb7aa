/* A bounded table: what is found, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/diagnose/table.h"

enum { MOST = 16 };

struct thing {
    struct table_entry entry;
    unsigned name;
};

static unsigned dropped[256], drops;

static void note_drop(void *ctx, void *entry)
{
    (void)ctx;
    dropped[drops++ % 256] = ((struct thing *)entry)->name;
}

static bool is_named(const void *entry, const void *key)
{
    return ((const struct thing *)entry)->name == *(const unsigned *)key;
}

/* Hashes that share places: their lower bits are few. */
static uint64_t hash_of(unsigned name)
{
    return (uint64_t)name << 32 | name % 3;
}

static struct thing *find(struct table *t, unsigned name)
{
    return table_find(t, hash_of(name), is_named, &name);
}

static struct thing *add(struct table *t, unsigned name)
{
    struct thing *thing = table_add(t, hash_of(name));

    assert_non_null(thing);
    thing->name = name;
    return thing;
}

static void begin(struct table *t)
{
    drops = 0;
    table_init(t, sizeof(struct thing), MOST);
    t->drop = note_drop;
}

static void test_empty(void **state)
{
    struct table t;

    (void)state;
    begin(&t);
    assert_null(find(&t, 1));
    assert_null(table_next(&t, NULL));
    assert_null(table_least(&t, TABLE_WORTHS));
    table_free(&t);
    assert_int_equal(drops, 0);
}

static void test_oldest_goes(void **state)
{
    struct table t;

    (void)state;
    begin(&t);
    for (unsigned i = 0; i < MOST; i++) {
        add(&t, i);
    }
    table_touch(&t, find(&t, 0), 0);
    add(&t, 100);
    assert_int_equal(t.count, MOST);
    assert_int_equal(t.forgotten, 1);
    assert_non_null(find(&t, 0));
    assert_null(find(&t, 1));
    assert_int_equal(dropped[0], 1);
    for (unsigned i = 2; i < MOST; i++) {
        assert_non_null(find(&t, i));
    }
    table_free(&t);
    assert_int_equal(drops, MOST + 1);
}

static void test_worth(void **state)
{
    struct table t;

    (void)state;
    begin(&t);
    table_touch(&t, add(&t, 1000), 2);
    table_touch(&t, add(&t, 1001), 1);
    for (unsigned i = 0; i < 10000; i++) { /* a flood of things worth nothing */
        add(&t, i);
    }
    assert_non_null(find(&t, 1000));
    assert_non_null(find(&t, 1001));
    assert_null(find(&t, 9000));
    for (unsigned i = 0; i < MOST - 2; i++) { /* each fresh one is worth more than 1001 */
        table_touch(&t, table_least(&t, 1), 2);
    }
    assert_null(table_least(&t, 1));
    add(&t, 20000);
    assert_null(find(&t, 1001));
    assert_non_null(find(&t, 1000));
    table_free(&t);
}

/* Taken out and put in at random, beside a plain list of what must be there. */
static void test_random(void **state)
{
    struct table t;
    bool there[64] = {false};
    unsigned count = 0, x = 12345;

    (void)state;
    begin(&t);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned name;
        struct thing *thing;
        x = x * 1103515245 + 12345;
        name = x >> 16 & 63;
        thing = find(&t, name);
        assert_int_equal(thing != NULL, there[name]);
        if (thing) {
            table_forget(&t, thing);
            there[name] = false;
            count--;
        } else if (count < MOST) {
            add(&t, name);
            there[name] = true;
            count++;
        }
        assert_int_equal(t.count, count);
    }
    for (struct thing *thing = NULL; (thing = table_next(&t, thing));) {
        assert_true(there[thing->name]);
        count--;
    }
    assert_int_equal(count, 0);
    table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_oldest_goes),
        cmocka_unit_test(test_worth),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
