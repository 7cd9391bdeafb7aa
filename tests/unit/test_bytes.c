/* test_bytes.c - a take gives the whole thing and moves, or changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/bytes.h"

static const uint8_t wire[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff};

static struct cursor cursor_on(size_t from, size_t len)
{
    return cursor_of((struct bytes){wire + from, len});
}

static void test_network_order(void **state)
{
    (void)state;
    uint8_t one;
    uint16_t two;
    uint32_t three, four;
    struct cursor c = cursor_on(0, 9);
    assert_true(take_u8(&c, &one));
    assert_int_equal(one, 0x01);
    assert_true(take_u16(&c, &two));
    assert_int_equal(two, 0x2345);
    assert_true(take_u24(&c, &three));
    assert_int_equal(three, 0x6789ab);
    c = cursor_on(5, 4);
    assert_true(take_u32(&c, &four));
    assert_true(four == 0xabcdefffu); /* the highest bit is not a sign */
    assert_int_equal(cursor_left(&c), 0);
}

static void test_order_of_the_file(void **state)
{
    (void)state;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    struct cursor c = cursor_on(0, 9);
    assert_true(take_u16_as(&c, true, &two));
    assert_int_equal(two, 0x2301);
    assert_true(take_u32_as(&c, true, &four));
    assert_true(four == 0xab896745u);
    c = cursor_on(0, 9);
    assert_true(take_u64_as(&c, true, &eight));
    assert_true(eight == UINT64_C(0xefcdab8967452301));
    c = cursor_on(1, 8);
    assert_true(take_u64_as(&c, false, &eight));
    assert_true(eight == UINT64_C(0x23456789abcdefff));
}

/* One byte short: false, and neither the cursor nor the answer has changed. */
static void test_one_short(void **state)
{
    (void)state;
    uint8_t one = 7;
    uint16_t two = 7;
    uint32_t four = 7;
    uint64_t eight = 7;
    struct bytes bytes = {NULL, 7};
    struct cursor c = cursor_on(0, 0);
    assert_false(take_u8(&c, &one));
    c = cursor_on(0, 1);
    assert_false(take_u16(&c, &two));
    assert_false(take_u16_as(&c, true, &two));
    c = cursor_on(0, 2);
    assert_false(take_u24(&c, &four));
    c = cursor_on(0, 3);
    assert_false(take_u32(&c, &four));
    assert_false(take_u32_as(&c, true, &four));
    c = cursor_on(0, 7);
    assert_false(take_u64_as(&c, true, &eight));
    assert_false(take_bytes(&c, 8, &bytes));
    assert_false(take_skip(&c, 8));
    assert_false(take_skip(&c, SIZE_MAX));
    assert_ptr_equal(c.at, wire);
    assert_int_equal(one, 7);
    assert_int_equal(two, 7);
    assert_int_equal(four, 7);
    assert_int_equal(eight, 7);
    assert_int_equal(bytes.len, 7);
}

static void test_bytes_and_rest(void **state)
{
    (void)state;
    struct bytes taken;
    struct cursor c = cursor_on(0, 9);
    assert_true(take_skip(&c, 2));
    assert_true(take_bytes(&c, 7, &taken));
    assert_ptr_equal(taken.data, wire + 2);
    assert_int_equal(taken.len, 7);
    assert_int_equal(peek_rest(&c).len, 0);
    assert_true(take_bytes(&c, 0, &taken)); /* nothing is always there */
    assert_true(take_skip(&c, 0));
}

static void test_no_bytes_at_all(void **state)
{
    (void)state;
    uint8_t one;
    struct cursor c = cursor_of((struct bytes){NULL, 5}); /* no data has no length */
    assert_int_equal(cursor_left(&c), 0);
    assert_false(take_u8(&c, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_order),   cmocka_unit_test(test_order_of_the_file),
        cmocka_unit_test(test_one_short),       cmocka_unit_test(test_bytes_and_rest),
        cmocka_unit_test(test_no_bytes_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
