/* fleet_pairs.c - one client with one server: probes at even distances, TLS that failed and mail
 * that then went in clear, connection attempts by family of addresses. */
#include <string.h>

#include "report/diagnose/fleet_watch.h"
#include "report/diagnose/thresholds.h"

static const int64_t second_ns = 1000000000;

/* Welford's mean and spread of the distances between the starts of probes. */
static void note_probe(struct pair *p, const struct session *s)
{
    double distance = (double)(s->first.time_ns - p->probe_last_ns) / 1e9, off;

    if (s->last.time_ns - s->first.time_ns >= 10 * second_ns || s->smtp.transaction_count) {
        return;
    }
    if (p->probe.count && distance > 0) {
        p->intervals++;
        off = distance - p->mean;
        p->mean += off / p->intervals;
        p->square += off * (distance - p->mean);
    }
    p->probe_last_ns = s->first.time_ns;
    sightings_add(&p->probe, s->first, s->id);
}

static void note_fallback(struct pair *p, const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);
    double since = (double)(s->first.time_ns - p->tls_failed.time_ns) / 1e9;

    if (d->outcome == OUTCOME_TLS_FAILED && (d->primary || watch_is_whole(s))) {
        /* Not its last packet: the next connection may come up while this one still closes. */
        p->tls_failed = d->primary ? d->primary->at : s->first;
        p->tls_failed_session = s->id;
    } else if (p->tls_failed.packet && s->smtp.tls == TLS_NONE && s->smtp.accepted_count &&
               since >= 0 && since <= threshold(THRESHOLD_FALLBACK_SPAN)) {
        sightings_add(&p->fallback, p->tls_failed, p->tls_failed_session);
        sightings_add(&p->fallback, s->first, s->id);
    }
}

static void note_family(struct watch *w, const struct session *s)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    struct family *f = &w->family[server->address.family == 6];
    const struct finding *failure = watch_failure(s);

    if (s->tcp.handshake == HANDSHAKE_COMPLETE || s->tcp.midstream) {
        f->connected++;
        few_add(&f->up, watch_hash_address(&server->address, server->port));
    } else if (failure && failure->phase == PHASE_CONNECT) {
        f->end = f->failures.count ? f->end : *server;
        few_add(&f->failing, watch_hash_address(&server->address, server->port));
        sightings_add(&f->failures, failure->at, s->id);
    }
}

void watch_add_pair(struct watch *w, const struct session *s)
{
    bool probe = diagnosis_of(s)->probe;
    bool failed = diagnosis_of(s)->outcome == OUTCOME_TLS_FAILED;
    struct pair *p;

    note_family(w, s);
    w->tls_failed = w->tls_failed || failed;
    /* One that neither was a probe nor failed in TLS matters only behind one that did. */
    if ((!probe && !w->tls_failed) || !(p = watch_pair(w, s, probe || failed))) {
        return;
    }
    if (probe) {
        note_probe(p, s);
    } else {
        note_fallback(p, s);
    }
}
