/* fleet_stations.c - what each client and each server did over all its sessions. */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_watch.h"
#include "report/diagnose/provider.h"
#include "report/diagnose/thresholds.h"
#include "report/words.h"

enum { PORT_RELAY = 25, SAMPLES_FIRST = 32, COURSE_FROM = 3 };

static unsigned times(const struct finding *f)
{
    return f->count ? f->count : 1;
}

/* --- recipients --- */

static void note_unknown(struct station *client, const struct session *s)
{
    const struct finding *f = watch_finding(s, "user-unknown");
    unsigned asked = 0;

    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        asked += watch_is_whole(s) ? tx->accepted_count + tx->rejected_count
                                   : tx->recipient_count; /* the others may exist */
    }
    client->recipients += asked;
    if (asked) {
        window_add(&client->asked, s->first.time_ns, asked);
    }
    if (!f) {
        return;
    }
    client->unknown += times(f);
    sightings_add(&client->unknowns, f->at, s->id);
    window_add(&client->harvest, s->first.time_ns, times(f));
    if (client->harvest.sum > client->harvested &&
        (double)client->harvest.sum >= threshold(THRESHOLD_HARVEST_COUNT) &&
        (double)client->harvest.sum >=
            threshold(THRESHOLD_HARVEST_SHARE) * (double)client->asked.sum) {
        client->harvested = client->harvest.sum;
        client->harvested_of =
            client->asked.sum > client->harvested ? client->asked.sum : client->harvested;
    }
}

/* --- throttled --- */

/* The one that limited least at once; of several the one that did not for the longest time. */
static size_t least_throttler(const struct watch *w)
{
    size_t least = 0;

    for (size_t i = 1; i < THROTTLERS_MAX; i++) {
        const struct throttler *a = &w->throttlers[i], *b = &w->throttlers[least];
        if (a->window.peak < b->window.peak ||
            (a->window.peak == b->window.peak && a->seen.last.time_ns < b->seen.last.time_ns)) {
            least = i;
        }
    }
    return least;
}

static void note_throttled(struct watch *w, const struct session *s)
{
    const struct finding *f = watch_finding(s, "rate-limited");
    const struct endpoint *server = &s->end[SIDE_SERVER];
    const char *provider;
    size_t i;

    if (!f) {
        return;
    }
    provider = provider_of(s, NULL, (struct text){"", 0, false});
    for (i = 0; i < w->throttler_count; i++) {
        const struct throttler *t = &w->throttlers[i];
        if (provider ? t->provider && strcmp(t->provider, provider) == 0
                     : !t->provider && address_equal(&t->end.address, &server->address)) {
            break;
        }
    }
    if (i == THROTTLERS_MAX) {
        i = least_throttler(w);
        w->forgotten++;
        w->throttlers[i] = (struct throttler){.provider = provider, .end = *server};
    } else if (i == w->throttler_count) {
        w->throttlers[w->throttler_count++] =
            (struct throttler){.provider = provider, .end = *server};
    }
    sightings_add(&w->throttlers[i].seen, f->at, s->id);
    window_add(&w->throttlers[i].window, f->at.time_ns, times(f));
}

/* --- too many connections: how many there were --- */

static void note_crowd(struct watch *w, struct station *client, struct station *server,
                       const struct session *s)
{
    const struct finding *f = watch_finding(s, "too-many-connections");
    size_t kept = sizeof w->open / sizeof w->open[0];

    for (unsigned i = 0; i < server->busy_count; i++) {
        struct busy *b = &server->busy[i];
        b->open += s->first.time_ns <= b->time_ns && b->time_ns <= s->last.time_ns;
    }
    if (f) {
        sightings_add(&server->crowded, f->at, s->id);
    }
    if (f && server->busy_count < BUSY_MAX) {
        struct busy *b = &server->busy[server->busy_count++];
        *b = (struct busy){f->at.time_ns, 1};
        for (size_t i = 0; i < kept; i++) {
            b->open += w->open[i].server == server->hash && w->open[i].client == client->hash &&
                       w->open[i].from_ns <= b->time_ns && b->time_ns <= w->open[i].until_ns;
        }
    }
    w->open[w->open_next].server = server->hash;
    w->open[w->open_next].client = client->hash;
    w->open[w->open_next].from_ns = s->first.time_ns;
    w->open[w->open_next].until_ns = s->last.time_ns;
    w->open_next = (w->open_next + 1) % kept;
}

/* --- slow replies --- */

