/* facts.c - what a TLS handshake told, kept in its session.
 *
 * Everything is bounded: texts by LIMIT_TEXT, lists of numbers by LIMIT_TLS_NUMBERS, certificates
 * by LIMIT_CERTIFICATES for each side. What is longer is counted, and its fingerprint is that of
 * all.
 */
#include "dissect/tls/facts.h"

#include <string.h>

#include "dissect/limits.h"
#include "dissect/tls/excerpt.h"
#include "dissect/tls/names.h"

enum {
    ALPN_MAX = 16,
    SSL2_CIPHER_LEN = 3,
    NO_COMPRESSION_LEN = 1,
    CIPHER_RENEGOTIATION = 0x00ff, /* RFC 5746 section 3.3 */
};

struct tls_details *tls_facts_details(struct session *s)
{
    if (!s->tls.details) {
        s->tls.details = arena_make(s->arena, struct tls_details);
    }
    return s->tls.details;
}

static bool has(const struct tls_numbers *list, uint16_t n)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->n[i] == n) {
            return true;
        }
    }
    return false;
}

static void add(struct tls_numbers *list, uint32_t size, uint16_t n)
{
    if (list->count < size && !tls_handshake_is_grease(n)) {
        list->n[list->count++] = n;
    }
}

static struct tls_numbers make_numbers(struct arena *arena, size_t count, uint32_t *size)
{
    *size = count < LIMIT_TLS_NUMBERS ? (uint32_t)count : LIMIT_TLS_NUMBERS;
    return (struct tls_numbers){.n = *size ? arena_alloc(arena, *size * sizeof(uint16_t)) : NULL,
                                .more = count > LIMIT_TLS_NUMBERS};
}

static struct tls_numbers keep_numbers(struct arena *arena, struct bytes from)
{
    struct cursor c = cursor_of(from);
    uint32_t size;
    struct tls_numbers list = make_numbers(arena, from.len / sizeof(uint16_t), &size);
    uint16_t n;

    while (take_u16(&c, &n)) {
        add(&list, size, n);
    }
    return list;
}

/* Ciphers of SSL 3 and TLS in a hello of SSL 2's form have 0 as their first octet. */
static struct tls_numbers keep_ssl2_ciphers(struct arena *arena, struct bytes from)
{
    struct cursor c = cursor_of(from);
    uint32_t size;
    struct tls_numbers list = make_numbers(arena, from.len / SSL2_CIPHER_LEN, &size);
    uint8_t kind;
    uint16_t n;

    while (take_u8(&c, &kind) && take_u16(&c, &n)) {
        if (kind == 0) {
            add(&list, size, n);
        }
    }
    return list;
}

static struct tls_name *keep_alpn(struct arena *arena, struct bytes extension)
{
    struct cursor c = tls_handshake_alpn(extension);
    struct tls_name *first = NULL, **tail = &first;
    struct bytes name;

    for (int i = 0; i < ALPN_MAX && tls_handshake_take_protocol(&c, &name); i++) {
        /* No name is empty (RFC 7301 section 3.1). */
        if (!name.len || (name.len == 2 &&
                          tls_handshake_is_grease((uint16_t)(name.data[0] << 8 | name.data[1])))) {
            continue;
        }
        *tail = arena_make(arena, struct tls_name);
        (*tail)->text = arena_text(arena, name, LIMIT_TEXT);
        tail = &(*tail)->next;
    }
    return first;
}

/*  struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry client_shares<..>; */
static struct tls_numbers keep_key_shares(struct arena *arena, struct bytes extension)
{
    const struct cursor shares = cursor_of(tls_handshake_list16(extension));
    struct cursor c = shares;
    struct tls_numbers list;
    struct bytes key;
    uint16_t group;
    uint32_t size, count = 0;

    /* A share has the shape of an extension: a number and a counted value, of which post-quantum
     * ones are long. */
    while (tls_handshake_take_extension(&c, &group, &key)) {
        count++;
    }
    list = make_numbers(arena, count, &size);
    c = shares;
    while (tls_handshake_take_extension(&c, &group, &key)) {
        add(&list, size, group);
    }
    return list;
}

static void keep_extension(struct session *s, struct tls_client_facts *f, uint16_t type,
                           struct bytes body)
{
    struct bytes name;

