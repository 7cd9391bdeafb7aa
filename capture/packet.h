/* packet.h - one packet as captured, and where a reader finds it again. */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include "capture/bytes.h"

/* Where something stands in the input. packet counts from 1 within its file; 0 means "nowhere".
 * The file's index (0 for the first file named) is in the upper 16 bits, so that a mark of one
 * file reads as a plain frame number. time_ns counts from 1970-01-01 UTC. */
struct mark {
    uint64_t packet;
    int64_t time_ns;
};

enum { MARK_FILE_SHIFT = 48 };

static inline uint64_t mark_frame(struct mark m)
{
    return m.packet & ((UINT64_C(1) << MARK_FILE_SHIFT) - 1);
}

static inline unsigned mark_file(struct mark m)
{
    return (unsigned)(m.packet >> MARK_FILE_SHIFT);
}

/* Link types by their pcap number (LINKTYPE_*, tcpdump.org/linktypes.html). */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12, /* DLT_RAW of some systems */
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_SLL2 = 276,
};

struct packet {
    struct mark mark;
    int linktype;
    uint32_t wire_len; /* length on the wire; data.len is smaller when the snap length cut it */
    struct bytes data; /* valid until the next packet is asked for */
};

#endif
