/* Connections that come up late: how many of five minutes make a fault of one peer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/fleet_watch.h"
#include "tests/support/fleet_bench.h"

#define SCRIPT_LATE                                                                                \
    "0 c syn\n1 c syn\n1.02 s synack\n1.03 c up\n1.04 s 220 mx.example ESMTP\n1.05 c EHLO "        \
    "a.example\n"                                                                                  \
    "1.06 s 250 mx.example ; keywords=PIPELINING,SIZE,STARTTLS\n1.07 c MAIL FROM:<a@a.example>\n"  \
    "1.08 s 250 ok\n1.09 c RCPT TO:<b@b.example>\n1.10 s 250 ok\n1.11 c DATA\n1.12 s 354 go\n"     \
    "1.2 c content 1000\n1.25 s 250 queued\n1.3 c QUIT\n1.31 s 221 bye\n1.31 s fin\n1.32 c fin\n"

/* Every nth of so many connections is late. */
static void with(struct bench *b, unsigned count, unsigned nth, double apart)
{
    for (unsigned i = 0; i < count; i++) {
        if (i % nth == 0) {
            bench_add(b, i * apart, bench_client(i % 9), bench_server(1), SCRIPT_LATE);
        } else {
            bench_good(b, i * apart, bench_client(i % 9), bench_server(1));
        }
    }
}

static void test_share(void **state)
{
    static const struct {
        const char *label;
        unsigned count, nth;
        double apart;
        enum severity severity;
    } cases[] = {
        {"four of twenty in five minutes", 20, 5, 10, SEVERITY_WARNING},
        {"three of eighteen", 18, 6, 10, SEVERITY_NOTICE},
        {"two of four: too few to tell", 4, 2, 10, SEVERITY_NOTICE},
        {"three of five, and minutes apart", 5, 2, 200, SEVERITY_NOTICE},
        {"all of five", 5, 1, 10, SEVERITY_WARNING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        const struct group *g;

        bench_begin(&b);
        with(&b, cases[i].count, cases[i].nth, cases[i].apart);
        bench_finish(&b, 3600);
        g = bench_told(&b, "connect-slow");
        assert_non_null(g);
        if (g->severity != cases[i].severity) {
            fail_msg("%s", cases[i].label);
        }
        assert_int_equal(fleet_verdict(b.fleet)->exists, g->severity == SEVERITY_WARNING);
        assert_int_equal(fleet_totals(b.fleet)->worst, g->severity);
        fleet_free(b.fleet);
    }
}

/* Of another peer, and of the same one before and after. */
static void test_near(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    for (unsigned i = 0; i < 40; i++) {
        bench_good(&b, i * 5, bench_client(1), bench_server(i % 2));
    }
    bench_add(&b, 50, bench_client(1), bench_server(1), SCRIPT_LATE);
    bench_add(&b, 51, bench_client(1), bench_server(2), SCRIPT_LATE);
    bench_add(&b, 52, bench_client(1), bench_server(3), SCRIPT_LATE);
    bench_finish(&b, 3600);
    assert_int_equal(bench_told(&b, "connect-slow")->severity, SEVERITY_NOTICE);
    fleet_free(b.fleet);
}

/* Sessions come in the order of their end: those that come up late and end soon are weighed with
 * those that last. */
static void test_order(void **state)
{
    static const int64_t second = 1000000000, noon = INT64_C(1700000000000000000);

    (void)state;
    for (int lasting = 0; lasting < 2; lasting++) {
        struct coming_up c = {0};

        for (int i = 0; i < 6; i++) {
            coming_up_add(&c, noon + i * 10 * second, i < 3);
        }
        coming_up_add(&c, noon + 400 * second, false);
        for (int i = 0; i < 20 && lasting; i++) {
            coming_up_add(&c, noon + i * 10 * second, false);
        }
        coming_up_add(&c, noon + 7200 * second, false); /* the window is over */
        coming_up_add(&c, noon, false);                 /* and this comes too late */
        coming_up_end(&c);
        assert_int_equal(c.worst_slow, lasting ? 0 : 3);
        assert_int_equal(c.worst_all, lasting ? 0 : 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
