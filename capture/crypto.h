/* crypto.h - hashes and keyed hashes; with crypto_record.h and dissect/tls/certificate.c the only
 * door to OpenSSL. */
#ifndef CAPTURE_CRYPTO_H
#define CAPTURE_CRYPTO_H

#include "capture/bytes.h"

enum { MD5_LEN = 16, SHA1_LEN = 20, SHA256_LEN = 32 };

/* All return false only when OpenSSL itself fails (out of memory). */
/* For fingerprints that others defined by it (JA3), never for trust. */
MUST_USE bool crypto_md5(struct bytes in, uint8_t out[MD5_LEN]);
MUST_USE bool crypto_sha1(struct bytes in, uint8_t out[SHA1_LEN]);
MUST_USE bool crypto_sha256(struct bytes in, uint8_t out[SHA256_LEN]);
MUST_USE bool crypto_hmac_sha256(struct bytes key, struct bytes in, uint8_t out[SHA256_LEN]);
/* Random bytes for a key that lives as long as the run. */
MUST_USE bool crypto_random(uint8_t *out, size_t len);

/* A hash fed piece by piece. NULL when out of memory. */
struct crypto_hash;
struct crypto_hash *crypto_hash_new(void); /* SHA-256 */
void crypto_hash_add(struct crypto_hash *h, struct bytes in);
/* Writes 64 hex digits and a NUL; the hash cannot be fed afterwards. */
void crypto_hash_hex(struct crypto_hash *h, char out[65]);
void crypto_hash_free(struct crypto_hash *h);

/* out holds 2 * in.len + 1 characters. */
void crypto_hex(struct bytes in, char *out);
/* Standard base64 with padding; out holds 4 * ((in.len + 2) / 3) + 1 characters. */
void crypto_base64(struct bytes in, char *out);

const char *crypto_library_version(void);

#endif
