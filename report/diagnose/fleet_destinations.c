/* fleet_destinations.c - one destination fails while the others work (catalogue:
 * fleet-destination-failing).
 *
 * A destination is one server, or several that packets show to be one (fleet_owners.c). Several are
 * told as one only if nearly all of them fail, at the same time and with the same finding: so a
 * name that strangers share, or that lies, accuses nobody who works and hides nobody who fails
 * alone.
 *
 * A server is judged from the first failure on (its group counts what came since), and by spells
 * (fleet_spells.h), which have an end; several by spells alone.
 */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_destinations.h"
#include "report/diagnose/fleet_raise.h"

enum { FOUND_MAX = 64 }; /* destinations of several servers */

/* --- which servers belong together --- */

struct member {
    char key[FLEET_NAME_MAX]; /* what it has in common with the others */
    struct peer_entry *peer;
};

/* Servers that are judged as one. */
struct set {
    const struct member *member;
    size_t count;
    enum bond bond; /* BOND_NONE: one server for itself */
};

static int compare_members(const void *pa, const void *pb)
{
    const struct member *a = pa, *b = pb;
    const struct peer *x = &a->peer->peer, *y = &b->peer->peer;
    int keys = strcmp(a->key, b->key);

    if (keys) {
        return keys;
    }
    if (x->address.family != y->address.family) {
        return x->address.family < y->address.family ? -1 : 1;
    }
    keys = memcmp(x->address.bytes, y->address.bytes, sizeof x->address.bytes);
    return keys ? keys : (int)x->port - (int)y->port;
}

/* --- what is told of a set --- */

/* The finding that the failures of a set have in common. */
struct common {
    const struct rule *rule;
    uint64_t sessions;
    struct group_entry *most; /* with the server that has most of it */
};

/* A set that fails. */
struct failing {
    struct set set;
    struct spells spells;
    struct common common;
    unsigned addresses; /* of those of its servers that fail */
    uint64_t others[2]; /* sessions with all other servers meanwhile, failed ones */
};

/* What a server says of itself when it can take no mail from anybody. A full mailbox, greylisting,
 * limits for one client and the like are about somebody. */
static bool is_about_the_server(const struct group_entry *e)
{
    static const char *const rules[] = {"auth-temp-failure",    "downstream-unreachable",
                                        "server-disk-full",     "server-dns-failure",
                                        "server-local-error",   "server-misconfigured",
                                        "server-not-accepting", "server-overloaded",
                                        "server-routing-error", "service-shutdown"};

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(e->group.rule, rules[i]) == 0) {
            return e->group.severity >= SEVERITY_WARNING;
        }
    }
    return false;
}

/* A fault with this server, in sessions that carry the finding; what its clients do wrong is none
 * of it. */
static bool is_fault_of_server(const struct group_entry *e)
{
    const struct group *g = &e->group;

    return g->is_primary && e->peer && g->peer_side == SIDE_SERVER && !g->unproven &&
           g->points_to != PARTY_CLIENT &&
           (g->severity >= SEVERITY_ERROR || is_about_the_server(e));
}

static bool has_member(const struct set *set, const struct peer_entry *p)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->member[i].peer == p) {
            return true;
        }
    }
    return false;
}

static struct common common_finding(struct fleet *f, const struct set *set,
                                    const struct spells *spells)
{
    uint64_t *sums = calloc(rules_count(), sizeof *sums), most = 0;
    struct common c = {0};

    for (size_t i = 0; sums && i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        size_t at = (size_t)(e->rule - rules_at(0));
        if (!is_fault_of_server(e) || !has_member(set, e->peer)) {
            continue;
        }
        bins_catch_up(&e->line, &f->clock);
        sums[at] += counts_line_within(&e->line, spells);
        if (sums[at] > c.sessions) {
            c.sessions = sums[at];
            c.rule = e->rule;
        }
    }
    for (size_t i = 0; c.rule && i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        if (e->rule == c.rule && e->peer && e->group.is_primary && has_member(set, e->peer) &&
            e->group.sessions > most) {
            most = e->group.sessions;
            c.most = e;
        }
    }
    free(sums);
    return c;
}

/* Nearly all of its addresses fail, and not one for nearly all of them. */
static bool is_spread(const struct set *set, const struct spells *spells, unsigned *addresses)
{
    uint64_t largest = 0;
    unsigned met = 0, bad = 0;

    for (size_t i = 0, end; i < set->count; i = end) {
        const struct address *a = &set->member[i].peer->peer.address;
        uint64_t all = 0, failed = 0;
        for (end = i; end < set->count && address_equal(a, &set->member[end].peer->peer.address);
             end++) {
            all += counts_line_within(&set->member[end].peer->all, spells);
            failed += counts_line_within(&set->member[end].peer->failed, spells);
        }
        met += all > 0;
        bad += failed && fleet_is_share(failed, all, threshold(THRESHOLD_FLEET_SHARE));
        largest = failed > largest ? failed : largest;
    }
    *addresses = bad;
    return bad > 1 && fleet_is_share(bad, met, threshold(THRESHOLD_FLEET_SHARE)) &&
           (double)(spells->failed - largest) >= threshold(THRESHOLD_SPREAD_MORE);
}

