/* fleet_conduct.c - rules over many sessions about what clients do: mail tried again too soon,
 * recipients that do not exist, limits of the other side that are run into.
 */
#include "report/diagnose/fleet_raise.h"

#include <string.h>

static void judge_retries(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if (t->miscounted) {
        return;
    }
    if (t->hammered.count && (e = fleet_raise_at(f, "retry-storm", t, &t->hammered))) {
        SAY(e, "the same mail was tried %llu times without success, on average less than %s apart",
            (unsigned long long)t->hammered_most, words_limit(threshold(THRESHOLD_RETRY_APART)).s);
    }
    if (t->repeated.count && (e = fleet_raise_at(f, "permanent-error-retried", t, &t->repeated))) {
        SAY(e, "%s refused for good with a 5xx and tried again all the same, %g times or more",
            words_counted(t->repeated_mails, "mail").s, threshold(THRESHOLD_PERMANENT_COUNT));
    }
}

static void judge_grey(struct fleet *f)
{
    const struct grey *g = &f->watch->grey;
    struct group_entry *e;

    if (g->early.count &&
        (e = fleet_raise(f, "greylist-not-passed", &g->early_end, SIDE_CLIENT, &g->early))) {
        SAY(e, "greylisted mail was tried again after %s, too early to be let in",
            words_duration(g->shortest_s).s);
    }
    if (g->moved.count &&
        (e = fleet_raise(f, "greylist-not-passed", &g->moved_end, SIDE_CLIENT, &g->moved))) {
        SAY(e, "greylisted mail was tried again from another address, which begins the wait anew");
    }
    if ((g->explicit_count || (double)g->passed.count >= threshold(THRESHOLD_GREY_COUNT)) &&
        (e = fleet_raise(f, "greylist-behaviour", &g->passed_end, SIDE_SERVER, &g->passed))) {
        SAY(e, "mail was put off with a 4xx and accepted when the same client came again %s later",
            words_duration(g->passed_s).s);
    }
}

/* Greylisted, and nothing came any more for hours. */
static void judge_grey_given_up(struct fleet *f)
{
    struct sightings seen = {0};
    struct endpoint end = {0};

    if (f->totals.lossy || f->totals.one_sided) {
        return; /* it may have come again where packets are missing */
    }
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
        struct group_entry *e = fleet_raise(f, "greylist-not-passed", &end, SIDE_CLIENT, &seen);
        if (e) {
            SAY(e, "greylisted mail was not tried again in %s",
                words_limit(threshold(THRESHOLD_GREY_NEVER)).s);
        }
    }
}

enum severity fleet_unknown_severity(double low)
{
    return low > threshold(THRESHOLD_UNKNOWN_ERROR)     ? SEVERITY_ERROR
           : low > threshold(THRESHOLD_UNKNOWN_WARNING) ? SEVERITY_WARNING
                                                        : SEVERITY_NOTICE;
}

static void judge_unknown_users(struct fleet *f, const struct station *t)
{
    double low = fleet_wilson_low(t->unknown, t->recipients);
    bool harvest = t->harvested > 0;
    struct group_entry *e;

    if (harvest && (e = fleet_raise_at(f, "directory-harvest", t, &t->unknowns))) {
        SAY(e,
            "%u recipients that do not exist were tried within 10 minutes; %u %% of all that "
            "this client asked for then",
            (unsigned)t->harvested, fleet_percent(t->harvested, t->harvested_of));
    }
    if (harvest || (double)t->recipients < threshold(THRESHOLD_UNKNOWN_COUNT) ||
        low <= threshold(THRESHOLD_UNKNOWN_NOTICE) ||
        !(e = fleet_raise_at(f, "unknown-user-rate", t, &t->unknowns))) {
        return;
    }
    e->group.severity = fleet_unknown_severity(low);
    SAY(e, "%s of %s do not exist (%u %%)", words_count(t->unknown).s,
        words_counted(t->recipients, "recipient").s, fleet_percent(t->unknown, t->recipients));
}

/* --- limits of the other side --- */

