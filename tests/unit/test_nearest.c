/* test_nearest.c - "did you mean": one or two typing errors away, and not further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/nearest.h"

static const char *const words[] = {"read", "live", "replay", "show", NULL, "redact-key", "html"};

static const char *word_at(const void *ctx, size_t i)
{
    (void)ctx;
    return words[i];
}

static void nearest(void **state)
{
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"raed", "read"},
        {"reed", "read"},
        {"rea", "read"},
        {"reads", "read"},
        {"liev", "live"},
        {"rplay", "replay"},
        {"redact_key", "redact-key"},
        {"htlm", "html"},
        {"", NULL},
        {"x", NULL},
        {"nonsense", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
        {"hidden", NULL}, /* the NULL in the list is never offered */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *near = nearest_word(cases[i].typed, word_at, NULL, 7);
        print_message("%s\n", cases[i].typed);
        if (cases[i].meant) {
            assert_non_null(near);
            assert_string_equal(near, cases[i].meant);
        } else {
            assert_null(near);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
