/* test_json.c - a session's record, byte for byte; what is absent, hostile, or from several files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/json_session.h"
#include "report/stamp.h"

static struct session *session;
static struct diagnosis *diagnosis;

/* 2026-03-10T14:02:11.2Z and so many microseconds. */
static struct mark at(uint64_t packet, int64_t us)
{
    return (struct mark){packet, INT64_C(1773151331200000000) + us * 1000};
}

static struct text text(const char *s)
{
    return arena_text(session->arena, bytes_of_string(s), 512);
}

static int begin(void **state)
{
    (void)state;
    session = session_new(3);
    if (!session) {
        return -1;
    }
    diagnosis = arena_make(session->arena, struct diagnosis);
    session->diagnosis = diagnosis;
    session->first = at(1, 0);
    session->last = at(9, 600303000);
    if (!address_parse(&session->end[SIDE_CLIENT].address, "192.0.2.10") ||
        !address_parse(&session->end[SIDE_SERVER].address, "198.51.100.25")) {
        return -1;
    }
    session->end[SIDE_CLIENT].port = 40412;
    session->end[SIDE_SERVER].port = 25;
    return 0;
}

static int end(void **state)
{
    (void)state;
    session_free(session);
    return 0;
}

static struct event *add(enum event_kind kind, enum side side, uint64_t packet, int64_t us)
{
    return session_add(session, kind, side, at(packet, us));
}

static char *record(enum steps steps, bool many_files)
{
    const struct settings settings = {.steps = steps};
    char *out = NULL;
    size_t size = 0;
    struct json_out j = {.file = open_memstream(&out, &size), .many_files = many_files};
    json_session(&j, &settings, session);
    fclose(j.file);
    return out;
}

static void expect(enum steps steps, bool many_files, const char *part)
{
    char *found = record(steps, many_files);
    if (!strstr(found, part)) {
        print_message("%s\n", found);
        fail_msg("not found: %s", part);
    }
    free(found);
}

static void test_nothing_known(void **state)
{
    (void)state;
    session->tcp.handshake = HANDSHAKE_UNANSWERED;
    diagnosis->outcome = OUTCOME_UNREACHABLE;
    diagnosis->phase = PHASE_CONNECT;
    char *found = record(STEPS_FLAGGED, false);
    assert_string_equal(
        found, "{\"@timestamp\":\"2026-03-10T14:02:11.200000Z\","
               "\"event\":{\"dataset\":\"wiretale.session\",\"id\":\"s0003\","
               "\"start\":\"2026-03-10T14:02:11.200000Z\",\"end\":\"2026-03-10T14:12:11.503000Z\","
               "\"duration\":600303000000,\"outcome\":\"failure\"},"
               "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"protocol\":\"smtp\","
               "\"community_id\":\"1:MOFAWuENaZ3EYCi7QPyFFoHUW+g=\"},"
               "\"client\":{\"ip\":\"192.0.2.10\",\"port\":40412,\"packets\":0,\"bytes\":0},"
               "\"server\":{\"ip\":\"198.51.100.25\",\"port\":25,\"packets\":0,\"bytes\":0},"
               "\"tcp\":{\"handshake\":\"unanswered\",\"close\":[],"
               "\"retransmits\":{\"client\":0,\"server\":0},\"gaps\":{\"client\":[],\"server\":[]},"
               "\"capture\":\"full\"},"
               "\"smtp\":{\"tls\":\"none\",\"outcome\":\"unreachable\",\"phase\":\"connect\"},"
               "\"findings\":[]}");
    free(found);
}

static void test_outcomes(void **state)
{
    static const char *const words[OUTCOME_COUNT] = {
        [OUTCOME_COMPLETED] = "success",  [OUTCOME_ENCRYPTED] = "success",
        [OUTCOME_REJECTED] = "failure",   [OUTCOME_NO_REPLY] = "failure",
        [OUTCOME_RESET] = "failure",      [OUTCOME_ABORTED] = "failure",
        [OUTCOME_REFUSED] = "failure",    [OUTCOME_UNREACHABLE] = "failure",
        [OUTCOME_TLS_FAILED] = "failure", [OUTCOME_PARTIAL] = "unknown",
        [OUTCOME_OPEN] = "unknown",       [OUTCOME_NOT_SMTP] = "unknown",
    };
    (void)state;
    for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
        char part[64];
        diagnosis->outcome = o;
        (void)snprintf(part, sizeof(part), "\"outcome\":\"%s\"}", words[o]);
        expect(STEPS_NONE, false, part);
    }
}

