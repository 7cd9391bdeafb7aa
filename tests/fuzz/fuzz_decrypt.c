/* fuzz_decrypt.c - any bytes as a key log; the connection of RFC 8448 section 3, opened with its
 * secrets, cut, holed, mixed and spoiled in any way; and connections sealed here, of every cipher
 * that a key log opens.
 *
 * Input: one octet says what follows. 0: a key log. 1: steps in the RFC's connection, two octets
 * each:
 *
 *     bit 0 side   bits 1 and 2: 0 the next bytes, 1 they are missing, 2 with a bit wrong,
 *     3 the input's own bytes instead   bits 3 to 7 and the second octet: how many
 *
 * Else the cipher (2: the first row of ciphers); one octet: bit 0 encrypt-then-MAC, bit 1 without
 * the secrets of the handshake; and records, two octets each, what is in them from the input:
 *
 *     bit 0 side   bits 1 to 3 enum deed   bits 4 to 7: padding, and so many octets come alone
 *     the second octet: how long it is
 *
 * Where nothing was lost, spoiled or put in, every record must have been opened.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/conversation.h"
#include "dissect/tls/keylog.h"
#include "tests/support/rfc8448.h"
#include "tests/support/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAM_MAX = 2048 };

struct stream {
    uint8_t octet[STREAM_MAX];
    size_t len, read;
    uint64_t offset; /* in the connection */
};

static void put_octet(struct stream *s, unsigned octet)
{
    s->octet[s->len++] = (uint8_t)octet;
}

static void put_hex(struct stream *s, const char *hex)
{
    for (; *hex; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        put_octet(s, (unsigned)strtoul(pair, NULL, 16));
    }
}

static void put_hello(struct stream *s, uint8_t type, const char *hex)
{
    size_t len = strlen(hex) / 2;

    put_octet(s, 22);
    put_octet(s, 3);
    put_octet(s, 3);
    put_octet(s, (unsigned)(len + 4) >> 8);
    put_octet(s, (unsigned)(len + 4) & 0xff);
    put_octet(s, type);
    put_octet(s, 0);
    put_octet(s, (unsigned)len >> 8);
    put_octet(s, (unsigned)len & 0xff);
    put_hex(s, hex);
}

static void step(struct conversation *c, struct stream *s, struct cursor *in, enum side side,
                 unsigned kind, size_t len, uint64_t packet)
{
    struct chunk chunk = {.side = side, .offset = s->offset, .mark = {packet, (int64_t)packet}};
    struct bytes b = {s->octet + s->read, s->len - s->read};

    if (kind == 3) {
        size_t left = cursor_left(in);
        if (!take_bytes(in, len < left ? len : left, &b)) {
            return;
        }
    } else {
        b.len = len < b.len ? len : b.len;
        s->read += b.len;
    }
    if (b.len == 0) {
        return;
    }
    if (kind == 2) {
        s->octet[s->read - 1] ^= 1;
    }
    chunk.kind = kind == 1 ? CHUNK_GAP : CHUNK_DATA;
    chunk.data = b;
    chunk.missing = b.len;
    s->offset += b.len;
    conversation_chunk(c, &chunk);
}

static void read_connection(struct tls_keylog *log, struct cursor *in)
{
    struct stream stream[SIDES] = {{.len = 0}, {.len = 0}};
    struct session *s = session_new(1);
    struct conversation *c;
    uint8_t first, second;
    uint64_t packet = 1;

    s->keylog = log;
    s->end[SIDE_SERVER].port = 465;
    s->mail_port = true;
    c = conversation_new(s);
    put_hello(&stream[SIDE_CLIENT], 1, rfc8448_client_hello);
    put_hex(&stream[SIDE_CLIENT], rfc8448_client_finished);
    put_hex(&stream[SIDE_CLIENT], rfc8448_client_data);
    put_hex(&stream[SIDE_CLIENT], rfc8448_client_goodbye);
    put_hello(&stream[SIDE_SERVER], 2, rfc8448_server_hello);
    put_hex(&stream[SIDE_SERVER], rfc8448_server_flight);
    put_hex(&stream[SIDE_SERVER], rfc8448_server_ticket);
    put_hex(&stream[SIDE_SERVER], rfc8448_server_data);
    put_hex(&stream[SIDE_SERVER], rfc8448_server_goodbye);
    while (c && take_u8(in, &first) && take_u8(in, &second)) {
        enum side side = (enum side)(first & 1);
        step(c, &stream[side], in, side, first >> 1 & 3, (size_t)(first >> 3) << 6 | second,
             packet++);
    }
    if (c) {
        conversation_end(c);
    }
    conversation_free(c);
    session_free(s);
}

/* --- connections sealed here --- */

