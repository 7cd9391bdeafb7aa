/* test_rules_tls.c - handshakes that failed, and that did not: each rule raised, and nearly raised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/tls/facts.h"
#include "tests/support/session_builder.h"

#define START                                                                                      \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.1 s 220 mx ESMTP\n0.2 c EHLO a\n0.3 s 250 STARTTLS\n"    \
    "0.4 c STARTTLS\n0.5 s 220 go\n0.6 c tls hello\n"
#define FLIGHT START "0.7 s tls hello\n0.71 s tls hello\n"

static struct session *build(const char *script, uint16_t version)
{
    struct session *s = session_build(script);
    struct tls_details *d = tls_facts_details(s);
    uint8_t message = 0;

    s->tls.version = version;
    s->tls.established = false;
    d->client.len = 200;
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS) {
            e->facts->tls.record_type = 22;
            e->facts->tls.message = (uint8_t)(e->side == SIDE_CLIENT ? 1 : message++ ? 14 : 2);
            d->hello[e->side] = e->first;
            if (e->side == SIDE_SERVER) {
                d->flight_end = e->last;
                d->hello_done = true;
            }
        }
    }
    return s;
}

/* The last TLS message becomes an alert. */
static void make_alert(struct session *s, uint8_t level, uint8_t description)
{
    for (struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS) {
            s->tls.alert = e;
        }
    }
    s->tls.alert->facts->tls.record_type = 21;
    s->tls.alert->facts->tls.message = 0;
    s->tls.alert->facts->tls.level = level;
    s->tls.alert->facts->tls.description = description;
}

static const struct finding *find(struct session *s, const char *id)
{
    static struct settings settings;
    const struct finding *f;

    settings = session_builder_settings();
    diagnose_session(&settings, s);
    f = ((const struct diagnosis *)s->diagnosis)->findings;
    while (f && strcmp(f->id, id) != 0) {
        f = f->next;
    }
    return f;
}

