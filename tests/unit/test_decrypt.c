/* test_decrypt.c - records opened with the secrets of RFC 8448 section 3, and not with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/crypto_record.h"
#include "dissect/tls/decrypt.h"
#include "dissect/tls/suite.h"
#include "tests/support/rfc8448.h"

static uint8_t octet[1024];

static struct bytes hex(const char *text)
{
    size_t len = strlen(text) / 2;

    assert_true(len <= sizeof octet);
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        octet[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (struct bytes){octet, len};
}

static struct tls_keylog *log_of(const char *lines)
{
    struct tls_keylog *k = tls_keylog_new();

    assert_non_null(k);
    tls_keylog_add(k, (struct bytes){(const uint8_t *)lines, strlen(lines)});
    return k;
}

static struct tls_decrypt *after_hellos(struct tls_keylog *log)
{
    struct tls_decrypt *d = tls_decrypt_new(log);

    assert_non_null(d);
    tls_decrypt_client_hello(d, hex(rfc8448_client_hello));
    tls_decrypt_server_hello(d, hex(rfc8448_server_hello));
    return d;
}

static enum tls_open open_record(struct tls_decrypt *d, enum side side, const char *record,
                                 struct tls_opened *out)
{
    struct bytes b = hex(record);

    assert_true(tls_decrypt_expects(d, side, b.data[0]));
    return tls_decrypt_open(d, side, b.data, (struct bytes){b.data + 5, b.len - 5}, out);
}

/* Opens it, and its content is this. */
static void opens(struct tls_decrypt *d, enum side side, const char *record, uint8_t type,
                  const char *content, uint64_t jumped)
{
    struct tls_opened opened;
    uint8_t text[1024];
    size_t len;

    assert_int_equal(open_record(d, side, record, &opened), TLS_OPEN_DONE);
    assert_int_equal(opened.content.type, type);
    assert_int_equal(opened.jumped, jumped);
    len = opened.content.plain.len;
    memcpy(text, opened.content.plain.data, len);
    tls_decrypt_wipe(d, &opened);
    assert_memory_equal(opened.content.plain.data, (uint8_t[16]){0}, len < 16 ? len : 16);
    if (content) {
        struct bytes want = hex(content);
        assert_int_equal(len, want.len);
        assert_memory_equal(text, want.data, len);
    }
}

static void test_rfc8448(void **state)
{
    struct tls_keylog *log = log_of(rfc8448_key_log);
    struct tls_decrypt *d = after_hellos(log);

    (void)state;
    assert_false(tls_decrypt_expects(d, SIDE_SERVER, 20)); /* a ChangeCipherSpec is in clear */
    assert_false(tls_decrypt_expects(d, SIDE_CLIENT, 21)); /* as is an alert of that type */
    opens(d, SIDE_SERVER, rfc8448_server_flight, 22, NULL, 0);
    tls_decrypt_finished(d, SIDE_SERVER);
    opens(d, SIDE_CLIENT, rfc8448_client_finished, 22,
          "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61", 0);
    tls_decrypt_finished(d, SIDE_CLIENT);
    opens(d, SIDE_SERVER, rfc8448_server_ticket, 22, NULL, 0);
    opens(d, SIDE_CLIENT, rfc8448_client_data, 23, rfc8448_data_hex, 0);
    opens(d, SIDE_SERVER, rfc8448_server_data, 23, rfc8448_data_hex, 0);
    opens(d, SIDE_CLIENT, rfc8448_client_goodbye, 21, "0100", 0);
    opens(d, SIDE_SERVER, rfc8448_server_goodbye, 21, "0100", 0);
    assert_int_equal(tls_decrypt_keys(d), TLS_KEYS_FIT);
    assert_int_equal(tls_decrypt_overhead(d), 17);
    tls_decrypt_free(d);
    assert_int_equal(tls_keylog_totals(log)->opened, 1);
    tls_keylog_free(log);
}

