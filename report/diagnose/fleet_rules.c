/* fleet_rules.c - the rules over many sessions: what the counts mean when the capture is over.
 *
 * Shares are compared by the bounds of Wilson's interval, never raw, and nothing is said of less
 * than a rule's smallest number. What is raised here stands in no session's record and is never the
 * cause of one.
 */
#include "report/diagnose/fleet_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/thresholds.h"
#include "report/words.h"

/* Wilson's score interval for k of n, 95 %: its lower end. */
double fleet_wilson_low(uint64_t k, uint64_t n)
{
    const double z = 1.96;
    double p = (double)k / (double)n, count = (double)n;

    if (!n) {
        return 0;
    }
    return (p + z * z / (2 * count) - z * sqrt(p * (1 - p) / count + z * z / (4 * count * count))) /
           (1 + z * z / count);
}

static bool is_share(uint64_t k, uint64_t n, double share)
{
    return (double)k >= share * (double)n;
}

static const struct endpoint nobody;

/* A new group that no session carries. NULL: there is no room, or it was told already. */
static struct group_entry *raise(struct fleet *f, const char *id, const struct endpoint *end,
                                 enum side side, const struct sightings *seen)
{
    const struct rule *rule = rules_find(id);
    struct group_entry *e;
    struct group *g;

    if (!rule || !(e = groups_get(&f->groups, id, end, side, SEVERITY_CRITICAL))) {
        f->totals.forgotten_groups += rule != NULL;
        return NULL;
    }
    if (e->group.sessions) {
        return NULL;
    }
    g = &e->group;
    e->rule = rule;
    e->rtt_s = e->ack_s = -1;
    g->severity = rule->severity;
    g->points_to = rule->points_to;
    g->confidence = CONFIDENCE_MEDIUM;
    g->phase = rule->phase;
    g->cross_session = true;
    g->sessions = g->of = seen->count;
    g->first = seen->first;
    g->last = seen->last;
    g->first_session = seen->first_session;
    g->last_session = seen->last_session;
    g->example_count = seen->example_count;
    memcpy(g->examples, seen->examples, sizeof g->examples);
    bins_see(&f->clock, g->first.time_ns);
    bins_count(&e->line, &f->clock, g->first.time_ns);
    return e;
}

#define SAY(e, ...)                                                                                \
    do {                                                                                           \
        words_put((e)->group.summary, sizeof(e)->group.summary, __VA_ARGS__);                      \
        (e)->group.summary_len = strlen((e)->group.summary);                                       \
    } while (0)
#define AND(e, ...)                                                                                \
    do {                                                                                           \
        words_add((e)->group.summary, sizeof(e)->group.summary, __VA_ARGS__);                      \
        (e)->group.summary_len = strlen((e)->group.summary);                                       \
    } while (0)

static struct group_entry *raise_at(struct fleet *f, const char *id, const struct station *t,
                                    const struct sightings *seen)
{
    struct group_entry *e = raise(f, id, &t->end, t->side, seen);

    if (e) {
        memcpy(e->group.peer_name, t->name, sizeof e->group.peer_name);
    }
    return e;
}

static unsigned percent(uint64_t k, uint64_t n)
{
    return n ? (unsigned)(100.0 * (double)k / (double)n + 0.5) : 0;
}

/* --- the same mail again --- */

