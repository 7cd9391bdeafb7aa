/* fingerprint.h - hashes that tell TLS programs apart: JA3, JA3S, and JA4 of clients. */
#ifndef DISSECT_TLS_FINGERPRINT_H
#define DISSECT_TLS_FINGERPRINT_H

#include "dissect/tls/handshake.h"

enum { TLS_JA3_SIZE = 33, TLS_JA4_SIZE = 37 };

/* Written with a NUL; the empty string where there is none (a hello in SSL 2's form, no memory). */
void tls_fingerprint_ja3(const struct tls_client_hello *hello, char out[TLS_JA3_SIZE]);
void tls_fingerprint_ja3s(const struct tls_server_hello *hello, char out[TLS_JA3_SIZE]);
/* Of a hello over TCP: "t13d1516h2_8daaf6152771_b186095e22b6". */
void tls_fingerprint_ja4(const struct tls_client_hello *hello, char out[TLS_JA4_SIZE]);

#endif
