/* Who was everybody waiting for? Each case is a session and its waits: "seconds owner phase", in
 * order; "open" when nothing ended it. Seconds are rounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/thresholds.h"
#include "report/diagnose/timers.h"
#include "tests/support/session_builder.h"

static const struct {
    const char *label;
    const char *const *opening;
    const char *script, *want;
} cases[] = {
#define NONE NULL
#define HI                                                                                         \
    (const char *const[])                                                                          \
    {                                                                                              \
        session_builder_hello                                                                      \
    }
#define DATA                                                                                       \
    (const char *const[])                                                                          \
    {                                                                                              \
        session_builder_to_data                                                                    \
    }
    {"nothing waits", HI, "0.5 c QUIT\n0.6 s 221 bye\n0.6 s fin\n0.7 c fin\n", ""},
    {"exactly a second is no wait", HI, "1.06 c QUIT\n1.1 s 221 bye\n1.1 s fin\n1.2 c fin\n", ""},
    {"client takes its time", HI, "5.06 c QUIT\n5.1 s 221 bye\n5.1 s fin\n5.2 c fin\n",
     "5 client idle"},
    {"server takes its time", HI, "1 c MAIL FROM:<a@a>\n9 s 250 ok\n", "8 server mail"},
    {"measured from the acknowledgement", DATA, "0.2 c content 100 late=3\n33 s 250 ok\nend 33\n",
     "33 server eod"},
    {"lost on the way first, then the server's", HI,
     "1 c MAIL FROM:<a@a> ; late=9\n1.3 c resent len=17 count=4 until=8.9 acked\n20 s 250 ok\n",
     "8 network mail, 11 server mail"},
    {"never acknowledged, sent again", HI,
     "1 c MAIL FROM:<a@a> ; unacked\n1.3 c resent len=17 count=9 until=50\nend 60\n",
     "59 network mail open"},
    {"never acknowledged, never sent again", HI, "1 c MAIL FROM:<a@a> ; unacked\nend 60\n",
     "59 unknown mail open"},
    {"keep-alives are no progress", HI,
     "1 c MAIL FROM:<a@a>\n20 c resent count=3 until=60 alive\n90 s 250 ok\n", "89 server mail"},
    {"no greeting", NONE, "0 c syn\n0.02 s synack\n0.03 c up\n9 s 220 mx\n", "9 server greeting"},
    {"no greeting on 465 is the client's turn", NONE, "", ""},
    {"pregreet test", NONE, "0 c syn\n0.02 s synack\n0.03 c up\n6.1 s 220 mx ; from=0.1 lines=2\n",
     "6 server greeting"},
    {"no SYN-ACK", NONE, "0 c syn\n1 c syn\n3 c syn\nend 7\n", "7 network connect open"},
    {"a pause inside content", DATA, "0.2 c content 100 until=50 pause=1..41\n50.1 s 250 ok\n",
     "40 client data"},
    {"a pause inside content, server's window shut", DATA,
     "0.2 c content 100 until=50 pause=1..41\n1 s zero until=40\n50.1 s 250 ok\n",
     "40 server data"},
    {"a pause inside content, resending", DATA,
     "0.2 c content 100 until=50 pause=1..41\n1.5 c resent len=1448 count=5 until=40.9 acked\n50.1 "
     "s 250 ok\n",
     "40 network data"},
    {"content that stops", DATA, "0.2 c content 100 until=1 cut\nend 100\n", "99 client data open"},
    {"354 and no content", DATA, "60 c fin\nend 60\n", "60 client data"},
    {"334 and no answer", HI, "0.1 c AUTH PLAIN\n0.2 s 334 go\n60 c fin\nend 60\n",
     "60 client auth"},
    {"220 to STARTTLS and no hello", HI, "0.1 c STARTTLS\n0.2 s 220 go\n60 c fin\nend 60\n",
     "60 client tls"},
    {"TLS hello unanswered", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n60 c fin\nend 60\n", "60 server tls"},
    {"inside TLS, server spoke last", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n60 c run 100\nend 60\n",
     "60 client tls"},
    {"a pipelined group: the oldest open command counts", HI,
     "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1.2 s 250 ok\n8 s 250 ok\n", "7 server rcpt"},
    {"behind a gap nobody is named", HI, "1 c MAIL FROM:<a@a>\n2 s gap 10\n30 c fin\nend 30\n",
     "28 unknown idle"},
    {"midway nobody is named at first", NONE, "5 c MAIL FROM:<a@a>\n9 s 250 ok\n", "4 server mail"},
};

static void describe(const struct diagnosis *d, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const struct wait *w = d->waits; w; w = w->next) {
        int n = snprintf(out + used, size - used, "%s%.0f %s %s%s", used ? ", " : "", w->seconds,
                         party_words[w->owner], phase_words[w->phase], w->open ? " open" : "");
        used += (size_t)n;
    }
}

static void test_waits(void **state)
{
    struct settings settings = session_builder_settings();
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[2048], got[512];
        struct session *s;

        snprintf(script, sizeof script, "%s%s", cases[i].opening ? cases[i].opening[0] : "",
                 cases[i].script);
        s = session_build(script);
        describe(diagnose_session(&settings, s), got, sizeof got);
        if (strcmp(got, cases[i].want) != 0) {
            fprintf(stderr, "%s: %s, wanted %s\n", cases[i].label, got, cases[i].want);
            failures++;
        }
        session_free(s);
    }
    assert_int_equal(failures, 0);
}

static void test_port_465(void **state)
{
    struct settings settings = session_builder_settings();
    struct session *s = session_build_at("0 c syn\n0.02 s synack\n0.03 c up\n25 c fin\nend 25\n", 1,
                                         BUILDER_START, "192.0.2.10", "198.51.100.25", 465);
    const struct diagnosis *d = diagnose_session(&settings, s);

    (void)state;
    assert_non_null(d->waits);
    assert_int_equal(d->waits->owner, PARTY_CLIENT);
    session_free(s);
}

/* A FIN whose data was held back behind a hole stands before that data in the list. */
static void test_end_before_its_data(void **state)
{
    struct settings settings = session_builder_settings();
    struct session *s;
    const struct diagnosis *d;
    char script[2048];

    (void)state;
    snprintf(script, sizeof script,
             "%s0.2 c content 100\n0.9 s fin\n1.5 c fin\n0.3 s 250 ok\n0.4 c QUIT\n"
             "0.9 s 221 bye\n",
             session_builder_to_data);
    s = session_build(script);
    d = diagnose_session(&settings, s);
    assert_false(d->flagged);
    assert_int_equal(d->outcome, OUTCOME_COMPLETED);
    assert_int_equal(d->phase, PHASE_QUIT);
    session_free(s);
}