/* The handshake's secrets are missing: its records stay shut, what follows opens. */
static void test_without_handshake_secrets(void **state)
{
    struct tls_keylog *log = log_of(strstr(rfc8448_key_log, "CLIENT_TRAFFIC"));
    struct tls_decrypt *d = after_hellos(log);
    struct tls_opened opened;

    (void)state;
    assert_int_equal(open_record(d, SIDE_SERVER, rfc8448_server_flight, &opened), TLS_OPEN_NOT);
    assert_int_equal(open_record(d, SIDE_CLIENT, rfc8448_client_finished, &opened), TLS_OPEN_NOT);
    opens(d, SIDE_SERVER, rfc8448_server_ticket, 22, NULL, 0);
    opens(d, SIDE_CLIENT, rfc8448_client_data, 23, rfc8448_data_hex, 0);
    tls_decrypt_free(d);
    tls_keylog_free(log);
}

/* Records that were not captured: the next one opens, and says how many they were. */
static void test_gaps(void **state)
{
    struct tls_keylog *log = log_of(rfc8448_key_log);
    struct tls_decrypt *d = after_hellos(log);
    struct tls_opened opened;

    (void)state;
    tls_decrypt_skip(d, SIDE_SERVER); /* the flight, with its Finished */
    opens(d, SIDE_SERVER, rfc8448_server_ticket, 22, NULL, 0);
    tls_decrypt_lost(d, SIDE_SERVER, 72); /* its data: three records at most */
    opens(d, SIDE_SERVER, rfc8448_server_goodbye, 21, "0100", 1);
    /* The client's Finished and data in one gap. */
    tls_decrypt_lost(d, SIDE_CLIENT, 58 + 72);
    opens(d, SIDE_CLIENT, rfc8448_client_goodbye, 21, "0100", 0);
    /* Too much is missing for the numbers that are tried: it stays shut, and no key is blamed. */
    tls_decrypt_free(d);
    d = after_hellos(log);
    tls_decrypt_lost(d, SIDE_CLIENT, 1);
    assert_int_equal(open_record(d, SIDE_CLIENT, rfc8448_server_data, &opened), TLS_OPEN_NOT);
    assert_true(tls_decrypt_is_lost(d, SIDE_CLIENT));
    opens(d, SIDE_CLIENT, rfc8448_client_finished, 22, NULL, 0);
    assert_false(tls_decrypt_is_lost(d, SIDE_CLIENT));
    tls_decrypt_free(d);
    tls_keylog_free(log);
}

static void test_misfits(void **state)
{
    static char wrong[sizeof rfc8448_key_log];
    struct tls_keylog *log;
    struct tls_decrypt *d;
    struct tls_opened opened;

    (void)state;
    memcpy(wrong, rfc8448_key_log, sizeof wrong);
    strstr(wrong, " b67b")[1] = 'c'; /* one bit of the server's handshake secret */
    log = log_of(wrong);
    d = after_hellos(log);
    assert_int_equal(open_record(d, SIDE_SERVER, rfc8448_server_flight, &opened), TLS_OPEN_MISFIT);
    assert_false(tls_decrypt_expects(d, SIDE_SERVER, 23)); /* once is enough, for both sides */
    assert_false(tls_decrypt_expects(d, SIDE_CLIENT, 23));
    tls_decrypt_free(d);
    assert_int_equal(tls_keylog_totals(log)->misfits, 1);
    tls_keylog_free(log);

    /* Right keys, one bit of the record. */
    log = log_of(rfc8448_key_log);
    d = after_hellos(log);
    memcpy(wrong, rfc8448_client_finished, sizeof rfc8448_client_finished);
    wrong[20] = wrong[20] == '0' ? '1' : '0';
    assert_int_equal(open_record(d, SIDE_CLIENT, wrong, &opened), TLS_OPEN_MISFIT);
    tls_decrypt_free(d);
    tls_keylog_free(log);
}

