/* test_address.c - addresses and prefixes. RFC 4291, RFC 5952, RFC 1918. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/net/address.h"

static void test_parse_and_format(void **state)
{
    static const struct {
        const char *text, *told; /* NULL: refused */
    } cases[] = {
        {"192.0.2.10", "192.0.2.10"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"::", "::"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.1.1", NULL},
        {"192.0.2.1 ", NULL},
        {"2001:db8::1::2", NULL},
        {"2001:db8:1:2:3:4:5:6:7", NULL},
        {"mx.example.com", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address a = {.family = 99};
        char told[ADDRESS_TEXT_MAX];
        if (address_parse(&a, cases[i].text) != (cases[i].told != NULL)) {
            fail_msg("\"%s\"", cases[i].text);
        }
        if (cases[i].told) {
            address_format(&a, told);
            assert_string_equal(told, cases[i].told);
        } else {
            assert_int_equal(a.family, 99); /* refused: nothing changed */
        }
    }
    address_format(&(struct address){0}, (char[ADDRESS_TEXT_MAX]){0});
}

static void test_prefixes(void **state)
{
    static const struct {
        const char *prefix, *address;
        int holds; /* -1: the prefix is refused */
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.255", 1},
        {"192.0.2.0/24", "192.0.3.0", 0},
        {"192.0.2.128/25", "192.0.2.127", 0},
        {"192.0.2.128/25", "192.0.2.128", 1},
        {"192.0.2.10", "192.0.2.10", 1},
        {"192.0.2.10", "192.0.2.11", 0},
        {"192.0.2.10/31", "192.0.2.11", 1},
        {"0.0.0.0/0", "203.0.113.7", 1},
        {"0.0.0.0/0", "2001:db8::1", 0},
        {"2001:db8::/33", "2001:db8:7fff::1", 1},
        {"2001:db8::/33", "2001:db8:8000::1", 0},
        {"::1/128", "::1", 1},
        {"192.0.2.0/33", "192.0.2.0", -1},
        {"2001:db8::/129", "::1", -1},
        {"192.0.2.0/", "192.0.2.0", -1},
        {"192.0.2.0/-1", "192.0.2.0", -1},
        {"192.0.2.0/ 1", "192.0.2.0", -1},
        {"192.0.2.0/1x", "192.0.2.0", -1},
        {"192.0.2.0/99999999999999999999", "192.0.2.0", -1},
        {"/24", "192.0.2.0", -1},
        {"192.0.2.0/24/1", "192.0.2.0", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct prefix p;
        struct address a;
        assert_true(address_parse(&a, cases[i].address));
        int got = !prefix_parse(&p, cases[i].prefix) ? -1 : prefix_holds(&p, &a);
        if (got != cases[i].holds) {
            fail_msg("%s in %s: %d", cases[i].address, cases[i].prefix, got);
        }
    }
}

static void test_private(void **state)
{
    static const struct {
        const char *address;
        bool is_private;
    } cases[] = {
        {"10.255.0.1", true},
        {"11.0.0.1", false},
        {"172.15.255.255", false},
        {"172.16.0.1", true},
        {"172.31.255.255", true},
        {"172.32.0.0", false},
        {"192.168.1.1", true},
        {"192.169.0.1", false},
        {"127.0.0.1", true},
        {"169.254.3.4", true},
        {"100.64.0.1", true},
        {"100.128.0.1", false},
        {"203.0.113.1", false},
        {"::1", true},
        {"::2", false},
        {"fe80::1", true},
        {"fec0::1", false},
        {"fd00::1", true},
        {"2001:db8::1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address a;
        assert_true(address_parse(&a, cases[i].address));
        if (address_is_private(&a) != cases[i].is_private) {
            fail_msg("%s", cases[i].address);
        }
    }
}

static void test_equal(void **state)
{
    struct address a, b;

    (void)state;
    assert_true(address_parse(&a, "192.0.2.1"));
    assert_true(address_parse(&b, "192.0.2.1"));
    assert_true(address_equal(&a, &b));
    assert_true(address_parse(&b, "c000:201::")); /* the same octets, another family */
    assert_false(address_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_format),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
