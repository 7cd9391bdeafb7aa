/* test_html.c - the HTML page: complete, self-contained, bounded, the same for the same input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "report/html.h"
#include "tests/support/report_run.h"

static char path[] = "/tmp/test_html.XXXXXX";

static char *page(const struct report_run *run, const struct settings *settings, size_t *len)
{
    struct fail fail = {0};
    struct writer *w = html_writer_new(path, settings, &fail);
    char *text;
    FILE *f;

    assert_non_null(w);
    assert_true(report_run(run, settings, w, &fail));
    w->class->free(w);
    f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    text = calloc(1, *len + 1);
    assert_int_equal(fread(text, 1, *len, f), *len);
    fclose(f);
    assert_int_equal(strlen(text), *len); /* no NUL */
    return text;
}

static const struct report_run faulty = {300, true, 0, "mail.partner.example ESMTP"};
static const struct report_run healthy = {300, false, 0, "mail.partner.example ESMTP"};

static void test_sections_in_order(void **state)
{
    static const char *const parts[] = {
        "<!doctype html>",
        "Content-Security-Policy",
        "no-referrer",
        "noindex",
        "<title>",
        "<section id=\"verdict\"",
        "<h1",
        "<ol class=\"chain\"",
        "<dl class=\"facts\"",
        "<section id=\"when\"",
        "<svg class=\"chart\"",
        "<section id=\"moments\"",
        "<section id=\"findings\"",
        "id=\"F1\"",
        "<section id=\"one\"",
        "<svg class=\"bar\"",
        "<svg class=\"ladder\"",
        "<section id=\"sessions\"",
        "<svg class=\"mini\"",
        "<article id=",
        "<section id=\"trust\"",
        "</main>",
        "<script>",
        "</html>",
    };
    struct settings settings = report_case_settings();
    size_t len;
    char *text = page(&faulty, &settings, &len);
    const char *at = text;
    (void)state;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = strstr(at, parts[i]);
        if (!at) {
            print_error("missing or out of order: %s\n", parts[i]);
        }
        assert_non_null(at);
    }
    assert_null(strstr(text, "style=\""));
    assert_null(strstr(text, "href=\"http"));
    assert_null(strstr(text, " src="));
    free(text);
}

static void test_same_bytes(void **state)
{
    struct settings settings = report_case_settings();
    size_t a_len, b_len;
    char *a = page(&faulty, &settings, &a_len), *b = page(&faulty, &settings, &b_len);
    (void)state;

    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    free(a);
    free(b);
}

static void test_nothing_wrong(void **state)
{
    struct settings settings = report_case_settings();
    size_t len;
    char *text = page(&healthy, &settings, &len);
    (void)state;

    assert_non_null(strstr(text, "<title>No fault found in 300 SMTP sessions</title>"));
    assert_non_null(strstr(text, "<section id=\"verdict\" class=\"fine\""));
    assert_null(strstr(text, "<li class=\"failed\""));
    assert_non_null(strstr(text, "Slowest sessions"));
    assert_null(strstr(text, "<section id=\"one\""));
    assert_null(strstr(text, "<section id=\"moments\""));
    free(text);
}

static void test_nothing_at_all(void **state)
{
    struct report_run none = {1, false, 0, "mail.partner.example ESMTP"};
    struct settings settings = report_case_settings();
    size_t len;
    char *text = page(&none, &settings, &len);
    (void)state;

    assert_non_null(strstr(text, "All of them, slowest reply first."));
    assert_null(strstr(text, "<svg class=\"chart\""));
    free(text);
}

static void test_hostile_greeting(void **state)
{
    struct report_run run = {40, true, 0,
                             "<script>alert(1)</script>.x\" onload=\"x \xe2\x80\xae\x01"};
    struct settings settings = report_case_settings();
    size_t len, scripts = 0;
    char *text = page(&run, &settings, &len);
    (void)state;

    for (const char *at = strstr(text, "<script"); at; at = strstr(at + 1, "<script")) {
        scripts++;
    }
    assert_int_equal(scripts, 1);
    assert_null(strstr(text, "\" onload"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strchr(text, 1));
    free(text);
}

static void test_caps(void **state)
{
    struct report_run run = {30000, true, 0, "mail.partner.example ESMTP"};
    struct settings settings = report_case_settings();
    size_t len, rows = 0, ladders = 0;
    char *text = page(&run, &settings, &len);
    (void)state;

    for (const char *at = strstr(text, "<tr role=\"row\" data-k"); at;
         at = strstr(at + 1, "<tr role=\"row\" data-k")) {
        rows++;
    }
    for (const char *at = strstr(text, "<svg class=\"ladder\""); at;
         at = strstr(at + 1, "<svg class=\"ladder\"")) {
        ladders++;
    }
    assert_int_equal(rows, HTML_ROWS_MAX);
    assert_true(ladders > 3 && ladders <= HTML_LADDERS_MAX);
    assert_true(len < 4000000);
    assert_non_null(strstr(text, "2,000 of "));
    assert_non_null(strstr(text, "all of them are in the XML"));
    free(text);
}

/* Findings beyond those listed are named, but no link leads nowhere. */
static void test_many_findings(void **state)
{
    struct report_run run = {3000, true, 1500, "mail.partner.example ESMTP"};
    struct settings settings = report_case_settings();
    size_t len;
    char *text = page(&run, &settings, &len);
    char last[32], next[32];
    (void)state;

    snprintf(last, sizeof last, "href=\"#F%d\"", HTML_GROUPS_MAX);
    snprintf(next, sizeof next, "href=\"#F%d\"", HTML_GROUPS_MAX + 1);
    assert_non_null(strstr(text, last));
    assert_null(strstr(text, next));
    assert_non_null(strstr(text, "100 of "));
    assert_true(len < 4000000);
    free(text);
}

static void test_unwritable(void **state)
{
    struct settings settings = report_case_settings();
    struct fail fail = {0};
    (void)state;

    assert_null(html_writer_new("/nonexistent/report.html", &settings, &fail));
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
    assert_non_null(strstr(fail.text, "/nonexistent/report.html"));
}

static int make_path(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 || close(fd) != 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_in_order), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_nothing_wrong),     cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_hostile_greeting),  cmocka_unit_test(test_caps),
        cmocka_unit_test(test_many_findings),     cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
