/* Which entries of a full table make room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/diagnose/sweep.h"

static void test_worth(void **state)
{
    uint64_t now = 100000;

    (void)state;
    /* The class before the time, and the one met last before others. */
    assert_true(sweep_worth(SWEEP_ONCE, 99000, now) < sweep_worth(SWEEP_SOMETHING, 1, now));
    assert_true(sweep_worth(SWEEP_SOMETHING, 99000, now) < sweep_worth(SWEEP_KNOWN, 1, now));
    assert_true(sweep_worth(SWEEP_ONCE, 5, now) < sweep_worth(SWEEP_ONCE, 6, now));
    /* Who is being looked at stays. */
    assert_true(sweep_worth(SWEEP_ONCE, now, now) == UINT64_MAX);
    assert_true(sweep_worth(SWEEP_ONCE, now - 300, now) < UINT64_MAX);
}

static void test_limit(void **state)
{
    const uint64_t worth[] = {7, 3, UINT64_MAX, 9, 1, UINT64_MAX};

    (void)state;
    assert_int_equal(sweep_limit(worth, 6, 1), 1);
    assert_int_equal(sweep_limit(worth, 6, 3), 7);
    assert_int_equal(sweep_limit(worth, 6, 4), 9);
    /* Nobody, more than there are, and those who stay in any case. */
    assert_int_equal(sweep_limit(worth, 6, 0), 0);
    assert_int_equal(sweep_limit(worth, 6, 7), 0);
    assert_int_equal(sweep_limit(worth, 6, 5), 0);
}

static void test_met(void **state)
{
    static struct sweep_met met;

    (void)state;
    assert_false(sweep_met_before(&met, 7));
    assert_true(sweep_met_before(&met, 7));
    assert_false(sweep_met_before(&met, 7 + SWEEP_MET)); /* takes its place */
    assert_false(sweep_met_before(&met, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worth),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
