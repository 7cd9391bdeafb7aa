/* rules_tls.c - TLS handshakes that failed (section G of the catalogue).
 *
 * What is visible: the hellos always; certificates and most alerts up to TLS 1.2; behind a
 * ServerHello of TLS 1.3 lengths alone, but for alerts that some clients send in clear. What an
 * alert says of the other side is the opinion of the one who sent it; data/tls_alerts.tsv says whom
 * it speaks against.
 */
#include "report/diagnose/rules_tls.h"

#include <string.h>

#include "dissect/tls/names.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/timers.h"
#include "report/diagnose/tls_alerts.h"

enum {
    ALERT_FATAL = 2,
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    DH_WEAK = 2048, /* RFC 9325 section 4.4 */
    VERSION_12 = 0x0303,
    TAG_LEN = 16,
    TAG8_LEN = 8,
    NONCE_LEN = 8,
    FINISHED_SHA256 = 4 + 32 + 1,
    FINISHED_SHA384 = 4 + 48 + 1,
};

const struct event *rules_tls_message(const struct session *s, enum side side, uint8_t message)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS && e->side == side && e->facts->tls.message == message) {
            return e;
        }
    }
    return NULL;
}

const struct event *rules_tls_last(const struct session *s, enum side side)
{
    const struct event *last = NULL;

    for (const struct event *e = s->events; e; e = e->next) {
        if ((e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) && e->side == side) {
            last = e;
        }
    }
    return last;
}

/* A capture that began before the ClientHello has all that TLS is judged by. */
bool rules_tls_is_whole(const struct judge *j)
{
    return (j->d->capture == CAPTURE_FULL ||
            (j->d->capture == CAPTURE_MIDWAY && j->s->tls.hello[SIDE_CLIENT])) &&
           !j->s->tcp.side[SIDE_CLIENT].gap_bytes && !j->s->tcp.side[SIDE_SERVER].gap_bytes &&
           !j->s->folded && judge_trusts_silence(j, SIDE_CLIENT, j->s->last) &&
           judge_trusts_silence(j, SIDE_SERVER, j->s->last);
}

const struct event *rules_tls_left_by(const struct judge *j, enum side side)
{
    const struct event *e = j->course.ending;

    return e && e->side == side && (e->kind == EVENT_FIN || e->kind == EVENT_RST) ? e : NULL;
}

struct mark rules_tls_done(const struct session *s)
{
    const struct mark *at = s->tls.finished_at;

    return at[SIDE_CLIENT].time_ns > at[SIDE_SERVER].time_ns ? at[SIDE_CLIENT] : at[SIDE_SERVER];
}

bool rules_tls_stopped_in_flight(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    const struct event *last;

    if (s->tls.established || s->tls.alert || !s->tls.hello[SIDE_SERVER] || !d ||
        s->tls.finished[SIDE_CLIENT]) {
        return false;
    }
    last = rules_tls_last(s, SIDE_SERVER);
    return (!rules_tls_is_13(s) && !d->hello_done && !s->tls.resumed &&
            !s->tls.finished[SIDE_SERVER]) ||
           (last && last->end < s->tcp.side[SIDE_SERVER].sent);
}

static bool cipher_has(const struct session *s, const char *word)
{
    const char *name = tls_cipher_name(s->tls.cipher);

    return name && strstr(name, word);
}

uint32_t rules_tls_overhead(const struct session *s)
{
    uint32_t tag = cipher_has(s, "_CCM_8") ? TAG8_LEN : TAG_LEN;

    if (rules_tls_is_13(s)) {
        return tls_cipher_name(s->tls.cipher) ? tag + 1 : 0;
    }
    if (s->tls.version != VERSION_12) {
        return 0;
    }
    if (cipher_has(s, "CHACHA20")) {
        return TAG_LEN;
    }
    return cipher_has(s, "_GCM") || cipher_has(s, "_CCM") ? NONCE_LEN + tag : 0;
}

