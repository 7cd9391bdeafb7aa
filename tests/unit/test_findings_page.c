/* docs/findings.md is what the table of rules makes of it. WRITE_FINDINGS=1 writes the page anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/rules.h"

static const char page[] = "docs/findings.md";

static char *made(size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    assert_non_null(out);
    rules_print_markdown(out);
    fclose(out);
    return text;
}

static void test_page(void **state)
{
    size_t size = 0, len;
    char *text = made(&size), *found = malloc(size + 2);
    FILE *f;

    (void)state;
    assert_non_null(found);
    if (getenv("WRITE_FINDINGS")) {
        f = fopen(page, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, size, f), size);
        assert_int_equal(fclose(f), 0);
    }
    f = fopen(page, "r");
    assert_non_null(f);
    len = fread(found, 1, size + 1, f);
    fclose(f);
    if (len != size || memcmp(found, text, size) != 0) {
        fail_msg("%s is older than the rules: run this test with WRITE_FINDINGS=1", page);
    }
    free(found);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
