/* decrypt.c - opens the protected records of one TLS connection with secrets of a key log.
 *
 * Which keys hold when:
 *
 *     up to 1.2   from a side's ChangeCipherSpec on, made of the master secret and both randoms; a
 *                 renegotiation does the same again, inside the first protection
 *     1.3         handshake keys from the ServerHello on, application keys behind a side's
 *                 Finished, the next ones behind its KeyUpdate
 *
 * Every record has a number that is not sent (its sequence number under its keys). It is counted;
 * behind a gap the numbers that are possible are tried, and the tag says which one it was. In the
 * same way the client's early data of TLS 1.3 is told from what follows it, and the application
 * keys are found when the handshake's are not in the log.
 *
 * Not opened: versions below 1.2, stream ciphers, 3DES, early data. BUGS: a TLS 1.2 session that
 * agreed on truncated_hmac (RFC 6066 section 7) is told as one whose keys do not fit.
 */
#include "dissect/tls/decrypt.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/tls/handshake.h"
#include "dissect/tls/unseal.h"

enum {
    VERSION_12 = 0x0303,
    RECORD_DATA = 23,
    RECORD_HEADER = 5,
    RANDOM_AT = 2, /* in a hello: behind its version */
    SALT_LEN = 4,  /* the part of a nonce that is not sent, of GCM and CCM up to 1.2 */
    KEY_BLOCK_MAX = 2 * (CRYPTO_DIGEST_MAX + CRYPTO_KEY_MAX + CRYPTO_NONCE_LEN),
    EXTENSION_ENCRYPT_THEN_MAC = 22, /* RFC 7366 */
    RECORD_LEAST = RECORD_HEADER + 17,
    BEHIND_TEXT = 2 * CRYPTO_DIGEST_MAX + UINT8_MAX, /* MAC and padding, at most */
    MORE_ROOM = 64,                                  /* what a trial takes besides the fragment */
    UPDATES_TRIED = 3,                               /* KeyUpdates that may lie in one gap */
};

enum stage { STAGE_CLEAR, STAGE_HANDSHAKE, STAGE_TRAFFIC };

struct half {
    enum stage stage;
    struct tls_record_keys keys;
    uint64_t lost; /* so many records may be missing before the next one */
    bool gap;      /* octets of this side are missing */
    bool closed;   /* since then a record came that was not opened */
};

struct tls_decrypt {
    struct tls_keylog *log;
    uint8_t random[SIDES][TLS_RANDOM_LEN];
    bool hello[SIDES], early;
    uint16_t version;
    struct tls_protection protection;
    struct half half[SIDES];
    enum tls_keys state;
    uint32_t tries;
    bool opened; /* a record, once */
    bool gave_up;
};

struct tls_decrypt *tls_decrypt_new(struct tls_keylog *keys)
{
    struct tls_decrypt *d = calloc(1, sizeof *d);

    if (d) {
        d->log = keys;
    }
    return d;
}

static void forget(struct tls_record_keys *k)
{
    crypto_cipher_free(k->cipher);
    crypto_wipe(k, sizeof *k);
}

static void stop(struct tls_decrypt *d, enum tls_keys why)
{
    d->state = why;
    for (int side = 0; side < SIDES; side++) {
        forget(&d->half[side].keys);
        d->half[side].stage = STAGE_CLEAR;
    }
}

/* Nothing more is opened. Keys are blamed only where every octet was captured: else a message that
 * changed them may be missing. */
static void give_up(struct tls_decrypt *d)
{
    stop(d, d->half[SIDE_CLIENT].gap || d->half[SIDE_SERVER].gap ? TLS_KEYS_LOST : TLS_KEYS_MISFIT);
}

static void count(struct tls_decrypt *d)
{
    struct tls_keylog_totals *t = tls_keylog_totals(d->log);

    switch (d->state) {
    case TLS_KEYS_NONE:
        t->keyless += d->hello[SIDE_CLIENT];
        break;
    case TLS_KEYS_UNUSED:
        break;
    case TLS_KEYS_FIT:
        t->opened++;
        break;
    case TLS_KEYS_MISFIT:
        *(d->opened ? &t->partly : &t->misfits) += 1;
        break;
    case TLS_KEYS_LOST:
        *(d->opened ? &t->partly : &t->lost) += 1;
        break;
    case TLS_KEYS_UNSUPPORTED:
        t->unsupported++;
        break;
    }
}

void tls_decrypt_free(struct tls_decrypt *d)
{
    if (d) {
        count(d);
        stop(d, d->state);
        crypto_wipe(d, sizeof *d);
        free(d);
    }
}

