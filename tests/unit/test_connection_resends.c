/* test_connection_resends.c - what came twice, late or to keep alive, and windows: RFC 9293, RFC
 * 7323. */
#include "dissect/limits.h"
#include "tests/unit/connection_case.h"

/* The catalogue's test for copies that a mirror port or "-i any" makes. */
static void test_twins(void **state)
{
    static const struct {
        const char *label;
        int ip_id, ttl, checksum, window;
        int64_t after_us;
        bool zero_id; /* IPv6 has none */
        bool twin;
    } cases[] = {
        {"the same", 0, 0, 0, 0, 100, false, true},
        {"one hop further", 0, -1, 0, 0, 100, false, true},
        {"one hop earlier", 0, 1, 0, 0, 100, false, true},
        {"two hops further", 0, -2, 0, 0, 100, false, false},
        {"rewritten checksum", 0, -1, 9, 0, 100, false, true},
        {"just within 2 ms", 0, 0, 0, 0, 1990, false, true},
        {"3 ms later", 0, 0, 0, 0, 3000, false, false},
        {"another IP ID: sent again", 1, 0, 0, 0, 100, false, false},
        {"no IP ID, the same", 0, 0, 0, 0, 100, true, true},
        {"no IP ID, another checksum", 0, 0, 1, 0, 100, true, false},
        {"no IP ID, another window", 0, 0, 0, 1, 100, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct session *s;
        struct segment first, again;
        begin(&b, false);
        shake(&b);
        first = wire_say(&b.w, S, "220 mx.example.com\r\n");
        first.ip_id = cases[i].zero_id ? 0 : first.ip_id;
        again = first;
        again.ip_id = (uint16_t)(first.ip_id + cases[i].ip_id);
        again.ttl = (uint8_t)(first.ttl + cases[i].ttl);
        again.checksum = (uint16_t)(first.checksum + cases[i].checksum);
        again.window = (uint16_t)(first.window + cases[i].window);
        again.mark.packet++;
        again.mark.time_ns += cases[i].after_us * 1000;
        tcp_connection_segment(b.c, &first, S);
        tcp_connection_segment(b.c, &again, S);
        s = finish(&b);
        if (s->tcp.side[S].twins != cases[i].twin || s->tcp.side[S].retransmits == cases[i].twin) {
            fail_msg("%s: twins %d, retransmits %d", cases[i].label, (int)s->tcp.side[S].twins,
                     (int)s->tcp.side[S].retransmits);
        }
        assert_int_equal(s->smtp.replies, 1);
        session_free(s);
    }
}

/* A burst of large packets in 1.5 ms, and all copies behind it, as a mirror port gives them; two
 * such connections at once. */
static void test_twins_behind_a_burst(void **state)
{
    enum { BURST = 120 };
    struct segment sent[BURST];
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    for (int i = 0; i < BURST; i++) {
        sent[i] = wire_say(&b.w, C, "NOOP\r\n");
        sent[i].mark.time_ns -= i * (wire_ms - wire_ms / 80);
        tcp_connection_segment(b.c, &sent[i], C);
        assert_false(tcp_twins_seen(b.twins, 1000, &sent[i]));
    }
    for (int i = 0; i < BURST; i++) {
        sent[i].mark.time_ns += wire_ms * 16 / 10;
        sent[i].ttl--;
        tcp_connection_segment(b.c, &sent[i], C);
    }
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].twins, BURST);
    assert_int_equal(s->tcp.side[C].retransmits, 0);
    session_free(s);
}

/* What is the largest segment that got through is known, too, where a burst was acknowledged as a
 * whole; not where it had to be sent again. */
static void test_largest_that_passed(void **state)
{
    static const size_t len[] = {10, 40, 1000, 40, 1000, 20};

    (void)state;
    for (int resent = 0; resent < 2; resent++) {
        char data[1001] = "";
        struct bench b;
        struct session *s;
        begin(&b, false);
        shake(&b);
        for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
            memset(data, 'x', len[i]);
            data[len[i]] = '\0';
            say(&b, C, data);
        }
        if (resent) {
            memset(data, 'x', 1000);
            put(&b, C, TCP_ACK, 50, 0, data);
        }
        put(&b, S, TCP_ACK, 0, 2110, "");
        s = finish(&b);
        assert_int_equal(s->tcp.side[C].passed, resent ? 0 : 1000);
        session_free(s);
    }
}

