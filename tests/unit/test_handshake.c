/* test_handshake.c - what a ServerHello tells. RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3. */
#include "tests/unit/frame_case.h"

#include "dissect/tls/handshake.h"

#define RANDOM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff "
#define RETRY  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c "
#define ID32   "20 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "

static void test_server_hello(void **state)
{
    static const struct {
        const char *label, *hex;
        bool good;
        uint16_t version, cipher;
        bool retry;
    } cases[] = {
        {"1.2 without extensions", "0303 " RANDOM "00 c02f 00", true, 0x0303, 0xc02f, false},
        {"1.2 with a session id", "0303 " RANDOM ID32 "c02f 00 0005 ff01 0001 00", true, 0x0303,
         0xc02f, false},
        {"1.0", "0301 " RANDOM "00 002f 00", true, 0x0301, 0x002f, false},
        {"1.3", "0303 " RANDOM ID32 "1301 00 0006 002b 0002 0304", true, 0x0304, 0x1301, false},
        {"1.3 behind another extension", "0303 " RANDOM "00 1301 00 000a 0033 0000 002b 0002 0304",
         true, 0x0304, 0x1301, false},
        {"HelloRetryRequest", "0303 " RETRY "00 1301 00 0006 002b 0002 0304", true, 0x0304, 0x1301,
         true},
        {"draft 18", "7f12 " RANDOM "1301 0000", true, 0x7f12, 0x1301, false},
        {"draft 23 in the extension", "0303 " RANDOM "00 1301 00 0006 002b 0002 7f17", true, 0x7f17,
         0x1301, false},
        {"extensions one octet short", "0303 " RANDOM "00 1301 00 0006 002b 0002 03", true, 0x0303,
         0x1301, false},
        {"version extension of one octet", "0303 " RANDOM "00 1301 00 0005 002b 0001 03", true,
         0x0303, 0x1301, false},
        {"no compression method", "0303 " RANDOM "00 c02f", false, 0, 0, false},
        {"cipher cut", "0303 " RANDOM "00 c0", false, 0, 0, false},
        {"session id cut", "0303 " RANDOM "20 0001", false, 0, 0, false},
        {"random cut", "0303 0011", false, 0, 0, false},
        {"one octet", "03", false, 0, 0, false},
        {"nothing", "", false, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t wire[CASE_MAX];
        size_t len = case_bytes(cases[i].hex, wire);
        uint8_t *copy = malloc(len ? len : 1);
        struct tls_server_hello h;
        assert_non_null(copy);
        memcpy(copy, wire, len);
        bool good = tls_handshake_server_hello((struct bytes){copy, len}, &h);
        if (good != cases[i].good ||
            (good && (h.version != cases[i].version || h.cipher != cases[i].cipher ||
                      h.retry != cases[i].retry))) {
            fail_msg("%s: %d %04x %04x", cases[i].label, good, h.version, h.cipher);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_server_hello)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
