/* test_escape.c - text from the wire, shown: what passes, what becomes a token, what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/escape.h"

#define BYTES(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

struct sample {
    const char *label;
    struct bytes in;
    const char *plain, *json, *html;
};

#define SAMPLE(label, in, plain, json, html)                                                       \
    {                                                                                              \
        label, BYTES(in), plain, json, html                                                        \
    }

static void test_shown(void **state)
{
    const struct sample samples[] = {
        SAMPLE("empty", "", "", "", ""),
        SAMPLE("text", "250 OK", "250 OK", "250 OK", "250 OK"),
        SAMPLE("NUL inside", "a\0b", "a\\x00b", "a\\\\x00b", "a\\x00b"),
        SAMPLE("controls", "\t\r\n\x1b\x7f", "\\x09\\x0d\\x0a\\x1b\\x7f",
               "\\\\x09\\\\x0d\\\\x0a\\\\x1b\\\\x7f", "\\x09\\x0d\\x0a\\x1b\\x7f"),
        SAMPLE("backslash", "a\\x41", "a\\\\x41", "a\\\\\\\\x41", "a\\\\x41"),
        SAMPLE("markup", "<b a=\"1\" c='2'>&", "<b a=\"1\" c='2'>&", "<b a=\\\"1\\\" c='2'>&",
               "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"),
        SAMPLE("UTF-8 of two, three, four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7",
               "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7",
               "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"),
        SAMPLE("Latin-1", "caf\xe9!", "caf\\xe9!", "caf\\\\xe9!", "caf\\xe9!"),
        SAMPLE("a character cut short", "\xe2\x82", "\\xe2\\x82", "\\\\xe2\\\\x82", "\\xe2\\x82"),
        SAMPLE("overlong slash", "\xc0\xaf", "\\xc0\\xaf", "\\\\xc0\\\\xaf", "\\xc0\\xaf"),
        SAMPLE("overlong in three bytes", "\xe0\x80\xaf", "\\xe0\\x80\\xaf",
               "\\\\xe0\\\\x80\\\\xaf", "\\xe0\\x80\\xaf"),
        SAMPLE("surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\\\xed\\\\xa0\\\\x80",
               "\\xed\\xa0\\x80"),
        SAMPLE("above Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
               "\\\\xf4\\\\x90\\\\x80\\\\x80", "\\xf4\\x90\\x80\\x80"),
        /* NOLINTBEGIN(misc-misleading-bidirectional): that is the point */
        SAMPLE("right-to-left override",
               "a\xe2\x80\xae"
               "b",
               "aU+202Eb", "aU+202Eb", "aU+202Eb"),
        SAMPLE("zero width space, BOM", "\xe2\x80\x8b\xef\xbb\xbf", "U+200BU+FEFF", "U+200BU+FEFF",
               "U+200BU+FEFF"),
        SAMPLE("line separators", "\xe2\x80\xa8\xe2\x80\xa9\xc2\x85", "U+2028U+2029U+0085",
               "U+2028U+2029U+0085", "U+2028U+2029U+0085"),
        SAMPLE("isolates", "\xe2\x81\xa6\xe2\x81\xa9", "U+2066U+2069", "U+2066U+2069",
               "U+2066U+2069"),
        /* NOLINTEND(misc-misleading-bidirectional) */
        SAMPLE("noncharacters", "\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbe", "U+FFFEU+FFFFU+1FFFE",
               "U+FFFEU+FFFFU+1FFFE", "U+FFFEU+FFFFU+1FFFE"),
        SAMPLE("their neighbours pass", "\xe2\x80\x90\xe2\x80\xaf\xef\xbf\xbd",
               "\xe2\x80\x90\xe2\x80\xaf\xef\xbf\xbd", "\xe2\x80\x90\xe2\x80\xaf\xef\xbf\xbd",
               "\xe2\x80\x90\xe2\x80\xaf\xef\xbf\xbd"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        char plain[256], *json = NULL, *html = NULL, *xml = NULL, *terminal = NULL;
        size_t size = 0;
        print_message("%s\n", s->label);
        assert_int_equal(escape_plain(plain, sizeof(plain), s->in), strlen(s->plain));
        assert_string_equal(plain, s->plain);
        assert_true(strlen(s->plain) < escape_plain_size(s->in.len));
        assert_int_equal(escape_needed(s->in), strlen(s->plain) != s->in.len ||
                                                   memcmp(s->plain, s->in.data, s->in.len) != 0);
        FILE *f = open_memstream(&json, &size);
        escape_json(f, s->in);
        fclose(f);
        assert_string_equal(json, s->json);
        f = open_memstream(&html, &size);
        escape_html(f, s->in);
        fclose(f);
        assert_string_equal(html, s->html);
        f = open_memstream(&xml, &size);
        escape_xml(f, s->in);
        fclose(f);
        assert_string_equal(xml, s->html);
        f = open_memstream(&terminal, &size);
        (void)escape_terminal(f, s->in, 0);
        fclose(f);
        assert_string_equal(terminal, s->plain);
        free(json);
        free(html);
        free(xml);
        free(terminal);
    }
}

static void test_plain_never_cuts_inside(void **state)
{
    char out[16];
    (void)state;
    assert_int_equal(escape_plain(out, 4, BYTES("\x01\x02")), 0);
    assert_string_equal(out, "");
    assert_int_equal(escape_plain(out, 5, BYTES("\x01\x02")), 4);
    assert_string_equal(out, "\\x01");
    assert_int_equal(escape_plain(out, 3, BYTES("a\xe2\x82\xac")), 1);
    assert_string_equal(out, "a");
    assert_int_equal(escape_plain(out, 5, BYTES("a\xe2\x82\xac")), 4);
    assert_int_equal(escape_plain(out, 2, BYTES("\\")), 0);
    assert_int_equal(escape_plain(out, 3, BYTES("\\")), 2);
    assert_int_equal(escape_plain(out, 1, BYTES("abc")), 0);
    assert_string_equal(out, "");
    assert_int_equal(escape_plain(out, sizeof(out), (struct bytes){NULL, 0}), 0);
}

static void expect_terminal(struct bytes in, size_t columns, const char *shown, size_t took)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    size_t used = escape_terminal(f, in, columns);
    fclose(f);
    assert_string_equal(out, shown);
    assert_int_equal(used, took);
    assert_int_equal(escape_columns(bytes_of_string(out)), took);
    free(out);
}

static void test_columns(void **state)
{
    (void)state;
    expect_terminal(BYTES("abcdef"), 6, "abcdef", 6);
    expect_terminal(BYTES("abcdefg"), 6, "abcde\xe2\x80\xa6", 6);
    expect_terminal(BYTES("abcdefg"), 1, "\xe2\x80\xa6", 1);
    /* an escape is shown whole or not at all */
    expect_terminal(BYTES("abc\x01"), 6, "abc\xe2\x80\xa6", 4);
    expect_terminal(BYTES("abc\x01"), 7, "abc\\x01", 7);
    /* two columns for a wide character, none for a combining one */
    expect_terminal(BYTES("\xe9\x83\xb5\xe4\xbb\xb6"), 4, "\xe9\x83\xb5\xe4\xbb\xb6", 4);
    expect_terminal(BYTES("\xe9\x83\xb5\xe4\xbb\xb6"), 3, "\xe9\x83\xb5\xe2\x80\xa6", 3);
    expect_terminal(BYTES("e\xcc\x81t"), 2, "e\xcc\x81t", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_plain_never_cuts_inside),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
