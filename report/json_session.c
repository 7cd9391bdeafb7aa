/* json_session.c - one session as a record of JSON Lines (docs/report-formats.md).
 *
 * What was not seen is left out, never null. Lists that the model bounds are written as they are;
 * "folded" says what it dropped.
 */
#include "report/json_session.h"

#include "report/community_id.h"
#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/facts.h"
#include "report/json_steps.h"
#include "report/json_tls.h"
#include "report/steps.h"

static void put_event(struct json_out *j, const struct session *s, const struct diagnosis *d)
{
    int64_t length = s->last.time_ns - s->first.time_ns;
    json_open(j, "event", '{');
    json_key_word(j, "dataset", "wiretale.session");
    json_key(j, "id");
    json_session_id(j, s->id);
    json_key_utc(j, "start", s->first.time_ns);
    json_key_utc(j, "end", s->last.time_ns);
    json_key_u64(j, "duration", length > 0 ? (uint64_t)length : 0);
    json_key_word(j, "outcome", fact_event_outcome(d->outcome));
    json_end(j, '}');
}

static void put_network(struct json_out *j, const struct session *s)
{
    char id[COMMUNITY_ID_MAX];
    json_open(j, "network", '{');
    json_key_word(j, "transport", "tcp");
    json_key_word(j, "type", s->end[SIDE_CLIENT].address.family == 6 ? "ipv6" : "ipv4");
    if (!s->not_smtp) {
        json_key_word(j, "protocol", "smtp");
    }
    if (community_id(&s->end[SIDE_CLIENT], &s->end[SIDE_SERVER], id)) {
        json_key_word(j, "community_id", id);
    }
    if (s->ndpi.len) {
        json_key_bytes(j, "ndpi", bytes_of_text(s->ndpi));
    }
    json_end(j, '}');
}

static void put_endpoint(struct json_out *j, const struct session *s, enum side side)
{
    json_open(j, fact_side_names[side], '{');
    json_key(j, "ip");
    json_address(j, &s->end[side].address);
    json_key_u64(j, "port", s->end[side].port);
    json_key_u64(j, "packets", s->tcp.side[side].packets);
    json_key_u64(j, "bytes", s->tcp.side[side].bytes);
    json_end(j, '}');
}

static void put_closes(struct json_out *j, const struct session *s)
{
    const struct event *closes[FACT_CLOSES_MAX];
    size_t count = fact_closes(s, closes);
    json_open(j, "close", '[');
    for (size_t i = 0; i < count; i++) {
        json_begin(j, '{');
        json_key(j, "t");
        json_seconds(j, closes[i]->first.time_ns - s->first.time_ns);
        json_key_word(j, "dir", fact_side_letters[closes[i]->side]);
        json_key_word(j, "kind", closes[i]->kind == EVENT_FIN ? "fin" : "rst");
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_gaps(struct json_out *j, const struct session *s, enum side side)
{
    json_open(j, fact_side_names[side], '[');
    for (const struct event *e = s->tcp.side[side].gap_count ? s->events : NULL; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == side) {
            json_u64(j, e->facts->gap.missing);
        }
    }
    json_end(j, ']');
}

static void put_tcp(struct json_out *j, const struct session *s, const struct diagnosis *d)
{
    int64_t rtt = fact_rtt_ns(s);
    json_open(j, "tcp", '{');
    json_key_word(j, "handshake", handshake_names[s->tcp.handshake]);
    if (rtt >= 0) {
        json_key(j, "rtt");
        json_seconds(j, rtt);
    }
    put_closes(j, s);
    json_open(j, "retransmits", '{');
    json_key_u64(j, "client", s->tcp.side[SIDE_CLIENT].retransmits);
    json_key_u64(j, "server", s->tcp.side[SIDE_SERVER].retransmits);
    json_end(j, '}');
    json_open(j, "gaps", '{');
    put_gaps(j, s, SIDE_CLIENT);
    put_gaps(j, s, SIDE_SERVER);
    json_end(j, '}');
    json_key_word(j, "capture", capture_kind_names[d->capture]);
    json_end(j, '}');
}

static void put_code(struct json_out *j, uint16_t code, const struct enhanced *enhanced)
{
    char text[FACT_ENHANCED_MAX];
    if (code) {
        json_key_u64(j, "code", code);
    }
    if (fact_enhanced(enhanced, text)) {
        json_key_word(j, "enhanced", text);
    }
}

/* MAIL and RCPT parameters, one string each. */
static void put_params(struct json_out *j, struct text params)
{
    struct bytes rest = bytes_of_text(params), word;
    if (params.len == 0) {
        return;
    }
    json_open(j, "params", '[');
    while (fact_next_word(&rest, &word)) {
        json_bytes(j, word);
    }
    json_end(j, ']');
}

static void put_recipients(struct json_out *j, const struct transaction *tx)
{
    uint32_t kept = 0;
    json_open(j, "rcpts", '[');
    for (const struct recipient *r = tx->recipients; r; r = r->next, kept++) {
        json_begin(j, '{');
        json_key_text(j, "to", r->to);
        put_params(j, r->params);
        put_code(j, r->code, &r->enhanced);
        json_end(j, '}');
    }
    json_end(j, ']');
    if (tx->recipient_count > kept) {
        json_key_u64(j, "rcpts_folded", tx->recipient_count - kept);
    }
}

static void put_transaction(struct json_out *j, const struct transaction *tx)
{
    json_begin(j, '{');
    json_key_u64(j, "n", tx->n);
    if (tx->from.len) {
        json_key_bytes(j, "mail_from", bytes_of_text(tx->from));
    }
    put_params(j, tx->params);
    put_recipients(j, tx);
    if (tx->method != METHOD_NONE) {
        json_key_word(j, "method", fact_method_names[tx->method]);
    }
    if (tx->content_begun) {
        json_key_u64(j, "bytes", tx->bytes);
    }
    json_key_word(j, "outcome", tx_outcome_names[tx->outcome]);
    if (tx->queue_id.len) {
        json_key_bytes(j, "queue_id", bytes_of_text(tx->queue_id));
    }
    if (tx->final) {
        const struct reply_facts *reply = &tx->final->facts->reply;
        put_code(j, reply->code, &reply->enhanced);
        json_key_text(j, "reply", reply->text);
    }
    json_end(j, '}');
}

static void put_greeting(struct json_out *j, const struct session *s)
{
    if (s->smtp.greeting) {
        const struct reply_facts *reply = &s->smtp.greeting->facts->reply;
        json_open(j, "greeting", '{');
        put_code(j, reply->code, &reply->enhanced);
        json_key_text(j, "text", reply->text);
        json_end(j, '}');
    }
}

static void put_hello(struct json_out *j, const struct session *s)
{
    if (s->smtp.helo.len) {
        json_key_bytes(j, "helo", bytes_of_text(s->smtp.helo));
    }
    if (s->smtp.helo.len || s->smtp.esmtp) {
        json_key_bool(j, "esmtp", s->smtp.esmtp);
    }
    if (s->smtp.keywords) {
        json_open(j, "extensions", '[');
        for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
            json_bytes(j, bytes_of_text(k->text));
        }
        json_end(j, ']');
    }
}

