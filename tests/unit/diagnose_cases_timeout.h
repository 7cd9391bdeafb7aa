/* diagnose_cases_timeout.h - silences: section E of the rules. */
#ifndef TESTS_UNIT_DIAGNOSE_CASES_TIMEOUT_H
#define TESTS_UNIT_DIAGNOSE_CASES_TIMEOUT_H

#include "tests/unit/diagnose_case.h"

static const struct test_case timeout_cases[] = {
    /* E: timeouts */
    {"no reply to EHLO", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n300.06 c fin\nend 301\n",
     "*ehlo-timeout>server !client-timeout-too-short", OUTCOME_NO_REPLY, PHASE_EHLO, 0},
    {"client leaves 3 s after EHLO", "",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n0.05 c EHLO a\n3 c fin\n3.1 s fin\n",
     "*client-abort-ehlo>client !ehlo-timeout !client-timeout-too-short", OUTCOME_ABORTED,
     PHASE_EHLO, 0},
    {"client silent inside AUTH", HI, "0.1 c AUTH PLAIN\n0.2 s 334 go\n40 c fin\n40.1 s fin\n",
     "*client-abort-auth>client !auth-timeout !client-timeout-too-short", OUTCOME_ABORTED,
     PHASE_AUTH, 0},
    {"no reply to STARTTLS", HI, "0.1 c STARTTLS\n60 c fin\nend 61\n",
     "*starttls-timeout>server client-timeout-too-short", OUTCOME_NO_REPLY, PHASE_STARTTLS, 0},
    {"no reply to the TLS hello", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n40 c fin\nend 41\n",
     "*starttls-timeout>server client-timeout-too-short", OUTCOME_NO_REPLY, PHASE_STARTTLS, 0},
    {"a slow TLS hello", HI,
     "0.1 c STARTTLS\n0.2 s 220 go\n0.3 c tls hello\n9 s tls hello\n9.1 c run 500\n9.2 s run 500\n"
     "9.3 c fin\n9.4 s fin\n",
     "!starttls-timeout", OUTCOME_ENCRYPTED, PHASE_TLS, 0},
    {"no reply to AUTH", HI, "0.1 c AUTH PLAIN\n0.2 s 334 go\n0.3 c auth\n40 c fin\nend 41\n",
     "*auth-timeout>server client-timeout-too-short !auth-failed", OUTCOME_NO_REPLY, PHASE_AUTH, 0},
    {"no reply to MAIL, QUIT after 12 s", HI,
     "0.1 c MAIL FROM:<a@a>\n12 c QUIT\n12 c fin\n60 s 250 ok\n60 s 221 bye\n60 c rst\n",
     "*mail-timeout>server client-timeout-too-short>client !rcpt-timeout !quit-timeout "
     "!client-abort-mail",
     OUTCOME_NO_REPLY, PHASE_MAIL, 0},
    {"299 s is 300 s", HI, "0.1 c MAIL FROM:<a@a>\n299.08 c fin\nend 300\n",
     "*mail-timeout !client-timeout-too-short", OUTCOME_NO_REPLY, PHASE_MAIL, 0},
    {"MAIL that never arrived", HI,
     "0.1 c MAIL FROM:<a@a> ; unacked\n0.4 c resent len=17 count=9 until=130\n300 c fin ; "
     "unacked\nend 301\n",
     "!mail-timeout *retransmission-exhausted>network !client-timeout-too-short", OUTCOME_NO_REPLY,
     PHASE_MAIL, 0},
    {"a pipelined group without a reply", HI,
     "0.1 c MAIL FROM:<a@a>\n0.1 c RCPT TO:<b@b>\n0.1 c DATA\n0.2 s 250 ok\n310 c fin\nend 311\n",
     "*rcpt-timeout>server !mail-timeout !data-init-timeout", OUTCOME_NO_REPLY, PHASE_RCPT, 0},
    {"no reply to DATA", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 250 ok\n0.5 c DATA\n120 c "
     "fin\n"
     "end 121\n",
     "*data-init-timeout>server !client-timeout-too-short", OUTCOME_NO_REPLY, PHASE_DATA_INIT, 0},
    {"content stands still, server does not read", DATA,
     "0.2 c content 500000 until=1 cut unacked\n1 s zero until=181 open probes=9\n181.2 c fin\nend "
     "182\n",
     "*zero-window-stall-server data-block-timeout>server data-aborted !sender-stall",
     OUTCOME_NO_REPLY, PHASE_DATA, 0},
    {"no reply to the dot for 600 s", DATA, "0.2 c content 1000\n600.2 c fin\nend 601\n",
     "*data-final-timeout>server duplicate-delivery-risk>server !client-timeout-too-short "
     "!data-aborted",
     OUTCOME_NO_REPLY, PHASE_EOD, 0},
    {"no reply to the dot for 30 s", DATA, "0.2 c content 1000\n30.2 c fin\nend 31\n",
     "*data-final-timeout client-timeout-too-short duplicate-delivery-risk !client-abort-eod",
     OUTCOME_NO_REPLY, PHASE_EOD, 0},
    {"no reply to the dot, still waiting after 600 s", DATA, "0.2 c content 1000\nend 605\n",
     "*data-final-timeout !duplicate-delivery-risk !capture-ends-open", OUTCOME_NO_REPLY, PHASE_EOD,
     0},
    {"no reply to the dot, cut by a gap", DATA,
     "0.2 c content 1000\n5 s gap 30 reply\n30.2 c fin\nend 31\n",
     "capture-gap !data-final-timeout !duplicate-delivery-risk", OUTCOME_COMPLETED, PHASE_IDLE, 0},
    {"the client left, then the message was accepted", DATA,
     "0.2 c content 1000\n0.2 c QUIT\n12.2 c fin\n25 s 250 queued ; unacked\n25 s 221 bye ; "
     "unacked\n25 c rst\n",
     "*data-final-timeout>server duplicate-delivery-risk client-timeout-too-short",
     OUTCOME_NO_REPLY, PHASE_EOD, 0},
    {"the client left, then the message was refused", DATA,
     "0.2 c content 1000\n12.2 c fin\n25 s 451 later ; unacked\n25 c rst\n",
     "*data-final-timeout client-timeout-too-short duplicate-delivery-risk "
     "!transient-reject-unclassified",
     OUTCOME_NO_REPLY, PHASE_EOD, 0},
    {"no reply to QUIT", HI, "0.1 c QUIT\n10 c fin\nend 11\n",
     "quit-timeout !client-timeout-too-short", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"421 after 300 s of silence", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n300.2 s 421 timeout ; unsolicited\n300.2 s fin\n300.3 c "
     "fin\n",
     "*server-idle-timeout>client !server-timeout-too-short !mail-timeout "
     "!server-closed-mid-session",
     OUTCOME_ABORTED, PHASE_IDLE, 0},
    {"421 after 10 s of silence", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n10.2 s 421 timeout ; unsolicited\n10.2 s fin\n10.3 c "
     "fin\n",
     "*server-idle-timeout server-timeout-too-short>server", OUTCOME_ABORTED, PHASE_IDLE, 0},
    {"an idle connection closed after its mail", DATA,
     "0.2 c content 90\n0.3 s 250 ok\n60 s 451 timeout ; unsolicited\n60 s fin\n",
     "server-idle-timeout server-timeout-too-short !server-closed-mid-session", OUTCOME_COMPLETED,
     PHASE_IDLE, 0},
    {"421 at once is no idle timeout", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 421 closing\n0.2 s fin\n0.3 c fin\n",
     "!server-idle-timeout *service-shutdown", OUTCOME_REJECTED, PHASE_MAIL, 0},
    {"MAIL answered after 8 s", HI,
     "0.1 c MAIL FROM:<a@a>\n8.1 s 250 ok\n" BYE("8.2", "8.3", "8.4"),
     "slow-reply-mail !mail-timeout", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"MAIL answered after 40 s", HI,
     "0.1 c MAIL FROM:<a@a>\n40.1 s 250 ok\n" BYE("40.2", "40.3", "40.4"),
     "*slow-reply-mail>server", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"MAIL answered after 4 s", HI,
     "0.1 c MAIL FROM:<a@a>\n4.1 s 250 ok\n" BYE("4.2", "4.3", "4.4"), "!slow-reply-mail",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"the network lost MAIL for 8 s", HI,
     "0.1 c MAIL FROM:<a@a> ; late=8\n0.4 c resent len=17 count=4 until=7.9 acked\n8.1 s 250 "
     "ok\n" BYE("8.2", "8.3", "8.4"),
     "!slow-reply-mail", OUTCOME_COMPLETED, PHASE_QUIT, 0},
};

#endif
