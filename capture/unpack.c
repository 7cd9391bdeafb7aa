/* unpack.c - compressed data unpacked piece by piece: what the compressions have in common.
 *
 * A capture written by several runs, or packed in parallel, is several members one behind the
 * other; they are unpacked as one stream. Tapes and block devices pad with zeros; those are
 * ignored.
 *
 * Nothing is ever unpacked beyond the room the caller has, so a member that would grow to any size
 * costs time, not memory; what a library needs besides is in its own file.
 */
#include "capture/unpack.h"

#include <stdlib.h>

#include "capture/inflate.h"
#include "capture/unlz4.h"
#include "capture/zstd.h"

static const struct unpack_format *const formats[] = {&inflate_format, &zstd_format,
                                                      &unlz4_format};

/* What the next byte of input belongs to. */
enum place { IN_MEMBER, BETWEEN_MEMBERS, IN_PADDING };

struct unpack {
    const struct unpack_format *format;
    void *state; /* the format's */
    enum place place;
    const char *reason;
};

static enum unpack_answer broken(struct unpack *u, const char *reason)
{
    u->reason = reason;
    return UNPACK_BROKEN;
}

/* Passes zeros; anything else behind them is not ours. */
static enum unpack_answer pass_padding(struct unpack *u, struct cursor *in, bool ended)
{
    uint8_t byte;
    while (take_u8(in, &byte)) {
        if (byte != 0) {
            return broken(u, "other data behind its last member");
        }
    }
    return ended ? UNPACK_END : UNPACK_MORE;
}

static enum unpack_answer begin_member(struct unpack *u, const struct cursor *in, bool ended)
{
    if (cursor_left(in) == 0) {
        return ended ? UNPACK_END : UNPACK_MORE;
    }
    u->place = *in->at == 0 ? IN_PADDING : IN_MEMBER;
    if (u->place == IN_MEMBER && u->format->again && !u->format->again(u->state)) {
        return broken(u, "internal error");
    }
    return UNPACK_MORE;
}

static enum unpack_answer go_on(struct unpack *u, struct cursor *in, bool ended, uint8_t *out,
                                size_t room, size_t *made)
{
    const char *reason = NULL;
    switch (u->format->step(u->state, in, out, room, made, &reason)) {
    case MEMBER_MORE:
        break;
    case MEMBER_END:
        u->place = BETWEEN_MEMBERS;
        return UNPACK_MORE;
    case MEMBER_BROKEN:
        return broken(u, reason);
    }
    bool starved = cursor_left(in) == 0 && *made == 0;
    return ended && starved ? broken(u, NULL) : UNPACK_MORE;
}

const struct unpack_format *unpack_recognize(struct bytes head)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i]->matches(head)) {
            return formats[i];
        }
    }
    return NULL;
}

struct unpack *unpack_new(const struct unpack_format *format)
{
    struct unpack *u = calloc(1, sizeof *u);
    if (u) {
        u->format = format;
        u->state = format->new ();
    }
    if (u && !u->state) {
        free(u);
        return NULL;
    }
    return u;
}

void unpack_free(struct unpack *u)
{
    if (u) {
        u->format->free(u->state);
        free(u);
    }
}

enum unpack_answer unpack_step(struct unpack *u, struct cursor *in, bool ended, uint8_t *out,
                               size_t room, size_t *made)
{
    *made = 0;
    if (u->place == BETWEEN_MEMBERS) {
        enum unpack_answer answer = begin_member(u, in, ended);
        if (answer != UNPACK_MORE || u->place == BETWEEN_MEMBERS) {
            return answer;
        }
    }
    if (u->place == IN_PADDING) {
        return pass_padding(u, in, ended);
    }
    return go_on(u, in, ended, out, room, made);
}

const char *unpack_reason(const struct unpack *u)
{
    return u->reason;
}

const char *unpack_name(const struct unpack *u)
{
    return u->format->name;
}
