/* protected.c - records that a key log opens: gathered whole, opened, and handed to who reads what
 * is inside.
 *
 * The text of a record is known when its last byte is: its tag stands there. So it is told with the
 * mark of that packet, and with the acknowledgement of the first one, which is what the sender knew
 * when it wrote it.
 *
 * A gap of the server's side is told to the dialogue at once: it decides what the client's next
 * bytes mean. One of the client's side waits for the next record, by whose number it is known how
 * many records lay in the gap and so how much text.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/tls/facts.h"
#include "dissect/tls/record_state.h"

void tls_record_open(struct tls_reader *r, chunk_sink text, void *ctx)
{
    if (r->s->keylog && tls_keylog_totals(r->s->keylog)->secrets && !r->decrypt) {
        r->decrypt = tls_decrypt_new(r->s->keylog);
        r->text = text;
        r->text_ctx = ctx;
    }
}

size_t tls_protected_size(const struct tls_reader *r)
{
    size_t size = 0;

    for (int side = 0; side < SIDES; side++) {
        size += (r->side[side].fragment ? r->side[side].len : 0) +
                (r->side[side].hay ? TLS_SEARCH_ROOM : 0);
    }
    return size;
}

static void drop_fragment(struct side_reader *me)
{
    free(me->fragment);
    me->fragment = NULL;
    me->fragment_len = 0;
    me->whole = (struct bytes){0};
}

void tls_protected_free(struct tls_reader *r)
{
    drop_fragment(&r->side[SIDE_CLIENT]);
    drop_fragment(&r->side[SIDE_SERVER]);
    tls_search_free(&r->side[SIDE_CLIENT]);
    tls_search_free(&r->side[SIDE_SERVER]);
    tls_decrypt_free(r->decrypt);
}

void tls_protected_begin(struct tls_reader *r, enum side side)
{
    struct side_reader *me = &r->side[side];

    drop_fragment(me);
    me->sealed = r->decrypt && tls_decrypt_expects(r->decrypt, side, me->type);
}

void tls_protected_take(struct tls_reader *r, enum side side, struct bytes b)
{
    struct side_reader *me = &r->side[side];

    if (me->record_broken) {
        return;
    }
    if (!me->fragment && b.len == me->len) {
        me->whole = b;
        me->fragment_len = b.len;
        return;
    }
    if (!me->fragment && !(me->fragment = malloc(me->len))) {
        me->record_broken = true;
        return;
    }
    memcpy(me->fragment + me->fragment_len, b.data, b.len);
    me->fragment_len += b.len;
}

/* --- what is missing --- */

/* Tells the dialogue of octets that it will not get. jumped: how many records lay in the gap, when
 * that is known. */
static void tell_gap(struct tls_reader *r, enum side side, const uint64_t *jumped)
{
    struct side_reader *me = &r->side[side];
    uint64_t frames = (jumped ? *jumped : 1) * (RECORD_HEADER + tls_decrypt_overhead(r->decrypt));
    uint64_t text = me->lost_text + (me->lost_octets > frames ? me->lost_octets - frames : 0);
    struct chunk gap = {.kind = CHUNK_GAP, .side = side, .mark = me->lost_at};

    if (!me->lost_text && !me->lost_octets) {
        return;
    }
    me->lost_text = me->lost_octets = 0;
    gap.missing = text ? text : 1;
    gap.offset = me->lost_end > gap.missing ? me->lost_end - gap.missing : 0;
    r->text(r->text_ctx, &gap);
}

static void note_lost(struct tls_reader *r, enum side side, uint64_t end, struct mark mark)
{
    struct side_reader *me = &r->side[side];

    me->lost_end = end;
    me->lost_at = mark;
    if (side == SIDE_SERVER) {
        tell_gap(r, side, NULL);
    }
}

/* The text of the record that ends here is lost. */
static void lose_record(struct tls_reader *r, enum side side, uint64_t end, struct mark mark)
{
    struct side_reader *me = &r->side[side];
    size_t overhead = tls_decrypt_overhead(r->decrypt);

    me->lost_text += me->len > overhead ? me->len - overhead : 1;
    note_lost(r, side, end, mark);
}

/* The same, unless it was one of the handshake. */
static void lose_text(struct tls_reader *r, enum side side, uint64_t end, struct mark mark)
{
    if (r->s->tls.opened && r->s->tls.finished[side]) {
        lose_record(r, side, end, mark);
    }
}

void tls_protected_lost(struct tls_reader *r, enum side side, uint64_t missing, uint64_t end,
                        struct mark mark)
{
    if (missing && r->decrypt) {
        tls_decrypt_lost(r->decrypt, side, missing);
        if (r->s->tls.opened && r->s->tls.finished[side] && !r->s->tls.dark) {
            r->side[side].lost_octets += missing;
            note_lost(r, side, end, mark);
        }
    }
}

void tls_protected_lost_tail(struct tls_reader *r, enum side side, uint64_t len, uint64_t end,
                             struct mark mark)
{
    struct side_reader *me = &r->side[side];

    if (me->lost_octets && len) { /* else it was told */
        me->lost_octets += len;
        note_lost(r, side, end, mark);
    }
}

/* From here on it is told as what it is: records that hide what was said. */
static void go_dark(struct tls_reader *r, struct mark mark)
{
    struct tls_facts *t = &r->s->tls;

    if (!t->dark) {
        t->dark = true;
        t->dark_at = mark;
    }
}

/* --- what was opened --- */

static void read_text(struct tls_reader *r, enum side side, const struct chunk *chunk, uint64_t end,
                      struct bytes text)
{
    struct side_reader *me = &r->side[side];
    struct chunk inside = *chunk;