static void judge_duplicates(struct fleet *f, const struct station *t)
{
    struct group_entry *e =
        t->duplicates ? raise_at(f, "duplicate-delivery", t, &t->duplicated) : NULL;

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

static void judge_retries(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if (t->hammered.count && (e = raise_at(f, "retry-storm", t, &t->hammered))) {
        SAY(e, "the same mail was tried %llu times without success, on average less than %s apart",
            (unsigned long long)t->hammered_most, words_limit(threshold(THRESHOLD_RETRY_APART)).s);
    }
    if (t->repeated.count && (e = raise_at(f, "permanent-error-retried", t, &t->repeated))) {
        SAY(e, "%s refused for good with a 5xx and tried again all the same, %g times or more",
            words_counted(t->repeated_mails, "mail").s, threshold(THRESHOLD_PERMANENT_COUNT));
    }
}

static void judge_grey(struct fleet *f)
{
    const struct grey *g = &f->watch->grey;
    struct group_entry *e;

    if (g->early.count &&
        (e = raise(f, "greylist-not-passed", &g->early_end, SIDE_CLIENT, &g->early))) {
        SAY(e, "greylisted mail was tried again after %s, too early to be let in",
            words_duration(g->shortest_s).s);
    }
    if (g->moved.count &&
        (e = raise(f, "greylist-not-passed", &g->moved_end, SIDE_CLIENT, &g->moved))) {
        SAY(e, "greylisted mail was tried again from another address, which begins the wait anew");
    }
    if ((g->explicit_count || (double)g->passed.count >= threshold(THRESHOLD_GREY_COUNT)) &&
        (e = raise(f, "greylist-behaviour", &g->passed_end, SIDE_SERVER, &g->passed))) {
        SAY(e, "mail was put off with a 4xx and accepted when the same client came again %s later",
            words_duration(g->passed_s).s);
    }
}

/* Greylisted, and nothing came any more for hours. */
static void judge_grey_given_up(struct fleet *f)
{
    struct sightings seen = {0};
    struct endpoint end = {0};

    for (size_t i = 0; i < MAILS_MAX; i++) {
        const struct mail *m = &f->watch->mails[i];
        if (m->hash && m->grey.packet &&
            (double)(f->capture_last.time_ns - m->grey.time_ns) / 1e9 >=
                threshold(THRESHOLD_GREY_NEVER)) {
            if (!seen.count || m->grey.time_ns < seen.first.time_ns) {
                end = (struct endpoint){m->client, 0};
            }
            sightings_add(&seen, m->grey, m->grey_session);
        }
    }
    if (seen.count) {
        struct group_entry *e = raise(f, "greylist-not-passed", &end, SIDE_CLIENT, &seen);
        if (e) {
            SAY(e, "greylisted mail was not tried again in %s",
                words_limit(threshold(THRESHOLD_GREY_NEVER)).s);
        }
    }
}

/* --- rates --- */

/* The finding with the most sessions among those that refuse mail. */
static const struct group_entry *top_refusal(const struct fleet *f)
{
    const struct group_entry *top = NULL;

    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (!e->group.cross_session && e->rule->outcome == OUTCOME_REJECTED &&
            e->group.is_primary && (!top || e->group.sessions > top->group.sessions)) {
            top = e;
        }
    }
    return top;
}

static void judge_rate(struct fleet *f, const char *id, uint64_t refused, double share,
                       const struct sightings *seen)
{
    uint64_t n = f->watch->mails_seen;
    const struct group_entry *top = top_refusal(f);
    struct group_entry *e;
    char rule[FINDING_ID_MAX];

    if ((double)n < threshold(THRESHOLD_RATE_COUNT) || fleet_wilson_low(refused, n) <= share) {
        return;
    }
    if (top) {
        memcpy(rule, top->group.rule, sizeof rule);
    }
    if (!(e = raise(f, id, &nobody, SIDE_SERVER, seen))) {
        return;
    }
    e->group.of = f->totals.sessions > e->group.sessions ? f->totals.sessions : e->group.sessions;
    if (fleet_wilson_low(refused, n) > threshold(THRESHOLD_RATE_CRITICAL)) {
        e->group.severity = SEVERITY_CRITICAL;
    }
    SAY(e, "%s of %s refused with a %s (%u %%)", words_count(refused).s, words_counted(n, "mail").s,
        id[6] == '5' ? "5xx" : "4xx", percent(refused, n));
    if (top) {
        AND(e, "; most often %s", rule);
    }
}

