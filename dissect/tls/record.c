/* record.c - cuts one side's TLS stream into records.
 *
 *     struct {
 *         ContentType type;       1
 *         ProtocolVersion version 2
 *         uint16 length;          2
 *         opaque fragment[length];
 *     } TLSPlaintext;
 *
 * Readable messages and alerts become events of their own; records whose content is hidden are told
 * as runs: how many, how long, until the other side speaks. What is inside is never guessed.
 *
 * Records are streamed: of a record only its header is held, and what message.c and protected.c
 * hold of it. After a gap inside a record its remaining length is known and the next record is
 * found behind it; when the gap ends beyond it, the place is lost and the rest of that side is
 * opaque.
 */
#include "dissect/tls/record_state.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/tls/facts.h"

struct tls_reader *tls_record_new(struct session *s)
{
    struct tls_reader *r = calloc(1, sizeof *r);

    if (r) {
        r->s = s;
    }
    return r;
}

void tls_record_free(struct tls_reader *r)
{
    if (r) {
        free(r->side[SIDE_CLIENT].message);
        free(r->side[SIDE_SERVER].message);
        tls_protected_free(r);
        free(r);
    }
}

size_t tls_record_size(const struct tls_reader *r)
{
    return sizeof *r + r->side[0].message_size + r->side[1].message_size + tls_protected_size(r);
}

/* The run is over: from now on acknowledgements can reach it. */
static void close_run(struct tls_reader *r, enum side side)
{
    struct event *run = r->side[side].run;

    if (run) {
        session_set_bytes(r->s, run, run->offset, run->end);
        r->side[side].run = NULL;
    }
}

void tls_record_close_runs(struct tls_reader *r)
{
    close_run(r, SIDE_CLIENT);
    close_run(r, SIDE_SERVER);
}

void tls_record_note_finished(struct tls_reader *r, enum side side, struct mark mark)
{
    struct tls_facts *t = &r->s->tls;

    if (!t->finished[side]) {
        t->finished[side] = true;
        t->finished_at[side] = mark;
    }
    t->established |= t->finished[SIDE_CLIENT] && t->finished[SIDE_SERVER];
}

static bool is_tls13(const struct tls_facts *t)
{
    return t->version == TLS_VERSION_13 || t->version >> 8 == 0x7f;
}

/* Application data that comes before anybody could have finished: TLS 1.3's early data. */
static bool is_early(const struct tls_facts *t, enum side side)
{
    return side == SIDE_CLIENT && t->details && t->details->client.early_data &&
           !t->finished[SIDE_SERVER];
}

/* A hidden record as a step of the handshake. */
static void note_hidden(struct tls_reader *r, enum side side, struct mark mark)
{
    struct side_reader *me = &r->side[side];
    struct tls_facts *t = &r->s->tls;

    if (me->type == RECORD_HANDSHAKE) {
        t->renegotiated |= t->established;
        tls_record_note_finished(r, side, mark);
    } else if (me->type == RECORD_DATA && !is_early(t, side) &&
               (!is_tls13(t) || me->len >= FINISHED_MIN)) {
        /* TLS 1.3 hides the end of the handshake in this type. */
        tls_record_note_finished(r, side, mark);
    }
    if (side == SIDE_SERVER && t->details && !t->finished[SIDE_CLIENT]) {
        t->details->flight_end = mark;
    }
}

struct event *tls_record_add(struct tls_reader *r, enum side side, const struct chunk *chunk,
                             struct mark first, uint64_t offset, uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct event *e;

    tls_record_close_runs(r);
    e = session_add(r->s, EVENT_TLS, side, first);
    e->last = chunk->mark;
    e->peer_ack = chunk->peer_ack;
    e->facts->tls.record_type = me->type;
    e->facts->tls.version = me->version;
    e->facts->tls.opened = me->opened;
    session_set_bytes(r->s, e, offset, end);
    return e;
}

/* One more hidden record, whole or what is left of it. */
static void add_to_run(struct tls_reader *r, enum side side, const struct chunk *chunk)
{
    struct side_reader *me = &r->side[side];
    struct tls_facts *t = &r->s->tls;

    close_run(r, side_other(side));
    if (!me->run || me->run->facts->run.record_type != me->type) {
        struct event *e;
        close_run(r, side);
        e = session_add(r->s, EVENT_TLS_RUN, side, me->record_first);
        e->peer_ack = chunk->peer_ack;
        e->facts->run.record_type = me->type;
        e->offset = me->record_offset;
        me->run = e;
    }
    pauses_note(&me->run->facts->run.pauses, me->run->last, chunk->mark,
                r->s->tcp.side[side].acked >= me->run->end);
    me->run->facts->run.records++;
    me->run->facts->run.bytes += me->len;
    me->run->facts->run.last_len = me->len;
    me->run->last = chunk->mark;
    if (me->type == RECORD_DATA) {
        t->app_records[side]++;
        t->app_bytes[side] += me->len;
    }
    note_hidden(r, side, chunk->mark);
}

