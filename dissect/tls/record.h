/* record.h - cuts one side's TLS stream into records, and handshake records into messages.
 * RFC 8446 section 5.1, RFC 5246 section 6.2. */
#ifndef DISSECT_TLS_RECORD_H
#define DISSECT_TLS_RECORD_H

#include "dissect/session.h"
#include "dissect/tcp/chunk.h"

/* Both sides of one TLS connection. */
struct tls_reader;

/* Writes into s. NULL when out of memory. */
struct tls_reader *tls_record_new(struct session *s);
void tls_record_free(struct tls_reader *r);
/* With the session's key log, if it has one: what is said inside goes to text, as chunks of data
 * and gaps. Their bytes are given the last places of the records they came in, so that what is
 * acknowledged, and when, stays true; places between the texts of two records are left out. */
void tls_record_open(struct tls_reader *r, chunk_sink text, void *ctx);
/* Reads all of data, which begins at offset of the side's stream. */
void tls_record_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
                     struct bytes data, uint64_t offset);
void tls_record_gap(struct tls_reader *r, enum side side, uint64_t offset, uint64_t missing,
                    struct mark mark);
/* The events of this chapter of the session are about to go. */
void tls_record_forget(struct tls_reader *r, uint32_t chapter);
void tls_record_end(struct tls_reader *r);
size_t tls_record_size(const struct tls_reader *r);

#endif