static void judge_unknown_users(struct fleet *f, const struct station *t)
{
    double low = fleet_wilson_low(t->unknown, t->recipients);
    bool harvest = (double)t->harvest.peak >= threshold(THRESHOLD_HARVEST_COUNT) &&
                   is_share(t->unknown, t->recipients, threshold(THRESHOLD_HARVEST_SHARE));
    struct group_entry *e;

    if (harvest && (e = raise_at(f, "directory-harvest", t, &t->unknowns))) {
        SAY(e,
            "%u recipients that do not exist were tried within 10 minutes; %u %% of all that "
            "this client asked for",
            (unsigned)t->harvest.peak, percent(t->unknown, t->recipients));
    }
    if (harvest || (double)t->recipients < threshold(THRESHOLD_UNKNOWN_COUNT) ||
        low <= threshold(THRESHOLD_UNKNOWN_NOTICE) ||
        !(e = raise_at(f, "unknown-user-rate", t, &t->unknowns))) {
        return;
    }
    e->group.severity = low > threshold(THRESHOLD_UNKNOWN_ERROR)     ? SEVERITY_ERROR
                        : low > threshold(THRESHOLD_UNKNOWN_WARNING) ? SEVERITY_WARNING
                                                                     : SEVERITY_NOTICE;
    SAY(e, "%s of %s do not exist (%u %%)", words_count(t->unknown).s,
        words_counted(t->recipients, "recipient").s, percent(t->unknown, t->recipients));
}

/* --- log-ins --- */

static void judge_auth_client(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->auth_failed.peak < threshold(THRESHOLD_BRUTE_COUNT) ||
        !(e = raise_at(f, "auth-bruteforce", t, &t->auth_failures))) {
        return;
    }
    e->group.phase = PHASE_AUTH;
    SAY(e, "%u log-ins of one client were refused within 10 minutes",
        (unsigned)t->auth_failed.peak);
    if (t->auth_good_last.packet && t->auth_good_last.time_ns > t->auth_failures.first.time_ns) {
        AND(e, "; then one was accepted, in %s", words_session(t->auth_good_session).s);
    }
}

static void judge_auth_server(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->recent_most < threshold(THRESHOLD_BACKEND_COUNT) || !t->recent_after_good ||
        !(e = raise_at(f, "auth-backend-down", t, &t->auth_failures))) {
        return;
    }
    e->group.phase = PHASE_AUTH;
    SAY(e, "log-ins of %u clients or more failed within %s, where log-ins had been accepted before",
        t->recent_most, words_limit(threshold(THRESHOLD_BACKEND_SPAN)).s);
}

/* --- who fails with whom --- */

static void judge_source(struct fleet *f, const struct station *t)
{
    uint64_t others = 0, others_failed = 0;
    struct group_entry *e;

    if (t->failing.count < 3 || (double)t->sessions < threshold(THRESHOLD_FLEET_COUNT) ||
        !is_share(t->failed, t->sessions, threshold(THRESHOLD_FLEET_SHARE)) ||
        fleet_wilson_low(t->failed, t->sessions) < threshold(THRESHOLD_FLEET_LOW)) {
        return;
    }
    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *o = f->watch->stations[i];
        others += o != t && o->side == SIDE_CLIENT ? o->sessions : 0;
        others_failed += o != t && o->side == SIDE_CLIENT ? o->failed : 0;
    }
    if ((double)others < threshold(THRESHOLD_FLEET_COUNT) ||
        (double)others_failed > threshold(THRESHOLD_FLEET_OTHERS) * (double)others ||
        !(e = raise_at(f, "fleet-source-failing", t, &t->failures))) {
        return;
    }
    e->group.of = t->sessions;
    SAY(e, "%s of %s of this client failed, with %u servers or more; %s of %s of all other clients",
        words_count(t->failed).s, words_counted(t->sessions, "session").s, t->failing.count,
        words_count(others_failed).s, words_count(others).s);
}

static bool fails(uint64_t failed, uint64_t sessions)
{
    return (double)sessions >= threshold(THRESHOLD_FLEET_COUNT) &&
           is_share(failed, sessions, threshold(THRESHOLD_BACKEND_BAD));
}