/* The latest success of any of them before, the earliest behind. */
static void note_successes(struct group_entry *e, const struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct peer_entry *p = set->member[i].peer;
        const struct mark good = p->peer.last_good, again = p->good_again;
        if (good.packet && good.time_ns < e->group.first.time_ns &&
            good.time_ns > e->good_before.time_ns) {
            e->good_before = good;
            e->good_before_session = p->good_session;
        }
        if (again.packet && again.time_ns > e->group.last.time_ns &&
            (!e->good_after.packet || again.time_ns < e->good_after.time_ns)) {
            e->good_after = again;
            e->good_after_session = p->good_again_session;
        }
    }
}

/* Whom it is about. */
static void say_who(struct group_entry *e, const struct set *set, unsigned addresses)
{
    const char *key = set->member->key;

    switch (set->bond) {
    case BOND_PROVIDER:
        AND(e, " with the servers of %s", key);
        break;
    case BOND_RECIPIENTS:
        AND(e, " with the servers for mail to %s", key);
        break;
    case BOND_NAME:
        AND(e, " with the servers whose names end in %s", key);
        break;
    case BOND_NONE:
        return;
    }
    words_put(e->group.peer_name, sizeof e->group.peer_name, "%s", key);
    e->group.addresses = addresses;
    AND(e, " (%u addresses)", addresses);
}

/* The findings of its servers come with it, where one stands for several. */
static void take_in(struct fleet *f, struct group_entry *made, const struct set *set,
                    const struct common *common)
{
    memset(&made->line, 0, sizeof made->line);
    for (size_t i = 0; i < f->groups.count; i++) {
        struct group_entry *e = f->groups.list[i];
        if (e->rule != common->rule || !e->peer || !e->group.is_primary ||
            !has_member(set, e->peer)) {
            continue;
        }
        bins_join(&made->line, &e->line, &f->clock);
        if (set->bond != BOND_NONE && !e->with) {
            e->with = made;
        }
    }
    made->shows = common->most;
    if (set->bond == BOND_NONE) {
        made->peer = set->member->peer;
        made->with = common->most;
    }
    for (size_t i = 0; i < set->count; i++) {
        set->member[i].peer->destination = made;
    }
}

/* Somebody waits, or the failures of one of its servers go on. */
static bool is_open(const struct fleet *f, const struct set *set, const struct common *common)
{
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (e->rule == common->rule && e->group.open && e->peer && has_member(set, e->peer)) {
            return true;
        }
    }
    return false;
}

static void tell(struct fleet *f, const struct failing *x)
{
    const struct set *set = &x->set;
    const struct spells *spells = &x->spells;
    const struct common *common = &x->common;
    const struct group *most = &common->most->group;
    struct endpoint end = {most->peer, most->peer_port};
    const struct runs **runs = calloc(set->count, sizeof *runs);
    struct sightings seen, like = {.first = most->first,
                                   .last = most->last,
                                   .first_session = most->first_session,
                                   .last_session = most->last_session,
                                   .example_count = most->example_count};
    struct group_entry *e;
    size_t known = runs ? set->count : 0;

    memcpy(like.examples, most->examples, sizeof like.examples);
    for (size_t i = 0; i < known; i++) {
        runs[i] = set->member[i].peer->runs;
    }
    spells_seen(f, spells, runs, known, &like, &seen);
    e = fleet_raise(f, "fleet-destination-failing", &end, SIDE_SERVER, &seen);
    if (e) {
        struct group *g = &e->group;
        g->of = spells->sessions;
        g->points_to = most->points_to;
        g->phase = most->phase;
        g->confidence = set->bond == BOND_NAME ? CONFIDENCE_MEDIUM : most->confidence;
        memcpy(g->peer_name, most->peer_name, sizeof g->peer_name);
        note_successes(e, set);
        fleet_raise_lasting(f, e);
        g->open = (g->open || is_open(f, set, common)) && !e->good_after.packet;
        SAY(e, "%s of %s", words_count(spells->failed).s,
            words_counted(spells->sessions, "session").s);
        say_who(e, set, x->addresses);
        AND(e, " failed%s with %s", common->sessions < spells->failed ? ", most often" : "",
            common->rule->id);
        spells_say(f, e, spells, runs, known, e->good_after.packet != 0);
        AND(e, "; %s of %s with all other servers meanwhile", words_count(x->others[1]).s,
            words_count(x->others[0]).s);
        take_in(f, e, set, common);
    }
    free(runs);
}

