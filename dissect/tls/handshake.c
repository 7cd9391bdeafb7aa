/* handshake.c - what a readable handshake message tells. RFC 8446 section 4, RFC 5246 section 7.4.
 *
 *     struct {
 *         ProtocolVersion legacy_version;      2
 *         Random random;                       32
 *         opaque session_id<0..32>;            1 + n      (drafts 18 to 21 of TLS 1.3: absent)
 *         CipherSuite cipher_suite;            2
 *         uint8 compression_method;            1          (the same drafts: absent)
 *         Extension extensions<0..2^16-1>;     2 + n, may be absent before TLS 1.3
 *     } ServerHello;
 */
#include "dissect/tls/handshake.h"

#include <string.h>

enum { EXTENSION_SUPPORTED_VERSIONS = 43 };

/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3. */
static const uint8_t retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void read_extensions(struct cursor *c, struct tls_server_hello *out)
{
    uint16_t total, type, len, version;
    struct bytes all, body;
    struct cursor in;

    if (!take_u16(c, &total) || !take_bytes(c, total, &all)) {
        return; /* none: allowed before TLS 1.3 */
    }
    in = cursor_of(all);
    while (take_u16(&in, &type) && take_u16(&in, &len) && take_bytes(&in, len, &body)) {
        struct cursor b = cursor_of(body);
        if (type == EXTENSION_SUPPORTED_VERSIONS && take_u16(&b, &version)) {
            out->version = version;
        }
    }
}

/* Drafts 18 to 21 of TLS 1.3 had neither session id nor compression method. */
static bool is_short_draft(uint16_t version)
{
    return version >> 8 == 0x7f && (version & 0xff) <= 21;
}

bool tls_handshake_server_hello(struct bytes body, struct tls_server_hello *out)
{
    struct cursor c = cursor_of(body);
    struct bytes random, session_id;
    uint8_t len, compression;

    *out = (struct tls_server_hello){0};
    if (!take_u16(&c, &out->version) || !take_bytes(&c, sizeof retry_random, &random)) {
        return false;
    }
    out->retry = memcmp(random.data, retry_random, sizeof retry_random) == 0;
    if (is_short_draft(out->version)) {
        return take_u16(&c, &out->cipher);
    }
    if (!take_u8(&c, &len) || !take_bytes(&c, len, &session_id) || !take_u16(&c, &out->cipher) ||
        !take_u8(&c, &compression)) {
        return false;
    }
    read_extensions(&c, out);
    return true;
}
