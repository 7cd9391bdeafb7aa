/* test_classify.c - nDPI's opinion of an opening; that it can neither hang nor crash us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dissect/classify.h"
#include "dissect/text.h"

static const enum side C = SIDE_CLIENT, S = SIDE_SERVER;

struct said {
    enum side side;
    const char *text;
};

static struct opening *opening_of(const struct said *said, size_t count)
{
    struct opening *o = opening_new();

    assert_non_null(o);
    for (size_t i = 0; i < count && said[i].text; i++) {
        opening_add(o, said[i].side, text_of(said[i].text));
    }
    return o;
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        struct said said[8];
    } cases[] = {
        {"SMTP",
         {{S, "220 mx.example.com ESMTP\r\n"},
          {C, "EHLO a.example.org\r\n"},
          {S, "250-mx.example.com\r\n250 SIZE\r\n"},
          {C, "MAIL FROM:<a@example.org>\r\n"},
          {S, "250 ok\r\n"}}},
        {"SMTP", {{S, "220 mx.google.com ESMTP\r\n"}, {C, "EHLO a\r\n"}, {S, "250 ok\r\n"}}},
        {"SSH", {{S, "SSH-2.0-OpenSSH_9.2\r\n"}, {C, "SSH-2.0-OpenSSH_8.4\r\n"}}},
        {"HTTP",
         {{C, "GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: x\r\n\r\n"},
          {S, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"}}},
        {"POP3",
         {{S, "+OK ready\r\n"},
          {C, "USER a\r\n"},
          {S, "+OK\r\n"},
          {C, "PASS b\r\n"},
          {S, "+OK\r\n"},
          {C, "STAT\r\n"},
          {S, "+OK 0 0\r\n"},
          {C, "LIST\r\n"}}},
        {"", {{S, "good morning\r\n"}, {C, "good evening\r\n"}}},
        {"", {{C, "x"}}},
    };
    struct classifier *c = classifier_new();

    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct opening *o = opening_of(cases[i].said, 8);
        char name[CLASSIFY_NAME_MAX];
        bool known = classify_opening(c, o, name);

        opening_free(o);
        if (!classify_library_version()) {
            assert_false(known);
            continue;
        }
        if (strcmp(name, cases[i].name) != 0 || known != (name[0] != '\0')) {
            fail_msg("case %zu: '%s' instead of '%s'", i, name, cases[i].name);
        }
    }
    classifier_free(c);
}

/* The same opening has the same answer, whatever was asked before. */
static void test_has_no_memory(void **state)
{
    static const struct said ssh[] = {{SIDE_SERVER, "SSH-2.0-a\r\n"},
                                      {SIDE_CLIENT, "SSH-2.0-b\r\n"}};
    static const struct said dark[] = {{SIDE_CLIENT, "\x01\x02\x03\x04\x05\x06"}};
    struct classifier *c = classifier_new();
    char first[CLASSIFY_NAME_MAX], name[CLASSIFY_NAME_MAX];

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct opening *o = opening_of(ssh, 2), *unknown = opening_of(dark, 1);
        (void)classify_opening(c, o, i ? name : first);
        assert_string_equal(i ? name : first, first);
        assert_false(classify_opening(c, unknown, name));
        opening_free(o);
        opening_free(unknown);
    }
    classifier_free(c);
}

static bool holds(const struct opening *o, const char *word)
{
    return memmem(o->data[C], o->len[C], word, strlen(word)) != NULL;
}