static void test_alerts(void **state)
{
    static const struct {
        uint8_t description;
        bool by_client;
        const char *rule;
        enum party points_to;
    } cases[] = {
        {40, false, "tls-alert-handshake-failure", PARTY_UNKNOWN},
        {42, true, "tls-alert-bad-certificate", PARTY_SERVER},
        {44, true, "tls-alert-certificate-revoked", PARTY_SERVER},
        {45, true, "tls-alert-certificate-expired", PARTY_SERVER},
        {46, true, "tls-alert-certificate-unknown", PARTY_SERVER},
        {48, true, "tls-alert-unknown-ca", PARTY_SERVER},
        {48, false, "tls-alert-unknown-ca", PARTY_CLIENT},
        {49, false, "tls-alert-access-denied", PARTY_POLICY},
        {70, false, "tls-version-mismatch", PARTY_CLIENT},
        {71, false, "tls-cipher-mismatch", PARTY_CLIENT},
        {80, false, "tls-alert-internal-error", PARTY_SERVER},
        {112, false, "tls-alert-unrecognized-name", PARTY_CLIENT},
        {50, false, "tls-alert-other", PARTY_CLIENT},
        {200, true, "tls-alert-other", PARTY_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *s =
            build(cases[i].by_client ? FLIGHT "0.8 c tls alert\n0.81 c fin\n1 s fin\nend 9\n"
                                     : FLIGHT "0.8 s tls alert\n0.81 s fin\n1 c fin\nend 9\n",
                  0x0303);
        const struct finding *f;
        make_alert(s, 2, cases[i].description);
        f = find(s, cases[i].rule);
        assert_non_null(f);
        assert_true(f->primary);
        assert_int_equal(f->points_to, cases[i].points_to);
        assert_int_equal(((const struct diagnosis *)s->diagnosis)->outcome, OUTCOME_TLS_FAILED);
        session_free(s);
        /* A warning after which the session went on. */
        s = build(FLIGHT "0.8 s tls alert\n1 c run 100\n1.1 s run 100\n2 c fin\n2.1 s fin\nend 9\n",
                  0x0303);
        make_alert(s, 1, cases[i].description);
        s->tls.established = true;
        assert_null(find(s, cases[i].rule));
        session_free(s);
    }
}

/* The client's no to a version it had not offered speaks of that, whatever the alert's number. */
static void test_version_not_offered(void **state)
{
    static uint16_t both[] = {0x0304, 0x0303}, newest[] = {0x0303};
    static const struct {
        uint16_t *versions;
        uint32_t count;
        uint16_t chosen;
        bool mismatch;
    } cases[] = {
        {both, 2, 0x0302, true},    /* not among them */
        {both, 2, 0x0303, false},   /* among them: something else is wrong */
        {newest, 1, 0x0302, false}, /* no list: an older one may be chosen */
        {newest, 1, 0x0304, true},  /* but no newer one */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *s =
            build(FLIGHT "0.8 c tls alert\n0.81 c fin\n1 s fin\nend 9\n", cases[i].chosen);
        const struct finding *f;
        make_alert(s, 2, 47);
        s->tls.hello[SIDE_SERVER] = true;
        tls_facts_details(s)->client.versions =
            (struct tls_numbers){cases[i].versions, cases[i].count, false};
        f = find(s, "tls-version-mismatch");
        assert_true((f != NULL) == cases[i].mismatch);
        assert_true(!f || f->points_to == PARTY_SERVER);
        assert_true((find(s, "tls-alert-other") != NULL) != cases[i].mismatch);
        session_free(s);
    }
}

static void test_tls13_abort(void **state)
{
    static const char script[] =
        FLIGHT "0.75 s run 1200\n0.8 c run 19\n0.81 c fin\n1 s fin\nend 9\n";
    struct session *s = build(script, TLS_VERSION_13);

    (void)state;
    s->tls.finished[SIDE_SERVER] = true;
    assert_non_null(find(s, "tls13-abort-by-client"));
    session_free(s);
    s = build(script, TLS_VERSION_13); /* a Finished was there */
    s->tls.finished[SIDE_SERVER] = s->tls.finished[SIDE_CLIENT] = true;
    assert_null(find(s, "tls13-abort-by-client"));
    session_free(s);
}

static void test_silent_close(void **state)
{
    struct session *s = build(FLIGHT "0.9 c fin\n1 s fin\nend 9\n", 0x0303);

    (void)state;
    assert_non_null(find(s, "tls-silent-close-after-server-flight"));
    session_free(s);
    s = build(FLIGHT "0.9 c fin\n1 s fin\nend 9\n", 0x0303); /* the flight was not whole */
    tls_facts_details(s)->hello_done = false;
    assert_null(find(s, "tls-silent-close-after-server-flight"));
    session_free(s);
}

static void test_no_serverhello(void **state)
{
    struct session *s = build(START "0.7 s fin\n0.8 c fin\nend 9\n", 0);

    (void)state;
    assert_non_null(find(s, "tls-no-serverhello"));
    session_free(s);
    s = build(START "0.7 c fin\n0.8 s fin\nend 9\n", 0); /* the client left first */
    assert_null(find(s, "tls-no-serverhello"));
    session_free(s);
}

static void test_certificates(void **state)
{
    static const char script[] = FLIGHT "1 c run 100\n1.1 s run 100\n2 c fin\n2.1 s fin\nend 9\n";
    const int64_t now = BUILDER_START / 1000000000;
    static const struct {
        const char *rule;
        int64_t from, until; /* seconds from the session */
        bool self_signed, raised;
    } cases[] = {
        {"cert-self-signed", -99, 99, true, true},  {"cert-self-signed", -99, 99, false, false},
        {"cert-expired", -99, -9, false, true},     {"cert-expired", -99, 99, false, false},
        {"cert-not-yet-valid", 9, 99, false, true}, {"cert-not-yet-valid", -9, 99, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *s = build(script, 0x0303);
        struct tls_chain *chain = &tls_facts_details(s)->chain[SIDE_SERVER];
        const struct finding *f;
        s->tls.established = true;
        chain->first = tls_certificate_read(s->arena, (struct bytes){0});
        chain->first->readable = true;
        chain->first->self_signed = cases[i].self_signed;
        chain->first->not_before_s = now + cases[i].from;
        chain->first->not_after_s = now + cases[i].until;
        chain->seen = true;
        chain->at = tls_facts_details(s)->hello[SIDE_SERVER];
        f = find(s, cases[i].rule);
        assert_int_equal(f != NULL, cases[i].raised);
        assert_true(!f || (!f->primary && f->severity <= SEVERITY_WARNING));
        session_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alerts),         cmocka_unit_test(test_version_not_offered),
        cmocka_unit_test(test_tls13_abort),    cmocka_unit_test(test_silent_close),
        cmocka_unit_test(test_no_serverhello), cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
