/* seal.c - a TLS connection of our own making, sealed by OpenSSL. */
#include "tests/support/seal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

enum {
    HEADER = 5,
    RANDOM_LEN = 32,
    MASTER_LEN = 48,
    PSEUDO_HEADER = 13,
    SALT_LEN = 4,
    BLOCK = 16,
    TYPE_DATA = 23
};

static const uint8_t secret_octet[] = {0x11, 0x22, 0x33, 0x44, 0x55}; /* by enum tls_secret */
enum { MASTER, HANDSHAKE, TRAFFIC = 3 };

static void put_random(const struct seal *s, enum side side, uint8_t out[RANDOM_LEN])
{
    memset(out, (side == SIDE_CLIENT ? 0xc0 : 0x50) | (int)(s->handshake & 1), RANDOM_LEN);
}

void seal_begin(struct seal *s, uint16_t cipher, bool encrypt_then_mac)
{
    bool known;

    *s = (struct seal){.cipher = cipher, .is_13 = cipher >> 8 == 0x13};
    known = tls_suite_of(cipher, &s->suite);
    assert(known);
    (void)known;
    s->encrypt_then_mac = encrypt_then_mac && !s->suite.tag_len;
}

static size_t put_hex(char *out, uint8_t octet, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)sprintf(out + 2 * i, "%02x", octet);
    }
    return 2 * count;
}

size_t seal_log(const struct seal *s, char out[SEAL_LOG_MAX])
{
    static const char *const label[] = {"CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
    size_t len = crypto_digest_len(s->suite.hash), at = 0;

    for (int turn = 0; turn < 2; turn++) {
        for (int i = s->is_13; i < (s->is_13 ? 5 : 1); i++) {
            at += (size_t)sprintf(out + at, "%s ", label[i]);
            at += put_hex(out + at, (uint8_t)(0xc0 | turn), RANDOM_LEN);
            out[at++] = ' ';
            at += put_hex(out + at, secret_octet[i], i ? len : MASTER_LEN);
            out[at++] = '\n';
        }
    }
    return at;
}

static size_t put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return 2;
}

size_t seal_hello(const struct seal *s, enum side side, uint8_t out[SEAL_HELLO_MAX])
{
    static const uint8_t versions[SIDES][7] = {{0, 43, 0, 3, 2, 3, 4}, {0, 43, 0, 2, 3, 4}};
    uint8_t *extensions;
    size_t at = 4;

    at += put16(out + at, 0x0303);
    put_random(s, side, out + at);
    at += RANDOM_LEN;
    out[at++] = 0; /* no session id */
    if (side == SIDE_CLIENT) {
        at += put16(out + at, 2);
        at += put16(out + at, s->cipher);
        out[at++] = 1;
    } else {
        at += put16(out + at, s->cipher);
    }
    out[at++] = 0; /* no compression */
    extensions = out + at;
    at += 2;
    if (s->is_13) {
        memcpy(out + at, versions[side], side == SIDE_CLIENT ? 7 : 6);
        at += side == SIDE_CLIENT ? 7 : 6;
    }
    if (s->encrypt_then_mac) {
        at += put16(out + at, 22);
        at += put16(out + at, 0);
    }
    (void)put16(extensions, (size_t)(out + at - extensions - 2));
    out[0] = side == SIDE_CLIENT ? 1 : 2;
    out[1] = 0;
    (void)put16(out + 2, at - 4);
    return at;
}

/* --- keys --- */

void seal_keys_12(struct seal *s, enum side side)
{
    uint8_t master[MASTER_LEN], random[SIDES][RANDOM_LEN];
    uint8_t block[2 * (CRYPTO_DIGEST_MAX + CRYPTO_KEY_MAX + CRYPTO_NONCE_LEN)];
    size_t mac = s->suite.tag_len ? 0 : crypto_digest_len(s->suite.mac);
    size_t key = crypto_key_len(s->suite.method);
    size_t iv = !s->suite.tag_len                             ? 0
                : s->suite.method == CRYPTO_CHACHA20_POLY1305 ? CRYPTO_NONCE_LEN
                                                              : SALT_LEN;
    struct seal_keys *k = &s->side[side];
    bool made;

    memset(master, secret_octet[MASTER], sizeof master);
    put_random(s, SIDE_CLIENT, random[SIDE_CLIENT]);
    put_random(s, SIDE_SERVER, random[SIDE_SERVER]);
    made = crypto_prf(s->suite.hash, (struct bytes){master, sizeof master}, "key expansion",
                      (struct bytes){random[SIDE_SERVER], RANDOM_LEN},
                      (struct bytes){random[SIDE_CLIENT], RANDOM_LEN}, block, 2 * (mac + key + iv));
    assert(made);
    (void)made;
    memcpy(k->mac, block + side * mac, mac);
    memcpy(k->key, block + 2 * mac + side * key, key);
    memcpy(k->iv, block + 2 * (mac + key) + side * iv, iv);
    k->number = 0;
}

