/* Texts of replies made ready, and patterns in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/glob.h"

static void prepare(struct glob_text *t, const char *s)
{
    glob_prepare(t, (struct text){s, (uint32_t)strlen(s), false});
}

static void test_prepare(void **state)
{
    static const struct {
        const char *in, *want;
    } list[] = {
        {"", " "},
        {"5.7.1", " "},
        {"5.7.1 No  Way", " no way "},
        {"#5.7.1 No\tWay ", " no way "},
        {"  a b", " a b "},
        {"5.7.1234 x", " 5.7.1234 x "},
    };
    struct glob_text t;
    char longest[3000];

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        prepare(&t, list[i].in);
        assert_string_equal(t.text, list[i].want);
        assert_int_equal(t.len, strlen(list[i].want));
    }
    memset(longest, 'x', sizeof longest);
    glob_prepare(&t, (struct text){longest, sizeof longest, false});
    assert_int_equal(t.len, GLOB_TEXT_MAX - 1);
}

static void test_matches(void **state)
{
    static const struct {
        const char *glob, *text;
        bool anchored, want;
    } list[] = {
        {"", "a", false, true},
        {"a", "b a", false, true},
        {"a*c", "a b c", false, true},
        {"a*c", "c b a", false, false},
        {"a*a", "a", false, false},
        {"a*a", "aa", false, true},
        {"*a", "xa", false, true},
        {"ab*", "xab", false, true},
        {" a", "a", false, true},
        {" a", "ba", false, false},
        {"mx*", "mx.example", true, true},
        {"mx", "a.mx", true, false},
        {"*.mx", "a.mx.b", true, true},
        {"* mx", "a mx", true, true},
        {"abc", "ab", false, false},
        {"way", "No Way", false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct glob_text t;

        prepare(&t, list[i].text);
        if (glob_matches(&t, list[i].glob, list[i].anchored) != list[i].want) {
            fail_msg("%s in %s", list[i].glob, list[i].text);
        }
        assert_true(!list[i].want || glob_may_match(&t, list[i].glob));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
