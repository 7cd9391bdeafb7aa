/* rungs.c - one session as the rows of a ladder.
 *
 * steps.h gives the order. Neighbours that travelled in one packet become lines of one arrow. A
 * message's final dot is told on its own when it came in a later packet, because waiting begins
 * there.
 */
#include "report/rungs.h"

#include <stdlib.h>
#include <string.h>

#include "report/rung_words.h"
#include "report/steps.h"
#include "report/words.h"

/* At one instant: what was said, then what acknowledged it, then the silence. */
enum item_kind { ITEM_EVENT, ITEM_ACK, ITEM_WAIT };

struct item {
    int64_t time_ns; /* to sort by */
    enum item_kind kind;
    size_t index;
    struct step step; /* of ITEM_ACK: the wait it belongs to */
    bool is_dot;      /* the end of the event's content */
};

struct builder {
    struct rungs *out;
    const struct session *s;
    bool locked;
};

#define ADD(field, ...) words_add((field), sizeof(field), __VA_ARGS__)

static int item_order(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->time_ns != y->time_ns) {
        return x->time_ns < y->time_ns ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool has_own_dot(const struct event *e)
{
    return e->kind == EVENT_CONTENT && e->facts->content.complete && e->facts->content.end.packet &&
           e->facts->content.end.packet != e->first.packet;
}

/* The packet that acknowledged what stayed unanswered, when nothing else tells of it. */
static bool has_own_ack(const struct session *s, const struct wait *w)
{
    struct mark acked = w->outstanding ? w->outstanding->acked : (struct mark){0};

    if (!acked.packet || w->owner != PARTY_SERVER || acked.packet == w->until.packet ||
        acked.time_ns < w->from.time_ns || acked.time_ns > w->until.time_ns) {
        return false;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->first.packet == acked.packet || e->last.packet == acked.packet) {
            return false;
        }
    }
    return true;
}

static const struct wait *waits_of(const struct session *s)
{
    return diagnosis_of(s) ? diagnosis_of(s)->waits : NULL;
}

/* The steps in their order, each not before the one above it; what steps.h tells at its end and a
 * reader looks for at its beginning (content), and the acknowledgements, in addition. */
static size_t collect(struct item *items, const struct session *s)
{
    struct steps_iterator it;
    struct step step;
    int64_t latest = INT64_MIN;
    size_t n = 0;

    steps_begin(&it, s);
    while (steps_next(&it, &step)) {
        struct item i = {step.at.time_ns, step.wait ? ITEM_WAIT : ITEM_EVENT, n, step, false};

        /* A gap is known late; what follows it in the stream is not late for that. */
        if (i.time_ns < latest ||
            (latest != INT64_MIN && step.event && step.event->kind == EVENT_GAP)) {
            i.time_ns = latest;
        }
        latest = i.time_ns;
        if (step.wait && has_own_ack(s, step.wait)) {
            if (step.wait->outstanding->acked.time_ns > i.time_ns) {
                i.time_ns = step.wait->outstanding->acked.time_ns;
            }
            items[n] = i;
            items[n++].kind = ITEM_ACK;
        } else if (step.event && has_own_dot(step.event)) {
            i.is_dot = true;
            items[n] = i;
            items[n].is_dot = false;
            items[n].time_ns = step.event->first.time_ns;
            items[n++].step.at = step.event->first;
        } else if (step.event && step.event->kind == EVENT_CONTENT) {
            i.time_ns = step.event->first.time_ns;
            i.step.at = step.event->first;
        }
        i.index = n;
        items[n++] = i;
    }
    return n;
}

static struct rung *new_rung(struct builder *b, struct mark first, struct mark last)
{
    struct rungs *out = b->out;
    struct rung *r = &out->rung[out->count++];

    *r = (struct rung){.gap_ns = -1, .first = first, .last = last, .line = out->line_count};
    r->line_count = 1;
    out->lines[out->line_count] = (struct rung_line){.wire = {"", 0, false}};
    out->line_count++;
    return r;
}

static bool joins(const struct rung *above, const struct rung *r)
{
    return above->shape == RUNG_ARROW && r->shape == RUNG_ARROW && above->side == r->side &&
           above->is_command == r->is_command && above->is_reply == r->is_reply &&
           above->first.packet == r->first.packet && r->first.packet;
}

