/* fleet_logins.c - log-ins over many sessions: of a client, a network, a server, a user.
 *
 * A user is a number (dissect/smtp/login.h), and one of this server: the same name elsewhere may be
 * somebody else. Where nobody knows who logged in, nothing is said of a user.
 */
#include <string.h>

#include "report/diagnose/fleet_watch.h"
#include "report/diagnose/thresholds.h"

static const int64_t span_ns = INT64_C(600000000000); /* of what is counted together */

static unsigned times(const struct finding *f)
{
    return f->count ? f->count : 1;
}

static bool is_near(int64_t a, int64_t b, int64_t span)
{
    return a - b <= span && b - a <= span;
}

/* The first user that this session names; 0: nobody knows. */
static uint64_t user_of(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        uint64_t user = e->kind == EVENT_AUTH ? e->facts->auth.user
                        : e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_AUTH
                            ? e->facts->command.auth_user
                            : 0;
        if (user) {
            return user;
        }
    }
    return 0;
}

/* Different clients whose log-in failed within two minutes, and different users: one user from many
 * addresses, or many from one, are guesses. */
static void note_recent(struct station *server, int64_t time_ns, uint64_t who, uint64_t user)
{
    int64_t span = (int64_t)(threshold(THRESHOLD_BACKEND_SPAN) * 1e9);
    struct few clients = {0}, users = {0};
    unsigned place = server->recent_count++ % RECENT_MAX, both;

    server->recent[place].time_ns = time_ns;
    server->recent[place].who = who;
    server->recent[place].user = user ? user : who;
    for (unsigned i = 0; i < RECENT_MAX && i < server->recent_count; i++) {
        if (is_near(time_ns, server->recent[i].time_ns, span)) {
            few_add(&clients, server->recent[i].who);
            few_add(&users, server->recent[i].user);
        }
    }
    both = clients.count < users.count ? clients.count : users.count;
    if (both > server->recent_most) {
        server->recent_most = both;
        server->recent_after_good =
            server->auth_good_first.packet && server->auth_good_first.time_ns < time_ns;
    }
}

/* --- networks --- */

/* The network of an address: its first 24 bits, of IPv6 64. */
static struct address network_of(const struct address *a)
{
    struct address net = *a;
    size_t kept = a->family == 4 ? 3 : 8;

    memset(net.bytes + kept, 0, sizeof net.bytes - kept);
    return net;
}

/* Guesses spread over the addresses of one network. */
static struct network *note_network(struct watch *w, const struct address *client,
                                    const struct finding *f, uint64_t session)
{
    struct address net = network_of(client);
    struct network *place = &w->networks[0];

    for (size_t i = 0; i < NETWORKS_MAX; i++) {
        struct network *n = &w->networks[i];
        if (n->address.family && address_equal(&n->address, &net)) {
            place = n;
            break;
        }
        if (!n->address.family || (place->address.family && n->seen_ns < place->seen_ns)) {
            place = place->address.family ? n : place;
        }
    }
    if (!address_equal(&place->address, &net)) {
        w->forgotten += place->address.family != 0;
        *place = (struct network){.address = net};
    }
    place->seen_ns = f->at.time_ns;
    few_add(&place->clients, watch_hash_address(client, 0));
    sightings_add(&place->failures, f->at, session);
    window_add(&place->window, f->at.time_ns, times(f));
    return place;
}

/* --- users --- */

static uint64_t account_hash(uint64_t user, const struct endpoint *server)
{
    return watch_hash(watch_hash_address(&server->address, 0), &user, sizeof user);
}

/* Finds it or makes it; NULL: no memory. */
static struct account *account_of(struct watch *w, uint64_t hash, const struct endpoint *server)
{
    struct account *a = table_find(&w->accounts, hash, NULL, NULL);

    if (!a && (a = table_add(&w->accounts, hash))) {
        a->server = *server;
    }
    return a;
}

/* Who asks: an address, of IPv6 its network, in which one machine changes its address at will. */
static uint64_t asker_of(const struct address *client)
{
    struct address net = network_of(client);

    return watch_hash_address(client->family == 6 ? &net : client, 0);
}

/* Its place: where it stands, else a free one, else that of the one not seen for the longest time.
 */
static unsigned place_of(struct account *a, uint64_t who)
{
    unsigned oldest = 0;

    for (unsigned i = 0; i < a->asker_count; i++) {
        if (a->asker[i].who == who) {
            return i;
        }
        oldest = a->asker[i].time_ns < a->asker[oldest].time_ns ? i : oldest;
    }
    return a->asker_count < FEW_MAX ? a->asker_count++ : oldest;
}

