/* Every rule with a session that raises it, and with near misses that must not. The table is one of
 * labelled cases: what happened, and what may be said about it.
 *
 * Expectation: ids apart by blanks. "*id" is the primary finding, "id" is raised, "!id" must not
 * be, "id>party" also says whom it points to. Any other finding of warning or worse is a false
 * alarm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/rules.h"
#include "tests/support/session_builder.h"

#define HI              "H" /* replaced by the hello script */
#define DATA            "D" /* replaced by the script up to 354 */
#define BYE(t0, t1, t2) t0 " c QUIT\n" t1 " s 221 bye\n" t1 " s fin\n" t2 " c fin\n"

struct test_case {
    const char *label;
    const char *opening; /* "", HI or DATA */
    const char *script;
    const char *want;
    enum outcome outcome;
    enum phase phase;
    uint16_t port; /* 0: 25 */
};

static const struct test_case cases[] = {
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

    /* A: capture quality */
    {"began midway", "", "0 c MAIL FROM:<a@a>\n0.1 s 250 ok\n" BYE("0.2", "0.3", "0.4"),
     "capture-midstream !bad-sequence-client !greeting-timeout", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"began with the SYN", HI, BYE("0.1", "0.2", "0.3"), "!capture-midstream", OUTCOME_COMPLETED,
     PHASE_QUIT, 0},
    {"the final reply was not captured", DATA,
     "0.2 c content 1000\n0.25 s gap 30 reply\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c "
     "fin\n",
     "capture-gap !data-final-timeout !duplicate-delivery-risk !capture-truncated",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"cut by the snap length", DATA,
     "0.2 c content 1000 missing=900\n0.2 c gap 900 snapped\n0.25 s 250 ok\n" BYE("0.3", "0.31",
                                                                                  "0.32"),
     "capture-truncated !capture-gap", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"bytes that nobody has", DATA,
     "0.2 c content 1000\n0.2 c gap 900 lost\n0.25 s 250 ok\n" BYE("0.3", "0.31", "0.32"),
     "!capture-gap !capture-truncated", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"still open", DATA, "0.2 c content 1000\nend 20.2\n",
     "capture-ends-open !data-final-timeout !duplicate-delivery-risk", OUTCOME_OPEN, PHASE_EOD, 0},
    {"closed in order", HI, BYE("0.1", "0.2", "0.3"), "!capture-ends-open", OUTCOME_COMPLETED,
     PHASE_QUIT, 0},

    /* B: connecting */
    {"SYNs into nothing", "", "0 c syn\n1 c syn\n3 c syn\n7 c syn\nend 15\n",
     "*connect-timeout>network !connect-slow !connect-unanswered-open", OUTCOME_UNREACHABLE,
     PHASE_CONNECT, 0},
    {"too few SYNs before the end", "", "0 c syn\n1 c syn\n3 c syn\nend 3\n",
     "!connect-timeout connect-unanswered-open !capture-ends-open", OUTCOME_OPEN, PHASE_CONNECT, 0},
    {"refused", "", "0 c syn\n0.02 s refused\n",
     "*connect-refused>server !connect-timeout !tcp-reset-by-server-connect", OUTCOME_REFUSED,
     PHASE_CONNECT, 0},
    {"reset later is no refusal", HI, "0.1 c MAIL FROM:<a@a>\n0.2 s rst\n",
     "*tcp-reset-by-server-mail !connect-refused", OUTCOME_RESET, PHASE_MAIL, 0},
    {"no route", "", "0 c syn\n0.5 c icmp 3/1 syn\nend 9\n",
     "*connect-icmp-unreachable>network !connect-port-unreachable", OUTCOME_UNREACHABLE,
     PHASE_CONNECT, 0},
    {"no route, version 6", "", "0 c syn\n0.5 c icmp 1/3 syn v6\nend 9\n",
     "*connect-icmp-unreachable>network", OUTCOME_UNREACHABLE, PHASE_CONNECT, 0},
    {"no port, from another host", "", "0 c syn\n0.5 c icmp 3/3 syn\nend 9\n",
     "*connect-port-unreachable>middlebox !connect-icmp-unreachable !connect-admin-prohibited",
     OUTCOME_REFUSED, PHASE_CONNECT, 0},
    {"forbidden", "", "0 c syn\n0.5 c icmp 3/13 syn\nend 9\n",
     "*connect-admin-prohibited>policy !connect-timeout", OUTCOME_UNREACHABLE, PHASE_CONNECT, 0},
    {"forbidden, SYNs go on", "",
     "0 c syn\n0.5 c icmp 3/13 syn\n1 c syn\n3 c syn\n7 c syn\nend 20\n",
     "*connect-admin-prohibited !connect-timeout", OUTCOME_UNREACHABLE, PHASE_CONNECT, 0},
    {"SYN-ACKs into nothing", "", "0 c syn\n0.02 s synack\n1 s synack\n3 s synack\nend 10\n",
     "*connect-no-ack !connect-timeout", OUTCOME_UNREACHABLE, PHASE_CONNECT, 0},
    {"one SYN-ACK, then the capture ends", "", "0 c syn\n0.02 s synack\nend 0.1\n",
     "!connect-no-ack", OUTCOME_OPEN, PHASE_CONNECT, 0},
    {"half-open scan", "", "0 c syn\n0.02 s synack\n0.03 c rst\n",
     "connect-client-rst-synack !tcp-reset-by-client-connect !connect-no-ack", OUTCOME_UNREACHABLE,
     PHASE_CONNECT, 0},
    {"RST once it was up", "", "0 c syn\n0.02 s synack\n0.03 c up\n0.05 c rst\n",
     "!connect-client-rst-synack tcp-reset-by-client-greeting", OUTCOME_COMPLETED, PHASE_GREETING,
     0},
    {"third SYN succeeds", "",
     "0 c syn\n1 c syn\n3 c syn\n3.02 s synack\n3.03 c up\n3.04 s 220 mx\n" BYE("3.1", "3.2",
                                                                                "3.3"),
     "connect-slow !connect-timeout", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"first SYN succeeds", HI, BYE("0.1", "0.2", "0.3"), "!connect-slow", OUTCOME_COMPLETED,
     PHASE_QUIT, 0},

    /* C: transport */
    {"the server's host vanished", HI, "0.1 c MAIL FROM:<a@a> ; unacked\n2 c icmp 3/1\nend 30\n",
     "*icmp-unreachable-mid-session>network !connect-icmp-unreachable", OUTCOME_UNREACHABLE,
     PHASE_MAIL, 0},
    {"an ICMP error that changed nothing", HI,
     "0.1 c MAIL FROM:<a@a>\n0.15 c icmp 3/1\n0.2 s 250 ok\n" BYE("0.3", "0.4", "0.5"),
     "!icmp-unreachable-mid-session", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"path dead in the middle", DATA,
     "0.2 c content 200000 until=1 cut unacked\n1.3 c resent len=1448 count=9 until=130\nend 131\n",
     "*retransmission-exhausted>network !pmtu-black-hole !sender-stall !data-aborted "
     "!duplicate-delivery-risk",
     OUTCOME_NO_REPLY, PHASE_DATA, 0},
    {"resent, but the peer is heard of", DATA,
     "0.2 c content 500 until=1 cut unacked\n1.3 c resent len=100 count=9 until=130 peer=7\nend "
     "131\n",
     "*one-way-loss>network !retransmission-exhausted !pmtu-black-hole", OUTCOME_NO_REPLY,
     PHASE_DATA, 0},
    {"resent twice, then acknowledged", DATA,
     "0.2 c content 1000 until=1\n1.3 c resent len=1448 count=2 until=2 acked\n2.1 s 250 ok\n" BYE(
         "2.2", "2.3", "2.4"),
     "!retransmission-exhausted !pmtu-black-hole", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"five replies of just 5.1 s", HI,
     "0.1 c MAIL FROM:<a@a>\n0.11 s 250 ok\n1 c RCPT TO:<b@b>\n6.1 s 550 no such user\n6.2 c RCPT "
     "TO:<b@b>\n11.3 s 550 no such user\n11.4 c RCPT TO:<b@b>\n16.5 s 550 no such user\n16.6 c "
     "RCPT TO:<b@b>\n21.7 s 550 no such user\n21.8 c RCPT TO:<b@b>\n26.9 s 550 no such user\n" BYE(
         "27", "27.1", "27.2"),
     "*user-unknown slow-reply-rcpt>policy", OUTCOME_REJECTED, PHASE_RCPT, 0},
    {"four replies of just 5 s, one of 6 s", HI,
     "0.1 c MAIL FROM:<a@a>\n0.11 s 250 ok\n1 c RCPT TO:<b@b>\n6 s 550 no such user\n6.1 c RCPT "
     "TO:<b@b>\n11.1 s 550 no such user\n11.2 c RCPT TO:<b@b>\n16.2 s 550 no such user\n16.3 c "
     "RCPT TO:<b@b>\n21.3 s 550 no such user\n21.4 c RCPT TO:<b@b>\n27.4 s 550 no such user\n" BYE(
         "27.5", "27.6", "27.7"),
     "*user-unknown slow-reply-rcpt>server", OUTCOME_REJECTED, PHASE_RCPT, 0},
    {"five slow replies, each in its own time", HI,
     "0.1 c MAIL FROM:<a@a>\n0.11 s 250 ok\n1 c RCPT TO:<b@b>\n6 s 550 no such user\n6.1 c RCPT "
     "TO:<b@b>\n11.3 s 550 no such user\n11.4 c RCPT TO:<b@b>\n16.8 s 550 no such user\n16.9 c "
     "RCPT TO:<b@b>\n22.5 s 550 no such user\n22.6 c RCPT TO:<b@b>\n28.4 s 550 no such user\n" BYE(
         "28.5", "28.6", "28.7"),
     "*user-unknown slow-reply-rcpt>server", OUTCOME_REJECTED, PHASE_RCPT, 0},
    {"300 kB in 20 s", DATA,
     "0.2 c content 300000 until=20\n20.1 s 250 ok\n" BYE("20.2", "20.3", "20.4"),
     "slow-transfer>network", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"300 kB in 5 s", DATA, "0.2 c content 300000 until=5\n5.1 s 250 ok\n" BYE("5.2", "5.3", "5.4"),
     "!slow-transfer", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"200 kB in 20 s", DATA,
     "0.2 c content 200000 until=20\n20.1 s 250 ok\n" BYE("20.2", "20.3", "20.4"), "!slow-transfer",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"300 kB, most of the time the client paused", DATA,
     "0.2 c content 300000 until=20 pause=1..9\n20.1 s 250 ok\n" BYE("20.2", "20.3", "20.4"),
     "slow-transfer !sender-stall", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"full-size segments vanish", DATA,
     "0.2 c content 500000 until=0.3 cut unacked\n0.25 s 250 ; unsolicited unfinished\n"
     "0.5 c resent len=1448 count=9 until=127 peer=1\nend 128\n",
     "*pmtu-black-hole>network !retransmission-exhausted !sender-stall !zero-window-stall-server",
     OUTCOME_NO_REPLY, PHASE_DATA, 0},
    {"server stops reading", DATA,
     "0.2 c content 500000 until=1 cut unacked\n1 s zero until=132 open probes=9\nend 132\n",
     "*zero-window-stall-server>server !sender-stall !retransmission-exhausted !pmtu-black-hole",
     OUTCOME_NO_REPLY, PHASE_DATA, 0},
    {"window shut for a moment", DATA,
     "0.2 c content 500000 until=4\n1 s zero until=3\n4.1 s 250 ok\n" BYE("4.2", "4.3", "4.4"),
     "!zero-window-stall-server", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"window shut for 40 s, then it goes on", DATA,
     "0.2 c content 500000 until=45 pause=1..41\n1 s zero until=41\n45.1 s 250 ok\n" BYE(
         "45.2", "45.3", "45.4"),
     "*zero-window-stall-server>server !sender-stall", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"client does not read replies", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 c zero until=30 probes=5\n30.1 s 250 ok\n" BYE("30.2", "30.3",
                                                                                "30.4"),
     "*zero-window-stall-client>client !zero-window-stall-server !slow-reply-mail",
     OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"client's window shut for a second", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 c zero until=1\n1.1 s 250 ok\n" BYE("1.2", "1.3", "1.4"),
     "!zero-window-stall-client", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"client pauses for 40 s", DATA,
     "0.2 c content 20000 until=41 pause=0.5..40.5\n41.1 s 250 ok\n" BYE("41.2", "41.3", "41.4"),
     "*sender-stall>client !data-block-timeout !slow-reply-data !slow-reply-eod", OUTCOME_COMPLETED,
     PHASE_QUIT, 0},
    {"client pauses for 5 s", DATA,
     "0.2 c content 20000 until=6 pause=0.5..5.5\n6.1 s 250 ok\n" BYE("6.2", "6.3", "6.4"),
     "!sender-stall", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"server resets inside the content", DATA, "0.2 c content 9000 until=0.8 cut\n0.9 s rst\n",
     "*tcp-reset-by-server-data>server data-aborted>server !tcp-reset-injected "
     "!tcp-reset-by-client-data !duplicate-delivery-risk",
     OUTCOME_RESET, PHASE_DATA, 0},
    {"a device resets inside the content", DATA,
     "0.2 c content 9000 until=0.8 cut\n0.9 s rst ttl=64 usual=49\n",
     "*tcp-reset-injected>middlebox data-aborted>middlebox tcp-reset-by-server-data>middlebox",
     OUTCOME_RESET, PHASE_DATA, 0},
    {"RST outside the window", DATA,
     "0.2 c content 9000 until=0.8\n0.5 s rst outside\n0.9 s 250 ok\n" BYE("1", "1.1", "1.2"),
     "!tcp-reset-by-server-data", OUTCOME_COMPLETED, PHASE_QUIT, 0},
    {"server resets when nothing is under way", DATA,
     "0.2 c content 9000\n0.9 s 250 ok\n40 s rst\n", "tcp-reset-by-server-idle", OUTCOME_COMPLETED,
     PHASE_IDLE, 0},
    {"server resets behind its 421", HI, "0.1 c MAIL FROM:<a@a>\n0.2 s 421 closing\n0.3 s rst\n",
     "*service-shutdown !tcp-reset-by-server-idle !tcp-reset-by-server-mail", OUTCOME_REJECTED,
     PHASE_MAIL, 0},
    {"client resets in the middle", DATA, "0.2 c content 9000 until=0.8 cut\n0.9 c rst\n",
     "*tcp-reset-by-client-data>client data-aborted>client", OUTCOME_RESET, PHASE_DATA, 0},
    {"client resets after a refusal", HI, "0.1 c MAIL FROM:<a@a>\n0.2 s 550 no\n0.3 c rst\n",
     "*policy-reject !tcp-reset-by-client-idle", OUTCOME_REJECTED, PHASE_MAIL, 0},
    {"server closes in the middle", HI, "0.1 c MAIL FROM:<a@a>\n3 s fin\n3.1 c fin\n",
     "*server-closed-mid-session>server !mail-timeout !client-abort-mail", OUTCOME_ABORTED,
     PHASE_MAIL, 0},
    {"server closes behind a refusal", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 550 no\n0.2 s fin\n0.3 c fin\n",
     "*policy-reject !server-closed-mid-session", OUTCOME_REJECTED, PHASE_MAIL, 0},
    {"server closes when all is done", DATA, "0.2 c content 90\n0.3 s 250 ok\n3 s fin\n3.1 c fin\n",
     "server-closed-mid-session !duplicate-delivery-risk", OUTCOME_COMPLETED, PHASE_IDLE, 0},
    {"server dies after the dot", DATA, "0.2 c content 90\n3 s fin\n3.1 c fin\n",
     "*duplicate-delivery-risk>server server-closed-mid-session !data-aborted !data-final-timeout "
     "!client-abort-eod !client-timeout-too-short",
     OUTCOME_NO_REPLY, PHASE_EOD, 0},
    {"client leaves while MAIL is open", HI, "0.1 c MAIL FROM:<a@a>\n0.5 c fin\n0.6 s fin\n",
     "*client-abort-mail>client !mail-timeout", OUTCOME_ABORTED, PHASE_MAIL, 0},
    {"client leaves with a mail begun", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 250 ok\n0.5 c fin\n0.6 s "
     "fin\n",
     "client-abort-idle !client-abort-rcpt", OUTCOME_ABORTED, PHASE_IDLE, 0},
    {"client leaves with nothing under way", DATA,
     "0.2 c content 90\n0.3 s 250 ok\n0.5 c fin\n0.6 s fin\n", "!client-abort-idle",
     OUTCOME_COMPLETED, PHASE_IDLE, 0},
    {"client leaves after every recipient was refused", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 550 no\n0.5 c fin\n0.6 s "
     "fin\n",
     "*permanent-reject-unclassified !client-abort-rcpt !client-abort-idle", OUTCOME_REJECTED,
     PHASE_RCPT, 0},
    {"client leaves inside the content", DATA,
     "0.2 c content 9000 until=0.8 cut\n0.9 c fin\n1 s fin\n",
     "*client-abort-data data-aborted>client", OUTCOME_ABORTED, PHASE_DATA, 0},
    {"a chunk that is too short", HI,
     "0.1 c MAIL FROM:<a@a>\n0.2 s 250 ok\n0.3 c RCPT TO:<b@b>\n0.4 s 250 ok\n0.5 c BDAT 1000 "
     "LAST\n"
     "0.5 c chunk 400 last cut\n2 c fin\n2.1 s fin\n",
     "*client-abort-data data-aborted", OUTCOME_ABORTED, PHASE_DATA, 0},
    {"an end we do not recognize, but the server does", DATA,
     "0.2 c content 448 cut\n0.3 s 250 queued ; unsolicited\n0.3 s fin\n0.4 c fin\n",
     "!data-aborted !server-closed-mid-session", OUTCOME_COMPLETED, PHASE_DATA, 0},

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

