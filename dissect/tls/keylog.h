/* keylog.h - secrets of TLS sessions that somebody recorded, by the client random they belong to.
 *
 * The format is that of SSLKEYLOGFILE (draft-ietf-tls-keylogfile), as browsers, curl, OpenSSL and
 * GnuTLS write it; in a Decryption Secrets Block of pcapng it is the same.
 *
 * Secrets lie in memory that is left out of core dumps, and are overwritten when it is given back.
 */
#ifndef DISSECT_TLS_KEYLOG_H
#define DISSECT_TLS_KEYLOG_H

#include "capture/bytes.h"

enum { TLS_RANDOM_LEN = 32, TLS_SECRET_MAX = 48 };

/* Those that open records. */
enum tls_secret {
    TLS_SECRET_MASTER, /* CLIENT_RANDOM: the master secret, up to TLS 1.2 */
    TLS_SECRET_CLIENT_HANDSHAKE,
    TLS_SECRET_SERVER_HANDSHAKE,
    TLS_SECRET_CLIENT_TRAFFIC,
    TLS_SECRET_SERVER_TRAFFIC,
    TLS_SECRETS
};

struct tls_keylog_totals {
    uint64_t lines;   /* but empty ones and comments */
    uint64_t secrets; /* of them, those that were kept */
    uint64_t strange; /* of them, those that are no line of a key log, cut ones among them */
    uint64_t dropped; /* secrets given up at LIMIT_KEYLOG_SECRETS, the oldest first */
    /* Sessions whose ClientHello was read, by what became of them. */
    uint64_t opened;  /* the keys fit */
    uint64_t partly;  /* they fit, until a record was not as it was sent, or a gap hid new keys */
    uint64_t misfits; /* there were keys, and they do not fit */
    uint64_t lost;    /* there were keys; behind a gap nobody knows which hold */
    uint64_t unsupported; /* there were keys; the version or cipher is not one we open */
    uint64_t keyless;
};

struct tls_keylog;

/* Empty. NULL when out of memory. */
struct tls_keylog *tls_keylog_new(void);
void tls_keylog_free(struct tls_keylog *k);
/* Whole lines; the last one may lack its end. */
void tls_keylog_add(struct tls_keylog *k, struct bytes lines);
/* The secret last added for this client random: its length, or 0 when there is none. */
size_t tls_keylog_find(const struct tls_keylog *k, const uint8_t random[TLS_RANDOM_LEN],
                       enum tls_secret which, uint8_t out[TLS_SECRET_MAX]);
/* To be counted in by who opens records. */
struct tls_keylog_totals *tls_keylog_totals(struct tls_keylog *k);
/* Room for one record and what is computed with it, shared by all; whoever uses it wipes it. */
enum { TLS_KEYLOG_ROOM = 20480 };
uint8_t *tls_keylog_room(struct tls_keylog *k);

#endif
