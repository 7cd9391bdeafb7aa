/* How many sessions must lack packets before the silence of another one proves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/diagnose/loss.h"

enum kind { WHOLE, LACKS_END, LACKS_SYNACK, SNAPPED, ONE_SIDED, BEGAN_BEFORE, NEVER_CAME_UP };

static void learn(enum kind kind)
{
    struct session *s = session_new(1);
    struct tcp_side *side = s->tcp.side;

    s->tcp.handshake = HANDSHAKE_COMPLETE;
    for (int i = 0; i < SIDES; i++) {
        side[i].packets = side[i].bytes = side[i].sent = side[i].acked = 10;
        side[i].syn.packet = 1;
    }
    if (kind == LACKS_END) {
        side[SIDE_SERVER].acked = 11;
    } else if (kind == LACKS_SYNACK) {
        side[SIDE_SERVER].syn.packet = 0;
    } else if (kind == SNAPPED) {
        side[SIDE_SERVER].snapped = 3;
    } else if (kind == ONE_SIDED) {
        side[SIDE_SERVER] = (struct tcp_side){.acked = 10};
    } else if (kind == BEGAN_BEFORE) {
        s->tcp.handshake = HANDSHAKE_MISSING;
        s->tcp.midstream = true;
        side[SIDE_CLIENT].syn.packet = side[SIDE_SERVER].syn.packet = 0;
    } else if (kind == NEVER_CAME_UP) {
        side[SIDE_CLIENT].bytes = side[SIDE_SERVER].bytes = 0;
    }
    loss_learn(s);
    session_free(s);
}

static void learn_many(enum kind kind, unsigned count)
{
    while (count--) {
        learn(kind);
    }
}

static void test_share(void **state)
{
    static const struct {
        const char *label;
        unsigned lossy, whole;
        bool common;
    } cases[] = {
        {"one is an accident", 1, 0, false},
        {"two of two", 2, 0, true},
        {"two of eight", 2, 6, true},
        {"two of nine", 2, 7, false},
        {"a hundred of a thousand", 100, 900, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loss_reset();
        learn_many(LACKS_END, cases[i].lossy);
        learn_many(WHOLE, cases[i].whole);
        if (loss_is_common() != cases[i].common) {
            fail_msg("%s", cases[i].label);
        }
    }
}

static void test_kinds(void **state)
{
    static const struct {
        const char *label;
        enum kind kind;
        bool lacks;
    } cases[] = {
        {"acknowledged and not captured", LACKS_END, true},
        {"half a handshake", LACKS_SYNACK, true},
        {"whole", WHOLE, false},
        {"short snap length", SNAPPED, false},
        {"one direction", ONE_SIDED, false},
        {"began before the capture", BEGAN_BEFORE, false},
        {"never came up", NEVER_CAME_UP, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loss_reset();
        learn_many(cases[i].kind, 4);
        if (loss_is_common() != cases[i].lacks) {
            fail_msg("%s", cases[i].label);
        }
    }
}

/* Those that never came up are none of the others. */
static void test_words(void **state)
{
    (void)state;
    loss_reset();
    learn_many(LACKS_END, 2);
    learn_many(WHOLE, 3);
    learn_many(NEVER_CAME_UP, 20);
    assert_string_equal(loss_words(), "2 of 5 sessions of this capture lack packets");
}

static void test_forgets(void **state)
{
    (void)state;
    loss_reset();
    learn_many(LACKS_END, LOSS_SESSIONS);
    learn_many(WHOLE, LOSS_SESSIONS / 4 * 3);
    assert_true(loss_is_common());
    assert_string_equal(loss_words(), "256 of 1,024 sessions seen last lack packets");
    learn(WHOLE);
    assert_false(loss_is_common());
}

static void test_drops(void **state)
{
    (void)state;
    loss_reset();
    loss_learn_drops(100, 0);
    assert_false(loss_is_common());
    loss_learn_drops(9901, 99);
    assert_false(loss_is_common());
    loss_learn_drops(9900, 100);
    assert_true(loss_is_common());
    assert_string_equal(loss_words(), "100 packets dropped while the capture ran");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share),   cmocka_unit_test(test_kinds), cmocka_unit_test(test_words),
        cmocka_unit_test(test_forgets), cmocka_unit_test(test_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
