/* verdict.c - the one sentence about a capture: what, who, how much, and what was ruled out.
 *
 * It speaks of the first group that is the cause of failures, or of one over many sessions where
 * that explains more: the client that guesses passwords rather than each refused log-in. All
 * numbers come from the group.
 */
#include "report/diagnose/verdict.h"

#include <assert.h>
#include <string.h>

#include "report/diagnose/fleet_before.h"
#include "report/diagnose/thresholds.h"
#include "report/diagnose/verdict_parts.h"
#include "report/words.h"

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
    size_t a = strlen(s), b = strlen(suffix);

    return a >= b && strcmp(s + a - b, suffix) == 0;
}

static enum fault fault_of_server(const char *id)
{
    if (has_prefix(id, "zero-window-stall") || strcmp(id, "data-block-timeout") == 0) {
        return FAULT_STUCK_APP;
    }
    if (strcmp(id, "server-timeout-too-short") == 0) {
        return FAULT_SERVER_LEFT;
    }
    if (has_suffix(id, "-timeout") || strcmp(id, "duplicate-delivery-risk") == 0) {
        return FAULT_SILENT_APP;
    }
    if (has_prefix(id, "slow-reply") || strcmp(id, "greeting-delay") == 0) {
        return FAULT_SLOW_APP;
    }
    if (has_prefix(id, "tcp-reset") || has_prefix(id, "server-closed")) {
        return FAULT_SERVER_LEFT;
    }
    if (strcmp(id, "connect-refused") == 0 || strcmp(id, "connect-port-unreachable") == 0) {
        return FAULT_REFUSED_TCP;
    }
    return FAULT_ODD_APP;
}

/* A refusal in words, of which the session died. */
static bool is_refusal(const struct group_entry *e)
{
    return e->rule->outcome == OUTCOME_REJECTED && e->rejections > 0;
}

static enum fault fault_of(const struct group_entry *e)
{
    const struct group *g = &e->group;

    if (strcmp(g->rule, "fleet-all-failing") == 0) {
        return FAULT_EVERYBODY;
    }
    if (strcmp(g->rule, "fleet-5xx-rate") == 0 || strcmp(g->rule, "fleet-4xx-rate") == 0) {
        return FAULT_REPLY;
    }
    if (strcmp(g->rule, "connect-slow") == 0) {
        return FAULT_OTHER; /* they did come up */
    }
    if (e->rule->outcome == OUTCOME_TLS_FAILED || strcmp(g->rule, "tls-failure-spread") == 0) {
        return FAULT_TLS;
    }
    switch (g->points_to) {
    case PARTY_CLIENT:
        return is_refusal(e) ? FAULT_CLIENT_REFUSED : FAULT_CLIENT;
    case PARTY_SERVER:
        return is_refusal(e) ? FAULT_REPLY : fault_of_server(g->rule);
    case PARTY_NETWORK:
        return g->phase == PHASE_CONNECT ? FAULT_NO_CONNECTION : FAULT_PATH;
    case PARTY_MIDDLEBOX:
        return FAULT_DEVICE;
    case PARTY_POLICY:
        return g->phase == PHASE_CONNECT ? FAULT_FORBIDDEN : FAULT_REPLY;
    case PARTY_UNKNOWN:
        return is_refusal(e) ? FAULT_REPLY : FAULT_OTHER;
    case PARTY_COUNT:
        break;
    }
    return FAULT_OTHER;
}

const struct group_entry *verdict_beside(const struct verdict_case *c, const char *rule)
{
    struct endpoint end = {c->proof->group.peer, c->proof->group.peer_port};

    return groups_find(&c->fleet->groups, rule, &end, c->proof->group.peer_side);
}

/* --- the headline --- */

enum { EXTENT_MAX = 48, TEMPLATE_MAX = 112 }; /* ", in 1,234,567 of 12,345,678 sessions" */

/* The name it gave itself and its address; the name is left out where it does not fit. Returns the
 * length. */
static size_t put_peer(char *out, size_t size, const struct group *g)
{
    char address[ADDRESS_TEXT_MAX];
    size_t name = strlen(g->peer_name);

    if (g->addresses) {
        words_put(address, sizeof address, "%u addresses", g->addresses);
    } else {
        address_format(&g->peer, address);
    }
    if (!name || name + strlen(address) + sizeof " ()" > size) {
        words_put(out, size, "%s", address);
        return strlen(out);
    }
    memcpy(out, g->peer_name, name);
    words_put(out + name, size - name, " (%s)", address);
    return strlen(out);
}

