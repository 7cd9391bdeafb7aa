/* xml_tls.c - what a TLS handshake told, as the element "tls" of a session: what JSON Lines tell,
 * in its words. */
#include "report/xml_tls.h"

#include "dissect/tls/facts.h"
#include "report/escape.h"
#include "report/facts.h"

static void put_alerts(struct xml_out *x, const struct session *s)
{
    for (const struct event *e = fact_next_alert(s->events); e; e = fact_next_alert(e->next)) {
        const struct tls_event_facts *alert = &e->facts->tls;
        xml_open(x, "alert");
        xml_word(x, "dir", fact_side_letters[e->side]);
        if (!alert->encrypted) {
            xml_word(x, "level", fact_alert_level(alert->level));
            xml_word(x, "description", fact_alert_description(alert->description));
        }
        xml_bool(x, "encrypted", alert->encrypted);
        xml_close(x);
    }
}

static void put_names(struct xml_out *x, const char *element, const struct tls_name *list)
{
    for (; list; list = list->next) {
        xml_element(x, element, list->text);
    }
}

static void put_time(struct xml_out *x, const char *name, int64_t seconds)
{
    char text[FACT_TIME_MAX];
    if (fact_time_s(seconds, text)) {
        xml_word(x, name, text);
    }
}

static void put_certificate(struct xml_out *x, const struct tls_certificate *c)
{
    char key[FACT_KEY_MAX];
    xml_open(x, "certificate");
    xml_word(x, "sha256", c->sha256);
    if (c->readable) {
        if (c->serial.len) {
            xml_bytes(x, "serial", bytes_of_text(c->serial));
        }
        put_time(x, "not-before", c->not_before_s);
        put_time(x, "not-after", c->not_after_s);
        if (fact_certificate_key(c, key)) {
            xml_word(x, "key", key);
        }
        if (c->signature.len) {
            xml_bytes(x, "signature", bytes_of_text(c->signature));
        }
        xml_bool(x, "self-signed", c->self_signed);
        xml_element(x, "subject", c->subject);
        xml_element(x, "issuer", c->issuer);
        put_names(x, "san", c->names);
    }
    xml_close(x);
}

static void put_chain(struct xml_out *x, const struct tls_chain *chain)
{
    for (const struct tls_certificate *c = chain->first; c; c = c->next) {
        put_certificate(x, c);
    }
}

typedef const char *number_name(uint16_t n, char out[FACT_TLS_VERSION_MAX]);

static void put_numbers(struct xml_out *x, const char *element, const struct tls_numbers *list,
                        number_name *name_of)
{
    char text[FACT_TLS_VERSION_MAX];
    for (uint32_t i = 0; i < list->count; i++) {
        xml_open(x, element);
        xml_text(x, bytes_of_string(name_of(list->n[i], text)));
        xml_close(x);
    }
}

static void put_true(struct xml_out *x, const char *name, bool value)
{
    if (value) {
        xml_bool(x, name, true);
    }
}

static void put_client(struct xml_out *x, const struct tls_details *d)
{
    const struct tls_client_facts *client = &d->client;
    char text[FACT_TLS_VERSION_MAX];
    if (!client->len && !d->chain[SIDE_CLIENT].seen) {
        return;
    }
    xml_open(x, "client");
    if (client->server_name.len) {
        xml_bytes(x, "server-name", bytes_of_text(client->server_name));
    }
    if (client->ja3[0]) {
        xml_word(x, "ja3", client->ja3);
    }
    if (client->ja4[0]) {
        xml_bytes(x, "ja4", bytes_of_string(client->ja4));
    }
    put_true(x, "ssl2-hello", client->ssl2);
    put_true(x, "ticket", client->ticket);
    put_true(x, "pre-shared-key", client->pre_shared_key);
    put_true(x, "early-data", client->early_data);
    put_true(x, "encrypted-hello", client->encrypted_hello);
    put_true(x, "compression", client->compression);
    for (uint32_t i = 0; i < client->versions.count; i++) {
        xml_open(x, "version");
        xml_text(x, bytes_of_string(fact_tls_version(client->versions.n[i], text)));
        xml_close(x);
    }
    put_names(x, "alpn", client->alpn);
    put_numbers(x, "group", &client->groups, fact_tls_group);
    put_numbers(x, "key-share", &client->key_shares, fact_tls_group);
    put_numbers(x, "signature", &client->signatures, fact_tls_signature);
    put_chain(x, &d->chain[SIDE_CLIENT]);
    xml_close(x);
}

static void put_flights(struct xml_out *x, const struct session *s)
{
    for (enum fact_flight f = FLIGHT_CLIENT_HELLO; f < FLIGHTS; f++) {
        struct mark at = fact_tls_flight(s, f);
        if (at.packet) {
            xml_open(x, "flight");
            xml_seconds(x, "t", at.time_ns - s->first.time_ns);
            xml_word(x, "name", fact_flight_names[f]);
            xml_close(x);
        }
    }
}

static void put_server(struct xml_out *x, const struct tls_details *d)
{
    char text[FACT_TLS_VERSION_MAX];
    if (!d->server.seen && !d->chain[SIDE_SERVER].seen) {
        return;
    }
    xml_open(x, "server");
    if (d->server.ja3s[0]) {
        xml_word(x, "ja3s", d->server.ja3s);
    }
    if (d->server.alpn.len) {
        xml_bytes(x, "alpn", bytes_of_text(d->server.alpn));
    }
    if (d->server.group) {
        xml_word(x, "group", fact_tls_group(d->server.group, text));
    }
    if (d->server.dh_bits) {
        xml_u64(x, "dh-bits", d->server.dh_bits);
    }
    put_true(x, "compression", d->server.compressed);
    put_true(x, "ocsp-staple", d->stapled);
    put_true(x, "certificate-requested", d->certificate_request.packet != 0);
    put_chain(x, &d->chain[SIDE_SERVER]);
    xml_close(x);
}

void xml_tls(struct xml_out *x, const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    int64_t handshake_ns = fact_tls_handshake_ns(s);
    char text[FACT_TLS_VERSION_MAX];
    if (!s->tls.seen[SIDE_CLIENT] && !s->tls.seen[SIDE_SERVER]) {
        return;
    }
    xml_open(x, "tls");
    if (s->tls.version) {
        const char *cipher = fact_cipher_name(s->tls.cipher);
        xml_word(x, "version", fact_tls_version(s->tls.version, text));
        if (cipher) {
            xml_word(x, "cipher", cipher);
        }
        xml_word(x, "cipher-id", fact_hex16(s->tls.cipher, text));
    }
    xml_bool(x, "established", s->tls.established);
    if (fact_tls_keys(s)) {
        xml_bool(x, "decrypted", session_is_opened(s));
    }
    if (s->tls.hello[SIDE_SERVER]) {
        xml_bool(x, "resumed", s->tls.resumed);
    }
    if (handshake_ns >= 0) {
        xml_seconds(x, "handshake-s", handshake_ns);
    }
    put_true(x, "hello-retry", s->tls.retry);
    put_true(x, "renegotiated", s->tls.renegotiated);
    if (fact_tls_missing(s) < FLIGHTS) {
        xml_word(x, "missing", fact_flight_names[fact_tls_missing(s)]);
    }
    if (d) {
        put_client(x, d);
        put_server(x, d);
        put_flights(x, s);
    }
    put_alerts(x, s);
    xml_close(x);
}