static const uint16_t ciphers[] = {
    0xc02f, 0xc030, 0xcca8, 0xc09e, 0xc0a3, 0xc013, 0xc027, 0xc028, 0xc076,
    0xc077, 0x009c, 0x002f, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305,
};

enum {
    TYPE_CHANGE = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_DATA = 23,
    FINISHED_LEN = 4 + 12,
    LONG_TEXT = 64, /* of DEED_LONG, for each one of its length */
};

enum deed {
    DEED_TEXT,
    DEED_LONG,    /* the same letter, over and over */
    DEED_ALERT,   /* two octets */
    DEED_KEYS,    /* new ones: a KeyUpdate, a renegotiation */
    DEED_LOST,    /* the record was sent, and not captured */
    DEED_SPOILED, /* one bit of it is wrong */
    DEED_RAW,     /* no record: as it is */
    DEED_HOLED,   /* a part of it was not captured */
};

struct sealed {
    struct seal seal;
    struct conversation *c;
    uint64_t offset[SIDES], packet, data[SIDES];
    bool disturbed, late, over[SIDES]; /* late: the secrets of the handshake are not there */
};

static void put(struct sealed *x, enum side side, struct bytes b, bool captured)
{
    struct chunk chunk = {.kind = captured ? CHUNK_DATA : CHUNK_GAP,
                          .side = side,
                          .offset = x->offset[side],
                          .data = b,
                          .missing = b.len,
                          .acked = true,
                          .mark = {x->packet, (int64_t)x->packet * 1000000}};

    x->packet++;
    x->offset[side] += b.len;
    if (b.len) {
        conversation_chunk(x->c, &chunk);
    }
}

static void put_record(struct sealed *x, enum side side, uint8_t type, struct bytes text,
                       size_t padding, size_t alone)
{
    static uint8_t room[SEAL_RECORD_MAX];
    size_t len = seal_record(&x->seal, side, type, text, padding, room);

    alone = alone < len ? alone : len;
    put(x, side, (struct bytes){room, alone}, true);
    put(x, side, (struct bytes){room + alone, len - alone}, true);
}

static void put_clear(struct sealed *x, enum side side, uint8_t type, struct bytes b)
{
    static uint8_t room[SEAL_RECORD_MAX];

    put(x, side, (struct bytes){room, seal_clear(type, b, room)}, true);
}

static const uint8_t finished[FINISHED_LEN] = {20, 0, 0, 12}, change[] = {1};

static void put_finished(struct sealed *x, enum side side)
{
    /* Of 1.3 as long as its hash; nobody looks at what is in it. */
    static uint8_t long_one[4 + CRYPTO_DIGEST_MAX];
    struct bytes b = {finished, sizeof finished};

    if (x->seal.is_13) {
        long_one[0] = finished[0];
        long_one[3] = (uint8_t)crypto_digest_len(x->seal.suite.hash);
        b = (struct bytes){long_one, (size_t)long_one[3] + 4};
    }
    put_record(x, side, TYPE_HANDSHAKE, b, 0, 0);
}

static void shake_12(struct sealed *x, bool again)
{
    uint8_t hello[SEAL_HELLO_MAX];

    x->seal.handshake += again;
    for (int side = 0; side < SIDES; side++) {
        struct bytes b = {hello, seal_hello(&x->seal, (enum side)side, hello)};
        if (again) {
            put_record(x, (enum side)side, TYPE_HANDSHAKE, b, 0, 0);
        } else {
            put_clear(x, (enum side)side, TYPE_HANDSHAKE, b);
        }
    }
    for (int side = 0; side < SIDES; side++) {
        struct bytes b = {change, sizeof change};
        if (again) {
            put_record(x, (enum side)side, TYPE_CHANGE, b, 0, 0);
        } else {
            put_clear(x, (enum side)side, TYPE_CHANGE, b);
        }
        seal_keys_12(&x->seal, (enum side)side);
        put_finished(x, (enum side)side);
    }
}

static void shake_13(struct sealed *x)
{
    uint8_t hello[SEAL_HELLO_MAX];

    for (int side = 0; side < SIDES; side++) {
        struct bytes b = {hello, seal_hello(&x->seal, (enum side)side, hello)};
        put_clear(x, (enum side)side, TYPE_HANDSHAKE, b);
    }
    for (int side = SIDES; side-- > 0;) {
        seal_keys_13(&x->seal, (enum side)side, false);
        put_finished(x, (enum side)side);
        seal_keys_13(&x->seal, (enum side)side, true);
    }
}

static void new_keys(struct sealed *x, enum side side)
{
    static const uint8_t update[] = {24, 0, 0, 1, 0};

    if (!x->seal.is_13) {
        shake_12(x, true);
    } else {
        put_record(x, side, TYPE_HANDSHAKE, (struct bytes){update, sizeof update}, 0, 0);
        seal_keys_next(&x->seal, side);
    }
}

