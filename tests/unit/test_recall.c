/* What was found for a text is found again for that text alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "report/diagnose/recall.h"

static struct recall known;
static int answers[2];

static struct text text_of(const char *s)
{
    return (struct text){s, (uint32_t)strlen(s), false};
}

static void test_same_only(void **state)
{
    const void *found = NULL;

    (void)state;
    memset(&known, 0, sizeof known);
    assert_false(recall_get(&known, text_of("no such user here"), 550, &found));
    recall_put(&known, text_of("no such user here"), 550, &answers[0]);
    assert_true(recall_get(&known, text_of("no such user here"), 550, &found));
    assert_ptr_equal(found, &answers[0]);
    assert_false(recall_get(&known, text_of("no such user here"), 450, &found));
    /* same length, same ends: the same place */
    assert_false(recall_get(&known, text_of("no such xser here"), 550, &found));
    recall_put(&known, text_of("no such xser here"), 550, NULL);
    assert_true(recall_get(&known, text_of("no such xser here"), 550, &found));
    assert_null(found);
    assert_false(recall_get(&known, text_of("no such user here"), 550, &found));
}

static void test_lengths(void **state)
{
    char long_text[RECALL_TEXT + 2];
    const void *found = NULL;

    (void)state;
    memset(&known, 0, sizeof known);
    memset(long_text, 'x', sizeof long_text);
    long_text[RECALL_TEXT + 1] = '\0';
    recall_put(&known, text_of(long_text), 1, &answers[0]);
    assert_false(recall_get(&known, text_of(long_text), 1, &found));
    long_text[RECALL_TEXT] = '\0';
    recall_put(&known, text_of(long_text), 1, &answers[0]);
    assert_true(recall_get(&known, text_of(long_text), 1, &found));
    recall_put(&known, text_of(""), 1, &answers[0]);
    assert_false(recall_get(&known, text_of(""), 0, &found));
    recall_put(&known, text_of("a"), 1, &answers[1]);
    assert_true(recall_get(&known, text_of("a"), 1, &found));
    assert_ptr_equal(found, &answers[1]);
}

static void test_many(void **state)
{
    const void *found;
    char line[32];

    (void)state;
    memset(&known, 0, sizeof known);
    for (int i = 0; i < 10000; i++) {
        snprintf(line, sizeof line, "queued as %d", i);
        recall_put(&known, text_of(line), (uint64_t)i % 3, &answers[i % 2]);
        assert_true(recall_get(&known, text_of(line), (uint64_t)i % 3, &found));
        assert_ptr_equal(found, &answers[i % 2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_only),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
