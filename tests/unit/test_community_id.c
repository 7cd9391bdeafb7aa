/* test_community_id.c - the ids that other tools compute for the same connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "report/community_id.h"

static struct endpoint endpoint(const char *address, uint16_t port)
{
    struct endpoint e = {.port = port};
    assert_true(address_parse(&e.address, address));
    return e;
}

/* Published vectors of the specification's baseline (TCP, seed 0). */
static void test_published(void **state)
{
    struct endpoint client = endpoint("128.232.110.120", 34855);
    struct endpoint server = endpoint("66.35.250.204", 80);
    char id[COMMUNITY_ID_MAX];
    (void)state;
    assert_true(community_id(&client, &server, id));
    assert_string_equal(id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_true(community_id(&server, &client, id));
    assert_string_equal(id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    client = endpoint("192.0.2.10", 40412);
    server = endpoint("198.51.100.25", 25);
    assert_true(community_id(&client, &server, id));
    assert_string_equal(id, "1:MOFAWuENaZ3EYCi7QPyFFoHUW+g=");
}

static void test_direction_does_not_matter(void **state)
{
    struct endpoint a = endpoint("2001:db8::1", 40000), b = endpoint("2001:db8::2", 25);
    char one[COMMUNITY_ID_MAX], other[COMMUNITY_ID_MAX];
    (void)state;
    assert_true(community_id(&a, &b, one));
    assert_true(community_id(&b, &a, other));
    assert_string_equal(one, other);
    /* the same host on both sides: the port decides */
    a = endpoint("127.0.0.1", 25);
    b = endpoint("127.0.0.1", 40000);
    assert_true(community_id(&a, &b, one));
    assert_true(community_id(&b, &a, other));
    assert_string_equal(one, other);
    b.port = 40001;
    assert_true(community_id(&a, &b, other));
    assert_string_not_equal(one, other);
}

static void test_refused(void **state)
{
    struct endpoint four = endpoint("192.0.2.1", 25), six = endpoint("2001:db8::1", 25);
    struct endpoint none = {.port = 25};
    char id[COMMUNITY_ID_MAX] = "x";
    (void)state;
    assert_false(community_id(&four, &six, id));
    assert_string_equal(id, "");
    assert_false(community_id(&none, &four, id));
    assert_false(community_id(&none, &none, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_direction_does_not_matter),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
