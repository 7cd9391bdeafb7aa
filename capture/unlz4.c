/* unlz4.c - lz4 data in its frame format, through liblz4.
 *
 * A block is 4 MiB at most, and so is what the library holds of it. The legacy frames of "lz4 -l"
 * (magic 0x184c2102, no checksum, no end) are not read; foreign.c says what to do.
 *
 * The library is given what it asks for next and no more: a broken block then costs itself, not
 * what stands before it.
 */
#include "capture/unlz4.h"

#include <stdlib.h>

#include <lz4.h>
#include <lz4frame.h>

enum { FRAME_BEGIN_LEN = 7 }; /* the shortest frame header */

#define FRAME_MAGIC 0x184d2204u /* lz4 frame format, "General structure" */

static bool matches(struct bytes head)
{
    struct cursor c = cursor_of(head);
    uint32_t magic;
    return take_u32_as(&c, true, &magic) && magic == FRAME_MAGIC;
}

struct unlz4 {
    LZ4F_dctx *context;
    size_t wanted; /* bytes of input it asks for next; 0: a frame begins */
};

static void *new_state(void)
{
    struct unlz4 *z = calloc(1, sizeof *z);
    if (z && LZ4F_isError(LZ4F_createDecompressionContext(&z->context, LZ4F_VERSION))) {
        free(z);
        return NULL;
    }
    return z;
}

static void free_state(void *state)
{
    struct unlz4 *z = state;
    LZ4F_freeDecompressionContext(z->context);
    free(z);
}

static enum unpack_member step(void *state, struct cursor *in, uint8_t *out, size_t room,
                               size_t *made, const char **reason)
{
    struct unlz4 *z = state;
    size_t wanted = z->wanted ? z->wanted : FRAME_BEGIN_LEN;
    size_t left = cursor_left(in), taken = left < wanted ? left : wanted;
    *made = room;
    z->wanted = LZ4F_decompress(z->context, out, made, in->at, &taken, NULL);
    if (LZ4F_isError(z->wanted)) {
        *made = 0;
        *reason = LZ4F_getErrorName(z->wanted);
        return MEMBER_BROKEN;
    }
    in->at += taken;
    return z->wanted == 0 ? MEMBER_END : MEMBER_MORE;
}

const struct unpack_format unlz4_format = {
    .name = "lz4",
    .tool = "lz4 -dc",
    .matches = matches,
    .new = new_state,
    .free = free_state,
    .step = step,
};

const char *unlz4_library_version(void)
{
    return LZ4_versionString();
}
