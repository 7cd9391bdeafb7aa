/* TLS over many sessions: what a server chose elsewhere, and what others were shown for the same
 * name; each rule with a case and near misses beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/facts.h"
#include "tests/support/fleet_bench.h"

enum { V10 = 0x0301, V12 = 0x0303, V13 = 0x0304, GCM = 0xc02f, CBC = 0xc013, RSA = 0x002f };
enum { ALERT_FAILURE = 40, ALERT_VERSION = 70, ALERT_CERTIFICATE = 42 };

#define TO_TLS(banner)                                                                             \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 " banner "\n0.05 c EHLO a.example\n"            \
    "0.06 s 250 mx.example ; keywords=STARTTLS\n0.07 c STARTTLS\n0.08 s 220 go\n0.1 c tls "        \
    "hello\n"
#define COMES_UP                                                                                   \
    "0.2 s tls hello\n0.3 c run 100\n0.4 s run 100\n1 c run 90\n1.1 s run 90\n2 c fin\n2.1 s "     \
    "fin\n"
#define ALERTED "0.2 s tls alert\n0.21 s fin\n0.3 c fin\n"

static struct session *build(struct bench *b, double at, const char *client, const char *server,
                             const char *script)
{
    return session_build_at(script, b->next_id++, BUILDER_START + (int64_t)(at * 1e9), client,
                            server, 25);
}

static void put_in(struct bench *b, struct session *s)
{
    diagnose_session(&b->settings, s);
    fleet_add(b->fleet, s);
    session_free(s);
}

static void offer(struct session *s, const uint16_t *versions, uint32_t version_count,
                  const uint16_t *ciphers, uint32_t cipher_count)
{
    static uint16_t v[8], c[8];
    struct tls_client_facts *f = &tls_facts_details(s)->client;

    memcpy(v, versions, version_count * sizeof *v);
    memcpy(c, ciphers, cipher_count * sizeof *c);
    f->len = 200;
    f->versions = (struct tls_numbers){v, version_count, false};
    f->ciphers = (struct tls_numbers){c, cipher_count, false};
}

static void mark_hello(struct session *s)
{
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS && e->side == SIDE_CLIENT) {
            e->facts->tls.record_type = 22;
            e->facts->tls.message = 1;
            tls_facts_details(s)->hello[SIDE_CLIENT] = e->first;
        }
    }
    s->tls.hello[SIDE_CLIENT] = true;
}

/* Chosen in a handshake that came up. */
static void came_up(struct bench *b, double at, uint16_t version, uint16_t cipher)
{
    struct session *s =
        build(b, at, "192.0.2.20", "198.51.100.25", TO_TLS("mx.example ESMTP") COMES_UP);

    mark_hello(s);
    s->tls.hello[SIDE_SERVER] = s->tls.established = true;
    s->tls.version = version;
    s->tls.cipher = cipher;
    put_in(b, s);
}

static void turned_away(struct bench *b, double at, uint8_t alert, const uint16_t *versions,
                        uint32_t version_count, const uint16_t *ciphers, uint32_t cipher_count)
{
    struct session *s =
        build(b, at, "192.0.2.10", "198.51.100.25", TO_TLS("mx.example ESMTP") ALERTED);

    mark_hello(s);
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS && e->side == SIDE_SERVER) {
            e->facts->tls.record_type = 21;
            e->facts->tls.level = 2;
            e->facts->tls.description = alert;
            s->tls.alert = e;
        }
    }
    s->tls.established = s->tls.hello[SIDE_SERVER] = false;
    s->tls.version = 0;
    offer(s, versions, version_count, ciphers, cipher_count);
    put_in(b, s);
}

/* --- ciphers --- */

static void with_old_ciphers(struct bench *b, unsigned good, uint16_t version)
{
    const uint16_t versions[] = {V12}, ciphers[] = {RSA, 0x000a};

    for (unsigned i = 0; i < good; i++) {
        came_up(b, i * 10, version, version == V13 ? 0x1301 : GCM);
    }
    turned_away(b, 100, ALERT_FAILURE, versions, 1, ciphers, 2);
}
static void no_common_cipher(struct bench *b)
{
    with_old_ciphers(b, 3, V12);
}
static void nobody_else(struct bench *b)
{
    with_old_ciphers(b, 0, V12);
}
/* What is chosen in 1.3 says nothing of what there is for 1.2. */
static void only_in_13(struct bench *b)
{
    with_old_ciphers(b, 3, V13);
}
static void a_common_cipher(struct bench *b)
{
    const uint16_t versions[] = {V12}, ciphers[] = {CBC, GCM};

    came_up(b, 0, V12, GCM);
    turned_away(b, 100, ALERT_FAILURE, versions, 1, ciphers, 2);
}
/* An alert about something else. */
static void other_alert(struct bench *b)
{
    const uint16_t versions[] = {V12}, ciphers[] = {RSA};

    came_up(b, 0, V12, GCM);
    turned_away(b, 100, ALERT_CERTIFICATE, versions, 1, ciphers, 1);
}

