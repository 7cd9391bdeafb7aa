/* fleet_backends.c - several machines behind one address, one of which fails (catalogue:
 * fleet-one-backend-bad).
 *
 * A machine is known by the name it greets with, by the certificate it shows, and by the TTL its
 * packets start with (64, 128 or 255: what its system sets). The TTL as it arrives tells nothing:
 * it changes with the way, and packets take several. A server may have one certificate for each
 * kind of key and each name it is asked for; only such for the same are compared. Nothing is kept
 * until a second machine is seen.
 *
 * Not used: the clock of TCP timestamps. Systems of today begin it anew for each pair of addresses
 * (Linux since 4.10) or connection, so that one machine shows as many clocks as it has clients.
 *
 * What looks like a machine may be a time (another release, another way) or a client (a balancer
 * that chooses by the client's address): so both must take turns, and one client must fare
 * differently with both, or three clients fail.
 */
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_raise.h"
#include "report/diagnose/rules_tls.h"

enum {
    BACKENDS_FIRST = 4,
    TURNS = 5, /* a change and its repeal are two, the same once more four */
    CLIENTS = 3,
};

static struct backend *find(struct station *server, enum known_by by, uint64_t group, uint64_t id)
{
    for (unsigned i = 0; i < server->backend_count; i++) {
        struct backend *b = &server->backends[i];
        if (b->by == by && b->group == group && b->id == id) {
            return b;
        }
    }
    return NULL;
}

/* A new one; NULL: there are too many, or there is no memory. */
static struct backend *add(struct station *server, enum known_by by)
{
    unsigned same = 0, room = server->backend_count;
    struct backend *more;

    for (unsigned i = 0; i < server->backend_count; i++) {
        same += server->backends[i].by == by;
    }
    if (same == BACKENDS_MAX) {
        return NULL;
    }
    if (room == 0 || (room >= BACKENDS_FIRST && (room & (room - 1)) == 0)) {
        room = room ? room * 2 : BACKENDS_FIRST;
        if (!(more = realloc(server->backends, room * sizeof *more))) {
            return NULL;
        }
        server->backends = more;
    }
    more = &server->backends[server->backend_count++];
    *more = (struct backend){.by = by};
    return more;
}

/* group: only those of the same are compared. */
static void note(struct watch *w, struct station *server, const struct session *s,
                 const struct finding *failure, struct backend what, struct text name)
{
    uint64_t *first = &server->backend_first[what.by];
    uint64_t client = watch_hash_address(&s->end[SIDE_CLIENT].address, 0);
    struct backend *b;

    *first = *first ? *first : what.id;
    if (!server->backend_more[what.by] && *first == what.id) {
        return;
    }
    server->backend_more[what.by] = true;
    if (!(b = find(server, what.by, what.group, what.id))) {
        if (!(b = add(server, what.by))) {
            return;
        }
        b->group = what.group;
        b->id = what.id;
        memcpy(b->name, name.s, name.len);
    }
    b->sessions++;
    if (failure) {
        b->failed++;
        sightings_add(&b->failures, failure->at, s->id);
        few_add(&b->failing, client);
        bins_count(&b->bad_line, w->clock, s->first.time_ns);
    } else if (watch_is_unsure(s)) {
        b->unsure++; /* it may have failed where nobody looked */
    } else {
        few_add(&b->fine, client);
        bins_count(&b->good_line, w->clock, s->first.time_ns);
    }
}

static bool fits(struct text name)
{
    return name.len && name.len < FLEET_NAME_MAX && !name.cut && !memchr(name.s, 0, name.len);
}

/* What systems start with; 0: none that we know, or more than one. */
static unsigned first_ttl(const struct tcp_side *server)
{
    static const unsigned starts[] = {64, 128, 255};

    for (size_t i = 0; server->ttl && i < sizeof starts / sizeof starts[0]; i++) {
        if (server->ttl_high <= starts[i]) {
            /* No way has 40 hops. */
            return server->ttl_low + 40u > starts[i] ? starts[i] : 0;
        }
    }
    return 0;
}

