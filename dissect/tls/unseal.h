/* unseal.h - one protected record opened with keys and a number. */
#ifndef DISSECT_TLS_UNSEAL_H
#define DISSECT_TLS_UNSEAL_H

#include "dissect/tls/keylog.h"
#include "dissect/tls/suite.h"

/* Of a connection. */
struct tls_protection {
    bool is_13;
    bool encrypt_then_mac; /* RFC 7366 */
    struct tls_suite suite;
};

/* Of one direction. */
struct tls_record_keys {
    struct crypto_cipher *cipher; /* NULL: none */
    uint8_t iv[CRYPTO_NONCE_LEN];
    uint8_t mac[CRYPTO_DIGEST_MAX];
    uint8_t secret[TLS_SECRET_MAX]; /* 1.3: what the next keys are made of */
    uint64_t number;                /* of the next record */
};

struct tls_unsealed {
    uint8_t type;       /* of the content */
    struct bytes plain; /* in the room that was given */
};

enum { TLS_UNSEAL_ROOM = TLS_KEYLOG_ROOM }; /* for any record, and what is computed with it */

/* header has 5 octets. room has TLS_UNSEAL_ROOM; on failure it holds what may not be used. */
MUST_USE bool tls_unseal(const struct tls_protection *p, const struct tls_record_keys *k,
                         uint64_t number, const uint8_t *header, struct bytes fragment,
                         uint8_t *room, struct tls_unsealed *out);
/* Octets of a record that are not its text, as far as that is known before it is opened: of CBC the
 * least. */
size_t tls_unseal_overhead(const struct tls_protection *p);

#endif
