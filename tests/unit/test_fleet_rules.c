/* Who fails with whom over many sessions: each rule with a case and a near miss beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/facts.h"
#include "tests/support/fleet_bench.h"

/* --- who with whom --- */

static void one_source(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        bench_add(b, i, "192.0.2.10", bench_server(i % 4), SCRIPT_5XX);
        bench_good(b, i + 0.5, "192.0.2.11", bench_server(i % 4));
    }
}
static void all_sources(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        bench_add(b, i, bench_client(10 + i % 4), bench_server(i % 4), SCRIPT_5XX);
    }
}
static void all_of_two_servers(struct bench *b)
{
    for (unsigned i = 0; i < 12; i++) {
        bench_add(b, i, bench_client(10 + i % 4), bench_server(i % 2), SCRIPT_5XX);
    }
}
static void backends(struct bench *b, bool bad)
{
    static const char script[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx2.example ESMTP\n0.05 c EHLO a.example\n"
        "0.06 s 250 mx2.example\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 451 4.3.0 "
        "no\n0.5" SCRIPT_BYE;

    for (unsigned i = 0; i < 12; i++) {
        if (i % 2) {
            bench_good(b, i, "192.0.2.10", "198.51.100.25");
        } else {
            bench_add(b, i, "192.0.2.10", "198.51.100.25", bad || i % 4 ? script : SCRIPT_PROBE);
        }
    }
}
static void one_backend(struct bench *b)
{
    backends(b, true);
}
static void half_a_backend(struct bench *b)
{
    backends(b, false);
}

static void test_who(void **state)
{
    (void)state;
    bench_run(one_source, 30, "fleet-source-failing", true);
    bench_run(all_sources, 30, "fleet-source-failing", false);
    bench_run(all_sources, 30, "fleet-all-failing", true);
    bench_run(one_source, 30, "fleet-all-failing", false);
    bench_run(all_of_two_servers, 30, "fleet-all-failing", false);
    bench_run(one_backend, 30, "fleet-one-backend-bad", true);
    bench_run(half_a_backend, 30, "fleet-one-backend-bad", false);
}

/* --- in a time that is over --- */

/* 90 sessions of two clients with four servers in half an hour. */
static void for_a_while(struct bench *b, bool (*fails)(unsigned, bool))
{
    for (unsigned i = 0; i < 90; i++) {
        for (unsigned other = 0; other < 2; other++) {
            const char *client = other ? "192.0.2.11" : "192.0.2.10";
            if (fails(i, other)) {
                bench_add(b, i * 20 + other, client, bench_server(i % 4), SCRIPT_5XX);
            } else {
                bench_good(b, i * 20 + other, client, bench_server(i % 4));
            }
        }
    }
    bench_good(b, 1800, "192.0.2.12", bench_server(0));
}
static bool one_for_a_while(unsigned i, bool other)
{
    return !other && i >= 30 && i < 60;
}
static bool one_twice(unsigned i, bool other)
{
    return !other && ((i >= 20 && i < 30) || (i >= 60 && i < 70));
}
static bool one_now_and_then(unsigned i, bool other)
{
    return !other && i % 7 < 2;
}
static bool both_for_a_while(unsigned i, bool other)
{
    (void)other;
    return i >= 30 && i < 60;
}
static void source_for_a_while(struct bench *b)
{
    for_a_while(b, one_for_a_while);
}
static void source_twice(struct bench *b)
{
    for_a_while(b, one_twice);
}
static void source_now_and_then(struct bench *b)
{
    for_a_while(b, one_now_and_then);
}
static void two_for_a_while(struct bench *b)
{
    for_a_while(b, both_for_a_while);
}
static void three_for_a_while(struct bench *b, unsigned servers)
{
    for (unsigned i = 0; i < 120; i++) {
        const char *client = bench_client(10 + i % 5);
        if (i >= 40 && i < 80) {
            bench_add(b, i * 20, client, bench_server(i % servers), SCRIPT_5XX);
        } else {
            bench_good(b, i * 20, client, bench_server(i % 4));
        }
    }
}
static void all_for_a_while(struct bench *b)
{
    three_for_a_while(b, 4);
}
static void two_servers_for_a_while(struct bench *b)
{
    three_for_a_while(b, 2);
}

static void test_for_a_while(void **state)
{
    struct bench b;

    (void)state;
    bench_run(source_for_a_while, 1800, "fleet-source-failing", true);
    bench_run(source_twice, 1800, "fleet-source-failing", true);
    bench_run(source_now_and_then, 1800, "fleet-source-failing", false);
    bench_run(two_for_a_while, 1800, "fleet-source-failing", false);
    bench_run(all_for_a_while, 2400, "fleet-all-failing", true);
    bench_run(two_servers_for_a_while, 2400, "fleet-all-failing", false);
    bench_run(source_for_a_while, 1800, "fleet-all-failing", false);

    bench_begin(&b);
    all_for_a_while(&b);
    bench_finish(&b, 2400);
    assert_non_null(strstr(bench_told(&b, "fleet-all-failing")->summary,
                           "from 2026-03-10 14:13:20 to 14:26:20 UTC"));
    assert_non_null(strstr(bench_told(&b, "fleet-all-failing")->summary, "it recovered"));
    assert_false(bench_told(&b, "fleet-all-failing")->open);
    fleet_free(b.fleet);
}

/* Two machines in turn, one of which fails in the middle of the capture. */
static void backend_for_a_while(struct bench *b)
{
    static const char bad[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx2.example ESMTP\n0.05 c EHLO a.example\n"
        "0.06 s 250 mx2.example\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 451 4.3.0 "
        "no\n0.5" SCRIPT_BYE;
    static const char good[] =
        "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx2.example ESMTP\n0.05 c EHLO a.example\n"
        "0.06 s 250 mx2.example\n0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n"
        "0.09 c RCPT TO:<b@b.example>\n0.10 s 250 ok\n0.11 c DATA\n0.12 s 354 go\n" SCRIPT_GOOD;

    for (unsigned i = 0; i < 240; i++) {
        bool outage = i >= 80 && i < 160;
        if (i % 2) {
            bench_add(b, i * 10, "192.0.2.10", "198.51.100.25", outage ? bad : good);
        } else {
            bench_good(b, i * 10, "192.0.2.10", "198.51.100.25");
        }
    }
}

static void test_backend_for_a_while(void **state)
{
    (void)state;
    bench_run(backend_for_a_while, 2400, "fleet-one-backend-bad", true);
    bench_run(backend_for_a_while, 2400, "fleet-destination-failing", false);
}

/* --- machines known by their TTL or their certificate --- */

enum turn { EVERY_OTHER, ONE_THEN_THE_OTHER, THERE_AND_BACK };

struct machines {
    uint8_t ttl[2];        /* of the good one, of the bad one */
    const char *serial[2]; /* NULL: they show no certificate */
    const char *key[2], *asked[2];
    enum turn turn;
    bool sticky; /* each client meets one machine only */
    unsigned count;
};

static void show(struct session *s, const struct machines *m, bool bad)
{
    struct tls_details *d = tls_facts_details(s);
    struct tls_certificate *c = arena_make(s->arena, struct tls_certificate);
    const char *serial = m->serial[bad], *asked = m->asked[bad];

    *c = (struct tls_certificate){.readable = true, .key_type = m->key[bad]};
    c->subject = c->issuer = c->common_name = c->signature = (struct text){.s = ""};
    c->serial = (struct text){serial, (uint32_t)strlen(serial), false};
    snprintf(c->sha256, sizeof c->sha256, "%s", serial);
    d->client.server_name = (struct text){asked, (uint32_t)strlen(asked), false};
    d->chain[SIDE_SERVER].seen = true;
    d->chain[SIDE_SERVER].count = 1;
    d->chain[SIDE_SERVER].first = c;
}

/* Two machines of one name; one of them refuses every mail. */
static bool one_of_machines(const struct machines *m)
{
    struct bench b;
    const struct group *g;
    bool told;

    bench_begin(&b);
    for (unsigned i = 0; i < m->count; i++) {
        bool bad = m->turn == EVERY_OTHER          ? i % 2
                   : m->turn == ONE_THEN_THE_OTHER ? i >= m->count / 2
                                                   : i >= m->count / 3 && i < m->count * 2 / 3;
        char whole[2048];
        struct session *s;

        snprintf(whole, sizeof whole, "%s%s", session_builder_to_data, SCRIPT_GOOD);
        s = session_build_at(bad ? SCRIPT_5XX : whole, b.next_id++,
                             BUILDER_START + (int64_t)(i * 10e9),
                             m->sticky && bad ? "192.0.2.11" : "192.0.2.10", "198.51.100.25", 25);
        s->tcp.side[SIDE_SERVER].ttl = s->tcp.side[SIDE_SERVER].ttl_low =
            s->tcp.side[SIDE_SERVER].ttl_high = m->ttl[bad];
        s->smtp.greeting->facts->reply.text = (struct text){"mx.example ESMTP", 16, false};
        if (m->serial[bad]) {
            show(s, m, bad);
        }
        diagnose_session(&b.settings, s);
        fleet_add(b.fleet, s);
        session_free(s);
    }
    bench_finish(&b, m->count * 10 + 10);
    g = bench_told(&b, "fleet-one-backend-bad");
    told = g != NULL;
    if (told && m->serial[1]) {
        assert_non_null(strstr(g->summary, "serial number 0b"));
    } else if (told) {
        assert_non_null(strstr(g->summary, "start with TTL 128"));
    }
    fleet_free(b.fleet);
    return told;
}

static void test_machines(void **state)
{
    struct machines m = {.ttl = {57, 120}, .count = 20};

    (void)state;
    assert_true(one_of_machines(&m));
    m.count = 10; /* 4 and 5 behind the first */
    assert_false(one_of_machines(&m));
    m.count = 20;
    m.ttl[1] = 50; /* another way, not another system */
    assert_false(one_of_machines(&m));
    m.ttl[1] = 120;
    m.turn = ONE_THEN_THE_OTHER;
    assert_false(one_of_machines(&m));
    m.turn = THERE_AND_BACK;
    m.count = 30;
    assert_false(one_of_machines(&m));
    m.count = 1000; /* the changes fall within bins */
    assert_false(one_of_machines(&m));
    m.count = 20;
    m.turn = EVERY_OTHER;
    m.sticky = true; /* it may be the client */
    assert_false(one_of_machines(&m));

    m = (struct machines){.serial = {"0a", "0b"},
                          .key = {"EC", "EC"},
                          .asked = {"mx.example", "mx.example"},
                          .count = 20};
    assert_true(one_of_machines(&m));
    m.key[1] = "RSA"; /* a machine may have both */
    assert_false(one_of_machines(&m));
    m.key[1] = "EC";
    m.asked[1] = "mail.example";
    assert_false(one_of_machines(&m));
    m.asked[1] = "mx.example";
    m.serial[0] = "0b"; /* one for all machines */
    assert_false(one_of_machines(&m));
}

static void second_mx(struct bench *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bench_add(b, i * 100, "192.0.2.10", "198.51.100.1", SCRIPT_4XX);
        bench_good(b, i * 100 + 10, "192.0.2.10", "198.51.100.2");
    }
}
static void one_mx(struct bench *b)
{
    second_mx(b, 3);
}
static void one_mx_twice(struct bench *b)
{
    second_mx(b, 2);
}

static void test_mx(void **state)
{
    (void)state;
    bench_run(one_mx, 400, "fleet-one-mx-bad", true);
    bench_run(one_mx_twice, 400, "fleet-one-mx-bad", false);
}

/* --- connecting --- */

static void port_25(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        bench_add(b, i * 100, "192.0.2.10", bench_server(i), SCRIPT_SILENT);
    }
    bench_add_port(b, 700, "192.0.2.10", "198.51.100.99", 587, SCRIPT_AUTH_YES);
}
static void port_25_reached(struct bench *b)
{
    port_25(b);
    bench_good(b, 800, "192.0.2.10", "198.51.100.77");
}
static void port_25_nothing_else(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        bench_add(b, i * 100, "192.0.2.10", bench_server(i), SCRIPT_SILENT);
    }
}
static void families(struct bench *b, bool one_came_up)
{
    for (unsigned i = 0; i < 3; i++) {
        bench_add(b, i * 100, "2001:db8::10", i % 2 ? "2001:db8::25" : "2001:db8::26",
                  SCRIPT_SILENT);
        bench_good(b, i * 100 + 50, "192.0.2.10", "198.51.100.25");
    }
    if (one_came_up) {
        bench_good(b, 500, "2001:db8::10", "2001:db8::27");
    }
}
static void no_ip6(struct bench *b)
{
    families(b, false);
}
static void some_ip6(struct bench *b)
{
    families(b, true);
}

