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
#include "dissect/tls/decrypt_state.h"
#include "dissect/tls/handshake.h"

enum {
    VERSION_12 = 0x0303,
    RECORD_DATA = 23,
    RECORD_HEADER = 5,
    RANDOM_AT = 2,                   /* in a hello: behind its version */
    EXTENSION_ENCRYPT_THEN_MAC = 22, /* RFC 7366 */
    RECORD_LEAST = RECORD_HEADER + 17,
    BEHIND_TEXT = 2 * CRYPTO_DIGEST_MAX + UINT8_MAX, /* MAC and padding, at most */
};

struct tls_decrypt *tls_decrypt_new(struct tls_keylog *keys)
{
    struct tls_decrypt *d = calloc(1, sizeof *d);

    if (d) {
        d->log = keys;
    }
    return d;
}

static void stop(struct tls_decrypt *d, enum tls_keys why)
{
    d->state = why;
    for (int side = 0; side < SIDES; side++) {
        tls_schedule_forget(&d->half[side].keys);
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
    d->protection.is_13 = tls_decrypt_is_13(d);
    d->protection.encrypt_then_mac = tls_handshake_find(
        hello.extensions, (enum tls_extension)EXTENSION_ENCRYPT_THEN_MAC, &extension);
    if ((d->version != VERSION_12 && !tls_decrypt_is_13(d)) ||
        !tls_suite_of(hello.cipher, &d->protection.suite) ||
        (tls_decrypt_is_13(d) && !d->protection.suite.tag_len)) {
        if (d->state != TLS_KEYS_NONE) {
            stop(d, TLS_KEYS_UNSUPPORTED);
        }
        return;
    }
    for (int side = 0; tls_decrypt_is_13(d) && d->state == TLS_KEYS_UNUSED && side < SIDES;
         side++) {
        d->half[side].stage = STAGE_HANDSHAKE;
        (void)tls_schedule_find_13(d, (enum side)side, false, &d->half[side].keys);
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
    if (!tls_schedule_12(d, side, &keys)) {
        give_up(d);
        return;
    }
    tls_schedule_forget(&h->keys);
    h->keys = keys;
    h->stage = STAGE_TRAFFIC;
    h->lost = 0;
}

void tls_decrypt_finished(struct tls_decrypt *d, enum side side)
{
    struct half *h = &d->half[side];
    struct tls_record_keys keys;

    if (!tls_decrypt_is_13(d) || h->stage != STAGE_HANDSHAKE) {
        return;
    }
    if (tls_schedule_find_13(d, side, true, &keys)) {
        tls_schedule_forget(&h->keys);
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

    if (tls_decrypt_is_13(d) && h->stage == STAGE_TRAFFIC &&
        tls_schedule_next(d, &h->keys, &next)) {
        tls_schedule_forget(&h->keys);
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
    return !tls_decrypt_is_13(d) || type == RECORD_DATA;
}

bool tls_decrypt_finds(struct tls_decrypt *d, enum side side, const uint8_t *header,
                       struct bytes fragment)
{
    struct half *h = &d->half[side];
    struct tls_opened opened;
    uint64_t number;
    bool found = !d->gave_up && h->keys.cipher &&
                 tls_trial_numbers(d, &h->keys, h->keys.number, h->lost + 1, header, fragment,
                                   &opened, &number);

    if (found) {
        tls_decrypt_wipe(d, &opened);
    }
    return found;
}

enum tls_open tls_decrypt_open(struct tls_decrypt *d, enum side side, const uint8_t *header,
                               struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];

    bool found = h->stage == STAGE_CLEAR ? tls_trial_change(d, side, header, fragment, out)
                                         : tls_trial_place(d, side, header, fragment, out);

    if (found) {
        h->keys.number++;
        h->lost = 0;
        h->closed = false;
        d->state = TLS_KEYS_FIT;
        d->opened = true;
        return TLS_OPEN_DONE;
    }
    if (tls_decrypt_is_13(d) && h->stage == STAGE_HANDSHAKE) {
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
        h->lost += h->lost || tls_decrypt_is_13(d);
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