static bool is_13(const struct tls_decrypt *d)
{
    return d->version == TLS_VERSION_13;
}

static bool has_secret(const struct tls_decrypt *d, enum tls_secret which)
{
    uint8_t secret[TLS_SECRET_MAX];
    bool found = tls_keylog_find(d->log, d->random[SIDE_CLIENT], which, secret) > 0;

    crypto_wipe(secret, sizeof secret);
    return found;
}

/* One side alone is not opened: half a dialogue says things that were never said. */
static bool has_secrets(const struct tls_decrypt *d)
{
    return has_secret(d, TLS_SECRET_MASTER) ||
           (has_secret(d, TLS_SECRET_CLIENT_TRAFFIC) && has_secret(d, TLS_SECRET_SERVER_TRAFFIC));
}

static bool take_random(struct tls_decrypt *d, enum side side, struct bytes body)
{
    if (body.len < RANDOM_AT + TLS_RANDOM_LEN) {
        return false;
    }
    memcpy(d->random[side], body.data + RANDOM_AT, TLS_RANDOM_LEN);
    d->hello[side] = true;
    return true;
}

void tls_decrypt_client_hello(struct tls_decrypt *d, struct bytes body)
{
    struct tls_client_hello hello;
    struct bytes extension;

    if (!tls_handshake_client_hello(body, &hello) || !take_random(d, SIDE_CLIENT, body)) {
        return;
    }
    d->early = tls_handshake_find(hello.extensions, TLS_EXTENSION_EARLY_DATA, &extension);
    if (d->state == TLS_KEYS_NONE && has_secrets(d)) {
        d->state = TLS_KEYS_UNUSED;
    }
}

/* --- keys --- */