static void use_secret(struct seal *s, enum side side)
{
    struct seal_keys *k = &s->side[side];
    struct bytes secret = {k->secret, crypto_digest_len(s->suite.hash)};
    bool made = crypto_expand_label(s->suite.hash, secret, "key", k->key,
                                    crypto_key_len(s->suite.method)) &&
                crypto_expand_label(s->suite.hash, secret, "iv", k->iv, sizeof k->iv);

    assert(made);
    (void)made;
    k->number = 0;
}

void seal_keys_13(struct seal *s, enum side side, bool traffic)
{
    memset(s->side[side].secret, secret_octet[(traffic ? TRAFFIC : HANDSHAKE) + side],
           sizeof s->side[side].secret);
    use_secret(s, side);
}

void seal_keys_next(struct seal *s, enum side side)
{
    struct seal_keys *k = &s->side[side];
    size_t len = crypto_digest_len(s->suite.hash);
    uint8_t next[CRYPTO_DIGEST_MAX];
    bool made = crypto_expand_label(s->suite.hash, (struct bytes){k->secret, len}, "traffic upd",
                                    next, len);

    assert(made);
    (void)made;
    memcpy(k->secret, next, len);
    use_secret(s, side);
}

/* --- records --- */

static const EVP_CIPHER *cipher_of(enum crypto_method method)
{
    static const char *const names[CRYPTO_METHODS] = {
        [CRYPTO_AES_128_GCM] = "aes-128-gcm",
        [CRYPTO_AES_256_GCM] = "aes-256-gcm",
        [CRYPTO_AES_128_CCM] = "aes-128-ccm",
        [CRYPTO_AES_256_CCM] = "aes-256-ccm",
        [CRYPTO_CHACHA20_POLY1305] = "chacha20-poly1305",
        [CRYPTO_AES_128_CBC] = "aes-128-cbc",
        [CRYPTO_AES_256_CBC] = "aes-256-cbc",
        [CRYPTO_CAMELLIA_128_CBC] = "camellia-128-cbc",
        [CRYPTO_CAMELLIA_256_CBC] = "camellia-256-cbc",
    };

    return EVP_get_cipherbyname(names[method]);
}

/* Encrypts; with a tag behind it where the cipher has one. */
static size_t encrypt(const struct seal *s, const uint8_t *key, const uint8_t *iv, struct bytes aad,
                      struct bytes text, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int tag = (int)s->suite.tag_len, wrote = 0, len = (int)text.len, done;
    bool ccm = s->suite.method == CRYPTO_AES_128_CCM || s->suite.method == CRYPTO_AES_256_CCM;

    done = c && EVP_EncryptInit_ex(c, cipher_of(s->suite.method), NULL, NULL, NULL) == 1;
    if (ccm) {
        done = done && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, CRYPTO_NONCE_LEN, NULL) &&
               EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag, NULL);
    }
    done = done && EVP_EncryptInit_ex(c, NULL, NULL, key, iv) == 1 &&
           EVP_CIPHER_CTX_set_padding(c, 0) == 1;
    if (ccm) {
        done = done && EVP_EncryptUpdate(c, NULL, &wrote, NULL, len) == 1;
    }
    if (tag) {
        done = done && EVP_EncryptUpdate(c, NULL, &wrote, aad.data, (int)aad.len) == 1;
    }
    /* Without text CCM still wants to be told so. */
    done = done && EVP_EncryptUpdate(c, out, &wrote, len ? text.data : out, len) == 1;
    done = done && EVP_EncryptFinal_ex(c, out + len, &wrote) == 1;
    if (tag) {
        done = done && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag, out + len) == 1;
    }
    assert(done);
    (void)done;
    EVP_CIPHER_CTX_free(c);
    return text.len + s->suite.tag_len;
}

