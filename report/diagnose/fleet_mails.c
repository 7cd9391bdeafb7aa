/* fleet_mails.c - envelopes seen before: delivered twice, tried again too soon, put off and let in.
 *
 * A mail is known again by its sender and all its recipients; with the size that was declared where
 * only an attempt is meant, with the octets of its content where the message itself is. The bytes
 * are hashed, never kept. Two different messages of the same size between the same people would be
 * taken for one: what rests on this has no more than medium confidence.
 */
#include <string.h>

#include "report/diagnose/fleet_watch.h"
#include "report/diagnose/thresholds.h"

enum { WAYS = 4, SEED_ATTEMPT = 1, SEED_MESSAGE = 2 };

static uint64_t hash_text(uint64_t h, struct text t)
{
    return watch_hash(watch_hash(h, t.s, t.len), "\n", 1);
}

/* 0: its sender or a recipient is not known. */
static uint64_t hash_envelope(const struct transaction *tx, uint64_t seed)
{
    uint64_t all = 0, h = hash_text(seed, tx->from);
    uint32_t known = 0;

    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        all += hash_text(seed, r->to); /* in whatever order */
        known++;
    }
    if (!tx->from.len || !known || known != tx->recipient_count || tx->uncertain) {
        return 0;
    }
    h = watch_hash(h, &all, sizeof all);
    return h ? h : 1;
}

/* A free place before a taken one, an old mail before a young one. */
static bool gives_way(const struct mail *m, const struct mail *other)
{
    if (!m->hash || !other->hash) {
        return !m->hash && other->hash;
    }
    return m->seen_ns < other->seen_ns;
}

static struct mail *find(struct watch *w, uint64_t hash, int64_t now_ns)
{
    struct mail *set = &w->mails[(hash & (MAILS_MAX / WAYS - 1)) * WAYS], *place = set;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) {
            set[i].seen_ns = now_ns > set[i].seen_ns ? now_ns : set[i].seen_ns;
            return &set[i];
        }
        place = gives_way(&set[i], place) ? &set[i] : place;
    }
    w->forgotten += place->hash != 0;
    *place = (struct mail){.hash = hash, .seen_ns = now_ns};
    return place;
}

/* Its fate was unknown to the client when the session ended. */
static bool is_at_risk(const struct session *s, const struct transaction *tx)
{
    const struct finding *f = watch_finding(s, "duplicate-delivery-risk");

    if (!f || !f->fatal) {
        return false;
    }
    for (size_t i = 0; i < f->evidence_count; i++) {
        const struct event *e = f->evidence[i];
        if ((e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) && e->facts->content.tx == tx) {
            return true;
        }
    }
    return false;
}

static void note_message(struct watch *w, const struct session *s, const struct transaction *tx,
                         struct station *server)
{
    uint64_t hash = hash_envelope(tx, SEED_MESSAGE);
    bool risk = is_at_risk(s, tx);
    bool accepted = tx->outcome == TX_ACCEPTED && tx->final;
    struct mail *m;

    if (!hash || !tx->content_complete || (!risk && !accepted)) {
        return;
    }
    hash = watch_hash(hash, &tx->bytes, sizeof tx->bytes);
    m = find(w, hash ? hash : 1, tx->last.time_ns);
    if (risk && (!m->risk.packet || tx->first.time_ns < m->risk.time_ns)) {
        m->risk = tx->first;
        m->risk_session = s->id;
        m->risk_certain = accepted;
    } else if (!risk && (!m->accepted.packet || tx->final->last.time_ns > m->accepted.time_ns)) {
        m->accepted = tx->final->last;
        m->accepted_session = s->id;
        m->failed_station = server || !m->risk.packet
                                ? server
                                : watch_station(w, &s->end[SIDE_SERVER], SIDE_SERVER, true);
    }
    if (!m->told && m->risk.packet && m->accepted.packet && m->failed_station &&
        m->accepted.time_ns > m->risk.time_ns) {
        struct station *t = m->failed_station;
        m->told = true;
        t->duplicates++;
        t->duplicate_certain = t->duplicate_certain || m->risk_certain;
        sightings_add(&t->duplicated, m->risk, m->risk_session);
        sightings_add(&t->duplicated, m->accepted, m->accepted_session);
    }
}