static void judge_backends(struct fleet *f, const struct station *t)
{
    for (unsigned i = 0; i < t->backend_count; i++) {
        const struct backend *b = &t->backends[i];
        uint64_t others = 0, others_failed = 0;
        struct group_entry *e;

        for (unsigned k = 0; k < t->backend_count; k++) {
            others += k != i ? t->backends[k].sessions : 0;
            others_failed += k != i ? t->backends[k].failed : 0;
        }
        if (!fails(b->failed, b->sessions) || (double)others < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)others_failed > threshold(THRESHOLD_FLEET_OTHERS) * (double)others ||
            !(e = raise_at(f, "fleet-one-backend-bad", t, &b->failures))) {
            continue;
        }
        memcpy(e->group.peer_name, b->name, sizeof b->name);
        e->group.of = b->sessions;
        SAY(e,
            "%s of %s with the machine of this name failed, %s of %s with the others behind the "
            "same address",
            words_count(b->failed).s, words_counted(b->sessions, "session").s,
            words_count(others_failed).s, words_count(others).s);
    }
}

static void judge_mx(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->rescued < threshold(THRESHOLD_MX_COUNT) ||
        !is_share(t->failed, t->sessions, threshold(THRESHOLD_FLEET_SHARE)) ||
        !(e = raise_at(f, "fleet-one-mx-bad", t, &t->rescues))) {
        return;
    }
    SAY(e, "%s that failed here were accepted by another server",
        words_counted(t->rescued, "mail").s);
}

/* Since when nearly everything fails: the earliest bin from which on it does. */
static bool onset_of_all(const struct fleet *f, size_t *from, uint64_t *sessions, uint64_t *failed)
{
    uint64_t n = 0, k = 0;
    bool found = false;

    for (size_t b = FLEET_BINS; b-- > 0;) {
        uint64_t here = 0, bad = 0;
        for (size_t i = 0; i < f->peers.count; i++) {
            here += f->peers.list[i]->all.n[b];
            bad += f->peers.list[i]->failed.n[b];
        }
        n += here;
        k += bad;
        if (bad && (double)n >= threshold(THRESHOLD_ALL_COUNT) &&
            is_share(k, n, threshold(THRESHOLD_FLEET_SHARE)) &&
            is_share(bad, here, threshold(THRESHOLD_FLEET_LOW))) {
            *from = b;
            *sessions = n;
            *failed = k;
            found = true;
        }
    }
    return found && fleet_wilson_low(*failed, *sessions) >= threshold(THRESHOLD_FLEET_LOW);
}

static const struct group_entry *top_failure(const struct fleet *f)
{
    const struct group_entry *top = NULL;

    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (!e->group.cross_session && e->group.is_primary &&
            (!top || e->group.sessions > top->group.sessions)) {
            top = e;
        }
    }
    return top;
}

