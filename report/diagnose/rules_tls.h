/* rules_tls.h - what the rules about TLS share: how a handshake went, record by record. */
#ifndef REPORT_DIAGNOSE_RULES_TLS_H
#define REPORT_DIAGNOSE_RULES_TLS_H

#include "dissect/tls/facts.h"
#include "report/diagnose/judge.h"

enum { TLS_RECORD_ALERT = 21, TLS_RECORD_DATA = 23, ALERT_LEN = 2 };

/* The first message of this type; NULL: none. */
const struct event *rules_tls_message(const struct session *s, enum side side, uint8_t message);
/* The last record of this side that can be told, readable or not. */
const struct event *rules_tls_last(const struct session *s, enum side side);
static inline bool rules_tls_is_13(const struct session *s)
{
    return s->tls.version == TLS_VERSION_13;
}
/* Nothing of either side is missing, so that what is not there was not sent. */
bool rules_tls_is_whole(const struct judge *j);
/* This side ended the session by FIN or RST: the event; NULL: it did not. */
const struct event *rules_tls_left_by(const struct judge *j, enum side side);

/* This wait is one for the answer to a ClientHello, which did not come while it lasted. */
bool rules_tls_hello_unanswered(const struct session *s, const struct wait *w);

/* The server's part of the handshake was begun and is not whole: up to TLS 1.2 its ServerHelloDone
 * never came, and in all versions a record that ends before its length says so. */
bool rules_tls_stopped_in_flight(const struct session *s);

/* The moment from which both may send data. */
struct mark rules_tls_done(const struct session *s);
/* Octets that a record of the negotiated cipher has beyond what it carries; 0: not the same for
 * every record, or not known. RFC 8446 section 5.2, RFC 5288 section 3, RFC 7905 section 2. */
uint32_t rules_tls_overhead(const struct session *s);
/* TLS 1.3: octets of the record with a Finished; 0: not known. */
uint32_t rules_tls_finished_len(const struct session *s);

/* TLS 1.3: the last record of this side has the length of an alert, which no Finished has and no
 * other message of a handshake; RFC 8446 sections 4.4.4 and 6. */
bool rules_tls_ends_in_alert(const struct session *s, enum side side);

/* The run of records with which the client spoke last, when the last of them may be a command that
 * wants an answer, no QUIT and no close_notify; NULL: it is not, or the server answered. */
const struct event *rules_tls_unanswered(const struct session *s);

/* The certificate that the server showed as its own, when it can be read. */
const struct tls_certificate *rules_tls_leaf(const struct session *s);

#endif
