/* facts_tls.c - facts of a TLS handshake in the words that reports share. */
#include "report/facts.h"

#include <stdio.h>
#include <time.h>

#include "dissect/tls/decrypt.h"
#include "dissect/tls/facts.h"
#include "dissect/tls/names.h"
#include "dissect/tls/parameter_names.h"

enum { TLS_VERSION_12 = 0x0303, RECORD_ALERT = 21, TM_YEAR_0 = 1900, YEAR_MAX = 9999 };

const char *fact_hex16(uint16_t n, char out[FACT_TLS_VERSION_MAX])
{
    (void)snprintf(out, FACT_TLS_VERSION_MAX, "0x%04x", n);
    return out;
}

const char *fact_tls_version(uint16_t version, char out[FACT_TLS_VERSION_MAX])
{
    tls_version_text(version, out);
    return out;
}

const char *fact_cipher_name(uint16_t cipher)
{
    return tls_cipher_name(cipher);
}

const char *fact_tls_keys(const struct session *s)
{
    switch ((enum tls_keys)s->tls.keys) {
    case TLS_KEYS_NONE:
    case TLS_KEYS_UNUSED:
        break;
    case TLS_KEYS_FIT:
        return !session_is_opened(s) ? "decrypted in part"
               : s->tls.early        ? "decrypted, but for the client's early data"
                                     : "decrypted";
    case TLS_KEYS_LOST:
        return s->tls.opened ? "decrypted in part" : "not decrypted behind a gap";
    case TLS_KEYS_MISFIT:
        return s->tls.opened ? "decrypted in part" : "the keys given do not fit";
    case TLS_KEYS_UNSUPPORTED:
        return s->tls.version < TLS_VERSION_12
                   ? "keys are given, but only TLS 1.2 and 1.3 are decrypted"
                   : "keys are given, but this cipher is not decrypted";
    }
    return NULL;
}

const struct event *fact_next_alert(const struct event *e)
{
    while (e && (e->kind != EVENT_TLS || e->facts->tls.record_type != RECORD_ALERT)) {
        e = e->next;
    }
    return e;
}

const char *fact_alert_level(uint8_t level)
{
    return level == 1 ? "warning" : level == 2 ? "fatal" : "unknown";
}

const char *fact_alert_description(uint8_t description)
{
    const char *name = tls_alert_name(description);
    return name ? name : "unknown";
}

const char *fact_tls_group(uint16_t group, char out[FACT_TLS_VERSION_MAX])
{
    const char *name = tls_group_name(group);
    return name ? name : fact_hex16(group, out);
}

const char *fact_tls_signature(uint16_t signature, char out[FACT_TLS_VERSION_MAX])
{
    const char *name = tls_signature_name(signature);
    return name ? name : fact_hex16(signature, out);
}

const char *const fact_flight_names[FLIGHTS] = {"client-hello", "server-hello", "server-flight",
                                                "client-finished", "server-finished"};

struct mark fact_tls_flight(const struct session *s, enum fact_flight flight)
{
    const struct tls_details *d = tls_details_of(s);
    switch (flight) {
    case FLIGHT_CLIENT_HELLO:
        return d ? d->hello[SIDE_CLIENT] : (struct mark){0};
    case FLIGHT_SERVER_HELLO:
        return d ? d->hello[SIDE_SERVER] : (struct mark){0};
    case FLIGHT_SERVER_FLIGHT:
        return d && s->tls.hello[SIDE_SERVER] &&
                       (d->hello_done || s->tls.resumed || s->tls.finished[SIDE_SERVER])
                   ? d->flight_end
                   : (struct mark){0};
    case FLIGHT_CLIENT_FINISHED:
        return s->tls.finished_at[SIDE_CLIENT];
    case FLIGHT_SERVER_FINISHED:
        return s->tls.finished_at[SIDE_SERVER];
    case FLIGHTS:
        break;
    }
    return (struct mark){0};
}

/* A capture with gaps, or one that began later, may have missed it. */
enum fact_flight fact_tls_missing(const struct session *s)
{
    const struct tcp_side *tcp = s->tcp.side;
    enum fact_flight flight = FLIGHT_CLIENT_HELLO;
    if (s->tls.established || s->tcp.midstream || tcp[SIDE_CLIENT].gap_bytes ||
        tcp[SIDE_SERVER].gap_bytes || !tcp[SIDE_CLIENT].packets || !tcp[SIDE_SERVER].packets ||
        s->ended == SESSION_INPUT_ENDED ||
        !(s->tls.seen[SIDE_CLIENT] || s->tls.seen[SIDE_SERVER])) {
        return FLIGHTS;
    }
    while (flight < FLIGHTS && fact_tls_flight(s, flight).packet) {
        flight++;
    }
    return flight;
}

int64_t fact_tls_handshake_ns(const struct session *s)
{
    const struct tls_facts *t = &s->tls;
    int64_t from, client = t->finished_at[SIDE_CLIENT].time_ns,
                  server = t->finished_at[SIDE_SERVER].time_ns;
    if (!t->established || !t->details || !t->details->hello[SIDE_CLIENT].packet) {
        return -1;
    }
    from = t->details->hello[SIDE_CLIENT].time_ns;
    client = client > server ? client : server;
    return client >= from ? client - from : -1;
}

bool fact_time_s(int64_t seconds, char out[FACT_TIME_MAX])
{
    time_t at = (time_t)seconds;
    struct tm tm;
    if (seconds == INT64_MIN || !gmtime_r(&at, &tm) || tm.tm_year < -TM_YEAR_0 ||
        tm.tm_year > YEAR_MAX - TM_YEAR_0) {
        return false;
    }
    return strftime(out, FACT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

const char *fact_certificate_key(const struct tls_certificate *c, char out[FACT_KEY_MAX])
{
    if (!c->key_type) {
        return NULL;
    }
    (void)snprintf(out, FACT_KEY_MAX, "%s %u", c->key_type, c->key_bits);
    return out;
}