/* --- which sets fail --- */

static bool set_fails(struct fleet *f, const struct everybody *all, struct failing *x)
{
    const struct set *set = &x->set;
    struct counts counts = {.all = {0}};
    uint64_t failed = 0;

    for (size_t i = 0; i < set->count; i++) {
        failed += set->member[i].peer->peer.failed;
    }
    if ((double)failed < threshold(THRESHOLD_FLEET_COUNT)) {
        return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        struct peer_entry *p = set->member[i].peer;
        counts_add(&counts, &p->all, &p->failed, &f->clock);
    }
    if (!spells_find(&counts, threshold(THRESHOLD_FLEET_SHARE), all->sessions, &x->spells) ||
        !everybody_else_is_fine(all, &x->spells, x->others) ||
        (set->bond == BOND_NONE ? (double)x->spells.rest < threshold(THRESHOLD_FLEET_COUNT)
                                : !is_spread(set, &x->spells, &x->addresses))) {
        return false;
    }
    x->common = common_finding(f, set, &x->spells);
    return x->common.most &&
           fleet_is_share(x->common.sessions, x->spells.failed, threshold(THRESHOLD_FLEET_SHARE));
}

/* What fails, of most addresses first; of as many what is surer. */
struct found {
    struct failing list[FOUND_MAX];
    size_t count;
};

static int compare_failing(const void *pa, const void *pb)
{
    const struct failing *a = pa, *b = pb;

    if (a->addresses != b->addresses) {
        return a->addresses > b->addresses ? -1 : 1;
    }
    if (a->set.bond != b->set.bond) {
        return a->set.bond < b->set.bond ? -1 : 1;
    }
    return strcmp(a->set.member->key, b->set.member->key);
}

/* Servers that have this in common, which fail; in members, of which there is one for each peer. */
static void find_bound(struct fleet *f, const struct everybody *all, enum bond bond,
                       struct member *members, struct found *found)
{
    size_t count = 0;

    for (size_t i = 0; i < f->peers.count; i++) {
        struct peer_entry *p = f->peers.list[i];
        if (p->peer.side == SIDE_SERVER) {
            fleet_bond_key(members[count].key, p, bond);
            members[count].peer = p;
            count += members[count].key[0] != 0;
        }
    }
    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0, end; i < count && found->count < FOUND_MAX; i = end) {
        struct failing *x = &found->list[found->count];
        for (end = i + 1; end < count && strcmp(members[i].key, members[end].key) == 0; end++) {
        }
        *x = (struct failing){.set = {members + i, end - i, bond}};
        found->count += end - i > 1 && set_fails(f, all, x);
    }
}

static bool is_told(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->member[i].peer->destination) {
            return true;
        }
    }
    return false;
}

static void judge_bound(struct fleet *f, const struct everybody *all)
{
    struct member *members[BOND_NONE] = {NULL};
    struct found *found = calloc(1, sizeof *found);

    for (enum bond bond = 0; found && bond < BOND_NONE; bond++) {
        if ((members[bond] = calloc(f->peers.count + 1, sizeof *members[bond]))) {
            find_bound(f, all, bond, members[bond], found);
        }
    }
    if (found) {
        qsort(found->list, found->count, sizeof found->list[0], compare_failing);
    }
    for (size_t i = 0; found && i < found->count; i++) {
        if (!is_told(&found->list[i].set)) {
            tell(f, &found->list[i]);
        }
    }
    for (enum bond bond = 0; bond < BOND_NONE; bond++) {
        free(members[bond]);
    }
    free(found);
}

static void judge_alone(struct fleet *f, const struct everybody *all)
{
    for (size_t i = 0; i < f->peers.count; i++) {
        struct member member = {.peer = f->peers.list[i]};
        struct failing x = {.set = {&member, 1, BOND_NONE}};
        if (member.peer->peer.side == SIDE_SERVER && !member.peer->destination &&
            set_fails(f, all, &x)) {
            tell(f, &x);
        }
    }
}

/* Since the first failure, whatever was before. lasting: only where not one went well since, and
 * the capture ends so. */
