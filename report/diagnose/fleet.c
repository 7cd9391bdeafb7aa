/* fleet.c - findings over many sessions, in bounded memory.
 *
 * Sessions come in the order of their end; their causes lie earlier, those of long waits much
 * earlier. So everything that is compared (first, last, last good) is compared by time, not by
 * order of arrival.
 */
#include "report/diagnose/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_before.h"
#include "report/diagnose/fleet_rules.h"
#include "report/diagnose/fleet_state.h"
#include "report/diagnose/thresholds.h"
#include "report/words.h"

const char *const band_names[BANDS] = {
    "completed",  "no reply",      "reset",   "rejected",  "bad sequence",
    "TLS failed", "not connected", "aborted", "encrypted", "open",
};
const char *const moment_kind_names[MOMENT_KINDS] = {
    "last-good", "first-failure", "first-mta-log", "last-failure", "recovery", "capture-end",
};

struct fleet *fleet_new(const struct settings *settings)
{
    struct fleet *f = calloc(1, sizeof *f);

    if (!f) {
        return NULL;
    }
    f->settings = settings;
    f->totals.slowest_reply_s = -1;
    f->watch = watch_new(&f->clock);
    if (!f->watch || !groups_init(&f->groups) || !peers_init(&f->peers, &f->groups, &f->clock)) {
        fleet_free(f);
        return NULL;
    }
    return f;
}

void fleet_free(struct fleet *f)
{
    if (f) {
        groups_free(&f->groups);
        peers_free(&f->peers);
        watch_free(f->watch);
        free(f);
    }
}

bool fleet_is_ours(const struct settings *settings, const struct address *a)
{
    for (size_t i = 0; i < settings->ours_count; i++) {
        if (prefix_holds(&settings->ours[i], a)) {
            return true;
        }
    }
    return false;
}

enum side fleet_peer_side(const struct settings *settings, const struct session *s)
{
    return fleet_is_ours(settings, &s->end[SIDE_SERVER].address) &&
                   !fleet_is_ours(settings, &s->end[SIDE_CLIENT].address)
               ? SIDE_CLIENT
               : SIDE_SERVER;
}

static bool is_failure(enum outcome o)
{
    switch (o) {
    case OUTCOME_REJECTED:
    case OUTCOME_NO_REPLY:
    case OUTCOME_RESET:
    case OUTCOME_ABORTED:
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_TLS_FAILED:
        return true;
    case OUTCOME_COMPLETED:
    case OUTCOME_PARTIAL:
    case OUTCOME_ENCRYPTED:
    case OUTCOME_OPEN:
    case OUTCOME_NOT_SMTP:
    case OUTCOMES:
        break;
    }
    return false;
}

static enum band band_of(const struct diagnosis *d)
{
    switch (d->outcome) {
    case OUTCOME_COMPLETED:
        return BAND_COMPLETED;
    case OUTCOME_REJECTED:
    case OUTCOME_PARTIAL:
        return d->primary && d->primary->rule->cause == CAUSE_SEQUENCE ? BAND_SEQUENCE
                                                                       : BAND_REJECTED;
    case OUTCOME_NO_REPLY:
        return BAND_NO_REPLY;
    case OUTCOME_RESET:
        return BAND_RESET;
    case OUTCOME_ABORTED:
        return BAND_ABORTED;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        return BAND_CONNECT;
    case OUTCOME_TLS_FAILED:
        return BAND_TLS;
    case OUTCOME_ENCRYPTED:
        return BAND_ENCRYPTED;
    case OUTCOME_OPEN:
        return BAND_OPEN;
    case OUTCOME_NOT_SMTP:
    case OUTCOMES:
        break;
    }
    return BANDS;
}

/* Complete messages whose fate these packets do not tell, or told only after the client had left.
 */
