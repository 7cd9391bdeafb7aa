/* handshake.h - what a readable handshake message tells. RFC 8446 section 4, RFC 5246 section 7.4.
 *
 * Everything here is borrowed from the message; nothing is kept.
 */
#ifndef DISSECT_TLS_HANDSHAKE_H
#define DISSECT_TLS_HANDSHAKE_H

#include "capture/bytes.h"

/* "TLS ExtensionType Values" (IANA), those that are read. */
enum tls_extension {
    TLS_EXTENSION_SERVER_NAME = 0,
    TLS_EXTENSION_GROUPS = 10,
    TLS_EXTENSION_POINT_FORMATS = 11,
    TLS_EXTENSION_SIGNATURES = 13,
    TLS_EXTENSION_ALPN = 16,
    TLS_EXTENSION_TIMESTAMPS = 18, /* RFC 6962 section 3.3.1 */
    TLS_EXTENSION_TICKET = 35,
    TLS_EXTENSION_PRE_SHARED_KEY = 41,
    TLS_EXTENSION_EARLY_DATA = 42,
    TLS_EXTENSION_VERSIONS = 43,
    TLS_EXTENSION_KEY_SHARE_DRAFT = 40, /* drafts before 23 of TLS 1.3 */
    TLS_EXTENSION_KEY_SHARE = 51,
    TLS_EXTENSION_ENCRYPTED_HELLO = 0xfe0d,
    TLS_EXTENSION_RENEGOTIATION = 0xff01,
};

enum { TLS_VERSION_SSL2 = 0x0002, TLS_VERSION_SSL3 = 0x0300, TLS_VERSION_13 = 0x0304 };

struct tls_client_hello {
    uint16_t version;        /* legacy_version */
    bool ssl2;               /* sent in the form of SSL 2: ciphers has three octets each */
    struct bytes session_id; /* not of SSL 2 */
    struct bytes ciphers;
    struct bytes compression;
    struct bytes extensions;
    bool has_extensions; /* the field is there, empty or not */
};

struct tls_server_hello {
    uint8_t compression;     /* 0: none */
    uint16_t version;        /* selected: supported_versions when present, else legacy_version */
    uint16_t legacy_version; /* as in the message */
    uint16_t cipher;
    uint16_t group;    /* of the key_share; 0: none */
    bool retry;        /* a HelloRetryRequest */
    bool resumes;      /* a pre-shared key was chosen */
    struct bytes alpn; /* the protocol chosen; empty: none */
    struct bytes session_id;
    struct bytes extensions;
};

/* Bodies without the message header. False: not one. */
MUST_USE bool tls_handshake_client_hello(struct bytes body, struct tls_client_hello *out);
MUST_USE bool tls_handshake_server_hello(struct bytes body, struct tls_server_hello *out);
/* The ClientHello in SSL 2's form, from its message type on (RFC 5246 appendix E.2). */
MUST_USE bool tls_handshake_ssl2_hello(struct bytes message, struct tls_client_hello *out);

/* The next extension; false at the end, or where the rest is no extension. */
MUST_USE bool tls_handshake_take_extension(struct cursor *c, uint16_t *type, struct bytes *body);
MUST_USE bool tls_handshake_find(struct bytes extensions, enum tls_extension type,
                                 struct bytes *body);
/* A list of 16-bit numbers behind its 16-bit length; empty when it is not one. */
struct bytes tls_handshake_list16(struct bytes body);
/* The versions a client offers: its supported_versions; empty when it sent none. */
struct bytes tls_handshake_versions(const struct tls_client_hello *hello);
/* The first host_name of server_name. */
MUST_USE bool tls_handshake_server_name(struct bytes extension, struct bytes *name);
/* The protocol names of ALPN, one by one: a cursor over them, then each. */
struct cursor tls_handshake_alpn(struct bytes extension);
MUST_USE bool tls_handshake_take_protocol(struct cursor *c, struct bytes *name);
/* The certificates of a Certificate message of TLS 1.2 and below, each in DER. */
struct cursor tls_handshake_certificates(struct bytes body);
MUST_USE bool tls_handshake_take_certificate(struct cursor *c, struct bytes *der);
/* The same of TLS 1.3, which a key log opens: each certificate is followed by extensions. */
struct cursor tls_handshake_certificates_13(struct bytes body);
MUST_USE bool tls_handshake_take_certificate_13(struct cursor *c, struct bytes *der);
/* The protocol that EncryptedExtensions choose; false: none. */
MUST_USE bool tls_handshake_encrypted_alpn(struct bytes body, struct bytes *name);
/* Values that are sent to keep others able to ignore what they do not know (RFC 8701). */
static inline bool tls_handshake_is_grease(uint16_t n)
{
    return (n & 0x0f0f) == 0x0a0a && n >> 8 == (n & 0xff);
}

#endif
