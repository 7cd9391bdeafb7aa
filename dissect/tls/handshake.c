/* handshake.c - what a readable handshake message tells. RFC 8446 section 4, RFC 5246 section 7.4.
 *
 *     struct {                                            struct {
 *         ProtocolVersion legacy_version;      2              ProtocolVersion legacy_version;
 *         Random random;                       32             Random random;
 *         opaque session_id<0..32>;            1 + n          opaque session_id<0..32>;     (1)
 *         CipherSuite ciphers<2..2^16-2>;      2 + n          CipherSuite cipher_suite;     2
 *         uint8 compression<1..2^8-1>;         1 + n          uint8 compression_method;     (1)
 *         Extension extensions<0..2^16-1>;     2 + n (2)      Extension extensions;         (2)
 *     } ClientHello;                                      } ServerHello;
 *
 * (1) absent in drafts 18 to 21 of TLS 1.3, (2) may be absent before TLS 1.3.
 *
 * A hello of SSL 3 to TLS 1.2 may end before its extensions; one whose extensions are cut is read
 * as far as they go, as it tells all the same.
 */
#include "dissect/tls/handshake.h"

#include <string.h>

enum { RANDOM_LEN = 32, HOST_NAME = 0, SSL2_CLIENT_HELLO = 1 };

/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3. */
static const uint8_t retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* --- pieces --- */

MUST_USE static bool take_with_len8(struct cursor *c, struct bytes *out)
{
    struct cursor at = *c;
    uint8_t len;

    if (!take_u8(&at, &len) || !take_bytes(&at, len, out)) {
        return false;
    }
    *c = at;
    return true;
}

MUST_USE static bool take_with_len16(struct cursor *c, struct bytes *out)
{
    struct cursor at = *c;
    uint16_t len;

    if (!take_u16(&at, &len) || !take_bytes(&at, len, out)) {
        return false;
    }
    *c = at;
    return true;
}

/* The extension block; what is left of it when it claims to be longer. */
static bool take_extensions(struct cursor *c, struct bytes *out)
{
    uint16_t len;

    if (!take_u16(c, &len)) {
        return false;
    }
    if (!take_bytes(c, len, out)) {
        *out = peek_rest(c);
    }
    return true;
}

bool tls_handshake_take_extension(struct cursor *c, uint16_t *type, struct bytes *body)
{
    struct cursor at = *c;

    if (!take_u16(&at, type) || !take_with_len16(&at, body)) {
        return false;
    }
    *c = at;
    return true;
}

bool tls_handshake_find(struct bytes extensions, enum tls_extension type, struct bytes *body)
{
    struct cursor c = cursor_of(extensions);
    uint16_t found;

    while (tls_handshake_take_extension(&c, &found, body)) {
        if (found == type) {
            return true;
        }
    }
    return false;
}

struct bytes tls_handshake_list16(struct bytes body)
{
    struct cursor c = cursor_of(body);
    struct bytes list;

    return take_with_len16(&c, &list) ? list : (struct bytes){0};
}

struct bytes tls_handshake_versions(const struct tls_client_hello *hello)
{
    struct bytes body, list;
    struct cursor c;

    if (!tls_handshake_find(hello->extensions, TLS_EXTENSION_VERSIONS, &body)) {
        return (struct bytes){0};
    }
    c = cursor_of(body);
    return take_with_len8(&c, &list) ? list : (struct bytes){0};
}

bool tls_handshake_server_name(struct bytes extension, struct bytes *name)
{
    struct cursor c = cursor_of(tls_handshake_list16(extension));
    uint8_t type;

    while (take_u8(&c, &type) && take_with_len16(&c, name)) {
        if (type == HOST_NAME) {
            return true;
        }
    }
    return false;
}

struct cursor tls_handshake_alpn(struct bytes extension)
{
    return cursor_of(tls_handshake_list16(extension));
}

bool tls_handshake_take_protocol(struct cursor *c, struct bytes *name)
{
    return take_with_len8(c, name);
}

struct cursor tls_handshake_certificates(struct bytes body)
{
    struct cursor c = cursor_of(body);
    struct bytes list;
    uint32_t len;

    if (!take_u24(&c, &len) || !take_bytes(&c, len, &list)) {
        return (struct cursor){0};
    }
    return cursor_of(list);
}

bool tls_handshake_take_certificate(struct cursor *c, struct bytes *der)
{
    struct cursor at = *c;
    uint32_t len;

    if (!take_u24(&at, &len) || !take_bytes(&at, len, der)) {
        return false;
    }
    *c = at;
    return true;
}

