/* crypto.c - hashes, keyed hashes and random bytes from OpenSSL, and their printed forms.
 *
 * With crypto_record.c and dissect/tls/certificate.c the only file that includes OpenSSL.
 */
#include "capture/crypto.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

struct crypto_hash {
    EVP_MD_CTX *ctx;
    bool failed;
};

/* Looking a method up costs OpenSSL as much as hashing a ClientHello: it is kept. The program has
 * one thread. What was hashed is not: finishing overwrites it. */
struct digester {
    const char *name;
    EVP_MD *method;
    EVP_MD_CTX *ctx;
};

static bool digest(struct digester *d, struct bytes in, uint8_t *out)
{
    if (!d->method) {
        d->method = EVP_MD_fetch(NULL, d->name, NULL);
    }
    if (!d->ctx) {
        d->ctx = EVP_MD_CTX_new();
    }
    return d->method && d->ctx && EVP_DigestInit_ex(d->ctx, d->method, NULL) == 1 &&
           EVP_DigestUpdate(d->ctx, in.len ? (const void *)in.data : "", in.len) == 1 &&
           EVP_DigestFinal_ex(d->ctx, out, NULL) == 1;
}

bool crypto_md5(struct bytes in, uint8_t out[MD5_LEN])
{
    static struct digester md5 = {"MD5", NULL, NULL};

    return digest(&md5, in, out);
}

bool crypto_sha1(struct bytes in, uint8_t out[SHA1_LEN])
{
    static struct digester sha1 = {"SHA1", NULL, NULL};

    return digest(&sha1, in, out);
}

bool crypto_sha256(struct bytes in, uint8_t out[SHA256_LEN])
{
    static struct digester sha256 = {"SHA256", NULL, NULL};

    return digest(&sha256, in, out);
}

bool crypto_hmac_sha256(struct bytes key, struct bytes in, uint8_t out[SHA256_LEN])
{
    if (key.len > INT_MAX) {
        return false;
    }
    const void *secret = key.len ? (const void *)key.data : "";
    const unsigned char *data = in.len ? in.data : (const unsigned char *)"";
    return HMAC(EVP_sha256(), secret, (int)key.len, data, in.len, out, NULL) != NULL;
}

bool crypto_random(uint8_t *out, size_t len)
{
    return len <= INT_MAX && RAND_bytes(out, (int)len) == 1;
}

struct crypto_hash *crypto_hash_new(void)
{
    struct crypto_hash *h = calloc(1, sizeof *h);
    if (!h) {
        return NULL;
    }
    h->ctx = EVP_MD_CTX_new();
    if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
        crypto_hash_free(h);
        return NULL;
    }
    return h;
}

void crypto_hash_add(struct crypto_hash *h, struct bytes in)
{
    if (in.len > 0 && EVP_DigestUpdate(h->ctx, in.data, in.len) != 1) {
        h->failed = true;
    }
}

void crypto_hash_hex(struct crypto_hash *h, char out[65])
{
    uint8_t hash[SHA256_LEN];
    if (EVP_DigestFinal_ex(h->ctx, hash, NULL) != 1 || h->failed) {
        out[0] = '\0';
        return;
    }
    crypto_hex((struct bytes){hash, sizeof hash}, out);
}

void crypto_hash_free(struct crypto_hash *h)
{
    if (h) {
        EVP_MD_CTX_free(h->ctx);
        free(h);
    }
}

void crypto_hex(struct bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.len; i++) {
        *out++ = digits[in.data[i] >> 4];
        *out++ = digits[in.data[i] & 15];
    }
    *out = '\0';
}

void crypto_base64(struct bytes in, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct cursor c = cursor_of(in);
    while (cursor_left(&c) > 0) {
        uint8_t octet[3] = {0, 0, 0};
        size_t len = 0;
        while (len < 3 && take_u8(&c, &octet[len])) {
            len++;
        }
        uint32_t group = (uint32_t)octet[0] << 16 | (uint32_t)octet[1] << 8 | octet[2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = '=';
        *out++ = '=';
        if (len > 1) {
            out[-2] = digits[group >> 6 & 63];
        }
        if (len > 2) {
            out[-1] = digits[group & 63];
        }
    }
    *out = '\0';
}

const char *crypto_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
