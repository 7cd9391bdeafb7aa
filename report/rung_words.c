/* rung_words.c - what one event is called on a rung.
 *
 * The words say what the packet was, never what it means. AUTH lines have no text to show: it was
 * never kept.
 */
#include "report/rung_words.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/steps.h"
#include "report/words.h"

enum { RECORD_ALERT = 21, ALERT_FATAL = 2 }; /* RFC 8446 sections 5.1 and 6 */

#define SAY(field, ...) words_put((field), sizeof(field), __VA_ARGS__)
#define ADD(field, ...) words_add((field), sizeof(field), __VA_ARGS__)

static void describe_reply(struct rung *r, struct rung_line *l, const struct reply_facts *f)
{
    const struct event *to = f->answers;
    bool ehlo = to && to->kind == EVENT_COMMAND && f->code == 250 &&
                (to->facts->command.verb == VERB_EHLO || to->facts->command.verb == VERB_LHLO);

    r->is_reply = true;
    r->bad = f->code >= 400 || (f->flags & REPLY_INVALID) || f->to == REPLY_TO_NOTHING;
    if (f->code) {
        SAY(l->before, "%03u ", (unsigned)f->code);
    } else {
        SAY(l->before, "(no code) ");
    }
    l->wire = ehlo ? f->full : f->text;
    if (f->lines > 1) {
        SAY(l->after, "  (%s)", words_counted(f->lines, "line").s);
    }
    if (f->to == REPLY_TO_NOTHING) {
        SAY(l->after, "  (nothing was asked)");
    } else if (f->flags & REPLY_UNFINISHED) {
        SAY(l->after, "  (its last line never came)");
    }
}

static void describe_command(struct rung *r, struct rung_line *l, const struct command_facts *f)
{
    r->is_command = true;
    l->wire = f->text;
    if (f->verb == VERB_AUTH) {
        SAY(l->after, " (arguments never kept)");
    } else if (f->line_flags & LINE_UNTERMINATED) {
        SAY(l->after, "  (line not finished)");
    } else if (f->line_flags & LINE_AFTER_GAP) {
        SAY(l->after, "  (its beginning may be missing)");
    }
}

static void describe_content(struct rung *r, struct rung_line *l, const struct event *e)
{
    const struct content_facts *f = &e->facts->content;
    const char *what = e->kind == EVENT_CHUNK ? (f->last ? "last chunk" : "chunk") : "message";

    r->shape = RUNG_CONTENT;
    SAY(l->before, "%s, ", what);
    SAY(l->after, "%s", words_counted(f->bytes, "byte").s);
    if (f->segments > 1) {
        ADD(l->after, " in %s", words_counted(f->segments, "segment").s);
    }
    if (f->missing) {
        ADD(l->after, ", %s not captured", words_count(f->missing).s);
    }
    if (!f->complete) {
        ADD(l->after, ", not complete");
    }
}

static void describe_reset(struct rung *r, struct rung_line *l, const struct event *e)
{
    const struct rst_facts *f = &e->facts->rst;
    const char *who = e->side == SIDE_SERVER ? "server" : "client";

    /* A reset that only tidies up behind a FIN is no fault. */
    r->bad = e->kind == EVENT_REFUSED || !(f->after_own_fin || f->after_peer_fin);
    SAY(l->before, e->kind == EVENT_REFUSED ? "RST: refused" : "RST");
    if (f->ttl && f->ttl_usual && f->ttl != f->ttl_usual) {
        ADD(l->after, ", TTL %u  (the %s's own packets: TTL %u)", (unsigned)f->ttl, who,
            (unsigned)f->ttl_usual);
    }
    if (f->repeated) {
        ADD(l->after, "  (sent %u times)", f->repeated + 1U);
    }
}

static void describe_icmp(struct rung *r, struct rung_line *l, const struct icmp_facts *f)
{
    char from[ADDRESS_TEXT_MAX];
    bool six = f->from.family == 6;

    r->bad = true;
    address_format(&f->from, from);
    SAY(l->before, "ICMP%s error %u/%u", six ? "v6" : "", (unsigned)f->type, (unsigned)f->code);
    if (f->mtu) {
        SAY(l->after, " from %s: packet too big, MTU %u", from, (unsigned)f->mtu);
    } else {
        SAY(l->after, " from %s", from);
    }
}

static void describe_tls(struct rung *r, struct rung_line *l, const struct event *e)
{
    const struct tls_event_facts *f = &e->facts->tls;
    char name[STEP_TEXT_MAX];

    r->bad = f->record_type == RECORD_ALERT && !f->encrypted && f->level == ALERT_FATAL;
    step_tls_text(e, name, sizeof name);
    SAY(l->before, "TLS ");
    SAY(l->after, "%s", name);
}

