/* test_session.c - events in order, in bounded memory, and nobody left pointing at what is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/conversation.h"
#include "dissect/limits.h"
#include "dissect/text.h"

static struct mark at(uint64_t packet)
{
    return (struct mark){packet, (int64_t)packet * 1000000};
}

static struct bytes words(const char *s)
{
    return text_of(s);
}

/* Both sides of a dialogue, word for word; each says it has read all of the other. */
struct talk {
    struct session *s;
    struct conversation *c;
    uint64_t sent[SIDES], packet;
};

static void talk_begin(struct talk *t)
{
    *t = (struct talk){.s = session_new(1)};
    assert_non_null(t->s);
    t->s->end[SIDE_SERVER].port = 25;
    t->c = conversation_new(t->s);
    assert_non_null(t->c);
}

static void say(struct talk *t, enum side side, const char *line)
{
    struct chunk chunk = {.kind = CHUNK_DATA,
                          .side = side,
                          .offset = t->sent[side],
                          .data = words(line),
                          .peer_ack = t->sent[side_other(side)],
                          .mark = at(++t->packet)};

    session_acked(t->s, side_other(side), chunk.peer_ack, chunk.mark);
    t->s->tcp.side[side_other(side)].acked = chunk.peer_ack;
    conversation_chunk(t->c, &chunk);
    t->sent[side] += chunk.data.len;
}

static void talk_end(struct talk *t)
{
    conversation_end(t->c);
    conversation_free(t->c);
}

/* Every pointer of the session can be followed; ASan sees where it cannot. */
static size_t walk(const struct session *s)
{
    size_t count = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        count++;
        if (e->kind == EVENT_REPLY && e->facts->reply.answers) {
            assert_true(e->facts->reply.answers->kind < EVENT_KINDS);
        }
        if (e->kind == EVENT_COMMAND && e->facts->command.tx) {
            assert_true(e->facts->command.tx->n > 0);
        }
        if (!e->next) {
            assert_ptr_equal(e, s->events_last);
        }
    }
    assert_int_equal(count, s->event_count);
    count = 0;
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        count++;
        if (!tx->next) {
            assert_ptr_equal(tx, s->smtp.transactions_last);
        }
    }
    assert_int_equal(count + s->folded_transactions, s->smtp.transaction_count);
    return count;
}

static void test_new_is_empty(void **state)
{
    struct session *s = session_new(7);

    (void)state;
    assert_int_equal(s->id, 7);
    assert_null(s->events);
    assert_int_equal(s->tcp.syn_to_synack_ns, -1);
    assert_int_equal(s->tcp.synack_to_ack_ns, -1);
    assert_int_equal(s->tcp.side[SIDE_CLIENT].scale, 0xff);
    assert_int_equal(s->tcp.side[SIDE_SERVER].scale, 0xff);
    session_free(s);
    session_free(NULL);
}

static void test_events_in_order(void **state)
{
    struct session *s = session_new(1);
    struct event *a = session_add(s, EVENT_SYN, SIDE_CLIENT, at(1));
    struct event *b = session_add(s, EVENT_REPLY, SIDE_SERVER, at(2));
    struct text t = session_text(s, words("220 mx"), 3);

    (void)state;
    assert_ptr_equal(s->events, a);
    assert_ptr_equal(a->next, b);
    assert_ptr_equal(s->events_last, b);
    assert_null(b->next);
    assert_int_equal(b->first.packet, 2);
    assert_int_equal(b->last.packet, 2);
    assert_int_equal(b->facts->reply.code, 0);
    assert_ptr_equal(session_kept(s, a), a);
    assert_null(session_kept(s, NULL));
    assert_int_equal(t.len, 3);
    assert_true(t.cut);
    assert_memory_equal(t.s, "220", 3);
    session_free(s);
}