/* What is secret does not get in, however it is cut. */
static void test_keeps_no_secret(void **state)
{
    static const struct {
        const char *said;
        const char *kept; /* as it must stand there */
    } cases[] = {
        {"EHLO a\r\nAUTH PLAIN canary\r\n", "EHLO a\r\nAUTH "},
        {"AUTH LOGIN\r\ncanary\r\n", "AUTH "},
        {"USER canary\r\nPASS canary\r\nQUIT\r\n", "USER xxxxxx\r\nPASS xxxxxx\r\nQUIT\r\n"},
        {"a1 LOGIN canary canary\r\na2 NOOP\r\n", "a1 LOGIN xxxxxxxxxxxxx\r\na2 NOOP\r\n"},
        {"a1 AUTHENTICATE PLAIN\r\ncanary\r\n", "a1 AUTHENTICATE "},
        {"GET / HTTP/1.1\r\nAuthorization: canary\r\nCookie:canary\r\n\r\n",
         "GET / HTTP/1.1\r\nAuthorization:xxxxxxx\r\nCookie:xxxxxx\r\n\r\n"},
        {"POST / HTTP/1.1\r\n\r\npassword=canary", "POST / HTTP/1.1\r\n\r\n"},
        {"apop a canary\r\n", "apop xxxxxxxx\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int step = 1; step < 40; step += 38) {
            struct opening *o = opening_new();
            struct bytes rest = text_of(cases[i].said);
            while (rest.len) {
                struct bytes part = {rest.data, rest.len < (size_t)step ? rest.len : (size_t)step};
                opening_add(o, C, part);
                opening_add(o, S, text_of(""));
                rest.data += part.len;
                rest.len -= part.len;
            }
            if (holds(o, "canary") || o->len[C] != strlen(cases[i].kept) ||
                memcmp(o->data[C], cases[i].kept, o->len[C]) != 0) {
                fail_msg("case %zu: %.*s", i, (int)o->len[C], (const char *)o->data[C]);
            }
            opening_free(o);
        }
    }
}

static void test_is_bounded(void **state)
{
    struct opening *o = opening_new();
    char line[400];
    size_t all = 0;

    (void)state;
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 1000; i++) {
        opening_add(o, i % 2 ? C : S, text_of(i < 100 ? "b" : line));
    }
    assert_int_equal(o->piece_count, OPENING_PIECES);
    for (size_t i = 0; i < o->piece_count; i++) {
        all += o->piece[i].len;
    }
    assert_int_equal(all, o->len[C] + o->len[S]);
    assert_true(o->len[C] <= OPENING_SIDE_MAX && o->len[S] <= OPENING_SIDE_MAX);
    opening_free(o);
}

/* A TLS record with a certificate whose list of names begins where a 16-bit index wraps: given
 * whole to nDPI 4.2 it never returns. */