    switch (type) {
    case TLS_EXTENSION_SERVER_NAME:
        if (tls_handshake_server_name(body, &name)) {
            f->server_name = arena_text(s->arena, name, LIMIT_TEXT);
        }
        break;
    case TLS_EXTENSION_GROUPS:
        f->groups = keep_numbers(s->arena, tls_handshake_list16(body));
        break;
    case TLS_EXTENSION_SIGNATURES:
        f->signatures = keep_numbers(s->arena, tls_handshake_list16(body));
        break;
    case TLS_EXTENSION_ALPN:
        f->alpn = keep_alpn(s->arena, body);
        break;
    case TLS_EXTENSION_KEY_SHARE:
    case TLS_EXTENSION_KEY_SHARE_DRAFT:
        f->key_shares = keep_key_shares(s->arena, body);
        break;
    case TLS_EXTENSION_TICKET:
        f->ticket = body.len > 0;
        break;
    case TLS_EXTENSION_PRE_SHARED_KEY:
        f->pre_shared_key = true;
        break;
    case TLS_EXTENSION_EARLY_DATA:
        f->early_data = true;
        break;
    case TLS_EXTENSION_ENCRYPTED_HELLO:
        f->encrypted_hello = true;
        break;
    case TLS_EXTENSION_RENEGOTIATION:
        f->renegotiation = true;
        break;
    default:
        break;
    }
}

/* One after the other; of an extension sent twice only the first counts. */
static void keep_extensions(struct session *s, struct tls_client_facts *f, struct bytes extensions,
                            struct mark mark)
{
    struct cursor c = cursor_of(extensions);
    struct bytes body, first;
    uint16_t type;
    uint32_t count = 0;

    while (tls_handshake_take_extension(&c, &type, &body)) {
        if (++count > LIMIT_TLS_NUMBERS) {
            session_limit(s, REACHED_TLS_NUMBERS, SIDE_CLIENT, mark);
            return;
        }
        if (tls_handshake_find(extensions, (enum tls_extension)type, &first) &&
            first.data == body.data) {
            keep_extension(s, f, type, body);
        }
    }
}

static void keep_excerpt(struct session *s, struct bytes *kept, const uint8_t *made, size_t len)
{
    uint8_t *copy = len ? arena_alloc(s->arena, len) : NULL;

    if (copy) {
        memcpy(copy, made, len);
    }
    *kept = (struct bytes){copy, len};
}

static void keep_hello(struct session *s, const struct tls_client_hello *hello, size_t len,
                       struct mark mark)
{
    struct tls_details *d = tls_facts_details(s);
    struct tls_client_facts *f = &d->client;
    uint32_t size;

    f->len = (uint32_t)len;
    f->ssl2 = hello->ssl2;
    f->legacy_version = hello->version;
    f->compression = !hello->ssl2 && hello->compression.len > NO_COMPRESSION_LEN;
    f->ciphers = hello->ssl2 ? keep_ssl2_ciphers(s->arena, hello->ciphers)
                             : keep_numbers(s->arena, hello->ciphers);
    f->versions = keep_numbers(s->arena, tls_handshake_versions(hello));
    if (!f->versions.count) {
        f->versions = make_numbers(s->arena, 1, &size);
        f->versions.n[f->versions.count++] = hello->version;
    }
    keep_extensions(s, f, hello->extensions, mark);
    if (f->ciphers.more || f->versions.more || f->groups.more || f->signatures.more ||
        f->key_shares.more) {
        session_limit(s, REACHED_TLS_NUMBERS, SIDE_CLIENT, mark);
    }
    f->renegotiation |= has(&f->ciphers, CIPHER_RENEGOTIATION);
    if (!hello->ssl2 && hello->session_id.len && hello->session_id.len <= sizeof f->session_id) {
        f->session_id_len = (uint8_t)hello->session_id.len;
        memcpy(f->session_id, hello->session_id.data, hello->session_id.len);
    }
    tls_fingerprint_ja3(hello, f->ja3);
    tls_fingerprint_ja4(hello, f->ja4);
    if (s->keep_opening) {
        uint8_t made[TLS_EXCERPT_MAX];
        keep_excerpt(s, &d->excerpt[SIDE_CLIENT], made, tls_excerpt_client(hello, made));
    }
    d->hello[SIDE_CLIENT] = mark;
}

void tls_facts_client_hello(struct session *s, struct bytes body, struct mark mark)
{
    struct tls_client_hello hello;

    s->tls.hello[SIDE_CLIENT] = true;
    if (!(s->tls.details && s->tls.details->client.len) &&
        tls_handshake_client_hello(body, &hello)) {
        keep_hello(s, &hello, body.len, mark);
    }
}

void tls_facts_ssl2_hello(struct session *s, struct bytes message, struct mark mark)
{
    struct tls_client_hello hello;

    s->tls.hello[SIDE_CLIENT] = true;
    if (!(s->tls.details && s->tls.details->client.len) &&
        tls_handshake_ssl2_hello(message, &hello)) {
        keep_hello(s, &hello, message.len, mark);
    }
}

