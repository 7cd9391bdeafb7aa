/* inflate.c - gzip data unpacked piece by piece, through zlib.
 *
 * A capture written by several runs, or packed in parallel, is several gzip members one behind the
 * other; they are unpacked as one stream. Tapes and block devices pad with zeros; those are
 * ignored.
 */
#include "capture/inflate.h"

#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
    GZIP_ONLY = 16 + MAX_WBITS, /* inflateInit2: expect a gzip header, largest window */
};

/* What the next byte of input belongs to. */
enum place { IN_MEMBER, BETWEEN_MEMBERS, IN_PADDING };

struct inflate {
    z_stream stream;
    enum place place;
    const char *reason;
};

static enum inflate_answer broken(struct inflate *z, const char *reason)
{
    z->reason = reason;
    return INFLATE_BROKEN;
}

/* Passes zeros; anything else behind them is not ours. */
static enum inflate_answer pass_padding(struct inflate *z, struct cursor *in, bool ended)
{
    uint8_t byte;
    while (take_u8(in, &byte)) {
        if (byte != 0) {
            return broken(z, "other data behind the last gzip member");
        }
    }
    return ended ? INFLATE_END : INFLATE_MORE;
}

static enum inflate_answer begin_member(struct inflate *z, const struct cursor *in, bool ended)
{
    if (cursor_left(in) == 0) {
        return ended ? INFLATE_END : INFLATE_MORE;
    }
    z->place = *in->at == 0 ? IN_PADDING : IN_MEMBER;
    if (z->place == IN_MEMBER && inflateReset(&z->stream) != Z_OK) {
        return broken(z, "internal error");
    }
    return INFLATE_MORE;
}

static enum inflate_answer unpack(struct inflate *z, struct cursor *in, bool ended, uint8_t *out,
                                  size_t room, size_t *made)
{
    size_t left = cursor_left(in);
    z->stream.next_in = in->at;
    z->stream.avail_in = left > UINT_MAX ? UINT_MAX : (uInt)left;
    z->stream.next_out = out;
    z->stream.avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
    int answer = inflate(&z->stream, Z_NO_FLUSH);
    in->at = z->stream.next_in;
    *made = (size_t)(z->stream.next_out - out);
    if (answer == Z_STREAM_END) {
        z->place = BETWEEN_MEMBERS;
        return INFLATE_MORE;
    }
    if (answer != Z_OK && answer != Z_BUF_ERROR) {
        return broken(z, z->stream.msg ? z->stream.msg : "out of memory");
    }
    bool starved = cursor_left(in) == 0 && z->stream.avail_out > 0;
    return ended && starved ? broken(z, NULL) : INFLATE_MORE;
}

struct inflate *inflate_new(void)
{
    struct inflate *z = calloc(1, sizeof *z);
    if (z && inflateInit2(&z->stream, GZIP_ONLY) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

void inflate_free(struct inflate *z)
{
    if (z) {
        inflateEnd(&z->stream);
        free(z);
    }
}

enum inflate_answer inflate_step(struct inflate *z, struct cursor *in, bool ended, uint8_t *out,
                                 size_t room, size_t *made)
{
    *made = 0;
    if (z->place == BETWEEN_MEMBERS) {
        enum inflate_answer answer = begin_member(z, in, ended);
        if (answer != INFLATE_MORE || z->place == BETWEEN_MEMBERS) {
            return answer;
        }
    }
    if (z->place == IN_PADDING) {
        return pass_padding(z, in, ended);
    }
    return unpack(z, in, ended, out, room, made);
}

const char *inflate_reason(const struct inflate *z)
{
    return z->reason;
}

const char *inflate_library_version(void)
{
    return zlibVersion();
}
