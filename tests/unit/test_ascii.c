/* test_ascii.c - bytes from the wire read as ASCII (dissect/text.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/text.h"

#define BYTES(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static void test_is(void **state)
{
    (void)state;
    assert_true(text_is(BYTES("ehlo"), "EHLO"));
    assert_true(text_is(BYTES("EhLo"), "EHLO"));
    assert_false(text_is(BYTES("EHL"), "EHLO"));
    assert_false(text_is(BYTES("EHLOX"), "EHLO"));
    assert_false(text_is(BYTES("EHL\0"), "EHLO"));
    assert_false(text_is(BYTES("EHLO\0"), "EHLO"));
    assert_true(text_is(BYTES(""), ""));
    assert_true(text_begins(BYTES("MAIL FROM:"), "MAIL"));
    assert_false(text_begins(BYTES("MAI"), "MAIL"));
    assert_false(text_begins(BYTES("{AIL"), "[AIL")); /* only letters have two cases */
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(text_find(BYTES("250 queued as 4ABC"), "QUEUED AS"), 4);
    assert_int_equal(text_find(BYTES("queued a"), "QUEUED AS"), 8);
    assert_int_equal(text_find(BYTES("xxID=1"), "ID="), 2);
    assert_int_equal(text_find(BYTES("a\0id="), "ID="), 2);
    assert_int_equal(text_find(BYTES(""), "ID="), 0);
}

static void test_words(void **state)
{
    struct bytes rest = BYTES(" \t one\ttwo  three ");
    struct bytes word = text_take_word(&rest);

    (void)state;
    assert_true(text_is(word, "ONE"));
    word = text_take_word(&rest);
    assert_true(text_is(word, "TWO"));
    word = text_take_word(&rest);
    assert_true(text_is(word, "THREE"));
    assert_int_equal(rest.len, 1);
    word = text_take_word(&rest);
    assert_int_equal(word.len, 0);
    assert_int_equal(rest.len, 0);
    word = text_trim(BYTES("\t a b \t"));
    assert_int_equal(word.len, 3);
    word = text_trim(BYTES(" \t "));
    assert_int_equal(word.len, 0);
    word = text_trim(BYTES("\r"));
    assert_int_equal(word.len, 1); /* no blank */
}

static void test_number(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0}, /* one too many */
        {"18446744073709551620", false, 0},
        {"99999999999999999999", false, 0},
        {"000000000000000000000000000001", true, 1},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"1 ", false, 0},
        {" 1", false, 0},
        {"1a", false, 0},
        {"0x1", false, 0},
        {"1/", false, 0},
        {"1:", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 77;
        bool good = text_number(text_of(cases[i].text), &value);
        if (good != cases[i].good || value != (good ? cases[i].value : 77)) {
            fail_msg("\"%s\"", cases[i].text);
        }
    }
    assert_false(text_number(BYTES("1\0"), &(uint64_t){0}));
}

static void test_classes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool capital = c >= 65 && c <= 90, small = c >= 97 && c <= 122;
        assert_int_equal(text_is_letter((uint8_t)c), capital || small);
        assert_int_equal(text_is_digit((uint8_t)c), c >= 48 && c <= 57);
        assert_int_equal(text_is_blank((uint8_t)c), c == 32 || c == 9);
        assert_int_equal(text_is_tls_type((uint8_t)c), c >= 20 && c <= 23);
        assert_int_equal(text_upper((uint8_t)c), small ? c - 32 : c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is),     cmocka_unit_test(test_find),    cmocka_unit_test(test_words),
        cmocka_unit_test(test_number), cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
