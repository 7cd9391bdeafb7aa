/* The verdict: what it says about each kind of fault, and that no link is called OK without
 * evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/fleet.h"
#include "tests/support/session_builder.h"

#define UP "0 c syn\n0.02 s synack\n0.03 c up\n"

static const struct {
    const char *label;
    const char *opening; /* "H": the hello, "D": up to 354 */
    const char *script;
    const char *headline;
    enum link_state chain[LINKS]; /* client, path, their TCP, their mail application */
    const char *fate, *extent;    /* a part of it */
    bool log;                     /* an MTA log shows it later than the packets do */
} cases[] = {
    {"silent after the dot",
     "D",
     "0.2 c content 1000\n600.2 c fin\nend 601\n",
     "mx.example (198.51.100.25) does not answer the end of data",
     {LINK_OK, LINK_OK, LINK_OK, LINK_FAILED},
     "Fate of 1 complete message is unknown; a retry may deliver it twice.",
     "1 given up after 600.0 s",
     true},
    {"still silent after the dot",
     "D",
     "0.2 c content 1000\nend 700\n",
     "mx.example (198.51.100.25) does not answer the end of data",
     {LINK_OK, LINK_OK, LINK_OK, LINK_FAILED},
     "Fate of 1 complete message",
     "1 still waiting",
     true},
    {"no greeting",
     "",
     UP "35 c fin\nend 36\n",
     "198.51.100.25 accepts connections but sends no greeting",
     {LINK_SUSPECT, LINK_OK, LINK_OK, LINK_FAILED},
     "No mail was handed over",
     "given up after 34.97",
     true},
    {"refused",
     "",
     "0 c syn\n0.02 s refused\n",
     "198.51.100.25 refuses connections",
     {LINK_OK, LINK_OK, LINK_FAILED, LINK_UNKNOWN},
     "No mail was handed over",
     "1 of 1 session",
     false},
    {"no answer",
     "",
     "0 c syn\n1 c syn\n3 c syn\n7 c syn\nend 15\n",
     "198.51.100.25 does not answer connection attempts",
     {LINK_OK, LINK_SUSPECT, LINK_UNKNOWN, LINK_UNKNOWN},
     "No mail was handed over",
     "",
     false},
    {"forbidden",
     "",
     "0 c syn\n0.5 c icmp 3/13 syn\nend 9\n",
     "a firewall forbids connections to 198.51.100.25",
     {LINK_OK, LINK_FAILED, LINK_UNKNOWN, LINK_UNKNOWN},
     "No mail was handed over",
     "",
     false},
    {"path dead",
     "D",
     "0.2 c content 200000 until=1 cut unacked\n1.3 c resent len=1448 count=9 until=130\nend 131\n",
     "mx.example (198.51.100.25) fell silent in the middle of sessions",
     {LINK_OK, LINK_FAILED, LINK_UNKNOWN, LINK_UNKNOWN},
     "was not complete",
     "",
     false},
    {"server stops reading",
     "D",
     "0.2 c content 500000 until=1 cut unacked\n1 s zero until=132 open probes=9\nend 132\n",
     "mx.example (198.51.100.25) stops reading in the middle of messages",
     {LINK_OK, LINK_OK, LINK_OK, LINK_FAILED},
     "was not complete",
     "",
     false},
    {"a device resets",
     "D",
     "0.2 c content 9000 until=0.8 cut\n0.9 s rst ttl=64 usual=49\n",
     "a device on the path resets connections to mx.example (198.51.100.25)",
     {LINK_OK, LINK_FAILED, LINK_UNKNOWN, LINK_UNKNOWN},
     "was not complete",
     "",
     false},
    {"server resets",
     "D",
     "0.2 c content 9000 until=0.8 cut\n0.9 s rst\n",
     "mx.example (198.51.100.25) resets connections",
     {LINK_OK, LINK_UNKNOWN, LINK_SUSPECT, LINK_SUSPECT},
     "was not complete",
     "",
     false},
    {"client out of order",
     "H",
     "1 c RCPT TO:<b@b>\n1.1 s 503 need MAIL\n2 c QUIT\n2.1 s 221 bye\n",
     "mx.example (198.51.100.25) refuses commands that come out of order",
     {LINK_FAILED, LINK_OK, LINK_OK, LINK_OK},
     "No mail was handed over",
     "",
     false},
    {"refused by a reply",
     "H",
     "0.1 c MAIL FROM:<a@a>\n0.2 s 550 no\n0.3 c QUIT\n0.4 s 221 bye\n",
     "mx.example (198.51.100.25) refuses mail by policy",
     {LINK_UNKNOWN, LINK_OK, LINK_OK, LINK_SUSPECT},
     "Refused for good with a 5xx",
     "",
     false},
    {"put off by a reply",
     "H",
     "0.1 c MAIL FROM:<a@a>\n0.2 s 451 later\n0.3 c QUIT\n0.4 s 221 bye\n",
     "mx.example (198.51.100.25) has an error of its own",
     {LINK_UNKNOWN, LINK_OK, LINK_OK, LINK_SUSPECT},
     "Put off with a 4xx",
     "",
     false},
    {"accepted when the client had left",
     "D",
     "0.2 c content 1000\n12.2 c fin\n25 s 250 queued ; unacked\nend 26\n",
     "mx.example (198.51.100.25) does not answer the end of data",
     {LINK_SUSPECT, LINK_OK, LINK_OK, LINK_FAILED},
     "1 message was accepted, and the client does not know: a retry delivers it twice.",
     "1 given up after 11.99 s",
     true},
    {"refused when the client had left",
     "D",
     "0.2 c content 1000\n12.2 c fin\n25 s 451 no ; unacked\nend 26\n",
     "mx.example (198.51.100.25) does not answer the end of data",
     {LINK_SUSPECT, LINK_OK, LINK_OK, LINK_FAILED},
     "1 message was refused after the client had left: a retry is safe.",
     "1 given up after 11.99 s",
     true},
    {"an enhanced code is no name",
     "",
     UP "0.04 s 554 5.7.1 no service for you\n0.1 c QUIT\n0.2 s 221 bye\n0.3 s fin\n0.4 c fin\n",
     "198.51.100.25 refuses clients in its greeting",
     {LINK_UNKNOWN, LINK_OK, LINK_OK, LINK_SUSPECT},
     "No mail was handed over",
     "1 of 1 session",
     false},
    {"late and accepted",
     "",
     UP "40 s 220 mx.example ESMTP\n40.1 c EHLO a.example\n40.2 s 250 mx.example\n"
        "40.3 c MAIL FROM:<a@a.example>\n40.4 s 250 ok\n40.5 c RCPT TO:<b@b.example>\n"
        "40.6 s 250 ok\n40.7 c DATA\n40.8 s 354 go\n41 c content 1000\n41.1 s 250 ok\n"
        "41.2 c QUIT\n41.3 s 221 bye\n41.4 s fin\n41.5 c fin\n",
     "mx.example (198.51.100.25) greets late",
     {LINK_OK, LINK_OK, LINK_OK, LINK_SUSPECT},
     "1 message was accepted in these sessions.",
     "longest wait 39.97 s",
     false},
};

