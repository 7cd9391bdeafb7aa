/* conversation.h - one connection: who reads the next byte, SMTP or TLS; the STARTTLS hand-over. */
#ifndef DISSECT_CONVERSATION_H
#define DISSECT_CONVERSATION_H

#include "dissect/session.h"
#include "dissect/tcp/chunk.h"

struct conversation;

/* Reads into s, in whose memory it lives. */
struct conversation *conversation_new(struct session *s);
void conversation_free(struct conversation *c);
/* A chunk_sink. Chunks of one side come in stream order; between the sides, a chunk comes after
 * everything of the other side that it acknowledges, as far as that was captured. */
void conversation_chunk(void *c, const struct chunk *chunk);
/* No more chunks: what is half-read is told as it stands. */
void conversation_end(struct conversation *c);
/* Nothing is expected soon: room kept for what may come is given back. */
void conversation_rest(struct conversation *c);
/* Bytes held for unfinished lines and handshake messages. */
size_t conversation_size(const struct conversation *c);

#endif
