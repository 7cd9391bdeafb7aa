/* record.c - cuts one side's TLS stream into records, and handshake records into messages.
 *
 *     struct {                              struct {
 *         ContentType type;       1             HandshakeType msg_type;    1
 *         ProtocolVersion version 2             uint24 length;             3
 *         uint16 length;          2             ... body
 *         opaque fragment[length];          } Handshake;
 *     } TLSPlaintext;
 *
 * Readable messages and alerts become events of their own; records whose content is hidden are told
 * as runs: how many, how long, until the other side speaks. What is inside is never guessed.
 *
 * Records are streamed: of a record only its header, and of handshake messages up to
 * LIMIT_HANDSHAKE, are held. After a gap inside a record its remaining length is known and the next
 * record is found behind it; when the gap ends beyond it, the place is lost and the rest of that
 * side is opaque.
 */
#include "dissect/tls/record.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/tls/handshake.h"

enum {
    RECORD_CCS = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23,
    RECORD_HEADER = 5,
    RECORD_MAX = 16384 + 2048, /* RFC 5246 section 6.2.3 */
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_HEADER = 4,
    /* An encrypted record shorter than this cannot be a TLS 1.3 Finished: an alert, then. */
    FINISHED_MIN = 45,
};

struct side_reader {
    uint8_t header[RECORD_HEADER];
    size_t header_len;
    uint8_t type;
    uint32_t left; /* of the record's fragment */
    uint32_t len;
    uint16_t version;
    uint64_t record_offset;
    struct mark record_first;
    bool lost;          /* no record boundary is known any more */
    bool hidden;        /* a ChangeCipherSpec was sent: handshake records are encrypted */
    bool record_broken; /* a gap fell into this record */
    uint8_t *message;   /* handshake bytes not read yet */
    size_t message_len, message_size;
    uint64_t message_skip; /* of a message too long to hold */
    uint64_t message_offset;
    struct mark message_first;
    uint8_t alert[2];
    size_t alert_len;
    struct event *run; /* the run being extended; NULL when the other side spoke since */
    struct event *opaque;
};

struct tls_reader {
    struct session *s;
    struct side_reader side[SIDES];
    bool retry; /* a HelloRetryRequest was seen: the next hello is in clear again */
};

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
        free(r);
    }
}

