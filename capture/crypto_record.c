/* crypto_record.c - what it takes to open the records of TLS: key derivation and ciphers, by
 * OpenSSL.
 *
 * Memory for secrets comes in pages of its own, which the kernel is told to leave out of core
 * dumps. The process writes none anyway (privilege_not_dumpable); this holds where that was undone.
 */
#include "capture/crypto_record.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SEED_MAX = 96, INFO_MAX = 64, EXPAND_PREFIX_LEN = 6 };

struct crypto_cipher {
    EVP_CIPHER_CTX *ctx;
    size_t tag_len;
    bool ccm;
};

static const EVP_MD *method_of(enum crypto_digest digest)
{
    switch (digest) {
    case CRYPTO_SHA1:
        return EVP_sha1();
    case CRYPTO_SHA256:
        return EVP_sha256();
    case CRYPTO_SHA384:
        return EVP_sha384();
    }
    return NULL;
}

size_t crypto_digest_len(enum crypto_digest digest)
{
    switch (digest) {
    case CRYPTO_SHA1:
        return 20;
    case CRYPTO_SHA256:
        return 32;
    case CRYPTO_SHA384:
        return 48;
    }
    return 0;
}

size_t crypto_key_len(enum crypto_method method)
{
    switch (method) {
    case CRYPTO_AES_128_GCM:
    case CRYPTO_AES_128_CCM:
    case CRYPTO_AES_128_CBC:
    case CRYPTO_CAMELLIA_128_CBC:
        return 16;
    case CRYPTO_AES_256_GCM:
    case CRYPTO_AES_256_CCM:
    case CRYPTO_CHACHA20_POLY1305:
    case CRYPTO_AES_256_CBC:
    case CRYPTO_CAMELLIA_256_CBC:
        return 32;
    case CRYPTO_METHODS:
        break;
    }
    return 0;
}

bool crypto_hmac(enum crypto_digest digest, struct bytes key, struct bytes in,
                 uint8_t out[CRYPTO_DIGEST_MAX])
{
    return key.len <= INT_MAX &&
           HMAC(method_of(digest), key.data, (int)key.len, in.data, in.len, out, NULL) != NULL;
}

/*  P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
 *  A(0) = seed, A(i) = HMAC_hash(secret, A(i-1)) */
bool crypto_prf(enum crypto_digest digest, struct bytes secret, const char *label,
                struct bytes seed1, struct bytes seed2, uint8_t *out, size_t len)
{
    uint8_t round[CRYPTO_DIGEST_MAX + SEED_MAX], block[CRYPTO_DIGEST_MAX], *a = round;
    size_t hash_len = crypto_digest_len(digest), label_len = strlen(label), use;
    uint8_t *seed = round + hash_len;
    size_t seed_len = label_len + seed1.len + seed2.len;
    bool fine = seed1.len <= SEED_MAX && seed2.len <= SEED_MAX && seed_len <= SEED_MAX;

    if (!fine) {
        return false;
    }
    memcpy(seed, label, label_len);
    memcpy(seed + label_len, seed1.data, seed1.len);
    memcpy(seed + label_len + seed1.len, seed2.data, seed2.len);
    fine = crypto_hmac(digest, secret, (struct bytes){seed, seed_len}, a);
    while (fine && len > 0) {
        fine = crypto_hmac(digest, secret, (struct bytes){round, hash_len + seed_len}, block);
        use = len < hash_len ? len : hash_len;
        memcpy(out, block, use);
        out += use;
        len -= use;
        fine = fine && crypto_hmac(digest, secret, (struct bytes){a, hash_len}, block);
        memcpy(a, block, hash_len);
    }
    crypto_wipe(round, sizeof round);
    crypto_wipe(block, sizeof block);
    return fine;
}

/*  struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>; }
 *  and HKDF-Expand(Secret, HkdfLabel, Length), of which one round is enough here. */
bool crypto_expand_label(enum crypto_digest digest, struct bytes secret, const char *label,
                         uint8_t *out, size_t len)
{
    uint8_t info[INFO_MAX], block[CRYPTO_DIGEST_MAX];
    size_t label_len = strlen(label), at = 0;
    bool fine;

    if (len > crypto_digest_len(digest) || label_len > INFO_MAX - EXPAND_PREFIX_LEN - 5) {
        return false;
    }
    info[at++] = 0;
    info[at++] = (uint8_t)len;
    info[at++] = (uint8_t)(EXPAND_PREFIX_LEN + label_len);
    memcpy(info + at, "tls13 ", EXPAND_PREFIX_LEN);
    at += EXPAND_PREFIX_LEN;
    memcpy(info + at, label, label_len);
    at += label_len;
    info[at++] = 0; /* no context */
    info[at++] = 1; /* the first round */
    fine = crypto_hmac(digest, secret, (struct bytes){info, at}, block);
    memcpy(out, block, len);
    crypto_wipe(block, sizeof block);
    return fine;
}

