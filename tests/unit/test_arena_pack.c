/* test_arena_pack.c - an arena taken away and put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/arena.h"
#include "dissect/page.h"

/* A list whose pointers must hold. */
struct link {
    struct link *next;
    uint32_t n;
    struct text text;
};

static struct link *make_list(struct arena *a, uint32_t count)
{
    struct link *first = NULL;

    for (uint32_t n = 0; n < count; n++) {
        struct link *l = arena_make(a, struct link);
        l->next = first;
        l->n = n;
        l->text = arena_format(a, "entry %u of a list", n);
        first = l;
    }
    return first;
}

static void assert_list(const struct link *l, uint32_t count)
{
    char text[64];

    while (count-- > 0) {
        assert_int_equal(l->n, count);
        snprintf(text, sizeof text, "entry %u of a list", count);
        assert_string_equal(l->text.s, text);
        l = l->next;
    }
    assert_null(l);
}

/* One page, several, and blocks behind them that are none. */
static void test_comes_back(void **state)
{
    static const uint32_t counts[] = {0, 10, 200, 2000};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct arena *a = arena_new_packable();
        struct link *list = make_list(a, counts[i]);
        size_t size = arena_size(a), packable = arena_packable_size(a);
        struct arena_packed *p = arena_pack(a);

        assert_non_null(p);
        assert_true(packable > 0 && packable <= size);
        assert_true(arena_packed_size(p) < packable / 2);
        arena_unpack(p);
        assert_list(list, counts[i]);
        assert_int_equal(arena_size(a), size);
        (void)make_list(a, 50); /* it goes on growing */
        assert_list(list, counts[i]);
        arena_free(a);
    }
}

/* The pages' memory may be anybody's meanwhile. */
static void test_many_at_once(void **state)
{
    enum { ARENAS = 300 };
    struct arena *a[ARENAS];
    struct arena_packed *p[ARENAS];
    struct link *list[ARENAS];

    (void)state;
    for (uint32_t i = 0; i < ARENAS; i++) {
        a[i] = arena_new_packable();
        list[i] = make_list(a[i], i);
        p[i] = i % 3 ? arena_pack(a[i]) : NULL;
    }
    for (uint32_t i = 0; i < ARENAS; i++) {
        if (p[i]) {
            arena_unpack(p[i]);
        }
        assert_list(list[i], i);
        arena_free(a[i]);
    }
}

/* What packs badly is packed all the same. */
static void test_noise(void **state)
{
    struct arena *a = arena_new_packable();
    uint8_t *noise[40], x = 1;

    (void)state;
    for (int i = 0; i < 40; i++) {
        noise[i] = arena_alloc(a, 500);
        for (int j = 0; j < 500; j++) {
            noise[i][j] = (uint8_t)(x * 73 + (j ^ i) * 31 + (j >> 3) * i);
            x = noise[i][j];
        }
    }
    x = 1;
    arena_unpack(arena_pack(a));
    for (int i = 0; i < 40; i++) {
        for (int j = 0; j < 500; j++) {
            assert_int_equal(noise[i][j], (uint8_t)(x * 73 + (j ^ i) * 31 + (j >> 3) * i));
            x = noise[i][j];
        }
    }
    arena_free(a);
}

/* A look may allocate; nothing of that stays. */
static void test_look(void **state)
{
    struct arena *a = arena_new_packable();
    struct link *list = make_list(a, 60);
    size_t size = arena_size(a);
    struct arena_packed *p = arena_pack(a);

    (void)state;
    for (int i = 0; i < 3; i++) {
        arena_look(p);
        assert_list(list, 60);
        assert_int_equal(arena_size(a), size);
        list->n = 7;
        (void)arena_alloc(a, 3000);
        (void)arena_alloc(a, 100000); /* ASan: given back */
        arena_put_away(p);
    }
    arena_unpack(p);
    assert_list(list, 60);
    arena_free(a);
}

static void test_only_packable_ones(void **state)
{
    struct arena *a = arena_new(100);

    (void)state;
    assert_null(arena_pack(a));
    arena_free(a);
}

static void test_inside(void **state)
{
    struct arena *outer = arena_new_packable(), *inner = arena_new_inside(outer, 200);
    struct link *list;

    (void)state;
    assert_int_equal(arena_size(inner), 0);
    (void)make_list(inner, 100); /* more than there is room inside */
    assert_true(arena_size(inner) > 0);
    arena_reset(inner);
    assert_int_equal(arena_size(inner), 0);
    list = make_list(inner, 2);
    assert_int_equal(arena_size(inner), 0);
    arena_unpack(arena_pack(outer));
    assert_list(list, 2);
    arena_free(inner);
    arena_free(outer);
}

/* Nobody has a page that another one has, however often they are given. */
static void test_pages(void **state)
{
    enum { PAGES = 3000 };
    static uint32_t *page[PAGES];

    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < PAGES; i++) {
            assert_non_null(page[i] = page_take());
            *page[i] = i + round;
        }
        for (uint32_t i = 0; i < PAGES; i += 2) {
            page_empty(page[i]);
            page_fill(page[i]);
            *page[i] = i + round;
        }
        for (uint32_t i = 0; i < PAGES; i++) {
            assert_int_equal(*page[i], i + round);
            page_give(page[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_only_packable_ones),
        cmocka_unit_test(test_inside),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
