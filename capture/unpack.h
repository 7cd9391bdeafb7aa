/* unpack.h - compressed data unpacked piece by piece: gzip, zstd, lz4.
 *
 * What a file holds, its first bytes say. Each compression is one struct unpack_format behind one
 * file, the only door to its library: inflate.c (zlib), zstd.c (libzstd), unlz4.c (liblz4).
 */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include "capture/bytes.h"

enum unpack_answer {
    UNPACK_MORE,  /* went on; wants more input or more room */
    UNPACK_END,   /* the last member ended, and so does the input */
    UNPACK_BROKEN /* what was unpacked before stands; unpack_reason says why no more */
};

/* How one member (gzip's word; a frame of zstd and lz4) goes on. */
enum unpack_member { MEMBER_MORE, MEMBER_END, MEMBER_BROKEN };

struct unpack_format {
    const char *name; /* "gzip" */
    const char *tool; /* unpacks a file to its standard output: "gzip -dc" */
    bool (*matches)(struct bytes head);
    void *(*new)(void); /* NULL: out of memory */
    void (*free)(void *state);
    /* Before a member that follows another. False: cannot be. NULL: nothing to do. */
    bool (*again)(void *state);
    /* Moves in and writes up to room bytes to out, *made says how many. Stops behind a member's
     * end. MEMBER_BROKEN: *reason is set, as it may end a sentence. */
    enum unpack_member (*step)(void *state, struct cursor *in, uint8_t *out, size_t room,
                               size_t *made, const char **reason);
};

/* What these first bytes begin, NULL: nothing that is known here. UNPACK_HEAD_LEN suffice. */
const struct unpack_format *unpack_recognize(struct bytes head);
enum { UNPACK_HEAD_LEN = 4 };

struct unpack;

/* NULL when out of memory. */
struct unpack *unpack_new(const struct unpack_format *format);
void unpack_free(struct unpack *u);

/* Unpacks from *in, which it moves, into room (at least one) bytes at out; *made says how many it
 * wrote. ended: the input has no more than *in. Members that follow one another are one stream;
 * zeros behind the last are padding. */
enum unpack_answer unpack_step(struct unpack *u, struct cursor *in, bool ended, uint8_t *out,
                               size_t room, size_t *made);
/* "invalid block type"; NULL when the input simply stopped too early. */
const char *unpack_reason(const struct unpack *u);
const char *unpack_name(const struct unpack *u);

#endif
