/* test_command.c - one command line: its verb and what its arguments say. RFC 5321 section 4.1,
 * RFC 3030, RFC 4954. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/smtp/command.h"
#include "dissect/text.h"

static bool same(struct bytes b, const char *s)
{
    return b.len == strlen(s) && (b.len == 0 || memcmp(b.data, s, b.len) == 0);
}

static void test_verbs(void **state)
{
    static const struct {
        const char *line;
        enum verb verb;
        bool well_formed;
    } cases[] = {
        {"EHLO a.example.org", VERB_EHLO, true},
        {"ehlo a.example.org", VERB_EHLO, true},
        {"EHLO [192.0.2.1]", VERB_EHLO, true},
        {"EHLO", VERB_EHLO, false},
        {"EHLO a b", VERB_EHLO, false},
        {"EHLOO a", VERB_UNKNOWN, false},
        {"EHL a", VERB_UNKNOWN, false},
        {"HELO a", VERB_HELO, true},
        {"LHLO a", VERB_LHLO, true},
        {"STARTTLS", VERB_STARTTLS, true},
        {"STARTTLS now", VERB_STARTTLS, false},
        {"  QUIT  ", VERB_QUIT, true},
        {"QUIT\t", VERB_QUIT, true},
        {"DATA", VERB_DATA, true},
        {"DATA x", VERB_DATA, false},
        {"RSET", VERB_RSET, true},
        {"NOOP", VERB_NOOP, true},
        {"VRFY bob", VERB_VRFY, true},
        {"VRFY", VERB_VRFY, false},
        {"EXPN list", VERB_EXPN, true},
        {"HELP", VERB_HELP, true},
        {"ETRN example.org", VERB_ETRN, true},
        {"ATRN a.example", VERB_ATRN, true},
        {"TURN", VERB_TURN, true},
        {"BURL imap://x LAST", VERB_BURL, true},
        {"BURL", VERB_BURL, false},
        {"XCLIENT ADDR=192.0.2.1", VERB_XCLIENT, true},
        {"XFORWARD NAME=x", VERB_XFORWARD, true},
        {"XFORWARD", VERB_XFORWARD, false},
        {"SEND FROM:<a@b>", VERB_SEND, true},
        {"SOML FROM:<a@b>", VERB_SOML, true},
        {"SAML FROM:", VERB_SAML, false},
        {"", VERB_UNKNOWN, false},
        {"   ", VERB_UNKNOWN, false},
        {"MAILFROM:<a@b>", VERB_UNKNOWN, false},
        {"GET / HTTP/1.1", VERB_UNKNOWN, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smtp_command c;
        smtp_command_read(text_of(cases[i].line), &c);
        if (c.verb != cases[i].verb || c.well_formed != cases[i].well_formed) {
            fail_msg("\"%s\": verb %d, %s", cases[i].line, c.verb,
                     c.well_formed ? "well formed" : "not well formed");
        }
    }
}

/* A NUL is a byte like another: no verb ends at it. */
static void test_nul(void **state)
{
    struct smtp_command c;

    (void)state;
    smtp_command_read((struct bytes){(const uint8_t *)"QUIT\0", 5}, &c);
    assert_int_equal(c.verb, VERB_UNKNOWN);
    smtp_command_read((struct bytes){(const uint8_t *)"BDAT 1\0", 7}, &c);
    assert_true(c.chunk_bad);
}

static void test_every_name(void **state)
{
    (void)state;
    for (int v = VERB_UNKNOWN + 1; v < VERBS; v++) {
        struct smtp_command c;
        smtp_command_read(text_of(verb_names[v]), &c);
        assert_int_equal(c.verb, v);
    }
    assert_string_equal(verb_names[VERB_EHLO], "EHLO");
    assert_string_equal(verb_names[VERB_XFORWARD], "XFORWARD");
    assert_string_equal(verb_names[VERB_QUIT], "QUIT");
}