static void note_asker(struct account *a, uint64_t who, int64_t time_ns)
{
    unsigned place = place_of(a, who), together = 0;

    a->asker[place].who = who;
    a->asker[place].time_ns = time_ns;
    for (unsigned i = 0; i < a->asker_count; i++) {
        together += is_near(a->asker[i].time_ns, time_ns, span_ns);
    }
    a->most = together > a->most ? together : a->most;
}

static bool is_guessed_by_many(const struct account *a)
{
    return (double)a->most >= threshold(THRESHOLD_BRUTE_ADDRESSES);
}

static void note_user_refused(struct watch *w, const struct session *s, uint64_t user,
                              struct mark at)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    struct account *a = account_of(w, account_hash(user, server), server);

    if (!a) {
        return;
    }
    if (a->failures.count && !is_guessed_by_many(a) &&
        !is_near(a->failures.last.time_ns, at.time_ns, span_ns)) {
        a->failures = (struct sightings){0}; /* mistakes long ago are no part of it */
    }
    sightings_add(&a->failures, at, s->id);
    note_asker(a, asker_of(&s->end[SIDE_CLIENT].address), at.time_ns);
    table_touch(&w->accounts, a, a->asker_count > 1);
}

/* Accepted from where it was guessed just before. */
static void note_user_accepted(struct watch *w, const struct session *s, uint64_t user,
                               struct mark at, struct station *client, const struct network *net)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    const struct account *a = table_find(&w->accounts, account_hash(user, server), NULL, NULL);
    uint64_t who = asker_of(&s->end[SIDE_CLIENT].address);
    double guesses = threshold(THRESHOLD_BRUTE_COUNT);
    bool guessing =
        (double)client->auth_failed.peak >= guesses || (net && (double)net->window.peak >= guesses);

    for (unsigned i = 0; a && i < a->asker_count; i++) {
        if (a->asker[i].who == who && at.time_ns > a->asker[i].time_ns &&
            is_near(at.time_ns, a->asker[i].time_ns, span_ns) &&
            (guessing || is_guessed_by_many(a))) {
            sightings_add(&client->broken, at, s->id);
            return;
        }
    }
}

static const struct network *find_network(const struct watch *w, const struct address *client)
{
    struct address net = network_of(client);

    for (size_t i = 0; i < NETWORKS_MAX; i++) {
        if (w->networks[i].address.family && address_equal(&w->networks[i].address, &net)) {
            return &w->networks[i];
        }
    }
    return NULL;
}

/* Each attempt by its end. */
static void note_users(struct watch *w, const struct session *s, struct station *client,
                       bool refused)
{
    uint64_t user = 0;

    for (const struct event *e = s->events; e; e = e->next) {
        const struct event *asked = e->kind == EVENT_REPLY ? e->facts->reply.answers : NULL;
        unsigned code = asked ? e->facts->reply.code : 0;

        if (e->kind == EVENT_COMMAND) {
            user = e->facts->command.verb == VERB_AUTH ? e->facts->command.auth_user : 0;
        } else if (e->kind == EVENT_AUTH) {
            user = user ? user : e->facts->auth.user;
        }
        if (!user || !asked ||
            (asked->kind == EVENT_COMMAND ? asked->facts->command.verb != VERB_AUTH
                                          : asked->kind != EVENT_AUTH)) {
            continue;
        }
        if (code >= 500 && refused) {
            note_user_refused(w, s, user, e->first);
        } else if (code / 100 == 2) {
            note_user_accepted(w, s, user, e->first, client,
                               find_network(w, &s->end[SIDE_CLIENT].address));
        }
    }
}

/* --- all of them --- */

static void note_good(struct station *t, const struct session *s)
{
    if (!t->auth_good_first.packet || s->last.time_ns < t->auth_good_first.time_ns) {
        t->auth_good_first = s->last;
    }
    if (s->last.time_ns >= t->auth_good_last.time_ns) {
        t->auth_good_last = s->last;
        t->auth_good_session = s->id;
    }
}

void watch_add_logins(struct watch *w, const struct session *s, struct station *client,
                      struct station *server)
{
    const struct finding *refused, *put_off, *f;

    if (s->smtp.auth == AUTH_NONE) {
        return;
    }
    refused = watch_finding(s, "auth-failed");
    put_off = watch_finding(s, "auth-temp-failure");
    f = refused ? refused : put_off;
    if (refused) {
        window_add(&client->auth_failed, refused->at.time_ns, times(refused));
        sightings_add(&client->auth_failures, refused->at, s->id);
        note_network(w, &client->end.address, refused, s->id);
    }
    if (f) {
        sightings_add(&server->auth_failures, f->at, s->id);
        note_recent(server, f->at.time_ns, watch_hash_address(&client->end.address, 0), user_of(s));
    }
    note_users(w, s, client, refused != NULL);
    if (s->smtp.auth == AUTH_ACCEPTED) {
        note_good(client, s);
        note_good(server, s);
    }
}