void watch_add_backends(struct watch *w, struct station *server, const struct session *s,
                        const struct finding *failure)
{
    struct text name = words_claimed_name(s, SIDE_SERVER), none = {"", 0, false};
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    unsigned ttl = first_ttl(&s->tcp.side[SIDE_SERVER]);

    if (s->smtp.greeting && fits(name)) {
        note(w, server, s, failure,
             (struct backend){.by = BY_NAME, .id = watch_hash(5, name.s, name.len)}, name);
    }
    if (leaf && fits(leaf->serial)) {
        struct text asked = tls_details_of(s)->client.server_name;
        const char *key = leaf->key_type ? leaf->key_type : "";
        struct backend what = {.by = BY_CERTIFICATE};
        what.group =
            watch_hash(watch_hash(6, key, strlen(key)), asked.len ? asked.s : "", asked.len);
        what.id = watch_hash(what.group, leaf->sha256, sizeof leaf->sha256);
        note(w, server, s, failure, what, leaf->serial);
    }
    if (ttl) {
        note(w, server, s, failure, (struct backend){.by = BY_TTL, .id = ttl}, none);
    }
}

/* --- what it means --- */

/* Those it is compared with. */
struct others {
    uint64_t sessions, failed, unsure;
    bool same_client; /* one that failed with this one fared well with them */
    uint64_t good[FLEET_BINS], bad[FLEET_BINS];
};

static struct others others_of(struct fleet *f, const struct station *t, const struct backend *b)
{
    struct others o = {0};

    for (unsigned i = 0; i < t->backend_count; i++) {
        struct backend *other = &t->backends[i];
        if (other == b || other->by != b->by || other->group != b->group) {
            continue;
        }
        o.sessions += other->sessions;
        o.failed += other->failed;
        o.unsure += other->unsure;
        for (unsigned k = 0; k < b->failing.count; k++) {
            o.same_client = o.same_client || few_has(&other->fine, b->failing.id[k]);
        }
        bins_catch_up(&other->good_line, &f->clock);
        bins_catch_up(&other->bad_line, &f->clock);
        for (size_t bin = 0; bin < FLEET_BINS; bin++) {
            o.good[bin] += other->good_line.n[bin];
            o.bad[bin] += other->bad_line.n[bin];
        }
    }
    return o;
}

/* How often it changes between failures here and success there, in the order of time, at least:
 * what happened within a bin may have come in any order. */
static unsigned turns(struct fleet *f, struct backend *b, const struct others *o,
                      const struct spell *within)
{
    unsigned count = 0;
    int last = 0;

    bins_catch_up(&b->bad_line, &f->clock);
    for (size_t i = within->from; i < within->behind; i++) {
        bool bad = b->bad_line.n[i] > 0, good = o->good[i] > 0;
        int now = bad && good ? 3 - last : bad ? 1 : good ? 2 : last; /* both: at least one turn */

        count += (bad && good) || (last && now != last);
        last = last ? now : now % 3;
    }
    return count;
}

static bool is_bad(struct fleet *f, struct backend *b, const struct others *o)
{
    static const struct spell always = {.from = 0, .behind = FLEET_BINS};
    double least = threshold(THRESHOLD_FLEET_COUNT);
    uint64_t others_failed = o->failed + o->unsure; /* at most */

    return (double)b->sessions >= least && (double)o->sessions >= least &&
           fleet_is_share(b->failed, b->sessions, threshold(THRESHOLD_BACKEND_BAD)) &&
           (double)others_failed <= threshold(THRESHOLD_FLEET_OTHERS) * (double)o->sessions &&
           fleet_wilson_low(b->failed, b->sessions) >
               fleet_wilson_high(others_failed, o->sessions) &&
           (o->same_client || b->failing.count >= CLIENTS) && turns(f, b, o, &always) >= TURNS;
}