/* RFC 8446 section 7.3. */
static bool make_keys_13(const struct tls_decrypt *d, struct bytes secret,
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

static bool find_keys_13(const struct tls_decrypt *d, enum side side, bool traffic,
                         struct tls_record_keys *k)
{
    static const enum tls_secret which[SIDES][2] = {
        [SIDE_CLIENT] = {TLS_SECRET_CLIENT_HANDSHAKE, TLS_SECRET_CLIENT_TRAFFIC},
        [SIDE_SERVER] = {TLS_SECRET_SERVER_HANDSHAKE, TLS_SECRET_SERVER_TRAFFIC},
    };
    uint8_t secret[TLS_SECRET_MAX];
    size_t len = tls_keylog_find(d->log, d->random[SIDE_CLIENT], which[side][traffic], secret);
    bool made = make_keys_13(d, (struct bytes){secret, len}, k);

    crypto_wipe(secret, sizeof secret);
    return made;
}

/* RFC 8446 section 7.2. */
static bool make_next_keys(const struct tls_decrypt *d, const struct tls_record_keys *now,
                           struct tls_record_keys *next)
{
    uint8_t secret[TLS_SECRET_MAX];
    size_t len = crypto_digest_len(d->protection.suite.hash);
    bool made = crypto_expand_label(d->protection.suite.hash, (struct bytes){now->secret, len},
                                    "traffic upd", secret, len) &&
                make_keys_13(d, (struct bytes){secret, len}, next);

    crypto_wipe(secret, sizeof secret);
    return made;
}

/* RFC 5246 section 6.3: both MAC keys, both keys, both IVs, one behind the other. */
static bool make_keys_12(const struct tls_decrypt *d, enum side side, struct tls_record_keys *k)
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

/* --- what the handshake says --- */

void tls_decrypt_server_hello(struct tls_decrypt *d, struct bytes body)
{
    struct tls_server_hello hello;
    struct bytes extension;

    if (!d->hello[SIDE_CLIENT] || d->state == TLS_KEYS_MISFIT || d->state == TLS_KEYS_LOST ||
        !tls_handshake_server_hello(body, &hello) || hello.retry ||
        !take_random(d, SIDE_SERVER, body)) {
        return;
    }
    d->version = hello.version;
    d->protection.is_13 = is_13(d);
    d->protection.encrypt_then_mac = tls_handshake_find(
        hello.extensions, (enum tls_extension)EXTENSION_ENCRYPT_THEN_MAC, &extension);
    if ((d->version != VERSION_12 && !is_13(d)) ||
        !tls_suite_of(hello.cipher, &d->protection.suite) ||
        (is_13(d) && !d->protection.suite.tag_len)) {
        if (d->state != TLS_KEYS_NONE) {
            stop(d, TLS_KEYS_UNSUPPORTED);
        }
        return;
    }
    for (int side = 0; is_13(d) && d->state == TLS_KEYS_UNUSED && side < SIDES; side++) {
        d->half[side].stage = STAGE_HANDSHAKE;
        (void)find_keys_13(d, (enum side)side, false, &d->half[side].keys);
    }
}

void tls_decrypt_change_cipher(struct tls_decrypt *d, enum side side)
{
    struct half *h = &d->half[side];
    struct tls_record_keys keys;

    if (d->version != VERSION_12 || !d->hello[SIDE_SERVER] ||
        (d->state != TLS_KEYS_UNUSED && d->state != TLS_KEYS_FIT)) {
        return;
    }
    if (!make_keys_12(d, side, &keys)) {
        give_up(d);
        return;
    }
    forget(&h->keys);
    h->keys = keys;
    h->stage = STAGE_TRAFFIC;
    h->lost = 0;
}

void tls_decrypt_finished(struct tls_decrypt *d, enum side side)
{
    struct half *h = &d->half[side];
    struct tls_record_keys keys;

    if (!is_13(d) || h->stage != STAGE_HANDSHAKE) {
        return;
    }
    if (find_keys_13(d, side, true, &keys)) {
        forget(&h->keys);
        h->keys = keys;
        h->stage = STAGE_TRAFFIC;
    } else {
        give_up(d); /* of another length than the cipher wants */
    }
}

void tls_decrypt_key_update(struct tls_decrypt *d, enum side side)
{
    struct half *h = &d->half[side];
    struct tls_record_keys next;

    if (is_13(d) && h->stage == STAGE_TRAFFIC && make_next_keys(d, &h->keys, &next)) {
        forget(&h->keys);
        h->keys = next;
    }
}

/* --- records --- */

/* Data is protected always: the ChangeCipherSpec of this side was in a gap. */
static bool lacks_change(const struct tls_decrypt *d, enum side side)
{
    const struct half *h = &d->half[side];

    return h->stage == STAGE_CLEAR && h->gap && d->version == VERSION_12 && d->hello[SIDE_SERVER] &&
           (d->state == TLS_KEYS_UNUSED || d->state == TLS_KEYS_FIT);
}

bool tls_decrypt_expects(const struct tls_decrypt *d, enum side side, uint8_t type)
{
    if (d->half[side].stage == STAGE_CLEAR) {
        return type == RECORD_DATA && lacks_change(d, side);
    }
    return !is_13(d) || type == RECORD_DATA;
}

static bool try(struct tls_decrypt *d, const struct tls_record_keys *k, uint64_t number,
                const uint8_t *header, struct bytes fragment, struct tls_opened *out)
{
    uint8_t *room = tls_keylog_room(d->log);

    if (tls_unseal(&d->protection, k, number, header, fragment, room, &out->content)) {
        return true;
    }
    /* The trial may have laid bare what fits another number. */
    crypto_wipe(room, fragment.len < TLS_UNSEAL_ROOM - MORE_ROOM ? fragment.len + MORE_ROOM
                                                                 : TLS_UNSEAL_ROOM);
    return false;
}

/* The numbers that are possible behind a gap. On success *number is the one. */
static bool try_numbers(struct tls_decrypt *d, const struct tls_record_keys *k, uint64_t from,
                        uint64_t many, const uint8_t *header, struct bytes fragment,
                        struct tls_opened *out, uint64_t *number)
{
    for (*number = from; *number - from < many; ++*number) {
        if (d->tries++ >= LIMIT_TLS_TRIES) {
            d->gave_up = true;
            return false;
        }
        if (try(d, k, *number, header, fragment, out)) {
            return true;
        }
    }
    return false;
}

/* With keys that would come next: a Finished or a KeyUpdate lay in a gap, or could not be read. */
static bool try_next(struct tls_decrypt *d, enum side side, const uint8_t *header,
                     struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];
    struct tls_record_keys next = {0}, after;
    uint64_t number = 0;
    bool made, found = false;

    if (h->stage == STAGE_HANDSHAKE) {
        made = find_keys_13(d, side, true, &next);
    } else {
        made = h->lost && make_next_keys(d, &h->keys, &next);
    }
    for (int i = 0; made && !found && i < UPDATES_TRIED; i++) {
        found = try_numbers(d, &next, 0, h->lost + 1, header, fragment, out, &number);
        if (!found && !d->gave_up && h->lost && i + 1 < UPDATES_TRIED) {
            made = make_next_keys(d, &next, &after);
            forget(&next);
            next = after;
        } else {
            break;
        }
    }
    if (!found) {
        forget(&next);
        return false;
    }
    forget(&h->keys);
    h->keys = next;
    h->keys.number = number;
    h->stage = STAGE_TRAFFIC;
    return true;
}

