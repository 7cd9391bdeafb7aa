/* test_flow.c - the table of connections: numbers, ends, reuse, silence, room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tcp/flow.h"
#include "tests/unit/wire.h"

static const enum side C = SIDE_CLIENT, S = SIDE_SERVER;
static const uint8_t SYNACK = TCP_SYN | TCP_ACK;

enum { TOLD_MAX = 64 };

struct bench {
    struct tcp_flows *flows;
    struct session *told[TOLD_MAX];
    size_t count;
    uint64_t packet;
    int64_t now_ns;
};

static void take(void *ctx, struct session *s)
{
    struct bench *b = ctx;

    assert_true(b->count < TOLD_MAX);
    b->told[b->count++] = s;
}

static void begin_with(struct bench *b, struct tcp_flow_options o)
{
    static const uint16_t ports[] = {25, 587};

    memset(b, 0, sizeof *b);
    o.ports = ports;
    o.port_count = 2;
    o.sink = take;
    o.ctx = b;
    b->now_ns = 1700000000 * wire_second;
    b->flows = tcp_flow_table_new(&o);
    assert_non_null(b->flows);
}

static void begin(struct bench *b, uint64_t max_connections, uint64_t max_sessions)
{
    begin_with(b, (struct tcp_flow_options){.max_connections = max_connections,
                                            .max_sessions = max_sessions});
}

static void begin_warm(struct bench *b, size_t max_warm_bytes)
{
    begin_with(b, (struct tcp_flow_options){.max_warm_bytes = max_warm_bytes});
}

static void end(struct bench *b)
{
    tcp_flow_table_free(b->flows);
    for (size_t i = 0; i < b->count; i++) {
        session_free(b->told[i]);
    }
}

/* All connections share one clock and one count of packets. */
static void give(struct bench *b, struct segment *s)
{
    s->mark = (struct mark){++b->packet, b->now_ns += wire_ms};
    tcp_flow_segment(b->flows, s);
}

static void put(struct bench *b, struct wire *w, enum side side, uint8_t flags, int64_t seq,
                int64_t ack, const char *data)
{
    struct segment s = wire_segment(w, side, flags, seq, ack, data);

    give(b, &s);
}

static void say(struct bench *b, struct wire *w, enum side side, const char *data)
{
    struct segment s = wire_say(w, side, data);

    give(b, &s);
}

static void shake(struct bench *b, struct wire *w)
{
    w->sent[C] = w->sent[S] = 0;
    put(b, w, C, TCP_SYN, -1, 0, "");
    put(b, w, S, SYNACK, -1, 0, "");
    put(b, w, C, TCP_ACK, 0, 0, "");
}

static void greet(struct bench *b, struct wire *w)
{
    shake(b, w);
    say(b, w, S, "220 mx.example.com ESMTP\r\n");
    say(b, w, C, "EHLO a.example.org\r\n");
    say(b, w, S, "250 mx.example.com\r\n");
}

static void part(struct bench *b, struct wire *w)
{
    put(b, w, C, TCP_FIN | TCP_ACK, w->sent[C], w->sent[S], "");
    put(b, w, S, TCP_FIN | TCP_ACK, w->sent[S], w->sent[C] + 1, "");
    put(b, w, C, TCP_ACK, w->sent[C] + 1, w->sent[S] + 1, "");
}

/* Two packets of nobody's: time goes on when two agree. */
static void leap(struct bench *b, int64_t seconds)
{
    struct wire w;

    wire_init(&w, 50000, 80);
    b->now_ns += seconds * wire_second;
    put(b, &w, C, TCP_ACK, 0, 0, "");
    put(b, &w, C, TCP_ACK, 0, 0, "");
}

/* The same, with packets now and then. */
static void pass(struct bench *b, int64_t seconds)
{
    const int64_t step = LIMIT_IDLE_SECONDS / 2;

    for (; seconds > step; seconds -= step) {
        leap(b, step);
    }
    leap(b, seconds);
}

/* A sender of nobody's whose clock is wrong, once. */
static void stray(struct bench *b, int64_t seconds)
{
    struct wire w;
    struct segment s;

    wire_init(&w, 50001, 80);
    s = wire_segment(&w, C, TCP_ACK, 0, 0, "");
    s.mark = (struct mark){++b->packet, b->now_ns + seconds * wire_second};
    tcp_flow_segment(b->flows, &s);
}