/* The same in a time that has an end, or a beginning: the machine took turns with the others then,
 * too. */
static bool was_bad(struct fleet *f, struct backend *b, const struct others *o,
                    const struct everybody *all, struct spells *spells)
{
    struct counts counts = {.all = {0}};
    uint64_t others, others_failed;

    bins_catch_up(&b->good_line, &f->clock);
    counts_add(&counts, &b->bad_line, &b->bad_line, &f->clock);
    for (size_t i = 0; i < FLEET_BINS; i++) {
        counts.all[i] += b->good_line.n[i];
    }
    if (b->unsure ||
        !spells_find(&counts, threshold(THRESHOLD_BACKEND_BAD), all->sessions, spells)) {
        return false;
    }
    others_failed = counts_within(o->bad, spells) + o->unsure;
    others = counts_within(o->good, spells) + others_failed;
    for (size_t i = 0; i < spells->count; i++) {
        if (turns(f, b, o, &spells->list[i]) < TURNS) {
            return false;
        }
    }
    return (double)spells->rest >= threshold(THRESHOLD_FLEET_COUNT) &&
           (double)others >= threshold(THRESHOLD_FLEET_COUNT) &&
           (double)others_failed <= threshold(THRESHOLD_FLEET_OTHERS) * (double)others &&
           fleet_wilson_low(spells->failed, spells->sessions) >
               fleet_wilson_high(others_failed, others) &&
           (o->same_client || b->failing.count >= CLIENTS);
}

static bool fared_well_behind(const struct backend *b, const struct spells *spells)
{
    uint64_t good = 0;

    for (size_t i = spells->list[spells->count - 1].behind; i < FLEET_BINS; i++) {
        good += b->good_line.n[i];
    }
    return good > 0;
}

/* spells: when; NULL: always. */
static void tell(struct fleet *f, const struct station *t, const struct backend *b,
                 const struct others *o, const struct spells *spells)
{
    struct sightings seen = b->failures;
    struct group_entry *e;
    uint64_t failed = o->failed, others = o->sessions;

    if (spells) {
        spells_seen(f, spells, NULL, 0, &b->failures, &seen);
        failed = counts_within(o->bad, spells);
        others = failed + counts_within(o->good, spells);
    }
    if (!(e = fleet_raise_at(f, "fleet-one-backend-bad", t, &seen))) {
        return; /* it is known by something else already */
    }
    e->group.of = spells ? spells->sessions : b->sessions;
    fleet_raise_lasting(f, e);
    SAY(e, "%s of %s with the machine ", words_count(seen.count).s,
        words_counted(e->group.of, "session").s);
    switch (b->by) {
    case BY_NAME:
        memcpy(e->group.peer_name, b->name, sizeof b->name);
        AND(e, "of this name");
        break;
    case BY_CERTIFICATE:
        AND(e, "whose certificate has the serial number %s", b->name);
        break;
    case BY_TTL:
        AND(e, "whose packets start with TTL %u", (unsigned)b->id);
        break;
    case KNOWN_BY:
        break;
    }
    AND(e, " failed");
    if (spells) {
        spells_say(f, e, spells, NULL, 0, fared_well_behind(b, spells));
    }
    AND(e, ", %s of %s with the others behind the same address%s", words_count(failed).s,
        words_count(others).s, spells ? " meanwhile" : "");
}

void fleet_judge_backends(struct fleet *f, const struct station *t, const struct everybody *all)
{
    for (enum known_by by = 0; by < KNOWN_BY; by++) {
        for (unsigned i = 0; i < t->backend_count; i++) {
            struct backend *b = &t->backends[i];
            struct others o;
            struct spells spells;

            if (b->by != by || !b->failed) {
                continue;
            }
            o = others_of(f, t, b);
            if (is_bad(f, b, &o)) {
                tell(f, t, b, &o, NULL);
            } else if (was_bad(f, b, &o, all, &spells)) {
                tell(f, t, b, &o, &spells);
            }
        }
    }
}
