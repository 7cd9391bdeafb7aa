/* pcapng_interface.h - what a pcapng file says about one interface: link type, clock, drops. */
#ifndef CAPTURE_PCAPNG_INTERFACE_H
#define CAPTURE_PCAPNG_INTERFACE_H

#include "capture/bytes.h"

struct pcapng_interface {
    int linktype;
    uint32_t snaplen;   /* 0: none */
    uint8_t resolution; /* option if_tsresol: 10^-n, or with the highest bit set 2^-n seconds */
    uint64_t tick_ns;   /* what a tick is worth, 0 when that is no whole number of ns */
    int64_t offset_s;   /* option if_tsoffset: added to each time */
    uint64_t dropped_kernel, dropped_interface; /* as its latest statistics block counts */
    uint64_t dropped_between; /* as its packets count, each since the one before */
};

/* Reads the body of an interface description. False when it is too short to be one. */
MUST_USE bool pcapng_interface_read(struct pcapng_interface *i, struct cursor body, bool little);

/* Reads the options of a statistics block; true when they tell drops. */
bool pcapng_interface_statistics(struct pcapng_interface *i, struct cursor options, bool little);

/* Reads the options of a packet; true when they tell drops. */
bool pcapng_interface_packet(struct pcapng_interface *i, struct cursor options, bool little);

/* A time in ticks of the interface's clock as ns since 1970, 0 to RECORD_TIME_MAX. */
int64_t pcapng_interface_time(const struct pcapng_interface *i, uint64_t ticks);

/* Does its clock tick more than once a microsecond? */
bool pcapng_interface_is_fine(const struct pcapng_interface *i);

#endif
