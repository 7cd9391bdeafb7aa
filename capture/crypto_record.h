/* crypto_record.h - what it takes to open the records of TLS: key derivation and ciphers. Part of
 * the door to OpenSSL.
 *
 * Keys are borrowed; a struct crypto_cipher holds its own copy, which OpenSSL wipes when it is
 * freed. All functions return false (NULL) when the input is not what it claims, or OpenSSL fails.
 */
#ifndef CAPTURE_CRYPTO_RECORD_H
#define CAPTURE_CRYPTO_RECORD_H

#include "capture/bytes.h"

enum crypto_digest { CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA384 };
enum { CRYPTO_DIGEST_MAX = 48 };

enum crypto_method {
    CRYPTO_AES_128_GCM,
    CRYPTO_AES_256_GCM,
    CRYPTO_AES_128_CCM,
    CRYPTO_AES_256_CCM,
    CRYPTO_CHACHA20_POLY1305,
    CRYPTO_AES_128_CBC,
    CRYPTO_AES_256_CBC,
    CRYPTO_CAMELLIA_128_CBC,
    CRYPTO_CAMELLIA_256_CBC,
    CRYPTO_METHODS
};

enum {
    CRYPTO_KEY_MAX = 32,
    CRYPTO_NONCE_LEN = 12, /* of every AEAD here */
    CRYPTO_BLOCK_LEN = 16, /* of every CBC cipher here */
};

size_t crypto_digest_len(enum crypto_digest digest);
size_t crypto_key_len(enum crypto_method method);

MUST_USE bool crypto_hmac(enum crypto_digest digest, struct bytes key, struct bytes in,
                          uint8_t out[CRYPTO_DIGEST_MAX]);
/* PRF of TLS 1.2 (RFC 5246 section 5). The label and both parts of the seed: at most 96 octets. */
MUST_USE bool crypto_prf(enum crypto_digest digest, struct bytes secret, const char *label,
                         struct bytes seed1, struct bytes seed2, uint8_t *out, size_t len);
/* HKDF-Expand-Label with an empty context (RFC 8446 section 7.1); len is at most one digest. */
MUST_USE bool crypto_expand_label(enum crypto_digest digest, struct bytes secret, const char *label,
                                  uint8_t *out, size_t len);

struct crypto_cipher;

/* tag_len: of CCM, 16 or 8. */
struct crypto_cipher *crypto_cipher_new(enum crypto_method method, struct bytes key,
                                        size_t tag_len);
void crypto_cipher_free(struct crypto_cipher *c);
/* sealed is the ciphertext with its tag; out has room for the ciphertext's length. False: the tag
 * does not fit, and out holds nothing that may be used. */
MUST_USE bool crypto_open(struct crypto_cipher *c, const uint8_t nonce[CRYPTO_NONCE_LEN],
                          struct bytes aad, struct bytes sealed, uint8_t *out);
/* in is a whole number of blocks; padding is left in place. */
MUST_USE bool crypto_cbc(struct crypto_cipher *c, const uint8_t iv[CRYPTO_BLOCK_LEN],
                         struct bytes in, uint8_t *out);

/* Overwrites what must not stay in memory; never optimized away. */
void crypto_wipe(void *at, size_t len);
/* In a time that does not depend on where they differ. */
MUST_USE bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t len);
/* Memory for secrets: zeroed, and left out of core dumps. NULL when out of memory. */
void *crypto_secret_alloc(size_t len);
/* Wipes it, and gives it back. */
void crypto_secret_free(void *at, size_t len);

#endif
