/* fleet_guessing.c - rules over many sessions about log-ins: guessed passwords, of one client, of a
 * network, of one user; and a log-in that was accepted behind the guesses.
 */
#include "report/diagnose/fleet_raise.h"

#include <string.h>

void fleet_judge_auth_client(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->auth_failed.peak >= threshold(THRESHOLD_BRUTE_COUNT) &&
        (e = fleet_raise_at(f, "auth-bruteforce", t, &t->auth_failures))) {
        e->group.phase = PHASE_AUTH;
        SAY(e, "%u log-ins of one client were refused within 10 minutes",
            (unsigned)t->auth_failed.peak);
        if (t->auth_good_last.packet &&
            t->auth_good_last.time_ns > t->auth_failures.first.time_ns) {
            AND(e, "; then one was accepted, in %s", words_session(t->auth_good_session).s);
        }
    }
    if (t->broken.count && (e = fleet_raise_at(f, "auth-compromise-suspected", t, &t->broken))) {
        e->group.phase = PHASE_AUTH;
        e->group.confidence = CONFIDENCE_LOW;
        SAY(e,
            "while passwords were guessed a user was refused and then accepted from the same "
            "address, in %s",
            words_session(t->broken.first_session).s);
    }
}

/* --- from one network --- */

static bool is_told(const struct fleet *f, const struct network *n)
{
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group *g = &f->groups.list[i]->group;
        if (strcmp(g->rule, "auth-bruteforce") == 0 && g->peer_side == SIDE_CLIENT &&
            g->first.time_ns <= n->failures.last.time_ns &&
            g->last.time_ns >= n->failures.first.time_ns &&
            memcmp(g->peer.bytes, n->address.bytes, n->address.family == 4 ? 3 : 8) == 0) {
            return true;
        }
    }
    return false;
}

/* Guesses from several addresses of one network, none of which alone was told. */
static void judge_network(struct fleet *f, const struct network *n)
{
    struct endpoint end = {n->address, 0};
    struct group_entry *e;

    if (n->clients.count < 2 || (double)n->window.peak < threshold(THRESHOLD_BRUTE_COUNT) ||
        is_told(f, n) ||
        !(e = fleet_raise(f, "auth-bruteforce", &end, SIDE_CLIENT, &n->failures))) {
        return;
    }
    e->group.phase = PHASE_AUTH;
    SAY(e, "%u log-ins from %u addresses%s of one network (/%d) were refused within 10 minutes",
        (unsigned)n->window.peak, n->clients.count, few_more(&n->clients),
        n->address.family == 4 ? 24 : 64);
}

/* --- of one user --- */

static bool is_hot(const struct account *a)
{
    return (double)a->most >= threshold(THRESHOLD_BRUTE_ADDRESSES);
}

static void judge_account(struct fleet *f, const struct account *first)
{
    struct sightings seen = {0};
    struct group_entry *e;
    const struct station *server;
    unsigned users = 0, most = 0;

    for (const struct account *a = NULL; (a = table_next(&f->watch->accounts, a));) {
        if (is_hot(a) && address_equal(&a->server.address, &first->server.address)) {
            users++;
            most = a->most > most ? a->most : most;
            sightings_join(&seen, &a->failures);
        }
    }
    if (!(e = fleet_raise(f, "auth-bruteforce", &first->server, SIDE_SERVER, &seen))) {
        return; /* told with another user of this server */
    }
    e->group.phase = PHASE_AUTH;
    server = watch_station(f->watch, &first->server, SIDE_SERVER, false);
    if (server && !watch_is_passing(f->watch, server)) {
        memcpy(e->group.peer_name, server->name, sizeof e->group.peer_name);
    }
    if (users == 1) {
        SAY(e, "log-ins of one user from %u addresses%s were refused within 10 minutes", most,
            most < FEW_MAX ? "" : " or more");
    } else {
        SAY(e,
            "log-ins of %u users were refused within 10 minutes, those of each from %g addresses "
            "or more",
            users, threshold(THRESHOLD_BRUTE_ADDRESSES));
    }
}

/* Behind that of all clients. */
void fleet_judge_guessing(struct fleet *f)
{
    for (size_t i = 0; i < NETWORKS_MAX; i++) {
        if (f->watch->networks[i].address.family) {
            judge_network(f, &f->watch->networks[i]);
        }
    }
    for (const struct account *a = NULL; (a = table_next(&f->watch->accounts, a));) {
        if (is_hot(a)) {
            judge_account(f, a);
        }
    }
}
