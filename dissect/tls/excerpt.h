/* excerpt.h - a hello written anew, of nothing but what was understood of it: for a reader that is
 * not ours and cannot be trusted with other people's bytes (dissect/classify.c). */
#ifndef DISSECT_TLS_EXCERPT_H
#define DISSECT_TLS_EXCERPT_H

#include "dissect/tls/handshake.h"

enum { TLS_EXCERPT_MAX = 1400 };

/* One record with one message, exactly as long as it says: version, cipher numbers, server name,
 * groups, point formats, version chosen, and the types of the other extensions. Random, session
 * id, tickets and keys are left out. Returns its length; 0 where the hello is odd in a way that
 * others may read otherwise (doubled or malformed extensions, a server name of other characters
 * than names have, more numbers than nDPI hashes), so that there is nothing to compare. */
size_t tls_excerpt_client(const struct tls_client_hello *hello, uint8_t out[TLS_EXCERPT_MAX]);
size_t tls_excerpt_server(const struct tls_server_hello *hello, uint8_t out[TLS_EXCERPT_MAX]);

#endif
