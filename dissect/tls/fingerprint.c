/* fingerprint.c - hashes that tell TLS programs apart: JA3, JA3S, and JA4 of clients.
 *
 * JA3:  MD5 of "version,ciphers,extensions,groups,point formats", decimal numbers joined by "-", in
 *       the order sent, without the reserved numbers of RFC 8701. JA3S:
 * "version,cipher,extensions". JA4:  "t" version, "d" or "i" (a server name, or none), the number
 * of ciphers and of extensions (two digits each), first and last character of the first ALPN name;
 * then 12 digits of the SHA-256 of the sorted ciphers, and of the sorted extensions (without
 * server_name and ALPN) with the signature algorithms in the order sent. Also without reserved
 * numbers.
 *
 * The fingerprint of the server side that goes with JA4 is not made: its licence forbids it.
 */
#include "dissect/tls/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/crypto.h"

enum {
    DIGITS_MAX = 6, /* "65535-" */
    PART_DIGITS = 12,
    COUNT_MAX = 99,
};

/* Numbers of one list as text, joined by one character. */
struct list_text {
    char *s;
    size_t len, size;
};

static bool open_text(struct list_text *t, size_t bytes)
{
    /* A number takes two octets of the hello at least, or one (point formats): six characters each
     * are enough, and some for commas. */
    *t = (struct list_text){.size = bytes * DIGITS_MAX + 64};
    t->s = malloc(t->size);
    return t->s;
}

static void put_char(struct list_text *t, char c)
{
    if (t->len < t->size) {
        t->s[t->len++] = c;
    }
}

static void put_text(struct list_text *t, const char *s)
{
    while (*s) {
        put_char(t, *s++);
    }
}

/* By hand: printf took half of all that reading a short TLS session costs. */
static void put_number(struct list_text *t, uint16_t number)
{
    char digits[DIGITS_MAX], *at = digits + sizeof digits;

    *--at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    put_text(t, at);
}

static void put_hex(struct list_text *t, uint16_t number)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4) {
        put_char(t, digits[number >> shift & 15]);
    }
}

static void put_joined(struct list_text *t, bool *first, uint16_t number)
{
    if (!*first) {
        put_char(t, '-');
    }
    *first = false;
    put_number(t, number);
}

static void put_list16(struct list_text *t, struct bytes list)
{
    struct cursor c = cursor_of(list);
    bool first = true;
    uint16_t n;

    while (take_u16(&c, &n)) {
        if (!tls_handshake_is_grease(n)) {
            put_joined(t, &first, n);
        }
    }
}

static void put_extension_types(struct list_text *t, struct bytes extensions)
{
    struct cursor c = cursor_of(extensions);
    struct bytes body;
    bool first = true;
    uint16_t type;

    while (tls_handshake_take_extension(&c, &type, &body)) {
        if (!tls_handshake_is_grease(type)) {
            put_joined(t, &first, type);
        }
    }
}

static void put_point_formats(struct list_text *t, struct bytes extensions)
{
    struct bytes body;
    struct cursor c;
    bool first = true;
    uint8_t len, n;

    if (!tls_handshake_find(extensions, TLS_EXTENSION_POINT_FORMATS, &body)) {
        return;
    }
    c = cursor_of(body);
    if (!take_u8(&c, &len)) {
        return;
    }
    for (; len && take_u8(&c, &n); len--) {
        put_joined(t, &first, n);
    }
}

static void close_ja3(struct list_text *t, char out[TLS_JA3_SIZE])
{
    uint8_t hash[MD5_LEN];

    if (crypto_md5((struct bytes){(const uint8_t *)t->s, t->len}, hash)) {
        crypto_hex((struct bytes){hash, sizeof hash}, out);
    }
    free(t->s);
}

void tls_fingerprint_ja3(const struct tls_client_hello *hello, char out[TLS_JA3_SIZE])
{
    struct list_text t;
    struct bytes groups;

    out[0] = '\0';
    if (hello->ssl2 || !open_text(&t, hello->ciphers.len + hello->extensions.len)) {
        return;
    }
    put_number(&t, hello->version);
    put_char(&t, ',');
    put_list16(&t, hello->ciphers);
    put_char(&t, ',');
    put_extension_types(&t, hello->extensions);
    put_char(&t, ',');
    if (tls_handshake_find(hello->extensions, TLS_EXTENSION_GROUPS, &groups)) {
        put_list16(&t, tls_handshake_list16(groups));
    }
    put_char(&t, ',');
    put_point_formats(&t, hello->extensions);
    close_ja3(&t, out);
}

void tls_fingerprint_ja3s(const struct tls_server_hello *hello, char out[TLS_JA3_SIZE])
{
    struct list_text t;

    out[0] = '\0';
    if (!open_text(&t, hello->extensions.len)) {
        return;
    }
    put_number(&t, hello->legacy_version);
    put_char(&t, ',');
    put_number(&t, hello->cipher);
    put_char(&t, ',');
    put_extension_types(&t, hello->extensions);
    close_ja3(&t, out);
}

/* --- JA4 --- */

struct numbers {
    uint16_t *n;
    size_t count, size;
};

