/* test_connection.c - what the headers of one connection tell, and its bytes in order. RFC 9293,
 * RFC 7323, RFC 5961.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tcp/connection.h"
#include "tests/unit/wire.h"

static const enum side C = SIDE_CLIENT, S = SIDE_SERVER;

struct bench {
    struct wire w;
    struct tcp_connection *c;
    size_t held, size;
};

static void begin(struct bench *b, bool midstream)
{
    struct tcp_connection_options o = {.id = 3, .mail_port = true, .midstream = midstream};

    memset(b, 0, sizeof *b);
    wire_init(&b->w, 40412, 25);
    memcpy(o.end, b->w.end, sizeof o.end);
    o.held_total = &b->held;
    o.size_total = &b->size;
    b->c = tcp_connection_new(&o);
    assert_non_null(b->c);
}

/* One segment; positions count from behind the SYN. */
static void put(struct bench *b, enum side side, uint8_t flags, int64_t seq, int64_t ack,
                const char *data)
{
    struct segment s = wire_segment(&b->w, side, flags, seq, ack, data);

    tcp_connection_segment(b->c, &s, side);
}

static void say(struct bench *b, enum side side, const char *data)
{
    struct segment s = wire_say(&b->w, side, data);

    tcp_connection_segment(b->c, &s, side);
}

static void shake(struct bench *b)
{
    put(b, C, TCP_SYN, -1, 0, "");
    put(b, S, TCP_SYN | TCP_ACK, -1, 0, "");
    put(b, C, TCP_ACK, 0, 0, "");
}

static struct session *finish(struct bench *b)
{
    struct session *s = tcp_connection_finish(b->c, SESSION_INPUT_ENDED, b->w.now_ns);

    tcp_connection_free(b->c);
    assert_int_equal(b->held, 0);
    return s;
}

/* Event kinds in order, one word each: "C-syn S-synack". */
static void assert_events(const struct session *s, const char *expected)
{
    char told[4096] = "";
    size_t len = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        len += (size_t)snprintf(told + len, sizeof told - len, "%s%c-%s", len ? " " : "",
                                e->side == SIDE_CLIENT ? 'C' : 'S', event_kind_names[e->kind]);
        assert_true(len < sizeof told);
    }
    assert_string_equal(told, expected);
}

static const struct event *nth(const struct session *s, enum event_kind kind, size_t n)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == kind && n-- == 0) {
            return e;
        }
    }
    fail_msg("no such %s", event_kind_names[kind]);
    return NULL;
}

static size_t count(const struct session *s, enum event_kind kind)
{
    size_t n = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        n += e->kind == kind;
    }
    return n;
}

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
    put(&b, S, TCP_RST | TCP_ACK, -1, 0, "");
    assert_true(tcp_connection_is_closed(b.c));
    s = finish(&b);
    assert_events(s, "C-syn S-refused");
    assert_int_equal(s->tcp.handshake, HANDSHAKE_REFUSED);
    assert_int_equal(s->ended, SESSION_CLOSED);
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
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_syn_again),
        cmocka_unit_test(test_data_on_syn),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_midstream),
        cmocka_unit_test(test_one_direction),
        cmocka_unit_test(test_sequence_wrap),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_duplicate_acks_are_no_twins),
        cmocka_unit_test(test_retransmission_versus_late),
        cmocka_unit_test(test_retransmissions),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_zero_window),
        cmocka_unit_test(test_zero_windows_beyond_the_limit),
        cmocka_unit_test(test_window_scale),
        cmocka_unit_test(test_fin),
        cmocka_unit_test(test_fin_behind_a_hole),
        cmocka_unit_test(test_fin_out_of_window),
        cmocka_unit_test(test_rst),
        cmocka_unit_test(test_many_rsts),
        cmocka_unit_test(test_rst_that_ended_nothing),
        cmocka_unit_test(test_rst_behind_strays),
        cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_reply_before_command),
        cmocka_unit_test(test_gap_events),
        cmocka_unit_test(test_syn_moves_the_beginning),
        cmocka_unit_test(test_acknowledgements_out_of_range),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_icmp_copies),
        cmocka_unit_test(test_evidence_outlives_its_chapter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