/* What does not reach the reader as it was sent. */
static void disturb(struct sealed *x, enum side side, enum deed deed, struct bytes text,
                    size_t extra)
{
    static uint8_t room[SEAL_RECORD_MAX];
    size_t len, from;

    x->disturbed = true;
    if (deed == DEED_RAW) {
        put(x, side, text, true);
        return;
    }
    len = seal_record(&x->seal, side, TYPE_DATA, text, extra, room);
    from = deed == DEED_LOST ? 0 : len * extra / 16;
    if (deed == DEED_SPOILED) {
        room[len - 1] ^= 1;
        put(x, side, (struct bytes){room, len}, true);
        return;
    }
    put(x, side, (struct bytes){room, from}, true);
    put(x, side, (struct bytes){room + from, len - from}, false);
}

static void do_step(struct sealed *x, uint8_t first, uint8_t len, struct cursor *in)
{
    static uint8_t letters[UINT8_MAX * LONG_TEXT];
    enum side side = (enum side)(first & 1);
    enum deed deed = (enum deed)(first >> 1 & 7);
    size_t extra = first >> 4, left = cursor_left(in);
    struct bytes text;

    if (deed == DEED_KEYS) {
        new_keys(x, side);
        return;
    }
    if (deed == DEED_LONG) {
        memset(letters, 'a' + (int)extra, sizeof letters);
        text = (struct bytes){letters, (size_t)len * LONG_TEXT};
    } else if (!take_bytes(in, len < left ? len : left, &text)) {
        return;
    }
    switch (deed) {
    case DEED_TEXT:
    case DEED_LONG:
        x->data[side] += !x->over[side];
        put_record(x, side, TYPE_DATA, text, extra, extra);
        break;
    case DEED_ALERT:
        x->over[side] = true;
        put_record(x, side, TYPE_ALERT, text, 0, extra);
        break;
    case DEED_KEYS:
        break;
    case DEED_LOST:
    case DEED_SPOILED:
    case DEED_RAW:
    case DEED_HOLED:
        disturb(x, side, deed, text, extra);
        break;
    }
}

/* All of it was opened; behind an alert nobody has to. */
static void check_sealed(const struct sealed *x, const struct session *s)
{
    if (x->disturbed || (x->late && x->data[SIDE_CLIENT] + x->data[SIDE_SERVER] == 0)) {
        return; /* without those secrets there is nothing to be opened but data */
    }
    for (int side = 0; side < SIDES; side++) {
        if (!s->tls.opened || s->tls.dark || s->tls.app_records[side] < x->data[side]) {
            abort();
        }
    }
}

static void read_sealed(struct tls_keylog *log, uint8_t row, struct cursor *in)
{
    struct sealed x = {.packet = 1};
    struct session *s = session_new(1);
    char keys[SEAL_LOG_MAX], *from = keys;
    uint8_t flags = 0, first, len;
    size_t keys_len;

    if (!s || !take_u8(in, &flags)) {
        session_free(s);
        return;
    }
    seal_begin(&x.seal, ciphers[row % (sizeof ciphers / sizeof ciphers[0])], flags & 1);
    keys_len = seal_log(&x.seal, keys);
    x.late = (flags & 2) && x.seal.is_13;
    if (x.late) {
        from = strstr(keys, "CLIENT_TRAFFIC");
    }
    tls_keylog_add(log, (struct bytes){(uint8_t *)from, keys_len - (size_t)(from - keys)});
    s->keylog = log;
    s->end[SIDE_SERVER].port = 465;
    s->mail_port = true;
    x.c = conversation_new(s);
    if (x.seal.is_13) {
        shake_13(&x);
    } else {
        shake_12(&x, false);
    }
    while (x.c && take_u8(in, &first) && take_u8(in, &len)) {
        do_step(&x, first, len, in);
    }
    if (x.c) {
        conversation_end(x.c);
        check_sealed(&x, s);
    }
    conversation_free(x.c);
    session_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tls_keylog *log = tls_keylog_new();
    struct cursor in = {data, data + size};
    uint8_t kind;

    if (!log || !take_u8(&in, &kind)) {
        tls_keylog_free(log);
        return 0;
    }
    if (kind == 0) {
        tls_keylog_add(log, peek_rest(&in));
    } else if (kind > 1) {
        read_sealed(log, (uint8_t)(kind - 2), &in);
    } else {
        tls_keylog_add(
            log, (struct bytes){(const uint8_t *)rfc8448_key_log, sizeof rfc8448_key_log - 1});
        read_connection(log, &in);
    }
    tls_keylog_free(log);
    return 0;
}