/* One server by IPv6 is silent. By IPv4 it is the only one, too; then there is another one. */
static void one_ip6(struct bench *b)
{
    for (unsigned i = 0; i < 3; i++) {
        bench_add(b, i * 100, "2001:db8::10", "2001:db8::25", SCRIPT_SILENT);
        bench_good(b, i * 100 + 50, "192.0.2.10", "198.51.100.25");
    }
}
static void one_ip6_among_others(struct bench *b)
{
    one_ip6(b);
    bench_good(b, 400, "192.0.2.10", "198.51.100.26");
}

static void test_connecting(void **state)
{
    (void)state;
    bench_run(port_25, 800, "port25-egress-blocked", true);
    bench_run(port_25_reached, 900, "port25-egress-blocked", false);
    bench_run(port_25_nothing_else, 800, "port25-egress-blocked", false);
    bench_run(no_ip6, 400, "address-family-broken", true);
    bench_run(some_ip6, 600, "address-family-broken", false);
    bench_run(one_ip6, 400, "address-family-broken", true);
    bench_run(one_ip6_among_others, 500, "address-family-broken", false);
}

/* --- probes --- */

static void checks(struct bench *b)
{
    bench_every(b, 4, 30, SCRIPT_PROBE);
}
static void two_checks(struct bench *b)
{
    bench_every(b, 2, 30, SCRIPT_PROBE);
}
static void uneven(struct bench *b)
{
    static const double at[] = {0, 5, 100, 130};

    for (size_t i = 0; i < 4; i++) {
        bench_add(b, at[i], "192.0.2.10", "198.51.100.25", SCRIPT_PROBE);
    }
}

