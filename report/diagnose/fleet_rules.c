/* fleet_rules.c - the rules over many sessions: who fails with whom, and what the counts mean when
 * the capture is over.
 *
 * What is raised here stands in no session's record and is never the cause of one. What clients do
 * is judged in fleet_conduct.c, shares and delays in fleet_rates.c.
 */
#include "report/diagnose/fleet_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_before.h"
#include "report/diagnose/fleet_raise.h"

/* --- the same mail again --- */

static void judge_duplicates(struct fleet *f, const struct station *t)
{
    struct group_entry *e =
        t->duplicates ? fleet_raise_at(f, "duplicate-delivery", t, &t->duplicated) : NULL;

    if (!e) {
        return;
    }
    e->group.confidence = t->duplicate_certain ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
    e->group.phase = PHASE_EOD;
    SAY(e,
        "%s accepted again after a session that ended without the client having the reply: same "
        "sender, recipients and size",
        words_counted(t->duplicates, "message").s);
    if (t->duplicate_certain) {
        AND(e, "; the first copy was accepted, too");
    }
}

static void judge_auth_server(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->recent_most < threshold(THRESHOLD_BACKEND_COUNT) || !t->recent_after_good ||
        !(e = fleet_raise_at(f, "auth-backend-down", t, &t->auth_failures))) {
        return;
    }
    e->group.phase = PHASE_AUTH;
    SAY(e, "log-ins of %u clients or more failed within %s, where log-ins had been accepted before",
        t->recent_most, words_limit(threshold(THRESHOLD_BACKEND_SPAN)).s);
}

/* --- who fails with whom --- */

static void judge_mx(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->rescued < threshold(THRESHOLD_MX_COUNT) ||
        !fleet_is_share(t->failed, t->sessions, threshold(THRESHOLD_FLEET_SHARE)) ||
        !(e = fleet_raise_at(f, "fleet-one-mx-bad", t, &t->rescues))) {
        return;
    }
    SAY(e, "%s that failed here were accepted by another server",
        words_counted(t->rescued, "mail").s);
}

/* --- too many at once --- */

static void judge_crowd(struct fleet *f, const struct station *t)
{
    unsigned most = 0;
    struct group_entry *e;

    for (unsigned i = 0; i < t->busy_count; i++) {
        most = t->busy[i].open > most ? t->busy[i].open : most;
    }
    if (most && (e = fleet_raise_at(f, "concurrency-peak", t, &t->crowded))) {
        SAY(e, "%s open at the same time when the server said that there were too many",
            words_counted(most, "connection").s);
    }
}

/* --- connecting --- */

/* Not one server that is down: there are more, or the other version reaches the only one there is.
 */
static bool is_the_version(const struct family *bad, const struct family *good)
{
    return bad->failing.count > 1 || (bad->failing.count == 1 && good->up.count == 1);
}

static void judge_families(struct fleet *f)
{
    for (int i = 0; i < 2; i++) {
        const struct family *bad = &f->watch->family[i], *good = &f->watch->family[!i];
        double least = threshold(THRESHOLD_FAMILY_COUNT);
        struct group_entry *e;

        if ((double)bad->failures.count < least || bad->connected || !is_the_version(bad, good) ||
            (double)good->connected < least ||
            !(e = fleet_raise(f, "address-family-broken", &bad->end, SIDE_SERVER,
                              &bad->failures))) {
            continue;
        }
        e->group.phase = PHASE_CONNECT;
        SAY(e, "all %s over %s failed, with %s%s; %s over %s came up",
            words_counted(bad->failures.count, "connection").s, i ? "IPv6" : "IPv4",
            words_counted(bad->failing.count, "server").s, few_more(&bad->failing),
            words_counted(good->connected, "connection").s, i ? "IPv4" : "IPv6");
    }
}