static void test_acked_marks(void **state)
{
    struct session *s = session_new(1);
    struct event *a = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(1));
    struct event *b = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(2));
    struct event *late;

    (void)state;
    session_set_bytes(s, a, 0, 10);
    session_set_bytes(s, b, 10, 20);
    session_acked(s, SIDE_CLIENT, 9, at(3));
    assert_int_equal(a->acked.packet, 0); /* one byte short */
    session_acked(s, SIDE_SERVER, 100, at(4));
    assert_int_equal(a->acked.packet, 0); /* the other side's bytes */
    session_acked(s, SIDE_CLIENT, 10, at(5));
    assert_int_equal(a->acked.packet, 5);
    assert_int_equal(b->acked.packet, 0);
    session_acked(s, SIDE_CLIENT, 25, at(6));
    assert_int_equal(a->acked.packet, 5); /* the first one counts */
    assert_int_equal(b->acked.packet, 6);
    s->tcp.side[SIDE_CLIENT].acked = 25;
    late = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(7));
    session_set_bytes(s, late, 20, 25); /* known too late: acknowledged already */
    assert_int_equal(late->acked.packet, 7);
    late = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(8));
    session_set_bytes(s, late, 25, 26);
    assert_int_equal(late->acked.packet, 0);
    session_free(s);
}

/* One command of 20,000, in one connection, with a mail every ten. */
static void test_long_session_folds(void **state)
{
    struct talk t;
    size_t largest = 0;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    say(&t, SIDE_CLIENT, "EHLO a.example.org\r\n");
    say(&t, SIDE_SERVER, "250-mx.example.com\r\n250 SIZE 1000\r\n");
    for (int i = 0; i < 2000; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
        say(&t, SIDE_CLIENT, "RCPT TO:<bob@example.com>\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
        say(&t, SIDE_CLIENT, "DATA\r\n");
        say(&t, SIDE_SERVER, "354 go\r\n");
        say(&t, SIDE_CLIENT, "x\r\n.\r\n");
        say(&t, SIDE_SERVER, "250 ok id=1abcde-000001-2F\r\n");
        for (int n = 0; n < 6; n++) {
            say(&t, SIDE_CLIENT, "NOOP\r\n");
            say(&t, SIDE_SERVER, "250 ok\r\n");
        }
        if (session_size(t.s) > largest) {
            largest = session_size(t.s);
        }
    }
    say(&t, SIDE_CLIENT, "QUIT\r\n");
    say(&t, SIDE_SERVER, "221 bye\r\n");
    talk_end(&t);
    assert_int_equal(t.s->smtp.commands, 1 + 2000 * 9 + 1);
    assert_int_equal(t.s->smtp.replies, 1 + 1 + 2000 * 10 + 1);
    assert_int_equal(t.s->smtp.transaction_count, 2000);
    assert_int_equal(t.s->smtp.accepted_count, 2000);
    assert_int_equal(t.s->event_count + t.s->folded, 3 + 2000 * 20 + 2 + 1); /* and the limit */
    assert_true(t.s->limits >> REACHED_SESSION_EVENTS & 1);
    assert_int_equal(t.s->limits_reached, 1); /* told once, however often it folds */
    assert_true(t.s->event_count <= LIMIT_SESSION_EVENTS + 1024);
    assert_true(t.s->folded_transactions > 0);
    assert_true(walk(t.s) > 0);
    assert_true(largest < 12 * 1024 * 1024);
    /* The beginning stays: what the session's facts point to. */
    assert_int_equal(t.s->smtp.greeting->facts->reply.code, 220);
    assert_int_equal(t.s->smtp.ehlo->facts->command.verb, VERB_EHLO);
    assert_int_equal(t.s->smtp.ehlo->facts->command.reply->facts->reply.code, 250);
    assert_int_equal(t.s->smtp.keyword_count, 1);
    assert_memory_equal(t.s->smtp.keywords->text.s, "SIZE 1000", 9);
    assert_int_equal(t.s->smtp.quit->facts->command.verb, VERB_QUIT);
    session_free(t.s);
}

/* Every chapter but the one just ended holds a refusal: that one goes, and it is the newest. */
static void test_newest_chapter_folds(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < LIMIT_SESSION_EVENTS / 2 + 4; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_SERVER, "550 no\r\n");
    }
    for (int i = 0; i < 1000; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
        say(&t, SIDE_CLIENT, "RSET\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
    }
    talk_end(&t);
    walk(t.s);
    session_free(t.s);
}