static void judge_all(struct fleet *f)
{
    size_t from = 0;
    uint64_t sessions = 0, failed = 0;
    unsigned clients = 0, servers = 0;
    struct sightings seen = {0};
    const struct group_entry *top = top_failure(f);
    struct group_entry *e;
    char rule[FINDING_ID_MAX];
    enum party party;
    int64_t since;

    for (size_t i = 0; i < f->peers.count; i++) {
        bins_catch_up(&f->peers.list[i]->all, &f->clock);
        bins_catch_up(&f->peers.list[i]->failed, &f->clock);
    }
    if (!top || !onset_of_all(f, &from, &sessions, &failed)) {
        return;
    }
    bins_describe(&f->clock, &f->bins);
    since = f->bins.start_ns + (int64_t)from * f->bins.width_ns;
    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *t = f->watch->stations[i];
        if (!t->failures.count || t->failures.last.time_ns < since) {
            continue;
        }
        clients += t->side == SIDE_CLIENT;
        servers += t->side == SIDE_SERVER;
        if (t->side == SIDE_SERVER &&
            (!seen.count || t->failures.last.time_ns > seen.last.time_ns)) {
            seen.last = t->failures.last;
        }
        if (t->side == SIDE_SERVER && t->failures.first.time_ns >= since &&
            (!seen.first.packet || t->failures.first.time_ns < seen.first.time_ns)) {
            seen.first = t->failures.first;
            seen.first_session = t->failures.first_session;
            memcpy(seen.examples, t->failures.examples, sizeof seen.examples);
            seen.example_count = t->failures.example_count;
        }
        seen.count++;
    }
    if (clients < 3 || servers < 3) {
        return;
    }
    memcpy(rule, top->group.rule, sizeof rule);
    party = top->group.points_to == PARTY_NETWORK ? PARTY_NETWORK : PARTY_UNKNOWN;
    if (!seen.first.packet) {
        seen.first = top->group.first;
        seen.first_session = top->group.first_session;
    }
    seen.count = failed;
    if (!(e = raise(f, "fleet-all-failing", &nobody, SIDE_SERVER, &seen))) {
        return;
    }
    e->group.of = sessions;
    e->group.points_to = party;
    SAY(e, "%s of %s failed since then, of %u clients with %u servers; most often %s",
        words_count(failed).s, words_counted(sessions, "session").s, clients, servers, rule);
}

/* --- TLS --- */

static void judge_tls(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->tls_partners.count < threshold(THRESHOLD_SPREAD_COUNT) ||
        !(e = raise_at(f, "tls-failure-spread", t, &t->tls_failures))) {
        return;
    }
    e->group.phase = PHASE_TLS;
    e->group.points_to = t->side == SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
    SAY(e, "%s with %u %s or more", t->tls_rule, t->tls_partners.count,
        t->side == SIDE_SERVER ? "clients" : "servers");
}

static void judge_stripped(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    for (unsigned i = 0; i < t->without_starttls.count; i++) {
        if (few_has(&t->with_starttls, t->without_starttls.id[i])) {
            return; /* the same client saw both: the server changed, not the path */
        }
    }
    if (!t->with_starttls.count || !t->without_starttls.count ||
        t->with_starttls.count == FEW_MAX ||
        !(e = raise_at(f, "starttls-stripped", t, &t->stripped))) {
        return;
    }
    e->group.severity = SEVERITY_WARNING;
    e->group.phase = PHASE_EHLO;
    SAY(e, "this server offers STARTTLS to %s and not to %s",
        words_counted(t->with_starttls.count, "client").s,
        words_counted(t->without_starttls.count, "other").s);
}

static void judge_certificates(struct fleet *f, const struct station *t)
{
    struct group_entry *e =
        t->alternating.count ? raise_at(f, "cert-changed", t, &t->alternating) : NULL;

    if (e) {
        e->group.phase = PHASE_TLS;
        SAY(e, "certificates of %s for the same kind of key alternate at this server",
            words_counted(t->issuer_count, "issuer").s);
    }
}

/* --- limits of the other side --- */

static void judge_throttlers(struct fleet *f)
{
    for (size_t i = 0; i < f->watch->throttler_count; i++) {
        const struct throttler *t = &f->watch->throttlers[i];
        struct group_entry *e;

        if ((double)t->window.peak < threshold(THRESHOLD_THROTTLE_COUNT) ||
            !(e = raise(f, "provider-throttling", &t->end, SIDE_SERVER, &t->seen))) {
            continue;
        }
        SAY(e, "%s refused %u times within 10 minutes because mail came too fast",
            t->provider ? t->provider : "the server", (unsigned)t->window.peak);
    }
}

static void judge_crowd(struct fleet *f, const struct station *t)
{
    unsigned most = 0;
    struct group_entry *e;

    for (unsigned i = 0; i < t->busy_count; i++) {
        most = t->busy[i].open > most ? t->busy[i].open : most;
    }
    if (most && (e = raise_at(f, "concurrency-peak", t, &t->crowded))) {
        SAY(e, "%s open at the same time when the server said that there were too many",
            words_counted(most, "connection").s);
    }
}

