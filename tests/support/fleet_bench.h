/* fleet_bench.h - a fleet fed with sessions from scripts, for tests of the rules over many
 * sessions.
 */
#ifndef TESTS_SUPPORT_FLEET_BENCH_H
#define TESTS_SUPPORT_FLEET_BENCH_H

#include "report/diagnose/fleet.h"
#include "tests/support/session_builder.h"

/* Sessions as session_builder.h reads them. */
#define SCRIPT_GOOD                                                                                \
    "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n0.31 s fin\n0.32 c fin\n"
#define SCRIPT_BYE " c QUIT\n0.51 s 221 bye\n0.51 s fin\n0.52 c fin\n"
#define SCRIPT_TO_RCPT                                                                             \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE,AUTH,STARTTLS\n"                             \
    "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"
#define SCRIPT_TO_AUTH                                                                             \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE,AUTH\n0.07 c AUTH PLAIN\n0.08 s 334 go\n"    \
    "0.09 c auth\n"
#define SCRIPT_GREY     SCRIPT_TO_RCPT "0.10 s 450 4.2.0 greylisted, try again later\n0.5" SCRIPT_BYE
#define SCRIPT_4XX      SCRIPT_TO_RCPT "0.10 s 450 4.2.0 try again later\n0.5" SCRIPT_BYE
#define SCRIPT_5XX      SCRIPT_TO_RCPT "0.10 s 550 5.7.1 no\n0.5" SCRIPT_BYE
#define SCRIPT_UNKNOWN  SCRIPT_TO_RCPT "0.10 s 550 5.1.1 user unknown\n0.5" SCRIPT_BYE
#define SCRIPT_AUTH_NO  SCRIPT_TO_AUTH "0.10 s 535 5.7.8 authentication failed\n0.5" SCRIPT_BYE
#define SCRIPT_AUTH_YES SCRIPT_TO_AUTH "0.10 s 235 2.7.0 ok\n0.5" SCRIPT_BYE
#define SCRIPT_SILENT   "0 c syn\n1 c syn\n3 c syn\n7 c syn\nend 60\n"
#define SCRIPT_PROBE                                                                               \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c QUIT\n0.06 s 221 "     \
    "bye\n0.06 s fin\n0.07 c fin\n"

struct bench {
    struct settings settings;
    struct fleet *fleet; /* the test frees it */
    uint64_t next_id;
};

void bench_begin(struct bench *b);
/* One session that begins `at` seconds after BUILDER_START, to port 25. */
void bench_add(struct bench *b, double at, const char *client, const char *server,
               const char *script);
void bench_add_port(struct bench *b, double at, const char *client, const char *server,
                    uint16_t port, const char *script);
/* A delivery that goes well. */
void bench_good(struct bench *b, double at, const char *client, const char *server);
/* The same session of one client with one server, so many times, so many seconds apart. */
void bench_every(struct bench *b, unsigned count, double apart, const char *script);
/* The capture ends so many seconds after BUILDER_START. Fails the test when a group is not whole.
 */
void bench_finish(struct bench *b, double seconds);
/* The finished fleet's first group of this rule; NULL: it was not told. */
const struct group *bench_told(struct bench *b, const char *rule);
/* Fills a bench and ends it; fails the test unless the rule is told, or not, as expected. */
void bench_run(void (*fill)(struct bench *), double seconds, const char *rule, bool expected);
/* "198.51.100.7", "192.0.2.7"; until the next call. */
const char *bench_server(unsigned n);
const char *bench_client(unsigned n);

#endif
