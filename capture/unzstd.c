/* unzstd.c - Zstandard data (RFC 8878), through libzstd.
 *
 * A frame says how far back it refers, and so how much memory unpacking takes; more than zstd's own
 * default, 128 MiB, is refused. Skippable frames carry what is not ours and are passed over: pzstd
 * begins with one.
 *
 * The library is given what it asks for next and no more: a broken block then costs itself, not
 * what stands before it.
 */
#include "capture/unzstd.h"

#include <stdlib.h>

#include <zstd.h>

enum {
    WINDOW_LOG_MAX = 27,
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

struct unzstd {
    ZSTD_DCtx *context;
    size_t wanted; /* bytes of input it asks for next; 0: a frame begins */
};

static void free_state(void *state)
{
    struct unzstd *z = state;
    ZSTD_freeDCtx(z->context);
    free(z);
}

static void *new_state(void)
{
    struct unzstd *z = calloc(1, sizeof *z);
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
    struct unzstd *z = state;
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

const struct unpack_format unzstd_format = {
    .name = "zstd",
    .tool = "zstd -dc",
    .matches = matches,
    .new = new_state,
    .free = free_state,
    .step = step,
};

const char *unzstd_library_version(void)
{
    return ZSTD_versionString();
}