/* The first `from` in words becomes `to`. */
static void replace(char words[TEMPLATE_MAX], const char *from, const char *to)
{
    char *at = strstr(words, from);
    char rest[TEMPLATE_MAX];

    if (at && strlen(words) - strlen(from) + strlen(to) < TEMPLATE_MAX) {
        words_put(rest, sizeof rest, "%s", at + strlen(from));
        words_put(at, TEMPLATE_MAX - (size_t)(at - words), "%s%s", to, rest);
    }
}

/* Rules that this time are about another end than usual, or point elsewhere. */
static const char *headline_of(const struct group_entry *e)
{
    const struct group *g = &e->group;

    if (g->peer_side == SIDE_SERVER && strcmp(g->rule, "retry-storm") == 0) {
        return "mail for @ is tried again without a pause";
    }
    if (g->peer_side == SIDE_SERVER && strcmp(g->rule, "auth-bruteforce") == 0) {
        return "passwords are being guessed at @";
    }
    if (!g->peer.family && strcmp(g->rule, "unknown-user-rate") == 0) {
        return "mail goes to many addresses that do not exist";
    }
    if (strcmp(g->rule, "connect-refused") == 0 && g->points_to == PARTY_MIDDLEBOX) {
        return "a device on the path refuses connections to @";
    }
    if (strcmp(g->rule, "connect-refused") == 0 && g->points_to == PARTY_UNKNOWN) {
        return "connections to @ are refused";
    }
    if (has_prefix(g->rule, "tcp-reset-by") && g->points_to == PARTY_UNKNOWN) {
        return "sessions with @ are reset";
    }
    if (e->server_resent && strcmp(g->rule, "retransmission-exhausted") == 0) {
        return "clients of @ fell silent in the middle of sessions";
    }
    if (e->server_resent && strcmp(g->rule, "one-way-loss") == 0) {
        return "what @ sends does not arrive, what is sent to it does";
    }
    if (e->server_resent && strcmp(g->rule, "pmtu-black-hole") == 0) {
        return "full-size packets of @ do not get through";
    }
    return e->rule->headline;
}

/* The rule's words, for who we are; @ still stands for the peer. */
static void put_words(char words[TEMPLATE_MAX], const struct group_entry *e)
{
    assert(strlen(headline_of(e)) < TEMPLATE_MAX);
    words_put(words, TEMPLATE_MAX, "%s", headline_of(e));
    if (!e->group.peer.family) {
        replace(words, " with @", "");
        replace(words, " by @", "");
    } else if (e->group.peer_side == SIDE_CLIENT && !e->group.cross_session) {
        replace(words, "@", e->group.ours == OURS_SERVER ? "our server" : "the server");
        words_add(words, TEMPLATE_MAX, ", client @");
    } else if (e->group.ours == OURS_CLIENT) {
        if (has_prefix(words, "clients ")) {
            replace(words, "clients ", "our clients ");
        }
        replace(words, "of the client", "of our side");
        if (has_suffix(words, "the client's")) {
            replace(words, "the client's", "ours");
        }
        replace(words, "the client's", "our");
        replace(words, "the client", "us");
    }
}

/* All sessions with that peer, where the fault is over: it lasted for some of them only. */
static uint64_t sessions_in_all(const struct group_entry *e)
{
    const struct group *g = &e->group;

    return !g->open && !g->addresses && e->peer && e->peer->peer.sessions > g->of
               ? e->peer->peer.sessions
               : g->of;
}

static void headline(struct verdict *v, const struct group_entry *e)
{
    const struct group *g = &e->group;
    uint64_t of = sessions_in_all(e);
    char words[TEMPLATE_MAX];
    const char *at, *after = "";
    size_t used;

    static_assert(TEMPLATE_MAX + ADDRESS_TEXT_MAX + EXTENT_MAX < sizeof v->headline, "it fits");
    put_words(words, e);
    at = strchr(words, '@');
    used = at ? (size_t)(at - words) : strlen(words);
    memcpy(v->headline, words, used);
    if (at) {
        after = at + 1;
        used += put_peer(v->headline + used, sizeof v->headline - strlen(words) - EXTENT_MAX, g);
    }
    memcpy(v->headline + used, after, strlen(after) + 1);
    used += strlen(after);
    if (g->sessions < of) {
        words_put(v->headline + used, sizeof v->headline - used, ", in %s of %s",
                  words_count(g->sessions).s, words_counted(of, "session").s);
        used += strlen(v->headline + used);
    }
    v->headline_len = used;
}