void tls_record_alert(struct tls_reader *r, enum side side, const struct chunk *chunk, uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct event *e = tls_record_add(r, side, chunk, me->record_first, me->record_offset, end);
    struct tls_event_facts *f = &e->facts->tls;

    f->len = me->len;
    f->encrypted = me->len != 2 || me->record_broken ||
                   (me->hidden && (me->alert[0] != 1 && me->alert[0] != 2));
    if (!f->encrypted) {
        f->level = me->alert[0];
        f->description = me->alert[1];
        if (f->description != 0 && !r->s->tls.alert) {
            r->s->tls.alert = session_kept(r->s, e);
            e->notable = true;
        }
    }
}

/* What follows is hidden. */
void tls_record_change_cipher(struct tls_reader *r, enum side side, const struct chunk *chunk,
                              uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct tls_facts *t = &r->s->tls;

    (void)tls_record_add(r, side, chunk, me->record_first, me->record_offset, end);
    if (r->decrypt) {
        tls_decrypt_change_cipher(r->decrypt, side);
    }
    me->hidden = !r->retry; /* after a retry it only pleases middleboxes */
    me->message_len = 0;
    me->message_skip = 0;
    if (side == SIDE_SERVER && t->hello[SIDE_SERVER] && !is_tls13(t) && !me->gap &&
        !t->details->hello_done && !t->details->chain[SIDE_SERVER].seen) {
        t->resumed = true; /* straight from the hello to the end: by a ticket */
    }
}

/* The last byte of a record was read. */
static void end_record(struct tls_reader *r, enum side side, const struct chunk *chunk,
                       uint64_t end)
{
    struct side_reader *me = &r->side[side];
    bool hidden = !me->sealed || !tls_protected_end(r, side, chunk, end);

    switch (hidden ? me->type : RECORD_NONE) {
    case RECORD_NONE:
        break;
    case RECORD_CCS:
        tls_record_change_cipher(r, side, chunk, end);
        break;
    case RECORD_ALERT:
        tls_record_alert(r, side, chunk, end);
        break;
    case RECORD_HANDSHAKE:
        if (me->ssl2) {
            tls_message_end_ssl2(r, chunk, end);
        } else if (me->hidden || me->record_broken || me->record_opaque) {
            add_to_run(r, side, chunk);
        }
        break;
    default:
        add_to_run(r, side, chunk);
        break;
    }
    if (me->run) {
        me->run->end = end;
    }
    me->header_len = 0;
    me->sealed = false;
    me->record_broken = false;
    me->record_opaque = false;
}

/*  RFC 5246 appendix E.2, as the first bytes of a client:
 *  1 bit 1 | length 15 bits | msg_type 1 | version 2 ... The header read here reaches to the
 *  version. */
static bool begin_ssl2_hello(struct tls_reader *r, enum side side)
{
    struct side_reader *me = &r->side[side];
    const uint8_t *h = me->header;
    uint32_t len = (uint32_t)(h[0] & 0x7f) << 8 | h[1];
    uint16_t version = (uint16_t)(h[3] << 8 | h[4]);

    if (side != SIDE_CLIENT || r->s->tls.seen[side] || !(h[0] & 0x80) ||
        h[2] != MESSAGE_CLIENT_HELLO || len < SSL2_HELLO_MIN ||
        (version != TLS_VERSION_SSL2 && version >> 8 != 3)) {
        return false;
    }
    me->type = RECORD_HANDSHAKE;
    me->version = version;
    me->len = len;
    me->left = len - (RECORD_HEADER - SSL2_HEADER);
    me->ssl2 = tls_message_hold(me, (struct bytes){h + SSL2_HEADER, RECORD_HEADER - SSL2_HEADER});
    r->s->tls.seen[side] |= me->ssl2;
    return me->ssl2;
}

static bool begin_record(struct tls_reader *r, enum side side)
{
    struct side_reader *me = &r->side[side];
    const uint8_t *h = me->header;

    me->type = h[0];
    me->version = (uint16_t)(h[1] << 8 | h[2]);
    me->len = me->left = (uint32_t)(h[3] << 8 | h[4]);
    me->alert_len = 0;
    if (me->type < RECORD_CCS || me->type > RECORD_HEARTBEAT || h[1] != 3 || me->len > RECORD_MAX) {
        return begin_ssl2_hello(r, side);
    }
    r->s->tls.seen[side] = true;
    tls_protected_begin(r, side);
    if (me->type == RECORD_HANDSHAKE && me->message_len == 0) {
        me->message_offset = me->record_offset + RECORD_HEADER;
    }
    return true;
}

