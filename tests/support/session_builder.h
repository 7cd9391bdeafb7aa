/* session_builder.h - a session from a few lines of text, for tests of what is made of it.
 *
 * One line per thing that happened, in order of time: seconds, who (c or s), what. Everything sent
 * is acknowledged 10 ms later, and whoever speaks has received all that came before, unless said
 * otherwise. A script says only what the test is about; session_builder_hello below says the rest.
 *
 *   0 c syn [again] [mss=1460]         0.02 s synack         0.03 c up      handshake complete
 *   0.1 s 220 mx.example ESMTP         a reply: answers the oldest open command
 *   0.1 s 220 mx ESMTP ; from=0.1 lines=2    a reply whose first line came earlier; lines=N
 *   0.2 c EHLO client.example          a command
 *   0.2 c AUTH PLAIN ; user=7          the user it names, by number
 *   0.3 c auth                         a line of an AUTH exchange
 *   0.4 c content 1000 [until=9] [cut] [missing=N] [pause=1..8]    DATA content
 *   0.4 c chunk 100 [last] [cut]       a BDAT chunk, behind its command
 *   1 c fin      1 s rst [ttl=64] [usual=50] [outside]     1 s refused
 *   1 c resent len=1448 count=9 until=99 [peer=3] [acked]
 *   1 s zero until=99 [open] [probes=9]
 *   1 s gap 100 [snapped]
 *   1 c icmp 3/13 [syn] [mtu=1400]     an error about a packet this side had sent
 *   1 c tls hello      1 s tls hello   1 c run 1000       TLS messages and runs
 *   1 s opaque 10
 *   end 300 [idle]     the input ended (or the session was given up as idle) at this second
 *
 * Flags before the text of a command or reply: "blind" (the sender had not received the last
 * reply), "unacked" (never acknowledged), "late=5" (acknowledged only at that second).
 */
#ifndef TESTS_SUPPORT_SESSION_BUILDER_H
#define TESTS_SUPPORT_SESSION_BUILDER_H

#include "report/diagnose/diagnose.h"

/* 2026-03-10T14:00:00Z: second 0 of every script. */
#define BUILDER_START INT64_C(1773151200000000000)

/* Ends the test program with a message when the script cannot be read. */
struct session *session_build(const char *script);
struct session *session_build_at(const char *script, uint64_t id, int64_t start_ns,
                                 const char *client, const char *server, uint16_t port);
/* The limits of RFC 5321, as the options set them by default. */
struct settings session_builder_settings(void);

/* SYN to the EHLO reply with PIPELINING, SIZE and CHUNKING; ends at second 0.06. */
extern const char session_builder_hello[];
/* The same, then MAIL, RCPT, DATA answered 354; ends at second 0.14. */
extern const char session_builder_to_data[];

#endif