static void test_paths(void **state)
{
    static const struct {
        const char *line;
        bool well_formed;
        const char *path, *parameters;
    } cases[] = {
        {"MAIL FROM:<a@example.org>", true, "<a@example.org>", ""},
        {"MAIL FROM:<>", true, "<>", ""},
        {"mail from:<a@b> SIZE=10 BODY=8BITMIME", true, "<a@b>", "SIZE=10 BODY=8BITMIME"},
        {"MAIL FROM: <a@b>", true, "<a@b>", ""},
        {"MAIL FROM :<a@b>", true, "<a@b>", ""},
        {"MAIL FROM:<a@b>SIZE=1", true, "<a@b>", "SIZE=1"},
        {"MAIL FROM:a@b SIZE=1", true, "a@b", "SIZE=1"},
        {"MAIL FROM:<\"a>b\"@c> X=1", true, "<\"a>b\"@c>", "X=1"},
        {"MAIL FROM:<\"a\\\"b>\"@c>", true, "<\"a\\\"b>\"@c>", ""},
        {"MAIL FROM:<a@b", true, "<a@b", ""},
        {"MAIL FROM:<\"a@b> X=1", true, "<\"a@b> X=1", ""},
        {"MAIL FROM:<a\\", true, "<a\\", ""},
        {"MAIL FROM:", false, "", ""},
        {"MAIL FROM", false, "", ""},
        {"MAIL FRO:<a@b>", false, "", ""},
        {"MAIL TO:<a@b>", false, "", ""},
        {"MAIL", false, "", ""},
        {"RCPT TO:<b@example.com>", true, "<b@example.com>", ""},
        {"RCPT TO:<@relay:b@c> NOTIFY=NEVER", true, "<@relay:b@c>", "NOTIFY=NEVER"},
        {"RCPT TO: b@c", true, "b@c", ""},
        {"RCPT FROM:<a@b>", false, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smtp_command c;
        smtp_command_read(text_of(cases[i].line), &c);
        if (c.well_formed != cases[i].well_formed || !same(c.path, cases[i].path) ||
            !same(c.parameters, cases[i].parameters)) {
            fail_msg("\"%s\": path \"%.*s\" parameters \"%.*s\"", cases[i].line, (int)c.path.len,
                     (const char *)c.path.data, (int)c.parameters.len,
                     (const char *)c.parameters.data);
        }
    }
}

static void test_chunks(void **state)
{
    static const struct {
        const char *line;
        bool bad, last;
        uint64_t len;
    } cases[] = {
        {"BDAT 0 LAST", false, true, 0},
        {"BDAT 86 last", false, true, 86},
        {"bdat 1000", false, false, 1000},
        {"BDAT 9223372036854775808", false, false, UINT64_C(1) << 63},
        {"BDAT 18446744073709551615 LAST", false, true, UINT64_MAX},
        {"BDAT 18446744073709551616", true, false, 0},
        {"BDAT", true, false, 0},
        {"BDAT LAST", true, false, 0},
        {"BDAT -1", true, false, 0},
        {"BDAT 10 LAS", true, false, 0},
        {"BDAT 10 LASTX", true, false, 0},
        {"BDAT 10 LAST x", true, true, 0},
        {"BDAT 10,LAST", true, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smtp_command c;
        smtp_command_read(text_of(cases[i].line), &c);
        if (c.chunk_bad != cases[i].bad || c.well_formed == cases[i].bad ||
            (!c.chunk_bad && (c.chunk_last != cases[i].last || c.chunk_len != cases[i].len))) {
            fail_msg("\"%s\"", cases[i].line);
        }
    }
}

/* What is no mechanism may be a credential: it is the response then. */
static void test_auth(void **state)
{
    static const struct {
        const char *line;
        bool well_formed;
        const char *response;
    } cases[] = {
        {"AUTH PLAIN", true, ""},
        {"AUTH Login", true, ""},
        {"auth plain dGVzdA==", true, "dGVzdA=="},
        {"AUTH SCRAM-SHA-256-PLUS biws", true, "biws"},
        {"AUTH X_20_CHARACTERS_LONG", true, ""},
        {"AUTH X_21_CHARACTERS_LONGX", false, "X_21_CHARACTERS_LONGX"},
        {"AUTH dGVzdA==", false, "dGVzdA=="},
        {"AUTH hunter2", false, "hunter2"},
        {"AUTH", false, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smtp_command c;
        smtp_command_read(text_of(cases[i].line), &c);
        if (c.verb != VERB_AUTH || c.well_formed != cases[i].well_formed ||
            !same(c.response, cases[i].response)) {
            fail_msg("\"%s\"", cases[i].line);
        }
    }
}

static void test_parameters(void **state)
{
    struct bytes value, list = text_of("BODY=8BITMIME size=48213 AUTH=<> RET XSIZE=9");

    (void)state;
    assert_true(smtp_command_parameter(list, "SIZE", &value));
    assert_true(same(value, "48213"));
    assert_true(smtp_command_parameter(list, "AUTH", &value));
    assert_true(same(value, "<>"));
    assert_false(smtp_command_parameter(list, "RET", &value)); /* without a value */
    assert_false(smtp_command_parameter(list, "SIZ", &value));
    assert_false(smtp_command_parameter(list, "BODYX", &value));
    assert_false(smtp_command_parameter(text_of(""), "SIZE", &value));
    assert_true(smtp_command_parameter(text_of("SIZE="), "SIZE", &value));
    assert_int_equal(value.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs),      cmocka_unit_test(test_nul),
        cmocka_unit_test(test_every_name), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_chunks),     cmocka_unit_test(test_auth),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