size_t tls_record_size(const struct tls_reader *r)
{
    return sizeof *r + r->side[0].message_size + r->side[1].message_size;
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

static void update_established(struct tls_reader *r)
{
    struct tls_facts *t = &r->s->tls;

    t->established |= t->finished[SIDE_CLIENT] && t->finished[SIDE_SERVER];
}

static struct event *add_named(struct tls_reader *r, enum side side, const struct chunk *chunk,
                               struct mark first, uint64_t offset, uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct event *e;

    close_run(r, SIDE_CLIENT);
    close_run(r, SIDE_SERVER);
    e = session_add(r->s, EVENT_TLS, side, first);
    e->last = chunk->mark;
    e->peer_ack = chunk->peer_ack;
    e->facts->tls.record_type = me->type;
    e->facts->tls.version = me->version;
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
    me->run->last = chunk->mark;
    if (me->type == RECORD_DATA) {
        t->app_records[side]++;
        t->app_bytes[side] += me->len;
        /* TLS 1.3 hides the end of the handshake in this type. */
        if (t->version == 0x0304 || t->version >> 8 == 0x7f) {
            t->finished[side] |= me->len >= FINISHED_MIN;
        } else {
            t->finished[side] = true;
        }
    } else if (me->type == RECORD_HANDSHAKE) {
        t->finished[side] = true;
    }
    update_established(r);
}

static void read_server_hello(struct tls_reader *r, struct bytes body)
{
    struct tls_server_hello hello;

    if (!tls_handshake_server_hello(body, &hello)) {
        return;
    }
    r->s->tls.hello[SIDE_SERVER] = true;
    r->s->tls.version = hello.version;
    r->s->tls.cipher = hello.cipher;
    if (hello.retry) {
        r->retry = true;
    }
}

static void end_message(struct tls_reader *r, enum side side, const struct chunk *chunk,
                        struct bytes message, uint64_t len)
{
    struct side_reader *me = &r->side[side];
    struct event *e = add_named(r, side, chunk, me->message_first, me->message_offset,
                                me->message_offset + MESSAGE_HEADER + len);

    e->facts->tls.message = message.data[0];
    e->facts->tls.len = (uint32_t)len;
    if (message.data[0] == MESSAGE_SERVER_HELLO && side == SIDE_SERVER && message.len > len) {
        read_server_hello(r, (struct bytes){message.data + MESSAGE_HEADER, (size_t)len});
    } else if (message.data[0] == MESSAGE_CLIENT_HELLO && side == SIDE_CLIENT) {
        r->s->tls.hello[SIDE_CLIENT] = true;
    }
}

/* Appends to the handshake bytes held. */
static bool hold(struct side_reader *me, struct bytes b)
{
    if (me->message_len + b.len > me->message_size) {
        size_t size = me->message_size ? me->message_size : 512;
        uint8_t *more;
        while (size < me->message_len + b.len) {
            size *= 2;
        }
        if (size > 2 * LIMIT_HANDSHAKE || !(more = realloc(me->message, size))) {
            return false;
        }
        me->message = more;
        me->message_size = size;
    }
    memcpy(me->message + me->message_len, b.data, b.len);
    me->message_len += b.len;
    return true;
}

static void read_handshake(struct tls_reader *r, enum side side, const struct chunk *chunk,
                           struct bytes b)
{
    struct side_reader *me = &r->side[side];
    size_t at = 0;

    if (me->message_skip) {
        size_t skip = b.len < me->message_skip ? b.len : (size_t)me->message_skip;
        me->message_skip -= skip;
        b.data += skip;
        b.len -= skip;
    }
    if (b.len == 0) {
        return;
    }
    if (me->message_len == 0) {
        me->message_first = chunk->mark;
    }
    if (!hold(me, b)) {
        me->message_len = 0;
        return;
    }
    while (me->message_len - at >= MESSAGE_HEADER) {
        const uint8_t *m = me->message + at;
        uint64_t len = (uint64_t)m[1] << 16 | (uint64_t)m[2] << 8 | m[3];
        uint64_t have = me->message_len - at - MESSAGE_HEADER;
        if (have < len && len <= LIMIT_HANDSHAKE) {
            break;
        }
        end_message(r, side, chunk, (struct bytes){m, me->message_len - at}, len);
        if (have < len) { /* too long to hold: told by its header, skipped */
            me->message_skip = len - have;
            at = me->message_len;
            break;
        }
        at += MESSAGE_HEADER + (size_t)len;
        me->message_first = chunk->mark;
        me->message_offset += MESSAGE_HEADER + len;
    }
    memmove(me->message, me->message + at, me->message_len - at);
    me->message_len -= at;
}

static void end_alert(struct tls_reader *r, enum side side, const struct chunk *chunk, uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct event *e = add_named(r, side, chunk, me->record_first, me->record_offset, end);
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

/* The last byte of a record was read. */
static void end_record(struct tls_reader *r, enum side side, const struct chunk *chunk,
                       uint64_t end)
{
    struct side_reader *me = &r->side[side];

    switch (me->type) {
    case RECORD_CCS:
        (void)add_named(r, side, chunk, me->record_first, me->record_offset, end);
        me->hidden = !r->retry; /* after a retry it only pleases middleboxes */
        break;
    case RECORD_ALERT:
        end_alert(r, side, chunk, end);
        break;
    case RECORD_HANDSHAKE:
        if (me->hidden || me->record_broken) {
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
    me->record_broken = false;
}

static bool begin_record(struct tls_reader *r, enum side side)
{
    struct side_reader *me = &r->side[side];
    const uint8_t *h = me->header;

    me->type = h[0];
    me->version = (uint16_t)(h[1] << 8 | h[2]);
    me->len = me->left = (uint32_t)(h[3] << 8 | h[4]);
    me->alert_len = 0;
    if (me->type < RECORD_CCS || me->type > RECORD_DATA || h[1] != 3 || me->len > RECORD_MAX) {
        return false;
    }
    r->s->tls.seen[side] = true;
    if (me->type == RECORD_HANDSHAKE && me->message_len == 0) {
        me->message_offset = me->record_offset + RECORD_HEADER;
    }
    return true;
}

static void read_fragment(struct tls_reader *r, enum side side, const struct chunk *chunk,
                          struct bytes b)
{
    struct side_reader *me = &r->side[side];

    if (me->type == RECORD_HANDSHAKE && !me->hidden && !me->record_broken) {
        read_handshake(r, side, chunk, b);
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

    while (data.len && !me->lost) {
        if (me->header_len < RECORD_HEADER) {
            if (me->header_len == 0) {
                me->record_offset = offset;
                me->record_first = chunk->mark;
            }
            use = RECORD_HEADER - me->header_len < data.len ? RECORD_HEADER - me->header_len
                                                            : data.len;
            memcpy(me->header + me->header_len, data.data, use);
            me->header_len += use;
            if (me->header_len == RECORD_HEADER && !begin_record(r, side)) {
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
    if (data.len) {
        add_opaque(r, side, chunk, offset, data.len);
    }
}

void tls_record_gap(struct tls_reader *r, enum side side, uint64_t offset, uint64_t missing,
                    struct mark mark)
{
    struct side_reader *me = &r->side[side];
    struct chunk at = {.side = side, .mark = mark};

    me->message_len = 0;
    me->message_skip = 0;
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
        end_record(r, side, &at, offset);
    }
    /* The next record may begin just here; its header will tell. */
    me->header_len = 0;
    me->opaque = NULL;
}

void tls_record_end(struct tls_reader *r)
{
    close_run(r, SIDE_CLIENT);
    close_run(r, SIDE_SERVER);
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
