/* inflate.c - gzip data (RFC 1952), through zlib. Its memory is a window of 32 KiB. */
#include "capture/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
    GZIP_ONLY = 16 + MAX_WBITS, /* inflateInit2: expect a gzip header, largest window */
};

static bool matches(struct bytes head)
{
    static const uint8_t magic[] = {0x1f, 0x8b, 8}; /* two of identity, deflate */
    return head.len >= sizeof magic && memcmp(head.data, magic, sizeof magic) == 0;
}

static void *new_state(void)
{
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream && inflateInit2(stream, GZIP_ONLY) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

static void free_state(void *state)
{
    inflateEnd(state);
    free(state);
}

static bool again(void *state)
{
    return inflateReset(state) == Z_OK;
}

static enum unpack_member step(void *state, struct cursor *in, uint8_t *out, size_t room,
                               size_t *made, const char **reason)
{
    z_stream *stream = state;
    size_t left = cursor_left(in);
    stream->next_in = in->at;
    stream->avail_in = left > UINT_MAX ? UINT_MAX : (uInt)left;
    stream->next_out = out;
    stream->avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
    int answer = inflate(stream, Z_NO_FLUSH);
    in->at = stream->next_in;
    *made = (size_t)(stream->next_out - out);
    if (answer == Z_STREAM_END) {
        return MEMBER_END;
    }
    if (answer != Z_OK && answer != Z_BUF_ERROR) {
        *reason = stream->msg ? stream->msg : "out of memory";
        return MEMBER_BROKEN;
    }
    return MEMBER_MORE;
}

const struct unpack_format inflate_format = {
    .name = "gzip",
    .tool = "gzip -dc",
    .matches = matches,
    .new = new_state,
    .free = free_state,
    .again = again,
    .step = step,
};

const char *inflate_library_version(void)
{
    return zlibVersion();
}
