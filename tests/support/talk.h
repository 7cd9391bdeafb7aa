/* talk.h - a conversation as text, as chunks to feed and lines to expect (tests/README.md). */
#ifndef TESTS_SUPPORT_TALK_H
#define TESTS_SUPPORT_TALK_H

#include "dissect/tcp/chunk.h"

/* One marker of a talk: what one packet brought. */
struct turn {
    enum chunk_kind kind;
    enum side side;
    uint8_t *data; /* CHUNK_DATA */
    size_t len;
    uint64_t missing;    /* CHUNK_GAP */
    bool acked, snapped; /* CHUNK_GAP */
    bool reset;          /* CHUNK_END */
    uint64_t offset;     /* of its first byte in its side's stream */
    uint64_t peer_ack;   /* everything of the other side said before it */
    unsigned line;       /* where it stands in the file */
};

struct talk {
    char *name;
    uint16_t port;
    bool mail_port;
    bool midstream; /* no SYN was seen */
    bool closed;    /* it ends with a close of the connection, not with the capture */
    struct turn *turns;
    size_t turn_count;
    char **expected; /* the lines below "===", trimmed, without comments */
    size_t expected_count;
    char **canaries; /* no text of the session may hold these */
    size_t canary_count;
};

/* NULL with a message on standard error when the file cannot be read or is no talk. */
struct talk *talk_read(const char *path);
void talk_free(struct talk *t);

/* How a talk is cut before it is fed. */
struct cut {
    enum { CUT_NONE, CUT_BYTES, CUT_AT, CUT_JOINED } how;
    size_t turn, at; /* CUT_AT: this turn, before this byte */
};

/* Feeds the chunks of a talk. The packet number of a chunk is that of its turn, however it is cut.
 */
void talk_feed(const struct talk *t, struct cut cut, chunk_sink sink, void *ctx);

#endif
