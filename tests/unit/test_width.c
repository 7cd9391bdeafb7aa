/* test_width.c - what the terminal can show: colour or not, how wide, sparklines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/escape.h"
#include "report/width.h"

/* What a function printed, in a screen of these manners. */
struct sheet {
    struct screen screen;
    char *text;
    size_t len;
};

static void sheet_begin(struct sheet *s, size_t columns, bool utf8, bool color)
{
    s->text = NULL;
    s->screen = (struct screen){open_memstream(&s->text, &s->len), columns, color, utf8};
    assert_non_null(s->screen.out);
}

static const char *sheet_text(struct sheet *s)
{
    fclose(s->screen.out);
    return s->text;
}

static void test_color_decision(void **state)
{
    FILE *file = tmpfile();
    (void)state;

    assert_non_null(file);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_false(screen_of(file, COLOR_AUTO).color);
    assert_true(screen_of(file, COLOR_ALWAYS).color);
    assert_false(screen_of(file, COLOR_NEVER).color);
    setenv("NO_COLOR", "1", 1);
    assert_true(screen_of(file, COLOR_ALWAYS).color);
    unsetenv("NO_COLOR");
    fclose(file);
}

static void test_columns(void **state)
{
    FILE *file = tmpfile();
    (void)state;

    unsetenv("COLUMNS");
    assert_int_equal(screen_of(file, COLOR_NEVER).columns, SCREEN_COLUMNS);
    setenv("COLUMNS", "80", 1);
    assert_int_equal(screen_of(file, COLOR_NEVER).columns, 80);
    setenv("COLUMNS", "3", 1);
    assert_int_equal(screen_of(file, COLOR_NEVER).columns, SCREEN_COLUMNS_MIN);
    setenv("COLUMNS", "wide", 1);
    assert_int_equal(screen_of(file, COLOR_NEVER).columns, SCREEN_COLUMNS);
    unsetenv("COLUMNS");
    fclose(file);
}

static void test_ink(void **state)
{
    struct sheet s;
    (void)state;

    sheet_begin(&s, 80, true, false);
    screen_ink(&s.screen, INK_BAD);
    screen_plain(&s.screen);
    assert_string_equal(sheet_text(&s), "");
    free(s.text);
    sheet_begin(&s, 80, true, true);
    screen_ink(&s.screen, INK_BAD);
    screen_plain(&s.screen);
    assert_string_equal(sheet_text(&s), "\033[1;31m\033[0m");
    free(s.text);
}

static void test_sparkline(void **state)
{
    static const uint32_t values[] = {0, 1, 4, 8, 2, 0};
    static const uint32_t nothing[] = {0, 0, 0};
    struct sheet s;
    (void)state;

    sheet_begin(&s, 80, true, false);
    assert_int_equal(screen_sparkline(&s.screen, values, 6, 60), 6);
    assert_string_equal(sheet_text(&s), "·▁▄█▂·");
    free(s.text);
    sheet_begin(&s, 80, false, false);
    assert_int_equal(screen_sparkline(&s.screen, values, 6, 60), 6);
    assert_string_equal(sheet_text(&s), ".:+@-.");
    free(s.text);
    /* Two bins share a character where there is no room: 1, 12, 2. */
    sheet_begin(&s, 80, true, false);
    assert_int_equal(screen_sparkline(&s.screen, values, 6, 3), 3);
    assert_string_equal(sheet_text(&s), "▁█▂");
    free(s.text);
    sheet_begin(&s, 80, true, false);
    assert_int_equal(screen_sparkline(&s.screen, nothing, 3, 60), 3);
    assert_string_equal(sheet_text(&s), "···");
    free(s.text);
    sheet_begin(&s, 80, true, false);
    assert_int_equal(screen_sparkline(&s.screen, values, 0, 60), 0);
    assert_int_equal(screen_sparkline(&s.screen, values, 6, 0), 1);
    sheet_text(&s);
    free(s.text);
}

static void test_paragraph(void **state)
{
    struct sheet s;
    (void)state;

    sheet_begin(&s, 20, true, false);
    screen_paragraph(&s.screen, 0, 2, bytes_of_string("one two three four five six"));
    assert_string_equal(sheet_text(&s), "one two three four\n  five six\n");
    free(s.text);
    /* A word that fits nowhere is cut; a control byte never gets through. */
    sheet_begin(&s, 10, true, false);
    screen_paragraph(&s.screen, 0, 0, bytes_of_string("abcdefghijklmnop \033[1m"));
    assert_string_equal(sheet_text(&s), "abcdefghi…\n\\x1b[1m\n");
    free(s.text);
    sheet_begin(&s, 10, true, false);
    screen_paragraph(&s.screen, 0, 0, bytes_of_string(""));
    assert_string_equal(sheet_text(&s), "\n");
    free(s.text);
}

static void test_ascii_locale(void **state)
{
    struct sheet s;
    (void)state;

    sheet_begin(&s, 80, false, false);
    assert_int_equal(screen_wire(&s.screen, bytes_of_string("caf\xc3\xa9"), 0), 11);
    assert_string_equal(sheet_text(&s), "caf\\xC3\\xA9");
    free(s.text);
    sheet_begin(&s, 80, false, false);
    assert_int_equal(screen_wire(&s.screen, bytes_of_string("abcdefgh"), 4), 4);
    assert_string_equal(sheet_text(&s), "abc~");
    free(s.text);
}

static void test_fit(void **state)
{
    struct bytes two = bytes_of_string("\xc3\xa4\xc3\xa4x");
    (void)state;

    assert_int_equal(width_fit(two, 0), 0);
    assert_int_equal(width_fit(two, 1), 2);
    assert_int_equal(width_fit(two, 2), 4);
    assert_int_equal(width_fit(two, 3), 5);
    assert_int_equal(width_fit(two, 99), 5);
    /* A byte that becomes four columns either fits whole or not at all. */
    assert_int_equal(width_fit(bytes_of_string("a\x01"), 4), 1);
    assert_int_equal(width_fit(bytes_of_string("a\x01"), 5), 2);
    assert_int_equal(width_of(bytes_of_string("a\x01\xc3\xa4")), 6);
    assert_int_equal(width_of((struct bytes){NULL, 0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_color_decision),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_ink),
        cmocka_unit_test(test_sparkline),
        cmocka_unit_test(test_paragraph),
        cmocka_unit_test(test_ascii_locale),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
