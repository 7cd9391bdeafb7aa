/* pcapng_interface.c - what a pcapng file says about one interface: link type, clock, drops.
 *
 *      interface description: link type 16, reserved 16, snap length 32, options
 *      option: type 16, length 16, value padded to 4; ends with type 0
 *      draft-ietf-opsawg-pcapng sections 4.2 and 4.6
 *
 * A list of options that breaks off costs what would have followed, nothing else.
 */
#include "capture/pcapng_interface.h"

#include "capture/record.h"

enum {
    OPTION_END = 0,
    OPTION_TSRESOL = 9,
    OPTION_TSOFFSET = 14,
    /* of statistics */
    OPTION_IFDROP = 5,
    OPTION_OSDROP = 7,
    /* of a packet */
    OPTION_DROPCOUNT = 4,
};

enum {
    RESOLUTION_BINARY = 0x80,
    RESOLUTION_MICRO = 6,
    RESOLUTION_NANO = 9,
    RESOLUTION_BINARY_FINE = 20, /* 2^-20 s is the first power of two below a microsecond */
};

#define SECOND_NS 1000000000

/* Ticks are 64 bits, and a tick may be a second: nanoseconds then need 94. */
__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

/* The next option of a list. False at its end, or where it breaks. */
static bool take_option(struct cursor *c, bool little, uint16_t *type, struct cursor *value)
{
    uint16_t len;
    struct bytes bytes;
    if (!take_u16_as(c, little, type) || !take_u16_as(c, little, &len) || *type == OPTION_END ||
        !take_bytes(c, len, &bytes)) {
        return false;
    }
    size_t padding = (4 - (len & 3u)) & 3u;
    if (!take_skip(c, padding)) {
        c->at = c->end; /* unpadded at the very end: harmless */
    }
    *value = cursor_of(bytes);
    return true;
}

static uint64_t tick_ns_of(uint8_t resolution)
{
    uint64_t ns = SECOND_NS;
    if (resolution > RESOLUTION_NANO) {
        return 0;
    }
    for (uint8_t n = 0; n < resolution; n++) {
        ns /= 10;
    }
    return ns;
}

/* Nanoseconds of so many ticks where a tick is no whole number of them. */
static wide divide(uint8_t resolution, uint64_t ticks)
{
    wide ns = (wide)ticks * SECOND_NS;
    unsigned n = resolution & 0x7fu;
    if (resolution & RESOLUTION_BINARY) {
        return ns >> n;
    }
    for (; n > 0 && ns > 0; n--) {
        ns /= 10;
    }
    return ns;
}

bool pcapng_interface_read(struct pcapng_interface *i, struct cursor body, bool little)
{
    uint16_t linktype, type;
    struct cursor value;
    *i = (struct pcapng_interface){.resolution = RESOLUTION_MICRO};
    if (!take_u16_as(&body, little, &linktype) || !take_skip(&body, 2) ||
        !take_u32_as(&body, little, &i->snaplen)) {
        return false;
    }
    i->linktype = linktype;
    while (take_option(&body, little, &type, &value)) {
        uint64_t offset;
        if (type == OPTION_TSRESOL && cursor_left(&value) == 1) {
            i->resolution = *value.at;
        } else if (type == OPTION_TSOFFSET && take_u64_as(&value, little, &offset)) {
            i->offset_s = (int64_t)offset;
        }
    }
    i->tick_ns = tick_ns_of(i->resolution);
    return true;
}

bool pcapng_interface_statistics(struct pcapng_interface *i, struct cursor options, bool little)
{
    bool told = false;
    uint16_t type;
    struct cursor value;
    while (take_option(&options, little, &type, &value)) {
        if ((type == OPTION_IFDROP && take_u64_as(&value, little, &i->dropped_interface)) ||
            (type == OPTION_OSDROP && take_u64_as(&value, little, &i->dropped_kernel))) {
            told = true;
        }
    }
    return told;
}

bool pcapng_interface_packet(struct pcapng_interface *i, struct cursor options, bool little)
{
    uint16_t type;
    uint64_t dropped;
    struct cursor value;
    while (take_option(&options, little, &type, &value)) {
        if (type == OPTION_DROPCOUNT && take_u64_as(&value, little, &dropped)) {
            bool fits = dropped <= UINT64_MAX - i->dropped_between;
            i->dropped_between = fits ? i->dropped_between + dropped : UINT64_MAX;
            return true;
        }
    }
    return false;
}

int64_t pcapng_interface_time(const struct pcapng_interface *i, uint64_t ticks)
{
    wide ns = i->tick_ns ? (wide)ticks * i->tick_ns : divide(i->resolution, ticks);
    signed_wide sum = (signed_wide)ns + (signed_wide)i->offset_s * SECOND_NS;
    if (sum < 0) {
        return 0;
    }
    return sum > RECORD_TIME_MAX ? RECORD_TIME_MAX : (int64_t)sum;
}

bool pcapng_interface_is_fine(const struct pcapng_interface *i)
{
    if (i->resolution & RESOLUTION_BINARY) {
        return i->resolution >= (RESOLUTION_BINARY | RESOLUTION_BINARY_FINE);
    }
    return i->resolution > RESOLUTION_MICRO;
}
