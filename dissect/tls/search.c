/* search.c - where the next record begins, behind a gap in which its header may lie.
 *
 * Only for records that a key log opens: what looks like a header is one when the record behind it
 * opens with a number that is possible there. So nothing is guessed. Bytes are held until that is
 * known, at most as many as one record has, and then read again from the place found.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/tls/record_state.h"

enum { FRAGMENT_LEAST = 17 };

bool tls_search_begin(struct tls_reader *r, enum side side, uint64_t offset)
{
    struct side_reader *me = &r->side[side];

    if (!me->gap || !r->decrypt || !r->s->tls.opened || r->s->tls.dark ||
        !tls_decrypt_expects(r->decrypt, side, RECORD_DATA) ||
        !(me->hay = malloc(TLS_SEARCH_ROOM))) {
        return false;
    }
    memcpy(me->hay, me->header, me->header_len);
    me->hay_len = me->header_len;
    me->hay_offset = offset - me->header_len;
    me->header_len = 0;
    return true;
}

void tls_search_free(struct side_reader *me)
{
    free(me->hay);
    me->hay = NULL;
    me->hay_len = 0;
}

static void drop(struct tls_reader *r, enum side side, size_t len, struct mark mark)
{
    struct side_reader *me = &r->side[side];

    memmove(me->hay, me->hay + len, me->hay_len - len);
    me->hay_len -= len;
    me->hay_offset += len;
    tls_protected_lost_tail(r, side, len, me->hay_offset, mark);
}

/* A record at the beginning of what is held. False: none. *whole: all of it is there. */
static bool is_record(struct tls_reader *r, enum side side, bool *whole)
{
    struct side_reader *me = &r->side[side];
    const uint8_t *h = me->hay;
    size_t len;

    *whole = me->hay_len >= RECORD_HEADER;
    if (h[0] < RECORD_CCS || h[0] > RECORD_DATA || (me->hay_len > 1 && h[1] != 3) ||
        (me->hay_len > 2 && h[2] != 3)) {
        return false;
    }
    if (!*whole) {
        return true;
    }
    len = (size_t)h[3] << 8 | h[4];
    if (len < FRAGMENT_LEAST || len > RECORD_MAX) {
        return false;
    }
    *whole = me->hay_len >= RECORD_HEADER + len;
    return !*whole ||
           tls_decrypt_finds(r->decrypt, side, h, (struct bytes){h + RECORD_HEADER, len});
}

/* Looks for it in what is held. */
static bool find(struct tls_reader *r, enum side side, struct mark mark)
{
    struct side_reader *me = &r->side[side];
    size_t at = 0;
    bool whole = false;

    while (me->hay_len) {
        if (is_record(r, side, &whole)) {
            return whole;
        }
        for (at = 1; at < me->hay_len && (me->hay[at] < RECORD_CCS || me->hay[at] > RECORD_DATA);) {
            at++;
        }
        drop(r, side, at, mark);
    }
    return false;
}

void tls_search_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
                     struct bytes data, uint64_t offset)
{
    struct side_reader *me = &r->side[side];

    while (data.len && me->hay) {
        size_t room = TLS_SEARCH_ROOM - me->hay_len, use = data.len < room ? data.len : room;
        memcpy(me->hay + me->hay_len, data.data, use);
        me->hay_len += use;
        data.data += use;
        data.len -= use;
        offset += use;
        if (find(r, side, chunk->mark)) {
            uint8_t *hay = me->hay;
            size_t len = me->hay_len;
            me->hay = NULL; /* the reader may begin another search */
            me->hay_len = 0;
            tls_record_read(r, side, chunk, (struct bytes){hay, len}, me->hay_offset);
            free(hay);
        }
    }
    if (data.len) {
        tls_record_read(r, side, chunk, data, offset);
    }
}
