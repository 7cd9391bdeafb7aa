/* seal.h - a TLS connection of our own making: hellos, key log and records sealed under any cipher
 * that a key log opens, so that tests are not bound to what was recorded.
 *
 * Secrets and randoms are fixed; nobody signs or agrees on anything. Keys are derived by the code
 * under test: whether that is right, the captures of pcaps/tls-keylog say; sealing is done here, by
 * OpenSSL. RFC 5246 section 6.2.3, RFC 5288, 6655, 7366, 7905; RFC 8446 section 5.2.
 */
#ifndef TESTS_SUPPORT_SEAL_H
#define TESTS_SUPPORT_SEAL_H

#include "dissect/session.h"
#include "dissect/tls/suite.h"

enum {
    SEAL_TEXT_MAX = 16384,
    SEAL_RECORD_MAX = SEAL_TEXT_MAX + 1024, /* with header, MAC and padding */
    SEAL_HELLO_MAX = 256,
    SEAL_LOG_MAX = 2048,
};

struct seal_keys {
    uint64_t number;
    uint8_t key[CRYPTO_KEY_MAX], iv[CRYPTO_NONCE_LEN], mac[CRYPTO_DIGEST_MAX];
    uint8_t secret[CRYPTO_DIGEST_MAX];
};

struct seal {
    uint16_t cipher;
    bool is_13, encrypt_then_mac;
    struct tls_suite suite;
    unsigned handshake; /* how often the hellos were said: each has other randoms, of two pairs */
    struct seal_keys side[SIDES];
};

/* Ciphers of 0x13.. are those of TLS 1.3, others of 1.2. */
void seal_begin(struct seal *s, uint16_t cipher, bool encrypt_then_mac);
/* The whole key log of such a connection, however often it says its hellos. */
size_t seal_log(const struct seal *s, char out[SEAL_LOG_MAX]);
/* A handshake message without a record around it. */
size_t seal_hello(const struct seal *s, enum side side, uint8_t out[SEAL_HELLO_MAX]);
/* From now on this side has the keys of 1.2, the handshake's or the traffic's of 1.3; of 1.3 the
 * next ones. */
void seal_keys_12(struct seal *s, enum side side);
void seal_keys_13(struct seal *s, enum side side, bool traffic);
void seal_keys_next(struct seal *s, enum side side);
/* A record with its header; padding: octets of 1.3, blocks of CBC. Its length. */
size_t seal_record(struct seal *s, enum side side, uint8_t type, struct bytes text, size_t padding,
                   uint8_t out[SEAL_RECORD_MAX]);
/* The same in clear. */
size_t seal_clear(uint8_t type, struct bytes text, uint8_t out[SEAL_RECORD_MAX]);

#endif
