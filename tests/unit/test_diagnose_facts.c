/* test_diagnose_facts.c - findings that rest on counts of a connection's packets, not on events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/diagnose_case.h"

static const struct finding *judge_built(struct session *s, const char *id)
{
    static struct settings settings;

    settings = session_builder_settings();
    return find(diagnose_session(&settings, s), id);
}

static void test_one_direction(void **state)
{
    struct session *s =
        session_build("0 c syn\n1 c EHLO a ; unacked\n2 c MAIL FROM:<a@a> ; unacked\n3 c RCPT "
                      "TO:<b@b> ; unacked\n"
                      "4 c DATA ; unacked\n5 c content 20000 unacked\n400 c fin\nend 400\n");
    const struct diagnosis *d;

    (void)state;
    s->tcp.side[SIDE_CLIENT].packets = 22;
    s->tcp.side[SIDE_SERVER].acked = 400; /* what the client acknowledged */
    assert_non_null(judge_built(s, "capture-one-direction"));
    d = diagnosis_of(s);
    assert_int_equal(d->capture, CAPTURE_ONE_SIDED);
    assert_false(d->flagged);
    assert_null(d->primary);
    s->tcp.side[SIDE_CLIENT].packets = 9;
    assert_null(judge_built(s, "capture-one-direction"));
    session_free(s);
}

static void test_twins_and_offload(void **state)
{
    struct session *s = session_build(session_builder_hello);

    (void)state;
    assert_null(judge_built(s, "capture-duplicates"));
    assert_null(judge_built(s, "capture-offload"));
    s->tcp.side[SIDE_SERVER].twins = 3;
    s->tcp.side[SIDE_CLIENT].largest = 1460;
    assert_non_null(judge_built(s, "capture-duplicates"));
    assert_null(judge_built(s, "capture-offload"));
    s->tcp.side[SIDE_CLIENT].largest = 1461;
    s->tcp.side[SIDE_CLIENT].packets = 1000;
    assert_non_null(judge_built(s, "capture-offload"));
    assert_null(judge_built(s, "capture-duplicates"));
    session_free(s);
}

static void test_window_scale(void **state)
{
    struct session *s = session_build(session_builder_hello);
    struct tcp_stress stress = {.flight_most = 16000,
                                .window_most = 128000,
                                .window_raw_most = 16000,
                                .acks = 700,
                                .acks_full = 0};
    struct tcp_side *client = &s->tcp.side[SIDE_CLIENT];

    (void)state;
    s->tcp.syn_to_synack_ns = 20000000; /* near the client */
    s->tcp.synack_to_ack_ns = 20000;
    client->scale = s->tcp.side[SIDE_SERVER].scale = 3;
    client->bytes = 2000000;
    client->largest = 1460;
    client->stress = &stress;
    assert_non_null(judge_built(s, "window-scale-broken"));
    assert_int_equal(find(diagnosis_of(s), "window-scale-broken")->confidence, CONFIDENCE_LOW);
    stress.flight_most = 16001; /* beyond the field once */
    assert_null(judge_built(s, "window-scale-broken"));
    stress.flight_most = 14539; /* not even that was filled */
    assert_null(judge_built(s, "window-scale-broken"));
    stress.flight_most = 16000;
    client->scale = 0xff; /* not offered */
    assert_null(judge_built(s, "window-scale-broken"));
    client->scale = 3;
    client->bytes = 1000000;
    assert_null(judge_built(s, "window-scale-broken"));
    client->bytes = 2000000;
    s->tcp.synack_to_ack_ns = 20000000; /* in the middle */
    assert_null(judge_built(s, "window-scale-broken"));
    client->stress = NULL;
    session_free(s);
}

/* What AUTH names is not kept where it is no known mechanism: nothing is said of how it works. */
static void test_unknown_mechanism(void **state)
{
    struct session *s =
        session_build("0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO "
                      "a\n0.06 s 250 mx\n0.1 c AUTH X\n0.2 s 334 go\n0.3 c auth\n0.4 s 235 ok\n");

    (void)state;
    s->smtp.auth_in_clear = true;
    s->smtp.auth_mechanism = (struct text){"CRAM-MD5", 8, false};
    assert_non_null(judge_built(s, "auth-without-tls"));
    s->smtp.auth_mechanism.len = 0;
    assert_null(judge_built(s, "auth-without-tls"));
    assert_null(judge_built(s, "plaintext-auth"));
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_direction),
        cmocka_unit_test(test_twins_and_offload),
        cmocka_unit_test(test_window_scale),
        cmocka_unit_test(test_unknown_mechanism),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
