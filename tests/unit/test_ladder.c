/* test_ladder.c - one session row by row: as rungs, as text, as a drawing; its phase bar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/ladder.h"
#include "report/rungs.h"
#include "report/text.h"
#include "tests/support/report_case.h"

static char *printed(const struct session *s, void (*print)(FILE *, const struct session *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    print(f, s);
    fclose(f);
    return text;
}

static void as_drawing(FILE *f, const struct session *s)
{
    struct settings settings = report_case_settings();
    ladder_svg(f, &settings, s);
}

static void as_bar(FILE *f, const struct session *s)
{
    struct settings settings = report_case_settings();
    ladder_phase_bar(f, &settings, s, "usual: 38 ms");
}

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    const size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at += length) {
        n++;
    }
    return n;
}

static void test_rungs_of_a_silence(void **state)
{
    struct session *s = report_case(CASE_NO_REPLY, 368, CASE_START, "mail.partner.example ESMTP");
    struct rungs r;
    (void)state;

    assert_true(rungs_of(&r, s));
    /* SYN, SYN ACK, 220, EHLO, 250, envelope, replies, content, dot, ACK, silence, FIN, FIN */
    assert_int_equal(r.count, 13);
    assert_int_equal(r.rung[5].line_count, 3);
    assert_true(r.rung[5].is_command);
    assert_int_equal(r.rung[6].line_count, 3);
    assert_int_equal(r.rung[7].shape, RUNG_CONTENT);
    assert_true(r.rung[8].is_command);
    assert_int_equal(r.rung[9].shape, RUNG_TCP);
    assert_int_equal(r.rung[9].side, SIDE_SERVER);
    assert_int_equal(r.rung[10].shape, RUNG_WAIT);
    assert_true(r.rung[11].bad);
    assert_non_null(strstr(r.lines[r.rung[11].line].after, "gives up after 600.0 s"));
    assert_false(r.rung[12].bad);
    rungs_free(&r);
    session_free(s);
}

static void test_rungs_in_order(void **state)
{
    (void)state;
    for (enum case_kind kind = 0; kind < CASE_KINDS; kind++) {
        struct session *s = report_case(kind, 7, CASE_START, "mail.partner.example ESMTP");
        struct rungs r;
        assert_true(rungs_of(&r, s));
        for (size_t i = 1; i < r.count; i++) {
            if (r.rung[i].shape != RUNG_WAIT && r.rung[i].shape != RUNG_GAP) {
                assert_true(r.rung[i].first.time_ns >= CASE_START);
                assert_true(r.rung[i].gap_ns >= -1);
            }
        }
        rungs_free(&r);
        session_free(s);
    }
}

static void test_encrypted_has_a_lock(void **state)
{
    struct session *s = report_case(CASE_ENCRYPTED, 7, CASE_START, "mail.partner.example ESMTP");
    struct rungs r;
    size_t locks = 0, records = 0;
    (void)state;

    assert_true(rungs_of(&r, s));
    for (size_t i = 0; i < r.count; i++) {
        locks += r.rung[i].shape == RUNG_LOCK;
        records += r.rung[i].shape == RUNG_RECORDS;
        if (locks) {
            assert_false(r.rung[i].is_command);
        }
    }
    assert_int_equal(locks, 1);
    assert_int_equal(records, 4);
    rungs_free(&r);
    session_free(s);
}

static void test_nothing_said(void **state)
{
    struct session *s = session_new(1);
    struct rungs r;
    (void)state;

    s->diagnosis = arena_make(s->arena, struct diagnosis);
    assert_true(rungs_of(&r, s));
    assert_int_equal(r.count, 0);
    rungs_free(&r);
    char *svg = printed(s, as_drawing), *bar = printed(s, as_bar);
    assert_non_null(strstr(svg, "</svg>"));
    assert_string_equal(bar, "");
    free(svg);
    free(bar);
    session_free(s);
}

