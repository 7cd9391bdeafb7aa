/* test_source_merged.c - several sources in order of time, ties in the order given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/source_merged.h"

enum { SCRIPT_MAX = 8, SOURCES_MAX = 5, PAUSE = -1, STOP = -2, REST = -3 };

/* A source that answers from a list of times; PAUSE answers SOURCE_NOTHING once. A
 * list that begins with REST rests until it is first asked. Its packets' bytes
 * are overwritten when it is asked again, as source.h allows. */
struct scripted {
    struct source source;
    int64_t times[SCRIPT_MAX];
    size_t at;
    struct source_input input;
    double progress;
    uint8_t data[2]; /* the source's letter, the packet's number */
    char letter;
    int *freed;
};

static enum source_answer scripted_next(struct source *s, struct packet *out)
{
    struct scripted *own = (struct scripted *)s;
    memset(own->data, 0, sizeof own->data);
    int64_t time_ns = own->times[own->at];
    if (time_ns == STOP) {
        return SOURCE_END;
    }
    own->at++;
    if (time_ns == PAUSE) {
        return SOURCE_NOTHING;
    }
    if (time_ns == REST) {
        return scripted_next(s, out);
    }
    own->input.packets++;
    own->data[0] = (uint8_t)own->letter;
    own->data[1] = (uint8_t)('0' + own->input.packets);
    *out = (struct packet){.mark = {own->input.packets, time_ns}, .data = {own->data, 2}};
    return SOURCE_PACKET;
}

static size_t scripted_input_count(const struct source *s)
{
    (void)s;
    return 1;
}

static const struct source_input *scripted_input(const struct source *s, size_t index)
{
    assert_int_equal(index, 0);
    return &((const struct scripted *)s)->input;
}

static double scripted_progress(const struct source *s)
{
    return ((const struct scripted *)s)->progress;
}

static bool scripted_rests(const struct source *s, int64_t *time_ns)
{
    const struct scripted *own = (const struct scripted *)s;
    *time_ns = own->times[1];
    return own->times[own->at] == REST;
}

static void scripted_free(struct source *s)
{
    (*((struct scripted *)s)->freed)++;
}

static const struct source_class scripted_class = {.next = scripted_next,
                                                   .input_count = scripted_input_count,
                                                   .input = scripted_input,
                                                   .progress = scripted_progress,
                                                   .rests = scripted_rests,
                                                   .free = scripted_free};