static void test_tcp(void **state)
{
    (void)state;
    session->tcp.syn_to_synack_ns = 20900000;
    session->tcp.synack_to_ack_ns = 0;
    add(EVENT_FIN, SIDE_SERVER, 8, 600302000);
    add(EVENT_FIN, SIDE_CLIENT, 7, 600280000);
    add(EVENT_RST, SIDE_CLIENT, 9, 600303000);
    add(EVENT_GAP, SIDE_CLIENT, 3, 5)->facts->gap.missing = 1460;
    add(EVENT_GAP, SIDE_SERVER, 4, 6)->facts->gap.missing = 7;
    add(EVENT_GAP, SIDE_CLIENT, 5, 7)->facts->gap.missing = 2;
    session->tcp.side[SIDE_CLIENT].gap_count = 2;
    session->tcp.side[SIDE_SERVER].gap_count = 1;
    diagnosis->capture = CAPTURE_LOSSY;
    expect(STEPS_NONE, false,
           "\"tcp\":{\"handshake\":\"complete\",\"rtt\":0.0209,\"close\":["
           "{\"t\":600.28,\"dir\":\"c\",\"kind\":\"fin\"},"
           "{\"t\":600.302,\"dir\":\"s\",\"kind\":\"fin\"},"
           "{\"t\":600.303,\"dir\":\"c\",\"kind\":\"rst\"}],"
           "\"retransmits\":{\"client\":0,\"server\":0},"
           "\"gaps\":{\"client\":[1460,2],\"server\":[7]},\"capture\":\"lossy\"}");
}

static void test_smtp(void **state)
{
    (void)state;
    struct event *greeting = add(EVENT_REPLY, SIDE_SERVER, 2, 44900);
    greeting->facts->reply =
        (struct reply_facts){.code = 220, .lines = 1, .text = text("mail.partner.example ESMTP")};
    session->smtp.greeting = greeting;
    session->smtp.helo = text("mx1.example.net");
    session->smtp.esmtp = true;
    session->smtp.keywords = arena_make(session->arena, struct keyword);
    session->smtp.keywords->text = text("SIZE 52428800");
    session->smtp.auth = AUTH_ACCEPTED;
    session->smtp.auth_mechanism = text("PLAIN");
    struct transaction *tx = session_begin_transaction(session, at(4, 0));
    tx->from = text("<a@example.net>");
    tx->params = text("SIZE=48213 BODY=8BITMIME");
    struct recipient *to = session_add_recipient(session, tx);
    to->to = text("<b@example.org>");
    to->code = 250;
    to->enhanced = (struct enhanced){2, 1, 5};
    tx->method = METHOD_DATA;
    tx->content_begun = true;
    tx->bytes = 48213;
    tx->outcome = TX_ACCEPTED;
    tx->queue_id = text("4ABC");
    tx->final = add(EVENT_REPLY, SIDE_SERVER, 6, 99);
    tx->final->facts->reply = (struct reply_facts){
        .code = 250, .enhanced = {2, 0, 0}, .text = text("2.0.0 Ok: queued as 4ABC")};
    expect(STEPS_NONE, false,
           "\"smtp\":{\"greeting\":{\"code\":220,\"text\":\"mail.partner.example ESMTP\"},"
           "\"helo\":\"mx1.example.net\",\"esmtp\":true,\"extensions\":[\"SIZE 52428800\"],"
           "\"tls\":\"none\",\"auth\":{\"mechanism\":\"PLAIN\",\"outcome\":\"accepted\"},"
           "\"transactions\":[{\"n\":1,\"mail_from\":\"<a@example.net>\","
           "\"params\":[\"SIZE=48213\",\"BODY=8BITMIME\"],"
           "\"rcpts\":[{\"to\":\"<b@example.org>\",\"code\":250,\"enhanced\":\"2.1.5\"}],"
           "\"method\":\"data\",\"bytes\":48213,\"outcome\":\"accepted\",\"queue_id\":\"4ABC\","
           "\"code\":250,\"enhanced\":\"2.0.0\",\"reply\":\"2.0.0 Ok: queued as 4ABC\"}],"
           "\"outcome\":\"completed\",\"phase\":\"connect\"}");
}

static void test_tls(void **state)
{
    (void)state;
    session->tls.seen[SIDE_CLIENT] = true;
    expect(STEPS_NONE, false, "\"tls\":{\"established\":false}");
    session->tls.version = 0x7f17;
    session->tls.cipher = 0xc02f;
    struct event *alert = add(EVENT_TLS, SIDE_SERVER, 5, 7);
    alert->facts->tls.record_type = 21;
    alert->facts->tls.level = 2;
    alert->facts->tls.description = 40;
    expect(STEPS_NONE, false,
           "\"tls\":{\"version\":\"0x7f17\",\"cipher\":\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\","
           "\"cipher_id\":\"0xc02f\",\"established\":false,\"alerts\":[{\"dir\":\"s\","
           "\"level\":\"fatal\",\"description\":\"handshake_failure\",\"encrypted\":false}]}");
}