static void test_health(void **state)
{
    (void)state;
    bench_run(checks, 200, "health-check", true);
    bench_run(two_checks, 200, "health-check", false);
    bench_run(uneven, 200, "health-check", false);
}

/* --- beginnings --- */

static void onset_after(struct bench *b, unsigned fine)
{
    for (unsigned i = 0; i < fine + 6; i++) {
        if (i < fine) {
            bench_good(b, i * 10, "192.0.2.10", "198.51.100.25");
        } else {
            bench_add(b, i * 10, "192.0.2.10", "198.51.100.25", SCRIPT_5XX);
        }
    }
}
static void onset(struct bench *b)
{
    onset_after(b, 6);
}
static void no_onset(struct bench *b)
{
    onset_after(b, 0);
}

static void test_onset(void **state)
{
    (void)state;
    bench_run(onset, 200, "fleet-onset", true);
    bench_run(no_onset, 200, "fleet-onset", false);
}

/* --- TLS --- */

#define TLS_BROKEN                                                                                 \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n0.1 c tls "        \
    "hello\n0.2 s tls hello\n0.3 c fin\n0.31 s fin\n"

static void fallback(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", TLS_BROKEN);
    bench_good(b, 60, "192.0.2.10", "198.51.100.25");
}
static void fallback_late(struct bench *b)
{
    bench_add(b, 0, "192.0.2.10", "198.51.100.25", TLS_BROKEN);
    bench_good(b, 1000, "192.0.2.10", "198.51.100.25");
}

