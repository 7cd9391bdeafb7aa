/* test_stress.c - what a connection in trouble shows: sizes reported behind holes (RFC 2018), bytes
 * that came twice (RFC 2883), silences, windows that fill, sizes that pass.
 */
#include "tests/unit/connection_case.h"

/* A segment of so many octets. */
static void put_len(struct bench *b, enum side side, uint8_t flags, int64_t seq, int64_t ack,
                    uint32_t len)
{
    struct segment s = wire_segment(&b->w, side, flags, seq, ack, "");

    s.payload_len = len;
    s.payload.len = len < sizeof b->w.data ? len : sizeof b->w.data;
    tcp_connection_segment(b->c, &s, side);
}

/* Behind the handshake; everything the client sends goes on from position 0. */
static void begin_shaken(struct bench *b)
{
    begin(b, false);
    shake(b);
}

/* The server acknowledges the client's bytes up to `ack`, and reports one block of them. */
static void sack(struct bench *b, int64_t ack, int64_t left, int64_t right)
{
    struct segment s = wire_segment(&b->w, S, TCP_ACK, 0, ack, "");
    uint32_t edge[2] = {b->w.isn[C] + 1 + (uint32_t)left, b->w.isn[C] + 1 + (uint32_t)right};
    uint8_t options[12] = {1, 1, 5, 10};

    for (int i = 0; i < 8; i++) {
        options[4 + i] = (uint8_t)(edge[i / 4] >> (24 - 8 * (i % 4)));
    }
    s.options = (struct bytes){options, sizeof options};
    tcp_connection_segment(b->c, &s, S);
}

static const struct retransmit_facts *resent(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT) {
            return &e->facts->retransmit;
        }
    }
    fail_msg("nothing was sent again");
    return NULL;
}

static void test_sizes_behind_a_hole(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 1460); /* lost */
    put_len(&b, C, TCP_ACK, 1460, 0, 300);
    put_len(&b, C, TCP_ACK, 1760, 0, 500);
    sack(&b, 0, 1460, 1760);
    sack(&b, 0, 1460, 2260); /* grows by the second */
    put_len(&b, C, TCP_ACK, 0, 0, 1460);
    put_len(&b, C, TCP_ACK, 0, 0, 1000);
    s = finish(&b);
    assert_int_equal(resent(s)->count, 2);
    assert_int_equal(resent(s)->sacked_least, 300);
    assert_int_equal(resent(s)->sacked_most, 500);
    assert_int_equal(resent(s)->len, 1460);
    assert_int_equal(resent(s)->smallest, 1000);
    assert_int_equal(s->tcp.side[C].passed, 0);
    session_free(s);

    begin_shaken(&b); /* what is reported lies before what is sent again: it says nothing of it */
    put_len(&b, C, TCP_ACK, 0, 0, 100);
    put_len(&b, C, TCP_ACK, 100, 0, 300);
    sack(&b, 0, 100, 400);
    put_len(&b, C, TCP_ACK, 400, 0, 1460);
    put_len(&b, C, TCP_ACK, 400, 0, 1460);
    s = finish(&b);
    assert_int_equal(resent(s)->sacked_least, 0);
    session_free(s);
}

static void test_reports_that_are_none(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 1000);
    put_len(&b, C, TCP_ACK, 0, 0, 1000);
    sack(&b, 1000, 0, 1000); /* twice */
    s = finish(&b);
    assert_non_null(s->tcp.side[C].stress);
    assert_int_equal(s->tcp.side[C].stress->doubled_bytes, 1000);
    assert_int_equal(s->tcp.side[C].stress->sacks_outside, 0);
    session_free(s);

    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 1000);
    sack(&b, 1000, 1000 + (1 << 20) - 1460, 1000 + (1 << 20)); /* far, but not far enough */
    assert_null(tcp_connection_session(b.c)->tcp.side[C].stress);
    sack(&b, 1000, 1000 + (1 << 20) - 1459, 1001 + (1 << 20));
    sack(&b, 1000, 500000000, 500001460);
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].stress->sacks_outside, 2);
    assert_int_equal(s->tcp.side[C].stress->doubled_bytes, 0);
    session_free(s);
}

static void test_silence(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 10);
    put_len(&b, S, TCP_ACK, 0, 10, 0);
    b.w.now_ns += 59 * wire_second;
    put_len(&b, C, TCP_ACK, 10, 0, 10);
    put_len(&b, S, TCP_ACK, 0, 20, 0);
    assert_null(tcp_connection_session(b.c)->tcp.side[C].stress);
    b.w.now_ns += 61 * wire_second;
    put_len(&b, C, TCP_ACK, 20, 0, 10);
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].stress->quiet_offset, 20);
    assert_int_equal(s->tcp.side[C].stress->quiet_ns, 61 * wire_second + wire_ms);
    session_free(s);

    begin_shaken(&b); /* a keep-alive in between */
    put_len(&b, C, TCP_ACK, 0, 0, 10);
    b.w.now_ns += 40 * wire_second;
    put_len(&b, C, TCP_ACK, 9, 0, 0);
    b.w.now_ns += 40 * wire_second;
    put_len(&b, C, TCP_ACK, 10, 0, 10);
    s = finish(&b);
    assert_null(s->tcp.side[C].stress);
    session_free(s);
}

static void test_sizes_that_pass(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 400);
    put_len(&b, S, TCP_ACK, 0, 400, 0);
    put_len(&b, C, TCP_ACK, 400, 0, 1460);
    put_len(&b, C, TCP_ACK, 400, 0, 1460); /* sent twice: which one arrived is not known */
    put_len(&b, S, TCP_ACK, 0, 1860, 0);
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].passed, 400);
    session_free(s);

    begin_shaken(&b);
    put_len(&b, C, TCP_ACK, 0, 0, 1460);
    put_len(&b, S, TCP_ACK, 0, 1459, 0); /* not all of it */
    assert_int_equal(tcp_connection_session(b.c)->tcp.side[C].passed, 0);
    put_len(&b, S, TCP_ACK, 0, 1460, 0);
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].passed, 1460);
    session_free(s);
}

static void test_full_windows(void **state)
{
    struct bench b;
    struct session *s;
    int64_t sent = 0;

    (void)state;
    begin_shaken(&b);
    b.w.window[S] = 4000;
    put_len(&b, S, TCP_ACK, 0, 0, 0);
    for (int i = 0; i < 40; i++) { /* 3000 of 4000 under way, then 2000 */
        uint32_t len = i < 30 ? 1500 : 1000;
        put_len(&b, C, TCP_ACK, sent, 0, len);
        put_len(&b, C, TCP_ACK, sent + len, 0, len);
        sent += 2 * len;
        put_len(&b, S, TCP_ACK, 0, sent, 0);
    }
    s = finish(&b);
    assert_non_null(s->tcp.side[C].stress);
    /* Counted from 64 KiB on: the 22nd round of the large ones, and all small ones. */
    assert_int_equal(s->tcp.side[C].stress->acks, 19);
    assert_int_equal(s->tcp.side[C].stress->acks_full, 9);
    assert_int_equal(s->tcp.side[C].stress->flight_most, 3000);
    assert_int_equal(s->tcp.side[C].stress->window_raw_most, 4000);
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_behind_a_hole),
        cmocka_unit_test(test_reports_that_are_none),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_sizes_that_pass),
        cmocka_unit_test(test_full_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