static void test_every_connection_has_a_number(void **state)
{
    struct bench b;
    struct wire web, mail, other;

    (void)state;
    begin(&b, 0, 0);
    wire_init(&web, 40001, 443);
    wire_init(&mail, 40002, 25);
    wire_init(&other, 40003, 587);
    put(&b, &web, C, TCP_SYN, -1, 0, "");
    greet(&b, &mail);
    put(&b, &web, S, SYNACK, -1, 0, "");
    greet(&b, &other);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 2);
    assert_int_equal(b.told[0]->id, 2);
    assert_int_equal(b.told[1]->id, 3);
    assert_int_equal(b.told[0]->end[C].port, 40002);
    assert_int_equal(b.told[0]->end[S].port, 25);
    assert_int_equal(b.told[0]->ended, SESSION_INPUT_ENDED);
    assert_true(b.told[0]->capture_end_ns == b.now_ns);
    assert_int_equal(tcp_flow_totals(b.flows)->connections, 3);
    assert_int_equal(tcp_flow_totals(b.flows)->sessions, 2);
    assert_int_equal(tcp_flow_totals(b.flows)->mail_packets, 12);
    end(&b);
}

/* Sessions come in the order of their ends, not of their beginnings. */
static void test_order_of_sessions(void **state)
{
    struct bench b;
    struct wire w[4];

    (void)state;
    begin(&b, 0, 0);
    for (int i = 0; i < 4; i++) {
        wire_init(&w[i], (uint16_t)(40001 + i), 25);
        greet(&b, &w[i]);
    }
    say(&b, &w[0], C, "NOOP\r\n");
    part(&b, &w[2]);
    part(&b, &w[1]);
    assert_int_equal(b.count, 0); /* they linger for late packets */
    pass(&b, LIMIT_LINGER_SECONDS + 1);
    assert_int_equal(b.count, 2);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 4);
    assert_int_equal(b.told[0]->id, 3);
    assert_int_equal(b.told[0]->ended, SESSION_CLOSED);
    assert_int_equal(b.told[1]->id, 2);
    assert_int_equal(b.told[2]->id, 4); /* by their last packets */
    assert_int_equal(b.told[3]->id, 1);
    end(&b);
}

/* The same addresses and ports again. */
static void test_port_reuse(void **state)
{
    static const struct {
        const char *label;
        bool answered, closed;
        int64_t wait_ms;
        uint32_t isn_added;
        size_t sessions;
    } cases[] = {
        {"closed, at once", true, true, 0, 1000000, 2},
        {"unanswered, another number", false, false, 0, 7, 2},
        {"unanswered, the same number: sent again", false, false, 3000, 0, 1},
        {"open, within a second: not believed", true, false, 500, 1000000, 1},
        {"open, silent for more than a second", true, false, 1500, 1000000, 2},
        {"open, the same number: a late copy", true, false, 1500, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct wire w;
        begin(&b, 0, 0);
        wire_init(&w, 40001, 25);
        if (cases[i].answered) {
            greet(&b, &w);
        } else {
            put(&b, &w, C, TCP_SYN, -1, 0, "");
        }
        if (cases[i].closed) {
            part(&b, &w);
        }
        b.now_ns += cases[i].wait_ms * wire_ms;
        w.isn[C] += cases[i].isn_added;
        put(&b, &w, C, TCP_SYN, -1, 0, "");
        tcp_flow_end(b.flows);
        if (b.count != cases[i].sessions) {
            fail_msg("%s: %zu sessions", cases[i].label, b.count);
        }
        if (b.count == 2) {
            assert_int_equal(b.told[0]->ended, cases[i].closed ? SESSION_CLOSED : SESSION_REUSED);
            assert_int_equal(b.told[0]->id, 1);
            assert_int_equal(b.told[1]->id, 2);
            assert_int_equal(b.told[1]->tcp.handshake, HANDSHAKE_UNANSWERED);
        }
        end(&b);
    }
}

/* Told is told: a late RST or late data begins nothing new; a SYN does. */
static void test_told_connections_stay_told(void **state)
{
    struct bench b;
    struct wire w;

    (void)state;
    begin(&b, 0, 0);
    wire_init(&w, 40001, 25);
    greet(&b, &w);
    part(&b, &w);
    pass(&b, LIMIT_LINGER_SECONDS + 1);
    assert_int_equal(b.count, 1);
    put(&b, &w, S, TCP_RST, w.sent[S] + 1, 0, "");
    put(&b, &w, C, TCP_ACK, w.sent[C], w.sent[S], "RCPT TO:<late@example.org>\r\n");
    put(&b, &w, S, SYNACK, -1, 0, "");
    w.isn[C] += 100000;
    w.isn[S] += 100000;
    greet(&b, &w);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 2);
    assert_int_equal(b.told[1]->tcp.handshake, HANDSHAKE_COMPLETE);
    assert_int_equal(b.told[1]->smtp.commands, 1);
    assert_int_equal(b.told[0]->end[C].port, 40001);
    end(&b);
}

