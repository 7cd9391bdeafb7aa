/* test_connection_end.c - how one connection ends: FIN, RST (RFC 9293, RFC 5961) and ICMP errors.
 */
#include "tests/unit/connection_case.h"

static void test_fin(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, C, "QUIT\r\n");
    put(&b, C, TCP_FIN | TCP_ACK, 6, 0, "");
    put(&b, C, TCP_FIN | TCP_ACK, 6, 0, ""); /* the same again */
    assert_false(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_FIN | TCP_ACK, 0, 6, "221 bye\r\n"); /* does not acknowledge the FIN */
    put(&b, C, TCP_ACK, 7, 10, "");
    assert_false(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_ACK, 10, 7, "");
    assert_true(tcp_connection_is_closed(b.c));
    s = finish(&b);
    assert_events(s, "C-syn S-synack C-command C-fin S-reply S-fin");
    assert_int_equal(s->ended, SESSION_CLOSED);
    assert_int_equal(s->tcp.side[C].fin.packet, 5);
    assert_int_equal(s->tcp.side[C].fin_offset, 6);
    assert_int_equal(s->tcp.side[S].fin_offset, 9);
    assert_true(s->tcp.side[C].fin_acked);
    assert_true(s->tcp.side[S].fin_acked);
    session_free(s);
}

/* Bytes before the FIN are missing: the gap ends where the FIN stands. */
static void test_fin_behind_a_hole(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, C, "NOOP\r\n");
    put(&b, C, TCP_FIN | TCP_ACK, 20, 0, "QUIT\r\n");
    put(&b, S, TCP_ACK, 0, 27, "");
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].gap_count, 1);
    assert_int_equal(s->tcp.side[C].gap_bytes, 14);
    assert_int_equal(s->tcp.side[C].fin_offset, 26);
    assert_true(nth(s, EVENT_GAP, 0)->facts->gap.acked);
    assert_int_equal(nth(s, EVENT_GAP, 0)->offset, 6);
    session_free(s);
}

/* A FIN that no window holds is nobody's; the real one counts. */
static void test_fin_out_of_window(void **state)
{
    static const int64_t places[] = {INT64_C(1000000000), -INT64_C(1000000000), 2};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct bench b;
        struct session *s;
        begin(&b, false);
        shake(&b);
        say(&b, C, "QUIT\r\n");
        put(&b, S, TCP_ACK, 0, 6, "");
        put(&b, C, TCP_FIN | TCP_ACK, places[i], 0, "");
        put(&b, C, TCP_FIN | TCP_ACK, 6, 0, "");
        put(&b, S, TCP_FIN | TCP_ACK, 0, 7, "");
        put(&b, C, TCP_ACK, 7, 1, "");
        assert_true(tcp_connection_is_closed(b.c));
        s = finish(&b);
        assert_int_equal(s->tcp.side[C].fin_offset, 6);
        assert_int_equal(count(s, EVENT_FIN), 2);
        assert_int_equal(s->tcp.side[C].gap_count, 0);
        session_free(s);
    }
}

static void test_rst(void **state)
{
    static const struct {
        const char *label;
        int64_t seq;
        bool exact, in_window;
    } cases[] = {
        {"exact", 8, true, true},
        {"within the window", 1000, false, true},
        {"the octet before", 7, false, true}, /* after a FIN that was not captured */
        {"far beyond", 10000000, false, false},
        {"far before", -100000, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct session *s;
        const struct event *e;
        begin(&b, false);
        shake(&b);
        say(&b, S, "220 mx\r\n");
        put(&b, C, TCP_ACK, 0, 8, "");
        b.w.ttl[S] = 250;
        put(&b, S, TCP_RST, cases[i].seq, 0, "");
        if (tcp_connection_is_closed(b.c) != cases[i].in_window) {
            fail_msg("%s: closed or not", cases[i].label);
        }
        s = finish(&b);
        e = nth(s, EVENT_RST, 0);
        assert_int_equal(e->facts->rst.exact, cases[i].exact);
        assert_int_equal(e->facts->rst.in_window, cases[i].in_window);
        assert_true(e->facts->rst.offset_delta == cases[i].seq - 8);
        assert_int_equal(e->facts->rst.ttl, 250);
        assert_int_equal(e->facts->rst.ttl_usual, 57);
        assert_int_equal(s->tcp.side[S].rst.packet != 0, cases[i].in_window);
        session_free(s);
    }
}

static void test_many_rsts(void **state)
{
    struct bench b;
    struct session *s;
    const struct event *last = NULL;

    (void)state;
    begin(&b, false);
    shake(&b);
    put(&b, C, TCP_FIN | TCP_ACK, 0, 0, "");
    for (int i = 0; i < 70000; i++) {
        put(&b, C, TCP_RST, 1, 0, "");
    }
    s = finish(&b);
    assert_int_equal(count(s, EVENT_RST), 8);
    for (const struct event *e = s->events; e; e = e->next) {
        last = e;
    }
    assert_int_equal(last->facts->rst.repeated, UINT16_MAX); /* not wrapped */
    assert_true(last->facts->rst.after_own_fin);
    assert_false(last->facts->rst.after_peer_fin);
    session_free(s);
}

/* Somebody else's RST: the side it claims to come from goes on talking. */
static void test_rst_that_ended_nothing(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, S, "220 mx\r\n");
    say(&b, C, "NOOP\r\n");
    put(&b, S, TCP_RST, 500, 0, "");
    assert_true(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_ACK, 0, 0, "220 mx\r\n"); /* what was on the way proves nothing */
    say(&b, S, "250 ok\r\n");
    assert_true(tcp_connection_is_closed(b.c));
    b.w.now_ns += 2 * wire_second; /* this was not on the way */
    say(&b, S, "421 slow\r\n");
    assert_false(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_RST, b.w.sent[S], 0, "");
    assert_true(tcp_connection_is_closed(b.c));
    say(&b, S, "421 bye\r\n"); /* behind the RST */
    assert_false(tcp_connection_is_closed(b.c));
    s = finish(&b);
    assert_int_equal(s->ended, SESSION_INPUT_ENDED);
    assert_int_equal(count(s, EVENT_RST), 2);
    session_free(s);
}

