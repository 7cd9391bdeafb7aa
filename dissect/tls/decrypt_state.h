/* decrypt_state.h - what the files that open one connection share; nobody else includes it.
 *
 *   decrypt.c   which keys hold when, record by record
 *   schedule.c  keys made of secrets
 *   trial.c     which record's number fits, where it cannot be counted
 */
#ifndef DISSECT_TLS_DECRYPT_STATE_H
#define DISSECT_TLS_DECRYPT_STATE_H

#include "dissect/tls/decrypt.h"
#include "dissect/tls/handshake.h"

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

static inline bool tls_decrypt_is_13(const struct tls_decrypt *d)
{
    return d->version == TLS_VERSION_13;
}

/* schedule.c: false when there is no such secret, or one of another length than the cipher wants;
 * nothing needs forgetting then. */
bool tls_schedule_find_13(const struct tls_decrypt *d, enum side side, bool traffic,
                          struct tls_record_keys *k);
MUST_USE bool tls_schedule_next(const struct tls_decrypt *d, const struct tls_record_keys *now,
                                struct tls_record_keys *next);
MUST_USE bool tls_schedule_12(const struct tls_decrypt *d, enum side side,
                              struct tls_record_keys *k);
void tls_schedule_forget(struct tls_record_keys *k);

/* trial.c: on success out lies in the key log's room, and the keys of this side are those that fit,
 * with the number of this record. */
MUST_USE bool tls_trial_place(struct tls_decrypt *d, enum side side, const uint8_t *header,
                              struct bytes fragment, struct tls_opened *out);
/* The same where the ChangeCipherSpec of this side was in a gap. */
MUST_USE bool tls_trial_change(struct tls_decrypt *d, enum side side, const uint8_t *header,
                               struct bytes fragment, struct tls_opened *out);
/* With these keys, and so many numbers from one on: *number is the one that fits. */
MUST_USE bool tls_trial_numbers(struct tls_decrypt *d, const struct tls_record_keys *k,
                                uint64_t from, uint64_t many, const uint8_t *header,
                                struct bytes fragment, struct tls_opened *out, uint64_t *number);

#endif
