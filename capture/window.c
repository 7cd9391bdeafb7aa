/* window.c - a window that slides over one input's bytes, unpacking them where they are packed.
 *
 * The buffer is filled by large reads straight from the file. Only the piece of an item that was
 * cut by the buffer's end is ever moved. The size is small enough for the bytes to be still in the
 * processor's cache when the packets in them are read.
 */
#include "capture/window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/crypto_record.h"

enum {
    WINDOW_SIZE = 256 * 1024,     /* measured: 64 to 512 KiB are equally fast, 1 MiB is slower */
    WINDOW_SIZE_MANY = 64 * 1024, /* where many inputs have their window at once */
    WINDOW_READ_MIN = 64 * 1024,  /* what a pipe gives at once; below this room is made first */
    PACKED_SIZE = 64 * 1024
};

enum fetched { FETCHED, FETCHED_NOTHING, FETCH_INTERRUPTED };

/* Reads on in a file that is not held open. Another file may have taken its name. */
static ssize_t read_opened(const struct window *w, uint8_t *out, size_t room)
{
    struct stat about;
    int fd = open(w->input.path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return -1;
    }
    ssize_t got = -1;
    if (fstat(fd, &about) == 0) {
        bool same = about.st_dev == w->input.device && about.st_ino == w->input.inode;
        errno = ESTALE;
        got = same ? pread(fd, out, room, (off_t)w->stored) : -1;
    }
    int error = errno;
    close(fd);
    errno = error;
    return got;
}

/* Reads stored bytes: all of them pass here, to be counted and hashed. */
static enum fetched read_stored(struct window *w, uint8_t *out, size_t room, size_t *len)
{
    ssize_t got = w->input.fd >= 0 ? read(w->input.fd, out, room) : read_opened(w, out, room);
    if (got < 0 && errno == EINTR) {
        return FETCH_INTERRUPTED;
    }
    if (got < 0) {
        w->trouble = TROUBLE_READ;
        w->error = errno;
    }
    if (got <= 0) {
        return FETCHED_NOTHING;
    }
    *len = (size_t)got;
    w->stored += *len;
    if (w->hash) {
        crypto_hash_add(w->hash, (struct bytes){out, *len});
    }
    return FETCHED;
}

/* One step of unpacking; may make nothing. */
static enum fetched read_unpacked(struct window *w, uint8_t *out, size_t room, size_t *len)
{
    if (cursor_left(&w->packed_left) == 0 && !w->packed_ended) {
        size_t got = 0;
        enum fetched answer = read_stored(w, w->packed, PACKED_SIZE, &got);
        if (answer == FETCH_INTERRUPTED) {
            return answer;
        }
        if (w->trouble != TROUBLE_NONE) {
            return FETCHED_NOTHING;
        }
        w->packed_ended = answer == FETCHED_NOTHING;
        w->packed_left = (struct cursor){w->packed, w->packed + got};
    }
    switch (unpack_step(w->unpack, &w->packed_left, w->packed_ended, out, room, len)) {
    case UNPACK_MORE:
        return FETCHED;
    case UNPACK_END:
        break;
    case UNPACK_BROKEN:
        w->trouble = unpack_reason(w->unpack) ? TROUBLE_PACKED_BROKEN : TROUBLE_PACKED_CUT;
        break;
    }
    w->ended = true; /* what this step made still counts */
    return FETCHED;
}

/* Makes the window's own room: moves what is in hand to the front, and grows when that is not
 * enough for len bytes. */
static bool make_room(struct window *w, size_t len)
{
    size_t have = (size_t)(w->end - w->at);
    size_t behind = w->size - (size_t)(w->end - w->buffer);
    if (have > 0 && have + behind >= len && behind >= WINDOW_READ_MIN) {
        return true;
    }
    w->base = window_offset(w);
    memmove(w->buffer, w->at, have);
    if (len > w->size) {
        size_t size = len + WINDOW_SIZE;
        uint8_t *grown = realloc(w->buffer, size);
        if (!grown) {
            w->trouble = TROUBLE_MEMORY;
            w->ended = true;
        } else {
            w->buffer = grown;
            w->size = size;
        }
    }
    w->at = w->buffer;
    w->end = w->buffer + have;
    return !w->ended;
}