/* Eight that no window holds do not hide the one that ends it. */
static void test_rst_behind_strays(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    for (int i = 0; i < 20; i++) {
        put(&b, S, TCP_RST, 100000000, 0, "");
    }
    assert_false(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_RST, 0, 0, "");
    assert_true(tcp_connection_is_closed(b.c));
    put(&b, S, TCP_RST, 0, 0, "");
    s = finish(&b);
    assert_int_equal(count(s, EVENT_RST), 9);
    assert_true(nth(s, EVENT_RST, 8)->facts->rst.exact);
    assert_int_equal(nth(s, EVENT_RST, 7)->facts->rst.repeated, 12);
    assert_int_equal(nth(s, EVENT_RST, 8)->facts->rst.repeated, 1);
    session_free(s);
}

static void test_icmp(void **state)
{
    struct bench b;
    struct session *s;
    struct icmp_error e = {.family = 4, .type = 3, .code = 1, .seq_known = true};
    const struct event *event;

    (void)state;
    begin(&b, false);
    put(&b, C, TCP_SYN, -1, 0, "");
    (void)!address_parse(&e.reporter, "203.0.113.1");
    e.seq = b.w.isn[C];
    e.mark = (struct mark){++b.w.packet, b.w.now_ns += wire_ms};
    tcp_connection_icmp(b.c, &e, C);
    e.seq = b.w.isn[C] + 5; /* another packet of it */
    tcp_connection_icmp(b.c, &e, C);
    e.seq = b.w.isn[C];
    e.flags = TCP_ACK; /* quoted far enough to see that it was no SYN */
    e.flags_known = true;
    tcp_connection_icmp(b.c, &e, C);
    s = finish(&b);
    assert_events(s, "C-syn C-icmp C-icmp C-icmp");
    event = nth(s, EVENT_ICMP, 0);
    assert_true(event->facts->icmp.quotes_syn);
    assert_true(address_equal(&event->facts->icmp.from, &e.reporter));
    assert_int_equal(s->last.packet, 2);
    assert_false(nth(s, EVENT_ICMP, 1)->facts->icmp.quotes_syn);
    assert_false(nth(s, EVENT_ICMP, 2)->facts->icmp.quotes_syn);
    session_free(s);
}

/* A mirror port delivers it twice; one about a resend comes later and is another one. */
static void test_icmp_copies(void **state)
{
    static const struct {
        int64_t later_ns;
        uint8_t code;
        const char *reporter;
        uint32_t behind; /* of the quoted sequence number */
        int count;
    } cases[] = {
        {0, 1, "203.0.113.1", 0, 1},
        {1999999, 1, "203.0.113.1", 0, 1},
        {2000001, 1, "203.0.113.1", 0, 2},
        {1000000, 13, "203.0.113.1", 0, 2},
        {1000000, 1, "203.0.113.2", 0, 2},
        {1000000, 1, "203.0.113.1", 9, 2},
        {INT64_C(-1000), 1, "203.0.113.1", 0, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct icmp_error e = {.family = 4, .type = 3, .code = 1, .seq_known = true};
        struct bench b;
        struct session *s;

        begin(&b, false);
        put(&b, C, TCP_SYN, -1, 0, "");
        (void)!address_parse(&e.reporter, "203.0.113.1");
        e.seq = b.w.isn[C];
        e.mark = (struct mark){++b.w.packet, b.w.now_ns += wire_ms};
        tcp_connection_icmp(b.c, &e, C);
        (void)!address_parse(&e.reporter, cases[i].reporter);
        e.code = cases[i].code;
        e.seq += cases[i].behind;
        e.mark = (struct mark){++b.w.packet, b.w.now_ns += cases[i].later_ns};
        tcp_connection_icmp(b.c, &e, C);
        s = finish(&b);
        assert_events(s, cases[i].count == 1 ? "C-syn C-icmp" : "C-syn C-icmp C-icmp");
        session_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fin),
        cmocka_unit_test(test_fin_behind_a_hole),
        cmocka_unit_test(test_fin_out_of_window),
        cmocka_unit_test(test_rst),
        cmocka_unit_test(test_many_rsts),
        cmocka_unit_test(test_rst_that_ended_nothing),
        cmocka_unit_test(test_rst_behind_strays),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_icmp_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
