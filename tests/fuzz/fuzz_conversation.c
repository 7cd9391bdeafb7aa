/* fuzz_conversation.c - any bytes of both sides, cut and lost in any way, through one conversation.
 *
 * Input: instructions. One octet says what comes and for whom; a length follows, then the bytes:
 *
 *     0..3  data: bit 0 the side, bit 1 a new packet     1 octet length, bytes
 *     4, 5  gap of that side                             2 octets length
 *     6     nothing
 *     7     the rest is text: the server begins, and the sides take turns at every empty line
 *
 * Bit 3 of the first octet: port 465; bit 4: the capture began later. Beside not crashing it must
 * hold that a session contradicts nothing in itself, and that pieces of one packet may be cut
 * anywhere.
 */
#include "dissect/conversation.h"
#include "tests/support/telling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct feeder {
    struct conversation *conversation;
    struct session *session;
    uint64_t sent[SIDES];
    uint64_t packet;
    bool single; /* octet by octet */
};

static void put(struct feeder *f, enum side side, const uint8_t *bytes, size_t len)
{
    struct chunk chunk = {.kind = CHUNK_DATA,
                          .side = side,
                          .offset = f->sent[side],
                          .peer_ack = f->sent[side_other(side)],
                          .mark = {f->packet, (int64_t)f->packet * 1000000}};
    uint8_t *copy = malloc(len ? len : 1);
    if (copy == NULL) {
        abort();
    }
    if (len) {
        memcpy(copy, bytes, len);
    }
    chunk.data = (struct bytes){copy, len};
    conversation_chunk(f->conversation, &chunk);
    f->sent[side] += len;
    free(copy);
}

static void put_data(struct feeder *f, enum side side, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; f->single && i < len; i++) {
        put(f, side, bytes + i, 1);
    }
    if (!f->single) {
        put(f, side, bytes, len);
    }
}

static void put_gap(struct feeder *f, enum side side, uint64_t missing)
{
    struct chunk chunk = {.kind = CHUNK_GAP,
                          .side = side,
                          .offset = f->sent[side],
                          .missing = missing,
                          .acked = true,
                          .peer_ack = f->sent[side_other(side)],
                          .mark = {f->packet, (int64_t)f->packet * 1000000}};
    conversation_chunk(f->conversation, &chunk);
    f->sent[side] += missing;
}

/* Plain text: so that seeds can be written by hand and mutated by words. */
static void put_text(struct feeder *f, const uint8_t *at, size_t left)
{
    enum side side = SIDE_SERVER;
    while (left > 0) {
        const uint8_t *blank = memmem(at, left, "\n\n", 2);
        size_t len = blank ? (size_t)(blank - at) + 1 : left;
        f->packet++;
        put_data(f, side, at, len);
        side = side_other(side);
        len += blank ? 1 : 0;
        at += len;
        left -= len;
    }
}

static bool has_gap(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint8_t what = data[at] & 7;
        if (what == 4 || what == 5) {
            return true;
        }
        if (what == 7) {
            return false;
        }
        at += what < 4 && at + 1 < size ? 2U + data[at + 1] : 1;
    }
    return false;
}

static void feed(struct feeder *f, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint8_t what = data[at++] & 7;
        if (what < 4 && at < size) {
            size_t len = data[at++];
            len = len < size - at ? len : size - at;
            f->packet += what & 2 ? 1 : 0;
            put_data(f, what & 1 ? SIDE_SERVER : SIDE_CLIENT, data + at, len);
            at += len;
        } else if ((what == 4 || what == 5) && size - at >= 2) {
            f->packet++;
            put_gap(f, what & 1 ? SIDE_SERVER : SIDE_CLIENT,
                    1U + ((unsigned)data[at] << 8 | data[at + 1]));
            at += 2;
        } else if (what == 7) {
            put_text(f, data + at, size - at);
            return;
        }
    }
}

static char *tell(const uint8_t *data, size_t size, bool single)
{
    struct feeder f = {.single = single, .packet = 1, .session = session_new(1)};
    if (f.session == NULL) {
        abort();
    }
    f.session->end[SIDE_SERVER].port = size > 0 && data[0] & 8 ? 465 : 25;
    f.session->mail_port = true;
    f.session->tcp.midstream = size > 0 && data[0] & 16;
    f.session->ended = SESSION_INPUT_ENDED;
    f.conversation = conversation_new(f.session);
    if (f.conversation == NULL) {
        abort();
    }
    feed(&f, data, size);
    conversation_end(f.conversation);
    conversation_free(f.conversation);
    char *told = telling_full(f.session);
    const char *fault = telling_contradiction(f.session);
    if (fault != NULL) {
        fprintf(stderr, "%s\n%s\n", told, fault);
        abort();
    }
    session_free(f.session);
    return told;
}

static void explain(const char *whole, const char *cut)
{
    while (*whole != '\0' && strcspn(whole, "\n") == strcspn(cut, "\n") &&
           strncmp(whole, cut, strcspn(whole, "\n")) == 0) {
        whole += strcspn(whole, "\n") + 1;
        cut += strcspn(cut, "\n") + 1;
    }
    fprintf(stderr, "whole  %.*s\ncut    %.*s\n", (int)strcspn(whole, "\n"), whole,
            (int)strcspn(cut, "\n"), cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *whole = tell(data, size, false);
    /* Behind a gap where a record begins is guessed per packet (dissect/conversation.c). */
    if (!has_gap(data, size) && !(size > 0 && data[0] & 16)) {
        char *cut = tell(data, size, true);
        if (strcmp(whole, cut) != 0) {
            explain(whole, cut);
            abort();
        }
        free(cut);
    }
    free(whole);
    return 0;
}
