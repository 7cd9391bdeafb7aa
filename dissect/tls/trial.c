/* trial.c - which number, and which keys, a record has when that cannot be counted: behind a gap
 * the possible ones are tried, and the tag says which it was. LIMIT_TLS_TRIES for one connection.
 */
#include "dissect/limits.h"
#include "dissect/tls/decrypt_state.h"

enum {
    MORE_ROOM = 64,    /* what a trial takes besides the fragment */
    UPDATES_TRIED = 3, /* KeyUpdates that may lie in one gap */
};

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
bool tls_trial_numbers(struct tls_decrypt *d, const struct tls_record_keys *k, uint64_t from,
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
        made = tls_schedule_find_13(d, side, true, &next);
    } else {
        made = h->lost && tls_schedule_next(d, &h->keys, &next);
    }
    for (int i = 0; made && !found && i < UPDATES_TRIED; i++) {
        found = tls_trial_numbers(d, &next, 0, h->lost + 1, header, fragment, out, &number);
        if (!found && !d->gave_up && h->lost && i + 1 < UPDATES_TRIED) {
            made = tls_schedule_next(d, &next, &after);
            tls_schedule_forget(&next);
            next = after;
        } else {
            break;
        }
    }
    if (!found) {
        tls_schedule_forget(&next);
        return false;
    }
    tls_schedule_forget(&h->keys);
    h->keys = next;
    h->keys.number = number;
    h->stage = STAGE_TRAFFIC;
    return true;
}

bool tls_trial_place(struct tls_decrypt *d, enum side side, const uint8_t *header,
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
        tls_trial_numbers(d, &h->keys, h->keys.number + 1, h->lost, header, fragment, out,
                          &number)) {
        out->jumped = number - h->keys.number;
        h->keys.number = number;
        return true;
    }
    return tls_decrypt_is_13(d) && try_next(d, side, header, fragment, out);
}

/* As find_place; the keys are kept when one of the numbers fits. */
bool tls_trial_change(struct tls_decrypt *d, enum side side, const uint8_t *header,
                      struct bytes fragment, struct tls_opened *out)
{
    struct half *h = &d->half[side];
    struct tls_record_keys keys;
    uint64_t number;

    out->jumped = 0; /* of those that were lost some are of the handshake */
    if (d->gave_up || !tls_schedule_12(d, side, &keys)) {
        return false;
    }
    if (!tls_trial_numbers(d, &keys, 0, h->lost + 2, header, fragment, out, &number)) {
        tls_schedule_forget(&keys);
        return false;
    }
    h->keys = keys;
    h->keys.number = number;
    h->stage = STAGE_TRAFFIC;
    return true;
}