static void judge_since(struct fleet *f, bool lasting)
{
    uint64_t sessions = f->peers.sessions, failed = f->peers.failed, unsure = f->peers.unsure;
    const struct rule *rule = rules_find("fleet-destination-failing");
    size_t count = f->groups.count;

    for (size_t i = 0; i < f->peers.count; i++) {
        sessions += f->peers.list[i]->peer.sessions;
        failed += f->peers.list[i]->peer.failed;
        unsure += f->peers.list[i]->unsure;
    }
    for (size_t i = 0; i < count; i++) {
        struct group_entry *e = f->groups.list[i], *made;
        const struct group *g = &e->group;
        uint64_t others, others_failed;
        struct endpoint end = {g->peer, g->peer_port};

        if (!is_fault_of_server(e) || e->peer->destination ||
            (lasting && (!g->open || g->sessions < g->of)) ||
            (double)g->sessions < threshold(THRESHOLD_FLEET_COUNT) ||
            fleet_wilson_low(g->sessions, g->of) < threshold(THRESHOLD_FLEET_LOW) ||
            (double)g->sessions < threshold(THRESHOLD_FLEET_SHARE) * (double)g->of) {
            continue;
        }
        others = sessions - e->peer->peer.sessions;
        others_failed = failed - e->peer->peer.failed;
        if ((double)others < threshold(THRESHOLD_FLEET_COUNT) ||
            (double)(others_failed + unsure - e->peer->unsure) >
                threshold(THRESHOLD_FLEET_OTHERS) * (double)others) {
            continue;
        }
        made = groups_get(&f->groups, rule->id, &end, SIDE_SERVER, true);
        if (!made || made->group.sessions) {
            continue;
        }
        made->group = *g;
        memset(made->group.rule, 0, sizeof made->group.rule);
        memcpy(made->group.rule, rule->id, strlen(rule->id));
        made->group.severity = rule->severity;
        made->group.is_primary = false;
        made->group.cross_session = true;
        made->rule = rule;
        made->peer = e->peer;
        made->peer->destination = made;
        made->with = e;
        made->line = e->line;
        SAY(made, "%s of %s failed with %s since it began, %s of %s with all other servers",
            words_count(g->sessions).s, words_counted(g->of, "session").s, g->rule,
            words_count(others_failed).s, words_count(others).s);
        if (!g->open && e->peer->good_again.packet &&
            e->peer->good_again.time_ns > g->last.time_ns) {
            AND(made, "; it recovered");
        }
    }
}

/* Of the servers that are sent mail for one domain and no other one fails and the others do not:
 * mail for that domain arrives. */
static void judge_mx_of(struct fleet *f, const struct peer_entry *bad)
{
    const struct group *told = &bad->destination->group;
    struct endpoint end = {told->peer, told->peer_port};
    uint64_t sessions = 0, failed = 0, unsure = 0;
    unsigned servers = 0;
    struct sightings seen = {.count = told->sessions,
                             .first = told->first,
                             .last = told->last,
                             .first_session = told->first_session,
                             .last_session = told->last_session,
                             .example_count = told->example_count};
    struct group_entry *e;

    for (size_t i = 0; i < f->peers.count; i++) {
        const struct peer_entry *p = f->peers.list[i];
        if (p->peer.side == SIDE_SERVER && !p->to_more && strcmp(p->to, bad->to) == 0 &&
            !address_equal(&p->peer.address, &bad->peer.address)) {
            sessions += p->peer.sessions;
            failed += p->peer.failed;
            unsure += p->unsure;
            servers++;
        }
    }
    memcpy(seen.examples, told->examples, sizeof seen.examples);
    if ((double)sessions < threshold(THRESHOLD_FLEET_COUNT) ||
        (double)(failed + unsure) > threshold(THRESHOLD_FLEET_OTHERS) * (double)sessions ||
        !(e = fleet_raise(f, "fleet-one-mx-bad", &end, SIDE_SERVER, &seen))) {
        return;
    }
    memcpy(e->group.peer_name, told->peer_name, sizeof e->group.peer_name);
    e->group.of = told->of;
    e->group.open = told->open;
    e->with = bad->destination;
    SAY(e, "%s of %s with this server failed, %s of %s with %s for mail to %s",
        words_count(told->sessions).s, words_counted(told->of, "session").s, words_count(failed).s,
        words_count(sessions).s, words_counted(servers, "other server").s, bad->to);
}

void fleet_judge_mx_sets(struct fleet *f)
{
    for (size_t i = 0; i < f->peers.count; i++) {
        const struct peer_entry *p = f->peers.list[i];
        if (p->destination && !p->destination->group.addresses && p->to[0] && !p->to_more) {
            judge_mx_of(f, p);
        }
    }
}

void fleet_judge_destinations(struct fleet *f)
{
    struct everybody *all;
    uint64_t failed = 0;

    for (size_t i = 0; i < f->peers.count; i++) {
        failed += f->peers.list[i]->peer.failed;
    }
    if ((double)failed < threshold(THRESHOLD_FLEET_COUNT) || !(all = calloc(1, sizeof *all))) {
        return;
    }
    everybody_count(f, all);
    judge_bound(f, all);
    judge_since(f, true);
    judge_alone(f, all); /* has a beginning and an end */
    judge_since(f, false);
    free(all);
}