static void put_auth(struct json_out *j, const struct session *s)
{
    if (s->smtp.auth == AUTH_NONE) {
        return;
    }
    json_open(j, "auth", '{');
    if (s->smtp.auth_mechanism.len) {
        json_key_bytes(j, "mechanism", bytes_of_text(s->smtp.auth_mechanism));
    }
    json_key_word(j, "outcome", auth_outcome_names[s->smtp.auth]);
    json_end(j, '}');
}

static void put_smtp(struct json_out *j, const struct session *s, const struct diagnosis *d)
{
    json_open(j, "smtp", '{');
    put_greeting(j, s);
    put_hello(j, s);
    json_key_word(j, "tls", tls_use_names[s->smtp.tls]);
    put_auth(j, s);
    if (s->smtp.transaction_count) {
        json_open(j, "transactions", '[');
        for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
            put_transaction(j, tx);
        }
        json_end(j, ']');
    }
    if (s->folded_transactions) {
        json_key_u64(j, "folded", s->folded_transactions);
    }
    json_key_word(j, "outcome", outcome_words[d->outcome]);
    json_key_word(j, "phase", phase_words[d->phase]);
    json_end(j, '}');
}

static void put_finding(struct json_out *j, const struct finding *f)
{
    json_begin(j, '{');
    json_key_word(j, "rule", f->id);
    json_key_word(j, "severity", severity_words[f->severity]);
    json_key_word(j, "points_to", party_words[f->points_to]);
    json_key_word(j, "confidence", confidence_words[f->confidence]);
    json_key_bool(j, "primary", f->primary);
    if (f->unproven) {
        json_key_bool(j, "unproven", true);
    }
    json_key_word(j, "phase", phase_words[f->phase]);
    if (f->waited_s > 0) {
        json_key_duration(j, "waited", f->waited_s);
    }
    json_open(j, "frames", '[');
    for (size_t i = 0; i < f->evidence_count; i++) {
        if (fact_frame_is_new(f, i)) {
            json_frame(j, f->frames[i]);
        }
    }
    json_end(j, ']');
    json_key_bytes(j, "summary", bytes_of_text(f->summary));
    json_end(j, '}');
}

void json_session(struct json_out *j, const struct settings *settings, const struct session *s)
{
    static const struct diagnosis undiagnosed = {.outcome = OUTCOME_OPEN, .phase = PHASE_CONNECT};
    const struct diagnosis *d = s->diagnosis ? s->diagnosis : &undiagnosed;
    j->comma = false;
    json_begin(j, '{');
    json_key_utc(j, "@timestamp", s->first.time_ns);
    put_event(j, s, d);
    put_network(j, s);
    put_endpoint(j, s, SIDE_CLIENT);
    put_endpoint(j, s, SIDE_SERVER);
    put_tcp(j, s, d);
    put_smtp(j, s, d);
    json_tls(j, s);
    json_open(j, "findings", '[');
    for (const struct finding *f = d->findings; f; f = f->next) {
        put_finding(j, f);
    }
    json_end(j, ']');
    if (s->folded) {
        json_key_u64(j, "folded", s->folded);
    }
    if (steps_wanted(settings, s)) {
        json_steps(j, s);
    }
    json_end(j, '}');
}