static void test_silence_in_packet_time(void **state)
{
    struct bench b;
    struct wire open, syn;

    (void)state;
    begin(&b, 0, 0);
    wire_init(&open, 40001, 25);
    wire_init(&syn, 40002, 25);
    greet(&b, &open);
    put(&b, &syn, C, TCP_SYN, -1, 0, "");
    pass(&b, LIMIT_IDLE_OTHER_SECONDS - 1);
    assert_int_equal(b.count, 0);
    pass(&b, 2);
    assert_int_equal(b.count, 1); /* nobody answered */
    assert_int_equal(b.told[0]->id, 2);
    assert_int_equal(b.told[0]->ended, SESSION_IDLE);
    pass(&b, LIMIT_IDLE_SECONDS - LIMIT_IDLE_OTHER_SECONDS - 10);
    assert_int_equal(b.count, 1);
    pass(&b, 10);
    assert_int_equal(b.count, 2);
    assert_int_equal(b.told[1]->id, 1);
    assert_int_equal(b.told[1]->ended, SESSION_IDLE);
    end(&b);
}

/* Live: the wall clock drives time when no packet comes. */
/* The first packet after a silence moves the time on: it ends all connections but its own. */
static void test_first_packet_after_silence(void **state)
{
    static const int64_t silences[] = {5, 60, 301, 900, 4001, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof silences / sizeof silences[0]; i++) {
        struct bench b;
        struct wire first, second;
        begin(&b, 0, 0);
        wire_init(&first, 40001, 25);
        wire_init(&second, 40002, 25);
        greet(&b, &first);
        part(&b, &first);
        b.now_ns += silences[i] * wire_second;
        if (i % 2) { /* the SYN is stamped after what follows it */
            b.now_ns += wire_second / 2;
            second.sent[C] = second.sent[S] = 0;
            put(&b, &second, C, TCP_SYN, -1, 0, "");
            b.now_ns -= wire_second / 2;
        }
        greet(&b, &second);
        part(&b, &second);
        tcp_flow_end(b.flows);
        assert_int_equal(tcp_flow_totals(b.flows)->connections, 2);
        assert_int_equal(b.count, 2);
        assert_int_equal(b.told[1]->tcp.handshake, HANDSHAKE_COMPLETE);
        end(&b);
    }
}

static void test_clock(void **state)
{
    struct bench b;
    struct wire w;

    (void)state;
    begin(&b, 0, 0);
    tcp_flow_clock(b.flows, b.now_ns + 9000 * wire_second); /* before any packet: nothing to end */
    wire_init(&w, 40001, 25);
    greet(&b, &w);
    tcp_flow_clock(b.flows, b.now_ns + (LIMIT_IDLE_SECONDS - 1) * wire_second);
    assert_int_equal(b.count, 0);
    tcp_flow_clock(b.flows, b.now_ns); /* backwards: nothing */
    tcp_flow_clock(b.flows, b.now_ns + (LIMIT_IDLE_SECONDS + 1) * wire_second);
    assert_int_equal(b.count, 1);
    end(&b);
}

