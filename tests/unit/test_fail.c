/* test_fail.c - messages, their weight, and what they quote made harmless. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/fail.h"
#include "tests/unit/memory_file.h"

static const struct {
    const char *label;
    struct bytes in;
    const char *out;
} quotes[] = {
    {"plain", BYTES_INIT("gw.pcap"), "gw.pcap"},
    {"empty", BYTES_INIT(""), ""},
    {"escape sequence", BYTES_INIT("\x1b[2J"), "\\x1B[2J"},
    {"line feed, tab, NUL, DEL", BYTES_INIT("a\nb\tc\0d\x7f"), "a\\x0Ab\\x09c\\x00d\\x7F"},
    {"backslash", BYTES_INIT("a\\b"), "a\\\\b"},
    {"two bytes", BYTES_INIT("\xc3\xa4"), "\xc3\xa4"},
    {"three bytes", BYTES_INIT("\xe2\x82\xac"), "\xe2\x82\xac"},
    {"four bytes", BYTES_INIT("\xf0\x9f\x93\xac"), "\xf0\x9f\x93\xac"},
    {"cut character", BYTES_INIT("\xe2\x82"), "\\xE2\\x82"},
    {"lone continuation", BYTES_INIT("\x82"), "\\x82"},
    {"overlong slash", BYTES_INIT("\xc0\xaf"), "\\xC0\\xAF"},
    {"overlong in three", BYTES_INIT("\xe0\x80\xaf"), "\\xE0\\x80\\xAF"},
    {"half of a pair", BYTES_INIT("\xed\xa0\x80"), "\\xED\\xA0\\x80"},
    {"beyond U+10FFFF", BYTES_INIT("\xf4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80"},
    {"C1 control (CSI)", BYTES_INIT("\xc2\x9b\x32J"), "\\xC2\\x9B2J"},
    {"first above C1", BYTES_INIT("\xc2\xa0"), "\xc2\xa0"},
};

static void test_quote(void **state)
{
    (void)state;
    char out[64];
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        print_message("  %s\n", quotes[i].label);
        assert_string_equal(fail_quote(quotes[i].in, out, sizeof out), quotes[i].out);
    }
}

static void test_quote_cut(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(fail_quote_name("1234567", out, sizeof out), "1234567");
    assert_string_equal(fail_quote_name("12345678", out, sizeof out), "1234...");
    assert_string_equal(fail_quote_name("123\n", out, sizeof out), "123\\x0A");
    assert_string_equal(fail_quote_name("1234\n", out, sizeof out), "1234...");
    assert_string_equal(fail_quote_name("12\n4", out, sizeof out), "12\\x0A4");
    assert_string_equal(fail_quote_name("12\n45", out, sizeof out), "12..."); /* no half escape */
    char least[4];
    assert_string_equal(fail_quote_name("1234", least, sizeof least), "...");
    char none[1];
    assert_string_equal(fail_quote_name("1", none, sizeof none), "");
}

static void test_set(void **state)
{
    (void)state;
    struct fail fail = {0};
    assert_false(fail_set(&fail, STATUS_NO_INPUT, "%s is empty", "x"));
    assert_int_equal(fail.status, STATUS_NO_INPUT);
    assert_string_equal(fail.text, "x is empty");
    assert_false(fail_set(NULL, STATUS_USAGE, "nobody listens"));
    char big[2 * FAIL_TEXT_MAX];
    memset(big, 'a', sizeof big);
    big[sizeof big - 1] = '\0';
    assert_false(fail_set(&fail, STATUS_USAGE, "%s", big));
    assert_int_equal(strlen(fail.text), FAIL_TEXT_MAX - 1);
}

/* Of two that apply: the first of 2, 5, 3, 6, 1, 4; done only when both are. */
static void test_worse(void **state)
{
    (void)state;
    static const enum status order[] = {2, 5, 3, 6, 1, 4, 0};
    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 7; j++) {
            enum status worse = order[i < j ? i : j];
            assert_int_equal(status_worse(order[i], order[j]), worse);
        }
    }
}

static void test_reason(void **state)
{
    (void)state;
    assert_string_equal(fail_reason(ENOENT), "no such file or directory");
    assert_string_equal(fail_reason(EACCES), "permission denied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote), cmocka_unit_test(test_quote_cut), cmocka_unit_test(test_set),
        cmocka_unit_test(test_worse), cmocka_unit_test(test_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