/* The last mail's chapter goes while later ones without a mail stay. */
static void test_last_mail_folds(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < 600; i++) {
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
    }
    say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\nRSET\r\n");
    say(&t, SIDE_SERVER, "250 ok\r\n250 ok\r\n");
    for (int i = 0; i < LIMIT_SESSION_EVENTS; i++) {
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
    }
    assert_int_equal(walk(t.s), 0);
    say(&t, SIDE_CLIENT, "MAIL FROM:<bob@example.org>\r\n");
    assert_int_equal(walk(t.s), 1);
    assert_int_equal(t.s->smtp.transactions->n, 2);
    talk_end(&t);
    session_free(t.s);
}

/* Nothing the client sent is ever acknowledged: the chain of what waits for it runs through
 * chapters that are folded. */
static void test_unacked_chain_folds(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < LIMIT_SESSION_EVENTS; i++) {
        struct chunk chunk = {.side = SIDE_CLIENT,
                              .offset = t.sent[SIDE_CLIENT],
                              .data = words("NOOP\r\n"),
                              .mark = at(++t.packet)};
        conversation_chunk(t.c, &chunk);
        chunk = (struct chunk){.side = SIDE_SERVER,
                               .offset = t.sent[SIDE_SERVER],
                               .data = words("250 ok\r\n"),
                               .peer_ack = t.sent[SIDE_CLIENT] + 6,
                               .mark = at(++t.packet)};
        conversation_chunk(t.c, &chunk);
        t.sent[SIDE_CLIENT] += 6;
        t.sent[SIDE_SERVER] += 8;
    }
    assert_true(t.s->folded > 0);
    session_acked(t.s, SIDE_CLIENT, t.sent[SIDE_CLIENT], at(t.packet + 1));
    session_acked(t.s, SIDE_SERVER, t.sent[SIDE_SERVER], at(t.packet + 1));
    for (const struct event *e = t.s->events; e; e = e->next) {
        assert_true(e->acked.packet || e->kind == EVENT_LIMIT);
    }
    talk_end(&t);
    session_free(t.s);
}

/* A reply that never ends answers the last command of a chapter: that chapter stays. */
static void test_half_a_reply_holds_its_question(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < LIMIT_SESSION_EVENTS / 2; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_SERVER, "550 no\r\n");
    }
    for (int i = 0; i < 400; i++) {
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250-half\r\n");
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250-other half\r\n");
        say(&t, SIDE_SERVER, "250 whole\r\n250 ok\r\n");
    }
    talk_end(&t);
    walk(t.s);
    session_free(t.s);
}

/* Chapters of very different length: however they come, what is kept stays bounded. */
static void test_long_chapters_after_short_ones(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < LIMIT_SESSION_EVENTS / 2; i++) {
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
    }
    for (int chapter = 0; chapter < 12; chapter++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        for (int i = 0; i < 2000; i++) {
            say(&t, SIDE_CLIENT, "NOOP\r\n");
            say(&t, SIDE_SERVER, "250 ok\r\n");
        }
        say(&t, SIDE_SERVER, "250 ok\r\n");
        say(&t, SIDE_CLIENT, "RSET\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
        assert_true(t.s->event_count <= LIMIT_SESSION_EVENTS + LIMIT_CHAPTER_EVENTS + 512);
    }
    talk_end(&t);
    walk(t.s);
    session_free(t.s);
}

/* A client that never pauses: 100,000 mails pipelined, with recipients, never a reply. */
static void test_no_rest(void **state)
{
    struct talk t;
    size_t before;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    for (int i = 0; i < 4000; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_CLIENT, "RCPT TO:<bob@example.org>\r\nRCPT TO:<eve@example.org>\r\n");
    }
    before = session_size(t.s) + conversation_size(t.c);
    for (int i = 0; i < 100000; i++) {
        say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
        say(&t, SIDE_CLIENT, "RCPT TO:<bob@example.org>\r\nRCPT TO:<eve@example.org>\r\n");
    }
    assert_int_equal(session_size(t.s) + conversation_size(t.c), before);
    assert_int_equal(t.s->smtp.transaction_count, 104000);
    assert_int_equal(t.s->smtp.commands, 312000);
    talk_end(&t);
    walk(t.s);
    session_free(t.s);
}

