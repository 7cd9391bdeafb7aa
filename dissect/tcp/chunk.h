/* chunk.h - what reassembly hands on, in stream order for each side. */
#ifndef DISSECT_TCP_CHUNK_H
#define DISSECT_TCP_CHUNK_H

#include "dissect/event.h"

enum chunk_kind { CHUNK_DATA, CHUNK_GAP, CHUNK_END };

struct chunk {
    enum chunk_kind kind;
    enum side side;
    uint64_t offset;   /* of its first byte, from the start of the stream */
    struct bytes data; /* CHUNK_DATA: valid until the sink returns */
    uint64_t missing;  /* CHUNK_GAP: how many bytes we never saw */
    bool acked;        /* CHUNK_GAP: the peer got them, so the capture lost them, not the network */
    bool snapped;      /* CHUNK_GAP: cut by the snap length */
    bool reset;        /* CHUNK_END: by RST or eviction, not by FIN */
    uint64_t peer_ack; /* how much of the other side's stream the packet acknowledged */
    struct mark mark;  /* packet it came in; CHUNK_GAP: the packet that proved it */
};

typedef void (*chunk_sink)(void *ctx, const struct chunk *chunk);

#endif