/* The rung just made becomes a line of the one above it when both are one packet. */
static void join_last(struct builder *b)
{
    struct rungs *out = b->out;
    struct rung *r = &out->rung[out->count - 1], *above = r - 1;

    if (out->count < 2 || !joins(above, r)) {
        return;
    }
    above->line_count++;
    above->bad = above->bad || r->bad;
    above->last = r->last;
    out->count--;
}

/* Whoever was not waited for ended the silence by closing. */
static void tell_giving_up(struct builder *b, struct rung *r, const struct event *e)
{
    if (e->kind != EVENT_FIN && e->kind != EVENT_RST) {
        return;
    }
    for (const struct wait *w = waits_of(b->s); w; w = w->next) {
        enum party self = e->side == SIDE_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
        if (w->until.packet == e->first.packet && !w->open && w->owner != self) {
            ADD(b->out->lines[r->line].after, ": gives up after %s", words_duration(w->seconds).s);
            r->bad = true;
        }
    }
}

/* What a finding of a fault points at, unless it speaks of a silence: that has its own row. */
static bool is_faulty(const struct session *s, const struct event *e)
{
    const struct diagnosis *d = diagnosis_of(s);

    for (const struct finding *f = d ? d->findings : NULL; f; f = f->next) {
        for (size_t i = 0;
             f->severity >= SEVERITY_WARNING && f->waited_s <= 0 && i < f->evidence_count; i++) {
            if (f->evidence[i] == e && f->at.packet == e->first.packet) {
                return true;
            }
        }
    }
    return false;
}

static void add_lock(struct builder *b, const struct event *e)
{
    struct rung *r = new_rung(b, e->first, e->first);

    r->shape = RUNG_LOCK;
    if (session_is_opened(b->s)) {
        ADD(b->out->lines[r->line].before, "inside TLS from here");
        ADD(b->out->lines[r->line].after, ": opened with a key log");
    } else {
        ADD(b->out->lines[r->line].before, "encrypted from here");
        ADD(b->out->lines[r->line].after, ": sizes and times of TLS records, no guess at commands");
    }
    b->locked = true;
}

static void add_rung(struct builder *b, const struct item *i)
{
    const struct event *e = i->step.event;
    const struct wait *w = i->step.wait;
    struct rung *r;

    if (i->kind == ITEM_WAIT) {
        r = new_rung(b, w->from, w->until);
        r->shape = RUNG_WAIT;
        r->side = w->owner == PARTY_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
        r->wait = w;
        return;
    }
    if (i->kind == ITEM_ACK) {
        r = new_rung(b, w->outstanding->acked, w->outstanding->acked);
        r->shape = RUNG_TCP;
        r->side = side_other(w->outstanding->side);
        ADD(b->out->lines[r->line].before, "ACK");
        ADD(b->out->lines[r->line].after, "  (TCP only: every byte arrived)");
        return;
    }
    if ((e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) && !b->locked) {
        add_lock(b, e);
    }
    r = new_rung(b, i->step.at, e->last);
    if (i->is_dot) {
        r->last = r->first;
        rung_describe_final_dot(r, &b->out->lines[r->line]);
    } else {
        rung_describe(r, &b->out->lines[r->line], e);
        r->bad = r->bad || is_faulty(b->s, e);
        tell_giving_up(b, r, e);
    }
    r->side = e->side;
    join_last(b);
}

static void finish_arrows(struct rungs *out)
{
    int64_t before = INT64_MIN;
    uint64_t packet = 0;

    for (size_t i = 0; i < out->count; i++) {
        struct rung *r = &out->rung[i];
        if (r->is_command && r->line_count > 1) {
            size_t shown = r->line_count < RUNG_LINES ? r->line_count : RUNG_LINES;
            ADD(out->lines[r->line + shown - 1].after, "  (%s, one packet)",
                r->line_count > RUNG_LINES ? words_counted(r->line_count, "line").s : "pipelined");
        } else if (r->line_count > RUNG_LINES) {
            ADD(out->lines[r->line + RUNG_LINES - 1].after, "  (and %s more)",
                words_count(r->line_count - RUNG_LINES).s);
        }
        if (r->shape == RUNG_WAIT || r->shape == RUNG_LOCK || r->shape == RUNG_GAP ||
            !r->first.packet) {
            continue;
        }
        if (before != INT64_MIN && packet != r->first.packet) {
            r->gap_ns = r->first.time_ns > before ? r->first.time_ns - before : 0;
        }
        before = r->first.time_ns;
        packet = r->first.packet;
        /* Content without a dot of its own lasts until its last packet. */
        if (r->shape == RUNG_CONTENT && i + 1 < out->count &&
            out->rung[i + 1].first.packet != r->last.packet &&
            out->rung[i + 1].first.time_ns >= r->last.time_ns) {
            before = r->last.time_ns;
        }
    }
}

