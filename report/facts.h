/* facts.h - facts of a session in the words that JSON and XML share. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include "dissect/session.h"
#include "report/diagnose/finding.h"

struct tls_certificate; /* dissect/tls/certificate.h */

enum {
    FACT_CLOSES_MAX = 32,
    FACT_ENHANCED_MAX = 20,
    FACT_TLS_VERSION_MAX = 8,
    FACT_TIME_MAX = 32,
    FACT_KEY_MAX = 32,
};

extern const char *const fact_side_names[SIDES];   /* "client", "server" */
extern const char *const fact_side_letters[SIDES]; /* "c", "s" */
extern const char *const fact_method_names[];      /* by enum method: "", "data", "bdat" */

/* "success", "failure" or "unknown". */
const char *fact_event_outcome(enum outcome outcome);
/* The handshake's round trip between both hosts, wherever the capture point is; -1: not measured.
 */
int64_t fact_rtt_ns(const struct session *s);
/* Every FIN, RST and refusal, by time; returns how many (beyond the maximum: the earliest). */
size_t fact_closes(const struct session *s, const struct event *out[FACT_CLOSES_MAX]);
/* "2.1.5"; false when there was none. */
bool fact_enhanced(const struct enhanced *e, char out[FACT_ENHANCED_MAX]);
/* Its frame at this index exists and was not told just before. */
bool fact_frame_is_new(const struct finding *f, size_t index);
/* Somebody is named in it: it is neither "<>" nor empty. */
bool fact_path_has_user(struct text path);
/* Takes the next blank-separated word; false when none is left. */
bool fact_next_word(struct bytes *rest, struct bytes *word);
/* Outcomes of a numbered severity of ECS: 10 info to 90 critical. */
unsigned fact_event_severity(enum severity severity);

/* "1.2", "ssl3", drafts and unknown ones as "0x7f17". Both return out. */
const char *fact_tls_version(uint16_t version, char out[FACT_TLS_VERSION_MAX]);
const char *fact_hex16(uint16_t n, char out[FACT_TLS_VERSION_MAX]);
/* IANA's name; NULL when it has none. */
/* With a key log: "decrypted", or why it is not; NULL: there were no keys for this session. */
const char *fact_tls_keys(const struct session *s);
const char *fact_cipher_name(uint16_t cipher);
/* The first TLS alert at or behind e; NULL: none. */
const struct event *fact_next_alert(const struct event *e);
/* "warning", "fatal", "unknown" */
const char *fact_alert_level(uint8_t level);
const char *fact_alert_description(uint8_t description);
/* The name of a group or a signature scheme, or its number as fact_hex16 writes it. */
const char *fact_tls_group(uint16_t group, char out[FACT_TLS_VERSION_MAX]);
const char *fact_tls_signature(uint16_t signature, char out[FACT_TLS_VERSION_MAX]);

/* The moments of a handshake, in their usual order. */
enum fact_flight {
    FLIGHT_CLIENT_HELLO,
    FLIGHT_SERVER_HELLO,
    FLIGHT_SERVER_FLIGHT, /* the end of what the server says before the client answers */
    FLIGHT_CLIENT_FINISHED,
    FLIGHT_SERVER_FINISHED,
    FLIGHTS
};
extern const char *const fact_flight_names[FLIGHTS]; /* "client-hello", ... */
/* Packet 0: it was not seen. */
struct mark fact_tls_flight(const struct session *s, enum fact_flight flight);
/* What the handshake lacked when the session ended; FLIGHTS: nothing, or it is not known. */
enum fact_flight fact_tls_missing(const struct session *s);

/* From the ClientHello to the last Finished; -1: not both seen. */
int64_t fact_tls_handshake_ns(const struct session *s);
/* Seconds since 1970 as UTC; false when it is no time with a year of four digits. */
bool fact_time_s(int64_t seconds, char out[FACT_TIME_MAX]);
/* "RSA 2048"; NULL: unknown. */
const char *fact_certificate_key(const struct tls_certificate *c, char out[FACT_KEY_MAX]);

#endif
