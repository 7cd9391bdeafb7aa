/* test_fingerprint.c - JA3, JA3S and JA4 against the examples their authors publish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/fingerprint.h"

enum { HELLO_MAX = 1024 };

/* A hello's body under construction. */
struct maker {
    uint8_t b[HELLO_MAX];
    size_t len;
};

static void put8(struct maker *m, unsigned n)
{
    m->b[m->len++] = (uint8_t)n;
}

static void put16(struct maker *m, unsigned n)
{
    put8(m, n >> 8);
    put8(m, n & 0xff);
}

static void put_numbers(struct maker *m, const uint16_t *n, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put16(m, n[i]);
    }
}

static void put_head(struct maker *m, unsigned version)
{
    put16(m, version);
    m->len += 32; /* random */
    put8(m, 0);   /* session_id */
}

/* An extension that holds a list of 16-bit numbers. */
static void put_list(struct maker *m, unsigned type, const uint16_t *n, size_t count)
{
    put16(m, type);
    put16(m, (unsigned)(2 * count + 2));
    put16(m, (unsigned)(2 * count));
    put_numbers(m, n, count);
}

static void put_empty(struct maker *m, unsigned type)
{
    put16(m, type);
    put16(m, 0);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The hello of the JA4 specification (FoxIO, technical details of JA4), with reserved numbers in
 * every list, in the order in which Chrome sent them. */
static void make_ja4_hello(struct maker *m, bool sni, const char *alpn)
{
    static const uint16_t ciphers[] = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                       0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                       0x009c, 0x009d, 0x002f, 0x0035};
    static const uint16_t groups[] = {0x3a3a, 0x001d, 0x0017, 0x0018};
    static const uint16_t signatures[] = {0x0403, 0x0804, 0x0401, 0x0503,
                                          0x0805, 0x0501, 0x0806, 0x0601};
    static const uint16_t rest[] = {0x0017, 0xff01, 0x0023, 0x0005, 0x0012,
                                    0x0033, 0x002d, 0x001b, 0x4469, 0x0015};
    size_t at;

    put_head(m, 0x0303);
    put16(m, sizeof ciphers);
    put_numbers(m, ciphers, COUNT(ciphers));
    put8(m, 1);
    put8(m, 0);
    at = m->len;
    put16(m, 0);
    put_empty(m, 0x8a8a);
    if (sni) {
        put_empty(m, TLS_EXTENSION_SERVER_NAME);
    }
    put_list(m, TLS_EXTENSION_GROUPS, groups, COUNT(groups));
    put16(m, TLS_EXTENSION_POINT_FORMATS);
    put16(m, 2);
    put8(m, 1);
    put8(m, 0);
    if (alpn) {
        put16(m, TLS_EXTENSION_ALPN);
        put16(m, (unsigned)strlen(alpn) + 3);
        put16(m, (unsigned)strlen(alpn) + 1);
        put8(m, (unsigned)strlen(alpn));
        memcpy(m->b + m->len, alpn, strlen(alpn));
        m->len += strlen(alpn);
    }
    put_list(m, TLS_EXTENSION_SIGNATURES, signatures, COUNT(signatures));
    put16(m, TLS_EXTENSION_VERSIONS);
    put16(m, 7);
    put8(m, 6);
    put16(m, 0x1a1a);
    put16(m, 0x0304);
    put16(m, 0x0303);
    for (size_t i = 0; i < COUNT(rest); i++) {
        put_empty(m, rest[i]);
    }
    m->b[at] = (uint8_t)((m->len - at - 2) >> 8);
    m->b[at + 1] = (uint8_t)((m->len - at - 2) & 0xff);
}

