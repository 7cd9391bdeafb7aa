/* test_record.c - TLS streams cut into records, in every cut. RFC 8446 section 5.1. */
#include "tests/unit/frame_case.h"

#include <stdio.h>

#include "dissect/tls/record.h"

#define RANDOM       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff "
#define CLIENT_HELLO "16 0301 0005 01 000001 00 "
#define HELLO_12     "16 0303 002a 02 000026 0303 " RANDOM "00 c02f 00 "
#define HELLO_13     "16 0303 0032 02 00002e 0303 " RANDOM "00 1301 00 0006 002b 0002 0304 "
#define DONE         "16 0303 0004 0e 000000 "
#define CCS          "14 0303 0001 01 "
#define FINISHED     "16 0303 0010 00112233445566778899aabbccddeeff "
#define DATA8        "17 0303 0008 0011223344556677 "
#define CLOSE        "15 0303 0002 01 00 "
#define FAILURE      "15 0303 0002 02 28 "
#define HIDDEN_ALERT "15 0303 001a 00112233445566778899aabbccddeeff00112233445566778899 "

struct bench {
    struct session *s;
    struct tls_reader *r;
    uint64_t offset[SIDES], packet;
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

/* Hex bytes of one packet, in pieces of this size. */
static void put(struct bench *b, enum side side, const char *hex, size_t step)
{
    uint8_t wire[CASE_MAX];
    size_t len = case_bytes(hex, wire);
    struct chunk chunk = {.side = side, .mark = {++b->packet, (int64_t)b->packet * 1000000}};

    for (size_t at = 0; at < len; at += step) {
        size_t n = len - at < step ? len - at : step;
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, wire + at, n);
        chunk.data = (struct bytes){copy, n};
        chunk.offset = b->offset[side];
        tls_record_read(b->r, side, &chunk, chunk.data, chunk.offset);
        free(copy);
        b->offset[side] += n;
    }
}

static void gap(struct bench *b, enum side side, uint64_t missing)
{
    b->packet++;
    tls_record_gap(b->r, side, b->offset[side], missing,
                   (struct mark){b->packet, (int64_t)b->packet * 1000000});
    b->offset[side] += missing;
}

/* "C22.1" is a client's handshake message 1; "S23x2" a run of two hidden records; "C21!40" an
 * alert; "S21?" a hidden one; "C!7" 7 opaque bytes. */
static void assert_told(const struct session *s, const char *label, const char *expected)
{
    char told[1024] = "";
    size_t len = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        const struct tls_event_facts *t = &e->facts->tls;
        const struct run_facts *r = &e->facts->run;
        char *at = told + len;
        size_t room = sizeof told - len;
        const char *between = len ? " " : "";
        char side = e->side == SIDE_CLIENT ? 'C' : 'S';
        if (e->kind == EVENT_LIMIT) {
            len += (size_t)snprintf(at, room, "%s%s", between, e->facts->limit.name);
        } else if (e->kind == EVENT_TLS_RUN) {
            len += (size_t)snprintf(at, room, "%s%c%ux%d", between, side, r->record_type,
                                    (int)r->records);
        } else if (e->kind == EVENT_OPAQUE) {
            len +=
                (size_t)snprintf(at, room, "%s%c!%d", between, side, (int)e->facts->opaque_bytes);
        } else if (t->record_type == 21 && t->encrypted) {
            len += (size_t)snprintf(at, room, "%s%c21?", between, side);
        } else if (t->record_type == 21) {
            len += (size_t)snprintf(at, room, "%s%c21!%u", between, side, t->description);
        } else {
            len +=
                (size_t)snprintf(at, room, "%s%c%u.%u", between, side, t->record_type, t->message);
        }
        assert_true(len < sizeof told);
        if (e->kind != EVENT_OPAQUE && e->kind != EVENT_LIMIT) {
            assert_true(e->offset < e->end);
        }
    }
    if (strcmp(told, expected) != 0) {
        fail_msg("%s: \"%s\", not \"%s\"", label, told, expected);
    }
}

static void test_one_side(void **state)
{
    static const struct {
        const char *label, *hex, *told;
    } cases[] = {
        {"hello", HELLO_12, "S22.2"},
        {"two messages in one record", "16 0303 0008 0e 000000 0e 000000", "S22.14 S22.14"},
        {"one message in two records", "16 0303 0003 0e 0000 16 0303 0001 00", "S22.14"},
        {"message and a half", "16 0303 0006 0e 000000 0e 00 16 0303 0002 0000", "S22.14 S22.14"},
        {"message never finished", "16 0303 0004 0b 000100", ""},
        {"hidden behind change_cipher_spec", CCS FINISHED, "S20.0 S22x1"},
        {"a run", DATA8 DATA8 DATA8, "S23x3"},
        {"a run ended by an alert", DATA8 CLOSE, "S23x1 S21!0"},
        {"fatal alert", FAILURE, "S21!40"},
        {"hidden alert", CCS HIDDEN_ALERT, "S20.0 S21?"},
        {"half a header", "16 03", ""},
        {"half a record", "17 0303 0008 00112233", ""},
        {"empty record", "17 0303 0000 " DATA8, "S23x2"},
        {"no record at all", "48 5454502f", "S!5"},
        {"a record, then none", DATA8 "00 0102030405", "S23x1 S!6"},
        {"a heartbeat", "18 0303 0001 00", "S24x1"},
        {"type 25", "19 0303 0001 00", "S!6"},
        {"version 2", "16 0200 0001 00", "S!6"},
        {"longer than any record", "17 0303 4801 00", "S!6"},
        {"the longest there is, not whole", "17 0303 4800 00", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step < 100; step += step < 8 ? 1 : 13) {
            struct bench b;
            struct session *s;
            begin(&b);
            put(&b, SIDE_SERVER, cases[i].hex, step);
            s = end(&b);
            assert_told(s, cases[i].label, cases[i].told);
            session_free(s);
        }
    }
}

