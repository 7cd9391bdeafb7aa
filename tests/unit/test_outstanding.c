/* test_outstanding.c - which command a reply answers. RFC 5321 section 4.3.1, RFC 2920. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

struct bench {
    struct session *s;
    struct smtp_dialogue *d;
};

static void begin(struct bench *b)
{
    b->s = session_new(1);
    assert_non_null(b->s);
    b->d = smtp_dialogue_new(b->s);
    assert_non_null(b->d);
}

static void end(struct bench *b)
{
    smtp_dialogue_free(b->d);
    session_free(b->s);
}

/* A command that ends at this position of the client's stream; what it had received then. */
static void push(struct bench *b, enum verb verb, uint64_t to, uint64_t peer_ack)
{
    struct pending p = {
        .verb = (uint8_t)verb, .to = REPLY_TO_COMMAND, .end = to, .peer_ack = peer_ack};

    b->d->read[SIDE_CLIENT] = to;
    smtp_outstanding_push(b->d, &p);
}

/* The verb that is answered; -1: none, -2: something not captured. */
static int take(struct bench *b, uint16_t code, uint64_t peer_ack)
{
    struct pending p;
    bool unknown;

    if (smtp_outstanding_take(b->d, code, peer_ack, &p, &unknown)) {
        return p.verb;
    }
    return unknown ? -2 : -1;
}

static void test_in_order(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    assert_int_equal(take(&b, 421, 0), -1);
    push(&b, VERB_MAIL, 10, 0);
    push(&b, VERB_RCPT, 20, 0);
    push(&b, VERB_DATA, 30, 0);
    assert_int_equal(take(&b, 250, 9), -1); /* the server had not got it yet */
    assert_int_equal(take(&b, 250, 30), VERB_MAIL);
    assert_int_equal(take(&b, 550, 30), VERB_RCPT);
    assert_int_equal(take(&b, 503, 30), VERB_DATA);
    assert_int_equal(take(&b, 250, 30), -1);
    assert_int_equal(take(&b, 250, 40), -2); /* it had bytes that we have not */
    end(&b);
}

/* The ring grows and turns; order stays. */
static void test_many(void **state)
{
    struct bench b;
    uint64_t pushed = 0, taken = 0;

    (void)state;
    begin(&b);
    while (pushed < 100000) {
        for (int i = 0; i < 7 && b.d->queue_count < 100; i++) {
            pushed++;
            push(&b, pushed % 2 ? VERB_NOOP : VERB_RCPT, pushed, 0);
        }
        for (int i = 0; i < 5; i++) {
            taken++;
            assert_int_equal(take(&b, 250, pushed), taken % 2 ? VERB_NOOP : VERB_RCPT);
        }
    }
    assert_int_equal(b.d->queue_count, pushed - taken);
    assert_true(b.d->queue_size <= 128);
    end(&b);
}

/* A million commands without a reply: bounded, told once, and nothing is guessed afterwards. */
static void test_limit(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    for (uint64_t i = 1; i <= 1000000; i++) {
        push(&b, VERB_RCPT, i, 0);
    }
    assert_int_equal(b.d->queue_count, LIMIT_OUTSTANDING);
    assert_int_equal(b.s->limits_reached, 1);
    assert_string_equal(b.s->events->facts->limit.name, "LIMIT_OUTSTANDING");
    assert_true(smtp_dialogue_size(b.d) < 1024 * 1024);
    for (int i = 0; i < LIMIT_OUTSTANDING; i++) {
        assert_int_equal(take(&b, 250, 1000000), VERB_RCPT);
        push(&b, VERB_NOOP, 1000001 + (uint64_t)i, 0); /* its turn has not come */
    }
    for (int i = 0; i < 1000000; i++) {
        assert_int_equal(take(&b, 250, 2000000), -2); /* of what was not kept */
    }
    push(&b, VERB_QUIT, 2000000, 0);
    assert_int_equal(take(&b, 221, 2000000), VERB_QUIT); /* all are answered: in step again */
    assert_int_equal(b.s->limits_reached, 1);
    end(&b);
}

