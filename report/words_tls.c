/* words_tls.c - what a TLS handshake told, in a few lines for people. Lists are cut where a person
 * stops reading; JSON Lines and XML have them whole. */
#include "report/words_tls.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dissect/tls/facts.h"
#include "report/facts.h"
#include "report/words.h"

enum { LISTED_MAX = 8, CERTIFICATES_MAX = 4, WIRE_MAX = 200, DATE_LEN = 10 };

static void say(struct words_tls_line *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct words_tls_line *l, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(l->text + l->len, sizeof l->text - l->len, format, args);
    va_end(args);
    if (n > 0) {
        l->len += (size_t)n < sizeof l->text - l->len ? (size_t)n : sizeof l->text - l->len - 1;
    }
}

static void say_wire(struct words_tls_line *l, struct text wire)
{
    size_t len = wire.len < WIRE_MAX ? wire.len : WIRE_MAX;

    if (len >= sizeof l->text - l->len) {
        len = sizeof l->text - l->len - 1;
    }
    memcpy(l->text + l->len, wire.s, len);
    l->len += len;
    if (len < wire.len) {
        say(l, "...");
    }
}

static const char *between(const struct words_tls_line *l)
{
    return l->len ? "; " : "";
}

static void say_version(struct words_tls_line *l, uint16_t version)
{
    char text[FACT_TLS_VERSION_MAX];

    say(l, version == TLS_VERSION_SSL3 ? "SSL 3" : "TLS %s", fact_tls_version(version, text));
}

static void say_protection(struct words_tls_line *l, const struct session *s)
{
    int64_t ns = fact_tls_handshake_ns(s);
    enum fact_flight missing = fact_tls_missing(s);
    const char *name = fact_cipher_name(s->tls.cipher);
    char number[FACT_TLS_VERSION_MAX];

    say(l, "%s", s->smtp.tls == TLS_STARTTLS ? "after STARTTLS" : "from the first byte");
    if (s->tls.version) {
        say(l, ", ");
        say_version(l, s->tls.version);
        say(l, ", %s", name ? name : fact_hex16(s->tls.cipher, number));
    }
    if (s->tls.resumed) {
        say(l, ", resumed");
    }
    if (ns >= 0) {
        say(l, ", handshake %s", words_duration_ns(ns).s);
    } else if (!s->tls.established) {
        say(l, ", not established");
    }
    if (fact_tls_keys(s)) {
        say(l, "; %s", fact_tls_keys(s));
    }
    if (missing < FLIGHTS) {
        say(l, "; never came: %s", fact_flight_names[missing]);
    }
    if (s->tls.retry) {
        say(l, "; the server asked for a second hello");
    }
    if (s->tls.renegotiated) {
        say(l, "; renegotiated");
    }
}

typedef const char *number_name(uint16_t n, char out[FACT_TLS_VERSION_MAX]);

static void say_numbers(struct words_tls_line *l, const char *what, const struct tls_numbers *list,
                        number_name *name_of)
{
    char text[FACT_TLS_VERSION_MAX];

    for (uint32_t i = 0; i < list->count && i < LISTED_MAX; i++) {
        say(l, "%s%s%s", i ? ", " : between(l), i ? "" : what, name_of(list->n[i], text));
    }
    if (list->count > LISTED_MAX) {
        say(l, " and %s", words_counted(list->count - LISTED_MAX, "other").s);
    }
}

static void say_client(struct words_tls_line *l, const struct tls_client_facts *c)
{
    const struct {
        bool is;
        const char *words;
    } traits[] = {
        {c->ssl2, "in the form of SSL 2"},
        {c->ticket, "shows a session ticket"},
        {c->pre_shared_key, "shows a pre-shared key"},
        {c->early_data, "sends early data"},
        {c->encrypted_hello, "encrypted hello, or a stand-in for one"},
        {c->compression, "offers compression"},
    };

    if (c->server_name.len) {
        say(l, "asks for ");
        say_wire(l, c->server_name);
    } else {
        say(l, "asks for no name");
    }
    say_numbers(l, "offers TLS ", &c->versions, fact_tls_version);
    say_numbers(l, "groups ", &c->groups, fact_tls_group);
    for (const struct tls_name *n = c->alpn; n; n = n->next) {
        say(l, "%s", n == c->alpn ? "; ALPN " : ", ");
        say_wire(l, n->text);
    }
    for (size_t i = 0; i < sizeof traits / sizeof traits[0]; i++) {
        if (traits[i].is) {
            say(l, "; %s", traits[i].words);
        }
    }
}

