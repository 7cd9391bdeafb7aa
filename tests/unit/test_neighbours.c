/* test_neighbours.c - what is remembered of hosts, ports and pairs of hosts, and when it is
 * forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tcp/neighbours.h"

static const int64_t second = 1000000000, noon = INT64_C(1700000000000000000);

/* Of client 192.0.2.<client> with server 198.51.<high>.<low>. */
static struct session session_of(uint8_t client, unsigned server, uint16_t port, int64_t trip_ns)
{
    struct session s = {.tcp = {.syn_to_synack_ns = trip_ns}};

    s.end[SIDE_CLIENT].address = (struct address){.bytes = {192, 0, 2, client}, .family = 4};
    s.end[SIDE_SERVER].address =
        (struct address){.bytes = {198, 51, (uint8_t)(server >> 8), (uint8_t)server}, .family = 4};
    s.end[SIDE_SERVER].port = port;
    s.tcp.side[SIDE_CLIENT].syn_count = 1;
    return s;
}

static void works(struct neighbours *n, const struct session *s, int64_t at_ns, uint8_t ttl)
{
    neighbours_works(n, s, (struct mark){1, at_ns}, ttl);
}

static void test_host(void **state)
{
    struct neighbours *n = neighbours_new();
    struct session s = session_of(1, 25, 25, 20000000), again = session_of(2, 25, 587, 15000000);
    struct session resent = session_of(3, 25, 25, 1000), other = session_of(1, 26, 25, 1000);
    struct neighbour_host host;

    (void)state;
    assert_non_null(n);
    assert_int_equal(neighbours_host(n, &s.end[SIDE_SERVER].address).ttl_low, 0);
    works(n, &s, noon, 57);
    host = neighbours_host(n, &s.end[SIDE_SERVER].address);
    assert_int_equal(host.ttl_low, 57);
    assert_int_equal(host.ttl_high, 57);
    assert_int_equal(host.trip_ns, 20000000);
    works(n, &again, noon, 60); /* another port of the same host */
    resent.tcp.side[SIDE_CLIENT].syn_count = 2;
    works(n, &resent, noon, 58); /* which SYN was answered is not known */
    works(n, &other, noon, 30);
    host = neighbours_host(n, &s.end[SIDE_SERVER].address);
    assert_int_equal(host.ttl_low, 57);
    assert_int_equal(host.ttl_high, 60);
    assert_int_equal(host.trip_ns, 15000000);
    neighbours_free(n);
}

static void test_port(void **state)
{
    struct neighbours *n = neighbours_new();
    struct session s = session_of(1, 25, 25, 0), other = session_of(1, 25, 587, 0);

    (void)state;
    assert_true(neighbours_served(n, &s.end[SIDE_SERVER]) == INT64_MIN);
    works(n, &s, noon, 57);
    works(n, &s, noon - second, 57); /* earlier, told later */
    assert_true(neighbours_served(n, &s.end[SIDE_SERVER]) == noon);
    assert_true(neighbours_served(n, &other.end[SIDE_SERVER]) == INT64_MIN);
    neighbours_free(n);
}

static void test_pair(void **state)
{
    static const struct {
        const char *label;
        int64_t from, until;
        bool worked;
    } cases[] = {
        {"behind the beginning, before the end", -300, 300, true},
        {"it ends before", -600, -200, false},
        {"it begins at the same moment", 0, 300, false},
        {"it begins behind", 100, 300, false},
    };
    struct session s = session_of(1, 25, 25, 0), other = session_of(2, 25, 25, 0);

    (void)state;
    for (size_t late = 0; late < 2; late++) {
        struct neighbours *n = neighbours_new();
        works(n, &s, noon, 57);
        if (late) { /* what came since does not hide it */
            for (int64_t minute = 10; minute <= 70; minute++) {
                works(n, &s, noon + minute * 60 * second, 57);
            }
        }
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            bool worked = neighbours_worked(n, &s, noon + cases[i].from * second,
                                            noon + cases[i].until * second);
            if (worked != cases[i].worked) {
                fail_msg("%s", cases[i].label);
            }
        }
        assert_false(neighbours_worked(n, &other, noon - 300 * second, noon + 300 * second));
        works(n, &s, noon + 7200 * second, 57); /* two hours on, noon is forgotten */
        assert_false(neighbours_worked(n, &s, noon - 300 * second, noon + 300 * second));
        works(n, &s, noon + 3600 * second, 57); /* told out of order */
        assert_true(neighbours_worked(n, &s, noon + 3300 * second, noon + 3900 * second));
        neighbours_free(n);
    }
}

/* The table is full: newcomers are remembered, those not seen for long are not. */
static void test_full(void **state)
{
    struct neighbours *n = neighbours_new();
    unsigned first = 0, last = 0;

    (void)state;
    for (unsigned i = 0; i < 4 * LIMIT_NEIGHBOURS; i++) {
        struct session s = session_of(1, i, 25, 0);
        works(n, &s, noon + i * second, 57);
    }
    for (unsigned i = 0; i < 100; i++) {
        struct session old = session_of(1, i, 25, 0);
        struct session new = session_of(1, 4 * LIMIT_NEIGHBOURS - 1 - i, 25, 0);
        first += neighbours_host(n, &old.end[SIDE_SERVER].address).ttl_low != 0;
        last += neighbours_host(n, &new.end[SIDE_SERVER].address).ttl_low != 0;
    }
    assert_int_equal(first, 0);
    assert_true(last >= 99);
    neighbours_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