static void describe_gap(struct rung *r, struct rung_line *l, const struct gap_facts *f)
{
    r->shape = RUNG_GAP;
    SAY(l->before, "not captured: ");
    SAY(l->after, "%s%s", words_counted(f->missing, "byte").s,
        f->snapped ? " cut off by the snap length"
        : f->acked ? ", which the other side acknowledged"
                   : "");
}

static void describe_again(struct rung *r, struct rung_line *l, const struct retransmit_facts *f)
{
    r->shape = RUNG_AGAIN;
    if (f->keep_alive) {
        SAY(l->before, "keep-alive");
    } else {
        SAY(l->before, "sent again: ");
        SAY(l->after, "%s", words_counted(f->len, "byte").s);
    }
    if (f->count > 1) {
        ADD(l->after, ", %u times", (unsigned)f->count);
    }
}

static void describe_handshake(struct rung *r, struct rung_line *l, const struct event *e)
{
    const struct syn_facts *f = &e->facts->syn;

    r->shape = RUNG_TCP;
    SAY(l->before, "%s%s", e->kind == EVENT_SYN ? "SYN" : "SYN ACK", f->again ? " again" : "");
    if (f->payload) {
        SAY(l->after, " with %s of data", words_counted(f->payload, "byte").s);
    }
}

void rung_describe(struct rung *r, struct rung_line *l, const struct event *e)
{
    r->shape = RUNG_ARROW;
    switch ((enum event_kind)e->kind) {
    case EVENT_SYN:
    case EVENT_SYNACK:
        describe_handshake(r, l, e);
        return;
    case EVENT_REFUSED:
    case EVENT_RST:
        r->shape = RUNG_TCP;
        describe_reset(r, l, e);
        return;
    case EVENT_FIN:
        r->shape = RUNG_TCP;
        SAY(l->before, "FIN");
        return;
    case EVENT_ICMP:
        r->shape = RUNG_NOTE;
        describe_icmp(r, l, &e->facts->icmp);
        return;
    case EVENT_GAP:
        describe_gap(r, l, &e->facts->gap);
        return;
    case EVENT_RETRANSMIT:
        describe_again(r, l, &e->facts->retransmit);
        return;
    case EVENT_ZERO_WINDOW:
        r->shape = RUNG_TCP;
        r->bad = e->last.time_ns - e->first.time_ns > 1000000000;
        SAY(l->before, "window 0: it stops reading");
        if (e->facts->window.open) {
            SAY(l->after, " and never resumes");
        } else {
            SAY(l->after, " for %s", words_duration_ns(e->last.time_ns - e->first.time_ns).s);
        }
        return;
    case EVENT_CONFLICT:
        r->shape = RUNG_NOTE;
        SAY(l->before, "two copies of the same bytes differ;");
        SAY(l->after, " the first was used");
        return;
    case EVENT_LIMIT:
        r->shape = RUNG_NOTE;
        SAY(l->before, "a limit of this program was reached: ");
        SAY(l->after, "%s, %" PRIu64, e->facts->limit.name, e->facts->limit.value);
        return;
    case EVENT_REPLY:
        describe_reply(r, l, &e->facts->reply);
        return;
    case EVENT_COMMAND:
        describe_command(r, l, &e->facts->command);
        return;
    case EVENT_AUTH:
        r->is_command = true;
        SAY(l->before, e->facts->auth.cancelled ? "* (AUTH cancelled)" : "AUTH line, never kept");
        return;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        describe_content(r, l, e);
        return;
    case EVENT_TLS:
        describe_tls(r, l, e);
        return;
    case EVENT_TLS_RUN:
        r->shape = RUNG_RECORDS;
        SAY(l->before, "encrypted: ");
        SAY(l->after, "%s, %s", words_counted(e->facts->run.records, "record").s,
            words_counted(e->facts->run.bytes, "byte").s);
        return;
    case EVENT_OPAQUE:
        r->shape = RUNG_RECORDS;
        SAY(l->before, "neither SMTP nor TLS: ");
        SAY(l->after, "%s", words_counted(e->facts->opaque_bytes, "byte").s);
        return;
    case EVENT_KINDS:
        break;
    }
}

void rung_describe_final_dot(struct rung *r, struct rung_line *l)
{
    r->shape = RUNG_ARROW;
    r->is_command = true;
    SAY(l->before, "\".\" end of data");
}