static void judge_listings(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if (t->listing.count >= 2 && (e = raise_at(f, "blocklist-spread", t, &t->listings))) {
        SAY(e, "%u servers or more say that this address is on a blocklist", t->listing.count);
    }
}

/* --- delays --- */

static int compare_times(const void *pa, const void *pb)
{
    const struct sample *a = pa, *b = pb;

    return a->at.time_ns < b->at.time_ns ? -1 : a->at.time_ns > b->at.time_ns;
}

static int compare_seconds(const void *pa, const void *pb)
{
    float a = *(const float *)pa, b = *(const float *)pb;

    return a < b ? -1 : a > b;
}

static double high_of(const struct sample *samples, size_t count)
{
    float seconds[SAMPLES_MAX];

    for (size_t i = 0; i < count; i++) {
        seconds[i] = samples[i].seconds;
    }
    qsort(seconds, count, sizeof seconds[0], compare_seconds);
    return (double)seconds[(count - 1) * 95 / 100];
}

/* Cut at eighths: before against behind. */
static void judge_latency(struct fleet *f, const struct station *t)
{
    size_t n = t->sample_count, least = (size_t)threshold(THRESHOLD_RATE_COUNT), best = 0;
    double before = 0, behind = 0;
    struct sightings seen = {0};
    struct group_entry *e;

    if (n < 2 * least) {
        return;
    }
    qsort(t->samples, n, sizeof t->samples[0], compare_times);
    for (size_t i = 1; i < 8; i++) {
        size_t cut = n * i / 8;
        double a, b;
        if (cut < least || n - cut < least) {
            continue;
        }
        a = high_of(t->samples, cut);
        b = high_of(t->samples + cut, n - cut);
        if (b >= threshold(THRESHOLD_SHIFT_SECONDS) && b >= threshold(THRESHOLD_SHIFT_TIMES) * a &&
            (!best || b / (a + 0.001) > behind / (before + 0.001))) {
            best = cut;
            before = a;
            behind = b;
        }
    }
    if (!best) {
        return;
    }
    for (size_t i = best; i < n; i++) {
        if ((double)t->samples[i].seconds >= threshold(THRESHOLD_SHIFT_SECONDS)) {
            sightings_add(&seen, t->samples[i].at, t->samples[i].session);
        }
    }
    if ((e = raise_at(f, "latency-shift", t, &seen))) {
        SAY(e,
            "the slowest reply of a session took up to %s before (19 of 20 sessions), up to %s "
            "since",
            words_duration(before).s, words_duration(behind).s);
    }
}

/* --- connecting --- */

static void judge_port_25(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->blocked_25.count >= threshold(THRESHOLD_EGRESS_COUNT) && !t->reached_25 &&
        t->reached_other && (e = raise_at(f, "port25-egress-blocked", t, &t->blocks))) {
        e->group.phase = PHASE_CONNECT;
        SAY(e,
            "port 25 of %u servers or more gave no answer to this client, which reaches other "
            "ports",
            t->blocked_25.count);
    }
}

static void judge_families(struct fleet *f)
{
    for (int i = 0; i < 2; i++) {
        const struct family *bad = &f->watch->family[i], *good = &f->watch->family[!i];
        double least = threshold(THRESHOLD_FAMILY_COUNT);
        struct group_entry *e;

        if ((double)bad->failures.count < least || bad->connected || bad->failing.count < 2 ||
            (double)good->connected < least ||
            !(e = raise(f, "address-family-broken", &bad->end, SIDE_SERVER, &bad->failures))) {
            continue;
        }
        e->group.phase = PHASE_CONNECT;
        SAY(e, "all %s over %s failed, with %u servers or more; %s over %s came up",
            words_counted(bad->failures.count, "connection").s, i ? "IPv6" : "IPv4",
            bad->failing.count, words_counted(good->connected, "connection").s,
            i ? "IPv4" : "IPv6");
    }
}

