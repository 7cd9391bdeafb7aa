/* test_arena.c - memory that is freed all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/arena.h"

static void test_zeroed_and_aligned(void **state)
{
    struct arena *a = arena_new(100);

    (void)state;
    for (size_t size = 0; size < 300; size++) {
        uint8_t *p = arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % sizeof(uint64_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
            p[i] = 0xff; /* ASan: it is ours; the next one must be zero again */
        }
    }
    arena_free(a);
    arena_free(NULL);
}

/* Pieces do not overlap, small or larger than any block. */
static void test_pieces_are_apart(void **state)
{
    static const size_t sizes[] = {1, 8, 1000, 20000, 7, 100000, 16368, 16369, 3, 9000};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    uint8_t *p[COUNT];
    struct arena *a = arena_new(64);

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        p[i] = arena_alloc(a, sizes[i]);
        memset(p[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(p[i][0], i + 1);
        assert_int_equal(p[i][sizes[i] - 1], i + 1);
    }
    assert_true(arena_size(a) >= 20000 + 100000 + 16368 + 16369);
    arena_free(a);
}

static void test_first_room(void **state)
{
    struct arena *a = arena_new(4096);
    size_t size = arena_size(a);

    (void)state;
    for (int i = 0; i < 4096 / 8 - 2; i++) {
        (void)arena_alloc(a, 8);
    }
    assert_int_equal(arena_size(a), size); /* all of it in one block */
    (void)arena_alloc(a, 64);
    assert_true(arena_size(a) > size);
    arena_free(a);
}

static void test_text(void **state)
{
    static const uint8_t wire[] = {'a', 0, 'b', 0xff, 'c'};
    struct arena *a = arena_new(64);
    struct text t = arena_text(a, (struct bytes){wire, sizeof wire}, sizeof wire);

    (void)state;
    assert_int_equal(t.len, 5);
    assert_false(t.cut);
    assert_memory_equal(t.s, wire, sizeof wire);
    assert_int_equal(t.s[5], 0);
    t = arena_text(a, (struct bytes){wire, sizeof wire}, 4); /* one too many */
    assert_int_equal(t.len, 4);
    assert_true(t.cut);
    assert_int_equal(t.s[4], 0);
    t = arena_text(a, (struct bytes){NULL, 0}, 10);
    assert_int_equal(t.len, 0);
    assert_false(t.cut);
    t = arena_format(a, "%s has %d", "mx", 7);
    assert_int_equal(t.len, 8);
    assert_string_equal(t.s, "mx has 7");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_and_aligned),
        cmocka_unit_test(test_pieces_are_apart),
        cmocka_unit_test(test_first_room),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