static uint64_t unknown_mails(const struct session *s)
{
    uint64_t n = 0, found = 0;

    for (const struct finding *f = diagnosis_of(s)->findings; f; f = f->next) {
        if (strcmp(f->rule->id, "duplicate-delivery-risk") == 0 && f->fatal) {
            n = 1;
        }
    }
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        found += tx->content_complete && tx->outcome == TX_UNKNOWN;
    }
    return found > n ? found : n;
}

static void count_totals(struct fleet_totals *t, const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);

    t->sessions++;
    t->completed += d->outcome == OUTCOME_COMPLETED;
    t->failed += is_failure(d->outcome);
    t->encrypted += d->outcome == OUTCOME_ENCRYPTED;
    t->open += d->outcome == OUTCOME_OPEN;
    t->not_smtp += d->outcome == OUTCOME_NOT_SMTP;
    t->midway += d->capture == CAPTURE_MIDWAY;
    t->one_sided += d->capture == CAPTURE_ONE_SIDED;
    t->lossy += d->capture == CAPTURE_LOSSY;
    t->accepted += s->smtp.accepted_count;
    t->rejected += s->smtp.rejected_count;
    t->unknown += unknown_mails(s);
    if (d->slowest_reply_s > t->slowest_reply_s) {
        t->slowest_reply_s = d->slowest_reply_s;
        t->slowest_phase = d->slowest_phase;
        t->slowest_session = s->id;
    }
}

static double round_trip(const struct session *s)
{
    if (s->tcp.syn_to_synack_ns < 0 || s->tcp.synack_to_ack_ns < 0) {
        return -1;
    }
    return (double)(s->tcp.syn_to_synack_ns + s->tcp.synack_to_ack_ns) / 1e9;
}

/* The last good thing of a session: its last accepted mail, else its end. */
static struct mark good_mark(const struct session *s)
{
    struct mark m = s->last;

    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        if (tx->outcome == TX_ACCEPTED && tx->final) {
            m = tx->final->last;
        }
    }
    return m;
}

static void count_good(struct peer_entry *p, const struct session *s)
{
    struct mark good = good_mark(s);

    p->good++;
    if (!p->peer.last_good.packet || good.time_ns > p->peer.last_good.time_ns) {
        p->peer.last_good = good;
        p->good_session = s->id;
    }
    if (p->last_failed.packet && good.time_ns > p->last_failed.time_ns &&
        (!p->good_again.packet || good.time_ns < p->good_again.time_ns)) {
        p->good_again = good;
        p->good_again_session = s->id;
    }
}

static void count_bad(struct peer_entry *p, struct mark cause)
{
    if (!p->last_failed.packet || cause.time_ns > p->last_failed.time_ns) {
        p->last_failed = cause;
    }
    if (p->good_again.time_ns <= p->last_failed.time_ns) {
        p->good_again = (struct mark){0};
        if (p->peer.last_good.time_ns > p->last_failed.time_ns) {
            p->good_again = p->peer.last_good;
            p->good_again_session = p->good_session;
        }
    }
}

/* Open at the end of the capture, and the server silent for longer than a reply usually takes. */
static void count_waiting(struct peer_entry *p, const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);

    for (const struct wait *w = d->outcome == OUTCOME_OPEN ? d->waits : NULL; w; w = w->next) {
        if (w->open && w->owner == PARTY_SERVER && w->phase != PHASE_CONNECT &&
            w->seconds >= threshold(THRESHOLD_SLOW_NOTICE)) {
            p->waiting[w->phase].count++;
            p->waiting[w->phase].longest_s = fmax(p->waiting[w->phase].longest_s, w->seconds);
        }
    }
}

static struct peer_entry *count_peer(struct fleet *f, const struct session *s, enum side side)
{
    const struct diagnosis *d = diagnosis_of(s);
    struct peer_entry *p = peers_get(&f->peers, &s->end[side], side, d->flagged);
    double rtt = round_trip(s);
    bool failed = d->primary && d->primary->fatal;