/* --- how much --- */

#define SAY(field, ...) words_put(field, sizeof(field), __VA_ARGS__)
#define AND(field, ...) words_add(field, sizeof(field), __VA_ARGS__)

/* The headline names one peer; whoever reads no further must know that it is not the only one. */
static void same_elsewhere(struct verdict *v, const struct verdict_case *c)
{
    const struct group *mine = &c->e->group;
    uint64_t peers = 0, sessions = 0, of = 0;

    for (size_t i = 0; i < c->fleet->groups.count; i++) {
        const struct group_entry *e = c->fleet->groups.list[i];
        const struct group *g = &e->group;

        if (e != c->e && !c->many && g->is_primary && g->severity >= SEVERITY_WARNING &&
            g->peer_side == mine->peer_side && g->peer.family && strcmp(g->rule, mine->rule) == 0) {
            peers++;
            sessions += g->sessions;
            of += g->of;
        }
    }
    if (mine->is_primary && peers) {
        AND(v->extent, "; the same at %s more %s%s (%s of %s)", words_count(peers).s,
            mine->peer_side == SIDE_SERVER ? "server" : "client", peers == 1 ? "" : "s",
            words_count(sessions).s, words_counted(of, "session").s);
    }
}

static void extent(struct verdict *v, const struct verdict_case *c)
{
    const struct group_entry *e = c->e;
    const struct group *g = &e->group;
    bool once = g->of == 1; /* it lasted for no time */

    SAY(v->extent, "%s of %s", words_count(g->sessions).s,
        words_counted(once ? sessions_in_all(e) : g->of, "session").s);
    if (sessions_in_all(e) > g->of && !once) {
        AND(v->extent, " while it lasted, of %s in all", words_count(sessions_in_all(e)).s);
    }
    if (e->gave_up) {
        AND(v->extent, "; %s given up after %s", words_count(e->gave_up).s,
            words_duration(g->shortest_s).s);
        if (g->longest_s > g->shortest_s * 1.02 && !g->open_count) {
            AND(v->extent, " to %s", words_duration(g->longest_s).s);
        }
    } else if (g->longest_s > 0 && !g->open_count) {
        AND(v->extent, "; longest wait %s", words_duration(g->longest_s).s);
    }
    if (g->open_count) {
        AND(v->extent, "; %s still waiting (longest %s)", words_count(g->open_count).s,
            words_duration(e->open_longest_s).s);
    }
    if (c->waiting) {
        AND(v->extent, "; %s more still waiting within %s limit (longest %s)",
            words_count(c->waiting).s, c->waiting == 1 ? "its" : "their",
            words_duration(c->waiting_s).s);
    }
    if (e->refused_for_good && e->refused_for_good < g->sessions) {
        AND(v->extent, "; %s with a 5xx, the others with a 4xx",
            words_count(e->refused_for_good).s);
    }
    same_elsewhere(v, c);
}

/* --- the moments --- */

static void add_moment(struct fleet *f, enum moment_kind kind, struct mark at, uint64_t session,
                       unsigned group)
{
    size_t i = f->moment_count;

    if (!at.packet && kind != MOMENT_FIRST_MTA_LOG && kind != MOMENT_CAPTURE_END) {
        return;
    }
    f->moment_count++;
    while (i > 0 && f->moments[i - 1].at.time_ns > at.time_ns) {
        f->moments[i] = f->moments[i - 1];
        i--;
    }
    f->moments[i] = (struct moment){kind, at, session, group};
}