static void test_duplicate_acks_are_no_twins(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    for (int i = 0; i < 3; i++) {
        struct segment ack = wire_segment(&b.w, C, TCP_ACK, 0, 0, "");
        b.w.now_ns -= wire_ms * 9 / 10; /* 0.1 ms apart */
        tcp_connection_segment(b.c, &ack, C);
    }
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].twins, 0);
    assert_int_equal(s->tcp.side[C].packets, 5);
    assert_int_equal(s->tcp.side[C].retransmits, 0);
    session_free(s);
}

/* Bytes that fill a hole at once were overtaken; a round trip later they were sent again. */
static void test_retransmission_versus_late(void **state)
{
    static const struct {
        const char *label;
        int64_t wait_ms;
        uint64_t late, again;
    } cases[] = {{"at once", 0, 1, 0}, {"a round trip later", 200, 0, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct session *s;
        begin(&b, false);
        shake(&b);
        put(&b, C, TCP_ACK, 6, 0, "QUIT\r\n");
        b.w.now_ns += cases[i].wait_ms * wire_ms;
        put(&b, C, TCP_ACK, 0, 0, "NOOP\r\n");
        s = finish(&b);
        assert_int_equal(s->tcp.side[C].out_of_order, cases[i].late);
        assert_int_equal(s->tcp.side[C].retransmits, cases[i].again);
        assert_int_equal(s->tcp.side[C].bytes, 12);
        assert_int_equal(s->smtp.commands, 2);
        session_free(s);
    }
}

static void test_retransmissions(void **state)
{
    struct bench b;
    struct session *s;
    const struct event *e;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, S, "220 mx\r\n");
    say(&b, C, "EHLO a.example\r\n");
    for (int i = 0; i < 3; i++) {
        b.w.now_ns += wire_second;
        put(&b, C, TCP_ACK, 0, 8, "EHLO a.example\r\n");
        put(&b, S, TCP_ACK, 8, 0, "");
    }
    put(&b, S, TCP_ACK, 8, 16, "");
    put(&b, C, TCP_ACK, 10, 8, "mple\r\nQUIT\r\n"); /* old and new in one */
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].retransmits, 4);
    assert_int_equal(s->tcp.side[C].retransmitted_bytes, 3 * 16 + 12);
    assert_int_equal(s->tcp.side[C].bytes, 22); /* each octet once */
    assert_int_equal(count(s, EVENT_RETRANSMIT), 2);
    e = nth(s, EVENT_RETRANSMIT, 0);
    assert_int_equal(e->facts->retransmit.count, 3);
    assert_int_equal(e->facts->retransmit.len, 16);
    assert_int_equal(e->facts->retransmit.peer_packets, 4);
    assert_int_equal(e->offset, 0);
    assert_int_equal(e->acked.packet, 12);
    assert_false(e->facts->retransmit.keep_alive);
    assert_int_equal(s->smtp.commands, 2);
    session_free(s);
}

/* RFC 9293 section 3.8.4: the octet below the next one, or none. */
static void test_keep_alive(void **state)
{
    struct bench b;
    struct session *s;
    const struct event *e;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, S, "220 mx\r\n");
    put(&b, C, TCP_ACK, 0, 8, "");
    for (int i = 0; i < 2; i++) {
        b.w.now_ns += 60 * wire_second;
        put(&b, S, TCP_ACK, 7, 0, "");
        put(&b, C, TCP_ACK, 0, 8, "");
        put(&b, S, TCP_ACK, 7, 0, "\n");
        put(&b, C, TCP_ACK, 0, 8, "");
    }
    put(&b, S, TCP_ACK, 6, 0, ""); /* two octets below: none */
    s = finish(&b);
    assert_int_equal(s->tcp.side[S].keep_alives, 4);
    assert_int_equal(s->tcp.side[S].retransmits, 0);
    assert_int_equal(count(s, EVENT_RETRANSMIT), 1);
    e = nth(s, EVENT_RETRANSMIT, 0);
    assert_true(e->facts->retransmit.keep_alive);
    assert_int_equal(e->facts->retransmit.count, 4);
    assert_int_equal(e->facts->retransmit.peer_packets, 4);
    session_free(s);
}

