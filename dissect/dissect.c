/* dissect.c - this floor from outside: packets in, sessions out. */
#include "dissect/dissect.h"

#include <stdlib.h>

#include "dissect/classify.h"
#include "dissect/net/frame.h"
#include "dissect/net/ipfrag.h"
#include "dissect/tcp/flow.h"
#include "dissect/tls/facts.h"

struct dissect {
    struct frame_reader frames;
    struct tcp_flows *flows;
    struct classifier *classifier;
    enum naming naming;
    struct dissect_totals totals;
    session_sink sink;
    void *ctx;
};

/* nDPI's reading of the TLS hellos beside ours. */
static void compare_hellos(struct dissect *d, struct session *s)
{
    const struct tls_details *t = tls_details_of(s);
    struct tls_opinion opinion;

    if (!t || d->naming != NAMING_ALL || !classify_hellos(d->classifier, t->excerpt, &opinion)) {
        return;
    }
    s->ndpi_differs = tls_opinion_differences(s, &opinion);
    if (!s->ndpi.len && opinion.is_tls) {
        s->ndpi = arena_format(s->arena, "TLS");
    }
}

/* The opening has done its work: nobody above sees it. */
static void name_protocol(struct dissect *d, struct session *s)
{
    char name[CLASSIFY_NAME_MAX];

    if (s->opening && d->naming != NAMING_NONE &&
        (d->naming == NAMING_ALL || !s->mail_port || s->not_smtp) &&
        classify_opening(d->classifier, s->opening, name)) {
        s->ndpi = arena_format(s->arena, "%s", name);
    }
    opening_free(s->opening);
    s->opening = NULL;
    compare_hellos(d, s);
}

static void count_session(void *ctx, struct session *s)
{
    struct dissect *d = ctx;

    name_protocol(d, s);
    for (int i = 0; s->limits && i < LIMITS; i++) {
        d->totals.limits[i] += s->limits >> i & 1;
    }
    d->sink(d->ctx, s);
}

struct dissect *dissect_new(const struct dissect_options *o, session_sink sink, void *ctx)
{
    struct dissect *d = calloc(1, sizeof *d);
    struct tcp_flow_options flows = {.ports = o->ports,
                                     .port_count = o->port_count,
                                     .max_connections = o->max_connections,
                                     .max_warm_bytes = o->max_warm_bytes,
                                     .keylog = o->keylog,
                                     .keep_openings = o->naming == NAMING_ALL,
                                     .keep_certificates = o->keep_certificates,
                                     .sink = count_session,
                                     .ctx = d};

    if (!d) {
        return NULL;
    }
    d->sink = sink;
    d->ctx = ctx;
    d->naming = o->naming;
    d->classifier = classifier_new();
    d->flows = tcp_flow_table_new(&flows);
    if (!frame_reader_init(&d->frames) || !d->flows || !d->classifier) {
        dissect_free(d);
        return NULL;
    }
    return d;
}

void dissect_free(struct dissect *d)
{
    if (d) {
        frame_reader_reset(&d->frames);
        tcp_flow_table_free(d->flows);
        classifier_free(d->classifier);
        free(d);
    }
}

static void count_packet(struct dissect_totals *t, const struct packet *p)
{
    t->packets++;
    t->bytes += p->data.len;
    t->truncated_packets += p->data.len < p->wire_len;
    if (!t->first.packet || p->mark.time_ns < t->first.time_ns) {
        t->first = p->mark;
    }
    if (!t->last.packet || p->mark.time_ns >= t->last.time_ns) {
        t->last = p->mark;
    }
}

static void count_other(struct dissect_totals *t, enum frame_kind kind)
{
    switch (kind) {
    case FRAME_CUT:
    case FRAME_BAD:
        t->bad_headers++;
        break;
    case FRAME_DEEP:
        t->limits[REACHED_ENCAPSULATIONS]++;
        break;
    case FRAME_LINK:
        t->unread_links++;
        break;
    case FRAME_OTHER:
        t->others++;
        break;
    case FRAME_TCP:
    case FRAME_ICMP:
    case FRAME_FRAGMENT: /* the reader counts them */
        break;
    }
}

void dissect_packet(struct dissect *d, const struct packet *p)
{
    struct segment segment;
    struct icmp_error error;
    enum frame_kind kind;

    count_packet(&d->totals, p);
    kind = frame_reader_read(&d->frames, p, &segment, &error);
    for (;;) {
        if (kind == FRAME_TCP) {
            tcp_flow_segment(d->flows, &segment);
        } else if (kind == FRAME_ICMP) {
            tcp_flow_icmp(d->flows, &error);
        } else {
            count_other(&d->totals, kind);
        }
        if (!frame_reader_has_more(&d->frames)) {
            return;
        }
        kind = frame_reader_more(&d->frames, p, &segment, &error);
    }
}

void dissect_clock(struct dissect *d, int64_t now_ns)
{
    tcp_flow_clock(d->flows, now_ns);
}

int64_t dissect_now(const struct dissect *d)
{
    return tcp_flow_now(d->flows);
}

void dissect_end(struct dissect *d)
{
    tcp_flow_end(d->flows);
}

void dissect_each_open(struct dissect *d, session_sink look, void *ctx)
{
    tcp_flow_each_open(d->flows, look, ctx);
}

const struct dissect_totals *dissect_totals(struct dissect *d)
{
    static const enum limit evictions[] = {REACHED_CONNECTIONS, REACHED_SESSIONS,
                                           REACHED_SESSION_BYTES_ALL, REACHED_UNANSWERED};
    const struct tcp_flow_totals *flows = tcp_flow_totals(d->flows);
    const struct ipfrag_totals *fragments = ipfrag_totals(d->frames.fragments);

    d->totals.fragments = fragments->pending;
    d->totals.datagrams = fragments->datagrams;
    d->totals.datagrams_incomplete = fragments->incomplete;
    d->totals.datagrams_conflicting = fragments->conflicting;
    d->totals.connections = flows->connections;
    d->totals.sessions = flows->sessions;
    d->totals.mail_packets = flows->mail_packets;
    d->totals.limits[REACHED_FRAGMENT_DATAGRAMS] = fragments->evicted;
    d->totals.limits[REACHED_FRAGMENT_BYTES_ALL] = fragments->evicted_bytes;
    for (size_t i = 0; i < sizeof evictions / sizeof evictions[0]; i++) {
        d->totals.limits[evictions[i]] = flows->evicted[evictions[i]]; /* mail or not */
    }
    d->totals.limits_reached = 0;
    for (int i = 0; i < LIMITS; i++) {
        d->totals.limits_reached += d->totals.limits[i];
    }
    return &d->totals;
}