/*  opaque certificate_request_context<0..2^8-1>; CertificateEntry certificate_list<0..2^24-1>;
 *  struct { opaque cert_data<1..2^24-1>; Extension extensions<0..2^16-1>; } CertificateEntry; */
struct cursor tls_handshake_certificates_13(struct bytes body)
{
    struct cursor c = cursor_of(body);
    struct bytes context;

    return take_with_len8(&c, &context) ? tls_handshake_certificates(peek_rest(&c))
                                        : (struct cursor){0};
}

bool tls_handshake_take_certificate_13(struct cursor *c, struct bytes *der)
{
    struct cursor at = *c;
    struct bytes extensions;
    uint16_t len;

    if (!tls_handshake_take_certificate(&at, der) || !take_u16(&at, &len) ||
        !take_bytes(&at, len, &extensions)) {
        return false;
    }
    *c = at;
    return true;
}

bool tls_handshake_encrypted_alpn(struct bytes body, struct bytes *name)
{
    struct cursor c = cursor_of(body), names;
    struct bytes extensions, alpn;

    if (!take_extensions(&c, &extensions) ||
        !tls_handshake_find(extensions, TLS_EXTENSION_ALPN, &alpn)) {
        return false;
    }
    names = tls_handshake_alpn(alpn);
    return tls_handshake_take_protocol(&names, name);
}

/* --- hellos --- */

bool tls_handshake_client_hello(struct bytes body, struct tls_client_hello *out)
{
    struct cursor c = cursor_of(body);
    struct bytes random;

    *out = (struct tls_client_hello){0};
    if (!take_u16(&c, &out->version) || !take_bytes(&c, RANDOM_LEN, &random) ||
        !take_with_len8(&c, &out->session_id) || !take_with_len16(&c, &out->ciphers) ||
        !take_with_len8(&c, &out->compression)) {
        return false;
    }
    out->has_extensions = take_extensions(&c, &out->extensions);
    return true;
}

/*  msg_type 1 | version 2 | cipher_spec_length 2 | session_id_length 2 | challenge_length 2 |
 *  cipher_specs (three octets each) | session_id | challenge */
bool tls_handshake_ssl2_hello(struct bytes message, struct tls_client_hello *out)
{
    struct cursor c = cursor_of(message);
    uint16_t cipher_len, session_len, challenge_len;
    uint8_t type;

    *out = (struct tls_client_hello){.ssl2 = true};
    return take_u8(&c, &type) && type == SSL2_CLIENT_HELLO && take_u16(&c, &out->version) &&
           take_u16(&c, &cipher_len) && take_u16(&c, &session_len) &&
           take_u16(&c, &challenge_len) && take_bytes(&c, cipher_len, &out->ciphers) &&
           take_bytes(&c, session_len, &out->session_id);
}

static void read_server_extensions(struct tls_server_hello *out)
{
    struct cursor c = cursor_of(out->extensions);
    struct bytes body;
    uint16_t type, number;

    while (tls_handshake_take_extension(&c, &type, &body)) {
        struct cursor in = cursor_of(body);
        if (type == TLS_EXTENSION_VERSIONS && take_u16(&in, &number)) {
            out->version = number;
        } else if ((type == TLS_EXTENSION_KEY_SHARE || type == TLS_EXTENSION_KEY_SHARE_DRAFT) &&
                   take_u16(&in, &number)) {
            out->group = number;
        } else if (type == TLS_EXTENSION_PRE_SHARED_KEY) {
            out->resumes = true;
        } else if (type == TLS_EXTENSION_ALPN) {
            in = tls_handshake_alpn(body);
            if (!tls_handshake_take_protocol(&in, &out->alpn)) {
                out->alpn = (struct bytes){0};
            }
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
    struct bytes random;
    bool is_short;

    *out = (struct tls_server_hello){0};
    if (!take_u16(&c, &out->version) || !take_bytes(&c, RANDOM_LEN, &random)) {
        return false;
    }
    out->legacy_version = out->version;
    out->retry = memcmp(random.data, retry_random, RANDOM_LEN) == 0;
    is_short = is_short_draft(out->version);
    if ((!is_short && !take_with_len8(&c, &out->session_id)) || !take_u16(&c, &out->cipher) ||
        (!is_short && !take_u8(&c, &out->compression))) {
        return false;
    }
    if (take_extensions(&c, &out->extensions)) {
        read_server_extensions(out);
    }
    return true;
}