static const char *opening_of(const struct test_case *c)
{
    return c->opening[0] == 'H'   ? session_builder_hello
           : c->opening[0] == 'D' ? session_builder_to_data
                                  : "";
}

static const struct finding *find(const struct diagnosis *d, const char *id)
{
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (strcmp(f->id, id) == 0) {
            return f;
        }
    }
    return NULL;
}

static unsigned failures;

static void complain(const struct test_case *c, const struct diagnosis *d, const char *why,
                     const char *id)
{
    failures++;
    fprintf(stderr, "%s: %s %s; raised:", c->label, why, id);
    for (const struct finding *f = d->findings; f; f = f->next) {
        fprintf(stderr, " %s%s(%s,%s)", f->primary ? "*" : "", f->id, severity_words[f->severity],
                party_words[f->points_to]);
    }
    fputc('\n', stderr);
}

/* One word of the expectation. */
static void check_word(const struct test_case *c, const struct diagnosis *d, const char *word)
{
    bool not = word[0] == '!', primary = word[0] == '*';
    char id[96];
    char *party;
    const struct finding *f;

    snprintf(id, sizeof id, "%s", word + (not || primary));
    party = strchr(id, '>');
    if (party) {
        *party++ = '\0';
    }
    if (!rules_find(id)) {
        complain(c, d, "no such rule:", id);
        return;
    }
    f = find(d, id);
    if (not ) {
        if (f) {
            complain(c, d, "must not be raised:", id);
        }
        return;
    }
    if (!f) {
        complain(c, d, "not raised:", id);
    } else if (f->primary != primary) {
        complain(c, d, primary ? "not primary:" : "must not be primary:", id);
    } else if (party && strcmp(party, party_words[f->points_to]) != 0) {
        complain(c, d, "points elsewhere:", id);
    } else if (f->summary.len == 0) {
        complain(c, d, "says nothing:", id);
    } else if (f->evidence_count == 0) {
        complain(c, d, "shows nothing:", id);
    }
}