/* The worst answer its recipients or its content got: 5, 4, or 2 where all was well; 0: none. */
static unsigned worst_class(const struct transaction *tx)
{
    unsigned worst = 0;

    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        worst = r->code / 100u > worst ? r->code / 100u : worst;
    }
    if (tx->final && tx->final->facts->reply.code / 100u > worst) {
        worst = tx->final->facts->reply.code / 100u;
    }
    if (tx->mail && tx->mail->facts->command.reply) {
        unsigned code = tx->mail->facts->command.reply->facts->reply.code;
        worst = code / 100u > worst ? code / 100u : worst;
    }
    return worst;
}

static void note_streak(struct mail *m, const struct session *s, const struct transaction *tx,
                        struct station *client, unsigned class)
{
    if (tx->first.time_ns < m->settled_ns) {
        return; /* it ended late, and was made good meanwhile */
    }
    if (m->streak && client && client->unsure_ns > m->streak_first.time_ns) {
        m->streak = m->permanent = 0; /* it may have been accepted where packets are missing */
    }
    /* Sessions come in order of their ends: one that lacks its last packets comes late. */
    if (!m->streak || tx->first.time_ns < m->streak_first.time_ns) {
        m->streak_first = tx->first;
    }
    if (!m->streak || tx->first.time_ns > m->streak_last.time_ns) {
        m->streak_last = tx->first;
        m->streak_by = client ? watch_id(client) : 0;
    }
    m->streak++;
    m->permanent += class == 5;
    if (!client || m->streak_by != watch_id(client)) {
        return; /* an early attempt that comes late: others made those that are too many */
    }
    if ((double)m->streak >= threshold(THRESHOLD_RETRY_COUNT) &&
        (double)(m->streak_last.time_ns - m->streak_first.time_ns) <
            threshold(THRESHOLD_RETRY_APART) * 1e9 * (double)(m->streak - 1)) {
        sightings_add(&client->hammered, tx->first, s->id);
        client->hammered_most =
            m->streak > client->hammered_most ? m->streak : client->hammered_most;
    }
    if (class == 5 && (double)m->permanent >= threshold(THRESHOLD_PERMANENT_COUNT)) {
        client->repeated_mails += (double)m->permanent == threshold(THRESHOLD_PERMANENT_COUNT);
        sightings_add(&client->repeated, tx->first, s->id);
    }
}

/* Put off by greylisting, and tried again too soon or from elsewhere. */
static void note_grey(struct grey *g, struct mail *m, const struct session *s,
                      const struct transaction *tx)
{
    const struct endpoint *client = &s->end[SIDE_CLIENT];
    double since = m->grey.packet ? (double)(tx->first.time_ns - m->grey.time_ns) / 1e9 : -1;

    if (since >= 0 && !address_equal(&m->client, &client->address)) {
        sightings_add(&g->moved, tx->first, s->id);
        g->moved_end = *client;
    } else if (since >= 0 && since < threshold(THRESHOLD_GREY_SOON)) {
        sightings_add(&g->early, tx->first, s->id);
        g->early_end = *client;
        g->shortest_s = g->early.count == 1 || since < g->shortest_s ? since : g->shortest_s;
    }
    m->grey = tx->first;
    m->client = client->address;
    m->grey_session = s->id;
}

/* Put off at RCPT, let in when the same client came again later with nothing changed. */
static void note_let_in(struct grey *g, struct mail *m, const struct session *s,
                        const struct transaction *tx)
{
    double since = (double)(tx->first.time_ns - m->put_off.time_ns) / 1e9;

    if (m->put_off.packet && since >= threshold(THRESHOLD_GREY_SOON) &&
        address_equal(&m->client, &s->end[SIDE_CLIENT].address)) {
        g->explicit_count += m->grey.packet != 0;
        sightings_add(&g->passed, tx->first, s->id);
        g->passed_end = s->end[SIDE_SERVER];
        g->passed_s = since;
    }
    m->put_off = m->grey = (struct mark){0};
}

static bool is_put_off(const struct transaction *tx)
{
    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        if (r->code / 100u == 4) {
            return true;
        }
    }
    return false;
}