/* How many sessions a minute it had before the first refusal, within ten minutes of it. */
static void say_own_rate(struct fleet *f, struct group_entry *e, const struct throttler *t)
{
    struct peer_entry *p = peers_find(&f->peers, &t->end, SIDE_SERVER);
    int64_t until = t->seen.first.time_ns, from = until - INT64_C(600000000000);
    uint64_t sessions = 0;

    if (!p) {
        return; /* one of our servers, whose clients are the peers */
    }
    bins_catch_up(&p->all, &f->clock);
    bins_describe(&f->clock, &f->bins);
    from = f->capture_first.time_ns > from ? f->capture_first.time_ns : from;
    for (size_t i = 0; i < f->bins.count; i++) {
        int64_t at = f->bins.start_ns + (int64_t)i * f->bins.width_ns;
        sessions += at + f->bins.width_ns > from && at <= until ? p->all.n[i] : 0;
    }
    if (sessions && until - from >= INT64_C(60000000000)) {
        AND(e, "; about %.1f sessions a minute before the first time",
            (double)sessions / ((double)(until - from) / 6e10));
    }
}

void fleet_judge_throttlers(struct fleet *f)
{
    for (size_t i = 0; i < f->watch->throttler_count; i++) {
        const struct throttler *t = &f->watch->throttlers[i];
        struct group_entry *e;

        if ((double)t->window.peak < threshold(THRESHOLD_THROTTLE_COUNT) ||
            !(e = fleet_raise(f, "provider-throttling", &t->end, SIDE_SERVER, &t->seen))) {
            continue;
        }
        SAY(e, "%s refused %u times within 10 minutes because mail came too fast",
            t->provider ? t->provider : "the server", (unsigned)t->window.peak);
        say_own_rate(f, e, t);
    }
}

static void judge_port_25(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->blocked_25.count >= threshold(THRESHOLD_EGRESS_COUNT) && !t->reached_25 &&
        t->reached_other && (e = fleet_raise_at(f, "port25-egress-blocked", t, &t->blocks))) {
        e->group.phase = PHASE_CONNECT;
        SAY(e,
            "port 25 of %u servers%s gave no answer to this client, which reaches other "
            "ports",
            t->blocked_25.count, few_more(&t->blocked_25));
    }
}

void fleet_judge_grey(struct fleet *f)
{
    judge_grey(f);
    judge_grey_given_up(f);
}

/* Seconds of the capture in which this peer was met before that moment. */
static double seconds_before(struct fleet *f, struct peer_entry *p, int64_t until_ns)
{
    bins_catch_up(&p->all, &f->clock);
    bins_describe(&f->clock, &f->bins);
    for (size_t i = 0; i < f->bins.count; i++) {
        if (p->all.n[i]) {
            return (double)(until_ns - f->bins.start_ns - (int64_t)i * f->bins.width_ns) / 1e9;
        }
    }
    return 0;
}

/* Since a server fails it is tried many times as often as before. */
void fleet_judge_storms(struct fleet *f)
{
    size_t count = f->groups.count;

    for (size_t i = 0; i < count; i++) {
        const struct group_entry *e = f->groups.list[i];
        const struct group *g = &e->group;
        double before_s, since_s, before, since;
        struct group_entry *made;

        if (!g->is_primary || g->unproven || !e->peer || g->peer_side != SIDE_SERVER ||
            (double)e->peer_sessions_before < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)g->sessions < threshold(THRESHOLD_RATE_COUNT) ||
            !fleet_is_share(g->sessions, g->of, threshold(THRESHOLD_FLEET_SHARE))) {
            continue;
        }
        before_s = seconds_before(f, e->peer, g->first.time_ns);
        since_s = (double)(g->last.time_ns - g->first.time_ns) / 1e9;
        before = before_s > 60 ? (double)e->peer_sessions_before / before_s * 60 : 0;
        since = since_s > 60 ? (double)g->of / since_s * 60 : 0;
        if (!(before > 0) || since < threshold(THRESHOLD_STORM_TIMES) * before) {
            continue;
        }
        if ((made = fleet_raise_about(f, "retry-storm", g))) {
            fleet_raise_lasting(f, made);
            SAY(made, "%.1f sessions a minute since it fails with %s, %.1f a minute before", since,
                g->rule, before);
        }
    }
}

void fleet_judge_conduct(struct fleet *f, const struct station *client)
{
    judge_retries(f, client);
    judge_unknown_users(f, client);
    fleet_judge_auth_client(f, client);
    fleet_judge_listings(f, client);
    judge_port_25(f, client);
}