static bool is_wanted(const struct test_case *c, const char *id)
{
    size_t len = strlen(id);

    for (const char *p = c->want; (p = strstr(p, id)); p += len) {
        char before = p == c->want ? ' ' : p[-1], after = p[len];
        if ((before == ' ' || before == '*') && (after == ' ' || after == '>' || after == '\0')) {
            return true;
        }
    }
    return false;
}

static void check_case(const struct test_case *c)
{
    struct settings settings = session_builder_settings();
    char script[4096], want[1024];
    struct session *s;
    const struct diagnosis *d;

    snprintf(script, sizeof script, "%s%s", opening_of(c), c->script);
    s = session_build_at(script, 1, BUILDER_START, "192.0.2.10", "198.51.100.25",
                         c->port ? c->port : 25);
    d = diagnose_session(&settings, s);
    snprintf(want, sizeof want, "%s", c->want);
    for (char *word = strtok(want, " "); word; word = strtok(NULL, " ")) {
        check_word(c, d, word);
    }
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !is_wanted(c, f->id)) {
            complain(c, d, "false alarm:", f->id);
        }
    }
    if (d->outcome != c->outcome) {
        complain(c, d, "outcome", outcome_words[d->outcome]);
    }
    if (d->phase != c->phase) {
        complain(c, d, "phase", phase_words[d->phase]);
    }
    session_free(s);
}

