/* rules_tls.c - TLS handshakes that failed (section G of the catalogue), and certificates that show
 * why.
 *
 * What is visible: the hellos always; certificates and most alerts up to TLS 1.2; behind a
 * ServerHello of TLS 1.3 lengths alone, but for alerts that some clients send in clear. What an
 * alert says of the other side is the opinion of the one who sent it; the table `alerts` says whom
 * it accuses.
 */
#include <string.h>

#include "dissect/tls/facts.h"
#include "dissect/tls/names.h"
#include "report/diagnose/rules_all.h"

enum { RECORD_ALERT = 21, ALERT_FATAL = 2, SECOND_NS = 1000000000 };

struct alert_row {
    uint8_t description;
    const char *rule;
    enum party client_sent, server_sent; /* whom it points to */
};

/* clang-format off: a table */
static const struct alert_row alerts[] = {
    {40, "tls-alert-handshake-failure", PARTY_SERVER, PARTY_UNKNOWN},
    {42, "tls-alert-bad-certificate", PARTY_SERVER, PARTY_CLIENT},
    {43, "tls-alert-bad-certificate", PARTY_SERVER, PARTY_CLIENT},
    {44, "tls-alert-certificate-revoked", PARTY_SERVER, PARTY_CLIENT},
    {45, "tls-alert-certificate-expired", PARTY_SERVER, PARTY_CLIENT},
    {46, "tls-alert-certificate-unknown", PARTY_SERVER, PARTY_CLIENT},
    {48, "tls-alert-unknown-ca", PARTY_SERVER, PARTY_CLIENT},
    {49, "tls-alert-access-denied", PARTY_POLICY, PARTY_POLICY},
    {70, "tls-version-mismatch", PARTY_SERVER, PARTY_CLIENT},
    {71, "tls-cipher-mismatch", PARTY_SERVER, PARTY_CLIENT},
    {80, "tls-alert-internal-error", PARTY_CLIENT, PARTY_SERVER},
    {86, "tls-version-mismatch", PARTY_UNKNOWN, PARTY_CLIENT},
    {112, "tls-alert-unrecognized-name", PARTY_UNKNOWN, PARTY_CLIENT},
    {113, "tls-alert-bad-certificate", PARTY_SERVER, PARTY_CLIENT},
};
/* clang-format on */

/* Not in the table: something was wrong with what the other side sent. */
static const struct alert_row other_alert = {0, "tls-alert-other", PARTY_SERVER, PARTY_CLIENT};

static const struct alert_row *row_of(uint8_t description)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].description == description) {
            return &alerts[i];
        }
    }
    return &other_alert;
}

static const struct event *find_message(const struct session *s, enum side side, uint8_t message)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS && e->side == side && e->facts->tls.message == message) {
            return e;
        }
    }
    return NULL;
}

static const struct event *last_of_tls(const struct session *s, enum side side)
{
    const struct event *last = NULL;

    for (const struct event *e = s->events; e; e = e->next) {
        if ((e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) && e->side == side) {
            last = e;
        }
    }
    return last;
}

static bool is_tls13(const struct session *s)
{
    return s->tls.version == TLS_VERSION_13;
}

/* Nothing of either side is missing, so that what is not there was not sent. */
static bool is_whole(const struct judge *j)
{
    return j->d->capture == CAPTURE_FULL && !j->s->tcp.side[SIDE_CLIENT].gap_bytes &&
           !j->s->tcp.side[SIDE_SERVER].gap_bytes;
}

/* The client ended the session by FIN or RST; the event. */
static const struct event *left_by(const struct judge *j, enum side side)
{
    const struct event *e = j->course.ending;

    return e && e->side == side && (e->kind == EVENT_FIN || e->kind == EVENT_RST) ? e : NULL;
}

static void say_versions(struct finding *f, const struct tls_client_facts *client)
{
    char text[TLS_VERSION_TEXT_MAX];

    judge_say(f, "; the client offers ");
    for (uint32_t i = 0; i < client->versions.count; i++) {
        tls_version_text(client->versions.n[i], text);
        judge_say(f, "%s%s", i ? ", " : "TLS ", text);
    }
}

/* What can be seen of the certificate the alert is about. */
static void say_certificate(struct finding *f, const struct session *s, enum side shown_by)
{
    const struct tls_details *d = tls_details_of(s);
    const struct tls_certificate *leaf = d ? d->chain[shown_by].first : NULL;

    if (leaf && leaf->readable) {
        judge_say(f, "; the certificate shown names ");
        judge_say_wire(f, leaf->subject);
        if (leaf->self_signed) {
            judge_say(f, " and is self-signed");
        } else {
            judge_say(f, ", issued by ");
            judge_say_wire(f, leaf->issuer);
        }
    } else if (is_tls13(s)) {
        judge_say(f, "; TLS 1.3 encrypts the certificate itself");
    }
}

static bool is_about_certificate(uint8_t description)
{
    return (description >= 42 && description <= 46) || description == 48;
}

