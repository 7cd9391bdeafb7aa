/* test_body.c - content is counted and its end is found, in every cut. RFC 5321 section 4.5.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/smtp/body.h"
#include "dissect/text.h"

static void test_ends(void **state)
{
    static const struct {
        const char *label, *wire;
        bool done;
        size_t used; /* when done */
        uint64_t bytes, lines, bare_lf;
        uint32_t longest;
    } cases[] = {
        {"empty message", ".\r\n", true, 3, 0, 0, 0, 0},
        {"one line", "x\r\n.\r\n", true, 6, 3, 1, 0, 3},
        {"commands behind it", "x\r\n.\r\nQUIT\r\n", true, 6, 3, 1, 0, 3},
        {"stuffed dot", "..\r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"dot and more", ".x\r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"dot, blank", ". \r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"LF . LF is none", "x\n.\nyy\r\n.\r\n", true, 11, 8, 3, 2, 4},
        {"LF . CRLF is none", "x\n.\r\n.\r\n", true, 8, 5, 2, 1, 3},
        {"CRLF . LF is none", "x\r\n.\ny\r\n.\r\n", true, 11, 8, 3, 1, 3},
        {"CRLF . CR CR LF is none", "x\r\n.\r\r\n.\r\n", true, 10, 7, 2, 0, 4},
        {"CR . CR is none", "\r.\r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"two CRs before the line end", "x\r\r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"dot at the end of a line", "x.\r\n.\r\n", true, 7, 4, 1, 0, 4},
        {"one byte short", "x\r\n.\r", false, 0, 5, 1, 0, 3},
        {"nothing", "", false, 0, 0, 0, 0, 0},
        {"no line end", "xxxx", false, 0, 4, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].wire);
        for (size_t step = 1; step <= len + 1; step++) {
            struct smtp_body b;
            struct content_facts f = {0};
            size_t at = 0;
            bool done = false;
            smtp_body_begin(&b, 100);
            while (at < len && !done) {
                size_t n = len - at < step ? len - at : step;
                uint8_t *copy = malloc(n);
                assert_non_null(copy);
                memcpy(copy, cases[i].wire + at, n);
                at += smtp_body_read(&b, (struct bytes){copy, n}, &f, &done);
                free(copy);
            }
            if (done != cases[i].done || (done && at != cases[i].used) ||
                f.bytes != cases[i].bytes || f.lines != cases[i].lines ||
                f.bare_lf != cases[i].bare_lf || f.longest_line != cases[i].longest) {
                fail_msg("%s, %zu at a time: %s at %zu, %llu bytes, %llu lines, %llu bare, %u",
                         cases[i].label, step, done ? "done" : "not done", at,
                         (unsigned long long)f.bytes, (unsigned long long)f.lines,
                         (unsigned long long)f.bare_lf, f.longest_line);
            }
        }
    }
}

static void test_first_bare_lf(void **state)
{
    struct smtp_body b;
    struct content_facts f = {0};
    bool done;

    (void)state;
    smtp_body_begin(&b, 1000);
    (void)smtp_body_read(&b, text_of("ab\r\ncd\nef\n"), &f, &done);
    assert_int_equal(f.first_bare_lf, 1006);
    assert_int_equal(f.bare_lf, 2);
}

/* Behind a gap the terminator counts only after a line end that was seen. */
static void test_gap(void **state)
{
    struct smtp_body b;
    struct content_facts f = {0};
    bool done;

    (void)state;
    smtp_body_begin(&b, 0);
    (void)smtp_body_read(&b, text_of("x\r\n"), &f, &done);
    smtp_body_gap(&b, 50, &f);
    (void)smtp_body_read(&b, text_of(".\r\n"), &f, &done);
    assert_false(done);
    assert_int_equal(f.bytes, 56);
    assert_int_equal(f.missing, 50);
    (void)smtp_body_read(&b, text_of(".\r\n"), &f, &done);
    assert_true(done);
    assert_int_equal(f.bytes, 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_first_bare_lf),
        cmocka_unit_test(test_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
