/* xml_steps.c - the steps and the waits of a session's element: attributes by kind, and what was
 * said in <text>. */
#include "report/xml_steps.h"

#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/facts.h"
#include "report/steps.h"

static void put_reply(struct xml_out *x, const struct event *e)
{
    const struct reply_facts *r = &e->facts->reply;
    char scratch[STEP_TEXT_MAX], enhanced[FACT_ENHANCED_MAX];
    struct bytes to = step_reply_to(e, scratch);
    if (to.len) {
        xml_bytes(x, "to", to);
    }
    if (r->code) {
        xml_u64(x, "code", r->code);
    }
    if (r->flags & REPLY_INVALID || !r->code) {
        xml_bool(x, "invalid", true);
    }
    if (fact_enhanced(&r->enhanced, enhanced)) {
        xml_word(x, "enhanced", enhanced);
    }
    xml_u64(x, "lines", r->lines);
    if (r->flags & REPLY_UNFINISHED) {
        xml_bool(x, "complete", false);
    }
}

static void put_content(struct xml_out *x, const struct event *e)
{
    const struct content_facts *c = &e->facts->content;
    xml_u64(x, "bytes", c->bytes);
    if (c->missing) {
        xml_u64(x, "missing", c->missing);
    }
    if (e->kind == EVENT_CONTENT) {
        xml_u64(x, "lines", c->lines);
    }
    xml_u64(x, "segments", c->segments);
    if (e->kind == EVENT_CHUNK) {
        xml_bool(x, "last", c->last);
    }
    xml_bool(x, "complete", c->complete);
}

static void put_gap(struct xml_out *x, const struct event *e)
{
    const struct gap_facts *g = &e->facts->gap;
    xml_u64(x, "bytes", g->missing);
    xml_bool(x, "acked", g->acked);
    if (g->snapped) {
        xml_bool(x, "snapped", true);
    }
}

static void put_icmp(struct xml_out *x, const struct event *e)
{
    const struct icmp_facts *i = &e->facts->icmp;
    xml_address(x, "from", &i->from);
    xml_u64(x, "type", i->type);
    xml_u64(x, "code", i->code);
    if (i->mtu) {
        xml_u64(x, "mtu", i->mtu);
    }
}

static void put_retransmit(struct xml_out *x, const struct event *e)
{
    const struct retransmit_facts *r = &e->facts->retransmit;
    xml_u64(x, "count", r->count);
    xml_u64(x, "bytes", r->len);
    if (r->keep_alive) {
        xml_bool(x, "keep-alive", true);
    }
}

static void put_zero_window(struct xml_out *x, const struct event *e)
{
    xml_seconds(x, "seconds", e->last.time_ns - e->first.time_ns);
    xml_u64(x, "probes", e->facts->window.probes);
    if (e->facts->window.open) {
        xml_bool(x, "open", true);
    }
}

static void put_attributes(struct xml_out *x, const struct event *e)
{
    char scratch[STEP_TEXT_MAX];
    switch ((enum event_kind)e->kind) {
    case EVENT_REPLY:
        put_reply(x, e);
        break;
    case EVENT_COMMAND:
        xml_bytes(x, "verb", step_verb(e, scratch));
        break;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        put_content(x, e);
        break;
    case EVENT_GAP:
        put_gap(x, e);
        break;
    case EVENT_ICMP:
        put_icmp(x, e);
        break;
    case EVENT_RETRANSMIT:
        put_retransmit(x, e);
        break;
    case EVENT_ZERO_WINDOW:
        put_zero_window(x, e);
        break;
    case EVENT_TLS_RUN:
        xml_u64(x, "records", e->facts->run.records);
        xml_u64(x, "bytes", e->facts->run.bytes);
        break;
    case EVENT_OPAQUE:
        xml_u64(x, "bytes", e->facts->opaque_bytes);
        break;
    case EVENT_TLS:
    case EVENT_LIMIT:
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

static void put_text(struct xml_out *x, const struct event *e)
{
    char tls[STEP_TEXT_MAX];
    struct text t = {NULL, 0, false};
    if (e->kind == EVENT_REPLY) {
        t = e->facts->reply.text;
    } else if (e->kind == EVENT_COMMAND) {
        t = e->facts->command.text;
    } else if (e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) {
        t = (struct text){tls, (uint32_t)step_tls_text(e, tls, sizeof(tls)), false};
    } else if (e->kind == EVENT_LIMIT) {
        struct bytes name = bytes_of_string(e->facts->limit.name);
        t = (struct text){e->facts->limit.name, (uint32_t)name.len, false};
    } else {
        return;
    }
    xml_element(x, "text", t);
}

void xml_steps(struct xml_out *x, const struct session *s)
{
    struct steps_iterator it;
    struct step step;
    for (steps_begin(&it, s); steps_next(&it, &step);) {
        const struct event *e = step.event;
        uint32_t n = e ? step_transaction(e) : 0;
        xml_open(x, "step");
        xml_seconds(x, "t", step.at.time_ns - s->first.time_ns);
        if (step.has_side) {
            xml_word(x, "dir", fact_side_letters[step.side]);
        }
        xml_word(x, "kind", step.kind);
        if (n) {
            xml_u64(x, "n", n);
        }
        if (e) {
            put_attributes(x, e);
        } else {
            xml_duration(x, "seconds", step.wait->seconds);
            xml_word(x, "owner", party_words[step.wait->owner]);
        }
        xml_frame(x, step.at);
        if (e) {
            put_text(x, e);
        }
        xml_close(x);
    }
}

void xml_waits(struct xml_out *x, const struct session *s)
{
    const struct diagnosis *d = s->diagnosis;
    for (const struct wait *w = d ? d->waits : NULL; w; w = w->next) {
        xml_open(x, "wait");
        xml_utc(x, "from", w->from.time_ns);
        if (!w->open) {
            xml_utc(x, "until", w->until.time_ns);
        }
        xml_duration(x, "seconds", w->seconds);
        xml_word(x, "owner", party_words[w->owner]);
        xml_word(x, "phase", phase_words[w->phase]);
        if (w->limit_s > 0) {
            xml_duration(x, "limit-s", w->limit_s);
        }
        xml_bool(x, "open", w->open);
        xml_frame(x, w->from);
        xml_close(x);
    }
}