/* Refused here, then accepted by another server: that one does the work. */
static void note_rescue(struct mail *m, const struct session *s, const struct transaction *tx,
                        struct station *server, bool accepted)
{
    if (!accepted) {
        m->failed_at = tx->first;
        m->failed_station = server;
    } else if (m->failed_station && m->failed_station != server &&
               tx->first.time_ns > m->failed_at.time_ns) {
        m->failed_station->rescued++;
        sightings_add(&m->failed_station->rescues, tx->first, s->id);
        m->failed_station = NULL;
    } else {
        m->failed_station = NULL;
    }
}

/* What was refused before this attempt is no part of what is refused behind it. A session of which
 * the last packets are missing ends late: then it lies among what was counted. */
static void settle(struct mail *m, const struct transaction *tx, struct station *client)
{
    if (client && m->streak && tx->first.time_ns > m->streak_first.time_ns &&
        tx->first.time_ns < m->streak_last.time_ns) {
        client->miscounted = true;
    }
    m->streak = m->permanent = 0;
    m->put_off = m->grey = (struct mark){0};
    m->settled_ns = tx->first.time_ns > m->settled_ns ? tx->first.time_ns : m->settled_ns;
}

static void note_attempt(struct watch *w, const struct session *s, const struct transaction *tx,
                         struct station *client, struct station *server)
{
    uint64_t hash = hash_envelope(tx, SEED_ATTEMPT);
    bool grey = watch_finding(s, "greylisted") != NULL;
    unsigned class = worst_class(tx);
    bool accepted = class == 2 && tx->outcome == TX_ACCEPTED;
    bool failed = class >= 4 && tx->outcome != TX_ACCEPTED;
    bool unsure = !accepted && !failed && !watch_is_whole(s);
    struct mail *m;

    if (!hash || (!accepted && !failed && !unsure)) {
        return;
    }
    hash = watch_hash(hash, &tx->declared_size, sizeof tx->declared_size);
    m = find(w, hash ? hash : 1, tx->last.time_ns);
    if (unsure) {
        settle(m, tx, client); /* it may have been accepted */
        return;
    }
    if (accepted) {
        note_let_in(&w->grey, m, s, tx);
    } else if (grey) {
        note_grey(&w->grey, m, s, tx);
    }
    if (failed && class == 4 && is_put_off(tx) && !m->put_off.packet) {
        m->put_off = tx->first;
        m->client = s->end[SIDE_CLIENT].address;
    }
    note_rescue(m, s, tx, server, accepted);
    if (accepted) {
        settle(m, tx, client);
    } else {
        note_streak(m, s, tx, client, class);
        w->still_refused =
            w->still_refused ||
            (class == 4 && (double)(m->streak_last.time_ns - m->streak_first.time_ns) >=
                               threshold(THRESHOLD_PUT_OFF) * 1e9);
    }
}

static void note_rates(struct watch *w, const struct session *s, const struct transaction *tx,
                       struct station *client, struct station *server)
{
    unsigned class = worst_class(tx);

    if (!tx->mail && !watch_is_whole(s)) {
        return; /* perhaps the other half of one that was counted */
    }
    if (class < 2) {
        if (!watch_is_whole(s)) {
            w->mails_unsure++;
            bins_count(&w->unsure_line, w->clock, s->first.time_ns);
        }
        return;
    }
    w->mails_seen++;
    bins_count(&w->mails_line, w->clock, s->first.time_ns);
    w->refused_5xx += class == 5;
    w->refused_4xx += class == 4;
    if (server) {
        server->mails++;
        server->refused_5xx += class == 5;
        server->refused_4xx += class == 4;
    }
    if (client && !watch_is_passing(w, client)) {
        client->sent_5xx += class == 5;
        client->sent_4xx += class == 4;
    }
    if (class >= 4) {
        bins_count(class == 5 ? &w->line_5xx : &w->line_4xx, w->clock, s->first.time_ns);
        sightings_add(class == 5 ? &w->refusals_5xx : &w->refusals_4xx, tx->first, s->id);
    }
}

void watch_add_mails(struct watch *w, const struct session *s, struct station *client,
                     struct station *server)
{
    if (server && watch_is_passing(w, server)) {
        server = NULL;
    }
    if (s->folded_transactions) { /* nothing was wrong with them */
        w->mails_seen += s->folded_transactions;
        bins_add(&w->mails_line, w->clock, s->first.time_ns, s->folded_transactions);
    }
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        note_rates(w, s, tx, client, server);
        note_attempt(w, s, tx, client, server);
        note_message(w, s, tx, server);
    }
}
