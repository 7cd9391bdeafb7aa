/* test_opinion.c - what nDPI is given of hellos, what it reads in them, and where it differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dissect/classify.h"
#include "dissect/tls/excerpt.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { HEAD = 5 + 4 + 2 + 32 + 1 };

/* The ClientHello of JA3's own example, and a ServerHello; their MD5s are published. */
static const uint8_t ciphers[] = {0,    47, 0,    53, 0, 5,  0, 10, 0xc0, 9,  0xc0, 10,
                                  0xc0, 19, 0xc0, 20, 0, 50, 0, 56, 0,    19, 0,    4};
static const uint8_t client_extensions[] = {0, 0, 0, 8, 0,  6, 0,  0, 3,  'a', '.', 'B', 0, 10, 0,
                                            8, 0, 6, 0, 23, 0, 24, 0, 25, 0,   11,  0,   2, 1,  0};
static const uint8_t server_extensions[] = {0xff, 1, 0,  1, 0, 0,  0, 0, 0,   0,  11,
                                            0,    2, 1,  0, 0, 35, 0, 0, 0,   5,  0,
                                            0,    0, 16, 0, 5, 0,  3, 2, 'h', '2'};
static const char ja3[] = "ada70206e40642a3e4461f35503241d5";
static const char ja3s[] = "836ce314215654b5b1f85f97c73e506f";
static const char ja3s_13[] = "cce84e7a8b742462e40afb585a3e3ccc"; /* MD5 of "771,4865,43" */

static struct tls_client_hello client(struct bytes extensions)
{
    return (struct tls_client_hello){.version = 0x0301,
                                     .ciphers = {ciphers, sizeof ciphers},
                                     .extensions = extensions,
                                     .has_extensions = extensions.data != NULL};
}

static struct tls_server_hello server(void)
{
    return (struct tls_server_hello){.version = 0x0301,
                                     .legacy_version = 0x0301,
                                     .cipher = 47,
                                     .extensions = {server_extensions, sizeof server_extensions}};
}

static struct tls_client_hello good_client(void)
{
    return client((struct bytes){client_extensions, sizeof client_extensions});
}

/* Byte by byte: nothing but what is meant to be there, and lengths that are true. */
static void test_is_written_anew(void **state)
{
    static const uint8_t head[] = {22, 3, 1, 0, 99, 1, 0, 0, 95, 3, 1};
    struct tls_client_hello hello = good_client();
    uint8_t out[TLS_EXCERPT_MAX];
    size_t len;

    (void)state;
    hello.session_id = (struct bytes){(const uint8_t *)"canary", 6};
    len = tls_excerpt_client(&hello, out);
    assert_int_equal(len, 5 + 99);
    assert_memory_equal(out, head, sizeof head);
    for (size_t i = sizeof head; i < HEAD; i++) {
        assert_int_equal(out[i], 0); /* random, and no session id */
    }
    assert_int_equal(out[HEAD + 1], sizeof ciphers);
    assert_memory_equal(out + HEAD + 2, ciphers, sizeof ciphers);
    assert_memory_equal(out + HEAD + 2 + sizeof ciphers, "\1\0\0\36", 4);
    assert_memory_equal(out + HEAD + 6 + sizeof ciphers, client_extensions,
                        sizeof client_extensions);
    assert_null(memmem(out, len, "canary", 6));
}

