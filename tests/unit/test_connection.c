/* test_connection.c - how one connection begins, and its bytes in order. RFC 9293, RFC 7413. */
#include "dissect/limits.h"
#include "tests/unit/connection_case.h"

static void test_handshake(void **state)
{
    static const uint8_t options[] = {2, 4,  0x05, 0xb4, /* MSS 1460 */
                                      1,                 /* no operation */
                                      3, 3,  7,          /* window scale 7 */
                                      4, 2,              /* SACK permitted */
                                      8, 10, 0,    0,    0, 1, 0, 0, 0, 0, 0};
    struct segment syn;
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    syn = wire_segment(&b.w, C, TCP_SYN, -1, 0, "");
    syn.options = (struct bytes){options, sizeof options};
    tcp_connection_segment(b.c, &syn, C);
    assert_true(tcp_connection_is_unanswered(b.c));
    assert_true(tcp_connection_owns_syn(b.c, C, syn.seq));
    assert_false(tcp_connection_owns_syn(b.c, C, syn.seq + 1));
    assert_false(tcp_connection_owns_syn(b.c, S, syn.seq));
    b.w.now_ns += 19 * wire_ms;
    put(&b, S, TCP_SYN | TCP_ACK, -1, 0, "");
    assert_false(tcp_connection_is_unanswered(b.c));
    b.w.now_ns += 2 * wire_ms;
    put(&b, C, TCP_ACK, 0, 0, "");
    s = finish(&b);
    assert_events(s, "C-syn S-synack");
    assert_int_equal(s->tcp.handshake, HANDSHAKE_COMPLETE);
    assert_int_equal(s->tcp.syn_to_synack_ns, 20 * wire_ms);
    assert_int_equal(s->tcp.synack_to_ack_ns, 3 * wire_ms);
    assert_int_equal(s->tcp.established.packet, 3);
    assert_int_equal(s->events->facts->syn.mss, 1460);
    assert_int_equal(s->events->facts->syn.scale, 7);
    assert_true(s->events->facts->syn.sack);
    assert_true(s->events->facts->syn.timestamps);
    assert_int_equal(s->events->facts->syn.ttl, 64);
    assert_int_equal(s->tcp.side[S].scale, 0xff);
    session_free(s);
}