static void test_limit_of_a_chapter_is_told(void **state)
{
    struct session *s = session_new(1);
    struct event *e, *scratch;
    struct text t;

    (void)state;
    for (int i = 0; i < LIMIT_CHAPTER_EVENTS; i++) {
        e = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(1));
        assert_ptr_equal(session_kept(s, e), e);
    }
    scratch = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(2));
    assert_null(session_kept(s, scratch));
    t = session_text(s, words("kept by nobody"), 100);
    assert_int_equal(t.len, 0);
    assert_true(t.cut);
    assert_int_equal(s->event_count, LIMIT_CHAPTER_EVENTS + 1);
    assert_int_equal(s->events_last->kind, EVENT_LIMIT);
    assert_string_equal(s->events_last->facts->limit.name, "LIMIT_CHAPTER_EVENTS");
    assert_int_equal(s->limits_reached, 1);
    (void)session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(3));
    assert_int_equal(s->limits_reached, 1); /* told once */
    assert_int_equal(s->folded, 2);
    e = session_add(s, EVENT_FIN, SIDE_CLIENT, at(4)); /* the end is kept all the same */
    assert_ptr_equal(session_kept(s, e), e);
    session_free(s);
}

/* What is counted over many packets stays its own event, kept or not. */
static void test_scratch_events_of_two_kinds(void **state)
{
    struct session *s = session_new(1);
    struct event *content, *reply, *run;

    (void)state;
    for (int i = 0; i <= LIMIT_CHAPTER_EVENTS; i++) {
        (void)session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(1));
    }
    content = session_add(s, EVENT_CONTENT, SIDE_CLIENT, at(2));
    content->facts->content.bytes = 77;
    run = session_add(s, EVENT_TLS_RUN, SIDE_SERVER, at(3));
    run->facts->run.records = 5;
    reply = session_add(s, EVENT_REPLY, SIDE_SERVER, at(4));
    reply->facts->reply.text = (struct text){"x", 1, true};
    reply->facts->reply.code = 250;
    assert_int_equal(content->kind, EVENT_CONTENT);
    assert_int_equal(content->facts->content.bytes, 77);
    assert_int_equal(run->facts->run.records, 5);
    assert_null(session_kept(s, content));
    session_set_bytes(s, content, 3, 80);
    assert_int_equal(content->end, 80);
    content = session_add(s, EVENT_CONTENT, SIDE_CLIENT, at(5));
    assert_int_equal(content->facts->content.bytes, 0); /* a new one begins at nothing */
    session_free(s);
}

/* The mail is kept, its content comes beyond the limit: its size is right all the same. */
static void test_content_beyond_the_limit(void **state)
{
    struct talk t;
    const struct transaction *tx;

    (void)state;
    talk_begin(&t);
    say(&t, SIDE_SERVER, "220 mx.example.com ESMTP\r\n");
    say(&t, SIDE_CLIENT, "MAIL FROM:<ann@example.org>\r\n");
    say(&t, SIDE_SERVER, "250 ok\r\n");
    for (int i = 0; i < LIMIT_CHAPTER_EVENTS; i++) {
        say(&t, SIDE_CLIENT, "NOOP\r\n");
        say(&t, SIDE_SERVER, "250 ok\r\n");
    }
    say(&t, SIDE_CLIENT, "RCPT TO:<bob@example.com>\r\n");
    say(&t, SIDE_SERVER, "250 ok\r\n");
    say(&t, SIDE_CLIENT, "DATA\r\n");
    say(&t, SIDE_SERVER, "354 go\r\n");
    say(&t, SIDE_CLIENT, "1234567890\r\n");
    say(&t, SIDE_SERVER, "250-?\r\n250 what is this text of some length\r\n");
    say(&t, SIDE_CLIENT, "1234567890\r\n.\r\n");
    say(&t, SIDE_SERVER, "250 ok\r\n");
    tx = t.s->smtp.transactions;
    assert_int_equal(tx->bytes, 24);
    assert_true(tx->content_complete);
    assert_null(tx->content);
    assert_int_equal(t.s->smtp.accepted_count, 1);
    talk_end(&t);
    session_free(t.s);
}