uint32_t rules_tls_finished_len(const struct session *s)
{
    uint32_t overhead = rules_tls_is_13(s) ? rules_tls_overhead(s) : 0;

    if (!overhead) {
        return 0;
    }
    return (cipher_has(s, "SHA384") ? FINISHED_SHA384 : FINISHED_SHA256) + overhead - 1;
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
    } else if (rules_tls_is_13(s)) {
        judge_say(f, "; TLS 1.3 encrypts the certificate itself");
    }
}

static void say_unoffered(struct finding *f, const struct session *s)
{
    char chosen[TLS_VERSION_TEXT_MAX];

    tls_version_text(s->tls.version, chosen);
    judge_say(f, "; the server had chosen %s %s",
              s->tls.version == TLS_VERSION_SSL3 ? "version" : "TLS", chosen);
    say_versions(f, &tls_details_of(s)->client);
}

static bool is_about_certificate(uint8_t description)
{
    return (description >= 42 && description <= 46) || description == 48;
}

/* The server asked for a certificate, the client had none, and the server's alert came behind that.
 * Which number it bears differs by library (GnuTLS says decode_error). */
static bool lacks_client_certificate(const struct session *s, const struct event *alert)
{
    const struct tls_details *d = tls_details_of(s);

    return alert->side == SIDE_SERVER && d && d->certificate_request.packet &&
           d->chain[SIDE_CLIENT].seen && d->chain[SIDE_CLIENT].count == 0 &&
           alert->first.time_ns >= d->chain[SIDE_CLIENT].at.time_ns;
}

static void explain_alert(struct finding *f, const struct session *s, const struct event *e,
                          const struct alert_row *row)
{
    const struct tls_details *d = tls_details_of(s);
    uint8_t description = e->facts->tls.description;
    enum side side = (enum side)e->side;

    if (lacks_client_certificate(s, e)) {
        f->points_to = PARTY_CLIENT;
        judge_say(f, "; it had asked for a client certificate, and the client showed none");
    } else if (is_about_certificate(description)) {
        say_certificate(f, s, side_other(side));
    } else if (side == SIDE_CLIENT && d && d->server.dh_bits && d->server.dh_bits < DH_WEAK) {
        judge_say(f, "; the server's Diffie-Hellman prime has %u bits only", d->server.dh_bits);
    } else if (d && d->client.len && side == SIDE_SERVER && !s->tls.hello[SIDE_SERVER]) {
        say_versions(f, &d->client);
    }
    if (row->suspected[side][0] && f->points_to == row->points_to[side] &&
        strchr(row->suspected[side], ' ')) {
        judge_say(f, " (usual cause: %s)", row->suspected[side]);
    }
}

/* The server chose a version that it was not offered, and the client said no. */
static bool chose_unoffered(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);

    if (!d || !d->client.versions.count || !s->tls.hello[SIDE_SERVER] ||
        s->tls.alert->side != SIDE_CLIENT || d->client.versions.more ||
        s->tls.version >> 8 == 0x7f ||
        (d->client.versions.count == 1 && s->tls.version <= d->client.versions.n[0])) {
        return false; /* without supported_versions an older one may be chosen */
    }
    for (uint32_t i = 0; i < d->client.versions.count; i++) {
        if (d->client.versions.n[i] == s->tls.version) {
            return false;
        }
    }
    return true;
}

/* Who warns and then sends data, or is sent data, has come to the end of the handshake. In TLS 1.3
 * what the other side sends may still be an alert. */
static bool went_on_behind(const struct session *s, const struct event *warning)
{
    enum side side = (enum side)warning->side;

    return s->tls.established || s->tls.app_records[side] ||
           (!rules_tls_is_13(s) && s->tls.app_records[side_other(side)]);
}

