/* test_steps.c - events and waits in the order in which they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/steps.h"

static struct session *session;

static int begin(void **state)
{
    (void)state;
    session = session_new(7);
    return session ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    session_free(session);
    return 0;
}

/* Packet n arrives at n milliseconds. */
static struct mark at(uint64_t n)
{
    return (struct mark){n, (int64_t)n * 1000000};
}

static struct event *add(enum event_kind kind, enum side side, uint64_t first, uint64_t last)
{
    struct event *e = session_add(session, kind, side, at(first));
    e->last = at(last);
    return e;
}

static struct wait *add_wait(uint64_t from, struct wait *next)
{
    struct wait *w = arena_make(session->arena, struct wait);
    struct diagnosis *d = session->diagnosis;
    if (!d) {
        session->diagnosis = d = arena_make(session->arena, struct diagnosis);
    }
    w->from = at(from);
    w->next = next;
    d->waits = w;
    return w;
}

/* "kind side packet" of each step, separated by commas. */
static void expect(const char *told)
{
    char found[1024] = "";
    size_t len = 0;
    struct steps_iterator it;
    struct step step;
    for (steps_begin(&it, session); steps_next(&it, &step);) {
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%s%s%llu", len ? ", " : "",
                                step.kind,
                                !step.has_side             ? " "
                                : step.side == SIDE_CLIENT ? " c"
                                                           : " s",
                                (unsigned long long)step.at.packet);
        assert_true((step.event == NULL) != (step.wait == NULL));
    }
    assert_string_equal(found, told);
}

static void test_empty(void **state)
{
    (void)state;
    expect("");
}

static void test_a_dialogue(void **state)
{
    (void)state;
    add(EVENT_SYN, SIDE_CLIENT, 1, 1);
    add(EVENT_SYNACK, SIDE_SERVER, 2, 2);
    add(EVENT_REPLY, SIDE_SERVER, 4, 4);
    add(EVENT_COMMAND, SIDE_CLIENT, 5, 6); /* in two packets: told when it is complete */
    add(EVENT_CONTENT, SIDE_CLIENT, 7, 20);
    add(EVENT_RETRANSMIT, SIDE_CLIENT, 9, 30);
    add(EVENT_FIN, SIDE_SERVER, 21, 21);
    add(EVENT_ICMP, SIDE_SERVER, 22, 22);
    add_wait(20, NULL);
    expect("syn c1, synack s2, reply s4, command c6, retransmit c9, content c20, wait 20, "
           "fin s21, icmp 22");
}

/* One side was read late, because a hole had to be waited for: time decides between the sides. */
static void test_sides_are_merged_by_time(void **state)
{
    (void)state;
    add(EVENT_REPLY, SIDE_SERVER, 10, 10);
    add(EVENT_REPLY, SIDE_SERVER, 12, 12);
    add(EVENT_COMMAND, SIDE_CLIENT, 9, 9);
    add(EVENT_COMMAND, SIDE_CLIENT, 11, 11);
    expect("command c9, reply s10, command c11, reply s12");
}

/* What arrived early keeps its place in the stream. */
static void test_stream_order_within_a_side(void **state)
{
    (void)state;
    add(EVENT_COMMAND, SIDE_CLIENT, 8, 8); /* its first copy was lost */
    add(EVENT_COMMAND, SIDE_CLIENT, 5, 5);
    add(EVENT_REPLY, SIDE_SERVER, 6, 6);
    add(EVENT_REPLY, SIDE_SERVER, 9, 9);
    expect("reply s6, command c8, command c5, reply s9");
}

/* A gap is proven late; it stands before what follows it in the stream. */
static void test_gap(void **state)
{
    (void)state;
    add(EVENT_COMMAND, SIDE_CLIENT, 3, 3);
    add(EVENT_GAP, SIDE_CLIENT, 9, 9);
    add(EVENT_COMMAND, SIDE_CLIENT, 5, 5);
    add(EVENT_REPLY, SIDE_SERVER, 4, 4);
    add(EVENT_REPLY, SIDE_SERVER, 6, 6);
    expect("command c3, reply s4, gap c9, command c5, reply s6");
}

static void test_gap_inside_content(void **state)
{
    (void)state;
    add(EVENT_CONTENT, SIDE_CLIENT, 3, 9);
    add(EVENT_GAP, SIDE_CLIENT, 5, 5);
    add(EVENT_REPLY, SIDE_SERVER, 10, 10);
    expect("gap c5, content c9, reply s10");
}