/* A server that left a command unanswered: 354 is for DATA, whatever stands before it. */
static void test_skips_ahead(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    push(&b, VERB_RCPT, 10, 0);
    push(&b, VERB_DATA, 20, 0);
    assert_int_equal(take(&b, 354, 20), VERB_DATA);
    assert_int_equal(b.d->queue_count, 0);
    push(&b, VERB_RCPT, 30, 0);
    assert_int_equal(take(&b, 354, 30), VERB_RCPT); /* nobody else could have asked for it */
    end(&b);
}

/* After a gap in the server's bytes. */
static void test_after_a_gap(void **state)
{
    static const struct {
        const char *label;
        enum verb verbs[3];
        uint16_t code;
        int answered;
    } cases[] = {
        {"354 is DATA's", {VERB_MAIL, VERB_RCPT, VERB_DATA}, 354, VERB_DATA},
        {"221 is QUIT's", {VERB_MAIL, VERB_RSET, VERB_QUIT}, 221, VERB_QUIT},
        {"334 is AUTH's", {VERB_NOOP, VERB_AUTH, VERB_NOOP}, 334, VERB_AUTH},
        {"250 is anybody's", {VERB_MAIL, VERB_RCPT, VERB_RCPT}, 250, -2},
        {"250 is the only one's that can get it",
         {VERB_DATA, VERB_RCPT, VERB_QUIT},
         250,
         VERB_RCPT},
        {"220 without STARTTLS", {VERB_MAIL, VERB_RCPT, VERB_RCPT}, 220, -2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        begin(&b);
        for (size_t n = 0; n < 3; n++) {
            push(&b, cases[i].verbs[n], 10 * (n + 1), 0);
        }
        b.d->server_gap_end = 100;
        smtp_outstanding_doubt(b.d);
        int answered = take(&b, cases[i].code, 30);
        if (answered != cases[i].answered) {
            fail_msg("%s: %d", cases[i].label, answered);
        }
        end(&b);
    }
}

/* A command sent by a client that had seen everything up to the gap's end: lock step again. */
static void test_certain_again(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    push(&b, VERB_MAIL, 10, 0);
    b.d->server_gap_end = 100;
    smtp_outstanding_doubt(b.d);
    b.d->read[SIDE_SERVER] = 100;
    push(&b, VERB_RCPT, 20, 100); /* the reply to MAIL was in the gap */
    assert_int_equal(take(&b, 250, 20), VERB_RCPT);
    assert_int_equal(b.d->queue_count, 0);
    assert_true(b.d->uncertain);
    push(&b, VERB_RCPT, 30, 100);
    assert_false(b.d->uncertain);
    push(&b, VERB_RCPT, 40, 100);
    assert_int_equal(take(&b, 250, 40), VERB_RCPT);
    end(&b);
}

static void test_put_back(void **state)
{
    struct bench b;
    struct pending p;
    bool unknown;

    (void)state;
    begin(&b);
    push(&b, VERB_MAIL, 10, 0);
    push(&b, VERB_RCPT, 20, 0);
    assert_true(smtp_outstanding_take(b.d, 250, 20, &p, &unknown));
    smtp_outstanding_put_back(b.d, &p);
    assert_int_equal(b.d->queue_count, 2);
    assert_int_equal(take(&b, 250, 20), VERB_MAIL);
    assert_int_equal(take(&b, 250, 20), VERB_RCPT);
    p = (struct pending){.to = REPLY_TO_GREETING};
    smtp_outstanding_put_back(b.d, &p); /* nobody asked for a greeting */
    assert_int_equal(b.d->queue_count, 0);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),    cmocka_unit_test(test_many),
        cmocka_unit_test(test_limit),       cmocka_unit_test(test_skips_ahead),
        cmocka_unit_test(test_after_a_gap), cmocka_unit_test(test_certain_again),
        cmocka_unit_test(test_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