/* One packet from the far future ends nothing, wherever it stands. */
static void test_one_stray_time(void **state)
{
    static const int64_t far = 10 * 365 * 86400;
    struct bench b;
    struct wire w, other;

    (void)state;
    begin(&b, 0, 0); /* in the middle */
    wire_init(&w, 40001, 25);
    greet(&b, &w);
    stray(&b, far);
    pass(&b, 1);
    assert_int_equal(b.count, 0);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 1);
    assert_true(b.told[0]->capture_end_ns == b.now_ns);
    end(&b);

    begin(&b, 0, 0); /* the first */
    wire_init(&w, 40001, 25);
    stray(&b, far);
    greet(&b, &w);
    pass(&b, LIMIT_IDLE_SECONDS + 1);
    assert_int_equal(b.count, 1); /* time went on all the same */
    tcp_flow_end(b.flows);
    end(&b);

    begin(&b, 0, 0); /* the last */
    wire_init(&w, 40001, 25);
    greet(&b, &w);
    stray(&b, far);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 1);
    assert_true(b.told[0]->capture_end_ns <= b.now_ns);
    end(&b);

    begin(&b, 0, 0); /* of a connection that is silent from then on: it blocks nobody behind it */
    wire_init(&w, 40001, 25);
    wire_init(&other, 40002, 25);
    greet(&b, &w);
    b.now_ns += far * wire_second;
    say(&b, &w, C, "NOOP\r\n");
    b.now_ns -= far * wire_second;
    greet(&b, &other);
    pass(&b, LIMIT_IDLE_SECONDS + 1);
    assert_int_equal(b.count, 2);
    end(&b);
}

/* Time leaps by more than any silence that is kept: who goes on soon is not over, who does not
 * is. */
static void test_leap(void **state)
{
    static const struct {
        const char *label;
        int64_t seconds;
        unsigned packets; /* of others behind the leap */
        size_t told;
    } cases[] = {
        {"it goes on at once", LIMIT_IDLE_SECONDS + 1000, 0, 0},
        {"it goes on soon", LIMIT_IDLE_SECONDS + 1000, 100, 0},
        {"it goes on late", LIMIT_IDLE_SECONDS + 1000, 300, 1},
        {"nobody waits for a month", 30 * 86400, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct wire w, other, silent;
        begin(&b, 0, 0);
        wire_init(&w, 40001, 25);
        wire_init(&silent, 40002, 25);
        wire_init(&other, 50000, 80);
        greet(&b, &w);
        put(&b, &silent, C, TCP_SYN, -1, 0, "");
        leap(&b, cases[i].seconds);
        for (unsigned n = 0; n < cases[i].packets; n++) {
            put(&b, &other, C, TCP_ACK, 0, 0, "");
        }
        say(&b, &w, C, "NOOP\r\n");
        say(&b, &w, S, "250 ok\r\n");
        if (b.count != cases[i].told + 1) { /* nobody waits for an unanswered SYN */
            fail_msg("%s: %zu sessions", cases[i].label, b.count);
        }
        tcp_flow_end(b.flows);
        assert_int_equal(b.count, 2 + cases[i].told);
        end(&b);
    }
}

static void count_open(void *ctx, struct session *s)
{
    size_t *count = ctx;

    assert_int_equal(s->ended, SESSION_INPUT_ENDED);
    assert_true(s->capture_end_ns > 0);
    ++*count;
}

static void test_room_for_connections(void **state)
{
    struct bench b;
    struct wire w[4];

    (void)state;
    begin(&b, 3, 0);
    for (int i = 0; i < 4; i++) {
        wire_init(&w[i], (uint16_t)(40001 + i), i == 1 ? 80 : 25);
    }
    greet(&b, &w[0]);
    put(&b, &w[1], C, TCP_SYN, -1, 0, ""); /* no mail: it goes first */
    greet(&b, &w[2]);
    greet(&b, &w[3]);
    assert_int_equal(b.count, 0);
    assert_int_equal(tcp_flow_totals(b.flows)->evicted[REACHED_CONNECTIONS], 1);
    wire_init(&w[1], 40009, 25);
    greet(&b, &w[1]);
    assert_int_equal(b.count, 1); /* then the one silent for longest */
    assert_int_equal(b.told[0]->id, 1);
    assert_int_equal(b.told[0]->ended, SESSION_EVICTED);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 4);
    end(&b);
}

