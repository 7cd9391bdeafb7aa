/* test_period.c - --since and --until: the forms of a time, and what they mean for a capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/period.h"

#define S INT64_C(1000000000)
/* 2026-03-10T00:00:00Z */
#define DAY (INT64_C(1773100800) * S)

static void forms(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"2026-03-10T14:02:00Z", DAY + (14 * 3600 + 120) * S},
        {"2026-03-10T14:02:00.25Z", DAY + (14 * 3600 + 120) * S + S / 4},
        {"2026-03-10T14:02:00.123456789Z", DAY + (14 * 3600 + 120) * S + 123456789},
        {"2026-03-10T14:02:00.1234567899Z", DAY + (14 * 3600 + 120) * S + 123456789},
        {"2026-03-10 14:02", DAY + (14 * 3600 + 120) * S},
        {"2026-03-10", DAY},
        {"2026-03-10T14:02:00+01:00", DAY + (13 * 3600 + 120) * S},
        {"2026-03-10T14:02:00-0530", DAY + (19 * 3600 + 1920) * S},
        {"2028-02-29", INT64_C(1835395200) * S},
        {"@1773151320", INT64_C(1773151320) * S},
        {"@1773151320.5", INT64_C(1773151320) * S + S / 2},
        {"00:00", 0},
        {"14:02", (14 * 3600 + 120) * S},
        {"14:02:03.5", (14 * 3600 + 123) * S + S / 2},
        {"-90s", -90 * S},
        {"-15m", -900 * S},
        {"-2h", -7200 * S},
        {"-1d", -86400 * S},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t ns = -1;
        print_message("%s\n", good[i].text);
        assert_true(period_parse(good[i].text, false, &ns));
        assert_true(ns == good[i].ns);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "noon",
        "14",
        "14:",
        "14:2",
        "24:00",
        "14:60",
        "14:02:61",
        "14:02x",
        "14:02:",
        "2026-3-10",
        "2026-13-01",
        "2026-00-01",
        "2026-01-32",
        "1969-12-31",
        "2026-03-10T",
        "2026-03-10T14",
        "2026-03-10T14:02:00+1",
        "2026-03-10T14:02:00+25:00",
        "-",
        "-m",
        "-15",
        "-15x",
        "-0m",
        "-15m3",
        "-99999999999999999999d",
        "@",
        "@x",
        "@5",
        "@99999999999",
        "2026-03-10T14:02:00Zulu",
        "--15m",
        " 14:02",
        "14:02 ",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ns = 77;
        print_message("'%s'\n", bad[i]);
        assert_false(period_parse(bad[i], false, &ns));
        assert_true(ns == 77);
    }
}

static struct settings settings_of(const char *since, const char *until)
{
    struct settings s = {.since_ns = INT64_MIN, .until_ns = INT64_MAX};
    assert_true(!since || period_parse(since, false, &s.since_ns));
    assert_true(!until || period_parse(until, false, &s.until_ns));
    return s;
}

static void resolves(void **state)
{
    static const struct {
        const char *since, *until;
        int64_t first, last, since_ns, until_ns;
    } cases[] = {
        {NULL, NULL, DAY, DAY + 9, INT64_MIN, INT64_MAX},
        {"14:00", "15:00", DAY + 1, 0, DAY + 14 * 3600 * S, DAY + 15 * 3600 * S},
        {"23:50", "00:10", DAY + 85000 * S, 0, DAY + 85800 * S, DAY + 87000 * S},
        {NULL, "00:10", DAY + 85000 * S, 0, INT64_MIN, DAY + 87000 * S},
        {"-15m", NULL, DAY, DAY + 3600 * S, DAY + 2700 * S, INT64_MAX},
        {"-15m", "-5m", DAY, DAY + 3600 * S, DAY + 2700 * S, DAY + 3300 * S},
        {"2026-03-10", "01:00", DAY - 5 * S, 0, DAY, DAY - 86400 * S + 90000 * S},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct settings s = settings_of(cases[i].since, cases[i].until);
        struct period p = period_resolve(&s, cases[i].first, cases[i].last);
        print_message("case %zu\n", i);
        assert_true(p.since_ns == cases[i].since_ns);
        assert_true(p.until_ns == cases[i].until_ns);
    }
}

static void holds(void **state)
{
    struct period p = {10, 20}, all = {INT64_MIN, INT64_MAX};
    (void)state;
    assert_false(period_holds(&p, 9));
    assert_true(period_holds(&p, 10));
    assert_true(period_holds(&p, 20));
    assert_false(period_holds(&p, 21));
    assert_true(period_holds(&all, 0));
}

static void needs_end(void **state)
{
    (void)state;
    struct settings none = settings_of(NULL, NULL), day = settings_of("14:00", "15:00"),
                    back = settings_of("-15m", NULL), until = settings_of(NULL, "-15m");
    assert_false(period_needs_end(&none));
    assert_false(period_needs_end(&day));
    assert_true(period_needs_end(&back));
    assert_true(period_needs_end(&until));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms), cmocka_unit_test(refuses),   cmocka_unit_test(resolves),
        cmocka_unit_test(holds), cmocka_unit_test(needs_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
