/* json_tls.c - what a TLS handshake told, as the "tls" object of a session's record
 * (docs/report-formats.md). What was not seen is left out. */
#include "report/json_tls.h"

#include "dissect/tls/facts.h"
#include "report/escape.h"
#include "report/facts.h"

static void put_alerts(struct json_out *j, const struct session *s)
{
    const struct event *e = fact_next_alert(s->events);
    if (!e) {
        return;
    }
    json_open(j, "alerts", '[');
    for (; e; e = fact_next_alert(e->next)) {
        const struct tls_event_facts *alert = &e->facts->tls;
        json_begin(j, '{');
        json_key_word(j, "dir", fact_side_letters[e->side]);
        if (!alert->encrypted) {
            json_key_word(j, "level", fact_alert_level(alert->level));
            json_key_word(j, "description", fact_alert_description(alert->description));
        }
        json_key_bool(j, "encrypted", alert->encrypted);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_text(struct json_out *j, const char *name, struct text t)
{
    if (t.len) {
        json_key_bytes(j, name, bytes_of_text(t));
    }
}

static void put_names(struct json_out *j, const char *name, const struct tls_name *list)
{
    json_open(j, name, '[');
    for (; list; list = list->next) {
        json_bytes(j, bytes_of_text(list->text));
    }
    json_end(j, ']');
}

static void put_time(struct json_out *j, const char *name, int64_t seconds)
{
    char text[FACT_TIME_MAX];
    if (fact_time_s(seconds, text)) {
        json_key_word(j, name, text);
    }
}

static void put_certificate(struct json_out *j, const struct tls_certificate *c)
{
    char key[FACT_KEY_MAX];
    json_begin(j, '{');
    if (c->readable) {
        json_key_bytes(j, "subject", bytes_of_text(c->subject));
        json_key_bytes(j, "issuer", bytes_of_text(c->issuer));
        put_names(j, "san", c->names);
        put_time(j, "not_before", c->not_before_s);
        put_time(j, "not_after", c->not_after_s);
        put_text(j, "serial", c->serial);
    }
    json_key_word(j, "sha256", c->sha256);
    if (c->readable) {
        if (fact_certificate_key(c, key)) {
            json_key_word(j, "key", key);
        }
        put_text(j, "signature", c->signature);
        json_key_bool(j, "self_signed", c->self_signed);
    }
    json_end(j, '}');
}

static void put_chain(struct json_out *j, const struct tls_chain *chain)
{
    uint32_t kept = 0;
    if (!chain->seen) {
        return;
    }
    json_open(j, "certificates", '[');
    for (const struct tls_certificate *c = chain->first; c; c = c->next, kept++) {
        put_certificate(j, c);
    }
    json_end(j, ']');
    if (chain->count > kept) {
        json_key_u64(j, "certificates_folded", chain->count - kept);
    }
}

static void put_versions(struct json_out *j, const struct tls_numbers *versions)
{
    char text[FACT_TLS_VERSION_MAX];
    json_open(j, "versions", '[');
    for (uint32_t i = 0; i < versions->count; i++) {
        json_word(j, fact_tls_version(versions->n[i], text));
    }
    json_end(j, ']');
}

typedef const char *number_name(uint16_t n, char out[FACT_TLS_VERSION_MAX]);

static void put_numbers(struct json_out *j, const char *name, const struct tls_numbers *list,
                        number_name *name_of)
{
    char text[FACT_TLS_VERSION_MAX];
    if (!list->count) {
        return;
    }
    json_open(j, name, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        json_word(j, name_of(list->n[i], text));
    }
    json_end(j, ']');
}

static void put_true(struct json_out *j, const char *name, bool value)
{
    if (value) {
        json_key_bool(j, name, true);
    }
}

static void put_client(struct json_out *j, const struct tls_details *d)
{
    const struct tls_client_facts *client = &d->client;
    if (!client->len && !d->chain[SIDE_CLIENT].seen) {
        return;
    }
    json_open(j, "client", '{');
    put_text(j, "server_name", client->server_name);
    if (client->ja3[0]) {
        json_key_word(j, "ja3", client->ja3);
    }
    if (client->ja4[0]) {
        json_key_bytes(j, "ja4", bytes_of_string(client->ja4));
    }
    if (client->len) {
        put_versions(j, &client->versions);
    }
    if (client->alpn) {
        put_names(j, "alpn", client->alpn);
    }
    put_numbers(j, "groups", &client->groups, fact_tls_group);
    put_numbers(j, "key_shares", &client->key_shares, fact_tls_group);
    put_numbers(j, "signatures", &client->signatures, fact_tls_signature);
    put_true(j, "ssl2_hello", client->ssl2);
    put_true(j, "ticket", client->ticket);
    put_true(j, "pre_shared_key", client->pre_shared_key);
    put_true(j, "early_data", client->early_data);
    put_true(j, "encrypted_hello", client->encrypted_hello);
    put_true(j, "compression", client->compression);
    put_chain(j, &d->chain[SIDE_CLIENT]);
    json_end(j, '}');
}

static void put_flights(struct json_out *j, const struct session *s)
{
    enum fact_flight missing = fact_tls_missing(s);
    json_open(j, "flights", '[');
    for (enum fact_flight f = FLIGHT_CLIENT_HELLO; f < FLIGHTS; f++) {
        struct mark at = fact_tls_flight(s, f);
        if (at.packet) {
            json_begin(j, '{');
            json_key(j, "t");
            json_seconds(j, at.time_ns - s->first.time_ns);
            json_key_word(j, "flight", fact_flight_names[f]);
            json_end(j, '}');
        }
    }
    json_end(j, ']');
    if (missing < FLIGHTS) {
        json_key_word(j, "missing", fact_flight_names[missing]);
    }
}

static void put_server(struct json_out *j, const struct tls_details *d)
{
    char text[FACT_TLS_VERSION_MAX];
    if (!d->server.seen && !d->chain[SIDE_SERVER].seen) {
        return;
    }
    json_open(j, "server", '{');
    if (d->server.ja3s[0]) {
        json_key_word(j, "ja3s", d->server.ja3s);
    }
    put_text(j, "alpn", d->server.alpn);
    if (d->server.group) {
        json_key_word(j, "group", fact_tls_group(d->server.group, text));
    }
    if (d->server.dh_bits) {
        json_key_u64(j, "dh_bits", d->server.dh_bits);
    }
    put_true(j, "compression", d->server.compressed);
    put_true(j, "ocsp_staple", d->stapled);
    put_true(j, "certificate_requested", d->certificate_request.packet != 0);
    put_chain(j, &d->chain[SIDE_SERVER]);
    json_end(j, '}');
}

void json_tls(struct json_out *j, const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    int64_t handshake_ns = fact_tls_handshake_ns(s);
    char text[FACT_TLS_VERSION_MAX];
    if (!s->tls.seen[SIDE_CLIENT] && !s->tls.seen[SIDE_SERVER]) {
        return;
    }
    json_open(j, "tls", '{');
    if (s->tls.version) {
        const char *cipher = fact_cipher_name(s->tls.cipher);
        json_key_word(j, "version", fact_tls_version(s->tls.version, text));
        if (cipher) {
            json_key_word(j, "cipher", cipher);
        }
        json_key_word(j, "cipher_id", fact_hex16(s->tls.cipher, text));
    }
    if (d) {
        put_client(j, d);
        put_server(j, d);
    }
    json_key_bool(j, "established", s->tls.established);
    if (fact_tls_keys(s)) {
        json_key_bool(j, "decrypted", session_is_opened(s));
    }
    if (s->tls.hello[SIDE_SERVER]) {
        json_key_bool(j, "resumed", s->tls.resumed);
    }
    if (handshake_ns >= 0) {
        json_key(j, "handshake_seconds");
        json_seconds(j, handshake_ns);
    }
    put_true(j, "hello_retry", s->tls.retry);
    put_true(j, "renegotiated", s->tls.renegotiated);
    if (d) {
        put_flights(j, s);
    }
    put_alerts(j, s);
    json_end(j, '}');
}