    if (!p) {
        if (!d->probe) {
            peers_pass(&f->peers, s->first.time_ns, failed);
        }
        return NULL;
    }
    watch_name(p->peer.name, s, side);
    if (d->probe) {
        p->probes++;
        return p;
    }
    count_waiting(p, s);
    p->peer.sessions++;
    p->peer.failed += failed;
    p->earliest_ns = p->peer.sessions == 1 || s->first.time_ns < p->earliest_ns ? s->first.time_ns
                                                                                : p->earliest_ns;
    p->latest_ns =
        p->peer.sessions == 1 || s->first.time_ns > p->latest_ns ? s->first.time_ns : p->latest_ns;
    if (watch_is_unsure(s)) {
        p->unsure++;
        p->unsure_ns = s->last.time_ns > p->unsure_ns ? s->last.time_ns : p->unsure_ns;
        bins_count(&f->peers.unsure_line, &f->clock, s->first.time_ns);
    }
    if (side == SIDE_SERVER) {
        fleet_note_owner(p, s);
    }
    if (rtt >= 0 && (p->peer.rtt_s < 0 || rtt < p->peer.rtt_s)) {
        p->peer.rtt_s = rtt;
    }
    p->peer.slowest_reply_s = fmax(p->peer.slowest_reply_s, d->slowest_reply_s);
    bins_count(&p->all, &f->clock, s->first.time_ns);
    if (failed) {
        bins_count(&p->failed, &f->clock, s->first.time_ns);
        count_bad(p, d->primary->at);
        p->runs = p->runs ? p->runs : calloc(1, sizeof *p->runs);
        if (p->runs) {
            runs_bad(p->runs, d->primary->at, s->id);
        }
        runs_bad(&f->peers.runs, d->primary->at, s->id);
    } else if (d->outcome == OUTCOME_COMPLETED && !watch_is_unsure(s)) {
        count_good(p, s);
        if (p->runs) {
            runs_good(p->runs, s->first.time_ns);
        }
        if (side == SIDE_SERVER) {
            fleet_note_said(p, s);
        }
        runs_good(&f->peers.runs, s->first.time_ns);
    }
    return p;
}

static void add_refusal(struct group_entry *e, const struct finding *f)
{
    unsigned code = 0;

    for (size_t i = 0; i < f->evidence_count; i++) {
        if (f->evidence[i]->kind == EVENT_REPLY && f->evidence[i]->facts->reply.code > code) {
            code = f->evidence[i]->facts->reply.code;
        }
    }
    e->rejections += code >= 400;
    e->refused_for_good += code >= 500;
}

/* What became of the mail of this session. */
static void add_mails(struct group_entry *e, const struct session *s)
{
    const struct finding *risk = watch_finding(s, "duplicate-delivery-risk");
    const struct transaction *last = NULL;

    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        e->contents += tx->content_complete;
        if (tx->outcome == TX_ACCEPTED) {
            e->to += tx->recipient_count;
            e->not_to += tx->rejected_count;
        }
        last = tx;
    }
    e->mails += s->smtp.transaction_count;
    e->accepted += s->smtp.accepted_count;
    e->refused += s->smtp.rejected_count;
    e->encrypted += s->tls.established && diagnosis_of(s)->outcome != OUTCOME_TLS_FAILED;
    if (risk && last && last->outcome == TX_ACCEPTED) {
        e->late_accepted++;
        e->accepted--;
    } else if (risk && last && last->outcome == TX_REJECTED) {
        e->late_refused++;
    }
}