/* What others could read otherwise, or would stumble over, is not handed on. */
static void test_refuses(void **state)
{
    static const struct {
        const char *label;
        bool taken;
        uint8_t len, b[24];
    } cases[] = {
        {"no extension", true, 0, {0}},
        {"an empty one", true, 4, {0, 23, 0, 0}},
        {"cut", false, 3, {0, 23, 0}},
        {"longer than the rest", false, 5, {0, 23, 0, 2, 0}},
        {"a key is left out", true, 10, {0, 51, 0, 6, 0, 4, 0, 29, 0, 0}},
        {"a name", true, 10, {0, 0, 0, 6, 0, 4, 0, 0, 1, 'a'}},
        {"no name", false, 4, {0, 0, 0, 0}},
        {"an empty name", false, 9, {0, 0, 0, 5, 0, 3, 0, 0, 0}},
        {"NUL in a name", false, 11, {0, 0, 0, 7, 0, 5, 0, 0, 2, 'a', 0}},
        {"a blank in a name", false, 11, {0, 0, 0, 7, 0, 5, 0, 0, 2, 'a', ' '}},
        {"a name longer than its field", false, 10, {0, 0, 0, 6, 0, 4, 0, 0, 9, 'a'}},
        {"doubled", false, 8, {0, 23, 0, 0, 0, 23, 0, 0}},
        {"groups", true, 8, {0, 10, 0, 4, 0, 2, 0, 23}},
        {"half a group", false, 7, {0, 10, 0, 3, 0, 1, 23}},
        {"groups shorter than their field", false, 10, {0, 10, 0, 6, 0, 2, 0, 23, 0, 24}},
        {"groups longer than their field", false, 8, {0, 10, 0, 4, 0, 9, 0, 23}},
        {"groups without a length", false, 4, {0, 10, 0, 0}},
        {"no point format", true, 5, {0, 11, 0, 1, 0}},
        {"point formats without a length", false, 4, {0, 11, 0, 0}},
        {"point formats too long", false, 6, {0, 11, 0, 2, 9, 0}},
        {"encrypted name of a draft", false, 4, {0xff, 0xce, 0, 0}},
        {"QUIC", false, 4, {0, 57, 0, 0}},
    };
    uint8_t out[TLS_EXCERPT_MAX], many[700] = {0};
    struct tls_client_hello hello = good_client();
    struct tls_server_hello answer = server();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        hello = client((struct bytes){cases[i].b, cases[i].len});
        if ((tls_excerpt_client(&hello, out) > 0) != cases[i].taken) {
            fail_msg("%s is %s", cases[i].label, cases[i].taken ? "refused" : "taken");
        }
    }
    hello = good_client();
    hello.ssl2 = true;
    assert_int_equal(tls_excerpt_client(&hello, out), 0);
    hello = client((struct bytes){0});
    hello.ciphers = (struct bytes){many, 300};
    assert_int_equal(tls_excerpt_client(&hello, out), HEAD + 2 + 300 + 2);
    hello.ciphers.len = 302;
    assert_int_equal(tls_excerpt_client(&hello, out), 0);
    hello.ciphers.len = 299;
    assert_int_equal(tls_excerpt_client(&hello, out), 0);
    assert_true(tls_excerpt_server(&answer, out) > 0);
    answer.legacy_version = 0x7f12;
    assert_int_equal(tls_excerpt_server(&answer, out), 0);
    answer.legacy_version = 0x0301;
    answer.extensions = (struct bytes){(const uint8_t *)"\x1a\x1a\0\0", 4};
    assert_int_equal(tls_excerpt_server(&answer, out), 0);
}

/* A session that read the same, and what nDPI must have read of its excerpts. */
static struct session *session_of(struct tls_client_hello hello, struct tls_server_hello *answer)
{
    struct session *s = session_new(1);
    struct tls_details *d = tls_facts_details(s);
    uint8_t out[TLS_EXCERPT_MAX];

    for (int side = 0; side < SIDES; side++) {
        size_t len = side == SIDE_CLIENT ? tls_excerpt_client(&hello, out)
                     : answer            ? tls_excerpt_server(answer, out)
                                         : 0;
        uint8_t *copy = arena_alloc(s->arena, len + 1);
        memcpy(copy, out, len);
        d->excerpt[side] = (struct bytes){copy, len};
    }
    memcpy(d->client.ja3, ja3, sizeof ja3);
    d->client.server_name = (struct text){"a.B", 3, false};
    if (answer) {
        memcpy(d->server.ja3s, ja3s, sizeof ja3s);
        s->tls.version = answer->version;
        s->tls.cipher = answer->cipher;
    }
    return s;
}