static void test_cases(void **state)
{
    (void)state;
    failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i]);
    }
    assert_int_equal(failures, 0);
}

/* The same, judged twice: a session that is still open is judged again and again (live). */
static void test_judged_again(void **state)
{
    struct settings settings = session_builder_settings();
    char script[4096];
    struct session *s;
    size_t size = 0;

    (void)state;
    snprintf(script, sizeof script, "%s0.2 c content 1000\nend 605\n", session_builder_to_data);
    s = session_build(script);
    for (int i = 0; i < 50; i++) {
        const struct diagnosis *d = diagnose_session(&settings, s);
        assert_non_null(d->primary);
        assert_string_equal(d->primary->id, "data-final-timeout");
        assert_ptr_equal(d, diagnosis_of(s));
        if (i == 1) {
            size = session_size(s);
        }
    }
    assert_int_equal(session_size(s), size);
    session_free(s);
}

/* Bent captures: whatever is left of a session, an absence is never made an accusation. */
static void test_cut_short(void **state)
{
    struct settings settings = session_builder_settings();
    static const char whole[] =
        "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n"
        "0.31 s fin\n0.32 c fin\n";
    char script[4096];

    (void)state;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        struct session *s;
        const struct diagnosis *d;

        if (cut && whole[cut - 1] != '\n') {
            continue;
        }
        snprintf(script, sizeof script, "%s%.*send 100\n", session_builder_to_data, (int)cut,
                 whole);
        s = session_build(script);
        d = diagnose_session(&settings, s);
        assert_false(d->flagged);
        session_free(s);
    }
}

