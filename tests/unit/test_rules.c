/* The table of rules: well formed, found by id, explained. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/rules.h"

static void test_rows(void **state)
{
    (void)state;
    assert_true(rules_count() > 50);
    assert_null(rules_at(rules_count()));
    for (size_t i = 0; i < rules_count(); i++) {
        const struct rule *r = rules_at(i);

        assert_true(strspn(r->id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(r->id));
        assert_true(strlen(r->id) + strlen("-data-init") < FINDING_ID_MAX);
        assert_true(strlen(r->title) > 0 && strlen(r->title) <= 30);
        assert_true(strlen(r->trigger) > 0);
        assert_true(strlen(r->causes) > 0 && strlen(r->next_step) > 0 && strlen(r->source) > 0);
        assert_non_null(strchr(r->headline, '@'));
        assert_true(strlen(r->section) == 1);
        assert_ptr_equal(rules_find(r->id), r); /* and no id twice */
        assert_int_equal(rules_is_quality(r), r->section[0] == 'A');
        if (rules_is_quality(r)) {
            assert_int_equal(r->cause, CAUSE_NONE);
        }
        assert_true(r->judge != NULL || r->section[0] == 'J' || r->section[0] == 'A');
    }
}

static void test_find(void **state)
{
    static const struct {
        const char *id, *rule; /* NULL: unknown */
    } rows[] = {
        {"connect-refused", "connect-refused"},
        {"tcp-reset-by-server-data", "tcp-reset-by-server"},
        {"tcp-reset-by-server-data-init", "tcp-reset-by-server"},
        {"tcp-reset-by-server-<phase>", "tcp-reset-by-server"},
        {"tcp-reset-by-server-", NULL},
        {"tcp-reset-by-server-lunch", NULL},
        {"tcp-reset-by-serverdata", NULL},
        {"connect-refused-data", NULL},
        {"slow-reply-eod", "slow-reply"},
        {"", NULL},
        {"connect", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct rule *r = rules_find(rows[i].id);

        if (rows[i].rule) {
            assert_non_null(r);
            assert_string_equal(r->id, rows[i].rule);
        } else {
            assert_null(r);
        }
    }
}

static char *printed(const char *id, bool *known)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    *known = rules_print(out, id);
    fclose(out);
    return text;
}

static void test_print(void **state)
{
    bool known;
    char *text = printed(NULL, &known);

    (void)state;
    assert_true(known);
    for (size_t i = 0; i < rules_count(); i++) {
        assert_non_null(strstr(text, rules_at(i)->id));
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 100);
    }
    free(text);

    text = printed("tcp-reset-by-server-data", &known);
    assert_true(known);
    assert_non_null(strstr(text, "tcp-reset-by-server-<phase>"));
    assert_non_null(strstr(text, "raised when"));
    assert_non_null(strstr(text, "not when"));
    assert_non_null(strstr(text, "what to do"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 100);
    }
    free(text);

    text = printed("no-such-rule", &known);
    assert_false(known);
    assert_string_equal(text, "");
    free(text);
}

static void test_markdown(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    rules_print_markdown(out);
    fclose(out);
    for (size_t i = 0; i < rules_count(); i++) {
        char heading[FINDING_ID_MAX + 8];
        snprintf(heading, sizeof heading, "### `%s", rules_at(i)->id);
        assert_non_null(strstr(text, heading));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_markdown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
