/* schedule.c - the keys of one side's records, made of secrets of the key log: RFC 5246
 * section 6.3, RFC 8446 section 7.
 */
#include <string.h>

#include "dissect/tls/decrypt_state.h"

enum {
    SALT_LEN = 4, /* the part of a nonce that is not sent, of GCM and CCM up to 1.2 */
    KEY_BLOCK_MAX = 2 * (CRYPTO_DIGEST_MAX + CRYPTO_KEY_MAX + CRYPTO_NONCE_LEN),
};

void tls_schedule_forget(struct tls_record_keys *k)
{
    crypto_cipher_free(k->cipher);
    crypto_wipe(k, sizeof *k);
}

/* RFC 8446 section 7.3. */
static bool tls_schedule_13(const struct tls_decrypt *d, struct bytes secret,
                            struct tls_record_keys *k)
{
    uint8_t key[CRYPTO_KEY_MAX];
    size_t key_len = crypto_key_len(d->protection.suite.method);

    *k = (struct tls_record_keys){0};
    if (secret.len != crypto_digest_len(d->protection.suite.hash)) {
        return false;
    }
    memcpy(k->secret, secret.data, secret.len);
    if (crypto_expand_label(d->protection.suite.hash, secret, "key", key, key_len) &&
        crypto_expand_label(d->protection.suite.hash, secret, "iv", k->iv, sizeof k->iv)) {
        k->cipher = crypto_cipher_new(d->protection.suite.method, (struct bytes){key, key_len},
                                      d->protection.suite.tag_len);
    }
    crypto_wipe(key, sizeof key);
    return k->cipher;
}

bool tls_schedule_find_13(const struct tls_decrypt *d, enum side side, bool traffic,
                          struct tls_record_keys *k)
{
    static const enum tls_secret which[SIDES][2] = {
        [SIDE_CLIENT] = {TLS_SECRET_CLIENT_HANDSHAKE, TLS_SECRET_CLIENT_TRAFFIC},
        [SIDE_SERVER] = {TLS_SECRET_SERVER_HANDSHAKE, TLS_SECRET_SERVER_TRAFFIC},
    };
    uint8_t secret[TLS_SECRET_MAX];
    size_t len = tls_keylog_find(d->log, d->random[SIDE_CLIENT], which[side][traffic], secret);
    bool made = tls_schedule_13(d, (struct bytes){secret, len}, k);

    crypto_wipe(secret, sizeof secret);
    return made;
}

/* RFC 8446 section 7.2. */
bool tls_schedule_next(const struct tls_decrypt *d, const struct tls_record_keys *now,
                       struct tls_record_keys *next)
{
    uint8_t secret[TLS_SECRET_MAX];
    size_t len = crypto_digest_len(d->protection.suite.hash);
    bool made = crypto_expand_label(d->protection.suite.hash, (struct bytes){now->secret, len},
                                    "traffic upd", secret, len) &&
                tls_schedule_13(d, (struct bytes){secret, len}, next);

    crypto_wipe(secret, sizeof secret);
    return made;
}

/* RFC 5246 section 6.3: both MAC keys, both keys, both IVs, one behind the other. */
bool tls_schedule_12(const struct tls_decrypt *d, enum side side, struct tls_record_keys *k)
{
    uint8_t master[TLS_SECRET_MAX], block[KEY_BLOCK_MAX];
    size_t len = tls_keylog_find(d->log, d->random[SIDE_CLIENT], TLS_SECRET_MASTER, master);
    size_t mac_len = d->protection.suite.tag_len ? 0 : crypto_digest_len(d->protection.suite.mac);
    size_t key_len = crypto_key_len(d->protection.suite.method);
    size_t iv_len = !d->protection.suite.tag_len                             ? 0
                    : d->protection.suite.method == CRYPTO_CHACHA20_POLY1305 ? CRYPTO_NONCE_LEN
                                                                             : SALT_LEN;
    const uint8_t *key = block + 2 * mac_len + side * key_len;

    *k = (struct tls_record_keys){0};
    if (len && crypto_prf(d->protection.suite.hash, (struct bytes){master, len}, "key expansion",
                          (struct bytes){d->random[SIDE_SERVER], TLS_RANDOM_LEN},
                          (struct bytes){d->random[SIDE_CLIENT], TLS_RANDOM_LEN}, block,
                          2 * (mac_len + key_len + iv_len))) {
        memcpy(k->mac, block + side * mac_len, mac_len);
        memcpy(k->iv, block + 2 * (mac_len + key_len) + side * iv_len, iv_len);
        k->cipher = crypto_cipher_new(d->protection.suite.method, (struct bytes){key, key_len},
                                      d->protection.suite.tag_len);
    }
    crypto_wipe(master, sizeof master);
    crypto_wipe(block, sizeof block);
    return k->cipher;
}