static void test_whole_handshakes(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b); /* TLS 1.2 */
    put(&b, SIDE_CLIENT, CLIENT_HELLO, 99);
    assert_false(b.s->tls.hello[SIDE_SERVER]);
    put(&b, SIDE_SERVER, HELLO_12 DONE, 99);
    put(&b, SIDE_CLIENT, CCS FINISHED, 99);
    assert_false(b.s->tls.established);
    put(&b, SIDE_SERVER, CCS FINISHED, 99);
    assert_true(b.s->tls.established);
    put(&b, SIDE_CLIENT, DATA8 DATA8, 99);
    put(&b, SIDE_CLIENT, DATA8, 99);
    put(&b, SIDE_SERVER, DATA8, 99);
    put(&b, SIDE_CLIENT, DATA8, 99);
    s = end(&b);
    assert_told(s, "TLS 1.2", "C22.1 S22.2 S22.14 C20.0 C22x1 S20.0 S22x1 C23x3 S23x1 C23x1");
    assert_int_equal(s->tls.version, 0x0303);
    assert_int_equal(s->tls.cipher, 0xc02f);
    assert_true(s->tls.seen[SIDE_CLIENT] && s->tls.seen[SIDE_SERVER]);
    assert_true(s->tls.hello[SIDE_CLIENT] && s->tls.hello[SIDE_SERVER]);
    assert_int_equal(s->tls.app_records[SIDE_CLIENT], 4);
    assert_int_equal(s->tls.app_bytes[SIDE_CLIENT], 32);
    assert_int_equal(s->tls.app_bytes[SIDE_SERVER], 8);
    session_free(s);

    begin(&b); /* TLS 1.3, refused by an alert too short to be a Finished */
    put(&b, SIDE_CLIENT, CLIENT_HELLO, 99);
    put(&b, SIDE_SERVER, HELLO_13 CCS, 99);
    put(&b, SIDE_CLIENT, "17 0303 0013 00112233445566778899aabbccddeeff001122", 99);
    s = end(&b);
    assert_int_equal(s->tls.version, 0x0304);
    assert_false(s->tls.established);
    session_free(s);
}

static void test_gaps(void **state)
{
    static const struct {
        const char *label, *before;
        uint64_t missing;
        const char *behind, *told;
    } cases[] = {
        {"inside a record", "17 0303 0008 0011", 4, "6677 " DATA8, "S23x2"},
        {"to the end of a record", "17 0303 0008 0011", 6, DATA8, "S23x2"},
        {"between two records", DATA8, 13, DATA8, "S23x2"},
        {"a handshake record broken", "16 0303 0004 0e", 2, "00 " DONE, "S22x1 S22.14"},
        {"beyond a record, into another", "17 0303 0008 0011", 10, "0011223344", "S23x1 S!5"},
        {"inside a header", "17 03", 3, DATA8, "S23x1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct session *s;
        begin(&b);
        put(&b, SIDE_SERVER, cases[i].before, 99);
        gap(&b, SIDE_SERVER, cases[i].missing);
        put(&b, SIDE_SERVER, cases[i].behind, 99);
        s = end(&b);
        assert_told(s, cases[i].label, cases[i].told);
        session_free(s);
    }
}

/* A handshake message of 16 MiB is told by its header and skipped, not held. */
static void test_message_too_long(void **state)
{
    struct bench b;
    struct session *s;
    char hex[2 * 1029 + 1];

    (void)state;
    begin(&b);
    put(&b, SIDE_SERVER, "16 0303 0004 0b ffffff", 99);
    memcpy(hex, "1603030400", 10);
    memset(hex + 10, 'a', sizeof hex - 11);
    hex[sizeof hex - 1] = '\0';
    for (int i = 0; i < 16384; i++) {
        put(&b, SIDE_SERVER, hex, 2000);
        assert_true(tls_record_size(b.r) < 200000);
    }
    s = end(&b);
    /* 16,384 KiB came, one octet more than the message has: a new one begins with it. */
    assert_told(s, "16 MiB", "S22.11 LIMIT_HANDSHAKE");
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_side),
        cmocka_unit_test(test_whole_handshakes),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_message_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
