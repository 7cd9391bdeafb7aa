/* test_source_paced.c - a source at its recorded pace. Clocks on busy machines run late, never
 * early: so lower bounds are exact, upper ones generous. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "capture/source_paced.h"

#define MS INT64_C(1000000)

/* Answers from a list of times in ms; the list ends with a negative one. */
struct scripted {
    struct source source;
    const int64_t *times_ms;
    struct source_input input;
    bool freed;
};

static enum source_answer scripted_next(struct source *s, struct packet *out)
{
    struct scripted *own = (struct scripted *)s;
    if (*own->times_ms < 0) {
        return SOURCE_END;
    }
    *out = (struct packet){.mark = {++own->input.packets, *own->times_ms * MS}};
    own->times_ms++;
    return SOURCE_PACKET;
}

static size_t scripted_input_count(const struct source *s)
{
    (void)s;
    return 1;
}

static const struct source_input *scripted_input(const struct source *s, size_t index)
{
    (void)index;
    return &((const struct scripted *)s)->input;
}

static double scripted_progress(const struct source *s)
{
    (void)s;
    return 0.25;
}

static void scripted_free(struct source *s)
{
    ((struct scripted *)s)->freed = true;
}

static const struct source_class scripted_class = {
    .next = scripted_next,
    .input_count = scripted_input_count,
    .input = scripted_input,
    .progress = scripted_progress,
    .free = scripted_free};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / MS;
}

static struct scripted script(const int64_t *times_ms)
{
    return (struct scripted){.source.class = &scripted_class, .times_ms = times_ms};
}

/* Packets at 5.000, 5.030 and 5.280 s. */
static const int64_t three[] = {5000, 5030, 5280, -1};

static void read_three(double speed, int64_t least_ms, int64_t most_ms)
{
    struct scripted inner = script(three);
    struct source *s = source_paced_new(&inner.source, speed);
    struct packet p;
    int packets = 0;
    int64_t start = now_ms(), asked = start;
    enum source_answer answer;
    while ((answer = source_next(s, &p)) != SOURCE_END) {
        int64_t now = now_ms();
        assert_true(now - asked < 1000); /* 100 ms, and a slow machine */
        asked = now;
        if (answer == SOURCE_PACKET) {
            assert_true(p.mark.time_ns == three[packets] * MS);
            packets++;
        } else {
            /* the clock went on, but not past the packet that waits */
            assert_true(source_paced_now(s) >= 5000 * MS);
            assert_true(source_paced_now(s) <= three[packets] * MS);
        }
    }
    assert_int_equal(packets, 3);
    assert_true(now_ms() - start >= least_ms);
    assert_true(now_ms() - start <= most_ms);
    assert_true(source_paced_now(s) >= 5280 * MS);
    source_free(s);
    assert_true(inner.freed);
}

static void test_pace(void **state)
{
    (void)state;
    read_three(1.0, 280, 2000);
    read_three(10.0, 28, 1500);
    read_three(0.5, 560, 4000);
}

static void test_as_fast_as_possible(void **state)
{
    (void)state;
    static const int64_t hours[] = {0, 3600000, 7200000, -1};
    struct scripted inner = script(hours);
    struct source *s = source_paced_new(&inner.source, 0);
    struct packet p;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_true(source_paced_now(s) == hours[i] * MS);
    }
    assert_int_equal(source_next(s, &p), SOURCE_END);
    source_free(s);
}

/* A wait of an hour is told as "nothing" again and again, never slept through. */
static void test_long_wait(void **state)
{
    (void)state;
    static const int64_t far[] = {0, 3600000, -1};
    struct scripted inner = script(far);
    struct source *s = source_paced_new(&inner.source, 1);
    struct packet p;
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    int64_t start = now_ms(), before = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(source_next(s, &p), SOURCE_NOTHING);
        assert_true(source_paced_now(s) > before);
        before = source_paced_now(s);
    }
    assert_true(now_ms() - start < 3000);
    source_free(s);
}

static void test_backwards_is_at_once(void **state)
{
    (void)state;
    static const int64_t back[] = {3600000, 0, 3600000, -1};
    struct scripted inner = script(back);
    struct source *s = source_paced_new(&inner.source, 1);
    struct packet p;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    }
    assert_int_equal(source_next(s, &p), SOURCE_END);
    source_free(s);
}

static void test_what_is_passed_on(void **state)
{
    (void)state;
    static const int64_t none[] = {-1};
    struct scripted inner = script(none);
    struct source *s = source_paced_new(&inner.source, 1);
    struct packet p;
    assert_int_equal(source_input_count(s), 1);
    assert_ptr_equal(source_input(s, 0), &inner.input);
    assert_true(source_progress(s) == 0.25);
    assert_int_equal(source_next(s, &p), SOURCE_END);
    source_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_as_fast_as_possible),
        cmocka_unit_test(test_long_wait),
        cmocka_unit_test(test_backwards_is_at_once),
        cmocka_unit_test(test_what_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