static void judge_pair(struct fleet *f, const struct pair *p)
{
    double spread = p->intervals > 1 ? sqrt(p->square / p->intervals) : INFINITY;
    struct group_entry *e;

    if ((double)p->probe.count >= threshold(THRESHOLD_PROBE_COUNT) && p->mean > 0 &&
        spread < threshold(THRESHOLD_PROBE_SPREAD) * p->mean &&
        (e = raise(f, "health-check", &p->end[SIDE_CLIENT], SIDE_CLIENT, &p->probe))) {
        e->group.confidence = CONFIDENCE_HIGH;
        SAY(e, "%s without mail, every %s; left out of all rates",
            words_counted(p->probe.count, "session").s, words_duration(p->mean).s);
    }
    if (p->fallback.count &&
        (e = raise(f, "tls-fallback-plaintext", &p->end[SIDE_SERVER], SIDE_SERVER, &p->fallback))) {
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
        struct endpoint end = {g->peer, g->peer_port};
        struct sightings seen = {.count = g->sessions,
                                 .first = g->first,
                                 .last = g->last,
                                 .first_session = g->first_session,
                                 .last_session = g->last_session,
                                 .example_count = g->example_count};
        struct group_entry *made;

        if (!g->is_primary || g->unproven || g->severity < SEVERITY_ERROR || !e->peer ||
            !e->good_before.packet || (double)g->sessions < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)e->peer_sessions_before < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)e->peer->good < threshold(THRESHOLD_FLEET_COUNT) ||
            !is_share(g->sessions, g->of, threshold(THRESHOLD_FLEET_SHARE))) {
            continue;
        }
        memcpy(seen.examples, g->examples, sizeof seen.examples);
        if ((made = raise(f, "fleet-onset", &end, g->peer_side, &seen))) {
            memcpy(made->group.peer_name, g->peer_name, sizeof made->group.peer_name);
            made->group.points_to = g->points_to;
            made->group.of = g->of;
            made->line = e->line;
            SAY(made, "%s well before, then %s of %s with %s",
                words_counted(e->peer_sessions_before, "session").s, words_count(g->sessions).s,
                words_count(g->of).s, g->rule);
        }
    }
}

void fleet_rules_judge(struct fleet *f)
{
    const struct watch *w = f->watch;

    judge_onset(f);
    judge_all(f);
    judge_rate(f, "fleet-5xx-rate", w->refused_5xx, threshold(THRESHOLD_RATE_5XX),
               &w->refusals_5xx);
    judge_rate(f, "fleet-4xx-rate", w->refused_4xx, threshold(THRESHOLD_RATE_4XX),
               &w->refusals_4xx);
    judge_families(f);
    judge_throttlers(f);
    judge_grey(f);
    judge_grey_given_up(f);
    for (size_t i = 0; i < w->station_count; i++) {
        const struct station *t = w->stations[i];
        judge_tls(f, t);
        if (t->side == SIDE_CLIENT) {
            judge_source(f, t);
            judge_retries(f, t);
            judge_unknown_users(f, t);
            judge_auth_client(f, t);
            judge_listings(f, t);
            judge_port_25(f, t);
        } else {
            judge_duplicates(f, t);
            judge_auth_server(f, t);
            judge_backends(f, t);
            judge_mx(f, t);
            judge_stripped(f, t);
            judge_certificates(f, t);
            judge_crowd(f, t);
            judge_latency(f, t);
        }
    }
    for (size_t i = 0; i < w->pair_count; i++) {
        judge_pair(f, w->pairs[i]);
    }
    f->totals.forgotten_watched = w->forgotten;
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group *g = &f->groups.list[i]->group;
        if (g->cross_session && !rules_is_quality(f->groups.list[i]->rule) &&
            f->totals.any_finding && g->severity > f->totals.worst) {
            f->totals.worst = g->severity;
        }
    }
}