static void test_zero_window(void **state)
{
    struct bench b;
    struct session *s;
    const struct event *e;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, C, "EHLO a.example\r\n");
    b.w.window[S] = 0;
    put(&b, S, TCP_ACK, 0, 16, "");
    for (int i = 0; i < 3; i++) {
        b.w.now_ns += 5 * wire_second;
        put(&b, C, TCP_ACK, 15, 0, "\n"); /* a probe */
        put(&b, S, TCP_ACK, 0, 16, "");
    }
    b.w.window[S] = 1;
    put(&b, S, TCP_ACK, 0, 16, "");
    b.w.window[S] = 0;
    put(&b, S, TCP_ACK, 0, 16, "");
    s = finish(&b);
    assert_int_equal(s->tcp.side[S].zero_windows, 2);
    assert_int_equal(s->tcp.side[C].retransmits, 0);
    e = nth(s, EVENT_ZERO_WINDOW, 0);
    assert_int_equal(e->side, S);
    assert_int_equal(e->facts->window.probes, 3);
    assert_false(e->facts->window.open);
    assert_int_equal(e->first.packet, 5);
    assert_int_equal(e->last.packet, 12);
    assert_true(nth(s, EVENT_ZERO_WINDOW, 1)->facts->window.open);
    session_free(s);
}

/* Closed again and again, beyond what is told one by one: still counted once each. */
static void test_zero_windows_beyond_the_limit(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    for (int i = 0; i < 2 * LIMIT_TRANSPORT_EVENTS; i++) {
        b.w.window[S] = 0;
        put(&b, S, TCP_ACK, 0, 0, "");
        put(&b, S, TCP_ACK, 0, 0, "");
        b.w.window[S] = 100;
        put(&b, S, TCP_ACK, 0, 0, "");
    }
    s = finish(&b);
    assert_int_equal(s->tcp.side[S].zero_windows, 2 * LIMIT_TRANSPORT_EVENTS);
    assert_int_equal(count(s, EVENT_ZERO_WINDOW), LIMIT_TRANSPORT_EVENTS - 1);
    session_free(s);
}

/* RFC 7323 section 2.2: both SYNs must carry the option. */
static void test_window_scale(void **state)
{
    static const uint8_t scale[] = {3, 3, 4};

    (void)state;
    for (int both = 0; both < 2; both++) {
        struct bench b;
        struct session *s;
        struct segment syn;
        begin(&b, false);
        syn = wire_segment(&b.w, C, TCP_SYN, -1, 0, "");
        syn.options = (struct bytes){scale, sizeof scale};
        tcp_connection_segment(b.c, &syn, C);
        syn = wire_segment(&b.w, S, TCP_SYN | TCP_ACK, -1, 0, "");
        syn.options = (struct bytes){scale, both ? sizeof scale : 0};
        tcp_connection_segment(b.c, &syn, S);
        b.w.window[C] = 500;
        put(&b, C, TCP_ACK, 0, 0, "");
        s = finish(&b);
        assert_int_equal(s->tcp.side[C].window, both ? 8000 : 500);
        session_free(s);
    }
}

/* Resends, probes, closed windows and resets are counted into events that may be folded away. */
static void test_evidence_outlives_its_chapter(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, S, "220 mx\r\n");
    for (int i = 0; i < 4 * LIMIT_SESSION_EVENTS / 2; i++) {
        say(&b, C, "NOOP\r\n");
        say(&b, S, "250 ok\r\n");
        if (i % 500 == 300) {
            put(&b, C, 0, b.w.sent[C] - 6, 0, "NOOP\r\n"); /* again */
            put(&b, C, TCP_ACK, b.w.sent[C] - 1, b.w.sent[S], "");
            b.w.window[S] = 0;
            put(&b, S, TCP_RST, INT64_C(100000000), 0, "");
        }
    }
    assert_true(tcp_connection_session(b.c)->folded > 0);
    s = finish(&b);
    assert_int_equal(s->smtp.commands, 4 * LIMIT_SESSION_EVENTS / 2);
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_twins_behind_a_burst),
        cmocka_unit_test(test_largest_that_passed),
        cmocka_unit_test(test_duplicate_acks_are_no_twins),
        cmocka_unit_test(test_retransmission_versus_late),
        cmocka_unit_test(test_retransmissions),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_zero_window),
        cmocka_unit_test(test_zero_windows_beyond_the_limit),
        cmocka_unit_test(test_window_scale),
        cmocka_unit_test(test_evidence_outlives_its_chapter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
