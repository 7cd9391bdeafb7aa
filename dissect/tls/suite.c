/* suite.c - what a cipher suite's name says about how its records are protected.
 *
 * The registered names are made of parts (RFC 5246 appendix C, RFC 8446 appendix B.4):
 *
 *     TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256     TLS_RSA_WITH_AES_256_CCM_8 TLS_AES_128_GCM_SHA256
 *                        cipher      hash                    cipher                cipher      hash
 *
 * The hash is that of the key derivation; SHA-256 where the name has none or SHA-1, which is then
 * the MAC of CBC only (RFC 5246 section 5).
 */
#include "dissect/tls/suite.h"

#include <string.h>

#include "dissect/tls/names.h"

enum { TAG_LEN = 16, TAG_SHORT_LEN = 8 };

/* The longer name before the one it begins with. */
static const struct {
    const char *name;
    enum crypto_method method;
    size_t tag_len;
} ciphers[] = {
    {"AES_128_GCM", CRYPTO_AES_128_GCM, TAG_LEN},
    {"AES_256_GCM", CRYPTO_AES_256_GCM, TAG_LEN},
    {"AES_128_CCM_8", CRYPTO_AES_128_CCM, TAG_SHORT_LEN},
    {"AES_256_CCM_8", CRYPTO_AES_256_CCM, TAG_SHORT_LEN},
    {"AES_128_CCM", CRYPTO_AES_128_CCM, TAG_LEN},
    {"AES_256_CCM", CRYPTO_AES_256_CCM, TAG_LEN},
    {"CHACHA20_POLY1305", CRYPTO_CHACHA20_POLY1305, TAG_LEN},
    {"AES_128_CBC", CRYPTO_AES_128_CBC, 0},
    {"AES_256_CBC", CRYPTO_AES_256_CBC, 0},
    {"CAMELLIA_128_CBC", CRYPTO_CAMELLIA_128_CBC, 0},
    {"CAMELLIA_256_CBC", CRYPTO_CAMELLIA_256_CBC, 0},
};

bool tls_suite_of(uint16_t cipher, struct tls_suite *out)
{
    static const char with[] = "_WITH_", prefix[] = "TLS_";
    const char *name = tls_cipher_name(cipher), *at;

    if (!name || strncmp(name, prefix, sizeof prefix - 1) != 0) {
        return false;
    }
    at = strstr(name, with);
    at = at ? at + sizeof with - 1 : name + sizeof prefix - 1;
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        size_t len = strlen(ciphers[i].name);
        const char *hash = at + len;
        if (strncmp(at, ciphers[i].name, len) != 0 || (*hash && *hash != '_')) {
            continue;
        }
        out->method = ciphers[i].method;
        out->tag_len = ciphers[i].tag_len;
        out->hash = strcmp(hash, "_SHA384") == 0 ? CRYPTO_SHA384 : CRYPTO_SHA256;
        out->mac = strcmp(hash, "_SHA") == 0 ? CRYPTO_SHA1 : out->hash;
        return strcmp(hash, "") == 0 || strcmp(hash, "_SHA") == 0 || strcmp(hash, "_SHA256") == 0 ||
               strcmp(hash, "_SHA384") == 0;
    }
    return false;
}