/* One function for all alerts: which rule it is, the table says. */
void rule_tls_alert(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *e = s->tls.alert;
    const struct tls_event_facts *alert = e ? &e->facts->tls : NULL;
    const struct alert_row *row = e ? tls_alert_row(alert->description) : NULL;
    bool unoffered = e && row->rule && chose_unoffered(s);
    const char *name;
    struct finding *f;

    if (!e || !row->rule || strcmp(unoffered ? "tls-version-mismatch" : row->rule, rule->id) != 0 ||
        (alert->level != ALERT_FATAL && (went_on_behind(s, e) || !j->course.ending))) {
        return;
    }
    name = tls_alert_name(alert->description);
    f = judge_raise(j, rule, PHASE_TLS, e->first);
    f->fatal = true;
    f->points_to = row->points_to[e->side];
    judge_show(f, rules_tls_message(s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
    judge_show(f, rules_tls_message(s, SIDE_SERVER, MESSAGE_SERVER_HELLO));
    judge_show(f, e);
    judge_say(f, "the %s ended the TLS handshake with alert %u (%s)",
              party_words[party_of((enum side)e->side)], alert->description,
              name ? name : "unknown");
    if (unoffered) {
        f->points_to = PARTY_SERVER;
        say_unoffered(f, s);
    } else {
        explain_alert(f, s, e, row);
    }
}

bool rules_tls_ends_in_alert(const struct session *s, enum side side)
{
    const struct event *last = rules_tls_last(s, side);
    uint32_t overhead = rules_tls_overhead(s);

    return rules_tls_is_13(s) && !s->tls.opened && overhead && last &&
           last->kind == EVENT_TLS_RUN && last->facts->run.last_len == overhead + ALERT_LEN;
}

/* Behind the server's encrypted flight one record too short for a Finished, and good-bye. */
void rule_tls13_abort(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *record, *end = rules_tls_left_by(j, SIDE_CLIENT);
    struct finding *f;

    if (!rules_tls_is_13(s) || !s->tls.finished[SIDE_SERVER] || s->tls.finished[SIDE_CLIENT] ||
        s->tls.alert || s->tls.app_records[SIDE_CLIENT] != 1 || !end || !rules_tls_is_whole(j)) {
        return;
    }
    record = rules_tls_last(s, SIDE_CLIENT);
    f = judge_raise(j, rule, PHASE_TLS, record->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, rules_tls_last(s, SIDE_SERVER));
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
    const struct event *end = rules_tls_left_by(j, SIDE_CLIENT), *last;
    struct finding *f;

    if (!d || !s->tls.hello[SIDE_SERVER] ||
        !(rules_tls_is_13(s) ? s->tls.finished[SIDE_SERVER] : d->hello_done) ||
        s->tls.finished[SIDE_CLIENT] || s->tls.app_records[SIDE_CLIENT] || !end ||
        end->first.time_ns < d->flight_end.time_ns || /* it came when the client had left */
        rules_tls_ends_in_alert(s, SIDE_SERVER) || rules_tls_stopped_in_flight(s) ||
        !rules_tls_is_whole(j)) {
        return;
    }
    last = rules_tls_last(s, SIDE_CLIENT);
    if (!last || last->facts->tls.record_type == TLS_RECORD_ALERT ||
        last->first.time_ns > d->flight_end.time_ns) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, rules_tls_last(s, SIDE_SERVER));
    judge_show(f, end);
    judge_say(
        f,
        "the client closed %s after the server's whole flight, without alert and without Finished",
        judge_span(judge_seconds(d->flight_end, end->first)).s);
    say_certificate(f, s, SIDE_SERVER);
}

/* --- a ClientHello without any answer --- */

/* The server ended it: the event; NULL: it did not, or it said something. */
static const struct event *hung_up(const struct judge *j)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const struct event *end = rules_tls_left_by(j, SIDE_SERVER);

    if (!d || !d->client.len || s->tls.seen[SIDE_SERVER] || !end || j->given_up ||
        !rules_tls_is_whole(j) ||
        s->tcp.side[SIDE_SERVER].last_new.time_ns > d->hello[SIDE_CLIENT].time_ns) {
        return NULL;
    }
    return end;
}