static void read_fragment(struct tls_reader *r, enum side side, const struct chunk *chunk,
                          struct bytes b)
{
    struct side_reader *me = &r->side[side];

    if (me->sealed) {
        tls_protected_take(r, side, b);
    } else if (me->ssl2) {
        if (!me->record_broken && !tls_message_hold(me, b)) {
            me->record_broken = true;
        }
    } else if (me->type == RECORD_HANDSHAKE && !me->hidden && !me->record_broken) {
        tls_message_read(r, side, chunk, b);
    } else if (me->type == RECORD_ALERT) {
        for (size_t i = 0; i < b.len && me->alert_len < sizeof me->alert; i++) {
            me->alert[me->alert_len++] = b.data[i];
        }
    }
}

/* Bytes that are no TLS, or of which nobody knows where a record begins. */
static void add_opaque(struct tls_reader *r, enum side side, const struct chunk *chunk,
                       uint64_t offset, uint64_t len)
{
    struct side_reader *me = &r->side[side];

    if (!me->opaque) {
        me->opaque = session_add(r->s, EVENT_OPAQUE, side, chunk->mark);
        me->opaque->offset = offset;
        me->opaque->peer_ack = chunk->peer_ack;
    }
    me->opaque->facts->opaque_bytes += len;
    me->opaque->last = chunk->mark;
    me->opaque->end = offset + len;
}

static void lose(struct tls_reader *r, enum side side, const struct chunk *chunk, uint64_t offset)
{
    struct side_reader *me = &r->side[side];

    me->lost = true;
    if (me->header_len) {
        add_opaque(r, side, chunk, me->record_offset, offset - me->record_offset);
        me->header_len = 0;
    }
}

void tls_record_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
                     struct bytes data, uint64_t offset)
{
    struct side_reader *me = &r->side[side];
    size_t use;

    while (data.len && !me->lost && !me->hay) {
        if (me->header_len < RECORD_HEADER) {
            if (me->header_len == 0) {
                me->record_offset = offset;
                me->record_first = chunk->mark;
                me->record_ack = chunk->peer_ack;
            }
            use = RECORD_HEADER - me->header_len < data.len ? RECORD_HEADER - me->header_len
                                                            : data.len;
            memcpy(me->header + me->header_len, data.data, use);
            me->header_len += use;
            if (me->header_len == RECORD_HEADER && !begin_record(r, side) &&
                !tls_search_begin(r, side, offset + use)) {
                lose(r, side, chunk, offset + use);
            }
        } else {
            use = me->left < data.len ? me->left : data.len;
            read_fragment(r, side, chunk, (struct bytes){data.data, use});
            me->left -= (uint32_t)use;
        }
        data.data += use;
        data.len -= use;
        offset += use;
        if (!me->lost && me->header_len == RECORD_HEADER && me->left == 0) {
            end_record(r, side, chunk, offset);
        }
    }
    if (data.len && me->hay) {
        tls_search_read(r, side, chunk, data, offset);
    } else if (data.len) {
        add_opaque(r, side, chunk, offset, data.len);
    }
}

void tls_record_gap(struct tls_reader *r, enum side side, uint64_t offset, uint64_t missing,
                    struct mark mark)
{
    struct side_reader *me = &r->side[side];
    struct chunk at = {.side = side, .mark = mark};
    uint64_t end = offset + missing;

    me->message_len = 0;
    me->message_skip = 0;
    me->gap = me->unsure = true;
    if (r->decrypt) {
        tls_decrypt_gap(r->decrypt, side);
    }
    if (me->hay) { /* a search begins anew behind it */
        tls_protected_lost_tail(r, side, me->hay_len, offset, mark);
        tls_search_free(me);
    }
    if (me->header_len == RECORD_HEADER && missing <= me->left) {
        me->left -= (uint32_t)missing;
        me->record_broken = true;
        if (me->left == 0) {
            end_record(r, side, &at, offset + missing);
        }
        return;
    }
    if (me->header_len == RECORD_HEADER) {
        me->record_broken = true;
        missing -= me->left;
        end_record(r, side, &at, offset);
    } else {
        missing += me->header_len;
    }
    tls_protected_lost(r, side, missing, end, mark);
    /* The next record may begin just here; its header will tell. */
    me->header_len = 0;
    me->opaque = NULL;
}

void tls_record_end(struct tls_reader *r)
{
    tls_record_close_runs(r);
    tls_protected_close(r);
}

void tls_record_forget(struct tls_reader *r, uint32_t chapter)
{
    for (int side = 0; side < SIDES; side++) {
        struct side_reader *me = &r->side[side];
        if (me->run && me->run->chapter == chapter) {
            me->run = NULL;
        }
        if (me->opaque && me->opaque->chapter == chapter) {
            me->opaque = NULL;
        }
    }
}
