/* test_keylog.c - lines of a key log, and what is none; a log longer than its limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tls/keylog.h"

#define R  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define S  "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define S3 S "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

static void add(struct tls_keylog *k, const char *lines)
{
    tls_keylog_add(k, (struct bytes){(const uint8_t *)lines, strlen(lines)});
}

static size_t find(const struct tls_keylog *k, enum tls_secret which, uint8_t *out)
{
    uint8_t random[TLS_RANDOM_LEN];

    for (uint8_t i = 0; i < TLS_RANDOM_LEN; i++) {
        random[i] = i;
    }
    return tls_keylog_find(k, random, which, out);
}

static void test_lines(void **state)
{
    static const struct {
        const char *lines;
        enum tls_secret which;
        size_t len;                      /* 0: none */
        uint64_t counted, kept, strange; /* lines */
    } cases[] = {
        {"CLIENT_RANDOM " R " " S3 "\n", TLS_SECRET_MASTER, 48, 1, 1, 0},
        {"CLIENT_RANDOM " R " " S3, TLS_SECRET_MASTER, 48, 1, 1, 0},
        {"CLIENT_RANDOM " R " " S3 "\r\n", TLS_SECRET_MASTER, 48, 1, 1, 0},
        {"  CLIENT_RANDOM\t" R "   " S3 "  \n", TLS_SECRET_MASTER, 48, 1, 1, 0},
        {"client_random " R " " S3 "\n", TLS_SECRET_MASTER, 48, 1, 1, 0},
        {"CLIENT_TRAFFIC_SECRET_0 " R " " S "\n", TLS_SECRET_CLIENT_TRAFFIC, 32, 1, 1, 0},
        {"SERVER_TRAFFIC_SECRET_0 " R " " S3 "\n", TLS_SECRET_SERVER_TRAFFIC, 48, 1, 1, 0},
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET " R " " S "\n", TLS_SECRET_CLIENT_HANDSHAKE, 32, 1, 1, 0},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET " R " " S "\n", TLS_SECRET_SERVER_HANDSHAKE, 32, 1, 1, 0},
        {"# a comment\n\n\r\n \nCLIENT_RANDOM " R " " S3 "\n", TLS_SECRET_MASTER, 48, 1, 1, 0},
        /* of no use, but no fault */
        {"EXPORTER_SECRET " R " " S "\n", TLS_SECRET_MASTER, 0, 1, 0, 0},
        {"CLIENT_EARLY_TRAFFIC_SECRET " R " " S "\n", TLS_SECRET_MASTER, 0, 1, 0, 0},
        {"RSA 0011223344556677 " S3 "\n", TLS_SECRET_MASTER, 0, 1, 0, 0},
        /* faults */
        {"CLIENT_RANDOM " R " " S "\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOM " R " " S3 "d0\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOM " R " " S3 " x\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOM " R "\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOM\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOM 00" R " " S3 "\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_RANDOMS " R " " S3 "\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"CLIENT_TRAFFIC_SECRET_1 " R " " S "\n", TLS_SECRET_CLIENT_TRAFFIC, 0, 1, 0, 1},
        {"CLIENT_RANDOM " R " g0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
         "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf\n",
         TLS_SECRET_MASTER, 0, 1, 0, 1},
        {"\x7f\x45LF\n", TLS_SECRET_MASTER, 0, 1, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_keylog *k = tls_keylog_new();
        uint8_t secret[TLS_SECRET_MAX] = {0};
        size_t len;
        add(k, cases[i].lines);
        len = find(k, cases[i].which, secret);
        if (len != cases[i].len || tls_keylog_totals(k)->lines != cases[i].counted ||
            tls_keylog_totals(k)->secrets != cases[i].kept ||
            tls_keylog_totals(k)->strange != cases[i].strange) {
            fail_msg("case %zu: %s", i, cases[i].lines);
        }
        for (size_t j = 0; j < len; j++) {
            assert_int_equal(secret[j], 0xa0 + j);
        }
        tls_keylog_free(k);
    }
}

/* The last one holds; each kind has its own. */
static void test_again(void **state)
{
    struct tls_keylog *k = tls_keylog_new();
    uint8_t secret[TLS_SECRET_MAX];

    (void)state;
    add(k, "CLIENT_TRAFFIC_SECRET_0 " R " " R "\nSERVER_TRAFFIC_SECRET_0 " R " " S "\n");
    add(k, "CLIENT_TRAFFIC_SECRET_0 " R " " S "\n");
    assert_int_equal(find(k, TLS_SECRET_CLIENT_TRAFFIC, secret), 32);
    assert_int_equal(secret[0], 0xa0);
    assert_int_equal(find(k, TLS_SECRET_MASTER, secret), 0);
    tls_keylog_free(k);
    tls_keylog_free(NULL);
}

/* Of too many the newest are there, and it is counted. */
static void test_limit(void **state)
{
    struct tls_keylog *k = tls_keylog_new();
    uint8_t secret[TLS_SECRET_MAX], random[TLS_RANDOM_LEN] = {0};
    char line[256];
    uint32_t many = LIMIT_KEYLOG_SECRETS + LIMIT_KEYLOG_SECRETS / 2 + 1;

    (void)state;
    for (uint32_t i = 0; i < many; i++) {
        snprintf(line, sizeof line, "CLIENT_RANDOM %08x%056x " S3 "\n", i, 0u);
        add(k, line);
    }
    assert_int_equal(tls_keylog_totals(k)->secrets, many);
    assert_int_equal(tls_keylog_totals(k)->dropped, LIMIT_KEYLOG_SECRETS);
    for (uint32_t i = 0; i < many; i += 1000) {
        random[0] = (uint8_t)(i >> 24);
        random[1] = (uint8_t)(i >> 16);
        random[2] = (uint8_t)(i >> 8);
        random[3] = (uint8_t)i;
        assert_int_equal(tls_keylog_find(k, random, TLS_SECRET_MASTER, secret),
                         i < LIMIT_KEYLOG_SECRETS ? 0 : 48);
    }
    tls_keylog_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