/* Without room for what is not packed every session but the last to speak is, and nothing of it is
 * lost: not when it goes on, is looked at, is reset, or its time is over. */
static void test_packed(void **state)
{
    enum { SESSIONS = 5 };
    struct bench b;
    struct wire w[SESSIONS];
    size_t open = 0;

    (void)state;
    begin_warm(&b, 1);
    for (int i = 0; i < SESSIONS; i++) {
        wire_init(&w[i], (uint16_t)(40001 + i), 25);
        greet(&b, &w[i]);
    }
    assert_int_equal(tcp_flow_totals(b.flows)->packed, SESSIONS - 1);
    tcp_flow_each_open(b.flows, count_open, &open);
    assert_int_equal(open, SESSIONS);
    say(&b, &w[0], C, "MAIL FROM:<a@example.org>\r\n");
    say(&b, &w[1], C, "NOOP\r\n");
    say(&b, &w[0], S, "250 ok\r\n");
    part(&b, &w[1]);
    put(&b, &w[2], S, TCP_RST, w[2].sent[S], 0, "");
    assert_true(tcp_flow_totals(b.flows)->packed > SESSIONS);
    pass(&b, LIMIT_LINGER_SECONDS + 1);
    assert_int_equal(b.count, 2);
    pass(&b, LIMIT_IDLE_SECONDS + 1);
    assert_int_equal(b.count, SESSIONS);
    for (size_t i = 0; i < b.count; i++) {
        assert_int_equal(b.told[i]->smtp.keyword_count, 0);
        assert_string_equal(b.told[i]->smtp.helo.s, "a.example.org");
        assert_int_equal(b.told[i]->smtp.transaction_count, b.told[i]->id == 1);
    }
    end(&b);
}

/* Those with a dialogue have a limit of their own; a flood of SYNs goes before them. */
static void test_room_for_sessions(void **state)
{
    struct bench b;
    struct wire w[3], syn;

    (void)state;
    begin(&b, 0, 10);
    for (int i = 0; i < 3; i++) {
        wire_init(&w[i], (uint16_t)(40001 + i), 25);
        greet(&b, &w[i]);
    }
    for (uint16_t port = 10000; port < 10040; port++) {
        wire_init(&syn, port, 25);
        put(&b, &syn, C, TCP_SYN, -1, 0, "");
    }
    assert_int_equal(b.count, 3 + 40 - 10);
    for (size_t i = 0; i < b.count; i++) {
        assert_int_equal(b.told[i]->tcp.handshake, HANDSHAKE_UNANSWERED);
        assert_int_equal(b.told[i]->ended, SESSION_EVICTED);
    }
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 43);
    end(&b);
}