static void judge_pair(struct fleet *f, const struct pair *p)
{
    double spread = p->intervals > 1 ? sqrt(p->square / p->intervals) : INFINITY;
    struct group_entry *e;

    if ((double)p->probe.count >= threshold(THRESHOLD_PROBE_COUNT) && p->mean > 0 &&
        spread < threshold(THRESHOLD_PROBE_SPREAD) * p->mean &&
        (e = fleet_raise(f, "health-check", &p->end[SIDE_CLIENT], SIDE_CLIENT, &p->probe))) {
        e->group.confidence = CONFIDENCE_HIGH;
        SAY(e, "%s without mail, every %s; left out of all rates",
            words_counted(p->probe.count, "session").s, words_duration(p->mean).s);
    }
    if (p->fallback.count && (e = fleet_raise(f, "tls-fallback-plaintext", &p->end[SIDE_SERVER],
                                              SIDE_SERVER, &p->fallback))) {
        e->group.phase = PHASE_TLS;
        e->group.confidence = CONFIDENCE_HIGH;
        SAY(e, "TLS failed, and within %s the same client sent mail to the same server in clear",
            words_limit(threshold(THRESHOLD_FALLBACK_SPAN)).s);
    }
}

/* Went well, then failed with one finding. */
static void judge_onset(struct fleet *f)
{
    size_t count = f->groups.count;

    for (size_t i = 0; i < count; i++) {
        const struct group_entry *e = f->groups.list[i];
        const struct group *g = &e->group;
        struct group_entry *made;
        char before[FLEET_SUMMARY_MAX / 2];

        if (!g->is_primary || g->unproven || g->severity < SEVERITY_ERROR || !e->peer ||
            !e->good_before.packet || (double)g->sessions < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)e->peer_sessions_before < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)e->peer->good < threshold(THRESHOLD_FLEET_COUNT) ||
            !fleet_is_share(g->sessions, g->of, threshold(THRESHOLD_FLEET_SHARE))) {
            continue;
        }
        if ((made = fleet_raise_about(f, "fleet-onset", g))) {
            made->group.points_to = g->points_to;
            made->line = e->line;
            SAY(made, "%s well before, then %s of %s with %s",
                words_counted(e->peer_sessions_before, "session").s, words_count(g->sessions).s,
                words_count(g->of).s, g->rule);
            fleet_say_before(f, e, before, sizeof before);
            if (before[0]) {
                AND(made, "; it began %s", before);
            }
        }
    }
}

void fleet_rules_judge(struct fleet *f)
{
    const struct watch *w = f->watch;
    struct everybody all;

    judge_onset(f);
    fleet_judge_storms(f);
    everybody_count(f, &all);
    fleet_judge_all(f, &all);
    fleet_judge_rates(f);
    fleet_judge_silence(f);
    fleet_judge_probes(f);
    judge_families(f);
    fleet_judge_throttlers(f);
    fleet_judge_grey(f);
    for (size_t i = 0; i < w->station_count; i++) {
        struct station *t = w->stations[i];
        fleet_judge_tls(f, t);
        fleet_judge_connecting(f, t);
        if (t->side == SIDE_CLIENT) {
            fleet_judge_source(f, t, &all);
            fleet_judge_conduct(f, t);
        } else {
            judge_duplicates(f, t);
            judge_auth_server(f, t);
            fleet_judge_backends(f, t, &all);
            judge_mx(f, t);
            judge_crowd(f, t);
            fleet_judge_latency(f, t);
        }
    }
    fleet_judge_mx_sets(f);
    fleet_judge_senders(f);
    fleet_judge_guessing(f);
    fleet_judge_shown(f);
    for (size_t i = 0; i < w->pair_count; i++) {
        judge_pair(f, w->pairs[i]);
    }
    f->totals.forgotten_watched = w->forgotten + w->accounts.forgotten + w->senders.forgotten;
    f->totals.turned_away = w->turned_away;
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group *g = &f->groups.list[i]->group;
        if (!rules_is_quality(f->groups.list[i]->rule) && f->totals.any_finding &&
            g->severity > f->totals.worst) {
            f->totals.worst = g->severity;
        }
    }
}