/* Fetches once, behind end. */
static enum fetched fetch(struct window *w)
{
    size_t used = (size_t)(w->end - w->buffer), len = 0;
    enum fetched answer = w->unpack ? read_unpacked(w, w->buffer + used, w->size - used, &len)
                                    : read_stored(w, w->buffer + used, w->size - used, &len);
    w->end += len;
    if (answer == FETCHED_NOTHING) {
        w->ended = true;
    }
    return answer;
}

/* Passes over bytes that were not in hand when they were to be skipped. */
static enum window_answer finish_skip(struct window *w)
{
    while (w->to_skip > 0) {
        size_t have = (size_t)(w->end - w->at);
        size_t step = have < w->to_skip ? have : (size_t)w->to_skip;
        w->at += step;
        w->to_skip -= step;
        if (w->to_skip == 0) {
            break;
        }
        if (w->ended || !make_room(w, 1)) {
            return WINDOW_SHORT;
        }
        if (fetch(w) == FETCH_INTERRUPTED) {
            return WINDOW_AGAIN;
        }
    }
    return WINDOW_HERE;
}

bool window_init(struct window *w, const struct window_input *input, bool hash)
{
    *w = (struct window){.input = *input, .size = input->fd < 0 ? WINDOW_SIZE_MANY : WINDOW_SIZE};
    w->buffer = malloc(w->size);
    w->hash = hash ? crypto_hash_new() : NULL;
    w->at = w->end = w->buffer;
    return w->buffer && (w->hash || !hash);
}

void window_reset(struct window *w)
{
    if (w->input.owns_fd) {
        close(w->input.fd);
    }
    crypto_hash_free(w->hash);
    unpack_free(w->unpack);
    free(w->packed);
    if (w->buffer) {
        explicit_bzero(w->buffer, w->size); /* of a capture: mail, passwords */
    }
    free(w->buffer);
    *w = (struct window){.input.fd = -1};
}

bool window_unpack(struct window *w, const struct unpack_format *format)
{
    struct bytes in_hand = window_rest(w);
    size_t size = in_hand.len > PACKED_SIZE ? in_hand.len : PACKED_SIZE;
    w->packed = malloc(size);
    w->unpack = unpack_new(format);
    if (!w->packed || !w->unpack) {
        return false;
    }
    memcpy(w->packed, in_hand.data, in_hand.len);
    w->packed_left = (struct cursor){w->packed, w->packed + in_hand.len};
    w->packed_ended = w->ended;
    w->ended = false;
    w->base = 0;
    w->at = w->end = w->buffer;
    return true;
}

enum window_answer window_fill(struct window *w, size_t len)
{
    assert(len <= WINDOW_NEED_MAX);
    enum window_answer answer = finish_skip(w);
    if (answer != WINDOW_HERE) {
        return answer;
    }
    while ((size_t)(w->end - w->at) < len) {
        if (w->ended || !make_room(w, len)) {
            return WINDOW_SHORT;
        }
        if (fetch(w) == FETCH_INTERRUPTED) {
            return WINDOW_AGAIN;
        }
    }
    return WINDOW_HERE;
}

void window_wipe(struct window *w, struct bytes taken)
{
    size_t at = (size_t)(taken.data - w->buffer);

    assert(at <= w->size && taken.len <= w->size - at);
    crypto_wipe(w->buffer + at, taken.len);
}

void window_skip(struct window *w, uint64_t len)
{
    size_t have = (size_t)(w->end - w->at);
    if (len <= have) {
        w->at += len;
        return;
    }
    w->at = w->end;
    w->to_skip = len - have;
}

void window_drain(struct window *w)
{
    size_t len;
    enum fetched answer;
    do {
        answer = read_stored(w, w->buffer, w->size, &len);
    } while (answer != FETCHED_NOTHING);
    w->at = w->end = w->buffer;
    w->ended = true;
}