static void fill_endless(uint8_t *b, size_t len)
{
    static const uint8_t record[] = {0x16, 0x03, 0x03, 0xff, 0xf0, 0x0b, 0x00, 0xff, 0xec, 0x00,
                                     0xff, 0xe9, 0x00, 0xff, 0xe6, 0x30, 0x82, 0xff, 0xe2};
    static const uint8_t names[] = {0x55, 0x1d, 0x11, 0x04, 0x01, 0x30, 0xff};

    memset(b, 0, len);
    memcpy(b, record, sizeof record);
    memcpy(b + len - 100, names, sizeof names);
}

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void test_neither_hangs_nor_crashes(void **state)
{
    enum { LEN = 65525, ROUNDS = 3000 };
    uint8_t *b = malloc(LEN);
    struct classifier *c = classifier_new();
    char name[CLASSIFY_NAME_MAX];
    uint64_t x = 88172645463325252u;
    time_t begun = time(NULL);

    (void)state;
    fill_endless(b, LEN);
    for (int skip = 0; skip < 2; skip++) { /* also without the byte that says TLS */
        for (size_t step = 1; step <= LEN; step = step * 5 + 1) {
            struct opening *o = opening_new();
            opening_add(o, C, text_of("\x80\x2e\x01\x03\x01"));
            for (size_t at = (size_t)skip; at < LEN; at += step) {
                opening_add(o, S, (struct bytes){b + at, at + step > LEN ? LEN - at : step});
            }
            assert_true(o->len[S] <= OPENING_SIDE_MAX);
            (void)classify_opening(c, o, name);
            opening_free(o);
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        static const char *const words[] = {"\x16\x03\x01\x02",
                                            "220 ",
                                            "EHLO ",
                                            "\r\n",
                                            "GET / ",
                                            "\x05\x01",
                                            "SSH-",
                                            "USER ",
                                            "* OK ",
                                            "\x17\x03\x03",
                                            "\x80\x2e\x01\x03\x01",
                                            "RTSP/",
                                            "HELP",
                                            "\x30\x0c\x02\x01"};
        struct opening *o = opening_new();
        for (uint64_t pieces = 1 + next(&x) % 14; pieces > 0; pieces--) {
            enum side side = next(&x) % 2 ? C : S;
            uint8_t noise[64];
            for (size_t i = 0; i < sizeof noise; i++) {
                noise[i] = (uint8_t)next(&x);
            }
            if (next(&x) % 3) {
                opening_add(o, side, text_of(words[next(&x) % (sizeof words / sizeof words[0])]));
            }
            opening_add(o, side, (struct bytes){noise, next(&x) % sizeof noise});
        }
        (void)classify_opening(c, o, name);
        opening_free(o);
    }
    classifier_free(c);
    free(b);
    assert_true(time(NULL) - begun < 60);
}

/* How an opening is judged while it grows. */
static void test_fits(void **state)
{
    static const struct {
        enum side side;
        const char *text;
        bool inside;
        enum opening_fit fit;
    } cases[] = {
        {SIDE_SERVER, "2", false, OPENING_SO_FAR},
        {SIDE_SERVER, "220", false, OPENING_SO_FAR},
        {SIDE_SERVER, "220 ", false, OPENING_FITS},
        {SIDE_SERVER, "220-a", false, OPENING_FITS},
        {SIDE_SERVER, "2200", false, OPENING_FOREIGN},
        {SIDE_SERVER, "220.", false, OPENING_FOREIGN},
        {SIDE_SERVER, "200 news", false, OPENING_FOREIGN},
        {SIDE_SERVER, "250-a", false, OPENING_FOREIGN},
        {SIDE_SERVER, "250-a", true, OPENING_FITS},
        {SIDE_SERVER, "150 a", true, OPENING_FOREIGN},
        {SIDE_SERVER, "+OK", true, OPENING_FOREIGN},
        {SIDE_SERVER, "", false, OPENING_SO_FAR},
        {SIDE_CLIENT, "e", false, OPENING_SO_FAR},
        {SIDE_CLIENT, "ehlo", false, OPENING_SO_FAR},
        {SIDE_CLIENT, "ehlo a", false, OPENING_CLEAR},
        {SIDE_CLIENT, "EHLOA", false, OPENING_FOREIGN},
        {SIDE_CLIENT, "\r\nEHLO a", false, OPENING_CLEAR},
        {SIDE_CLIENT, "RCPT TO:<a>", false, OPENING_FITS},
        {SIDE_CLIENT, "RCPT TO:<a>", true, OPENING_CLEAR},
        {SIDE_CLIENT, "MAIL FROM:<a>", false, OPENING_CLEAR},
        {SIDE_CLIENT, "QUIT\r\n", false, OPENING_FITS},
        {SIDE_CLIENT, "QUITE", false, OPENING_FOREIGN},
        {SIDE_CLIENT, "USER a", false, OPENING_FOREIGN},
        {SIDE_CLIENT, "\x16\x03\x01", false, OPENING_FOREIGN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum opening_fit fit = opening_fit(cases[i].side, text_of(cases[i].text), cases[i].inside);
        if (fit != cases[i].fit) {
            fail_msg("\"%s\": %d instead of %d", cases[i].text, (int)fit, (int)cases[i].fit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_is_bounded),
        cmocka_unit_test(test_keeps_no_secret),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_has_no_memory),
        cmocka_unit_test(test_neither_hangs_nor_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
