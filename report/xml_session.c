/* xml_session.c - one session as an element of the XML report: what JSON Lines tell, in its words.
 */
#include "report/xml_session.h"

#include "report/community_id.h"
#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/facts.h"
#include "report/steps.h"
#include "report/xml_steps.h"
#include "report/xml_tls.h"

static void put_endpoints(struct xml_out *x, const struct session *s)
{
    const struct endpoint *client = &s->end[SIDE_CLIENT], *server = &s->end[SIDE_SERVER];
    char id[COMMUNITY_ID_MAX];
    xml_word(x, "type", client->address.family == 6 ? "ipv6" : "ipv4");
    xml_address(x, "client", &client->address);
    xml_u64(x, "client-port", client->port);
    xml_u64(x, "client-packets", s->tcp.side[SIDE_CLIENT].packets);
    xml_u64(x, "client-bytes", s->tcp.side[SIDE_CLIENT].bytes);
    xml_address(x, "server", &server->address);
    xml_u64(x, "server-port", server->port);
    xml_u64(x, "server-packets", s->tcp.side[SIDE_SERVER].packets);
    xml_u64(x, "server-bytes", s->tcp.side[SIDE_SERVER].bytes);
    if (community_id(client, server, id)) {
        xml_word(x, "community-id", id);
    }
    if (s->ndpi.len) {
        xml_bytes(x, "ndpi", bytes_of_text(s->ndpi));
    }
}

static void put_attributes(struct xml_out *x, const struct session *s, const struct diagnosis *d)
{
    int64_t length = s->last.time_ns - s->first.time_ns;
    xml_session_id(x, "id", s->id);
    xml_utc(x, "start", s->first.time_ns);
    xml_utc(x, "end", s->last.time_ns);
    xml_seconds(x, "duration-s", length > 0 ? length : 0);
    put_endpoints(x, s);
    xml_word(x, "result", fact_event_outcome(d->outcome));
    xml_word(x, "outcome", outcome_words[d->outcome]);
    xml_word(x, "phase", phase_words[d->phase]);
    xml_word(x, "tls", tls_use_names[s->smtp.tls]);
    xml_word(x, "capture", capture_kind_names[d->capture]);
    if (s->folded) {
        xml_u64(x, "folded", s->folded);
    }
    if (s->folded_transactions) {
        xml_u64(x, "folded-transactions", s->folded_transactions);
    }
}

static void put_gaps(struct xml_out *x, const struct session *s, enum side side)
{
    for (const struct event *e = s->tcp.side[side].gap_count ? s->events : NULL; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == side) {
            xml_open(x, "gap");
            xml_word(x, "dir", fact_side_letters[side]);
            xml_u64(x, "bytes", e->facts->gap.missing);
            xml_close(x);
        }
    }
}

static void put_tcp(struct xml_out *x, const struct session *s)
{
    const struct event *closes[FACT_CLOSES_MAX];
    size_t count = fact_closes(s, closes);
    int64_t rtt = fact_rtt_ns(s);
    xml_open(x, "tcp");
    xml_word(x, "handshake", handshake_names[s->tcp.handshake]);
    if (rtt >= 0) {
        xml_seconds(x, "rtt-s", rtt);
    }
    xml_u64(x, "client-retransmits", s->tcp.side[SIDE_CLIENT].retransmits);
    xml_u64(x, "server-retransmits", s->tcp.side[SIDE_SERVER].retransmits);
    put_gaps(x, s, SIDE_CLIENT);
    put_gaps(x, s, SIDE_SERVER);
    for (size_t i = 0; i < count; i++) {
        xml_open(x, "close");
        xml_seconds(x, "t", closes[i]->first.time_ns - s->first.time_ns);
        xml_word(x, "dir", fact_side_letters[closes[i]->side]);
        xml_word(x, "kind", closes[i]->kind == EVENT_FIN ? "fin" : "rst");
        xml_frame(x, closes[i]->first);
        xml_close(x);
    }
    xml_close(x);
}

static void put_code(struct xml_out *x, uint16_t code, const struct enhanced *enhanced)
{
    char text[FACT_ENHANCED_MAX];
    if (code) {
        xml_u64(x, "code", code);
    }
    if (fact_enhanced(enhanced, text)) {
        xml_word(x, "enhanced", text);
    }
}

static void put_reply(struct xml_out *x, const char *element, const struct reply_facts *reply)
{
    xml_open(x, element);
    put_code(x, reply->code, &reply->enhanced);
    if (reply->text.cut) {
        xml_bool(x, "cut", true);
    }
    xml_text(x, bytes_of_text(reply->text));
    xml_close(x);
}