static void test_finding_and_frames(void **state)
{
    (void)state;
    struct finding *f = arena_make(session->arena, struct finding);
    strcpy(f->id, "data-final-timeout");
    f->severity = SEVERITY_ERROR;
    f->points_to = PARTY_SERVER;
    f->phase = PHASE_EOD;
    f->primary = true;
    f->waited_s = 600;
    f->evidence_count = 3;
    f->frames[0] = f->frames[1] = (struct mark){41249, 0};
    f->frames[2] = (struct mark){(UINT64_C(1) << MARK_FILE_SHIFT) + 7, 0};
    f->summary = text("no reply to \"\\\x01\"");
    diagnosis->findings = f;
    expect(STEPS_NONE, false,
           "\"findings\":[{\"rule\":\"data-final-timeout\",\"severity\":\"error\","
           "\"points_to\":\"server\",\"confidence\":\"high\",\"primary\":true,\"phase\":\"eod\","
           "\"waited\":600,\"frames\":[41249,7],"
           "\"summary\":\"no reply to \\\"\\\\\\\\\\\\x01\\\"\"}]");
    expect(STEPS_NONE, true, "\"frames\":[{\"file\":1,\"frame\":41249},{\"file\":2,\"frame\":7}]");
}

static void test_steps(void **state)
{
    (void)state;
    struct event *command = add(EVENT_COMMAND, SIDE_CLIENT, 4, 45600);
    command->facts->command.verb = VERB_EHLO;
    command->facts->command.text = text("EHLO mx1.example.net");
    struct event *reply = add(EVENT_REPLY, SIDE_SERVER, 5, 67100);
    reply->facts->reply = (struct reply_facts){.code = 250,
                                               .to = REPLY_TO_COMMAND,
                                               .lines = 7,
                                               .answers = command,
                                               .text = text("mail.partner.example")};
    struct event *odd = add(EVENT_REPLY, SIDE_SERVER, 6, 67200);
    odd->facts->reply = (struct reply_facts){
        .flags = REPLY_INVALID, .to = REPLY_TO_NOTHING, .lines = 1, .text = text("hello")};
    odd->facts->reply.text.cut = true;
    expect(STEPS_FLAGGED, false, "\"findings\":[]}");
    expect(STEPS_ALL, false,
           "\"steps\":[{\"t\":0.0456,\"dir\":\"c\",\"kind\":\"command\",\"verb\":\"EHLO\","
           "\"text\":\"EHLO mx1.example.net\",\"frame\":4},"
           "{\"t\":0.0671,\"dir\":\"s\",\"kind\":\"reply\",\"to\":\"EHLO\",\"code\":250,"
           "\"lines\":7,\"text\":\"mail.partner.example\",\"frame\":5},"
           "{\"t\":0.0672,\"dir\":\"s\",\"kind\":\"reply\",\"to\":\"unsolicited\","
           "\"invalid\":true,\"lines\":1,\"text\":\"hello\",\"cut\":true,\"frame\":6}]}");
}

static void test_stamps(void **state)
{
    char out[STAMP_MAX];
    (void)state;
    static const struct {
        int64_t ns;
        const char *utc, *seconds;
    } samples[] = {
        {0, "1970-01-01T00:00:00.000000Z", "0"},
        {1, "1970-01-01T00:00:00.000000001Z", "0.000000001"},
        {-1, "1969-12-31T23:59:59.999999999Z", "-0.000000001"},
        {INT64_C(951782400000000000), "2000-02-29T00:00:00.000000Z", "951782400"},
        {INT64_C(4107542399999999000), "2100-02-28T23:59:59.999999Z", "4107542399.999999"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z", "9223372036.854775807"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z", "-9223372036.854775808"},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_int_equal(stamp_utc(out, samples[i].ns), strlen(samples[i].utc));
        assert_string_equal(out, samples[i].utc);
        assert_int_equal(stamp_seconds(out, samples[i].ns), strlen(samples[i].seconds));
        assert_string_equal(out, samples[i].seconds);
    }
    stamp_duration(out, 600.0);
    assert_string_equal(out, "600");
    stamp_duration(out, 0.0214);
    assert_string_equal(out, "0.0214");
    stamp_duration(out, 1e300);
    assert_string_equal(out, "0");
    stamp_session(out, 9999);
    assert_string_equal(out, "s9999");
    stamp_session(out, 10000);
    assert_string_equal(out, "s10000");
    stamp_u64(out, UINT64_MAX);
    assert_string_equal(out, "18446744073709551615");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_known), TEST(test_outcomes), TEST(test_tcp),
        TEST(test_smtp),          TEST(test_tls),      TEST(test_finding_and_frames),
        TEST(test_steps),         TEST(test_stamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
