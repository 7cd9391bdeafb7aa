/* certificate.c - what an X.509 certificate says about itself, read by OpenSSL. RFC 5280.
 *
 * Nothing is verified here but a certificate's signature by its own key, and, when somebody asks, a
 * chain against issuers given: what that means, and whether it is in time or bears the right name,
 * is for report/diagnose. With capture/crypto.c the only file that includes OpenSSL.
 *
 * Limits: texts are cut at LIMIT_TEXT, names at LIMIT_CERTIFICATE_NAMES; certificates reach us in
 * messages of at most LIMIT_HANDSHAKE.
 */
#include "dissect/tls/certificate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "capture/crypto.h"
#include "dissect/limits.h"

enum {
    SERIAL_MAX = 64,
    IPV4_LEN = 4,
    IPV6_LEN = 16,
    ADDRESS_TEXT_MAX = 48,
    OID_TEXT_MAX = 128,
    PATH_MAX_LEN = 4096
};

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
        kept->kind = name->type == GEN_DNS     ? TLS_NAME_HOST
                     : name->type == GEN_IPADD ? TLS_NAME_ADDRESS
                                               : TLS_NAME_OTHER;
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
    c->stamped = X509_get_ext_by_NID(x, NID_ct_precert_scts, -1) >= 0;
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

/* --- issuers we trust --- */

struct tls_trust {
    X509_STORE *store;
    size_t count;
};

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Every certificate of a PEM file; what is not one ends it. False: it cannot be opened. */
static bool trust_file(struct tls_trust *t, const char *path)
{
    FILE *in = fopen(path, "re");
    X509 *x;

    if (!in) {
        return false;
    }
    while ((x = PEM_read_X509_AUX(in, NULL, NULL, NULL))) {
        t->count += X509_STORE_add_cert(t->store, x) == 1;
        X509_free(x);
    }
    ERR_clear_error();
    (void)fclose(in);
    return true;
}

/* Files only, not the folders inside; what holds no certificate is passed over. */
static bool trust_folder(struct tls_trust *t, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    char name[PATH_MAX_LEN];

    if (!folder) {
        return false;
    }
    while ((entry = readdir(folder))) {
        int len = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (len > 0 && (size_t)len < sizeof name && is_file(name)) {
            (void)trust_file(t, name);
        }
    }
    (void)closedir(folder);
    return true;
}

static const char *environment_or(const char *variable, const char *otherwise)
{
    const char *value = secure_getenv(variable);

    return value && value[0] ? value : otherwise;
}

static bool trust_path(struct tls_trust *t, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return false;
    }
    return S_ISDIR(st.st_mode) ? trust_folder(t, path) : trust_file(t, path);
}

static bool trust_system(struct tls_trust *t)
{
    bool opened = trust_path(
        t, environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file()));

    if (!t->count) {
        opened |= trust_path(
            t, environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
    }
    return opened;
}

struct tls_trust *tls_trust_open(const char *where, struct fail *fail)
{
    struct tls_trust *t = calloc(1, sizeof *t);
    bool system = strcmp(where, "system") == 0, opened;
    char name[PATH_MAX_LEN];

    if (!t || !(t->store = X509_STORE_new())) {
        free(t);
        fail_set(fail, STATUS_USAGE, "no memory for certificates");
        return NULL;
    }
    errno = 0;
    opened = system ? trust_system(t) : trust_path(t, where);
    if (!t->count) {
        fail_quote_name(system ? "the system's store" : where, name, sizeof name);
        if (!opened) {
            fail_set(fail, STATUS_USAGE, "%s: %s%s", name, fail_reason(errno),
                     system ? "; install ca-certificates, or name a file" : "");
        } else {
            fail_set(fail, STATUS_USAGE, "%s holds no certificate in PEM form", name);
        }
        tls_trust_free(t);
        return NULL;
    }
    return t;
}

void tls_trust_free(struct tls_trust *t)
{
    if (t) {
        X509_STORE_free(t->store);
        free(t);
    }
}

size_t tls_trust_count(const struct tls_trust *t)
{
    return t->count;
}

static X509 *parse(struct bytes der)
{
    const unsigned char *at = der.data;

    return der.len ? d2i_X509(NULL, &at, (long)der.len) : NULL;
}

static const char *verify(const struct tls_trust *t, X509 *leaf, STACK_OF(X509) * others,
                          int64_t at_s)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;
    const char *why = NULL;

    if (!ctx || X509_STORE_CTX_init(ctx, t->store, leaf, others) != 1) {
        X509_STORE_CTX_free(ctx);
        return "no memory";
    }
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)at_s);
    /* An operator may trust an intermediate, or the server's own certificate. */
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_depth(param, LIMIT_CERTIFICATES);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    if (X509_verify_cert(ctx) != 1) {
        why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    }
    X509_STORE_CTX_free(ctx);
    return why;
}

const char *tls_trust_verify(const struct tls_trust *t, const struct tls_certificate *leaf,
                             int64_t at_s)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    X509 *x = parse(leaf->der);
    const char *why;

    for (const struct tls_certificate *c = leaf->next; c && others; c = c->next) {
        X509 *other = parse(c->der);
        if (other && sk_X509_push(others, other) <= 0) {
            X509_free(other);
        }
    }
    why = !others ? "no memory" : x ? verify(t, x, others, at_s) : "it cannot be read";
    sk_X509_pop_free(others, X509_free);
    X509_free(x);
    ERR_clear_error();
    return why;
}