static void put_hello(struct xml_out *x, const struct session *s)
{
    if (!s->smtp.helo.len && !s->smtp.esmtp && !s->smtp.keywords) {
        return;
    }
    xml_open(x, "ehlo");
    xml_bool(x, "esmtp", s->smtp.esmtp);
    if (s->smtp.helo.len) {
        xml_element(x, "name", s->smtp.helo);
    }
    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        xml_element(x, "keyword", k->text);
    }
    xml_close(x);
}

static void put_auth(struct xml_out *x, const struct session *s)
{
    if (s->smtp.auth == AUTH_NONE) {
        return;
    }
    xml_open(x, "auth");
    if (s->smtp.auth_mechanism.len) {
        xml_bytes(x, "mechanism", bytes_of_text(s->smtp.auth_mechanism));
    }
    xml_word(x, "outcome", auth_outcome_names[s->smtp.auth]);
    xml_close(x);
}

/* A path, its parameters in an attribute. token="true": its local part was replaced. */
static void put_path(struct xml_out *x, const char *element, struct text path, struct text params,
                     const struct recipient *r, bool redacted)
{
    xml_open(x, element);
    if (r) {
        put_code(x, r->code, &r->enhanced);
    }
    if (redacted && fact_path_has_user(path)) {
        xml_bool(x, "token", true);
    }
    if (params.len) {
        xml_bytes(x, "params", bytes_of_text(params));
    }
    if (path.cut) {
        xml_bool(x, "cut", true);
    }
    xml_text(x, bytes_of_text(path));
    xml_close(x);
}

static void put_transaction(struct xml_out *x, const struct transaction *tx, bool redacted)
{
    xml_open(x, "transaction");
    xml_u64(x, "n", tx->n);
    if (tx->method != METHOD_NONE) {
        xml_word(x, "method", fact_method_names[tx->method]);
    }
    if (tx->content_begun) {
        xml_u64(x, "bytes", tx->bytes);
    }
    xml_u64(x, "recipients", tx->recipient_count);
    xml_u64(x, "accepted", tx->accepted_count);
    xml_u64(x, "rejected", tx->rejected_count);
    xml_word(x, "outcome", tx_outcome_names[tx->outcome]);
    if (tx->queue_id.len) {
        xml_bytes(x, "queue-id", bytes_of_text(tx->queue_id));
    }
    if (tx->from.len) {
        put_path(x, "from", tx->from, tx->params, NULL, redacted);
    }
    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        put_path(x, "to", r->to, r->params, r, redacted);
    }
    if (tx->final) {
        put_reply(x, "reply", &tx->final->facts->reply);
    }
    xml_close(x);
}

static void put_finding(struct xml_out *x, const struct finding *f)
{
    xml_open(x, "finding");
    xml_word(x, "rule", f->id);
    xml_word(x, "severity", severity_words[f->severity]);
    xml_word(x, "points-to", party_words[f->points_to]);
    xml_word(x, "confidence", confidence_words[f->confidence]);
    xml_bool(x, "primary", f->primary);
    xml_word(x, "phase", phase_words[f->phase]);
    if (f->unproven) {
        xml_bool(x, "unproven", true);
    }
    if (f->waited_s > 0) {
        xml_duration(x, "waited-s", f->waited_s);
    }
    for (size_t i = 0; i < f->evidence_count; i++) {
        if (fact_frame_is_new(f, i)) {
            xml_open(x, "evidence");
            xml_frame(x, f->frames[i]);
            xml_close(x);
        }
    }
    xml_open(x, "summary");
    xml_word(x, "xml:lang", "en");
    xml_text(x, bytes_of_text(f->summary));
    xml_close(x);
    xml_close(x);
}

void xml_session(struct xml_out *x, const struct settings *settings, const struct session *s)
{
    static const struct diagnosis undiagnosed = {.outcome = OUTCOME_OPEN, .phase = PHASE_CONNECT};
    const struct diagnosis *d = s->diagnosis ? s->diagnosis : &undiagnosed;
    xml_open(x, "session");
    put_attributes(x, s, d);
    put_tcp(x, s);
    if (s->smtp.greeting) {
        put_reply(x, "greeting", &s->smtp.greeting->facts->reply);
    }
    put_hello(x, s);
    put_auth(x, s);
    xml_tls(x, s);
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        put_transaction(x, tx, settings->redact != REDACT_NONE);
    }
    if (steps_wanted(settings, s)) {
        xml_steps(x, s);
    }
    xml_waits(x, s);
    for (const struct finding *f = d->findings; f; f = f->next) {
        put_finding(x, f);
    }
    xml_close(x);
}
