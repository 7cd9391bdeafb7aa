/* zstd.c - Zstandard data (RFC 8878), through libzstd.
 *
 * A frame says how far back it refers, and so how much memory unpacking takes; more than zstd's own
 * default, 128 MiB, is refused. Skippable frames carry what is not ours and are passed over: pzstd
 * begins with one.
 *
 * The library is given what it asks for next and no more: a broken block then costs itself, not
 * what stands before it.
 */
#include "capture/zstd.h"

#include <stdlib.h>

#include <zstd.h>

enum {
    WINDOW_LOG_MAX = 27,
    PACK_LEVEL = 1,
    FRAME_BEGIN_LEN = 5, /* magic, and what says how long the header is */
};

#define FRAME_MAGIC     0xfd2fb528u /* section 3.1.1 */
#define SKIPPABLE_MAGIC 0x184d2a50u /* section 3.1.2; the lowest four bits are free */

static bool matches(struct bytes head)
{
    struct cursor c = cursor_of(head);
    uint32_t magic;
    return take_u32_as(&c, true, &magic) &&
           (magic == FRAME_MAGIC || (magic & ~0xfu) == SKIPPABLE_MAGIC);
}

struct zstd_stream {
    ZSTD_DCtx *context;
    size_t wanted; /* bytes of input it asks for next; 0: a frame begins */
};

static void free_state(void *state)
{
    struct zstd_stream *z = state;
    ZSTD_freeDCtx(z->context);
    free(z);
}

static void *new_state(void)
{
    struct zstd_stream *z = calloc(1, sizeof *z);
    if (!z) {
        return NULL;
    }
    z->context = ZSTD_createDCtx();
    if (!z->context ||
        ZSTD_isError(ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        free_state(z);
        return NULL;
    }
    return z;
}

static enum unpack_member step(void *state, struct cursor *in, uint8_t *out, size_t room,
                               size_t *made, const char **reason)
{
    struct zstd_stream *z = state;
    size_t wanted = z->wanted ? z->wanted : FRAME_BEGIN_LEN;
    size_t left = cursor_left(in);
    ZSTD_inBuffer from = {in->at, left < wanted ? left : wanted, 0};
    ZSTD_outBuffer to = {out, room, 0};
    z->wanted = ZSTD_decompressStream(z->context, &to, &from);
    in->at += from.pos;
    *made = to.pos;
    if (ZSTD_isError(z->wanted)) {
        *reason = ZSTD_getErrorName(z->wanted);
        return MEMBER_BROKEN;
    }
    return z->wanted == 0 ? MEMBER_END : MEMBER_MORE;
}

const struct unpack_format zstd_format = {
    .name = "zstd",
    .tool = "zstd -dc",
    .matches = matches,
    .new = new_state,
    .free = free_state,
    .step = step,
};

const char *zstd_library_version(void)
{
    return ZSTD_versionString();
}

struct zstd_packer {
    ZSTD_CCtx *packing;
    ZSTD_DCtx *unpacking;
    ZSTD_CDict *pack_dictionary;
    ZSTD_DDict *unpack_dictionary;
};

struct zstd_packer *zstd_packer_new(struct bytes dictionary)
{
    struct zstd_packer *p = calloc(1, sizeof *p);

    if (!p) {
        return NULL;
    }
    *p = (struct zstd_packer){ZSTD_createCCtx(), ZSTD_createDCtx(),
                              ZSTD_createCDict(dictionary.data, dictionary.len, PACK_LEVEL),
                              ZSTD_createDDict(dictionary.data, dictionary.len)};
    if (!p->packing || !p->unpacking || !p->pack_dictionary || !p->unpack_dictionary) {
        zstd_packer_free(p);
        return NULL;
    }
    return p;
}

void zstd_packer_free(struct zstd_packer *p)
{
    if (p) {
        ZSTD_freeCCtx(p->packing);
        ZSTD_freeDCtx(p->unpacking);
        ZSTD_freeCDict(p->pack_dictionary);
        ZSTD_freeDDict(p->unpack_dictionary);
        free(p);
    }
}

size_t zstd_packer_room(size_t len)
{
    return ZSTD_compressBound(len);
}

size_t zstd_packer_pack(struct zstd_packer *p, struct bytes in, uint8_t *out, size_t room)
{
    size_t len =
        ZSTD_compress_usingCDict(p->packing, out, room, in.data, in.len, p->pack_dictionary);

    return ZSTD_isError(len) ? 0 : len;
}

bool zstd_packer_unpack(struct zstd_packer *p, struct bytes packed, uint8_t *out, size_t len)
{
    return ZSTD_decompress_usingDDict(p->unpacking, out, len, packed.data, packed.len,
                                      p->unpack_dictionary) == len;
}
