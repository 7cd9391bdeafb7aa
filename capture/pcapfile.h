/* pcapfile.h - the classic pcap format, record by record. */
#ifndef CAPTURE_PCAPFILE_H
#define CAPTURE_PCAPFILE_H

#include "capture/record.h"
#include "capture/source.h"

enum { PCAPFILE_HEADER_LEN = 24 };

struct pcapfile {
    bool little;          /* byte order of its integers */
    bool lengths_swapped; /* before version 2.3 the length on the wire came first */
    bool lengths_either;  /* in version 2.3 it depends on the writer */
    bool is_modified;     /* by the magic of patched programs */
    bool plain;           /* records stand as the format says, in this machine's byte order */
    uint32_t tick_ns;     /* what a sub-second unit is worth: 1000 or 1 */
    uint32_t packet_max;  /* a longer packet is damage */
    size_t begin_len;     /* of the file header */
    size_t header_len;    /* of a record; 0 until the first is seen */
    int linktype;
    uint32_t snaplen;
};

/* Do these bytes (4 suffice) begin a classic pcap file? */
bool pcapfile_matches(struct bytes head);
/* Takes the file header. False when these are fewer than PCAPFILE_HEADER_LEN bytes, or not one. */
bool pcapfile_begin(struct pcapfile *f, struct bytes header, struct source_input *input);
/* The next packet; in place, valid until the window is asked again. packets: how many came before.
 * Fills all of out but mark.packet. */
enum record_answer pcapfile_next(struct pcapfile *f, struct window *w, uint64_t packets,
                                 struct packet *out, struct damage *damage);

#endif
