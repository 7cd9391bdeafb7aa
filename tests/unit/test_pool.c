/* test_pool.c - things of one size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/pool.h"

enum { SIZE = 128, THINGS = 500 };

static void assert_zeroed(const uint8_t *thing)
{
    for (int i = 0; i < SIZE; i++) {
        assert_int_equal(thing[i], 0);
    }
}

/* Each is zeroed, begins where a cache line does, and is nobody else's: also one that was given
 * back and is taken again. */
static void test_take_and_give(void **state)
{
    struct pool p = {.size = SIZE};
    uint8_t *thing[THINGS];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THINGS; i++) {
            thing[i] = pool_take(&p);
            assert_non_null(thing[i]);
            assert_int_equal((uintptr_t)thing[i] % 64, 0);
            assert_zeroed(thing[i]);
            memset(thing[i], i % 255 + 1, SIZE);
        }
        for (int i = 0; i < THINGS; i++) {
            assert_int_equal(thing[i][0], i % 255 + 1);
            assert_int_equal(thing[i][SIZE - 1], i % 255 + 1);
        }
        for (int i = 0; i < THINGS; i += round + 1) {
            pool_give(&p, thing[i]);
        }
    }
    pool_reset(&p); /* ASan: what is still taken too */
    assert_zeroed(thing[0] = pool_take(&p));
    pool_reset(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_and_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