/* On another port the dialogue tells; the handshake seen before it counts. */
static void test_other_ports(void **state)
{
    static const struct {
        const char *label, *server, *client;
        size_t sessions;
    } cases[] = {
        {"greeting and hello", "220 mx.example.com ESMTP\r\n", "EHLO a.example\r\n", 1},
        {"HELO in small letters", "220-mx\r\n220 mx\r\n", "helo a.example\r\n", 1},
        {"FTP", "220 ftp.example.com\r\n", "USER anonymous\r\n", 0},
        {"HTTP", "HTTP/1.1 200 OK\r\n", "GET / HTTP/1.1\r\n", 0},
        {"half a greeting", "22", "EHLO a.example\r\n", 1},
        {"POP3", "+OK ready\r\n", "EHLO a.example\r\n", 0},
        {"NNTP", "200 news.example.com\r\n", "MODE READER\r\n", 0},
        {"FTP that is asked by a scanner", "220 FTP ready\r\n", "EHLO a.example\r\n", 0},
        {"hello without argument", "220 mx\r\n", "EHLO\r\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct wire w;
        begin(&b, 0, 0);
        wire_init(&w, 40001, 2525);
        shake(&b, &w);
        say(&b, &w, S, cases[i].server);
        say(&b, &w, C, cases[i].client);
        tcp_flow_end(b.flows);
        if (b.count != cases[i].sessions) {
            fail_msg("%s: %zu sessions", cases[i].label, b.count);
        }
        if (b.count) {
            assert_false(b.told[0]->mail_port);
            assert_int_equal(b.told[0]->tcp.handshake, HANDSHAKE_COMPLETE);
            assert_int_equal(b.told[0]->first.packet, 1);
            assert_int_equal(b.told[0]->smtp.commands, 1);
            assert_int_equal(b.told[0]->tcp.side[C].gap_count, 0);
        }
        end(&b);
    }
}

/* Who is the client: the SYN tells, else the ports, else the dialogue. */
static void test_roles(void **state)
{
    struct bench b;
    struct wire w;

    (void)state;
    begin(&b, 0, 0);
    wire_init(&w, 25, 587); /* two mail ports, no SYN: the lower one is the server */
    w.end[C].port = 587;
    w.end[S].port = 25;
    put(&b, &w, S, TCP_ACK, 0, 0, "220 mx.example.com\r\n");
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.told[0]->end[S].port, 25);
    assert_true(b.told[0]->tcp.roles_guessed);
    end(&b);

    begin(&b, 0, 0); /* midstream on another port: the hello tells */
    wire_init(&w, 40001, 2525);
    put(&b, &w, C, TCP_ACK, 0, 0, "EHLO a.example.org\r\n");
    put(&b, &w, S, TCP_ACK, 0, 20, "250 mx\r\n");
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.told[0]->end[C].port, 40001);
    assert_true(b.told[0]->tcp.midstream);
    end(&b);

    begin(&b, 0, 0); /* a connection to itself is no reason to fall over */
    wire_init(&w, 25, 25);
    w.end[S] = w.end[C];
    put(&b, &w, C, TCP_SYN, -1, 0, "");
    put(&b, &w, S, SYNACK, -1, 0, "");
    put(&b, &w, C, TCP_ACK, 0, 0, "EHLO\r\n");
    tcp_flow_end(b.flows);
    end(&b);
}

static void test_icmp_finds_its_connection(void **state)
{
    struct bench b;
    struct wire w;
    struct icmp_error e = {.family = 4, .type = 3, .code = 10, .seq_known = true};

    (void)state;
    begin(&b, 0, 0);
    wire_init(&w, 40001, 25);
    put(&b, &w, C, TCP_SYN, -1, 0, "");
    e.from = w.end[C].address;
    e.to = w.end[S].address;
    e.from_port = 40001;
    e.to_port = 25;
    e.seq = w.isn[C];
    (void)!address_parse(&e.reporter, "203.0.113.1");
    e.mark = (struct mark){++b.packet, b.now_ns += wire_ms};
    tcp_flow_icmp(b.flows, &e);
    e.from_port = 40002; /* nobody's */
    tcp_flow_icmp(b.flows, &e);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.told[0]->event_count, 2);
    assert_int_equal(b.told[0]->events_last->kind, EVENT_ICMP);
    assert_int_equal(b.told[0]->events_last->side, C);
    assert_true(b.told[0]->events_last->facts->icmp.quotes_syn);
    assert_int_equal(b.told[0]->last.packet, 2);
    assert_int_equal(tcp_flow_totals(b.flows)->connections, 1);
    end(&b);
}

static void test_look_at_open_ones(void **state)
{
    struct bench b;
    struct wire w;
    size_t open = 0;

    (void)state;
    begin(&b, 0, 0);
    wire_init(&w, 40001, 25);
    put(&b, &w, C, TCP_SYN, -1, 0, "");
    tcp_flow_each_open(b.flows, count_open, &open);
    assert_int_equal(open, 1);
    put(&b, &w, S, SYNACK, -1, 0, "");
    put(&b, &w, C, TCP_ACK, 0, 0, "");
    wire_init(&w, 40002, 443);
    put(&b, &w, C, TCP_SYN, -1, 0, "");
    open = 0;
    tcp_flow_each_open(b.flows, count_open, &open);
    assert_int_equal(open, 1);
    assert_int_equal(b.count, 0);
    tcp_flow_table_free(b.flows); /* with a session still open: nothing leaks */
}