/* clang-format off */
static const struct {
    const char *label;
    size_t count;
    int64_t times[SOURCES_MAX][SCRIPT_MAX];
    const char *expected; /* letter and number of each packet; a dot for SOURCE_NOTHING */
} cases[] = {
    {"one", 1, {{1, 2, STOP}}, "a1a2"},
    {"none", 0, {{0}}, ""},
    {"one after the other", 2, {{1, 2, STOP}, {3, 4, STOP}}, "a1a2b1b2"},
    {"the other first", 2, {{3, 4, STOP}, {1, 2, STOP}}, "b1b2a1a2"},
    {"in turn", 3, {{1, 4, 7, STOP}, {2, 5, 8, STOP}, {3, 6, 9, STOP}}, "a1b1c1a2b2c2a3b3c3"},
    {"ties: the order given", 3, {{5, 5, STOP}, {5, STOP}, {5, 5, STOP}}, "a1a2b1c1c2"},
    {"an empty one between", 3, {{2, STOP}, {STOP}, {1, STOP}}, "c1a1"},
    {"backwards in one: its own order stays", 2, {{5, 1, STOP}, {3, STOP}}, "b1a1a2"},
    {"five", 5, {{9, STOP}, {8, STOP}, {7, STOP}, {6, STOP}, {5, STOP}}, "e1d1c1b1a1"},
    {"resting: asked when its turn comes", 3, {{REST, 3, 4, STOP}, {REST, 1, 2, STOP}, {REST, 2, 5, STOP}},
     "b1b2c1a1a2c2"},
    {"resting and awake", 2, {{REST, 2, STOP}, {1, 2, 3, STOP}}, "b1a1b2b3"},
    {"changed while it rested: nothing left", 2, {{REST, STOP}, {1, 2, STOP}}, "b1b2"},
    {"a pause after its rest", 2, {{REST, PAUSE, 2, STOP}, {1, 3, STOP}}, ".b1a1b2"},
    {"a pause holds all: its next may be first", 2, {{1, PAUSE, 2, STOP}, {3, STOP}}, "a1.a2b1"},
    {"a pause at the beginning", 2, {{PAUSE, PAUSE, 2, STOP}, {1, STOP}}, "..b1a1"},
    {"a pause before the end", 2, {{1, PAUSE, STOP}, {2, STOP}}, "a1.b1"},
};
/* clang-format on */

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scripted scripted[SOURCES_MAX];
        struct source *sources[SOURCES_MAX] = {NULL};
        char got[64] = "";
        size_t len = 0;
        int freed = 0;
        print_message("  %s\n", cases[i].label);
        for (size_t n = 0; n < cases[i].count; n++) {
            scripted[n] = (struct scripted){
                .source.class = &scripted_class, .letter = (char)('a' + n), .freed = &freed};
            memcpy(scripted[n].times, cases[i].times[n], sizeof scripted[n].times);
            sources[n] = &scripted[n].source;
        }
        struct source *merged = source_merged_new(sources, cases[i].count);
        assert_non_null(merged);
        struct packet p;
        enum source_answer answer;
        while ((answer = source_next(merged, &p)) != SOURCE_END) {
            if (answer == SOURCE_NOTHING) {
                got[len++] = '.';
            } else {
                memcpy(got + len, p.data.data, p.data.len);
                len += p.data.len;
            }
        }
        assert_string_equal(got, cases[i].expected);
        assert_int_equal(source_next(merged, &p), SOURCE_END);
        assert_int_equal(source_input_count(merged), cases[i].count);
        for (size_t n = 0; n < cases[i].count; n++) {
            assert_ptr_equal(source_input(merged, n), &scripted[n].input);
        }
        source_free(merged);
        assert_int_equal(freed, cases[i].count);
    }
}

/* A set that follows one another: nobody is asked before the one before him has ended. */
static void test_one_after_the_other(void **state)
{
    (void)state;
    int freed = 0;
    struct packet p;
    struct scripted a = {
        .source.class = &scripted_class, .times = {REST, 1, 2, STOP}, .freed = &freed};
    struct scripted b = {
        .source.class = &scripted_class, .times = {REST, 3, STOP}, .freed = &freed};
    struct source *sources[] = {&b.source, &a.source};
    struct source *merged = source_merged_new(sources, 2);
    assert_int_equal(source_next(merged, &p), SOURCE_PACKET);
    assert_int_equal(source_next(merged, &p), SOURCE_PACKET);
    assert_int_equal(p.mark.time_ns, 2);
    assert_int_equal(b.at, 0);
    assert_int_equal(source_next(merged, &p), SOURCE_PACKET);
    assert_int_equal(p.mark.time_ns, 3);
    assert_int_equal(a.times[a.at], STOP);
    source_free(merged);
}

/* 10 of 100 bytes and 150 of 300: 160 of 400. */
static void test_progress(void **state)
{
    (void)state;
    int freed = 0;
    struct scripted a = {.source.class = &scripted_class, .times = {STOP}, .freed = &freed};
    struct scripted b = a;
    struct source *sources[] = {&a.source, &b.source};
    a.input.size = 10;
    a.progress = 0.1;
    a.input.size_whole = 100;
    b.input.size_whole = 300;
    b.input.size = 150;
    b.progress = 0.5;
    struct source *merged = source_merged_new(sources, 2);
    double progress = source_progress(merged);
    assert_true(progress > 0.399 && progress < 0.401);
    b.progress = -1; /* a pipe */
    assert_true(source_progress(merged) < 0);
    source_free(merged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
