/* test_words.c - numbers, durations and times as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/words.h"
#include "tests/support/report_case.h"

static void test_numbers(void **state)
{
    (void)state;
    assert_string_equal(words_count(0).s, "0");
    assert_string_equal(words_count(999).s, "999");
    assert_string_equal(words_count(1000).s, "1,000");
    assert_string_equal(words_count(71884102).s, "71,884,102");
    assert_string_equal(words_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
    assert_string_equal(words_counted(1, "session").s, "1 session");
    assert_string_equal(words_counted(0, "session").s, "0 sessions");
    assert_string_equal(words_size(999).s, "999 bytes");
    assert_string_equal(words_size(1000).s, "1.0 kB");
    assert_string_equal(words_size(48213).s, "48 kB");
    assert_string_equal(words_size(8388608).s, "8.4 MB");
    assert_string_equal(words_size(999999).s, "1.0 MB");
    assert_string_equal(words_session(7).s, "s0007");
    assert_string_equal(words_session(123456).s, "s123456");
}

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *words;
    } cases[] = {
        {0, "0 ms"},          {0.00002, "0.02 ms"}, {0.0007, "0.7 ms"},  {0.0099, "9.9 ms"},
        {0.00996, "10 ms"},   {0.021, "21 ms"},     {0.9994, "999 ms"},  {0.9996, "1.00 s"},
        {7.984, "7.98 s"},    {71.15, "71.15 s"},   {99.996, "100.0 s"}, {600, "600.0 s"},
        {86400, "86400.0 s"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(words_duration(cases[i].seconds).s, cases[i].words);
    }
    assert_string_equal(words_limit(600).s, "600 s");
    assert_string_equal(words_limit(0.5).s, "0.5 s");
}

static void test_times(void **state)
{
    struct settings utc = report_case_settings();
    int64_t day = INT64_C(86400000000000);
    (void)state;

    assert_string_equal(words_date(&utc, CASE_START).s, "10 Mar 2026");
    assert_string_equal(words_clock(&utc, CASE_START, 3).s, "14:02:11.200");
    assert_string_equal(words_clock(&utc, CASE_START + 999999, 3).s, "14:02:11.200");
    assert_string_equal(words_clock(&utc, CASE_START, 0).s, "14:02:11");
    assert_string_equal(words_clock(&utc, CASE_START, -1).s, "14:02");
    assert_string_equal(words_clock(&utc, -1, 9).s, "23:59:59.999999999");
    assert_string_equal(words_date(&utc, -1).s, "31 Dec 1969");
    assert_string_equal(words_range(&utc, CASE_START, CASE_START + 1000 * CASE_MS).s,
                        "10 Mar 2026, 14:02:11 to 14:02:12 UTC");
    assert_string_equal(words_range(&utc, CASE_START, CASE_START + day).s,
                        "10 Mar 2026, 14:02:11 to 11 Mar 2026, 14:02:11 UTC");
}

static void test_frames(void **state)
{
    struct settings one = report_case_settings(), two = report_case_settings();
    struct mark nowhere = {0, 0}, second = {(UINT64_C(1) << MARK_FILE_SHIFT) | 7, 0};
    (void)state;

    two.file_count = 2;
    two.many_files = true;
    assert_string_equal(words_frame(&one, nowhere).s, "-");
    assert_string_equal(words_frame(&one, (struct mark){41249, 0}).s, "41249");
    assert_string_equal(words_frame(&two, (struct mark){41249, 0}).s, "1:41249");
    assert_string_equal(words_frame(&two, second).s, "2:7");
}

static void test_fields(void **state)
{
    char field[8] = "";
    (void)state;

    words_put(field, sizeof field, "%s", "abcdefghij");
    assert_string_equal(field, "abcdefg");
    words_add(field, sizeof field, "more");
    assert_string_equal(field, "abcdefg");
    words_put(field, sizeof field, "ab");
    words_add(field, sizeof field, "%d", 12);
    assert_string_equal(field, "ab12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_durations),
        cmocka_unit_test(test_times),   cmocka_unit_test(test_frames),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
