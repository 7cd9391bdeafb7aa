/* window.h - a window that slides over one input's bytes, unpacking them where they are packed.
 *
 *      input:  ......................|#######################|..............
 *      window:                      at                      end
 *
 * A reader asks for as many bytes as its next item has, reads them in place, and moves on. Asking
 * changes nothing when the bytes are not there, so a reader that is told WINDOW_AGAIN (a signal
 * came while it waited for a pipe) simply starts its item again on the next call.
 */
#ifndef CAPTURE_WINDOW_H
#define CAPTURE_WINDOW_H

#include "capture/bytes.h"
#include "capture/crypto.h"
#include "capture/unpack.h"

/* The most bytes that can be asked for at once, and so the window's bound in memory. */
enum { WINDOW_NEED_MAX = 16 * 1024 * 1024 + 64 };

enum window_answer {
    WINDOW_HERE,  /* at least so many bytes are at w->at */
    WINDOW_SHORT, /* the input has fewer; trouble says whether it simply ended */
    WINDOW_AGAIN  /* a signal came first; ask again */
};

enum window_trouble {
    TROUBLE_NONE,
    TROUBLE_READ,         /* read(2) failed: error */
    TROUBLE_MEMORY,       /* the window could not grow */
    TROUBLE_PACKED_CUT,   /* the input ended inside compressed data */
    TROUBLE_PACKED_BROKEN /* unpack_reason(unpack) */
};

/* What a window reads. */
struct window_input {
    int fd;                 /* -1: path is opened for each read, and closed */
    bool owns_fd;           /* closed with the window */
    const char *path;       /* of a regular file; stays the caller's */
    uint64_t device, inode; /* which path must still be */
};

struct window {
    const uint8_t *at, *end; /* the bytes in hand; at <= end */
    uint8_t *buffer;
    size_t size;
    uint64_t base;    /* where buffer[0] stands in the (unpacked) input */
    uint64_t to_skip; /* still to be passed over; only when at == end */
    struct window_input input;
    bool ended; /* nothing comes after end */
    enum window_trouble trouble;
    int error;                /* errno of TROUBLE_READ */
    uint64_t stored;          /* bytes read so far of the input as stored */
    struct crypto_hash *hash; /* NULL, or of the stored bytes */
    struct unpack *unpack;    /* NULL: not compressed */
    uint8_t *packed;          /* what is unpacked from */
    struct cursor packed_left;
    bool packed_ended;
};

/* False when out of memory. */
MUST_USE bool window_init(struct window *w, const struct window_input *input, bool hash);
/* Gives back everything; the counts and the trouble are gone too. */
void window_reset(struct window *w);

/* From here on the input is compressed: what is in hand becomes packed data. False: out of memory.
 */
MUST_USE bool window_unpack(struct window *w, const struct unpack_format *format);

enum window_answer window_fill(struct window *w, size_t len);

/* Are len bytes (1 to WINDOW_NEED_MAX) in hand? Fetches them. Pointers into the window are
 * invalid after this. */
static inline enum window_answer window_need(struct window *w, size_t len)
{
    return (size_t)(w->end - w->at) >= len ? WINDOW_HERE : window_fill(w, len);
}

/* Passes over bytes, which need not be in hand and may be more than the input has. */
void window_skip(struct window *w, uint64_t len);

/* Where at stands in the (unpacked) input. */
static inline uint64_t window_offset(const struct window *w)
{
    return w->base + (uint64_t)(w->at - w->buffer);
}

/* The bytes in hand. */
static inline struct bytes window_rest(const struct window *w)
{
    return (struct bytes){w->at, (size_t)(w->end - w->at)};
}

/* Overwrites bytes that were taken from the window just now and must not stay in memory. */
void window_wipe(struct window *w, struct bytes taken);

/* Reads what is left of the stored input, so that the hash covers all of it. */
void window_drain(struct window *w);

#endif