bool tls_facts_server_hello(struct session *s, struct bytes body, struct mark mark)
{
    struct tls_server_hello hello;
    struct tls_details *d;
    struct bytes stamps;

    if (s->tls.established || !tls_handshake_server_hello(body, &hello)) {
        return false;
    }
    d = tls_facts_details(s);
    s->tls.hello[SIDE_SERVER] = true;
    s->tls.version = hello.version;
    s->tls.cipher = hello.cipher;
    s->tls.retry |= hello.retry;
    /* TLS 1.3 echoes the session id always. */
    s->tls.resumed =
        hello.version == TLS_VERSION_13 || hello.version >> 8 == 0x7f
            ? hello.resumes
            : d->client.session_id_len && hello.session_id.len == d->client.session_id_len &&
                  memcmp(hello.session_id.data, d->client.session_id, d->client.session_id_len) ==
                      0;
    d->hello[SIDE_SERVER] = mark;
    d->server.seen = true;
    d->server.group = hello.group;
    d->server.stamped = tls_handshake_find(hello.extensions, TLS_EXTENSION_TIMESTAMPS, &stamps);
    d->server.compressed = hello.compression != 0;
    d->server.alpn = arena_text(s->arena, hello.alpn, LIMIT_TEXT);
    tls_fingerprint_ja3s(&hello, d->server.ja3s);
    if (s->keep_opening && d->excerpt[SIDE_CLIENT].len) {
        uint8_t made[TLS_EXCERPT_MAX];
        keep_excerpt(s, &d->excerpt[SIDE_SERVER], made, tls_excerpt_server(&hello, made));
    }
    return hello.retry;
}

enum { NAMED_CURVE = 3 }; /* RFC 8422 section 5.4 */

/*  ECCurveType curve_type 1 | NamedCurve 2 | ECPoint ... */
static void keep_curve(struct session *s, struct bytes body)
{
    struct cursor c = cursor_of(body);
    uint8_t type;
    uint16_t group;

    if (take_u8(&c, &type) && type == NAMED_CURVE && take_u16(&c, &group)) {
        tls_facts_details(s)->server.group = group;
    }
}

/*  struct { opaque dh_p<1..2^16-1>; opaque dh_g<1..2^16-1>; opaque dh_Ys<1..2^16-1>; } */
void tls_facts_key_exchange(struct session *s, struct bytes body)
{
    const char *name = tls_cipher_name(s->tls.cipher);
    struct bytes prime = tls_handshake_list16(body);
    uint32_t bits;

    if (!name || strstr(name, "_PSK_")) {
        return;
    }
    if (strstr(name, "_ECDHE_") || strstr(name, "_ECDH_anon_")) {
        keep_curve(s, body);
        return;
    }
    if (!strstr(name, "_DHE_") && !strstr(name, "_DH_anon_")) {
        return;
    }
    while (prime.len && prime.data[0] == 0) {
        prime.data++;
        prime.len--;
    }
    if (!prime.len) {
        return;
    }
    bits = (uint32_t)prime.len * 8;
    for (uint8_t first = prime.data[0]; !(first & 0x80); first = (uint8_t)(first << 1)) {
        bits--;
    }
    tls_facts_details(s)->server.dh_bits = bits;
}

static void keep_octets(struct arena *arena, struct tls_certificate *c, struct bytes der)
{
    uint8_t *copy = der.len ? arena_alloc(arena, der.len) : NULL;

    if (copy) {
        memcpy(copy, der.data, der.len);
        c->der = (struct bytes){copy, der.len};
    }
}

void tls_facts_certificates(struct session *s, enum side side, struct bytes body, struct mark mark)
{
    struct tls_chain *chain = &tls_facts_details(s)->chain[side];
    bool is_13 = s->tls.version == TLS_VERSION_13;
    struct cursor c =
        is_13 ? tls_handshake_certificates_13(body) : tls_handshake_certificates(body);
    struct tls_certificate **tail = &chain->first;
    struct bytes der;

    if (chain->seen) {
        return;
    }
    chain->seen = true;
    chain->at = mark;
    while ((is_13 ? tls_handshake_take_certificate_13 : tls_handshake_take_certificate)(&c, &der)) {
        if (chain->count++ < LIMIT_CERTIFICATES) {
            *tail = tls_certificate_read(s->arena, der);
            if ((*tail)->name_count > LIMIT_CERTIFICATE_NAMES) {
                session_limit(s, REACHED_CERTIFICATE_NAMES, side, mark);
            }
            if (s->keep_certificates) {
                keep_octets(s->arena, *tail, der);
            }
            tail = &(*tail)->next;
        } else {
            session_limit(s, REACHED_CERTIFICATES, side, mark);
        }
    }
}

void tls_facts_encrypted_extensions(struct session *s, struct bytes body)
{
    struct bytes name;

    if (tls_handshake_encrypted_alpn(body, &name)) {
        tls_facts_details(s)->server.alpn = arena_text(s->arena, name, LIMIT_TEXT);
    }
}
