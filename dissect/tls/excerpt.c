/* excerpt.c - a hello written anew, of nothing but what was understood of it.
 *
 * nDPI 4.2 (its protocols/tls.c) checks the length of an extension without its place, counts an
 * empty list of point formats as 2^32-1, reads lists by the lengths they claim, and remembers the
 * last of doubled extensions. Here every length is made by us and is true, and a body is only
 * written where it is compared later; other extensions are empty, or an empty list where nDPI would
 * look for one. Its text for JA3 ends after 1024 characters: NUMBERS_MAX of up to five digits fit.
 */
#include "dissect/tls/excerpt.h"

#include <string.h>

#include "dissect/text.h"

enum {
    RECORD_HEADER = 5,
    MESSAGE_HEADER = 4,
    RANDOM_LEN = 32,
    RECORD_HANDSHAKE = 22,
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    NUMBERS_MAX = 150,
    NAME_MAX_LEN = 255,
    QUIC_PARAMETERS = 57, /* RFC 9001 section 8.2; nothing of TCP */
    QUIC_PARAMETERS_DRAFT = 0xffa5,
    ENCRYPTED_NAME_DRAFT = 0xffce, /* draft-ietf-tls-esni-06 */
};

/* An excerpt under construction. */
struct excerpt {
    uint8_t *out;
    size_t len, numbers;
    bool odd; /* it is none: too long, or the hello is odd */
};

static void put(struct excerpt *e, struct bytes b)
{
    if (e->odd || b.len > TLS_EXCERPT_MAX - e->len) {
        e->odd = true;
        return;
    }
    if (b.len) {
        memcpy(e->out + e->len, b.data, b.len);
        e->len += b.len;
    }
}

static void put8(struct excerpt *e, size_t n)
{
    uint8_t octet = (uint8_t)n;
    put(e, (struct bytes){&octet, 1});
}

static void put16(struct excerpt *e, size_t n)
{
    put8(e, n >> 8);
    put8(e, n & 0xff);
}

/* Room for a 16-bit length, known later. */
static size_t begin16(struct excerpt *e)
{
    size_t at = e->len;
    put16(e, 0);
    return at;
}

static void end16(struct excerpt *e, size_t at)
{
    if (!e->odd) {
        size_t len = e->len - at - 2;
        e->out[at] = (uint8_t)(len >> 8);
        e->out[at + 1] = (uint8_t)len;
    }
}

static void count(struct excerpt *e, size_t numbers)
{
    e->numbers += numbers;
    e->odd |= e->numbers > NUMBERS_MAX;
}

static void put_numbers(struct excerpt *e, struct bytes list)
{
    e->odd |= list.len % 2 != 0;
    count(e, list.len / 2);
    put16(e, list.len);
    put(e, list);
}

static bool is_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (!text_is_letter(c) && !text_is_digit(c) && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MAX_LEN;
}

/* RFC 6066 section 3. */
static void put_server_name(struct excerpt *e, struct bytes body)
{
    struct bytes name;

    if (!tls_handshake_server_name(body, &name) || !is_name(name)) {
        e->odd = true;
        return;
    }
    put16(e, name.len + 3);
    put8(e, 0);
    put16(e, name.len);
    put(e, name);
}

static void put_point_formats(struct excerpt *e, struct bytes body)
{
    if (!body.len || body.data[0] != body.len - 1) {
        e->odd = true;
        return;
    }
    count(e, body.data[0]);
    put(e, body);
}

static void put_client_body(struct excerpt *e, uint16_t type, struct bytes body)
{
    switch (type) {
    case TLS_EXTENSION_SERVER_NAME:
        put_server_name(e, body);
        break;
    case TLS_EXTENSION_GROUPS:
        e->odd |= body.len < 2 || tls_handshake_list16(body).len != body.len - 2;
        put_numbers(e, tls_handshake_list16(body));
        break;
    case TLS_EXTENSION_POINT_FORMATS:
        put_point_formats(e, body);
        break;
    case TLS_EXTENSION_SIGNATURES:
    case TLS_EXTENSION_ALPN:
        put16(e, 0);
        break;
    case TLS_EXTENSION_VERSIONS:
        put8(e, 0);
        break;
    case QUIC_PARAMETERS:
    case QUIC_PARAMETERS_DRAFT:
    case ENCRYPTED_NAME_DRAFT:
        e->odd = true;
        break;
    default:
        break;
    }
}

static void put_server_body(struct excerpt *e, uint16_t type, uint16_t version)
{
    switch (type) {
    case TLS_EXTENSION_VERSIONS:
        put16(e, version);
        break;
    case TLS_EXTENSION_ALPN:
        put16(e, 0);
        break;
    case TLS_EXTENSION_POINT_FORMATS:
        put8(e, 0);
        break;
    default:
        break;
    }
}

/* version: what a server chose; 0: these are a client's. */
static void put_extensions(struct excerpt *e, struct bytes extensions, uint16_t version)
{
    struct cursor c = cursor_of(extensions);
    size_t all = begin16(e);
    struct bytes body, first;
    uint16_t type;

    while (!e->odd && tls_handshake_take_extension(&c, &type, &body)) {
        size_t one;
        count(e, 1);
        /* Two of one type: who is right about them? JA3 of a server keeps what clients leave out.
         */
        e->odd |= !tls_handshake_find(extensions, (enum tls_extension)type, &first) ||
                  first.data != body.data || (version && tls_handshake_is_grease(type));
        put16(e, type);
        one = begin16(e);
        if (version) {
            put_server_body(e, type, version);
        } else {
            put_client_body(e, type, body);
        }
        end16(e, one);
    }
    e->odd |= cursor_left(&c) > 0;
    end16(e, all);
}

static struct excerpt begin(uint8_t *out, uint8_t type, uint16_t version)
{
    static const uint8_t zeros[RANDOM_LEN];
    struct excerpt e = {.out = out};

    put8(&e, RECORD_HANDSHAKE);
    put16(&e, 0x0301);
    put16(&e, 0);
    put8(&e, type);
    put8(&e, 0);
    put16(&e, 0);
    put16(&e, version);
    put(&e, (struct bytes){zeros, sizeof zeros});
    put8(&e, 0); /* session id */
    return e;
}

static size_t finish(struct excerpt *e)
{
    if (e->odd) {
        return 0;
    }
    end16(e, RECORD_HEADER - 2);
    end16(e, RECORD_HEADER + MESSAGE_HEADER - 2);
    return e->len;
}

size_t tls_excerpt_client(const struct tls_client_hello *hello, uint8_t out[TLS_EXCERPT_MAX])
{
    struct excerpt e = begin(out, CLIENT_HELLO, hello->version);

    if (hello->ssl2) {
        return 0;
    }
    put_numbers(&e, hello->ciphers);
    put8(&e, 1); /* one way of compression: none */
    put8(&e, 0);
    if (hello->has_extensions) {
        put_extensions(&e, hello->extensions, 0);
    }
    return finish(&e);
}

size_t tls_excerpt_server(const struct tls_server_hello *hello, uint8_t out[TLS_EXCERPT_MAX])
{
    struct excerpt e = begin(out, SERVER_HELLO, hello->legacy_version);

    /* Drafts of TLS 1.3 have another shape. */
    if (hello->legacy_version >> 8 != 3) {
        return 0;
    }
    put16(&e, hello->cipher);
    put8(&e, 0);
    if (hello->extensions.len) {
        put_extensions(&e, hello->extensions, hello->version);
    }
    return finish(&e);
}