static void test_no_keys(void **state)
{
    static const char *const logs[] = {
        "",
        "# CLIENT_RANDOM " RFC8448_RANDOM " 00\n",
        /* one side's alone */
        "CLIENT_TRAFFIC_SECRET_0 " RFC8448_RANDOM
        " 9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5\n",
        /* somebody else's */
        "CLIENT_TRAFFIC_SECRET_0 "
        "00000000e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
        " 9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        struct tls_keylog *log = log_of(logs[i]);
        struct tls_decrypt *d = after_hellos(log);
        assert_false(tls_decrypt_expects(d, SIDE_SERVER, 23));
        assert_false(tls_decrypt_log_was_cut(d));
        tls_decrypt_free(d);
        assert_int_equal(tls_keylog_totals(log)->keyless, 1);
        tls_keylog_free(log);
    }
}

static void test_suites(void **state)
{
    static const struct {
        uint16_t cipher;
        bool good;
        struct tls_suite suite;
    } cases[] = {
        {0xc02f, true, {CRYPTO_AES_128_GCM, 16, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0xc030, true, {CRYPTO_AES_256_GCM, 16, CRYPTO_SHA384, CRYPTO_SHA384}},
        {0xcca8, true, {CRYPTO_CHACHA20_POLY1305, 16, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0xc09c, true, {CRYPTO_AES_128_CCM, 16, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0xc0af, true, {CRYPTO_AES_256_CCM, 8, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0x1302, true, {CRYPTO_AES_256_GCM, 16, CRYPTO_SHA384, CRYPTO_SHA384}},
        {0x1305, true, {CRYPTO_AES_128_CCM, 8, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0x002f, true, {CRYPTO_AES_128_CBC, 0, CRYPTO_SHA256, CRYPTO_SHA1}},
        {0x003d, true, {CRYPTO_AES_256_CBC, 0, CRYPTO_SHA256, CRYPTO_SHA256}},
        {0xc028, true, {CRYPTO_AES_256_CBC, 0, CRYPTO_SHA384, CRYPTO_SHA384}},
        {0x0041, true, {CRYPTO_CAMELLIA_128_CBC, 0, CRYPTO_SHA256, CRYPTO_SHA1}},
        {0x000a, false, {0}}, /* 3DES */
        {0x0005, false, {0}}, /* RC4 */
        {0x0002, false, {0}}, /* no cipher */
        {0x0a0a, false, {0}}, /* not registered */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_suite suite;
        assert_int_equal(tls_suite_of(cases[i].cipher, &suite), cases[i].good);
        if (cases[i].good) {
            assert_int_equal(suite.method, cases[i].suite.method);
            assert_int_equal(suite.tag_len, cases[i].suite.tag_len);
            assert_int_equal(suite.hash, cases[i].suite.hash);
            assert_int_equal(suite.mac, cases[i].suite.mac);
        }
    }
}

/* The key and IV that RFC 8448 gives for the server's handshake secret. */
static void test_expand_label(void **state)
{
    uint8_t secret[32], out[16];

    (void)state;
    memcpy(secret, hex(strstr(rfc8448_key_log, "b67b")).data, sizeof secret);
    assert_true(
        crypto_expand_label(CRYPTO_SHA256, (struct bytes){secret, sizeof secret}, "key", out, 16));
    assert_memory_equal(out, hex("3fce516009c21727d0f2e4e86ee403bc").data, 16);
    assert_true(
        crypto_expand_label(CRYPTO_SHA256, (struct bytes){secret, sizeof secret}, "iv", out, 12));
    assert_memory_equal(out, hex("5d313eb2671276ee13000b30").data, 12);
    assert_false(
        crypto_expand_label(CRYPTO_SHA256, (struct bytes){secret, sizeof secret}, "iv", out, 33));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8448),      cmocka_unit_test(test_without_handshake_secrets),
        cmocka_unit_test(test_gaps),         cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_no_keys),      cmocka_unit_test(test_suites),
        cmocka_unit_test(test_expand_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