static void run(const char *opening, const char *script, struct settings *settings,
                struct fleet *fleet)
{
    char whole[4096];
    struct session *s;

    snprintf(whole, sizeof whole, "%s%s",
             opening[0] == 'H'   ? session_builder_hello
             : opening[0] == 'D' ? session_builder_to_data
                                 : "",
             script);
    s = session_build(whole);
    diagnose_session(settings, s);
    fleet_add(fleet, s);
    fleet_finish(fleet, s->first, (struct mark){9999, s->capture_end_ns});
    session_free(s);
}

static void test_cases(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings settings = session_builder_settings();
        struct fleet *fleet = fleet_new(&settings);
        const struct verdict *v;
        bool ok;

        run(cases[i].opening, cases[i].script, &settings, fleet);
        v = fleet_verdict(fleet);
        ok = v->exists && strcmp(v->headline, cases[i].headline) == 0 &&
             strlen(v->headline) == v->headline_len && strstr(v->fate, cases[i].fate) &&
             strstr(v->extent, cases[i].extent) && (v->mta_log_ns != 0) == cases[i].log &&
             strlen(v->doubt) > 0;
        for (int link = 0; ok && link < LINKS; link++) {
            ok = v->chain[link].state == cases[i].chain[link] && v->chain[link].text[0];
        }
        if (!ok) {
            fprintf(stderr, "%s: \"%s\" %d%d%d%d \"%s\" \"%s\" log %d\n", cases[i].label,
                    v->headline, v->chain[0].state, v->chain[1].state, v->chain[2].state,
                    v->chain[3].state, v->fate, v->extent, v->mta_log_ns != 0);
            failures++;
        }
        fleet_free(fleet);
    }
    assert_int_equal(failures, 0);
}

/* Capture quality, unproven findings, notices: no verdict. */
static void test_no_verdict(void **state)
{
    static const char *const scripts[] = {
        "0.2 c content 1000\n0.25 s gap 30 reply\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c "
        "fin\n",
        "0.2 c content 1000\n5 s gap 30 reply\n600.2 c fin\nend 601\n",
        "0.2 c content 1000\nend 20\n",
        "0.2 c content 1000\n8 s 250 ok\n9 c QUIT\n9.1 s 221 bye\n9.1 c rst\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct settings settings = session_builder_settings();
        struct fleet *fleet = fleet_new(&settings);

        run("D", scripts[i], &settings, fleet);
        assert_false(fleet_verdict(fleet)->exists);
        fleet_free(fleet);
    }
}

/* A name from the wire of any length and content fits or is left out. */
static void test_long_name(void **state)
{
    char script[2048], name[420];
    static const size_t lengths[] = {1, 60, 100, 126, 127, 128, 200, 400};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct settings settings = session_builder_settings();
        struct fleet *fleet = fleet_new(&settings);
        const struct verdict *v;

        memset(name, 'n', sizeof name);
        memcpy(name, "%s.", lengths[i] > 3 ? 3 : 0);
        name[lengths[i]] = '\0';
        snprintf(script, sizeof script,
                 UP "0.04 s 220 %s ESMTP\n0.05 c EHLO a\n0.06 s 250 mx\n1 c MAIL FROM:<a@a>\n400 c "
                    "fin\nend 401\n",
                 name);
        run("", script, &settings, fleet);
        v = fleet_verdict(fleet);
        assert_true(v->exists);
        assert_true(v->headline_len < sizeof v->headline);
        assert_non_null(strstr(v->headline, "198.51.100.25"));
        assert_non_null(strstr(v->headline, "does not answer MAIL FROM"));
        fleet_free(fleet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_no_verdict),
        cmocka_unit_test(test_long_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