/* What the session's transport says about the links between the two applications. */
static void add_evidence(struct group_entry *e, const struct session *s, const struct finding *f)
{
    const struct tcp_side *side = s->tcp.side;
    const struct event *asked = f->evidence_count ? f->evidence[0] : NULL;
    double rtt = round_trip(s);
    bool first = e->group.sessions == 0;

    e->segments += side[SIDE_CLIENT].data_segments + side[SIDE_SERVER].data_segments;
    e->retransmits += side[SIDE_CLIENT].retransmits + side[SIDE_SERVER].retransmits;
    if (first) {
        e->rtt_s = e->ack_s = -1;
        e->all_acked = e->near_server = e->server_resent = true;
    }
    if (rtt >= 0 && (e->rtt_s < 0 || rtt < e->rtt_s)) {
        e->rtt_s = rtt;
    }
    if (asked && asked->side == SIDE_CLIENT && asked->acked.packet) {
        double ack = (double)(asked->acked.time_ns - asked->last.time_ns) / 1e9;
        e->ack_s = fmax(e->ack_s, ack);
    }
    e->all_acked = e->all_acked &&
                   (s->tcp.handshake == HANDSHAKE_COMPLETE || side[SIDE_CLIENT].acked > 0) &&
                   side[SIDE_CLIENT].acked >= side[SIDE_CLIENT].sent;
    e->near_server = e->near_server && diagnosis_of(s)->vantage == VANTAGE_SERVER;
    e->server_resent =
        e->server_resent && asked && asked->kind == EVENT_RETRANSMIT && asked->side == SIDE_SERVER;
    add_refusal(e, f);
    add_mails(e, s);
}

static const struct wait *wait_of(const struct session *s, const struct finding *f)
{
    for (const struct wait *w = diagnosis_of(s)->waits; w; w = w->next) {
        if (w->from.packet == f->at.packet && w->from.time_ns == f->at.time_ns) {
            return w;
        }
    }
    return NULL;
}

static void add_wait(struct group_entry *e, const struct session *s, const struct finding *f)
{
    struct group *g = &e->group;
    const struct wait *w = wait_of(s, f);

    if (!(f->waited_s > 0)) {
        return;
    }
    g->longest_s = fmax(g->longest_s, f->waited_s);
    g->shortest_s = g->shortest_s > 0 ? fmin(g->shortest_s, f->waited_s) : f->waited_s;
    if (!w) {
        return;
    }
    e->limit_s = e->limit_s > 0 ? e->limit_s : w->limit_s;
    if (w->open && w->phase != PHASE_CONNECT) {
        g->open_count++;
        e->open_longest_s = fmax(e->open_longest_s, w->seconds);
    } else if (w->ended_by && w->ended_by->side == SIDE_CLIENT) {
        e->gave_up++;
        if (!e->first_given_up_ns || w->until.time_ns < e->first_given_up_ns) {
            e->first_given_up_ns = w->until.time_ns;
        }
    }
}

static void begin_group(struct group_entry *e, const struct finding *f, struct peer_entry *peer,
                        const struct session *s)
{
    struct group *g = &e->group;

    e->rule = f->rule;
    e->peer = peer;
    g->confidence = f->confidence;
    g->phase = f->phase;
    g->unproven = true;
    if (peer) {
        e->peer_sessions_before = peer->peer.sessions ? peer->peer.sessions - 1 : 0;
        e->good_before = peer->peer.last_good;
        e->good_before_session = peer->good_session;
        fleet_note_onset(e, peer, s);
    }
}

/* The confidence words run from high to low. */
static enum confidence lower(enum confidence a, enum confidence b)
{
    return a > b ? a : b;
}

/* A group points where most of its sessions do (Boyer and Moore's vote). */
static void vote(struct group_entry *e, const struct session *s, const struct finding *f)
{
    struct group *g = &e->group;

    if (!g->sessions || (!e->votes && g->points_to != f->points_to)) {
        g->points_to = f->points_to;
        g->summary_len = f->summary.len < FLEET_SUMMARY_MAX ? f->summary.len : FLEET_SUMMARY_MAX;
        memcpy(g->summary, f->summary.s, g->summary_len);
        g->summary_session = s->id;
    }
    e->votes += g->points_to == f->points_to ? 1 : -1;
}

/* Returns its group; `with` is that of the session's primary finding. */
static struct group_entry *count_finding(struct fleet *fl, const struct session *s,
                                         const struct finding *f, enum side side,
                                         struct peer_entry *peer, struct group_entry *with)
{
    struct group_entry *e =
        groups_get(&fl->groups, f->id, &s->end[side], side, f->severity >= SEVERITY_WARNING);
    struct group *g;