static void test_ja4(void **state)
{
    static const struct {
        const char *label;
        bool sni;
        const char *alpn, *expected;
    } cases[] = {
        {"the specification's example", true, "h2", "t13d1516h2_8daaf6152771_e5627efa2ab1"},
        {"no name", false, "h2", "t13i1515h2_8daaf6152771_e5627efa2ab1"},
        {"no protocol", true, NULL, "t13d151500_8daaf6152771_e5627efa2ab1"},
        {"a long protocol", true, "http/1.1", "t13d1516h1_8daaf6152771_e5627efa2ab1"},
        {"one letter", true, "x", "t13d1516xx_8daaf6152771_e5627efa2ab1"},
        {"no letters", true, "\xab\xcd", "t13d1516ad_8daaf6152771_e5627efa2ab1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct maker m = {.len = 0};
        struct tls_client_hello hello;
        char ja4[TLS_JA4_SIZE];
        make_ja4_hello(&m, cases[i].sni, cases[i].alpn);
        assert_true(tls_handshake_client_hello((struct bytes){m.b, m.len}, &hello));
        tls_fingerprint_ja4(&hello, ja4);
        if (strcmp(ja4, cases[i].expected) != 0) {
            fail_msg("%s: %s", cases[i].label, ja4);
        }
    }
}

/* The two examples of the JA3 page: with extensions, and a hello that has none. */
static void test_ja3(void **state)
{
    static const uint16_t with[] = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4};
    static const uint16_t without[] = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99};
    static const uint16_t groups[] = {23, 24, 25};
    struct tls_client_hello hello;
    struct maker m = {.len = 0};
    char ja3[TLS_JA3_SIZE];

    (void)state;
    put_head(&m, 769);
    put16(&m, sizeof with);
    put_numbers(&m, with, COUNT(with));
    put8(&m, 1);
    put8(&m, 0);
    put16(&m, 4 + 12 + 6);
    put_empty(&m, 0);
    put_list(&m, 10, groups, COUNT(groups));
    put16(&m, 11);
    put16(&m, 2);
    put8(&m, 1);
    put8(&m, 0);
    assert_true(tls_handshake_client_hello((struct bytes){m.b, m.len}, &hello));
    tls_fingerprint_ja3(&hello, ja3);
    assert_string_equal(ja3, "ada70206e40642a3e4461f35503241d5");

    m = (struct maker){.len = 0};
    put_head(&m, 769);
    put16(&m, sizeof without);
    put_numbers(&m, without, COUNT(without));
    put8(&m, 1);
    put8(&m, 0);
    assert_true(tls_handshake_client_hello((struct bytes){m.b, m.len}, &hello));
    assert_false(hello.has_extensions);
    tls_fingerprint_ja3(&hello, ja3);
    assert_string_equal(ja3, "de350869b8c85de67a350c8d186f11e6");
}

/* The MD5 of "769,47,65281-0-11-35-5-16". */
static void test_ja3s(void **state)
{
    static const uint16_t types[] = {65281, 0, 11, 35, 5, 16};
    struct tls_server_hello hello;
    struct maker m = {.len = 0};
    char ja3s[TLS_JA3_SIZE];

    (void)state;
    put_head(&m, 769);
    put16(&m, 47);
    put8(&m, 0);
    put16(&m, 4 * COUNT(types));
    for (size_t i = 0; i < COUNT(types); i++) {
        put_empty(&m, types[i]);
    }
    assert_true(tls_handshake_server_hello((struct bytes){m.b, m.len}, &hello));
    tls_fingerprint_ja3s(&hello, ja3s);
    assert_string_equal(ja3s, "836ce314215654b5b1f85f97c73e506f");
}

/* A hello in the form of SSL 2 has none; one cut anywhere is refused or fingerprinted, never read
 * past.
 */
static void test_refuses(void **state)
{
    static const uint8_t ssl2[] = {1, 3, 1, 0, 6, 0, 0, 0, 16, 1,  0,  128, 0,  0,  47, 1,
                                   2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,  14, 15, 16};
    struct tls_client_hello hello;
    char ja3[TLS_JA3_SIZE], ja4[TLS_JA4_SIZE];
    struct maker m = {.len = 0};

    (void)state;
    assert_true(tls_handshake_ssl2_hello((struct bytes){ssl2, sizeof ssl2}, &hello));
    tls_fingerprint_ja3(&hello, ja3);
    tls_fingerprint_ja4(&hello, ja4);
    assert_string_equal(ja3, "");
    assert_string_equal(ja4, "");
    make_ja4_hello(&m, true, "h2");
    for (size_t len = 0; len < m.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        memcpy(copy, m.b, len);
        if (tls_handshake_client_hello((struct bytes){copy, len}, &hello)) {
            tls_fingerprint_ja3(&hello, ja3);
            tls_fingerprint_ja4(&hello, ja4);
            assert_int_equal(strlen(ja3), TLS_JA3_SIZE - 1);
            assert_int_equal(strlen(ja4), TLS_JA4_SIZE - 1);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ja4),
        cmocka_unit_test(test_ja3),
        cmocka_unit_test(test_ja3s),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