/* The earliest instant at which a mail server's log can show it: when the first wait ended. */
static int64_t first_log(const struct group_entry *e)
{
    if (!(e->group.longest_s > 0) || e->group.phase == PHASE_CONNECT) {
        return 0; /* when a program gives up a connection shows in no packet */
    }
    if (e->first_given_up_ns) {
        return e->first_given_up_ns;
    }
    return e->limit_s > 0 && e->group.open_count
               ? e->group.first.time_ns + (int64_t)(e->limit_s * 1e9)
               : 0;
}

static void moments(struct fleet *f, const struct group_entry *e)
{
    const struct group *g = &e->group;
    uint64_t session = 0;
    struct mark good = fleet_good_before(f, e, &session);

    if (good.packet) {
        add_moment(f, MOMENT_LAST_GOOD, good, session, g->number);
    }
    add_moment(f, MOMENT_FIRST_FAILURE, g->first, g->first_session, g->number);
    if (f->verdict.mta_log_ns) {
        add_moment(f, MOMENT_FIRST_MTA_LOG, (struct mark){0, f->verdict.mta_log_ns},
                   g->first_session, g->number);
    }
    if (g->sessions > 1) {
        add_moment(f, MOMENT_LAST_FAILURE, g->last, g->last_session, g->number);
    }
    if (e->good_after.packet) {
        add_moment(f, MOMENT_RECOVERY, e->good_after, e->good_after_session, g->number);
    } else if (e->peer && e->peer->good_again.packet &&
               e->peer->good_again.time_ns > g->last.time_ns) {
        add_moment(f, MOMENT_RECOVERY, e->peer->good_again, e->peer->good_again_session, g->number);
    }
    add_moment(f, MOMENT_CAPTURE_END, f->capture_last, 0, 0);
}

/* --- which one --- */

enum { BEGUN = 3 }; /* sessions */

/* Nearly all failed since its first one, which was not a stray one long before. */
static bool has_begun(const struct group_entry *e)
{
    const struct group_entry *told = e->peer ? e->peer->destination : NULL;

    return e->group.sessions >= BEGUN &&
           (double)e->group.sessions >= threshold(THRESHOLD_FLEET_SHARE) * (double)e->group.of &&
           (!told || told->with != e || told->group.first.time_ns <= e->group.first.time_ns);
}

/* What a finding over many sessions says the sessions of another were about. NULL: of any. */
static const struct {
    const char *rule, *of;
    double share; /* of its sessions that it must have */
} explanations[] = {
    {"fleet-all-failing", NULL, 0.8},
    {"fleet-source-failing", NULL, 0.8},
    {"fleet-destination-failing", NULL, 0.8}, /* of several servers */
    {"fleet-one-backend-bad", NULL, 0.8},
    {"auth-bruteforce", "auth-failed", 0.8},
    {"auth-backend-down", "auth-", 0.8},
    {"directory-harvest", "user-unknown", 0.8},
    {"unknown-user-rate", "user-unknown", 0.8},
    {"blocklist-spread", "blocklisted", 0.8},
    {"provider-throttling", "rate-limited", 0.8},
    {"greylist-not-passed", "greylisted", 0.8},
    {"retry-storm", NULL, 0.8},
    {"port25-egress-blocked", "connect-", 0.8},
    {"address-family-broken", "connect-", 0.8},
    {"tls-failure-spread", "tls", 0.8},
    {"fleet-5xx-rate", NULL, 4}, /* many findings, each of little */
    {"fleet-4xx-rate", NULL, 4},
};

/* 0: nothing of it; else the share of its sessions that it must have. */
static double is_about(const struct group_entry *many, const struct group_entry *single)
{
    if (many->shows && single->with != many) {
        return 0; /* of another server */
    }
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        if (strcmp(many->group.rule, explanations[i].rule) == 0) {
            return !explanations[i].of || has_prefix(single->group.rule, explanations[i].of)
                       ? explanations[i].share
                       : 0;
        }
    }
    return 0;
}

static bool makes_verdict(const struct group_entry *e)
{
    return e->group.is_primary && !e->group.unproven && e->group.severity >= SEVERITY_WARNING &&
           !rules_is_quality(e->rule);
}

/* One over many sessions that says more than the finding of each: of the same sessions (four of
 * five at least, within the same time), or of more of them and as severe. What was made of one
 * group (with) says no more than that. */