static bool is_asked(struct classifier *c)
{
    struct session *s = session_of(good_client(), NULL);
    struct tls_opinion o;
    bool asked = classify_hellos(c, s->tls.details->excerpt, &o);

    session_free(s);
    return asked;
}

static void test_agrees(void **state)
{
    struct classifier *c = classifier_new();
    struct tls_server_hello answer = server();
    struct tls_opinion o;
    struct session *s;

    (void)state;
    if (!is_asked(c)) { /* built without nDPI 4.2 */
        classifier_free(c);
        skip();
    }
    for (int round = 0; round < 3; round++) { /* the client alone; TLS 1.0; TLS 1.3 */
        if (round == 2) {
            static const uint8_t chosen[] = {0, 43, 0, 2, 3, 4};
            answer.version = 0x0304;
            answer.legacy_version = 0x0303;
            answer.cipher = 0x1301;
            answer.extensions = (struct bytes){chosen, sizeof chosen};
        }
        s = session_of(good_client(), round ? &answer : NULL);
        assert_true(classify_hellos(c, s->tls.details->excerpt, &o));
        assert_true(o.is_tls);
        assert_string_equal(o.ja3, ja3);
        assert_string_equal(o.server_name, "a.b");
        assert_string_equal(o.ja3s, round == 0 ? "" : round == 1 ? ja3s : ja3s_13);
        assert_int_equal(o.cipher, round ? answer.cipher : 0);
        if (round < 2) {
            assert_int_equal(tls_opinion_differences(s, &o).len, 0);
        } else {
            assert_int_equal(o.version, 0x0304);
        }
        session_free(s);
    }
    classifier_free(c);
}