static void say_server(struct words_tls_line *l, const struct tls_details *d)
{
    char text[FACT_TLS_VERSION_MAX];

    if (d->server.group) {
        say(l, "group %s", fact_tls_group(d->server.group, text));
    }
    if (d->server.dh_bits) {
        say(l, "%sDiffie-Hellman with %u bits", between(l), d->server.dh_bits);
    }
    if (d->server.alpn.len) {
        say(l, "%sALPN ", between(l));
        say_wire(l, d->server.alpn);
    }
    if (d->server.compressed) {
        say(l, "%scompression", between(l));
    }
    if (d->stapled) {
        say(l, "%san OCSP answer is stapled", between(l));
    }
    if (d->certificate_request.packet) {
        say(l, "%sasks for a client certificate%s", between(l),
            !d->chain[SIDE_CLIENT].seen   ? ""
            : d->chain[SIDE_CLIENT].count ? ", and gets one"
                                          : ", and gets none");
    }
}

static void say_fingerprints(struct words_tls_line *l, const struct tls_details *d)
{
    if (d->client.ja3[0]) {
        say(l, "JA3 %s; JA4 ", d->client.ja3);
        say_wire(l, (struct text){d->client.ja4, (uint32_t)strlen(d->client.ja4), false});
    }
    if (d->server.ja3s[0]) {
        say(l, "%sJA3S %s", between(l), d->server.ja3s);
    }
}

static void say_date(struct words_tls_line *l, const char *words, int64_t seconds)
{
    char text[FACT_TIME_MAX];

    if (fact_time_s(seconds, text)) {
        say(l, "; %s %.*s", words, DATE_LEN, text);
    }
}

static void say_certificate(struct words_tls_line *l, const struct tls_certificate *c)
{
    char key[FACT_KEY_MAX];

    if (!c->readable) {
        say(l, "cannot be read; SHA-256 %s", c->sha256);
        return;
    }
    say_wire(l, c->subject);
    if (c->self_signed) {
        say(l, ", self-signed");
    } else {
        say(l, "; issued by ");
        say_wire(l, c->issuer);
    }
    say_date(l, "from", c->not_before_s);
    say_date(l, "until", c->not_after_s);
    if (fact_certificate_key(c, key)) {
        say(l, "; %s", key);
    }
    say(l, "; SHA-256 %s", c->sha256);
}

static size_t put_chain(const struct tls_chain *chain, const char *label,
                        struct words_tls_line *lines, size_t room)
{
    size_t n = 0;

    for (const struct tls_certificate *c = chain->first; c && n < CERTIFICATES_MAX && n < room;
         c = c->next) {
        lines[n] = (struct words_tls_line){.label = label};
        say_certificate(&lines[n], c);
        if (++n == CERTIFICATES_MAX && chain->count > n) {
            say(&lines[n - 1], " (and %s)", words_counted(chain->count - n, "other").s);
        }
        label = "issuer";
    }
    return n;
}

size_t words_tls(const struct session *s, struct words_tls_line lines[WORDS_TLS_LINES])
{
    const struct tls_details *d = tls_details_of(s);
    size_t n = 0;

    if (s->smtp.tls == TLS_NONE && !s->tls.seen[SIDE_CLIENT] && !s->tls.seen[SIDE_SERVER]) {
        return 0;
    }
    lines[n] = (struct words_tls_line){.label = "Encryption"};
    say_protection(&lines[n++], s);
    if (!d) {
        return n;
    }
    if (d->client.len) {
        lines[n] = (struct words_tls_line){.label = "Client hello"};
        say_client(&lines[n++], &d->client);
    }
    lines[n] = (struct words_tls_line){.label = "Server hello"};
    say_server(&lines[n], d);
    n += lines[n].len > 0;
    lines[n] = (struct words_tls_line){.label = "Fingerprints"};
    say_fingerprints(&lines[n], d);
    n += lines[n].len > 0;
    n += put_chain(&d->chain[SIDE_SERVER], "Certificate", lines + n, WORDS_TLS_LINES - n);
    return n + put_chain(&d->chain[SIDE_CLIENT], "Client's own", lines + n, WORDS_TLS_LINES - n);
}
