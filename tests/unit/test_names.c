/* test_names.c - the registered names of TLS numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/names.h"

static void test_ciphers(void **state)
{
    static const struct {
        uint16_t id;
        const char *name;
    } cases[] = {
        {0x0000, "TLS_NULL_WITH_NULL_NULL"},
        {0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
        {0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
        {0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
        {0x1301, "TLS_AES_128_GCM_SHA256"},
        {0x1302, "TLS_AES_256_GCM_SHA384"},
        {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
        {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    };
    unsigned known = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = tls_cipher_name(cases[i].id);
        if (!name || strcmp(name, cases[i].name) != 0) {
            fail_msg("0x%04x: %s", cases[i].id, name ? name : "none");
        }
    }
    assert_null(tls_cipher_name(0x1a1a)); /* GREASE, RFC 8701 */
    assert_null(tls_cipher_name(0xffff));
    for (unsigned id = 0; id < 65536; id++) { /* the table is sorted: each one can be found */
        const char *name = tls_cipher_name((uint16_t)id);
        known += name != NULL;
        assert_true(!name || strncmp(name, "TLS_", 4) == 0);
    }
    assert_true(known > 150);
}

static void test_versions(void **state)
{
    static const struct {
        uint16_t version;
        const char *text;
    } cases[] = {{0x0300, "ssl3"},   {0x0301, "1.0"},    {0x0303, "1.2"},    {0x0304, "1.3"},
                 {0x0305, "0x0305"}, {0x02ff, "0x02ff"}, {0x7f17, "0x7f17"}, {0, "0x0000"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TLS_VERSION_TEXT_MAX];
        tls_version_text(cases[i].version, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(tls_message_name(1), "client_hello");
    assert_string_equal(tls_message_name(2), "server_hello");
    assert_string_equal(tls_message_name(11), "certificate");
    assert_string_equal(tls_message_name(20), "finished");
    assert_null(tls_message_name(255));
    assert_string_equal(tls_alert_name(0), "close_notify");
    assert_string_equal(tls_alert_name(40), "handshake_failure");
    assert_string_equal(tls_alert_name(48), "unknown_ca");
    assert_string_equal(tls_alert_name(70), "protocol_version");
    assert_null(tls_alert_name(1));
    assert_string_equal(tls_record_name(20), "change_cipher_spec");
    assert_string_equal(tls_record_name(23), "application_data");
    assert_null(tls_record_name(19));
    assert_null(tls_record_name(25));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ciphers),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
