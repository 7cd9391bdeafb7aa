/* message.c - cuts handshake records into messages, and reads those that are in clear.
 *
 *     struct {
 *         HandshakeType msg_type;    1
 *         uint24 length;             3
 *         ... body
 *     } Handshake;
 *
 * A message may lie in several records and a record may hold several messages. Up to
 * LIMIT_HANDSHAKE of one are held; a longer one is told by its header and skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/tls/facts.h"
#include "dissect/tls/names.h"
#include "dissect/tls/record_state.h"

static void read_server_hello(struct tls_reader *r, struct bytes body, struct mark mark)
{
    if (tls_facts_server_hello(r->s, body, mark)) {
        /* What is hidden now is early data; the hellos that follow are in clear. */
        r->retry = true;
        r->side[SIDE_CLIENT].hidden = r->side[SIDE_SERVER].hidden = false;
    }
}

static void read_message(struct tls_reader *r, enum side side, struct mark mark, uint8_t type,
                         struct bytes body)
{
    struct session *s = r->s;

    tls_protected_message(r, side, type, body, mark);
    switch (type) {
    case MESSAGE_CLIENT_HELLO:
        if (side == SIDE_CLIENT) {
            tls_facts_client_hello(s, body, r->side[side].message_first);
        }
        break;
    case MESSAGE_SERVER_HELLO:
        if (side == SIDE_SERVER) {
            read_server_hello(r, body, mark);
        }
        break;
    case MESSAGE_CERTIFICATE:
        tls_facts_certificates(s, side, body, mark);
        break;
    case MESSAGE_SERVER_KEY_EXCHANGE:
        if (side == SIDE_SERVER) {
            tls_facts_key_exchange(s, body);
        }
        break;
    case MESSAGE_CERTIFICATE_REQUEST:
        tls_facts_details(s)->certificate_request = mark;
        break;
    case MESSAGE_CERTIFICATE_STATUS:
        tls_facts_details(s)->stapled = true;
        break;
    case MESSAGE_SERVER_HELLO_DONE:
        tls_facts_details(s)->hello_done = true;
        break;
    default:
        break;
    }
    if (side == SIDE_SERVER && s->tls.details && !s->tls.finished[SIDE_CLIENT]) {
        s->tls.details->flight_end = mark;
    }
}

static void end_message(struct tls_reader *r, enum side side, const struct chunk *chunk,
                        struct bytes message, uint64_t len)
{
    struct side_reader *me = &r->side[side];
    struct event *e = tls_record_add(r, side, chunk, me->message_first, me->message_offset,
                                     me->message_offset + MESSAGE_HEADER + len);

    e->facts->tls.message = message.data[0];
    e->facts->tls.len = (uint32_t)len;
    if (message.len - MESSAGE_HEADER >= len) {
        read_message(r, side, chunk->mark, message.data[0],
                     (struct bytes){message.data + MESSAGE_HEADER, (size_t)len});
    } else {
        session_limit(r->s, REACHED_HANDSHAKE, side, chunk->mark);
    }
}

bool tls_message_hold(struct side_reader *me, struct bytes b)
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

/* Behind a gap a record may begin inside a message. It begins with one if its first octets are a
 * known message that ends within it; otherwise the record tells nothing. False: not known yet, or
 * not found. */
static bool find_message(struct side_reader *me)
{
    const uint8_t *m = me->message;
    uint64_t len;

    if (me->message_len < MESSAGE_HEADER && me->message_len < me->len) {
        return false;
    }
    len = me->message_len < MESSAGE_HEADER ? UINT64_MAX
                                           : (uint64_t)m[1] << 16 | (uint64_t)m[2] << 8 | m[3];
    if (me->len < MESSAGE_HEADER || len > me->len - MESSAGE_HEADER || !tls_message_name(m[0])) {
        me->record_opaque = true;
        me->message_len = 0;
        return false;
    }
    me->unsure = false;
    return true;
}

void tls_message_read(struct tls_reader *r, enum side side, const struct chunk *chunk,
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
    if (b.len == 0 || me->record_opaque) {
        return;
    }
    if (me->message_len == 0) {
        me->message_first = chunk->mark;
    }
    if (!tls_message_hold(me, b)) {
        me->message_len = 0;
        return;
    }
    if (me->unsure && !find_message(me)) {
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

void tls_message_end_ssl2(struct tls_reader *r, const struct chunk *chunk, uint64_t end)
{
    struct side_reader *me = &r->side[SIDE_CLIENT];
    struct event *e =
        tls_record_add(r, SIDE_CLIENT, chunk, me->record_first, me->record_offset, end);

    e->facts->tls.message = MESSAGE_CLIENT_HELLO;
    e->facts->tls.len = me->len;
    if (!me->record_broken) {
        tls_facts_ssl2_hello(r->s, (struct bytes){me->message, me->message_len}, me->record_first);
    }
    me->message_len = 0;
    me->ssl2 = false;
}