static void test_timers(void **state)
{
    static const struct {
        enum phase phase;
        enum side side;
        double seconds;
        const char *want;
    } rows[] = {
        {PHASE_EOD, SIDE_CLIENT, 600,
         "Postfix smtp_data_done_timeout, Exim final_timeout, IBM CSSMTP DataTerm"},
        {PHASE_EOD, SIDE_CLIENT, 611.9,
         "Postfix smtp_data_done_timeout, Exim final_timeout, IBM CSSMTP DataTerm"},
        {PHASE_EOD, SIDE_CLIENT, 612.1, NULL},
        {PHASE_EOD, SIDE_CLIENT, 587.9, NULL},
        {PHASE_IDLE, SIDE_SERVER, 10, "Postfix smtpd_timeout under stress, Amazon SES idle close"},
        {PHASE_IDLE, SIDE_SERVER, 12.1, NULL},
        {PHASE_RCPT, SIDE_CLIENT, 60, "lettre default timeout"},
        {PHASE_EOD, SIDE_SERVER, 600, NULL},
        {PHASE_DATA_INIT, SIDE_CLIENT, 120, "Postfix smtp_data_init_timeout"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[160] = "";
        bool known =
            timers_recognize(rows[i].phase, rows[i].side, rows[i].seconds, got, sizeof got);

        assert_int_equal(known, rows[i].want != NULL);
        if (known) {
            assert_string_equal(got, rows[i].want);
        }
    }
    assert_true(timers_reached(599.97, 600));
    assert_true(timers_reached(588, 600));
    assert_false(timers_reached(587.9, 600));
    assert_true(timers_reached(8, 10));
    assert_false(timers_reached(7.9, 10));
}

/* A field too small for the names is cut between them. */
static void test_timers_short_field(void **state)
{
    char got[40] = "";

    (void)state;
    assert_true(timers_recognize(PHASE_EOD, SIDE_CLIENT, 600, got, sizeof got));
    assert_string_equal(got, "Postfix smtp_data_done_timeout");
}

static void test_thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        assert_true(threshold_at(i)->value > 0);
        assert_true(strlen(threshold_at(i)->source) > 0);
    }
    assert_null(threshold_at(THRESHOLD_COUNT));
    assert_true(threshold(THRESHOLD_GIVE_UP) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_port_465),
        cmocka_unit_test(test_end_before_its_data),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_timers_short_field),
        cmocka_unit_test(test_thresholds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
