/* test_tls_limits.c - TLS made to exhaust us: the largest lengths, endless chains, records with
 * nothing in them. What is kept stays small, and what was left out is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tls/facts.h"
#include "dissect/tls/record.h"

enum { HANDSHAKE = 22, ALERT = 21, DATA = 23, CERTIFICATE = 11, FRAGMENT = 16384, SMALL = 2 << 20 };

struct bench {
    struct session *s;
    struct tls_reader *r;
    uint64_t offset, packet;
};

static void begin(struct bench *b)
{
    *b = (struct bench){.s = session_new(1)};
    assert_non_null(b->s);
    b->r = tls_record_new(b->s);
    assert_non_null(b->r);
}

static struct session *end(struct bench *b)
{
    tls_record_end(b->r);
    tls_record_free(b->r);
    return b->s;
}

static void put(struct bench *b, const uint8_t *data, size_t len)
{
    struct chunk chunk = {.side = SIDE_SERVER,
                          .offset = b->offset,
                          .data = {data, len},
                          .mark = {++b->packet, (int64_t)b->packet * 1000}};

    tls_record_read(b->r, SIDE_SERVER, &chunk, chunk.data, b->offset);
    b->offset += len;
}

static void put_record(struct bench *b, uint8_t type, const uint8_t *body, size_t len)
{
    uint8_t record[5 + FRAGMENT] = {type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};

    assert_true(len <= FRAGMENT);
    if (len) {
        memcpy(record + 5, body, len);
    }
    put(b, record, 5 + len);
}

static void put24(uint8_t *at, size_t n)
{
    at[0] = (uint8_t)(n >> 16);
    at[1] = (uint8_t)(n >> 8);
    at[2] = (uint8_t)n;
}

/* A handshake message in records of the largest size. */
static void put_message(struct bench *b, uint8_t type, const uint8_t *body, size_t len)
{
    uint8_t *message = malloc(4 + len);

    assert_non_null(message);
    message[0] = type;
    put24(message + 1, len);
    if (len) {
        memcpy(message + 4, body, len);
    }
    for (size_t at = 0; at < 4 + len; at += FRAGMENT) {
        put_record(b, HANDSHAKE, message + at, 4 + len - at < FRAGMENT ? 4 + len - at : FRAGMENT);
        assert_true(tls_record_size(b->r) < 4 * LIMIT_HANDSHAKE);
    }
    free(message);
}

/* One certificate of 16 MiB: told by name, not kept; what follows is read. */
static void test_huge_certificate(void **state)
{
    const size_t len = 0xffffff;
    uint8_t *body = calloc(1, len);
    struct session *s;
    struct bench b;

    (void)state;
    assert_non_null(body);
    put24(body, len - 3);
    put24(body + 3, len - 6);
    begin(&b);
    put_message(&b, CERTIFICATE, body, len);
    put_message(&b, 14, NULL, 0);
    s = end(&b);
    assert_true(session_size(s) < SMALL);
    assert_false(s->tls.details && s->tls.details->chain[SIDE_SERVER].first);
    assert_true(s->tls.details && s->tls.details->hello_done);
    assert_int_equal(s->limits_reached, 1);
    session_free(s);
    free(body);
}

/* Every message type with the largest length there is, one after the other, never finished. */
static void test_largest_lengths(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t body[64] = {(uint8_t)type, 0xff, 0xff, 0xff};
        struct session *s;
        struct bench b;

        begin(&b);
        for (int i = 0; i < 16; i++) {
            put_record(&b, HANDSHAKE, body, sizeof body);
        }
        assert_true(tls_record_size(b.r) < 4 * LIMIT_HANDSHAKE);
        s = end(&b);
        assert_true(session_size(s) < SMALL);
        session_free(s);
    }
}

static void test_long_chain(void **state)
{
    enum { COUNT = 10000, EACH = 3 + 3 };
    static uint8_t body[3 + COUNT * EACH];
    struct session *s;
    struct bench b;
    uint32_t kept = 0;

    (void)state;
    put24(body, COUNT * EACH);
    for (size_t i = 0; i < COUNT; i++) {
        put24(body + 3 + i * EACH, 3);
        memcpy(body + 3 + i * EACH + 3, "\x30\x01\x00", 3);
    }
    begin(&b);
    put_message(&b, CERTIFICATE, body, sizeof body);
    s = end(&b);
    assert_non_null(s->tls.details);
    assert_int_equal(s->tls.details->chain[SIDE_SERVER].count, COUNT);
    for (const struct tls_certificate *c = s->tls.details->chain[SIDE_SERVER].first; c;
         c = c->next) {
        kept++;
    }
    assert_int_equal(kept, LIMIT_CERTIFICATES);
    assert_true(session_size(s) < SMALL);
    assert_int_equal(s->limits_reached, 1);
    session_free(s);
}

/* A list that claims more than its message holds has no certificate in it. */
static void test_lying_chain(void **state)
{
    static const uint8_t bodies[][9] = {
        {0xff, 0xff, 0xff, 0, 0, 3, 0x30, 1, 0},
        {0, 0, 6, 0xff, 0xff, 0xff, 0x30, 1, 0},
        {0, 0, 0, 0, 0, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct session *s;
        struct bench b;
        begin(&b);
        put_message(&b, CERTIFICATE, bodies[i], sizeof bodies[i]);
        s = end(&b);
        assert_null(s->tls.details->chain[SIDE_SERVER].first);
        session_free(s);
    }
}

/* Records with nothing, or next to nothing, in them: many of each type. */
static void test_tiny_records(void **state)
{
    enum { COUNT = 100000 };
    static const struct {
        uint8_t type;
        size_t len;
    } cases[] = {{20, 0},   {20, 1},   {ALERT, 0}, {ALERT, 1},     {ALERT, 2},
                 {DATA, 0}, {DATA, 1}, {24, 0},    {HANDSHAKE, 0}, {HANDSHAKE, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t body[2] = {1, 90};
        struct session *s;
        struct bench b;
        begin(&b);
        for (int n = 0; n < COUNT; n++) {
            put_record(&b, cases[i].type, body, cases[i].len);
        }
        assert_true(tls_record_size(b.r) < 4 * LIMIT_HANDSHAKE);
        s = end(&b);
        assert_true(session_size(s) < 4 * SMALL);
        assert_true(s->event_count <= LIMIT_SESSION_EVENTS);
        session_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_huge_certificate), cmocka_unit_test(test_largest_lengths),
        cmocka_unit_test(test_long_chain),       cmocka_unit_test(test_lying_chain),
        cmocka_unit_test(test_tiny_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