static const EVP_CIPHER *cipher_of(enum crypto_method method)
{
    switch (method) {
    case CRYPTO_AES_128_GCM:
        return EVP_aes_128_gcm();
    case CRYPTO_AES_256_GCM:
        return EVP_aes_256_gcm();
    case CRYPTO_AES_128_CCM:
        return EVP_aes_128_ccm();
    case CRYPTO_AES_256_CCM:
        return EVP_aes_256_ccm();
    case CRYPTO_CHACHA20_POLY1305:
        return EVP_chacha20_poly1305();
    case CRYPTO_AES_128_CBC:
        return EVP_aes_128_cbc();
    case CRYPTO_AES_256_CBC:
        return EVP_aes_256_cbc();
    case CRYPTO_CAMELLIA_128_CBC:
        return EVP_camellia_128_cbc();
    case CRYPTO_CAMELLIA_256_CBC:
        return EVP_camellia_256_cbc();
    case CRYPTO_METHODS:
        break;
    }
    return NULL;
}

/* CCM wants to know the lengths of nonce and tag before it is given the key. */
static bool init(struct crypto_cipher *c, const EVP_CIPHER *cipher, const uint8_t *key)
{
    int tag_len = (int)c->tag_len;

    if (EVP_DecryptInit_ex(c->ctx, cipher, NULL, NULL, NULL) != 1) {
        return false;
    }
    if (c->ccm &&
        (EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_IVLEN, CRYPTO_NONCE_LEN, NULL) != 1 ||
         EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, tag_len, NULL) != 1)) {
        return false;
    }
    return EVP_DecryptInit_ex(c->ctx, NULL, NULL, key, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1;
}

struct crypto_cipher *crypto_cipher_new(enum crypto_method method, struct bytes key, size_t tag_len)
{
    const EVP_CIPHER *cipher = cipher_of(method);
    struct crypto_cipher *c;

    if (!cipher || key.len != crypto_key_len(method) || !(c = calloc(1, sizeof *c))) {
        return NULL;
    }
    c->tag_len = tag_len;
    c->ccm = method == CRYPTO_AES_128_CCM || method == CRYPTO_AES_256_CCM;
    c->ctx = EVP_CIPHER_CTX_new();
    if (!c->ctx || !init(c, cipher, key.data)) {
        crypto_cipher_free(c);
        return NULL;
    }
    return c;
}

void crypto_cipher_free(struct crypto_cipher *c)
{
    if (c) {
        EVP_CIPHER_CTX_free(c->ctx); /* wipes the key */
        free(c);
    }
}

bool crypto_open(struct crypto_cipher *c, const uint8_t nonce[CRYPTO_NONCE_LEN], struct bytes aad,
                 struct bytes sealed, uint8_t *out)
{
    static const uint8_t nothing[1];
    uint8_t tag[CRYPTO_BLOCK_LEN];
    size_t len = sealed.len - c->tag_len;
    const uint8_t *in = len ? sealed.data : nothing;
    int wrote = 0;
    bool fine;

    if (sealed.len < c->tag_len || c->tag_len > sizeof tag || len > INT_MAX || aad.len > INT_MAX) {
        return false;
    }
    memcpy(tag, sealed.data + len, c->tag_len);
    fine = EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, (int)c->tag_len, tag) == 1 &&
           EVP_DecryptInit_ex(c->ctx, NULL, NULL, NULL, nonce) == 1;
    if (c->ccm) {
        /* The length comes first; the tag is checked where the text is given. */
        return fine && EVP_DecryptUpdate(c->ctx, NULL, &wrote, NULL, (int)len) == 1 &&
               EVP_DecryptUpdate(c->ctx, NULL, &wrote, aad.data, (int)aad.len) == 1 &&
               EVP_DecryptUpdate(c->ctx, out, &wrote, in, (int)len) == 1;
    }
    return fine && EVP_DecryptUpdate(c->ctx, NULL, &wrote, aad.data, (int)aad.len) == 1 &&
           EVP_DecryptUpdate(c->ctx, out, &wrote, in, (int)len) == 1 &&
           EVP_DecryptFinal_ex(c->ctx, tag, &wrote) == 1;
}

bool crypto_cbc(struct crypto_cipher *c, const uint8_t iv[CRYPTO_BLOCK_LEN], struct bytes in,
                uint8_t *out)
{
    int wrote = 0;

    return in.len <= INT_MAX && in.len % CRYPTO_BLOCK_LEN == 0 &&
           EVP_DecryptInit_ex(c->ctx, NULL, NULL, NULL, iv) == 1 &&
           EVP_DecryptUpdate(c->ctx, out, &wrote, in.data, (int)in.len) == 1 &&
           (size_t)wrote == in.len;
}

void crypto_wipe(void *at, size_t len)
{
    OPENSSL_cleanse(at, len);
}

bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void *crypto_secret_alloc(size_t len)
{
    void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(at, len, MADV_DONTDUMP);
    return at;
}

void crypto_secret_free(void *at, size_t len)
{
    if (at) {
        crypto_wipe(at, len);
        (void)munmap(at, len);
    }
}
