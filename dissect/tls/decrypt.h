/* decrypt.h - opens the protected records of one TLS connection with secrets of a key log.
 * RFC 5246 section 6.2.3, RFC 5288, 6655, 7366, 7905; RFC 8446 section 5.2 and 7.
 *
 * Every record is authenticated before anything of it is believed: what is told was proven by its
 * tag. One record that should open and does not ends it for the connection.
 */
#ifndef DISSECT_TLS_DECRYPT_H
#define DISSECT_TLS_DECRYPT_H

#include "dissect/event.h"
#include "dissect/tls/unseal.h"

struct tls_decrypt;

enum tls_open {
    TLS_OPEN_DONE,
    TLS_OPEN_NOT,    /* it cannot be opened: the secrets of the handshake are not there, or it comes
                        behind a gap */
    TLS_OPEN_EARLY,  /* early data, whose keys are not used */
    TLS_OPEN_MISFIT, /* it should have opened: nothing more is; tls_decrypt_keys says why */
};

struct tls_opened {
    uint64_t jumped; /* so many records lay in the gap before it */
    /* Type 20 to 23; plain lies in the key log's room: wiped by tls_decrypt_wipe. */
    struct tls_unsealed content;
};

/* What became of it, for people. */
enum tls_keys {
    TLS_KEYS_NONE,   /* no key log, or not all it takes for this connection */
    TLS_KEYS_UNUSED, /* there are keys; nothing was opened yet */
    TLS_KEYS_FIT,    /* records were opened */
    TLS_KEYS_MISFIT,
    TLS_KEYS_LOST,        /* behind a gap it is not known which keys a record has */
    TLS_KEYS_UNSUPPORTED, /* there are keys; the version or cipher is not one we open */
};

/* NULL when out of memory. keys must outlive it. */
struct tls_decrypt *tls_decrypt_new(struct tls_keylog *keys);
/* Wipes every key; counts into the key log's totals what became of the connection. */
void tls_decrypt_free(struct tls_decrypt *d);

/* Bodies of messages, without their header, whether they came in clear or were opened. */
void tls_decrypt_client_hello(struct tls_decrypt *d, struct bytes body);
void tls_decrypt_server_hello(struct tls_decrypt *d, struct bytes body);
/* A ChangeCipherSpec, a Finished, a KeyUpdate of this side is complete: what follows has new keys.
 */
void tls_decrypt_change_cipher(struct tls_decrypt *d, enum side side);
void tls_decrypt_finished(struct tls_decrypt *d, enum side side);
void tls_decrypt_key_update(struct tls_decrypt *d, enum side side);

/* The next record of this side, with this type outside, is protected, and may be opened. */
bool tls_decrypt_expects(const struct tls_decrypt *d, enum side side, uint8_t type);
/* A whole record. header has 5 octets. */
enum tls_open tls_decrypt_open(struct tls_decrypt *d, enum side side, const uint8_t *header,
                               struct bytes fragment, struct tls_opened *out);
/* Would it open? Nothing is changed. */
bool tls_decrypt_finds(struct tls_decrypt *d, enum side side, const uint8_t *header,
                       struct bytes fragment);
void tls_decrypt_wipe(struct tls_decrypt *d, const struct tls_opened *opened);
/* Octets of this side are missing; skip or lost says which, where records are protected. */
void tls_decrypt_gap(struct tls_decrypt *d, enum side side);
/* A record of this side has a gap in it. */
void tls_decrypt_skip(struct tls_decrypt *d, enum side side);
/* So many octets are missing: any number of records that fit into them. */
void tls_decrypt_lost(struct tls_decrypt *d, enum side side, uint64_t missing);
/* Octets of a record that are not its text, as far as that is known before it is opened. */
size_t tls_decrypt_overhead(const struct tls_decrypt *d);

/* Records of this side came behind a gap, and none of them could be opened. */
bool tls_decrypt_is_lost(const struct tls_decrypt *d, enum side side);

enum tls_keys tls_decrypt_keys(const struct tls_decrypt *d);
/* LIMIT_TLS_TRIES was reached. */
bool tls_decrypt_gave_up(const struct tls_decrypt *d);
/* The key log held more than LIMIT_KEYLOG_SECRETS, and nothing for this connection is left. */
bool tls_decrypt_log_was_cut(const struct tls_decrypt *d);

#endif