static bool find_place(struct tls_decrypt *d, enum side side, const uint8_t *header,
                       struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];
    uint64_t number;

    out->jumped = 0;
    if (try(d, &h->keys, h->keys.number, header, fragment, out)) {
        return true;
    }
    if (d->gave_up) {
        return false;
    }
    if (h->lost && h->keys.cipher &&
        try_numbers(d, &h->keys, h->keys.number + 1, h->lost, header, fragment, out, &number)) {
        out->jumped = number - h->keys.number;
        h->keys.number = number;
        return true;
    }
    return is_13(d) && try_next(d, side, header, fragment, out);
}

bool tls_decrypt_finds(struct tls_decrypt *d, enum side side, const uint8_t *header,
                       struct bytes fragment)
{
    struct half *h = &d->half[side];
    struct tls_opened opened;
    uint64_t number;
    bool found =
        !d->gave_up && h->keys.cipher &&
        try_numbers(d, &h->keys, h->keys.number, h->lost + 1, header, fragment, &opened, &number);

    if (found) {
        tls_decrypt_wipe(d, &opened);
    }
    return found;
}

/* As find_place; the keys are kept when one of the numbers fits. */
static bool find_change(struct tls_decrypt *d, enum side side, const uint8_t *header,
                        struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];
    struct tls_record_keys keys;
    uint64_t number;

    out->jumped = 0; /* of those that were lost some are of the handshake */
    if (d->gave_up || !make_keys_12(d, side, &keys)) {
        return false;
    }
    if (!try_numbers(d, &keys, 0, h->lost + 2, header, fragment, out, &number)) {
        forget(&keys);
        return false;
    }
    h->keys = keys;
    h->keys.number = number;
    h->stage = STAGE_TRAFFIC;
    return true;
}

enum tls_open tls_decrypt_open(struct tls_decrypt *d, enum side side, const uint8_t *header,
                               struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];

    bool found = h->stage == STAGE_CLEAR ? find_change(d, side, header, fragment, out)
                                         : find_place(d, side, header, fragment, out);

    if (found) {
        h->keys.number++;
        h->lost = 0;
        h->closed = false;
        d->state = TLS_KEYS_FIT;
        d->opened = true;
        return TLS_OPEN_DONE;
    }
    if (is_13(d) && h->stage == STAGE_HANDSHAKE) {
        if (side == SIDE_CLIENT && d->early && h->keys.number == 0) {
            return TLS_OPEN_EARLY;
        }
        if (!h->keys.cipher) {
            return TLS_OPEN_NOT;
        }
    }
    if (h->stage == STAGE_CLEAR || (h->lost && !d->gave_up)) {
        h->closed = true;
        return TLS_OPEN_NOT;
    }
    give_up(d);
    return TLS_OPEN_MISFIT;
}

void tls_decrypt_wipe(struct tls_decrypt *d, const struct tls_opened *opened)
{
    const uint8_t *room = tls_keylog_room(d->log);

    crypto_wipe(tls_keylog_room(d->log), (size_t)(opened->content.plain.data - room) +
                                             opened->content.plain.len + BEHIND_TEXT);
}

void tls_decrypt_gap(struct tls_decrypt *d, enum side side)
{
    d->half[side].gap = true;
}

void tls_decrypt_skip(struct tls_decrypt *d, enum side side)
{
    struct half *h = &d->half[side];

    if (h->stage != STAGE_CLEAR) {
        h->keys.number++;
        h->lost += h->lost || is_13(d);
    }
}

void tls_decrypt_lost(struct tls_decrypt *d, enum side side, uint64_t missing)
{
    struct half *h = &d->half[side];
    uint64_t records = missing / RECORD_LEAST + 1;

    if (h->stage != STAGE_CLEAR || d->hello[SIDE_SERVER]) {
        h->lost += records < LIMIT_TLS_TRIES - h->lost ? records : LIMIT_TLS_TRIES - h->lost;
    }
}

size_t tls_decrypt_overhead(const struct tls_decrypt *d)
{
    return tls_unseal_overhead(&d->protection);
}

bool tls_decrypt_is_lost(const struct tls_decrypt *d, enum side side)
{
    return d->half[side].closed;
}

enum tls_keys tls_decrypt_keys(const struct tls_decrypt *d)
{
    return d->state;
}

bool tls_decrypt_gave_up(const struct tls_decrypt *d)
{
    return d->gave_up;
}

bool tls_decrypt_log_was_cut(const struct tls_decrypt *d)
{
    return d->state == TLS_KEYS_NONE && d->hello[SIDE_CLIENT] &&
           tls_keylog_totals(d->log)->dropped > 0;
}