static void test_differs(void **state)
{
    static const struct tls_opinion same = {
        .is_tls = true, .version = 0x0304, .cipher = 47, .server_name = "a.b"};
    static const struct {
        const char *expected;
        uint16_t version, cipher, ours;
        const char *ja3, *ja3s, *name;
        bool not_tls;
    } cases[] = {
        {"", 0x0304, 47, 0x0304, ja3, ja3s, "a.b", false},
        {"not TLS", 0, 0, 0x0304, "", "", "", true},
        {"ja3 none (here ada70206e40642a3e4461f35503241d5)", 0x0304, 47, 0x0304, "", ja3s, "a.b",
         false},
        {"ja3s ada70206e40642a3e4461f35503241d5 (here 836ce314215654b5b1f85f97c73e506f)", 0x0304,
         47, 0x0304, ja3, ja3, "a.b", false},
        {"server name", 0x0304, 47, 0x0304, ja3, ja3s, "a.bc", false},
        {"server name", 0x0304, 47, 0x0304, ja3, ja3s, "", false},
        {"cipher 0x0030 (here 0x002f)", 0x0304, 48, 0x0304, ja3, ja3s, "a.b", false},
        {"version 0x0303 (here 0x0304)", 0x0303, 47, 0x0304, ja3, ja3s, "a.b", false},
        {"", 0x0301, 47, 0x0303, ja3, ja3s, "a.b", false}, /* the client's, and not compared */
        {"server name, cipher 0x0000 (here 0x002f)", 0x0304, 0, 0x0304, ja3, ja3s, "b", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tls_server_hello answer = server();
        struct tls_opinion o = same;
        struct session *s;
        struct text text;
        answer.version = cases[i].ours;
        s = session_of(good_client(), &answer);
        o.is_tls = !cases[i].not_tls;
        o.version = cases[i].version;
        o.cipher = cases[i].cipher;
        memcpy(o.ja3, cases[i].ja3, strlen(cases[i].ja3) + 1);
        memcpy(o.ja3s, cases[i].ja3s, strlen(cases[i].ja3s) + 1);
        (void)snprintf(o.server_name, sizeof o.server_name, "%s", cases[i].name);
        text = tls_opinion_differences(s, &o);
        if (text.len != strlen(cases[i].expected) ||
            (text.len && memcmp(text.s, cases[i].expected, text.len) != 0)) {
            fail_msg("case %zu: '%.*s'", i, (int)text.len, text.len ? text.s : "");
        }
        session_free(s);
    }
}

/* nDPI keeps the last 79 characters. */
static void test_long_name(void **state)
{
    struct session *s = session_of(good_client(), NULL);
    struct tls_opinion o = {.is_tls = true};
    char name[101];

    (void)state;
    memset(name, 'a', 100);
    name[100] = '\0';
    memset(o.server_name, 'a', 79);
    memcpy(o.ja3, ja3, sizeof ja3);
    s->tls.details->client.server_name = (struct text){name, 100, false};
    assert_int_equal(tls_opinion_differences(s, &o).len, 0);
    name[21] = 'b';
    assert_true(tls_opinion_differences(s, &o).len > 0);
    session_free(s);
}

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* A hello with noise in every place, sometimes well made: what passes is read in time. */
static size_t make_noise(uint64_t *x, uint8_t *b, size_t size)
{
    static const uint8_t types[] = {0, 10, 11, 13, 16, 43, 51, 57, 21, 23};
    size_t len = 0;

    while (len + 70 < size && next(x) % 8) {
        uint8_t body = (uint8_t)(next(x) % 12), type = types[next(x) % sizeof types];
        b[len] = next(x) % 20 ? 0 : (uint8_t)next(x);
        b[len + 1] = type;
        b[len + 2] = 0;
        b[len + 3] = body;
        for (size_t i = 0; i < body; i++) {
            b[len + 4 + i] = (uint8_t)next(x);
        }
        if (body > 6 && type == 0) {
            const uint8_t head[] = {0, (uint8_t)(body - 2), 0, 0, (uint8_t)(body - 5)};
            memcpy(b + len + 4, head, sizeof head);
            memset(b + len + 9, 'a' + (int)(next(x) % 26), body - 5u);
        } else if (body > 1 && type == 10) {
            b[len + 4] = 0;
            b[len + 5] = (uint8_t)(body - 2);
        } else if (body && type == 11) {
            b[len + 4] = (uint8_t)(body - 1);
        }
        len += 4u + body;
    }
    return len;
}

static void test_neither_hangs_nor_crashes(void **state)
{
    enum { ROUNDS = 20000 };
    struct classifier *c = classifier_new();
    uint64_t x = 88172645463325252u;
    time_t begun = time(NULL);
    unsigned taken = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t b[SIDES][600], numbers[320], out[SIDES][TLS_EXCERPT_MAX];
        struct tls_client_hello hello = client((struct bytes){0});
        struct tls_server_hello answer = server();
        struct bytes excerpt[SIDES];
        struct tls_opinion o;
        for (size_t i = 0; i < sizeof numbers; i++) {
            numbers[i] = (uint8_t)next(&x);
        }
        hello.version = (uint16_t)next(&x);
        hello.ciphers = (struct bytes){numbers, next(&x) % 160 * 2};
        hello.extensions = (struct bytes){b[0], make_noise(&x, b[0], sizeof b[0])};
        hello.has_extensions = next(&x) % 8 != 0;
        answer.version = answer.legacy_version = (uint16_t)(0x0300 | next(&x) % 5);
        answer.cipher = (uint16_t)next(&x);
        answer.extensions = (struct bytes){b[1], make_noise(&x, b[1], sizeof b[1])};
        excerpt[SIDE_CLIENT] = (struct bytes){out[0], tls_excerpt_client(&hello, out[0])};
        excerpt[SIDE_SERVER] = (struct bytes){out[1], tls_excerpt_server(&answer, out[1])};
        taken += excerpt[SIDE_CLIENT].len > 0;
        (void)classify_hellos(c, excerpt, &o);
    }
    classifier_free(c);
    assert_true(taken > ROUNDS / 20);
    assert_true(time(NULL) - begun < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_written_anew), cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_agrees),          cmocka_unit_test(test_differs),
        cmocka_unit_test(test_long_name),       cmocka_unit_test(test_neither_hangs_nor_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