/* One packet: it opens, says, ends; a wait begins behind all of it. */
static void test_one_packet(void **state)
{
    (void)state;
    add_wait(3, add_wait(4, NULL));
    add(EVENT_SYN, SIDE_CLIENT, 3, 3);
    add(EVENT_FIN, SIDE_CLIENT, 3, 3);
    add(EVENT_COMMAND, SIDE_CLIENT, 3, 3);
    expect("syn c3, command c3, fin c3, wait 3, wait 4");
}

static void expect_to(uint8_t to, struct event *answers, const char *word)
{
    struct event *e = add(EVENT_REPLY, SIDE_SERVER, 1, 1);
    char scratch[STEP_TEXT_MAX];
    e->facts->reply.to = to;
    e->facts->reply.answers = answers;
    struct bytes found = step_reply_to(e, scratch);
    assert_int_equal(found.len, strlen(word));
    assert_memory_equal(found.data, word, found.len);
}

static void test_what_a_reply_answers(void **state)
{
    struct event *known = add(EVENT_COMMAND, SIDE_CLIENT, 1, 1);
    struct event *unknown = add(EVENT_COMMAND, SIDE_CLIENT, 1, 1);
    (void)state;
    known->facts->command.verb = VERB_MAIL;
    unknown->facts->command.word = (struct text){"xFoo", 4, false};
    expect_to(REPLY_TO_GREETING, NULL, "greeting");
    expect_to(REPLY_TO_COMMAND, known, "MAIL");
    expect_to(REPLY_TO_COMMAND, unknown, "XFOO");
    expect_to(REPLY_TO_COMMAND, NULL, "");
    expect_to(REPLY_TO_CONTENT, NULL, "content");
    expect_to(REPLY_TO_AUTH, NULL, "auth");
    expect_to(REPLY_TO_CHUNK, NULL, "BDAT");
    expect_to(REPLY_TO_NOTHING, NULL, "unsolicited");
    expect_to(REPLY_TO_UNKNOWN, NULL, "");
}

static void expect_tls(struct tls_event_facts facts, const char *text)
{
    struct event *e = add(EVENT_TLS, SIDE_CLIENT, 1, 1);
    char found[STEP_TEXT_MAX], cut[8];
    e->facts->tls = facts;
    assert_int_equal(step_tls_text(e, found, sizeof(found)), strlen(text));
    assert_string_equal(found, text);
    assert_true(step_tls_text(e, cut, sizeof(cut)) < sizeof(cut));
}

static void test_tls_in_words(void **state)
{
    (void)state;
    expect_tls((struct tls_event_facts){.record_type = 22, .message = 1}, "client_hello");
    expect_tls((struct tls_event_facts){.record_type = 22, .message = 99}, "handshake message 99");
    expect_tls((struct tls_event_facts){.record_type = 22, .encrypted = true},
               "encrypted handshake");
    expect_tls((struct tls_event_facts){.record_type = 21, .level = 2, .description = 40},
               "fatal alert handshake_failure");
    expect_tls((struct tls_event_facts){.record_type = 21, .level = 9, .description = 250},
               "unknown alert unknown");
    expect_tls((struct tls_event_facts){.record_type = 21, .encrypted = true}, "encrypted alert");
    expect_tls((struct tls_event_facts){.record_type = 20}, "change_cipher_spec");
    expect_tls((struct tls_event_facts){.record_type = 99}, "record");
}

static void test_who_gets_steps(void **state)
{
    struct settings settings = {.steps = STEPS_FLAGGED};
    (void)state;
    assert_false(steps_wanted(&settings, session));
    add_wait(1, NULL);
    assert_false(steps_wanted(&settings, session));
    ((struct diagnosis *)session->diagnosis)->flagged = true;
    assert_true(steps_wanted(&settings, session));
    settings.steps = STEPS_NONE;
    assert_false(steps_wanted(&settings, session));
    settings.steps = STEPS_ALL;
    session->diagnosis = NULL;
    assert_true(steps_wanted(&settings, session));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_a_dialogue),
        TEST(test_sides_are_merged_by_time),
        TEST(test_stream_order_within_a_side),
        TEST(test_gap),
        TEST(test_gap_inside_content),
        TEST(test_one_packet),
        TEST(test_what_a_reply_answers),
        TEST(test_tls_in_words),
        TEST(test_who_gets_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