    if (!e) {
        return NULL;
    }
    g = &e->group;
    if (g->sessions && g->last_session == s->id) {
        return e; /* the same rule twice in one session */
    }
    add_evidence(e, s, f);
    if (g->sessions == 0) {
        begin_group(e, f, peer, s);
        e->with = with;
    }
    if (f->primary || e->with != with) {
        e->with = NULL;
    }
    vote(e, s, f);
    g->sessions++;
    if (!g->first.packet || f->at.time_ns < g->first.time_ns) {
        g->first = f->at;
        g->first_session = s->id;
    }
    if (!g->last.packet || f->at.time_ns >= g->last.time_ns) {
        g->last = f->at;
    }
    g->last_session = s->id;
    g->severity = f->severity > g->severity ? f->severity : g->severity;
    g->confidence = lower(g->confidence, f->confidence);
    g->is_primary = g->is_primary || f->primary;
    g->unproven = g->unproven && f->unproven;
    g->mail_unknown += unknown_mails(s);
    watch_name(g->peer_name, s, side);
    if (g->example_count < FLEET_EXAMPLES) {
        g->examples[g->example_count++] = s->id;
    }
    g->of = peer && peer->peer.sessions > e->peer_sessions_before
                ? peer->peer.sessions - e->peer_sessions_before
                : g->sessions;
    g->of = g->of < g->sessions ? g->sessions : g->of;
    add_wait(e, s, f);
    bins_count(&e->line, &fl->clock, f->at.time_ns);
    return e;
}

/* A 4xx is a warning, because the mail will come again; the same mail refused for hours is an error
 * (catalogue F). The session's record stays as it was judged, the group says it. */
static void note_still_refused(struct group_entry *e, const struct finding *f)
{
    struct group *g = &e->group;
    struct words after = words_limit(threshold(THRESHOLD_PUT_OFF));
    char more[80];
    size_t len;

    if (f->rule->section[0] != 'F' || f->severity != SEVERITY_WARNING ||
        g->severity >= SEVERITY_ERROR) {
        return;
    }
    g->severity = SEVERITY_ERROR;
    words_put(more, sizeof more, "; the same mail is still refused after %s", after.s);
    len = strlen(more);
    if (g->summary_len + len < sizeof g->summary) {
        memcpy(g->summary + g->summary_len, more, len);
        g->summary_len += len;
    }
}

void fleet_add(struct fleet *f, const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);
    enum side side;
    struct peer_entry *peer;
    struct group_entry *primary = NULL;
    enum band band;

    if (!d) {
        return;
    }
    side = fleet_peer_side(f->settings, s);
    band = band_of(d);
    bins_see(&f->clock, s->first.time_ns);
    for (const struct finding *g = d->findings; g; g = g->next) {
        bins_see(&f->clock, g->at.time_ns);
    }
    count_totals(&f->totals, s);
    if (f->settings->trust) {
        fleet_count_trust(&f->totals, s);
    }
    if (band != BANDS) {
        bins_count(&f->bands[band], &f->clock, s->first.time_ns);
    }
    peer = count_peer(f, s, side);
    watch_add(f->watch, s);
    fleet_count_probe(f, s);
    for (const struct finding *g = d->findings; g; g = g->next) {
        struct group_entry *e = count_finding(f, s, g, side, peer, primary);
        primary = g->primary ? e : primary; /* it comes first */
        if (!rules_is_quality(g->rule)) {
            f->totals.worst = !f->totals.any_finding || g->severity > f->totals.worst
                                  ? g->severity
                                  : f->totals.worst;
            f->totals.any_finding = true;
        }
        if (e && g->primary && f->watch->still_refused) {
            note_still_refused(e, g);
            f->totals.worst =
                e->group.severity > f->totals.worst ? e->group.severity : f->totals.worst;
        }
    }
}
