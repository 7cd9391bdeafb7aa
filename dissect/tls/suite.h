/* suite.h - what a cipher suite's name says about how its records are protected. */
#ifndef DISSECT_TLS_SUITE_H
#define DISSECT_TLS_SUITE_H

#include "capture/crypto_record.h"

struct tls_suite {
    enum crypto_method method;
    size_t tag_len;          /* of an AEAD; 0: CBC with a MAC */
    enum crypto_digest hash; /* of the key derivation */
    enum crypto_digest mac;  /* of CBC */
};

/* False: not one whose records we can open. */
MUST_USE bool tls_suite_of(uint16_t cipher, struct tls_suite *out);

#endif
