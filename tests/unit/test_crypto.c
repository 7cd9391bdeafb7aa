/* test_crypto.c - published test vectors: FIPS 180, RFC 4231 (HMAC), RFC 4648 (base64). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/crypto.h"
#include "tests/unit/memory_file.h"

static void assert_hex(const uint8_t *hash, size_t len, const char *expected)
{
    char hex[2 * SHA256_LEN + 1];
    crypto_hex((struct bytes){hash, len}, hex);
    assert_string_equal(hex, expected);
}

static void test_hashes(void **state)
{
    (void)state;
    uint8_t hash[SHA256_LEN];
    assert_true(crypto_sha1(BYTES_OF("abc"), hash));
    assert_hex(hash, SHA1_LEN, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_true(crypto_sha1((struct bytes){NULL, 0}, hash));
    assert_hex(hash, SHA1_LEN, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_true(crypto_sha256(BYTES_OF("abc"), hash));
    assert_hex(hash, SHA256_LEN,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(crypto_sha256(BYTES_OF(""), hash));
    assert_hex(hash, SHA256_LEN,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_hmac(void **state)
{
    (void)state;
    uint8_t hash[SHA256_LEN];
    assert_true(
        crypto_hmac_sha256(BYTES_OF("Jefe"), BYTES_OF("what do ya want for nothing?"), hash));
    assert_hex(hash, SHA256_LEN,
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    /* RFC 4231 test case 6: a key longer than a block */
    uint8_t key[131];
    memset(key, 0xaa, sizeof key);
    assert_true(crypto_hmac_sha256(
        (struct bytes){key, sizeof key},
        BYTES_OF("Test Using Larger Than Block-Size Key - Hash Key First"), hash));
    assert_hex(hash, SHA256_LEN,
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_true(crypto_hmac_sha256((struct bytes){NULL, 0}, (struct bytes){NULL, 0}, hash));
    assert_hex(hash, SHA256_LEN,
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_piece_by_piece(void **state)
{
    (void)state;
    char hex[65];
    struct crypto_hash *h = crypto_hash_new();
    assert_non_null(h);
    crypto_hash_add(h, BYTES_OF("a"));
    crypto_hash_add(h, (struct bytes){NULL, 0});
    crypto_hash_add(h, BYTES_OF("bc"));
    crypto_hash_hex(h, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_hash_free(h);
    crypto_hash_free(NULL);
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    char out[16];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        crypto_base64((struct bytes){(const uint8_t *)pairs[i][0], strlen(pairs[i][0])}, out);
        assert_string_equal(out, pairs[i][1]);
    }
    crypto_base64(BYTES_OF("\xff\xef\xbe"), out); /* the last two of the alphabet */
    assert_string_equal(out, "/+++");
}

static void test_hex(void **state)
{
    (void)state;
    char out[9];
    crypto_hex(BYTES_OF("\x00\x7f\x80\xff"), out);
    assert_string_equal(out, "007f80ff");
    crypto_hex(BYTES_OF(""), out);
    assert_string_equal(out, "");
}

static void test_random(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    assert_true(crypto_random(a, sizeof a));
    assert_true(crypto_random(b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_piece_by_piece),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