static void test_ciphers(void **state)
{
    (void)state;
    bench_run(no_common_cipher, 300, "tls-cipher-mismatch", true);
    bench_run(nobody_else, 300, "tls-cipher-mismatch", false);
    bench_run(only_in_13, 300, "tls-cipher-mismatch", false);
    bench_run(a_common_cipher, 300, "tls-cipher-mismatch", false);
    bench_run(other_alert, 300, "tls-cipher-mismatch", false);
}

/* What is said beside a session's own finding; confidence -1: it is nobody's. */
static void says(void (*fill)(struct bench *), const char *rule, const char *words, bool expected)
{
    struct bench b;
    const struct group *g;
    char summary[FLEET_SUMMARY_MAX + 1];

    bench_begin(&b);
    fill(&b);
    bench_finish(&b, 300);
    g = bench_told(&b, rule);
    assert_non_null(g);
    snprintf(summary, sizeof summary, "%.*s", (int)g->summary_len, g->summary);
    if ((strstr(summary, words) != NULL) != expected) {
        fail_msg("%s says: %s", rule, summary);
    }
    fleet_free(b.fleet);
}

static void test_what_is_said(void **state)
{
    struct bench b;

    (void)state;
    says(no_common_cipher, "tls-cipher-mismatch",
         "with 2 ciphers that this server never chose in 3 other sessions where TLS came up; there "
         "it chose TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
         true);
    says(a_common_cipher, "tls-alert-handshake-failure", "a common cipher is not what lacks", true);
    says(nobody_else, "tls-alert-handshake-failure", "other sessions", false);
    bench_begin(&b);
    with_old_ciphers(&b, 2, V12);
    bench_finish(&b, 300);
    assert_int_equal(bench_told(&b, "tls-cipher-mismatch")->confidence, CONFIDENCE_MEDIUM);
    fleet_free(b.fleet);
    bench_begin(&b);
    no_common_cipher(&b);
    bench_finish(&b, 300);
    assert_int_equal(bench_told(&b, "tls-cipher-mismatch")->confidence, CONFIDENCE_HIGH);
    fleet_free(b.fleet);
}

/* --- versions --- */

static void too_old(struct bench *b)
{
    const uint16_t versions[] = {V10}, ciphers[] = {RSA};

    came_up(b, 0, V12, GCM);
    turned_away(b, 100, ALERT_VERSION, versions, 1, ciphers, 1);
}
static void new_enough(struct bench *b)
{
    const uint16_t versions[] = {V13, V12}, ciphers[] = {GCM};

    came_up(b, 0, V12, GCM);
    turned_away(b, 100, ALERT_VERSION, versions, 2, ciphers, 1);
}
static void old_alone(struct bench *b)
{
    const uint16_t versions[] = {V10}, ciphers[] = {RSA};

    turned_away(b, 100, ALERT_VERSION, versions, 1, ciphers, 1);
}

static void test_versions(void **state)
{
    (void)state;
    says(too_old, "tls-version-mismatch",
         "; in other sessions this server chose TLS 1.2, which was not offered here", true);
    says(new_enough, "tls-version-mismatch",
         "; yet in other sessions this server chose TLS 1.2, which was offered here", true);
    says(old_alone, "tls-version-mismatch", "other sessions", false);
}

/* --- shown on the way --- */

#define GOOGLE "mx.google.com ESMTP a1-20020a - gsmtp"

struct cert {
    const char *issuer;
    bool stamped, beside; /* its stamps inside; sent beside it */
    uint16_t version;
};

