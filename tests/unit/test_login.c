/* Who logs in: the same number for the same user, whatever the mechanism; none where it is not
 * known. Names and passwords here are invented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "capture/crypto.h"
#include "dissect/smtp/login.h"

static uint64_t user(const char *mechanism, const char *response, size_t len)
{
    char base64[1024];

    crypto_base64((struct bytes){(const uint8_t *)response, len}, base64);
    return smtp_login_user((struct bytes){(const uint8_t *)mechanism, strlen(mechanism)},
                           (struct bytes){(const uint8_t *)base64, strlen(base64)});
}

#define USER(mechanism, response) user(mechanism, response, sizeof(response) - 1)

#define DIGEST "b913a602c7eda7a495b4e6e7334d3890"

static void test_same_user(void **state)
{
    uint64_t ann = USER("PLAIN", "\0ann@a.example\0secret");

    (void)state;
    assert_true(ann != 0);
    assert_true(USER("PLAIN", "\0ann@a.example\0other") == ann);
    assert_true(USER("PLAIN", "somebody\0Ann@A.example\0other") == ann);
    assert_true(USER("LOGIN", "ann@a.example") == ann);
    assert_true(USER("login", "ann@a.example") == ann);
    assert_true(USER("CRAM-MD5", "ann@a.example " DIGEST) == ann);
    assert_true(USER("XOAUTH2", "user=ann@a.example\1auth=Bearer x\1\1") == ann);
    assert_true(USER("SCRAM-SHA-256", "n,,n=ann@a.example,r=abc") == ann);
    assert_true(USER("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=ann@a.example,r=abc") == ann);
}

static void test_other_user(void **state)
{
    uint64_t ann = USER("PLAIN", "\0ann\0secret"), bob = USER("PLAIN", "\0bob\0secret");

    (void)state;
    assert_true(ann != bob && bob != 0);
    assert_true(USER("PLAIN", "ann\0bob\0secret") == bob); /* ann only speaks for bob */
    assert_true(USER("PLAIN", "\0annie\0secret") != ann);
    assert_true(USER("PLAIN", "\0an\0secret") != ann);
    assert_true(USER("LOGIN", "ann ") != ann);
}

/* Nothing that may be a password is taken for a name. */
static void test_nobody(void **state)
{
    char longest[300];
    static const char plain[] = "PLAIN";
    static const char *const odd[] = {"", "=", "*", "!!!!", "AA", "AGFu"};

    (void)state;
    assert_true(USER("PLAIN", "\0ann") == 0);      /* ends inside the name */
    assert_true(USER("PLAIN", "ann") == 0);        /* no NUL at all */
    assert_true(USER("PLAIN", "\0\0secret") == 0); /* no name */
    assert_true(USER("LOGIN", "") == 0);
    assert_true(USER("LOGIN", "\0ann\0secret") == 0); /* PLAIN said by mistake */
    assert_true(USER("CRAM-MD5", "ann") == 0);
    assert_true(USER("CRAM-MD5", "ann " DIGEST "0") == 0);
    assert_true(USER("CRAM-MD5", "ann zz" DIGEST) == 0);
    assert_true(USER("CRAM-MD5", " " DIGEST) == 0);
    assert_true(USER("XOAUTH2", "user=ann") == 0);
    assert_true(USER("XOAUTH2", "ann\1auth=Bearer x") == 0);
    assert_true(USER("SCRAM-SHA-1", "n,,ann,r=abc") == 0);
    assert_true(USER("SCRAM-", "n,,n=ann,r=abc") == 0);
    assert_true(USER("NTLM", "ann") == 0);
    assert_true(USER("", "ann") == 0);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        uint64_t got = smtp_login_user((struct bytes){(const uint8_t *)plain, 5},
                                       (struct bytes){(const uint8_t *)odd[i], strlen(odd[i])});
        assert_true(got == 0);
    }
    memset(longest, 'a', sizeof longest);
    assert_true(user("LOGIN", longest, 256) != 0);
    assert_true(user("LOGIN", longest, 257) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_user),
        cmocka_unit_test(test_other_user),
        cmocka_unit_test(test_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