static bool explains_more(const struct group_entry *many, const struct group_entry *single)
{
    const struct group *m = &many->group, *s = single ? &single->group : NULL;

    if (!m->cross_session || rules_is_quality(many->rule) || m->severity < SEVERITY_WARNING ||
        many->with || strcmp(m->rule, "duplicate-delivery") == 0) {
        return false;
    }
    if (!s) {
        return true;
    }
    if (is_about(many, single) > 0) {
        return (double)m->sessions >= is_about(many, single) * (double)s->sessions &&
               m->first.time_ns <= s->last.time_ns && m->last.time_ns >= s->first.time_ns;
    }
    return m->severity >= s->severity && m->sessions > s->sessions;
}

/* A share of all mail says less than what is behind it. */
static bool is_rate(const struct group_entry *e)
{
    return strcmp(e->group.rule, "fleet-5xx-rate") == 0 ||
           strcmp(e->group.rule, "fleet-4xx-rate") == 0;
}

static bool better(const struct group_entry *a, const struct group_entry *b)
{
    if (b && is_rate(a) != is_rate(b)) {
        const struct group_entry *rate = is_rate(a) ? a : b, *cause = is_rate(a) ? b : a;
        bool most = cause->group.sessions * 5 >= rate->group.sessions * 4;
        if (a->group.severity == b->group.severity ||
            (most && cause->group.severity >= SEVERITY_ERROR)) {
            return most == (cause == a);
        }
    }
    return !b || a->group.severity > b->group.severity ||
           (a->group.severity == b->group.severity && a->group.sessions > b->group.sessions);
}

/* Sessions of the same peer that were still waiting for the same, and had done so for longer than
 * a reply may take, but not for so long that it is a fault. */
static void count_waiting(struct verdict_case *c)
{
    const struct group *g = &c->e->group;
    const struct peer_entry *p = c->e->peer;

    if (p && c->fault == FAULT_SILENT_APP && p->waiting[g->phase].count) {
        c->waiting = p->waiting[g->phase].count;
        c->waiting_s = p->waiting[g->phase].longest_s;
    }
}

static void count_others(struct verdict_case *c)
{
    const struct peer_entry *p = c->e->peer;

    if (!p) {
        return;
    }
    for (size_t i = 0; i < c->fleet->peers.count; i++) {
        const struct peer_entry *o = c->fleet->peers.list[i];
        if (o != p && !(c->many && o->destination == c->many)) {
            c->others += o->peer.sessions;
            c->others_failed += o->peer.failed;
        }
    }
}

static struct verdict_case choose(const struct fleet *f)
{
    struct verdict_case c = {.fleet = f};
    const struct group_entry *many = NULL;

    for (size_t i = 0; i < f->groups.count && !c.proof; i++) {
        c.proof = makes_verdict(f->groups.list[i]) ? f->groups.list[i] : NULL;
    }
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        many = explains_more(e, c.proof) && better(e, many) ? e : many;
    }
    c.e = many ? many : c.proof;
    if (many && (!c.proof || !(is_about(many, c.proof) > 0))) {
        c.proof = many->shows ? many->shows : many;
    }
    return c;
}

void verdict_form(struct fleet *f)
{
    struct verdict *v = &f->verdict;
    struct verdict_case c = choose(f);
    const struct group_entry *told = c.e;
    struct group_entry all;

    if (!c.e) {
        return;
    }
    if (c.e->shows && c.e->group.addresses) {
        verdict_join(f, c.e, &all);
        c.many = c.e;
        c.e = c.proof = &all;
    }
    c.fault = fault_of(c.e);
    if (c.e != c.proof && c.fault == FAULT_CLIENT && fault_of(c.proof) == FAULT_CLIENT_REFUSED) {
        c.fault = FAULT_CLIENT_REFUSED;
    }
    count_waiting(&c);
    count_others(&c);
    v->exists = true;
    v->group = &told->group;
    v->severity = c.proof->group.severity > c.e->group.severity ? c.proof->group.severity
                                                                : c.e->group.severity;
    v->next_step = c.e->rule->next_step;
    headline(v, c.e);
    verdict_chain(v, &c);
    extent(v, &c);
    if (has_begun(told)) {
        fleet_say_before(f, told, v->before, sizeof v->before);
    }
    verdict_fate(v, &c);
    verdict_doubt(v, &c);
    v->mta_log_ns = first_log(c.e);
    moments(f, told);
}