bool rungs_of(struct rungs *out, const struct session *s)
{
    struct builder b = {out, s, false};
    struct item *items;
    size_t n = 1;

    *out = (struct rungs){0};
    for (const struct event *e = s->events; e; e = e->next) {
        n += 2;
    }
    for (const struct wait *w = waits_of(s); w; w = w->next) {
        n += 2;
    }
    items = calloc(n, sizeof *items);
    out->rung = calloc(n + 2, sizeof *out->rung);
    out->lines = calloc(n + 2, sizeof *out->lines);
    if (!items || !out->rung || !out->lines) {
        free(items);
        rungs_free(out);
        return false;
    }
    n = collect(items, s);
    qsort(items, n, sizeof *items, item_order);
    if (s->folded) {
        struct rung *r = new_rung(&b, (struct mark){0}, (struct mark){0});
        r->shape = RUNG_NOTE;
        ADD(out->lines[r->line].after, "%s of this session not kept",
            words_counted(s->folded, "step").s);
    }
    for (size_t i = 0; i < n; i++) {
        add_rung(&b, &items[i]);
    }
    free(items);
    finish_arrows(out);
    return true;
}

void rungs_free(struct rungs *r)
{
    free(r->rung);
    free(r->lines);
    *r = (struct rungs){0};
}

/* RFC 5321 section 4.5.3.2: its paragraphs, by what the client waits for. */
static const char *rfc_paragraph(enum phase phase)
{
    switch (phase) {
    case PHASE_GREETING:
        return ".1";
    case PHASE_MAIL:
        return ".2";
    case PHASE_RCPT:
        return ".3";
    case PHASE_DATA_INIT:
        return ".4";
    case PHASE_DATA:
        return ".5";
    case PHASE_EOD:
        return ".6";
    case PHASE_IDLE:
        return ".7";
    case PHASE_CONNECT:
    case PHASE_EHLO:
    case PHASE_STARTTLS:
    case PHASE_TLS:
    case PHASE_AUTH:
    case PHASE_QUIT:
    case PHASE_COUNT:
        break;
    }
    return "";
}

struct rung_wait_words rung_wait_words(const struct settings *settings, const struct wait *w)
{
    struct rung_wait_words out = {"", ""};
    const struct phase_limit *limit =
        w->owner == PARTY_CLIENT ? &settings->server_limit : &settings->client_limit[w->phase];

    if (w->owner == PARTY_SERVER && w->phase == PHASE_DATA) {
        ADD(out.what, "the server takes no more");
    } else if (w->owner == PARTY_SERVER) {
        ADD(out.what, "%s from the server", w->outstanding ? "no reply" : "nothing");
    } else if (w->owner == PARTY_CLIENT) {
        ADD(out.what, "nothing from the client");
    } else if (w->owner == PARTY_NETWORK) {
        ADD(out.what, "nothing gets through");
    } else {
        ADD(out.what, "silence");
    }
    if (w->open) {
        ADD(out.what, ", still so when the capture ended");
    }
    if (w->limit_s > 0) {
        ADD(out.limit, "limit %s", words_limit(w->limit_s).s);
        if (limit->origin == LIMIT_FROM_RFC) {
            ADD(out.limit, " (RFC 5321 section 4.5.3.2%s)",
                w->owner == PARTY_CLIENT ? ".7" : rfc_paragraph(w->phase));
        } else if (limit->origin != LIMIT_FROM_CATALOGUE) {
            ADD(out.limit, " (as set)");
        }
    } else if (w->owner == PARTY_UNKNOWN) {
        ADD(out.limit, "the packets do not say who was waited for");
    }
    return out;
}
