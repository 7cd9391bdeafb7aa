/* certificate.h - what an X.509 certificate says about itself. With capture/crypto.c the only door
 * to OpenSSL. */
#ifndef DISSECT_TLS_CERTIFICATE_H
#define DISSECT_TLS_CERTIFICATE_H

#include "capture/fail.h"
#include "dissect/arena.h"

enum { TLS_CERTIFICATE_HASH_SIZE = 65 };

/* RFC 5280 section 4.2.1.6; of other lists the first. */
enum tls_name_kind { TLS_NAME_OTHER, TLS_NAME_HOST, TLS_NAME_ADDRESS };

/* One of several names. */
struct tls_name {
    struct text text;
    uint8_t kind; /* enum tls_name_kind */
    struct tls_name *next;
};

/* As it was sent. What could not be read is empty. */
struct tls_certificate {
    bool readable;                     /* OpenSSL understood it */
    struct text subject, issuer;       /* RFC 4514: "CN=mx.example.org,O=Example" */
    struct tls_name *names;            /* subjectAltName: host names, addresses, mailboxes, URIs */
    uint32_t name_count;               /* of all kinds, kept or not */
    bool has_host_names;               /* one of them is a host name or an address */
    struct text common_name;           /* the last CN of the subject */
    int64_t not_before_s, not_after_s; /* seconds since 1970; INT64_MIN: not readable */
    struct text serial;                /* octets as sent in lower-case hex, no leading zeros */
    char sha256[TLS_CERTIFICATE_HASH_SIZE];
    const char *key_type; /* "RSA", "EC", "Ed25519" ...; NULL: unknown */
    uint32_t key_bits;
    struct text signature; /* "sha256WithRSAEncryption" */
    bool stamped;          /* has the time stamps of transparency logs (RFC 6962 section 3.3) */
    bool self_issued;      /* issuer and subject are the same */
    bool self_signed;      /* and its own key made the signature */
    uint32_t len;          /* octets of DER */
    struct bytes der;      /* as sent, when it was asked for; else empty */
    struct tls_certificate *next;
};

/* Issuers that an operator trusts. Read once and kept: nothing is opened later. */
struct tls_trust;

/* From a PEM file, a folder of such files, or for "system" from where OpenSSL looks. NULL: fail
 * says why. */
struct tls_trust *tls_trust_open(const char *where, struct fail *fail);
void tls_trust_free(struct tls_trust *t);
size_t tls_trust_count(const struct tls_trust *t);
/* The chain that begins with leaf, as a server's, at that time (seconds since 1970); revocation and
 * names are not looked at. NULL: it leads to an issuer we trust; else why not, in OpenSSL's words.
 * Only for certificates with `der`. */
const char *tls_trust_verify(const struct tls_trust *t, const struct tls_certificate *leaf,
                             int64_t at_s);

/* A new one in the arena, whatever der is; never NULL. */
struct tls_certificate *tls_certificate_read(struct arena *arena, struct bytes der);

#endif