static bool is_reset_at_once(const struct judge *j, const struct event *end)
{
    int64_t rtt = j->s->tcp.syn_to_synack_ns + j->s->tcp.synack_to_ack_ns;

    return end->kind == EVENT_RST && j->s->tcp.syn_to_synack_ns >= 0 &&
           j->s->tcp.synack_to_ack_ns >= 0 &&
           end->first.time_ns - tls_details_of(j->s)->hello[SIDE_CLIENT].time_ns <=
               rtt + (int64_t)(threshold(THRESHOLD_RESET_AT_ONCE) * 1e9);
}

static bool offers_only_old(const struct tls_client_facts *client)
{
    for (uint32_t i = 0; i < client->versions.count; i++) {
        if (client->versions.n[i] >= VERSION_12 && client->versions.n[i] >> 8 != 0x7f) {
            return false;
        }
    }
    return client->versions.count > 0;
}

static struct finding *tell_hung_up(struct judge *j, const struct rule *rule,
                                    const struct event *end)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    struct finding *f = judge_raise(j, rule, PHASE_TLS, end->first);

    f->fatal = true;
    judge_show(f, rules_tls_message(s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
    judge_show(f, end);
    judge_say(f, "the server %s %s after a ClientHello of %u bytes, without one byte of TLS",
              end->kind == EVENT_RST ? "reset the connection" : "closed",
              judge_span(judge_seconds(d->hello[SIDE_CLIENT], end->first)).s,
              (unsigned)d->client.len);
    say_versions(f, &d->client);
    return f;
}

void rule_tls_version(struct judge *j, const struct rule *rule)
{
    const struct event *end = hung_up(j);

    rule_tls_alert(j, rule);
    if (end && offers_only_old(&tls_details_of(j->s)->client)) {
        struct finding *f = tell_hung_up(j, rule, end);
        f->points_to = PARTY_CLIENT;
        f->confidence = CONFIDENCE_MEDIUM;
    }
}

bool rules_tls_hello_unanswered(const struct session *s, const struct wait *w)
{
    const struct tls_details *d = tls_details_of(s);
    const struct mark *answer = d ? &d->hello[SIDE_SERVER] : NULL;

    return w->phase == PHASE_TLS && s->tls.seen[SIDE_CLIENT] && !s->tls.established &&
           (!s->tls.seen[SIDE_SERVER] ||
            (answer && answer->packet && answer->time_ns > w->until.time_ns));
}

/* On a port for TLS alone: the hello got there, and the client waited in vain. Behind STARTTLS that
 * is starttls-timeout. */
static void tell_silent(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;

    for (const struct wait *w = j->d->waits; w && !s->smtp.starttls; w = w->next) {
        struct finding *f;
        bool gave_up = waiting_gave_up(w) && w->seconds >= threshold(THRESHOLD_TLS_GIVE_UP);

        if (w->owner != PARTY_SERVER || !rules_tls_hello_unanswered(s, w) ||
            !(gave_up || (w->open && timers_reached(w->seconds, threshold(THRESHOLD_TLS_STALL)))) ||
            !judge_trusts_silence(j, SIDE_SERVER, w->from) || !rules_tls_is_whole(j)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_TLS, w->from);
        f->fatal = true;
        f->waited_s = w->seconds;
        judge_show(f, rules_tls_message(s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
        judge_show(f, w->ended_by);
        judge_say(f, "the ClientHello was acknowledged and not answered for %s%s",
                  judge_span(w->seconds).s, gave_up ? "; then the client gave up" : "");
        return;
    }
}

void rule_tls_no_serverhello(struct judge *j, const struct rule *rule)
{
    const struct event *end = hung_up(j);

    if (!end && strcmp(rule->id, "tls-no-serverhello") == 0) {
        tell_silent(j, rule);
    }
    if (end && !judge_raised(j, "tls-version-mismatch") &&
        !judge_raised(j, "tls-to-plaintext-port") &&
        is_reset_at_once(j, end) == (strcmp(rule->id, "tls-reset-after-clienthello") == 0)) {
        (void)tell_hung_up(j, rule, end);
    }
}
