/* handshake.h - what a readable handshake message tells. RFC 8446 section 4, RFC 5246 section 7.4.
 */
#ifndef DISSECT_TLS_HANDSHAKE_H
#define DISSECT_TLS_HANDSHAKE_H

#include "capture/bytes.h"

struct tls_server_hello {
    uint16_t version; /* selected: supported_versions when present, else legacy_version */
    uint16_t cipher;
    bool retry; /* a HelloRetryRequest */
};

/* Body of a ServerHello, without the message header. False: not one. */
MUST_USE bool tls_handshake_server_hello(struct bytes body, struct tls_server_hello *out);

#endif
