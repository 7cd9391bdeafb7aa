/* json_steps.c - the "steps" of a session's record: one object each, fields by kind. */
#include "report/json_steps.h"

#include "report/escape.h"
#include "report/facts.h"
#include "report/steps.h"

static void put_reply(struct json_out *j, const struct event *e)
{
    const struct reply_facts *r = &e->facts->reply;
    char scratch[STEP_TEXT_MAX], enhanced[FACT_ENHANCED_MAX];
    struct bytes to = step_reply_to(e, scratch);
    if (to.len) {
        json_key_bytes(j, "to", to);
    }
    if (r->code) {
        json_key_u64(j, "code", r->code);
    }
    if (r->flags & REPLY_INVALID || !r->code) {
        json_key_bool(j, "invalid", true);
    }
    if (fact_enhanced(&r->enhanced, enhanced)) {
        json_key_word(j, "enhanced", enhanced);
    }
    json_key_u64(j, "lines", r->lines);
    json_key_text(j, "text", r->text);
    if (r->flags & REPLY_UNFINISHED) {
        json_key_bool(j, "complete", false);
    }
}

static void put_command(struct json_out *j, const struct event *e)
{
    char scratch[STEP_TEXT_MAX];
    json_key_bytes(j, "verb", step_verb(e, scratch));
    json_key_text(j, "text", e->facts->command.text);
}

static void put_content(struct json_out *j, const struct event *e)
{
    const struct content_facts *c = &e->facts->content;
    json_key_u64(j, "bytes", c->bytes);
    if (c->missing) {
        json_key_u64(j, "missing", c->missing);
    }
    if (e->kind == EVENT_CONTENT) {
        json_key_u64(j, "lines", c->lines);
    }
    json_key_u64(j, "segments", c->segments);
    if (e->kind == EVENT_CHUNK) {
        json_key_bool(j, "last", c->last);
    }
    json_key_bool(j, "complete", c->complete);
}

static void put_gap(struct json_out *j, const struct event *e)
{
    const struct gap_facts *g = &e->facts->gap;
    json_key_u64(j, "bytes", g->missing);
    json_key_bool(j, "acked", g->acked);
    if (g->snapped) {
        json_key_bool(j, "snapped", true);
    }
}

static void put_icmp(struct json_out *j, const struct event *e)
{
    const struct icmp_facts *i = &e->facts->icmp;
    json_key(j, "from");
    json_address(j, &i->from);
    json_key_u64(j, "type", i->type);
    json_key_u64(j, "code", i->code);
    if (i->mtu) {
        json_key_u64(j, "mtu", i->mtu);
    }
}

static void put_retransmit(struct json_out *j, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    json_key_u64(j, "count", r->count);
    json_key_u64(j, "bytes", r->len);
    if (r->keep_alive) {
        json_key_bool(j, "keep_alive", true);
    }
}

static void put_zero_window(struct json_out *j, const struct event *e)
{
    json_key(j, "seconds");
    json_seconds(j, e->last.time_ns - e->first.time_ns);
    json_key_u64(j, "probes", e->facts->window.probes);
    if (e->facts->window.open) {
        json_key_bool(j, "open", true);
    }
}

static void put_tls(struct json_out *j, const struct event *e)
{
    char text[STEP_TEXT_MAX];
    (void)step_tls_text(e, text, sizeof(text));
    json_key_word(j, "text", text);
    if (e->kind == EVENT_TLS_RUN) {
        json_key_u64(j, "records", e->facts->run.records);
        json_key_u64(j, "bytes", e->facts->run.bytes);
    }
}

static void put_wait(struct json_out *j, const struct wait *w)
{
    json_key_duration(j, "seconds", w->seconds);
    json_key_word(j, "owner", party_words[w->owner]);
    json_key_word(j, "phase", phase_words[w->phase]);
    if (w->limit_s > 0) {
        json_key_duration(j, "limit", w->limit_s);
    }
    if (w->open) {
        json_key_bool(j, "open", true);
    }
}

static void put_fields(struct json_out *j, const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_REPLY:
        put_reply(j, e);
        break;
    case EVENT_COMMAND:
        put_command(j, e);
        break;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        put_content(j, e);
        break;
    case EVENT_GAP:
        put_gap(j, e);
        break;
    case EVENT_ICMP:
        put_icmp(j, e);
        break;
    case EVENT_RETRANSMIT:
        put_retransmit(j, e);
        break;
    case EVENT_ZERO_WINDOW:
        put_zero_window(j, e);
        break;
    case EVENT_TLS:
    case EVENT_TLS_RUN:
        put_tls(j, e);
        break;
    case EVENT_OPAQUE:
        json_key_u64(j, "bytes", e->facts->opaque_bytes);
        break;
    case EVENT_LIMIT:
        json_key_word(j, "text", e->facts->limit.name);
        break;
    case EVENT_SYN:
    case EVENT_SYNACK:
    case EVENT_REFUSED:
    case EVENT_FIN:
    case EVENT_RST:
    case EVENT_CONFLICT:
    case EVENT_AUTH:
    case EVENT_KINDS:
        break;
    }
}

static void put_step(struct json_out *j, const struct session *s, const struct step *step)
{
    json_begin(j, '{');
    json_key(j, "t");
    json_seconds(j, step->at.time_ns - s->first.time_ns);
    if (step->has_side) {
        json_key_word(j, "dir", fact_side_letters[step->side]);
    }
    json_key_word(j, "kind", step->kind);
    if (step->wait) {
        put_wait(j, step->wait);
    } else {
        uint32_t n = step_transaction(step->event);
        if (n) {
            json_key_u64(j, "n", n);
        }
        put_fields(j, step->event);
    }
    if (step->at.packet) {
        json_key(j, "frame");
        json_frame(j, step->at);
    }
    json_end(j, '}');
}

void json_steps(struct json_out *j, const struct session *s)
{
    struct steps_iterator it;
    struct step step;
    json_open(j, "steps", '[');
    for (steps_begin(&it, s); steps_next(&it, &step);) {
        put_step(j, s, &step);
    }
    json_end(j, ']');
}