static void note_sample(struct watch *w, struct station *server, const struct station *client,
                        const struct session *s)
{
    double seconds = diagnosis_of(s)->slowest_reply_s;

    if (seconds < 0 || !watch_is_whole(s)) {
        return; /* behind a gap a reply may be another one's */
    }
    if (!server->sample_room && w->sampled == SAMPLED_STATIONS_MAX) {
        return;
    }
    if (server->sample_count == server->sample_room && server->sample_room < SAMPLES_MAX) {
        size_t room = server->sample_room ? server->sample_room * 2 : SAMPLES_FIRST;
        struct sample *more = realloc(server->samples, room * sizeof *more);
        if (!more) {
            return;
        }
        w->sampled += !server->sample_room;
        server->samples = more;
        server->sample_room = room;
    }
    if (server->sample_count == SAMPLES_MAX) { /* every second one stays, from now on every second
                                                  one comes */
        for (size_t i = 0; i < SAMPLES_MAX / 2; i++) {
            server->samples[i] = server->samples[2 * i];
        }
        server->sample_count = SAMPLES_MAX / 2;
        server->sample_step = server->sample_step ? server->sample_step * 2 : 2;
    }
    if (server->sample_step && server->sample_seen++ % server->sample_step) {
        return;
    }
    server->samples[server->sample_count++] =
        (struct sample){.at = s->first,
                        .session = s->id,
                        .seconds = (float)seconds,
                        .phase = diagnosis_of(s)->slowest_phase & 0xffu,
                        .client = client->hash & SAMPLE_CLIENT};
}

/* --- connecting --- */

static void note_port_25(struct station *client, const struct session *s)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    const struct finding *f = watch_failure(s);

    if (s->tcp.handshake == HANDSHAKE_COMPLETE || s->tcp.midstream) {
        client->reached_25 += server->port == PORT_RELAY;
        client->reached_other += server->port != PORT_RELAY;
    } else if (server->port == PORT_RELAY && f &&
               (strcmp(f->id, "connect-timeout") == 0 ||
                strcmp(f->id, "connect-admin-prohibited") == 0)) {
        few_add(&client->blocked_25, watch_hash_address(&server->address, 0));
        sightings_add(&client->blocks, f->at, s->id);
    }
}

static void note_coming_up(struct station *t, const struct session *s)
{
    if (s->tcp.handshake == HANDSHAKE_COMPLETE && s->tcp.side[SIDE_CLIENT].syn.packet) {
        coming_up_add(&t->coming_up, s->first.time_ns, watch_finding(s, "connect-slow"));
    }
}

/* A client's sessions over time. */
static void note_course(struct watch *w, struct station *client, const struct session *s,
                        const struct finding *failure)
{
    struct past *c = client->past;

    if (!c && client->sessions >= COURSE_FROM) {
        c = client->past = calloc(1, sizeof *c);
    }
    if (!c) {
        return;
    }
    bins_count(&c->all, w->clock, s->first.time_ns);
    if (failure) {
        bins_count(&c->bad, w->clock, s->first.time_ns);
        runs_bad(&c->runs, failure->at, s->id);
    } else if (diagnosis_of(s)->outcome == OUTCOME_COMPLETED) {
        runs_good(&c->runs, s->first.time_ns);
    }
}

static void note_failure(struct station *t, const struct station *other, const struct session *s,
                         const struct finding *failure)
{
    t->sessions++;
    t->unsure += watch_is_unsure(s);
    if (!watch_is_whole(s) && s->last.time_ns > t->unsure_ns) {
        t->unsure_ns = s->last.time_ns;
    }
    few_add(&t->partners, watch_id(other));
    if (failure) {
        t->failed++;
        few_add(&t->failing, watch_id(other));
        sightings_add(&t->failures, failure->at, s->id);
    }
}

void watch_add_stations(struct watch *w, const struct session *s)
{
    bool told = diagnosis_of(s)->flagged;
    struct station *client = watch_station(w, &s->end[SIDE_CLIENT], SIDE_CLIENT, told);
    struct station *server = watch_station(w, &s->end[SIDE_SERVER], SIDE_SERVER, told);
    const struct finding *failure = watch_failure(s), *listed = watch_finding(s, "blocklisted");

    watch_add_mails(w, s, client, server);
    note_throttled(w, s);
    watch_add_senders(w, s);
    watch_add_shown(w, s);
    if (!client || !server || (watch_is_passing(w, client) && watch_is_passing(w, server))) {
        return;
    }
    watch_name(client->name, s, SIDE_CLIENT);
    watch_name(server->name, s, SIDE_SERVER);
    note_failure(client, server, s, failure);
    note_failure(server, client, s, failure);
    if (!watch_is_passing(w, client)) {
        note_course(w, client, s, failure);
    }
    watch_add_logins(w, s, client, server);
    note_unknown(client, s);
    note_crowd(w, client, server, s);
    if (!watch_is_passing(w, server)) {
        watch_add_backends(w, server, s, failure);
        note_sample(w, server, client, s);
    }
    watch_add_tls(client, server, s);
    note_port_25(client, s);
    note_coming_up(client, s);
    note_coming_up(server, s);
    if (listed) {
        few_add(&client->listing, watch_id(server));
        client->lists |= watch_lists_of(listed);
        sightings_add(&client->listings, listed->at, s->id);
    }
}