static int compare(const void *a, const void *b)
{
    uint16_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void add(struct numbers *list, uint16_t n)
{
    if (!tls_handshake_is_grease(n) && list->count < list->size) {
        list->n[list->count++] = n;
    }
}

static void add_list16(struct numbers *list, struct bytes from)
{
    struct cursor c = cursor_of(from);
    uint16_t n;

    while (take_u16(&c, &n)) {
        add(list, n);
    }
}

static void put_hex_list(struct list_text *t, const struct numbers *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            put_char(t, ',');
        }
        put_hex(t, list->n[i]);
    }
}

static const char *version_code(uint16_t version)
{
    static const char *const codes[] = {"s3", "10", "11", "12", "13"};

    if (version >= TLS_VERSION_SSL3 && version <= TLS_VERSION_13) {
        return codes[version - TLS_VERSION_SSL3];
    }
    return version == TLS_VERSION_SSL2 ? "s2" : "00";
}

static uint16_t highest_version(const struct tls_client_hello *hello)
{
    struct cursor c = cursor_of(tls_handshake_versions(hello));
    uint16_t highest = 0, n;

    while (take_u16(&c, &n)) {
        if (!tls_handshake_is_grease(n) && n > highest) {
            highest = n;
        }
    }
    return highest ? highest : hello->version;
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol; hexadecimal digits where one is no letter. */
static void alpn_code(const struct tls_client_hello *hello, char out[3])
{
    static const char digits[] = "0123456789abcdef";
    struct bytes body, name;
    struct cursor c;
    uint8_t first, last;

    memcpy(out, "00", 3);
    if (!tls_handshake_find(hello->extensions, TLS_EXTENSION_ALPN, &body)) {
        return;
    }
    c = tls_handshake_alpn(body);
    if (!tls_handshake_take_protocol(&c, &name) || name.len == 0) {
        return;
    }
    first = name.data[0];
    last = name.data[name.len - 1];
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        out[0] = (char)first;
        out[1] = (char)last;
    } else {
        out[0] = digits[first >> 4];
        out[1] = digits[last & 15];
    }
}

/* PART_DIGITS of the hash; zeros for an empty text. Frees the text. */
static void close_part(struct list_text *t, char out[PART_DIGITS + 1])
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];

    memset(out, '0', PART_DIGITS);
    out[PART_DIGITS] = '\0';
    if (t->len && crypto_sha256((struct bytes){(const uint8_t *)t->s, t->len}, hash)) {
        crypto_hex((struct bytes){hash, sizeof hash}, hex);
        memcpy(out, hex, PART_DIGITS);
    }
    free(t->s);
}

static size_t cipher_part(const struct tls_client_hello *hello, struct numbers *list,
                          char out[PART_DIGITS + 1])
{
    struct list_text t;

    list->count = 0;
    add_list16(list, hello->ciphers);
    qsort(list->n, list->count, sizeof list->n[0], compare);
    if (!open_text(&t, hello->ciphers.len)) {
        return list->count;
    }
    put_hex_list(&t, list);
    close_part(&t, out);
    return list->count;
}

static size_t extension_part(const struct tls_client_hello *hello, struct numbers *list,
                             char out[PART_DIGITS + 1])
{
    struct cursor c = cursor_of(hello->extensions);
    struct list_text t;
    struct bytes body;
    size_t count = 0;
    uint16_t type;

    list->count = 0;
    while (tls_handshake_take_extension(&c, &type, &body)) {
        count += !tls_handshake_is_grease(type);
        if (type != TLS_EXTENSION_SERVER_NAME && type != TLS_EXTENSION_ALPN) {
            add(list, type);
        }
    }
    qsort(list->n, list->count, sizeof list->n[0], compare);
    if (!open_text(&t, hello->extensions.len)) {
        return count;
    }
    put_hex_list(&t, list);
    if (tls_handshake_find(hello->extensions, TLS_EXTENSION_SIGNATURES, &body)) {
        list->count = 0;
        add_list16(list, tls_handshake_list16(body));
        if (list->count) {
            put_char(&t, '_');
            put_hex_list(&t, list);
        }
    }
    close_part(&t, out);
    return count;
}

void tls_fingerprint_ja4(const struct tls_client_hello *hello, char out[TLS_JA4_SIZE])
{
    char ciphers[PART_DIGITS + 1] = "", extensions[PART_DIGITS + 1] = "", alpn[3];
    struct numbers list = {.size = hello->ciphers.len + hello->extensions.len + 1};
    size_t cipher_count, extension_count;
    struct bytes name;

    out[0] = '\0';
    if (hello->ssl2 || !(list.n = calloc(list.size, sizeof list.n[0]))) {
        return;
    }
    cipher_count = cipher_part(hello, &list, ciphers);
    extension_count = extension_part(hello, &list, extensions);
    free(list.n);
    alpn_code(hello, alpn);
    (void)snprintf(out, TLS_JA4_SIZE, "t%s%c%02u%02u%s_%s_%s", version_code(highest_version(hello)),
                   tls_handshake_find(hello->extensions, TLS_EXTENSION_SERVER_NAME, &name) ? 'd'
                                                                                           : 'i',
                   (unsigned)(cipher_count < COUNT_MAX ? cipher_count : COUNT_MAX) % 100,
                   (unsigned)(extension_count < COUNT_MAX ? extension_count : COUNT_MAX) % 100,
                   alpn, ciphers, extensions);
}