/* One function for all alerts: which rule it is, the table above says. */
void rule_tls_alert(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *e = s->tls.alert;
    const struct tls_event_facts *alert = e ? &e->facts->tls : NULL;
    const struct alert_row *row = e ? row_of(alert->description) : NULL;
    const char *name;
    struct finding *f;

    if (!e || strcmp(row->rule, rule->id) != 0 ||
        (s->tls.established && alert->level != ALERT_FATAL) ||
        (alert->level != ALERT_FATAL && !j->course.ending)) {
        return;
    }
    name = tls_alert_name(alert->description);
    f = judge_raise(j, rule, PHASE_TLS, e->first);
    f->fatal = true;
    f->points_to = e->side == SIDE_CLIENT ? row->client_sent : row->server_sent;
    judge_show(f, find_message(s, SIDE_CLIENT, 1));
    judge_show(f, find_message(s, SIDE_SERVER, 2));
    judge_show(f, e);
    judge_say(f, "the %s ended the TLS handshake with alert %u (%s)",
              party_words[party_of((enum side)e->side)], alert->description,
              name ? name : "unknown");
    if (is_about_certificate(alert->description)) {
        say_certificate(f, s, side_other((enum side)e->side));
    } else if (tls_details_of(s) && tls_details_of(s)->client.len && e->side == SIDE_SERVER &&
               !s->tls.hello[SIDE_SERVER]) {
        say_versions(f, &tls_details_of(s)->client);
    }
}

/* Behind the server's encrypted flight one record too short for a Finished, and good-bye. */
void rule_tls13_abort(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *record, *end = left_by(j, SIDE_CLIENT);
    struct finding *f;

    if (!is_tls13(s) || !s->tls.finished[SIDE_SERVER] || s->tls.finished[SIDE_CLIENT] ||
        s->tls.alert || s->tls.app_records[SIDE_CLIENT] != 1 || !end || !is_whole(j)) {
        return;
    }
    record = last_of_tls(s, SIDE_CLIENT);
    f = judge_raise(j, rule, PHASE_TLS, record->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, last_of_tls(s, SIDE_SERVER));
    judge_show(f, record);
    judge_show(f, end);
    judge_say(
        f,
        "right behind the server's encrypted flight the client sent one record of %u bytes, too "
        "short for a "
        "Finished, and closed: most often it refused the certificate; the reason is encrypted",
        (unsigned)s->tls.app_bytes[SIDE_CLIENT]);
}

void rule_tls_silent_close(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const struct event *end = left_by(j, SIDE_CLIENT), *last;
    struct finding *f;

    if (!d || !s->tls.hello[SIDE_SERVER] ||
        !(is_tls13(s) ? s->tls.finished[SIDE_SERVER] : d->hello_done) ||
        s->tls.finished[SIDE_CLIENT] || s->tls.app_records[SIDE_CLIENT] || !end || !is_whole(j)) {
        return;
    }
    last = last_of_tls(s, SIDE_CLIENT);
    if (!last || last->facts->tls.record_type == RECORD_ALERT ||
        last->first.time_ns > d->flight_end.time_ns) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, last_of_tls(s, SIDE_SERVER));
    judge_show(f, end);
    judge_say(
        f,
        "the client closed %s after the server's whole flight, without alert and without Finished",
        judge_span(judge_seconds(d->flight_end, end->first)).s);
    say_certificate(f, s, SIDE_SERVER);
}

void rule_tls_no_serverhello(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const struct event *end = left_by(j, SIDE_SERVER), *hello;
    struct finding *f;

    if (!d || !d->client.len || s->tls.seen[SIDE_SERVER] || !end || j->given_up || !is_whole(j) ||
        s->tcp.side[SIDE_SERVER].last_new.time_ns > d->hello[SIDE_CLIENT].time_ns) {
        return;
    }
    hello = find_message(s, SIDE_CLIENT, 1);
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    f->fatal = true;
    judge_show(f, hello);
    judge_show(f, end);
    judge_say(f, "the server %s %s after a ClientHello of %u bytes, without one byte of TLS",
              end->kind == EVENT_RST ? "reset the connection" : "closed",
              judge_span(judge_seconds(d->hello[SIDE_CLIENT], end->first)).s,
              (unsigned)d->client.len);
    say_versions(f, &d->client);
}

/* --- certificates; seen up to TLS 1.2 only --- */

static const struct tls_certificate *leaf_of(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    const struct tls_certificate *leaf = d ? d->chain[SIDE_SERVER].first : NULL;

    return leaf && leaf->readable ? leaf : NULL;
}

/* Where the session went on, the client has accepted it. */
static struct finding *raise_certificate(struct judge *j, const struct rule *rule,
                                         enum severity went_on)
{
    const struct tls_details *d = tls_details_of(j->s);
    struct finding *f = judge_raise(j, rule, PHASE_TLS, d->chain[SIDE_SERVER].at);

    if (j->s->tls.established) {
        f->severity = went_on;
    }
    judge_show(f, find_message(j->s, SIDE_SERVER, 11));
    return f;
}

void rule_cert_self_signed(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = leaf_of(j->s);
    struct finding *f;

    if (!leaf || !leaf->self_signed) {
        return;
    }
    f = raise_certificate(j, rule, SEVERITY_NOTICE);
    judge_say(f, "the server's certificate is signed by its own key: ");
    judge_say_wire(f, leaf->subject);
}

void rule_cert_time(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = leaf_of(j->s);
    bool early = strcmp(rule->id, "cert-not-yet-valid") == 0;
    int64_t now, limit;
    struct finding *f;

    if (!leaf) {
        return;
    }
    now = tls_details_of(j->s)->chain[SIDE_SERVER].at.time_ns / SECOND_NS;
    limit = early ? leaf->not_before_s : leaf->not_after_s;
    if (limit == INT64_MIN || (early ? now >= limit : now <= limit)) {
        return;
    }
    f = raise_certificate(j, rule, SEVERITY_WARNING);
    judge_say(f, "the server's certificate %s %lld days %s this session: ",
              early ? "becomes valid" : "expired",
              (long long)((early ? limit - now : now - limit) / 86400), early ? "after" : "before");
    judge_say_wire(f, leaf->subject);
}