    r->s->tls.app_records[side]++;
    r->s->tls.app_bytes[side] += me->len;
    tls_record_note_finished(r, side, chunk->mark);
    if (text.len == 0) {
        return; /* some send empty records before each, against an old attack on CBC */
    }
    inside.kind = CHUNK_DATA;
    inside.side = side;
    inside.offset = end - text.len;
    inside.data = text;
    inside.peer_ack = me->record_ack;
    r->text(r->text_ctx, &inside);
}

static void read_opened(struct tls_reader *r, enum side side, const struct chunk *chunk,
                        uint64_t end, const struct tls_opened *opened)
{
    struct side_reader *me = &r->side[side];
    uint8_t type = me->type;
    uint32_t len = me->len;

    me->opened = true;
    me->type = opened->content.type;
    switch (opened->content.type) {
    case RECORD_HANDSHAKE:
        if (me->message_len == 0) {
            me->message_offset = end - opened->content.plain.len;
        }
        me->len = (uint32_t)opened->content.plain.len;
        tls_message_read(r, side, chunk, opened->content.plain);
        break;
    case RECORD_ALERT:
        me->len = (uint32_t)opened->content.plain.len;
        me->alert_len = opened->content.plain.len < sizeof me->alert ? opened->content.plain.len
                                                                     : sizeof me->alert;
        memcpy(me->alert, opened->content.plain.data, me->alert_len);
        tls_record_alert(r, side, chunk, end);
        break;
    case RECORD_CCS:
        tls_record_change_cipher(r, side, chunk, end);
        break;
    case RECORD_DATA:
        tls_record_close_runs(r);
        me->len = len;
        read_text(r, side, chunk, end, opened->content.plain);
        break;
    default:
        break; /* nothing has such a type */
    }
    me->type = type;
    me->len = len;
    me->opened = false;
}

bool tls_protected_end(struct tls_reader *r, enum side side, const struct chunk *chunk,
                       uint64_t end)
{
    struct side_reader *me = &r->side[side];
    struct bytes fragment = me->whole;
    struct tls_opened opened;
    bool hidden = false;

    if (me->fragment) {
        fragment = (struct bytes){me->fragment, me->fragment_len};
    }
    if (me->record_broken || fragment.len != me->len) {
        tls_decrypt_skip(r->decrypt, side);
        lose_text(r, side, end, chunk->mark);
        drop_fragment(me);
        return r->s->tls.opened;
    }
    switch (tls_decrypt_open(r->decrypt, side, me->header, fragment, &opened)) {
    case TLS_OPEN_DONE:
        r->s->tls.opened = true;
        tell_gap(r, side, &opened.jumped);
        tell_gap(r, side_other(side), NULL);
        read_opened(r, side, chunk, end, &opened);
        tls_decrypt_wipe(r->decrypt, &opened);
        break;
    case TLS_OPEN_EARLY:
        hidden = true;
        r->s->tls.early = true;
        lose_record(r, side, end, chunk->mark);
        break;
    case TLS_OPEN_NOT:
        hidden = !r->s->tls.opened;
        lose_text(r, side, end, chunk->mark);
        break;
    case TLS_OPEN_MISFIT:
        hidden = true;
        lose_text(r, side, end, chunk->mark);
        go_dark(r, chunk->mark);
        break;
    }
    drop_fragment(me);
    return !hidden;
}

void tls_protected_message(struct tls_reader *r, enum side side, uint8_t type, struct bytes body,
                           struct mark mark)
{
    bool opened = r->side[side].opened;

    if (!r->decrypt) {
        return;
    }
    switch (type) {
    case MESSAGE_CLIENT_HELLO:
        if (side == SIDE_CLIENT) {
            r->s->tls.renegotiated |= opened;
            tls_decrypt_client_hello(r->decrypt, body);
        }
        break;
    case MESSAGE_SERVER_HELLO:
        if (side == SIDE_SERVER) {
            tls_decrypt_server_hello(r->decrypt, body);
        }
        break;
    case MESSAGE_ENCRYPTED_EXTENSIONS:
        if (opened && side == SIDE_SERVER) {
            tls_facts_encrypted_extensions(r->s, body);
        }
        break;
    case MESSAGE_FINISHED:
        if (opened) {
            tls_record_note_finished(r, side, mark);
            tls_decrypt_finished(r->decrypt, side);
        }
        break;
    case MESSAGE_KEY_UPDATE:
        if (opened) {
            tls_decrypt_key_update(r->decrypt, side);
        }
        break;
    default:
        break;
    }
}

void tls_protected_close(struct tls_reader *r)
{
    struct tls_facts *t = &r->s->tls;
    enum tls_keys keys;

    if (!r->decrypt) {
        return;
    }
    keys = tls_decrypt_keys(r->decrypt);
    /* What came behind a gap and was not opened is as hidden as without a key. */
    for (int side = 0; side < SIDES; side++) {
        struct side_reader *me = &r->side[side];
        if (me->lost_text || me->lost_octets) {
            tell_gap(r, (enum side)side, NULL);
        }
        if (me->hay || tls_decrypt_is_lost(r->decrypt, (enum side)side)) {
            go_dark(r, me->lost_at);
        }
    }
    if (keys == TLS_KEYS_MISFIT || keys == TLS_KEYS_LOST) {
        go_dark(r, r->s->last);
    }
    if (tls_decrypt_gave_up(r->decrypt)) {
        session_limit(r->s, REACHED_TLS_TRIES, SIDE_CLIENT, t->dark_at);
    }
    t->keys = (uint8_t)keys;
    if (tls_decrypt_log_was_cut(r->decrypt)) {
        session_limit(r->s, REACHED_KEYLOG_SECRETS, SIDE_CLIENT, r->s->last);
    }
}
