/* test_server_name.c - names of certificates against names of hosts. RFC 9525 section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "report/diagnose/server_name.h"

static struct text text(const char *s)
{
    return (struct text){s, (uint32_t)strlen(s), false};
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *host;
        bool matches;
    } cases[] = {
        {"mx.example.org", "mx.example.org", true},
        {"MX.example.ORG", "mx.Example.org", true},
        {"mx.example.org.", "mx.example.org", true},
        {"mx.example.org", "mx.example.org.", true},
        {"mx.example.org", "mx.example.or", false},
        {"mx.example.org", "amx.example.org", false},
        {"*.example.org", "mx.example.org", true},
        {"*.example.org", "MX.EXAMPLE.ORG", true},
        {"*.example.org", "a.mx.example.org", false},
        {"*.example.org", "example.org", false},
        {"*.example.org", ".example.org", false},
        {"m*.example.org", "mx.example.org", false},
        {"mx.*.org", "mx.example.org", false},
        {"*", "mx", false},
        {"*.", "mx.", false},
        {"*.org", "example.org", true},
        {"", "mx", false},
        {"mx", "", false},
        {".", ".", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (server_name_matches(text(cases[i].pattern), text(cases[i].host)) != cases[i].matches) {
            fail_msg("%s %s", cases[i].pattern, cases[i].host);
        }
    }
}

static void test_nul_inside(void **state)
{
    const struct text trick = {"mx.example.org\0.evil.example", 27, false};
    struct text cut = text("mx.example.org");

    (void)state;
    assert_false(server_name_matches(trick, text("mx.example.org")));
    cut.cut = true;
    assert_false(server_name_matches(cut, text("mx.example.org")));
}

static void test_kinds(void **state)
{
    struct tls_name address = {.text = text("2001:db8:0:0:0:0:0:25"), .kind = TLS_NAME_ADDRESS};
    struct tls_name mailbox = {.text = text("mx.example.net"), .next = &address};
    struct tls_name host = {.text = text("a.example.org"), .kind = TLS_NAME_HOST, .next = &mailbox};
    struct tls_certificate c = {.names = &host,
                                .name_count = 3,
                                .has_host_names = true,
                                .common_name = text("common.example.org")};

    (void)state;
    assert_true(server_name_is_borne(&c, text("a.example.org")));
    assert_false(server_name_is_borne(&c, text("mx.example.net"))); /* no host name */
    assert_false(server_name_is_borne(&c, text("common.example.org")));
    assert_true(server_name_is_borne(&c, text("2001:db8::25")));
    assert_false(server_name_is_borne(&c, text("2001:db8::26")));
    c.has_host_names = false;
    c.names = NULL;
    assert_true(server_name_is_borne(&c, text("common.example.org")));

    assert_false(server_name_is_unsure(&c));
    c.name_count = LIMIT_CERTIFICATE_NAMES + 1;
    assert_true(server_name_is_unsure(&c));
    c.name_count = 1;
    c.common_name.cut = true;
    assert_true(server_name_is_unsure(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_nul_inside),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
