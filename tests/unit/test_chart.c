/* test_chart.c - charts: bins, bands, peers beyond the limit, the bar in a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/chart.h"
#include "tests/support/report_case.h"

#define MINUTE INT64_C(60000000000)

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        n++;
    }
    return n;
}

static void test_bands(void **state)
{
    static const struct {
        enum case_kind kind;
        enum band band;
    } cases[] = {
        {CASE_COMPLETED, BAND_COMPLETED}, {CASE_NO_REPLY, BAND_NO_REPLY},
        {CASE_WAITING, BAND_NO_REPLY},    {CASE_RESET, BAND_RESET},
        {CASE_REJECTED, BAND_SEQUENCE},   {CASE_ENCRYPTED, BAND_ENCRYPTED},
        {CASE_LOSSY, BAND_COMPLETED},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *s = report_case(cases[i].kind, 1, CASE_START, "mail.example ESMTP");
        assert_int_equal(chart_band(s), cases[i].band);
        session_free(s);
    }
}

/* Every band has its place in the stack, its class and its word. */
static void test_every_band_is_drawn(void **state)
{
    bool seen[BANDS] = {false};
    (void)state;

    for (int i = 0; i < BANDS; i++) {
        seen[chart_order[i]] = true;
    }
    for (int i = 0; i < BANDS; i++) {
        assert_true(seen[i]);
        assert_non_null(chart_band_class[i]);
        assert_non_null(chart_band_words[i]);
    }
}

static void test_per(void **state)
{
    static const struct {
        int64_t width_ns;
        const char *words;
    } cases[] = {
        {MINUTE / 60, "per second"}, {MINUTE / 6, "per 10 s"},      {MINUTE, "per minute"},
        {5 * MINUTE, "per 5 min"},   {60 * MINUTE, "per hour"},     {180 * MINUTE, "per 3 h"},
        {1440 * MINUTE, "per day"},  {2880 * MINUTE, "per 2 days"}, {MINUTE / 600, "per 100 ms"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bins bins = {.width_ns = cases[i].width_ns};
        char out[32];
        assert_string_equal(chart_per(&bins, out), cases[i].words);
    }
}

static void test_mini(void **state)
{
    (void)state;
    for (enum case_kind kind = 0; kind < CASE_KINDS; kind++) {
        struct session *s = report_case(kind, 1, CASE_START, "mail.example ESMTP");
        char *svg = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&svg, &len);
        chart_mini(f, s, chart_band(s));
        fclose(f);
        assert_int_equal(count_of(svg, "</svg>"), 1);
        assert_true(count_of(svg, "<rect") >= 2 && count_of(svg, "<rect") <= 4);
        assert_true(len < 600);
        assert_int_equal(count_of(svg, "f-stall"), kind == CASE_NO_REPLY || kind == CASE_WAITING);
        free(svg);
        session_free(s);
    }
}

/* A fleet of many peers, each failing once more than the one before. */
static void test_chart_of_many_peers(void **state)
{
    struct settings settings = report_case_settings();
    struct fleet *fleet = fleet_new(&settings);
    struct mark first = {1, CASE_START}, last = {5000, CASE_START + 60 * MINUTE};
    uint64_t id = 0;
    char *svg = NULL;
    size_t len = 0;
    FILE *f;
    (void)state;

    for (uint8_t peer = 1; peer <= 20; peer++) {
        for (uint8_t n = 0; n < peer; n++) {
            struct session *s = report_case(CASE_RESET, ++id, CASE_START + n * MINUTE,
                                            "</title><script>.evil \xe2\x80\xae");
            s->end[SIDE_SERVER].address.bytes[3] = peer;
            fleet_add(fleet, s);
            session_free(s);
        }
    }
    fleet_finish(fleet, first, last);
    f = open_memstream(&svg, &len);
    chart_svg(f, &settings, fleet);
    fclose(f);
    assert_int_equal(count_of(svg, "class=\"lane\""), CHART_PEERS + 1);
    assert_non_null(strstr(svg, "8 others"));
    assert_null(strstr(svg, "<script"));
    assert_null(strstr(svg, "\xe2\x80\xae"));
    assert_null(strstr(svg, "style="));
    assert_int_equal(count_of(svg, "<g>"), count_of(svg, "</g>"));
    assert_true(len < 200000);
    free(svg);
    fleet_free(fleet);
}

static void test_chart_of_nothing(void **state)
{
    struct settings settings = report_case_settings();
    struct fleet *fleet = fleet_new(&settings);
    char *svg = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&svg, &len);
    (void)state;

    fleet_finish(fleet, (struct mark){0, 0}, (struct mark){0, 0});
    chart_svg(f, &settings, fleet);
    fclose(f);
    assert_int_equal(count_of(svg, "<svg"), count_of(svg, "</svg>"));
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf\""));
    free(svg);
    fleet_free(fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_every_band_is_drawn),
        cmocka_unit_test(test_per),
        cmocka_unit_test(test_mini),
        cmocka_unit_test(test_chart_of_many_peers),
        cmocka_unit_test(test_chart_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
