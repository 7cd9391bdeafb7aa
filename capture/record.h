/* record.h - what the readers of the two capture formats, pcapfile.c and pcapng.c, have in common:
 * how they answer, and the words for where an input is damaged. */
#ifndef CAPTURE_RECORD_H
#define CAPTURE_RECORD_H

#include "capture/window.h"

enum record_answer {
    RECORD_PACKET,
    RECORD_OTHER,  /* read, but not a packet: go on (stays inside the reader) */
    RECORD_AGAIN,  /* a signal came while waiting; nothing was lost */
    RECORD_END,    /* the input ends where a record ends */
    RECORD_DAMAGED /* it does not; the damage is described */
};

enum {
    /* The largest snap length capture programs use; what a record may hold at least. */
    RECORD_PACKET_MAX = 262144,
    /* No more is believed even where the input states a longer one. */
    RECORD_STATED_MAX = 16 * 1024 * 1024
};

/* Latest packet time handed out, in ns: the year 2255, seven years before the 64 bits end, so that
 * whoever adds a waiting time to it need not look out. The earliest is 0. */
#define RECORD_TIME_MAX INT64_C(9000000000000000000)

/* A clause that follows the input's name: "ends inside packet 3 (40 of 60 bytes)". */
struct damage {
    char text[200];
};

/* "is damaged after packet 12: " and the rest; packets: how many were whole. RECORD_DAMAGED. */
enum record_answer damage_after(struct damage *damage, uint64_t packets, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The input was short of len bytes for what ("packet 3"), of which the first skip are the record's
 * own header and not worth telling. RECORD_END when it ended cleanly between records. */
enum record_answer record_short(const struct window *w, uint64_t packets, const char *what,
                                size_t len, size_t skip, struct damage *damage);

#endif