static void shown(struct bench *b, double at, const char *client, const char *script,
                  const char *name, struct cert what)
{
    struct session *s = build(b, at, client, "198.51.100.25", script);
    struct tls_details *d = tls_facts_details(s);
    struct tls_certificate *c = arena_make(s->arena, struct tls_certificate);

    mark_hello(s);
    *c = (struct tls_certificate){.readable = true,
                                  .stamped = what.stamped,
                                  .not_before_s = BUILDER_START / 1000000000 - 86400,
                                  .not_after_s = BUILDER_START / 1000000000 + 86400 * 60,
                                  .key_type = "EC",
                                  .key_bits = 256,
                                  .has_host_names = true,
                                  .name_count = 1};
    c->subject = c->common_name = c->serial = c->signature = (struct text){.s = ""};
    c->issuer = (struct text){what.issuer, (uint32_t)strlen(what.issuer), false};
    c->names = arena_make(s->arena, struct tls_name);
    *c->names = (struct tls_name){{name, (uint32_t)strlen(name), false}, TLS_NAME_HOST, NULL};
    d->chain[SIDE_SERVER].seen = true;
    d->chain[SIDE_SERVER].count = 1;
    d->chain[SIDE_SERVER].first = c;
    d->chain[SIDE_SERVER].at = s->last;
    d->server.stamped = what.beside;
    s->tls.hello[SIDE_SERVER] = s->tls.established = true;
    s->tls.version = what.version;
    s->tls.cipher = GCM;
    put_in(b, s);
}

static const struct cert real = {"CN=WR2,O=Google Trust Services", true, false, V12};
static const struct cert made = {"CN=Proxy", false, false, V12};

static void two_clients(struct bench *b, struct cert first, struct cert second)
{
    shown(b, 0, "192.0.2.10", TO_TLS(GOOGLE) COMES_UP, "mx.google.com", first);
    shown(b, 10, "192.0.2.20", TO_TLS(GOOGLE) COMES_UP, "mx.google.com", second);
}
static void read_on_its_way(struct bench *b)
{
    two_clients(b, real, made);
}
static void another_issuer(struct bench *b)
{
    struct cert other = real;

    other.issuer = "CN=WE2,O=Google Trust Services";
    two_clients(b, real, other);
}
static void stamps_beside(struct bench *b)
{
    struct cert other = made;

    other.beside = true;
    two_clients(b, real, other);
}
static void hidden_stamps(struct bench *b) /* of 1.3, opened with a key log */
{
    struct cert other = made;

    other.version = V13;
    two_clients(b, real, other);
}
static void same_issuer(struct bench *b)
{
    struct cert other = real;

    other.stamped = false;
    two_clients(b, real, other);
}
static void one_client(struct bench *b)
{
    read_on_its_way(b);
    shown(b, 20, "192.0.2.20", TO_TLS(GOOGLE) COMES_UP, "mx.google.com", real);
}
static void nobody_elsewhere(struct bench *b)
{
    two_clients(b, made, made);
}
static void not_its_name(struct bench *b)
{
    shown(b, 0, "192.0.2.10", TO_TLS(GOOGLE) COMES_UP, "mx.google.com", real);
    shown(b, 10, "192.0.2.20", TO_TLS(GOOGLE) COMES_UP, "gateway.example", made);
}
/* Anybody's server, which has one certificate inside and one outside. */
static void private_server(struct bench *b, const char *script)
{
    shown(b, 0, "192.0.2.10", script, "mail.corp.example", real);
    shown(b, 10, "192.0.2.20", script, "mail.corp.example", made);
}
static void in_two_worlds(struct bench *b)
{
    private_server(b, TO_TLS("mail.corp.example ESMTP") COMES_UP);
}
static void exchange_in_two_worlds(struct bench *b)
{
    private_server(b, TO_TLS("mail.corp.example Microsoft ESMTP MAIL Service ready at Tue, 10 Mar "
                             "2026 14:00:00 +0000") COMES_UP);
}

static void test_shown(void **state)
{
    static void (*const misses[])(struct bench *) = {
        another_issuer, stamps_beside, hidden_stamps,
        same_issuer,    one_client,    nobody_elsewhere,
        not_its_name,   in_two_worlds, exchange_in_two_worlds,
    };

    (void)state;
    bench_run(read_on_its_way, 300, "tls-interception-suspected", true);
    bench_run(another_issuer, 300, "tls-interception-suspected", false);
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) {
        bench_run(misses[i], 300, "tls-interception-suspected", false);
    }
    says(read_on_its_way, "tls-interception-suspected",
         "1 client here is shown certificates of Google (MX) from another issuer than 1 other",
         true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ciphers),
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