/* The table grows; every connection is found again, in both directions. */
static void test_many_connections(void **state)
{
    struct bench b;
    struct wire w;

    (void)state;
    begin(&b, 0, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            wire_init(&w, (uint16_t)(10000 + i), 443);
            w.end[C].address.bytes[3] = (uint8_t)i;
            put(&b, &w, round ? S : C, round ? SYNACK : TCP_SYN, -1, 0, "");
        }
    }
    assert_int_equal(tcp_flow_totals(b.flows)->connections, 5000);
    tcp_flow_end(b.flows);
    assert_int_equal(b.count, 0);
    end(&b);
}

/* Handshakes as they come on a port that is nobody's: s SYN, S SYN-ACK, a ACK, x a SYN of the
 * server, n a SYN with a new number. */
static void test_handshakes_elsewhere(void **state)
{
    static const struct {
        const char *packets;
        enum handshake handshake;
        int attempts; /* connections counted, of which the last one is mail */
    } cases[] = {
        {"sSa", HANDSHAKE_COMPLETE, 1},  {"ssSa", HANDSHAKE_COMPLETE, 1},
        {"SsSa", HANDSHAKE_COMPLETE, 1}, {"Ssa", HANDSHAKE_COMPLETE, 1},
        {"Sa", HANDSHAKE_COMPLETE, 1},   {"sa", HANDSHAKE_COMPLETE, 1},
        {"sxSa", HANDSHAKE_COMPLETE, 1}, {"", HANDSHAKE_MISSING, 1},
        {"nsSa", HANDSHAKE_COMPLETE, 2}, {"a", HANDSHAKE_MISSING, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        struct wire w;

        begin(&b, 0, 0);
        for (uint64_t round = 0; round < 3; round++) { /* the same ports again, at once and later */
            wire_init(&w, 40001, 2525);
            w.isn[C] += (uint32_t)round * 0x50000000u;
            w.isn[S] += (uint32_t)round * 0x60000000u;
            for (const char *p = cases[i].packets; *p; p++) {
                struct wire fresh = w;
                fresh.isn[C] -= 77777;
                put(&b, *p == 'n' ? &fresh : &w, *p == 'S' || *p == 'x' ? S : C,
                    *p == 'S'   ? SYNACK
                    : *p == 'a' ? TCP_ACK
                                : TCP_SYN,
                    *p == 'a' ? 0 : -1, 0, "");
            }
            say(&b, &w, S, "220 mx.example.com ESMTP\r\n");
            say(&b, &w, C, "EHLO a.example.org\r\n");
            say(&b, &w, S, "250 mx.example.com\r\n");
            part(&b, &w);
            if (!strchr(cases[i].packets, 's') && !strchr(cases[i].packets, 'S')) {
                break; /* nothing would tell that it is another one */
            }
            if (round == 1) {
                pass(&b, 60); /* the second one is told by then, the key is kept */
            }
        }
        tcp_flow_end(b.flows);
        assert_int_equal(b.count, cases[i].handshake == HANDSHAKE_MISSING ? 1 : 3);
        assert_int_equal(tcp_flow_totals(b.flows)->connections,
                         b.count * (size_t)cases[i].attempts + (b.count > 1)); /* pass() */
        for (size_t n = 0; n < b.count; n++) {
            const struct session *s = b.told[n];
            assert_int_equal(s->tcp.handshake, cases[i].handshake);
            assert_int_equal(s->tcp.side[C].gap_count + s->tcp.side[S].gap_count, 0);
            assert_int_equal(s->smtp.commands, 1);
            assert_int_equal(s->smtp.replies, 2);
        }
        end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_connection_has_a_number),
        cmocka_unit_test(test_order_of_sessions),
        cmocka_unit_test(test_port_reuse),
        cmocka_unit_test(test_told_connections_stay_told),
        cmocka_unit_test(test_silence_in_packet_time),
        cmocka_unit_test(test_first_packet_after_silence),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_one_stray_time),
        cmocka_unit_test(test_leap),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_room_for_connections),
        cmocka_unit_test(test_room_for_sessions),
        cmocka_unit_test(test_other_ports),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_icmp_finds_its_connection),
        cmocka_unit_test(test_look_at_open_ones),
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_handshakes_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
