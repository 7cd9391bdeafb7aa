/* fuzz_decrypt.c - any bytes as a key log; and the connection of RFC 8448 section 3, opened with
 * its secrets, cut, holed, mixed and spoiled in any way.
 *
 * Input: one octet says what follows. 0: a key log. Else steps, two octets each:
 *
 *     bit 0 side   bits 1 and 2: 0 the next bytes, 1 they are missing, 2 with a bit wrong,
 *     3 the input's own bytes instead   bits 3 to 7 and the second octet: how many
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/conversation.h"
#include "dissect/tls/keylog.h"
#include "tests/support/rfc8448.h"

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
    } else {
        tls_keylog_add(
            log, (struct bytes){(const uint8_t *)rfc8448_key_log, sizeof rfc8448_key_log - 1});
        read_connection(log, &in);
    }
    tls_keylog_free(log);
    return 0;
}