static void test_recipients_are_counted(void **state)
{
    struct session *s = session_new(1);
    struct transaction *tx = session_begin_transaction(s, at(1));
    size_t kept = 0;

    (void)state;
    for (int i = 0; i < LIMIT_RECIPIENTS; i++) {
        assert_non_null(session_add_recipient(s, tx));
    }
    assert_int_equal(s->limits_reached, 0);
    assert_null(session_add_recipient(s, tx)); /* one too many */
    assert_string_equal(s->events_last->facts->limit.name, "LIMIT_RECIPIENTS");
    assert_null(session_add_recipient(s, tx));
    assert_int_equal(s->limits_reached, 1);
    tx->recipient_count--;
    assert_int_equal(tx->recipient_count, LIMIT_RECIPIENTS + 1);
    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        kept++;
    }
    assert_int_equal(kept, LIMIT_RECIPIENTS);
    session_free(s);
}

static void test_transport_limit(void **state)
{
    struct session *s = session_new(1);
    uint32_t kept = 0;

    (void)state;
    for (int i = 0; i < 3 * LIMIT_TRANSPORT_EVENTS; i++) {
        struct event *e = session_add(s, EVENT_RETRANSMIT, SIDE_CLIENT, at(1));
        kept += session_kept(s, e) != NULL;
    }
    assert_int_equal(kept, LIMIT_TRANSPORT_EVENTS - 1);
    assert_int_equal(s->limits_reached, 1);
    assert_string_equal(s->events_last->facts->limit.name, "LIMIT_TRANSPORT_EVENTS");
    for (int i = 0; i < LIMIT_ICMP_EVENTS; i++) {
        assert_non_null(session_kept(s, session_add(s, EVENT_ICMP, SIDE_CLIENT, at(2))));
    }
    assert_null(session_kept(s, session_add(s, EVENT_ICMP, SIDE_CLIENT, at(3))));
    session_free(s);
}

static void test_hello_replaces_hello(void **state)
{
    struct session *s = session_new(1);
    struct arena *a = session_hello_arena(s);
    size_t size;

    (void)state;
    s->smtp.helo = arena_text(a, words("a.example.org"), 512);
    size = session_size(s);
    for (int i = 0; i < 1000; i++) {
        a = session_hello_arena(s);
        assert_null(s->smtp.keywords);
        assert_int_equal(s->smtp.helo.len, 0);
        s->smtp.helo = arena_text(a, words("b.example.org"), 512);
    }
    assert_int_equal(session_size(s), size);
    session_free(s);
}

/* One name per value, where reports print it. */
static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_KINDS; i++) {
        assert_non_null(event_kind_names[i]);
    }
    assert_string_equal(event_kind_names[EVENT_SYNACK], "synack");
    assert_string_equal(event_kind_names[EVENT_ZERO_WINDOW], "zero-window");
    assert_string_equal(event_kind_names[EVENT_OPAQUE], "opaque");
    assert_string_equal(tx_outcome_names[TX_REJECTED], "rejected");
    assert_string_equal(auth_outcome_names[AUTH_REFUSED], "refused");
    assert_string_equal(tls_use_names[TLS_IMPLICIT], "implicit");
    assert_string_equal(handshake_names[HANDSHAKE_HALF], "unanswered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_is_empty),
        cmocka_unit_test(test_events_in_order),
        cmocka_unit_test(test_acked_marks),
        cmocka_unit_test(test_long_session_folds),
        cmocka_unit_test(test_newest_chapter_folds),
        cmocka_unit_test(test_last_mail_folds),
        cmocka_unit_test(test_unacked_chain_folds),
        cmocka_unit_test(test_half_a_reply_holds_its_question),
        cmocka_unit_test(test_long_chapters_after_short_ones),
        cmocka_unit_test(test_no_rest),
        cmocka_unit_test(test_limit_of_a_chapter_is_told),
        cmocka_unit_test(test_scratch_events_of_two_kinds),
        cmocka_unit_test(test_content_beyond_the_limit),
        cmocka_unit_test(test_recipients_are_counted),
        cmocka_unit_test(test_transport_limit),
        cmocka_unit_test(test_hello_replaces_hello),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