/* Options that lie about their length end the reading, nothing more. */
static void test_bad_options(void **state)
{
    static const struct {
        const char *label;
        uint8_t options[8];
        size_t len;
        uint16_t mss;
        uint8_t scale;
    } cases[] = {
        {"MSS one octet short", {2, 4, 0x05}, 3, 0, 0xff},
        {"MSS of three octets", {2, 3, 5}, 3, 0, 0xff},
        {"length 0", {3, 0, 2, 4, 5, 0xb4}, 6, 0, 0xff},
        {"length 1", {3, 1, 2, 4, 5, 0xb4}, 6, 0, 0xff},
        {"kind without length", {1, 1, 3}, 3, 0, 0xff},
        {"behind the end", {0, 3, 3, 7}, 4, 0, 0xff},
        {"scale above 14 counts as 14", {3, 3, 15}, 3, 0, 14},
        {"unknown one passed over", {254, 4, 1, 2, 3, 3, 1}, 7, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct segment syn;
        struct session *s;
        begin(&b, false);
        syn = wire_segment(&b.w, C, TCP_SYN, -1, 0, "");
        syn.options = (struct bytes){cases[i].options, cases[i].len};
        tcp_connection_segment(b.c, &syn, C);
        s = finish(&b);
        if (s->tcp.side[C].mss != cases[i].mss || s->tcp.side[C].scale != cases[i].scale) {
            fail_msg("%s: mss %u scale %u", cases[i].label, s->tcp.side[C].mss,
                     s->tcp.side[C].scale);
        }
        session_free(s);
    }
}

static void test_refused(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    put(&b, C, TCP_SYN, -1, 0, "");
    put(&b, S, TCP_RST | TCP_ACK, -1 - (int64_t)b.w.isn[S], 0, ""); /* number 0 */
    assert_true(tcp_connection_is_closed(b.c));
    s = finish(&b);
    assert_events(s, "C-syn S-refused");
    assert_int_equal(s->tcp.handshake, HANDSHAKE_REFUSED);
    assert_int_equal(s->ended, SESSION_CLOSED);
    session_free(s);

    begin(&b, false); /* a number of its own: behind a SYN-ACK that was not captured */
    put(&b, C, TCP_SYN, -1, 0, "");
    put(&b, S, TCP_RST | TCP_ACK, 0, 0, "");
    s = finish(&b);
    assert_events(s, "C-syn S-rst");
    assert_int_equal(s->tcp.handshake, HANDSHAKE_COMPLETE);
    session_free(s);

    begin(&b, false); /* acknowledges something else: not an answer to this SYN */
    put(&b, C, TCP_SYN, -1, 0, "");
    put(&b, S, TCP_RST | TCP_ACK, -1, 7, "");
    s = finish(&b);
    assert_events(s, "C-syn S-rst");
    assert_int_equal(s->tcp.handshake, HANDSHAKE_UNANSWERED);
    session_free(s);

    begin(&b, false); /* the client's own */
    put(&b, C, TCP_SYN, -1, 0, "");
    put(&b, C, TCP_RST, 0, 0, "");
    s = finish(&b);
    assert_events(s, "C-syn C-rst");
    session_free(s);
}

static void test_syn_again(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    put(&b, C, TCP_SYN, -1, 0, "");
    b.w.now_ns += wire_second;
    put(&b, C, TCP_SYN, -1, 0, "");
    s = finish(&b);
    assert_events(s, "C-syn C-syn");
    assert_false(nth(s, EVENT_SYN, 0)->facts->syn.again);
    assert_true(nth(s, EVENT_SYN, 1)->facts->syn.again);
    assert_int_equal(s->tcp.side[C].syn_count, 2);
    assert_int_equal(s->tcp.side[C].syn.packet, 1);
    assert_int_equal(s->tcp.handshake, HANDSHAKE_UNANSWERED);
    session_free(s);
}

/* RFC 7413: data on the SYN begins at position 0. */
static void test_data_on_syn(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    put(&b, C, TCP_SYN, -1, 0, "EHLO a.example\r\n");
    put(&b, S, TCP_SYN | TCP_ACK, -1, 16, "");
    put(&b, C, TCP_ACK, 16, 0, "");
    put(&b, C, TCP_ACK, 16, 0, "QUIT\r\n");
    s = finish(&b);
    assert_events(s, "C-syn C-command S-synack C-command");
    assert_int_equal(s->events->facts->syn.payload, 16);
    assert_int_equal(nth(s, EVENT_COMMAND, 0)->offset, 0);
    assert_int_equal(nth(s, EVENT_COMMAND, 1)->offset, 16);
    assert_int_equal(s->tcp.side[C].gap_count, 0);
    session_free(s);
}

static void test_simultaneous_open(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    put(&b, C, TCP_SYN, -1, 0, "");
    put(&b, S, TCP_SYN, -1, 0, "");
    put(&b, C, TCP_SYN | TCP_ACK, -1, 0, "");
    put(&b, S, TCP_SYN | TCP_ACK, -1, 0, "");
    say(&b, S, "220 mx.example.com\r\n");
    say(&b, C, "QUIT\r\n");
    s = finish(&b);
    assert_int_equal(s->tcp.handshake, HANDSHAKE_COMPLETE);
    assert_int_equal(s->tcp.side[S].gap_count + s->tcp.side[C].gap_count, 0);
    assert_int_equal(s->smtp.greeting->facts->reply.code, 220);
    assert_int_equal(s->smtp.commands, 1);
    session_free(s);
}

/* The capture began in the middle; the first packet is this side's. */
static void test_midstream(void **state)
{
    (void)state;
    for (int first = 0; first < SIDES; first++) {
        struct bench b;
        struct session *s;
        begin(&b, true);
        b.w.sent[C] = 100;
        b.w.sent[S] = 300;
        if (first == S) {
            say(&b, S, "250 ok\r\n");
        }
        say(&b, C, "RCPT TO:<ann@example.org>\r\n");
        say(&b, S, "250 2.1.5 ok\r\n");
        s = finish(&b);
        assert_int_equal(s->tcp.handshake, HANDSHAKE_MISSING);
        assert_int_equal(s->tcp.side[C].gap_count, 0);
        assert_int_equal(s->tcp.side[S].gap_count, 0);
        assert_int_equal(nth(s, EVENT_COMMAND, 0)->offset, 0);
        assert_int_equal(nth(s, EVENT_COMMAND, 0)->facts->command.reply->facts->reply.code, 250);
        session_free(s);
    }
}

static void test_one_direction(void **state)
{
    (void)state;
    for (int side = 0; side < SIDES; side++) {
        struct bench b;
        struct session *s;
        begin(&b, false);
        put(&b, (enum side)side, side == C ? TCP_SYN : TCP_SYN | TCP_ACK, -1, 0, "");
        put(&b, (enum side)side, TCP_ACK, 0, 0, side == C ? "EHLO a.example\r\n" : "220 mx\r\n");
        put(&b, (enum side)side, TCP_ACK, side == C ? 16 : 8, 60,
            side == C ? "QUIT\r\n" : "221 bye\r\n");
        s = finish(&b);
        assert_int_equal(s->tcp.side[C].gap_count, 0);
        assert_int_equal(s->tcp.side[S].gap_count, 0);
        assert_int_equal(s->smtp.commands, side == C ? 2 : 0);
        assert_int_equal(s->smtp.replies, side == C ? 0 : 2);
        assert_int_equal(s->tcp.side[side_other((enum side)side)].packets, 0);
        session_free(s);
    }
}

/* Both directions wrap in the middle of a line. */
static void test_sequence_wrap(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    b.w.isn[C] = 0xfffffffc;
    b.w.isn[S] = 0xffffffff;
    shake(&b);
    say(&b, S, "220 mx.example.com\r\n");
    put(&b, C, TCP_ACK, 6, 20, "QUIT\r\n");
    put(&b, C, TCP_ACK, 0, 20, "NOOP\r\n");
    put(&b, S, TCP_ACK, 20, 12, "250 ok\r\n");
    s = finish(&b);
    assert_events(s, "C-syn S-synack S-reply C-command C-command S-reply");
    assert_int_equal(nth(s, EVENT_COMMAND, 1)->offset, 6);
    assert_int_equal(nth(s, EVENT_COMMAND, 1)->end, 12);
    assert_int_equal(s->tcp.side[C].out_of_order, 1);
    assert_int_equal(s->tcp.side[C].acked, 12);
    session_free(s);
}

static void test_conflict(void **state)
{
    struct bench b;
    struct session *s;
    const struct event *e;

    (void)state;
    begin(&b, false);
    shake(&b);
    put(&b, C, TCP_ACK, 6, 0, "QUIT\r\n");
    put(&b, C, TCP_ACK, 6, 0, "RSET\r\n");
    put(&b, C, TCP_ACK, -3, 0, "...NOOP\r\nDA"); /* begins before the stream */
    s = finish(&b);
    assert_int_equal(count(s, EVENT_CONFLICT), 2);
    e = nth(s, EVENT_CONFLICT, 0);
    assert_int_equal(e->offset, 6);
    assert_int_equal(e->end, 12);
    e = nth(s, EVENT_CONFLICT, 1);
    assert_int_equal(e->offset, 0);
    assert_int_equal(e->end, 8);
    assert_int_equal(s->smtp.commands, 2);
    assert_int_equal(nth(s, EVENT_COMMAND, 1)->facts->command.verb, VERB_QUIT);
    session_free(s);
}

/* The capture shows the reply before the command it acknowledges. */
static void test_reply_before_command(void **state)
{
    struct bench b;
    struct session *s;

    (void)state;
    begin(&b, false);
    shake(&b);
    say(&b, S, "220 mx\r\n");
    put(&b, S, TCP_ACK, 8, 6, "250 ok\r\n");
    put(&b, C, TCP_ACK, 0, 8, "NOOP\r\n");
    s = finish(&b);
    assert_events(s, "C-syn S-synack S-reply C-command S-reply");
    assert_ptr_equal(nth(s, EVENT_COMMAND, 0)->facts->command.reply, nth(s, EVENT_REPLY, 1));
    session_free(s);
}

static void test_gap_events(void **state)
{
    struct bench b;
    struct session *s;
    struct segment cut;

    (void)state;
    begin(&b, false);
    shake(&b);
    put(&b, C, TCP_ACK, 0, 0, "NOOP\r\n");
    put(&b, C, TCP_ACK, 30, 0, "NOOP\r\n"); /* acknowledged, never captured */
    put(&b, S, TCP_ACK, 0, 36, "");
    b.w.now_ns += (LIMIT_GAP_SECONDS + 1) * wire_second;
    cut = wire_segment(&b.w, C, TCP_ACK, 36, 0, "NOOP\r\n");
    cut.payload.len = 2; /* the snap length */
    tcp_connection_segment(b.c, &cut, C);
    put(&b, C, TCP_ACK, 50, 0, "QUIT\r\n"); /* not acknowledged until the end */
    s = finish(&b);
    assert_int_equal(s->tcp.side[C].gap_count, 3);
    assert_int_equal(s->tcp.side[C].gap_bytes, 24 + 4 + 8);
    assert_int_equal(s->tcp.side[C].snapped, 1);
    assert_true(nth(s, EVENT_GAP, 0)->facts->gap.acked);
    assert_false(nth(s, EVENT_GAP, 0)->facts->gap.snapped);
    assert_true(nth(s, EVENT_GAP, 1)->facts->gap.snapped);
    assert_int_equal(nth(s, EVENT_GAP, 1)->offset, 38);
    assert_int_equal(nth(s, EVENT_GAP, 2)->facts->gap.missing, 8);
    assert_false(nth(s, EVENT_GAP, 2)->facts->gap.acked);
    session_free(s);
}

/* Midstream, acknowledgements came first; then a SYN-ACK moves where the stream begins. */
static void test_syn_moves_the_beginning(void **state)
{
    static const uint32_t seqs[] = {5000000, 900, 0x80000000, 5100};

    (void)state;
    for (size_t i = 0; i < sizeof seqs / sizeof seqs[0]; i++) {
        struct bench b;
        struct session *s;
        begin(&b, true);
        put(&b, C, TCP_ACK, 0, 0, "NOOP\r\n");
        put(&b, C, TCP_ACK, 6, 100, "NOOP\r\n");
        b.w.isn[S] = seqs[i];
        put(&b, S, TCP_SYN | TCP_ACK, -1, 0, "");
        s = finish(&b);
        if (s->tcp.side[S].gap_bytes > 5000) {
            fail_msg("SYN-ACK %u: a gap of %llu octets", seqs[i],
                     (unsigned long long)s->tcp.side[S].gap_bytes);
        }
        session_free(s);
    }
}

/* A number far beyond anything sent is not believed; one that is taken back is no gap. */
static void test_acknowledgements_out_of_range(void **state)
{
    static const int64_t acks[] = {INT64_C(100000000), INT64_C(2000000000), -1000000, 50000};

    (void)state;
    for (size_t i = 0; i < sizeof acks / sizeof acks[0]; i++) {
        struct bench b;
        struct session *s;
        begin(&b, false);
        shake(&b);
        say(&b, S, "220 mx\r\n");
        say(&b, C, "NOOP\r\n");
        put(&b, S, TCP_ACK, 8, acks[i], "");
        b.w.now_ns += wire_second;
        say(&b, S, "250 ok\r\n");
        b.w.now_ns += 10 * wire_second;
        say(&b, C, "QUIT\r\n");
        say(&b, S, "221 bye\r\n");
        s = finish(&b);
        if (s->tcp.side[C].gap_count || s->smtp.commands != 2) {
            fail_msg("ack %lld: %llu gaps, %u commands", (long long)acks[i],
                     (unsigned long long)s->tcp.side[C].gap_count, s->smtp.commands);
        }
        assert_int_equal(nth(s, EVENT_COMMAND, 1)->facts->command.reply->facts->reply.code, 221);
        session_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_syn_again),
        cmocka_unit_test(test_data_on_syn),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_midstream),
        cmocka_unit_test(test_one_direction),
        cmocka_unit_test(test_sequence_wrap),
        cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_reply_before_command),
        cmocka_unit_test(test_gap_events),
        cmocka_unit_test(test_syn_moves_the_beginning),
        cmocka_unit_test(test_acknowledgements_out_of_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