static void put_number(uint8_t *out, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

static void put_pseudo_header(uint8_t *out, uint64_t number, uint8_t type, size_t len)
{
    put_number(out, number);
    out[8] = type;
    (void)put16(out + 9, 0x0303);
    (void)put16(out + 11, len);
}

static size_t put_header(uint8_t *out, uint8_t type, size_t len)
{
    out[0] = type;
    (void)put16(out + 1, 0x0303);
    (void)put16(out + 3, len);
    return HEADER + len;
}

static void put_nonce(const struct seal_keys *k, uint8_t nonce[CRYPTO_NONCE_LEN])
{
    uint8_t number[8];

    put_number(number, k->number);
    memcpy(nonce, k->iv, CRYPTO_NONCE_LEN);
    for (size_t i = 0; i < sizeof number; i++) {
        nonce[SALT_LEN + i] ^= number[i];
    }
}

static size_t seal_13(const struct seal *s, const struct seal_keys *k, uint8_t type,
                      struct bytes text, size_t padding, uint8_t *out)
{
    uint8_t inside[SEAL_RECORD_MAX], nonce[CRYPTO_NONCE_LEN];
    size_t len = text.len + 1 + padding;

    if (text.len) {
        memcpy(inside, text.data, text.len);
    }
    inside[text.len] = type;
    memset(inside + text.len + 1, 0, padding);
    put_nonce(k, nonce);
    (void)put_header(out, TYPE_DATA, len + s->suite.tag_len);
    return HEADER + encrypt(s, k->key, nonce, (struct bytes){out, HEADER},
                            (struct bytes){inside, len}, out + HEADER);
}

static size_t seal_aead_12(const struct seal *s, const struct seal_keys *k, uint8_t type,
                           struct bytes text, uint8_t *out)
{
    uint8_t aad[PSEUDO_HEADER], nonce[CRYPTO_NONCE_LEN];
    bool sent = s->suite.method != CRYPTO_CHACHA20_POLY1305; /* half of the nonce is */
    uint8_t *at = out + HEADER + (sent ? 8 : 0);
    size_t len;

    put_nonce(k, nonce);
    if (sent) {
        memcpy(nonce, k->iv, SALT_LEN);
        put_number(nonce + SALT_LEN, k->number);
        put_number(out + HEADER, k->number);
    }
    put_pseudo_header(aad, k->number, type, text.len);
    len = encrypt(s, k->key, nonce, (struct bytes){aad, sizeof aad}, text, at);
    return put_header(out, type, len + (sent ? 8 : 0));
}

static void put_mac(const struct seal *s, const struct seal_keys *k, uint8_t type,
                    struct bytes covered, uint8_t *out)
{
    uint8_t all[PSEUDO_HEADER + SEAL_RECORD_MAX], mac[CRYPTO_DIGEST_MAX];
    size_t len = crypto_digest_len(s->suite.mac);
    bool made;

    put_pseudo_header(all, k->number, type, covered.len);
    if (covered.len) {
        memcpy(all + PSEUDO_HEADER, covered.data, covered.len);
    }
    made = crypto_hmac(s->suite.mac, (struct bytes){k->mac, len},
                       (struct bytes){all, PSEUDO_HEADER + covered.len}, mac);
    assert(made);
    (void)made;
    memcpy(out, mac, len);
}

static size_t seal_cbc(const struct seal *s, const struct seal_keys *k, uint8_t type,
                       struct bytes text, size_t padding, uint8_t *out)
{
    uint8_t inside[SEAL_RECORD_MAX], *vector = out + HEADER;
    size_t mac = crypto_digest_len(s->suite.mac), len = text.len, pad;

    memset(vector, 0x77 ^ (int)(k->number & 0xff), BLOCK);
    if (len) {
        memcpy(inside, text.data, len);
    }
    if (!s->encrypt_then_mac) {
        put_mac(s, k, type, text, inside + len);
        len += mac;
    }
    pad = BLOCK - len % BLOCK + padding * BLOCK;
    pad = pad > 256 ? pad - ((pad - 256 + BLOCK - 1) / BLOCK) * BLOCK : pad;
    memset(inside + len, (int)(pad - 1), pad);
    len = BLOCK + encrypt(s, k->key, vector, (struct bytes){NULL, 0},
                          (struct bytes){inside, len + pad}, vector + BLOCK);
    if (s->encrypt_then_mac) {
        put_mac(s, k, type, (struct bytes){vector, len}, vector + len);
        len += mac;
    }
    return put_header(out, type, len);
}

size_t seal_record(struct seal *s, enum side side, uint8_t type, struct bytes text, size_t padding,
                   uint8_t out[SEAL_RECORD_MAX])
{
    struct seal_keys *k = &s->side[side];
    size_t len = s->is_13           ? seal_13(s, k, type, text, padding, out)
                 : s->suite.tag_len ? seal_aead_12(s, k, type, text, out)
                                    : seal_cbc(s, k, type, text, padding, out);

    k->number++;
    return len;
}

size_t seal_clear(uint8_t type, struct bytes text, uint8_t out[SEAL_RECORD_MAX])
{
    memcpy(out + HEADER, text.data, text.len);
    return put_header(out, type, text.len);
}
