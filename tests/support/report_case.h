/* report_case.h - sessions, their diagnosis and an input made by hand, for tests of what is
 * printed.
 *
 * Times are those of one invented incident on 10 March 2026; addresses and names are reserved for
 * documentation.
 */
#ifndef TESTS_SUPPORT_REPORT_CASE_H
#define TESTS_SUPPORT_REPORT_CASE_H

#include "capture/source.h"
#include "report/diagnose/diagnose.h"

/* 2026-03-10T14:02:11.2Z */
#define CASE_START INT64_C(1773151331200000000)
#define CASE_MS    INT64_C(1000000)

enum case_kind {
    CASE_COMPLETED,
    CASE_NO_REPLY,  /* content complete, acknowledged, 600 s of silence, the client closes */
    CASE_WAITING,   /* the same, still open when the capture ended */
    CASE_RESET,     /* RST inside the content, TTL unlike the server's */
    CASE_REJECTED,  /* every recipient refused */
    CASE_ENCRYPTED, /* STARTTLS, then records */
    CASE_LOSSY,     /* bytes of the content never captured */
    CASE_KINDS
};

/* Judged; session_free it. wire: first words of the server's greeting, raw. */
struct session *report_case(enum case_kind kind, uint64_t id, int64_t start_ns, const char *wire);
/* Defaults as the options make them: RFC 5321 limits, redaction of the envelope. */
struct settings report_case_settings(void);

/* A source that has nothing to read, named gw.pcap. */
struct case_source {
    struct source source;
    struct source_input input;
};
void case_source_init(struct case_source *s);

#endif
