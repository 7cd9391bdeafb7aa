/* unseal.c - one protected record opened with keys and a number.
 *
 *     GCM, CCM up to 1.2       nonce: 4 octets of the keys, 8 that are sent before the ciphertext
 *     ChaCha20, all of 1.3     nonce: 12 octets of the keys, the number XORed into the last 8
 *     CBC                      a vector that is sent, and a MAC inside or behind the encryption
 *
 * RFC 5246 section 6.2.3, RFC 5288, 6655, 7366, 7905; RFC 8446 section 5.2.
 */
#include "dissect/tls/unseal.h"

#include <string.h>

enum {
    RECORD_HEADER = 5,
    SALT_LEN = 4,
    EXPLICIT_LEN = 8,
    PSEUDO_HEADER = 13, /* number 8, type 1, version 2, length 2: what a MAC covers */
};

static void put_number(uint8_t *at, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

static void put_nonce(const struct tls_record_keys *k, uint64_t number,
                      uint8_t out[CRYPTO_NONCE_LEN])
{
    uint8_t octets[8];

    put_number(octets, number);
    memcpy(out, k->iv, CRYPTO_NONCE_LEN);
    for (size_t i = 0; i < sizeof octets; i++) {
        out[CRYPTO_NONCE_LEN - sizeof octets + i] ^= octets[i];
    }
}

static void put_pseudo_header(uint8_t out[PSEUDO_HEADER], uint64_t number, const uint8_t *header,
                              size_t len)
{
    put_number(out, number);
    memcpy(out + 8, header, 3);
    out[11] = (uint8_t)(len >> 8);
    out[12] = (uint8_t)len;
}

/*  struct { opaque content[..]; ContentType type; uint8 zeros[..]; } TLSInnerPlaintext; */
static bool open_13(const struct tls_protection *p, const struct tls_record_keys *k,
                    uint64_t number, const uint8_t *header, struct bytes fragment, uint8_t *room,
                    struct tls_unsealed *out)
{
    uint8_t nonce[CRYPTO_NONCE_LEN];
    size_t len;

    put_nonce(k, number, nonce);
    if (!crypto_open(k->cipher, nonce, (struct bytes){header, RECORD_HEADER}, fragment, room)) {
        return false;
    }
    len = fragment.len - p->suite.tag_len;
    while (len && !room[len - 1]) {
        len--;
    }
    if (!len) {
        return false;
    }
    out->type = room[len - 1];
    out->plain = (struct bytes){room, len - 1};
    return true;
}

static bool open_aead_12(const struct tls_protection *p, const struct tls_record_keys *k,
                         uint64_t number, const uint8_t *header, struct bytes fragment,
                         uint8_t *room, struct tls_unsealed *out)
{
    uint8_t nonce[CRYPTO_NONCE_LEN], aad[PSEUDO_HEADER];
    bool is_explicit = p->suite.method != CRYPTO_CHACHA20_POLY1305;
    size_t explicit_len = is_explicit ? EXPLICIT_LEN : 0, len;

    if (fragment.len < explicit_len + p->suite.tag_len) {
        return false;
    }
    put_nonce(k, number, nonce);
    if (is_explicit) {
        memcpy(nonce, k->iv, SALT_LEN);
        memcpy(nonce + SALT_LEN, fragment.data, EXPLICIT_LEN);
    }
    fragment.data += explicit_len;
    fragment.len -= explicit_len;
    len = fragment.len - p->suite.tag_len;
    put_pseudo_header(aad, number, header, len);
    out->type = header[0];
    out->plain = (struct bytes){room, len};
    return crypto_open(k->cipher, nonce, (struct bytes){aad, sizeof aad}, fragment, room);
}

static bool mac_fits(const struct tls_protection *p, const struct tls_record_keys *k,
                     struct bytes covered, const uint8_t *mac)
{
    uint8_t right[CRYPTO_DIGEST_MAX];
    size_t len = crypto_digest_len(p->suite.mac);

    return crypto_hmac(p->suite.mac, (struct bytes){k->mac, len}, covered, right) &&
           crypto_equal(right, mac, len);
}

/* The length of what stands before "padding_length + 1" octets of the value padding_length. */
static bool without_padding(const uint8_t *text, size_t *len)
{
    size_t padding = *len ? text[*len - 1] + 1U : 1;

    if (padding > *len) {
        return false;
    }
    for (size_t i = *len - padding; i < *len; i++) {
        if (text[i] != padding - 1) {
            return false;
        }
    }
    *len -= padding;
    return true;
}

/*  IV 16 | encrypted: content, MAC, padding           MAC of the content
 *  IV 16 | encrypted: content, padding | MAC          MAC of all before it (RFC 7366) */
static bool open_cbc(const struct tls_protection *p, const struct tls_record_keys *k,
                     uint64_t number, const uint8_t *header, struct bytes fragment, uint8_t *room,
                     struct tls_unsealed *out)
{
    uint8_t *text = room + PSEUDO_HEADER;
    size_t mac_len = crypto_digest_len(p->suite.mac), len = fragment.len;

    if (len < CRYPTO_BLOCK_LEN + mac_len || len > TLS_UNSEAL_ROOM - PSEUDO_HEADER) {
        return false;
    }
    if (p->encrypt_then_mac) {
        len -= mac_len;
        put_pseudo_header(room, number, header, len);
        memcpy(text, fragment.data, len);
        if (!mac_fits(p, k, (struct bytes){room, PSEUDO_HEADER + len}, fragment.data + len)) {
            return false;
        }
    }
    len -= CRYPTO_BLOCK_LEN;
    if (!crypto_cbc(k->cipher, fragment.data, (struct bytes){fragment.data + CRYPTO_BLOCK_LEN, len},
                    text) ||
        !without_padding(text, &len)) {
        return false;
    }
    if (!p->encrypt_then_mac) {
        if (len < mac_len) {
            return false;
        }
        len -= mac_len;
        put_pseudo_header(room, number, header, len);
        if (!mac_fits(p, k, (struct bytes){room, PSEUDO_HEADER + len}, text + len)) {
            return false;
        }
    }
    out->type = header[0];
    out->plain = (struct bytes){text, len};
    return true;
}

bool tls_unseal(const struct tls_protection *p, const struct tls_record_keys *k, uint64_t number,
                const uint8_t *header, struct bytes fragment, uint8_t *room,
                struct tls_unsealed *out)
{
    if (!k->cipher || fragment.len > TLS_UNSEAL_ROOM) {
        return false;
    }
    return p->is_13           ? open_13(p, k, number, header, fragment, room, out)
           : p->suite.tag_len ? open_aead_12(p, k, number, header, fragment, room, out)
                              : open_cbc(p, k, number, header, fragment, room, out);
}

size_t tls_unseal_overhead(const struct tls_protection *p)
{
    if (!p->suite.tag_len) {
        return CRYPTO_BLOCK_LEN + crypto_digest_len(p->suite.mac) + 1;
    }
    return p->suite.tag_len + (p->is_13                                      ? 1
                               : p->suite.method == CRYPTO_CHACHA20_POLY1305 ? 0
                                                                             : EXPLICIT_LEN);
}