static void test_text(void **state)
{
    struct session *s = report_case(CASE_NO_REPLY, 368, CASE_START, "mail.partner.example ESMTP");
    struct settings settings = report_case_settings();
    FILE *f = tmpfile();
    char text[8192];
    size_t len;
    (void)state;

    unsetenv("COLUMNS");
    assert_true(ladder_text_print(f, &settings, s));
    rewind(f);
    len = fread(text, 1, sizeof text - 1, f);
    text[len] = '\0';
    fclose(f);
    assert_non_null(strstr(text, "s0368  192.0.2.10:40368 (mx1.example.net) -> "
                                 "198.51.100.25:25 (mail.partner.example)\n"));
    assert_non_null(strstr(text, "ERROR     The message was complete"));
    assert_non_null(
        strstr(text, "14:02:11.200000            |-----------SYN----------->|     36801\n"));
    assert_non_null(
        strstr(text, "|<=========================| 220 36804  mail.partner.example ESMTP\n"));
    assert_non_null(strstr(text, "DATA  (pipelined, one packet)\n"));
    assert_non_null(strstr(text, "|============.============>|"));
    assert_non_null(strstr(text, "600.0 s  : no reply from the server :"));
    assert_non_null(strstr(text, "limit 600 s (RFC 5321 section 4.5.3.2.6)"));
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strstr(text, " \n"));
    session_free(s);
}

static void test_drawing(void **state)
{
    (void)state;
    for (enum case_kind kind = 0; kind < CASE_KINDS; kind++) {
        struct session *s = report_case(kind, 7, CASE_START, "mail.partner.example ESMTP");
        char *svg = printed(s, as_drawing);
        assert_int_equal(count_of(svg, "<svg "), count_of(svg, "</svg>"));
        assert_int_equal(count_of(svg, "<g"), count_of(svg, "</g>"));
        assert_int_equal(count_of(svg, "<text "), count_of(svg, "</text>"));
        assert_null(strstr(svg, "style="));
        assert_null(strstr(svg, "http"));
        assert_non_null(strstr(svg, "role=\"img\" aria-labelledby=\"s0007-t s0007-d\""));
        free(svg);
        session_free(s);
    }
}

static void test_drawing_of_hostile_text(void **state)
{
    struct session *s = report_case(CASE_COMPLETED, 7, CASE_START,
                                    "</text><script>alert(1)</script>.x \x01\xe2\x80\xae \"'&");
    char *svg = printed(s, as_drawing);
    (void)state;

    assert_null(strstr(svg, "<script"));
    assert_null(strchr(svg, 1));
    assert_null(strstr(svg, "\xe2\x80\xae"));
    assert_non_null(strstr(svg, "&lt;script&gt;"));
    free(svg);
    session_free(s);
}

static void test_long_session_is_folded(void **state)
{
    struct session *s = report_case(CASE_COMPLETED, 7, CASE_START, "mail.partner.example ESMTP");
    char *svg;
    (void)state;

    for (uint64_t i = 0; i < 1000; i++) {
        struct mark m = {1000 + i, s->last.time_ns + (int64_t)i * CASE_MS};
        struct event *e = session_add(s, EVENT_COMMAND, SIDE_CLIENT, m);
        e->facts->command.verb = VERB_NOOP;
        e->facts->command.text = (struct text){"NOOP", 4, false};
    }
    svg = printed(s, as_drawing);
    assert_true(count_of(svg, "NOOP") <= LADDER_RUNGS_MAX);
    assert_non_null(strstr(svg, "steps not drawn"));
    assert_true(strlen(svg) < 60000);
    free(svg);
    session_free(s);
}

static void test_parts(void **state)
{
    struct session *s = report_case(CASE_NO_REPLY, 7, CASE_START, "mail.partner.example ESMTP");
    struct parts parts = session_parts(s);
    char *bar = printed(s, as_bar);
    int64_t sum = 0;
    (void)state;

    for (int i = 0; i < PARTS; i++) {
        sum += parts.ns[i];
    }
    assert_int_equal(sum, s->last.time_ns - s->first.time_ns);
    assert_int_equal(parts.longest, PART_EOD);
    assert_int_equal(parts.ns[PART_EOD] / CASE_MS, 600000);
    assert_int_equal(parts.ns[PART_CONNECT], 20900000);
    assert_non_null(strstr(bar, "waiting for the reply to &quot;.&quot;  600.0 s"));
    assert_non_null(strstr(bar, "zigzag"));
    assert_non_null(strstr(bar, "usual: 38 ms"));
    free(bar);
    session_free(s);
    s = report_case(CASE_RESET, 7, CASE_START, "mail.partner.example ESMTP");
    parts = session_parts(s);
    assert_int_equal(parts.longest, PART_BODY);
    assert_int_equal(parts.ns[PART_EOD], 0);
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rungs_of_a_silence),
        cmocka_unit_test(test_rungs_in_order),
        cmocka_unit_test(test_encrypted_has_a_lock),
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_drawing_of_hostile_text),
        cmocka_unit_test(test_long_session_is_folded),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