static void test_fallback(void **state)
{
    (void)state;
    bench_run(fallback, 100, "tls-fallback-plaintext", true);
    bench_run(fallback_late, 1100, "tls-fallback-plaintext", false);
}

/* The client sends its TLS hello; each server closes without a word. */
#define TLS_NO_ANSWER                                                                              \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n0.1 c tls "        \
    "hello\n0.2 s fin\n0.3 c fin\n"

static void tls_fails(struct bench *b, double at, const char *server)
{
    struct session *s = session_build_at(
        TLS_NO_ANSWER, b->next_id++, BUILDER_START + (int64_t)(at * 1e9), "192.0.2.10", server, 25);

    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS) {
            e->facts->tls.record_type = 22; /* a handshake message: ClientHello */
            e->facts->tls.message = 1;
            tls_facts_details(s)->hello[SIDE_CLIENT] = e->first;
        }
    }
    s->tls.established = false;
    tls_facts_details(s)->client.len = 200;
    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

static void tls_fails_with_five(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        tls_fails(b, i * 20, bench_server(i));
    }
}
static void tls_fails_with_four(struct bench *b)
{
    for (unsigned i = 0; i < 5; i++) {
        tls_fails(b, i * 20, bench_server(i % 4));
    }
}

static void test_tls_spread(void **state)
{
    (void)state;
    bench_run(tls_fails_with_five, 200, "tls-failure-spread", true);
    bench_run(tls_fails_with_four, 200, "tls-failure-spread", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_for_a_while), cmocka_unit_test(test_backend_for_a_while),
        cmocka_unit_test(test_who),         cmocka_unit_test(test_machines),
        cmocka_unit_test(test_mx),          cmocka_unit_test(test_connecting),
        cmocka_unit_test(test_health),      cmocka_unit_test(test_onset),
        cmocka_unit_test(test_fallback),    cmocka_unit_test(test_tls_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
