/* certificate.c - what an X.509 certificate says about itself, read by OpenSSL. RFC 5280.
 *
 * Nothing is verified here but a certificate's signature by its own key: whether it is trusted, in
 * time, or bears the right name is for report/diagnose. With capture/crypto.c the only file that
 * includes OpenSSL.
 *
 * Limits: texts are cut at LIMIT_TEXT, names at LIMIT_CERTIFICATE_NAMES; certificates reach us in
 * messages of at most LIMIT_HANDSHAKE.
 */
#include "dissect/tls/certificate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "capture/crypto.h"
#include "dissect/limits.h"

enum { SERIAL_MAX = 64, IPV4_LEN = 4, IPV6_LEN = 16, ADDRESS_TEXT_MAX = 48, OID_TEXT_MAX = 128 };

static struct text text_of_asn1(struct arena *arena, const ASN1_STRING *s)
{
    int len = s ? ASN1_STRING_length(s) : 0;

    if (len <= 0) {
        return (struct text){.s = ""};
    }
    return arena_text(arena, (struct bytes){ASN1_STRING_get0_data(s), (size_t)len}, LIMIT_TEXT);
}

static struct text text_of_name(struct arena *arena, const X509_NAME *name)
{
    /* RFC 4514, but letters outside ASCII as they are. */
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *out = BIO_new(BIO_s_mem());
    struct text t = {.s = ""};
    char *s;
    long len;

    if (!out) {
        return t;
    }
    if (X509_NAME_print_ex(out, name, 0, flags) >= 0 && (len = BIO_get_mem_data(out, &s)) > 0) {
        t = arena_text(arena, (struct bytes){(const uint8_t *)s, (size_t)len}, LIMIT_TEXT);
    }
    BIO_free(out);
    return t;
}

static struct text common_name(struct arena *arena, const X509_NAME *name)
{
    int at = -1, last = -1;
    const X509_NAME_ENTRY *entry;

    while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0) {
        last = at;
    }
    entry = last >= 0 ? X509_NAME_get_entry(name, last) : NULL;
    return entry ? text_of_asn1(arena, X509_NAME_ENTRY_get_data(entry)) : (struct text){.s = ""};
}

static int64_t seconds_of(const ASN1_TIME *t)
{
    struct tm tm = {0};

    if (!t || ASN1_TIME_to_tm(t, &tm) != 1) {
        return INT64_MIN;
    }
    return (int64_t)timegm(&tm);
}

/* The content octets behind tag and length, as they were sent: a negative number, too. */
static struct text serial_of(struct arena *arena, const X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    unsigned char *der = NULL;
    int len = serial ? i2d_ASN1_INTEGER(serial, &der) : 0;
    char hex[2 * SERIAL_MAX + 1], *digits = hex;
    struct text t = {.s = ""};
    size_t octets;

    if (len > 2 && der[1] < 0x80) { /* a longer one is no serial number */
        octets = (size_t)len - 2 < SERIAL_MAX ? (size_t)len - 2 : SERIAL_MAX;
        crypto_hex((struct bytes){der + 2, octets}, hex);
        while (digits[0] == '0' && digits[1]) {
            digits++;
        }
        t = arena_format(arena, "%s", digits);
        t.cut = (size_t)len - 2 > octets;
    }
    OPENSSL_free(der);
    return t;
}

/* --- names --- */

static struct text address_text(struct arena *arena, const ASN1_OCTET_STRING *s)
{
    const uint8_t *a = ASN1_STRING_get0_data(s);
    int len = ASN1_STRING_length(s);
    char out[ADDRESS_TEXT_MAX];
    size_t at = 0;

