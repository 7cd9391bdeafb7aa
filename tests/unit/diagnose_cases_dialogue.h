/* diagnose_cases_dialogue.h - healthy mail, the dialogue and refusals: sections D and F of the
 * rules, and what is not named inside TLS. */
#ifndef TESTS_UNIT_DIAGNOSE_CASES_DIALOGUE_H
#define TESTS_UNIT_DIAGNOSE_CASES_DIALOGUE_H

#include "tests/unit/diagnose_case.h"

static const struct test_case dialogue_cases[] = {
    /* healthy */
    {"one mail", DATA, "0.2 c content 1000\n0.25 s 250 queued\n" BYE("0.3", "0.31", "0.32"),
     "!probe-session !slow-reply-eod !bad-sequence-client", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"QUIT and FIN behind the dot, then the reply", DATA,
     "0.2 c content 1000\n0.2 c QUIT\n0.2 c fin\n3.1 s 250 queued\n3.1 s 221 bye\n3.1 s fin\n",
     "!client-abort-eod !duplicate-delivery-risk !data-final-timeout !rst-after-quit",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"RST behind QUIT", DATA,
     "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 c rst\n",
     "rst-after-quit !tcp-reset-by-client-quit", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"a greeting alone", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n" BYE("0.1", "0.2", "0.3"), "probe-session",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"a recipient checked", HI,
     "0.1 c MAIL FROM:<>\n0.11 s 250 ok\n0.12 c RCPT TO:<b@b>\n0.13 s 250 ok\n" BYE("0.2", "0.21",
                                                                                    "0.22"),
     "address-callout !probe-session", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"a mail is no callout", DATA, "0.2 c content 10\n0.21 s 250 ok\n" BYE("0.3", "0.31", "0.32"),
     "!address-callout", OUTCOME_COMPLETED, PHASE_QUIT, 0},

    /* D: dialogue */
    {"greeting after 7 s", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n7 s 220 mx\n" BYE("7.1", "7.2", "7.3"),
     "greeting-delay !greeting-timeout", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"greeting after 35 s", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n35 s 220 mx\n" BYE("35.1", "35.2", "35.3"),
     "*greeting-delay>server !greeting-timeout !slow-reply-greeting", OUTCOME_COMPLETED, PHASE_QUIT,
     0},
    {"greeting after 3 s", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n3 s 220 mx\n" BYE("3.1", "3.2", "3.3"), "!greeting-delay",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"the pregreet test", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n6 s 220 mx ; from=0.04 lines=2\n" BYE("6.1", "6.2", "6.3"),
     "greeting-delay !early-talker", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"no greeting, client leaves after 35 s", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n35 c fin\nend 40\n",
     "*greeting-timeout>server client-timeout-too-short>client !client-abort-greeting "
     "!connect-timeout "
     "!implicit-tls-deadlock",
     OUTCOME_NO_REPLY, PHASE_GREETING, 0},
    {"no greeting, QUIT after 35 s", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n35 c QUIT\n35 c fin\nend 40\n",
     "*greeting-timeout>server client-timeout-too-short !early-talker !quit-timeout",
     OUTCOME_NO_REPLY, PHASE_GREETING, 0},
    {"no greeting, client leaves at once", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.5 c fin\n0.6 s fin\n",
     "!greeting-timeout client-abort-greeting", OUTCOME_COMPLETED, PHASE_GREETING, 0},
    {"no greeting, capture ends after 310 s", "", "0 c syn\n0.02 s synack\n0.03 c up\nend 310\n",
     "*greeting-timeout !capture-ends-open", OUTCOME_NO_REPLY, PHASE_GREETING, 0},
    {"silence on 465", "", "0 c syn\n0.02 s synack\n0.03 c up\n25 c QUIT\n25.1 s rst\n",
     "*implicit-tls-deadlock>client !greeting-timeout !client-timeout-too-short !early-talker",
     OUTCOME_ABORTED, PHASE_GREETING, 465},
    {"a short connection on 465", "", "0 c syn\n0.02 s synack\n0.03 c up\n1 c fin\n1.1 s fin\n",
     "!implicit-tls-deadlock", OUTCOME_COMPLETED, PHASE_GREETING, 465},
    {"greeted with 554", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 554 no\n" BYE("0.1", "0.2", "0.3"),
     "*greeting-rejected>policy !server-closed-mid-session !client-abort-greeting !probe-session",
     OUTCOME_REJECTED, PHASE_GREETING, 0},
    {"greeted with 220", HI, BYE("0.1", "0.2", "0.3"), "!greeting-rejected", OUTCOME_COMPLETED,
     PHASE_QUIT, 0},
    {"speaks before the greeting", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 c EHLO a ; blind\n3 s 220 mx\n3.1 s 250 mx\n" BYE(
         "3.2", "3.3", "3.4"),
     "early-talker !early-talker-rejected", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"speaks early to a server that offers it", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 c EHLO a ; blind\n3 s 220 mx\n"
     "3.1 s 250 mx ; keywords=PIPECONNECT\n" BYE("3.2", "3.3", "3.4"),
     "!early-talker", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"refused for it", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 c EHLO a ; blind\n3 s 554 SMTP synchronization "
     "error\n"
     "3.1 s fin\n3.2 c fin\n",
     "*early-talker-rejected>client early-talker greeting-rejected", OUTCOME_REJECTED,
     PHASE_GREETING, 0},
    {"hello refused", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n0.06 s 550 no\n" BYE(
         "0.1", "0.2", "0.3"),
     "*helo-rejected>client", OUTCOME_REJECTED, PHASE_EHLO, 0},
    {"hello refused with 421", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n"
     "0.06 s 421 4.7.1 your HELO name is not acceptable\n" BYE("0.1", "0.2", "0.3"),
     "*service-shutdown helo-rejected>client", OUTCOME_REJECTED, PHASE_EHLO, 0},
    {"connection refused at the hello", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n"
     "0.06 s 421 4.7.0 too many connections from your host\n" BYE("0.1", "0.2", "0.3"),
     "*too-many-connections !helo-rejected", OUTCOME_REJECTED, PHASE_EHLO, 0},
    {"EHLO unknown, HELO taken", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n0.06 s 502 what\n"
     "0.07 c HELO a\n0.08 s 250 mx\n" BYE("0.1", "0.2", "0.3"),
     "!helo-rejected !bad-sequence-client", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"password refused", HI,
     "0.1 c AUTH PLAIN\n0.2 s 334 go\n0.3 c auth\n2 s 535 no\n" BYE("2.1", "2.2", "2.3"),
     "*auth-failed>client !client-abort-auth !auth-temp-failure !auth-not-offered",
     OUTCOME_REJECTED, PHASE_AUTH, 0},
    {"directory down", HI, "0.1 c AUTH PLAIN\n0.2 s 454 later\n" BYE("2.1", "2.2", "2.3"),
     "*auth-temp-failure>server !auth-failed", OUTCOME_REJECTED, PHASE_AUTH, 0},
    {"AUTH where it is not offered", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n0.06 s 250 mx ; "
     "keywords=STARTTLS\n"
     "0.07 c AUTH LOGIN\n0.08 s 503 not enabled\n" BYE("0.1", "0.2", "0.3"),
     "*auth-not-offered !auth-failed !bad-sequence-disputed !bad-sequence-503", OUTCOME_REJECTED,
     PHASE_AUTH, 0},

    /* F: refusals */
    {"every recipient refused", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 550 no\n" BYE("0.5", "0.6",
                                                                                    "0.7"),
     "*permanent-reject-unclassified>unknown !transient-reject-unclassified", OUTCOME_REJECTED,
     PHASE_RCPT, 0},
    {"put off", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 450 later\n" BYE("0.5", "0.6",
                                                                                       "0.7"),
     "*transient-reject-unclassified !permanent-reject-unclassified", OUTCOME_REJECTED, PHASE_RCPT,
     0},
    {"one of two recipients refused", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 550 no\n0.5 c RCPT TO:<c@b>\n"
     "0.6 s 250 ok\n0.7 c DATA\n0.8 s 354 go\n0.9 c content 90\n1 s 250 ok\n" BYE("1.1", "1.2",
                                                                                  "1.3"),
     "*permanent-reject-unclassified", OUTCOME_PARTIAL, PHASE_RCPT, 0},
    {"refused after the content", DATA,
     "0.2 c content 90\n0.3 s 554 spam\n" BYE("0.4", "0.5", "0.6"), "*spam-content",
     OUTCOME_REJECTED, PHASE_EOD, 0},

    /* inside TLS no phase is named */
    {"server silent behind a burst", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n0.5 c run 90\n0.6 s run 100\n"
     "0.7 c run 20000\n310.7 c fin\nend 311\n",
     "*tls-stalled-server>server !data-final-timeout !tls-stalled-client !client-abort-tls",
     OUTCOME_NO_REPLY, PHASE_TLS, 0},
    {"client silent, server closes", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n0.5 c run 90\n0.6 s run 100\n"
     "310.7 s fin\n310.8 c fin\n",
     "tls-stalled-client !tls-stalled-server", OUTCOME_ENCRYPTED, PHASE_TLS, 0},
    {"slow, but it answers", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n0.5 c run 90\n0.6 s run 100\n"
     "0.7 c run 20000\n200 s run 60\n200.1 c fin\n200.2 s fin\n",
     "!tls-stalled-server", OUTCOME_ENCRYPTED, PHASE_TLS, 0},
    {"a good-bye nobody answers", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n0.5 s run 100\n0.6 c run 24\n"
     "60 c fin\n60.1 s fin\n",
     "!tls-stalled-server", OUTCOME_ENCRYPTED, PHASE_TLS, 0},
    {"closed inside TLS", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n0.4 s tls hello\n0.5 c run 900\n0.6 s run "
     "100\n"
     "300 c rst\n",
     "!tcp-reset-by-client-tls !client-abort-tls !sender-stall", OUTCOME_ENCRYPTED, PHASE_TLS, 0},
};

#endif
