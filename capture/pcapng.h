/* pcapng.h - the pcapng format, block by block; packets of all interfaces in file order. */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "capture/pcapng_interface.h"
#include "capture/record.h"
#include "capture/source.h"

enum {
    PCAPNG_HEADER_LEN = 12,      /* of a section header, as far as its byte order */
    PCAPNG_INTERFACE_MAX = 65536 /* described in one section */
};

/* Zero is its beginning. */
struct pcapng {
    bool little; /* byte order of this section */
    struct pcapng_interface *interfaces;
    size_t interface_count, interface_room;
    int64_t last_ns; /* time of the packet before */
    void (*secrets)(void *ctx, struct bytes lines); /* gets TLS key log lines; NULL: nobody */
    void *secrets_ctx;
};

/* Do these bytes (PCAPNG_HEADER_LEN) begin a section, and so a pcapng file? */
bool pcapng_matches(struct bytes head);
/* The next packet; in place, valid until the window is asked again. packets: how many came before.
 * Fills all of out but mark.packet, and what blocks between packets say about the input. */
enum record_answer pcapng_next(struct pcapng *f, struct window *w, uint64_t packets,
                               struct source_input *input, struct packet *out,
                               struct damage *damage);
/* Gives back everything. Who gets secrets is forgotten, too. */
void pcapng_reset(struct pcapng *f);

#endif
