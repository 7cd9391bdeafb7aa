/* test_text.c - the summary of a capture on the terminal: verdict first, every width, no escape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/text.h"
#include "report/width.h"
#include "tests/support/report_run.h"

static char *summary(const struct report_run *run, const struct settings *settings)
{
    FILE *f = tmpfile();
    struct fail fail = {0};
    struct writer *w = summary_writer_new(f, settings, &fail);
    char *text = calloc(1, 65536);

    assert_non_null(w);
    assert_non_null(text);
    assert_true(report_run(run, settings, w, &fail));
    w->class->free(w);
    rewind(f);
    assert_true(fread(text, 1, 65535, f) < 65535);
    fclose(f);
    return text;
}

static const struct report_run faulty = {300, true, 0, "mail.partner.example ESMTP"};
static const struct report_run healthy = {300, false, 0, "mail.partner.example ESMTP"};

static void test_fault(void **state)
{
    struct settings settings = report_case_settings();
    char *text = summary(&faulty, &settings);
    (void)state;

    assert_int_equal(strncmp(text,
                             "gw.pcap  10 Mar 2026, 13:45:00 to 14:45:00 UTC  96,417 packets  "
                             "300 SMTP sessions\n\n",
                             strlen("gw.pcap  10 Mar 2026, 13:45:00")),
                     0);
    assert_non_null(strstr(text, "198.51.100.25"));
    assert_non_null(strstr(text, "\n  ID  SEVERITY FINDING"));
    assert_non_null(strstr(text, "POINTS TO\n"));
    assert_non_null(strstr(text, "\n  F1  "));
    assert_non_null(strstr(text, "\n  Capture: "));
    assert_non_null(strstr(text, "\nLook closer:   wiretale show gw.pcap s0"));
    assert_non_null(strstr(text, "\nFor a report:  wiretale read gw.pcap --html report.html\n"));
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    free(text);
}

static void test_nothing_wrong(void **state)
{
    struct settings settings = report_case_settings();
    char *text = summary(&healthy, &settings);
    (void)state;

    assert_non_null(strstr(text, "\nNo fault found in 300 sessions ("));
    assert_non_null(strstr(text, " encrypted"));
    assert_null(strstr(text, "CRITICAL"));
    assert_null(strstr(text, "Look closer"));
    free(text);
}

static void test_no_session(void **state)
{
    struct settings settings = report_case_settings();
    struct report_run none = {0, false, 0, ""};
    char *text = summary(&none, &settings);
    (void)state;

    assert_non_null(strstr(text, "\nNo mail session in this capture.\n"));
    assert_null(strstr(text, "No fault"));
    free(text);
}

/* Never wider than the screen, and the four columns that matter are always there. */
static void test_widths(void **state)
{
    static const char *const widths[] = {"60", "72", "80", "100", "200"};
    struct settings settings = report_case_settings();
    (void)state;

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        setenv("COLUMNS", widths[i], 1);
        char *text = summary(&faulty, &settings);
        size_t columns = (size_t)atoi(widths[i]);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            struct bytes b = {(const uint8_t *)line, strlen(line)};
            if (strncmp(line, "For a report", 12) != 0 && strncmp(line, "Look closer", 11) != 0) {
                assert_true(width_of(b) <= columns);
            }
            if (strstr(line, "SEVERITY")) {
                assert_non_null(strstr(line, "FINDING"));
                assert_non_null(strstr(line, "PEER"));
                assert_non_null(
                    strstr(line, "SESS")); /* "SESSIONS", or "SESS." before a title is cut */
                assert_int_equal(strstr(line, "FIRST") != NULL, columns >= 100);
                assert_int_equal(strstr(line, "POINTS TO") != NULL, columns >= 80);
            }
        }
        free(text);
    }
    unsetenv("COLUMNS");
}

static void test_quiet(void **state)
{
    struct settings settings = report_case_settings();
    char *text;
    (void)state;

    settings.quiet = true;
    text = summary(&faulty, &settings);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, " F1 198.51.100.25 "));
    free(text);
    text = summary(&healthy, &settings);
    assert_int_equal(strncmp(text, "no fault found in 300 sessions", 30), 0);
    free(text);
}

static void test_color_only_when_asked(void **state)
{
    struct settings settings = report_case_settings();
    char *text;
    (void)state;

    settings.color = COLOR_ALWAYS;
    text = summary(&faulty, &settings);
    assert_non_null(strstr(text, "\033[1;31m"));
    free(text);
}

static void test_hostile_greeting(void **state)
{
    struct report_run run = {20, true, 0, "\033]0;x\a.evil.example \xe2\x80\xae\r\n"};
    struct settings settings = report_case_settings();
    char *text = summary(&run, &settings);
    (void)state;

    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\a'));
    assert_null(strchr(text, '\r'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_nothing_wrong),
        cmocka_unit_test(test_no_session),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_color_only_when_asked),
        cmocka_unit_test(test_hostile_greeting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