    if (len == IPV4_LEN) {
        return arena_format(arena, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    }
    if (len != IPV6_LEN) {
        return (struct text){.s = ""};
    }
    for (int i = 0; i < IPV6_LEN; i += 2) {
        int n =
            snprintf(out + at, sizeof out - at, i ? ":%x" : "%x", (unsigned)a[i] << 8 | a[i + 1]);
        at += n > 0 ? (size_t)n : 0;
    }
    return arena_format(arena, "%s", out);
}

static struct text text_of_general_name(struct arena *arena, const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

    switch (type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        return text_of_asn1(arena, value);
    case GEN_IPADD:
        return address_text(arena, value);
    default:
        return (struct text){.s = ""};
    }
}

static void read_names(struct arena *arena, const X509 *x, struct tls_certificate *c)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    struct tls_name **tail = &c->names;
    int count = names ? sk_GENERAL_NAME_num(names) : 0;

    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct tls_name *kept;
        c->has_host_names |= name->type == GEN_DNS || name->type == GEN_IPADD;
        if (i >= LIMIT_CERTIFICATE_NAMES) {
            continue;
        }
        kept = arena_make(arena, struct tls_name);
        kept->text = text_of_general_name(arena, name);
        if (kept->text.len) {
            *tail = kept;
            tail = &kept->next;
        }
    }
    c->name_count = (uint32_t)count;
    GENERAL_NAMES_free(names);
}

/* --- key and signature --- */

static const char *key_type(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return "RSA";
    case EVP_PKEY_RSA_PSS:
        return "RSA-PSS";
    case EVP_PKEY_EC:
        return "EC";
    case EVP_PKEY_DSA:
        return "DSA";
    case EVP_PKEY_DH:
        return "DH";
    case EVP_PKEY_ED25519:
        return "Ed25519";
    case EVP_PKEY_ED448:
        return "Ed448";
    default:
        return NULL;
    }
}

static void read_key(const X509 *x, struct tls_certificate *c)
{
    const EVP_PKEY *key = X509_get0_pubkey(x);
    int bits = key ? EVP_PKEY_get_bits(key) : 0;

    c->key_type = key ? key_type(key) : NULL;
    c->key_bits = bits > 0 ? (uint32_t)bits : 0;
}

static struct text signature_name(struct arena *arena, const X509 *x)
{
    int nid = X509_get_signature_nid(x);
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *oid;
    char out[OID_TEXT_MAX];

    if (nid != NID_undef) {
        return arena_format(arena, "%s", OBJ_nid2ln(nid));
    }
    X509_get0_signature(NULL, &algorithm, x);
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    if (OBJ_obj2txt(out, sizeof out, oid, 1) <= 0) {
        return (struct text){.s = ""};
    }
    return arena_format(arena, "%s", out);
}

static void read_certificate(struct arena *arena, X509 *x, struct tls_certificate *c)
{
    const X509_NAME *subject = X509_get_subject_name(x), *issuer = X509_get_issuer_name(x);

    c->readable = true;
    c->subject = text_of_name(arena, subject);
    c->issuer = text_of_name(arena, issuer);
    c->common_name = common_name(arena, subject);
    c->not_before_s = seconds_of(X509_get0_notBefore(x));
    c->not_after_s = seconds_of(X509_get0_notAfter(x));
    c->serial = serial_of(arena, x);
    c->signature = signature_name(arena, x);
    c->self_issued = X509_NAME_cmp(subject, issuer) == 0;
    read_names(arena, x, c);
    read_key(x, c);
    if (c->self_issued) {
        int answer = X509_self_signed(x, 1);
        /* Not verifiable (an algorithm this OpenSSL refuses): what it says of itself counts. */
        c->self_signed = answer == 1 || (answer < 0 && c->self_issued);
    }
}

struct tls_certificate *tls_certificate_read(struct arena *arena, struct bytes der)
{
    struct tls_certificate *c = arena_make(arena, struct tls_certificate);
    const unsigned char *at = der.data;
    uint8_t hash[SHA256_LEN];
    X509 *x;

    *c = (struct tls_certificate){
        .not_before_s = INT64_MIN, .not_after_s = INT64_MIN, .len = (uint32_t)der.len};
    c->subject.s = c->issuer.s = c->common_name.s = c->serial.s = c->signature.s = "";
    if (crypto_sha256(der, hash)) {
        crypto_hex((struct bytes){hash, sizeof hash}, c->sha256);
    }
    x = der.len ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    if (x) {
        read_certificate(arena, x, c);
        X509_free(x);
    }
    ERR_clear_error();
    return c;
}
