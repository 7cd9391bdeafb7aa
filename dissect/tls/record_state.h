/* record_state.h - what the files that read records share; nobody else includes it.
 *
 *   record.c     records, runs of hidden ones
 *   message.c    handshake messages
 *   protected.c  records that a key log opens
 *   search.c     where the next of those begins, behind a gap
 */
#ifndef DISSECT_TLS_RECORD_STATE_H
#define DISSECT_TLS_RECORD_STATE_H

#include "dissect/tls/decrypt.h"
#include "dissect/tls/record.h"

enum {
    RECORD_NONE = 0,
    RECORD_CCS = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23,
    RECORD_HEARTBEAT = 24, /* RFC 6520 */
    RECORD_HEADER = 5,
    RECORD_MAX = 16384 + 2048, /* RFC 5246 section 6.2.3 */
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_ENCRYPTED_EXTENSIONS = 8,
    MESSAGE_CERTIFICATE = 11,
    MESSAGE_SERVER_KEY_EXCHANGE = 12,
    MESSAGE_CERTIFICATE_REQUEST = 13,
    MESSAGE_SERVER_HELLO_DONE = 14,
    MESSAGE_FINISHED = 20,
    MESSAGE_CERTIFICATE_STATUS = 22,
    MESSAGE_KEY_UPDATE = 24,
    MESSAGE_HEADER = 4,
    /* An encrypted record shorter than this cannot be a TLS 1.3 Finished: an alert, then. */
    FINISHED_MIN = 45,
    /* A hello in the form of SSL 2: two octets of length, and a hello of this size at least. */
    SSL2_HEADER = 2,
    SSL2_HELLO_MIN = 9,
};

struct side_reader {
    uint8_t header[RECORD_HEADER];
    size_t header_len;
    uint8_t type;
    uint32_t left; /* of the record's fragment */
    uint32_t len;
    uint16_t version;
    uint64_t record_offset;
    struct mark record_first;
    bool lost;          /* no record boundary is known any more */
    bool hidden;        /* a ChangeCipherSpec was sent: handshake records are encrypted */
    bool record_broken; /* a gap fell into this record */
    bool record_opaque; /* behind a gap: where a message begins in it is not known */
    bool unsure;        /* a gap fell into handshake records: the next may begin inside a message */
    bool ssl2;          /* this record is a hello in the form of SSL 2 */
    bool gap;           /* bytes of this side are missing */
    uint8_t *message;   /* handshake bytes not read yet */
    size_t message_len, message_size;
    uint64_t message_skip; /* of a message too long to hold */
    uint64_t message_offset;
    struct mark message_first;
    uint8_t alert[2];
    size_t alert_len;
    struct event *run; /* the run being extended; NULL when the other side spoke since */
    struct event *opaque;
    uint64_t record_ack; /* peer_ack of the record's first packet */
    /* With a key log (protected.c): */
    bool sealed;          /* this record may be opened: its bytes are gathered */
    bool opened;          /* what is read now was opened */
    uint8_t *fragment;    /* the bytes gathered, when they came in pieces; NULL: none */
    size_t fragment_len;  /* of them, and of a record in one piece */
    struct bytes whole;   /* a record in one piece; valid while it is read */
    uint64_t lost_text;   /* octets of text in records with gaps that were not told yet */
    uint64_t lost_octets; /* octets of records of which nothing else is known */
    uint64_t lost_end;    /* where the last of them ends */
    struct mark lost_at;
    uint8_t *hay; /* bytes in which a record is looked for (search.c); NULL: no search */
    size_t hay_len;
    uint64_t hay_offset; /* of the first of them, in the stream */
};

struct tls_reader {
    struct session *s;
    struct side_reader side[SIDES];
    bool retry; /* a HelloRetryRequest was seen: the next hello is in clear again */
    struct tls_decrypt *decrypt; /* NULL: there is no key log */
    chunk_sink text;             /* gets what was said inside */
    void *text_ctx;
};

/* record.c */
/* A step of the handshake: a message, an alert, a ChangeCipherSpec. */
struct event *tls_record_add(struct tls_reader *r, enum side side, const struct chunk *chunk,
                             struct mark first, uint64_t offset, uint64_t end);
/* The alert in me->alert is whole. */
void tls_record_alert(struct tls_reader *r, enum side side, const struct chunk *chunk,
                      uint64_t end);
/* A ChangeCipherSpec is whole. */
void tls_record_change_cipher(struct tls_reader *r, enum side side, const struct chunk *chunk,
                              uint64_t end);
void tls_record_note_finished(struct tls_reader *r, enum side side, struct mark mark);
/* The runs of both sides are over. */
void tls_record_close_runs(struct tls_reader *r);

/* message.c */
/* Handshake bytes of one record. */
void tls_message_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
                      struct bytes b);
/* Appends to the handshake bytes held. False: too many, or out of memory. */
MUST_USE bool tls_message_hold(struct side_reader *me, struct bytes b);
/* A hello in the form of SSL 2 is whole: what is held. */
void tls_message_end_ssl2(struct tls_reader *r, const struct chunk *chunk, uint64_t end);

/* protected.c */
/* A record's header was read. */
void tls_protected_begin(struct tls_reader *r, enum side side);
/* Bytes of it. */
void tls_protected_take(struct tls_reader *r, enum side side, struct bytes b);
/* It is over, whole or with a gap in it. False: it stays hidden. */
MUST_USE bool tls_protected_end(struct tls_reader *r, enum side side, const struct chunk *chunk,
                                uint64_t end);
/* A handshake message, in clear or opened. */
void tls_protected_message(struct tls_reader *r, enum side side, uint8_t type, struct bytes body,
                           struct mark mark);
/* Octets are missing between records, the last of them before `end`. */
void tls_protected_lost(struct tls_reader *r, enum side side, uint64_t missing, uint64_t end,
                        struct mark mark);
/* The same, of octets that were captured, in a record that is told as missing already. */
void tls_protected_lost_tail(struct tls_reader *r, enum side side, uint64_t len, uint64_t end,
                             struct mark mark);
/* The stream is over. */
void tls_protected_close(struct tls_reader *r);
/* Of this reader, in octets. */
size_t tls_protected_size(const struct tls_reader *r);
void tls_protected_free(struct tls_reader *r);

/* search.c */
enum { TLS_SEARCH_ROOM = 2 * (RECORD_HEADER + RECORD_MAX) };
/* No record begins here; me->header holds octets that were taken for one's header and end at
 * offset. False: nobody can tell where the next one begins. */
MUST_USE bool tls_search_begin(struct tls_reader *r, enum side side, uint64_t offset);
/* More bytes, while me->hay is there; those behind what is found are read as records again. */
void tls_search_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
                     struct bytes data, uint64_t offset);
void tls_search_free(struct side_reader *me);

#endif