enum { TRUTH_MAX = 1 << 20 };

/* The captures of ours, each with what must and must not be told of it: as text. */
static bool is_in(const char *path, const char *id)
{
    static char text[TRUTH_MAX];
    char quoted[FINDING_ID_MAX + 2];
    FILE *f = fopen(path, "r");

    if (!f) {
        return false;
    }
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    snprintf(quoted, sizeof quoted, "\"%s\"", id);
    return strstr(text, quoted) != NULL;
}

static bool is_in_captures(const char *id)
{
    return is_in("pcaps/TRUTH.json", id) || is_in("pcaps/dialogue/TRUTH.json", id) ||
           is_in("pcaps/tls/TRUTH.json", id);
}

/* Each rule has a case that raises it and one in which it must not be raised; what the captures
 * prove is looked through by tests/rules/test_rules.sh and tests/tls/test_captures.sh. */
static void test_every_rule_has_cases(void **state)
{
    static const char *const elsewhere[] = {
        "not-smtp",            /* tests/recognition */
        "window-scale-broken", /* below */
        /* raised by facts the builder's one-direction and twin cases below make */
        "capture-one-direction",
        "capture-duplicates",
        "capture-offload",
        /* test_sequence.c */
        "bad-sequence-503",
        "bad-sequence-client",
        "bad-sequence-disputed",
        /* test_fleet.c */
        "capture-drops-reported",
        "capture-clock",
        "fleet-destination-failing",
    };

    (void)state;
    failures = 0;
    for (size_t i = 0; i < rules_count(); i++) {
        const char *id = rules_at(i)->id;
        bool raised = false, missed = false, other = is_in_captures(id);

        other = other || rules_at(i)->section[0] == 'J'; /* test_fleet_rules.c */

        for (size_t k = 0; k < sizeof elsewhere / sizeof elsewhere[0]; k++) {
            other = other || strcmp(elsewhere[k], id) == 0;
        }
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            for (const char *p = cases[k].want; (p = strstr(p, id)); p++) {
                bool not = p > cases[k].want && p[-1] == '!';
                raised = raised || !not ;
                missed = missed || not ;
            }
        }
        if (!other && (!raised || !missed)) {
            fprintf(stderr, "%s: %s\n", id, raised ? "no near miss" : "no case raises it");
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),         cmocka_unit_test(test_judged_again),
        cmocka_unit_test(test_cut_short),     cmocka_unit_test(test_every_rule_has_cases),
        cmocka_unit_test(test_one_direction), cmocka_unit_test(test_twins_and_offload),
        cmocka_unit_test(test_window_scale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
