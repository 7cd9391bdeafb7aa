/* fleet_before.c - what came just before a fault began: the last success, what the server has
 * changed since, another fault's beginning. Times only: that one follows the other does not say
 * that it comes from it.
 *
 * Where packets are missing between the last success and the first failure, the beginning is not
 * known, and that is said instead.
 */
#include "report/diagnose/fleet_before.h"

#include <string.h>

#include "report/diagnose/fleet_raise.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/thresholds.h"
#include "report/stamp.h"
#include "report/words.h"

/* --- as sessions come --- */

static uint64_t certificate_of(const struct session *s)
{
    const struct tls_certificate *leaf = s->smtp.tls != TLS_NONE ? rules_tls_leaf(s) : NULL;

    return leaf ? watch_hash(8, leaf->sha256, sizeof leaf->sha256) : 0;
}

static uint64_t banner_of(const struct session *s)
{
    const struct event *g = s->smtp.greeting;

    return g && g->facts->reply.code == 220
               ? watch_hash(7, g->facts->reply.text.s, g->facts->reply.text.len)
               : 0;
}

static void note(struct same *same, uint64_t what)
{
    if (what) {
        same->count = same->what == what ? same->count + 1 : 1;
        same->what = what;
    }
}

void fleet_note_said(struct peer_entry *p, const struct session *s)
{
    note(&p->banner, banner_of(s));
    note(&p->certificate, certificate_of(s));
}

/* It was always the same, and is not now: a text with the time of day in it says nothing. */
static bool is_new(const struct same *same, uint64_t what)
{
    return what && what != same->what && (double)same->count >= threshold(THRESHOLD_SAME_COUNT);
}

void fleet_note_onset(struct group_entry *e, const struct peer_entry *p, const struct session *s)
{
    e->unsure_before_ns = p->unsure_ns;
    e->new_banner = is_new(&p->banner, banner_of(s));
    e->new_certificate = is_new(&p->certificate, certificate_of(s));
}

/* --- at the end --- */

struct mark fleet_good_before(const struct fleet *f, const struct group_entry *e, uint64_t *session)
{
    struct mark good = e->good_before;
    int64_t first = e->group.first.time_ns;

    *session = e->good_before_session;
    if (e->peer && e->peer->peer.last_good.packet && e->peer->peer.last_good.time_ns < first) {
        good = e->peer->peer.last_good;
        *session = e->peer->good_session;
    }
    if (!e->group.peer.family) {
        good = (struct mark){0};
        for (size_t i = 0; i < f->peers.count; i++) {
            const struct peer_entry *p = f->peers.list[i];
            struct mark m = p->peer.last_good;
            if (m.packet && m.time_ns < first && m.time_ns > good.time_ns) {
                good = m;
                *session = p->good_session;
            }
        }
    }
    return good.packet && good.time_ns < first ? good : (struct mark){0};
}

void fleet_note_inputs(struct fleet *f, const struct source *source)
{
    size_t count = source_input_count(source);

    for (size_t i = 0; i < count; i++) {
        const struct source_input *in = source_input(source, i);
        int64_t until = INT64_MIN;
        for (size_t k = 0; k < count; k++) {
            const struct source_input *other = source_input(source, k);
            if (k != i && other->first.packet && other->first.time_ns <= in->first.time_ns &&
                other->last.time_ns > until) {
                until = other->last.time_ns;
            }
        }
        if (in->first.packet && until != INT64_MIN && until < in->first.time_ns) {
            fleet_note_hole(f, until, in->first.time_ns);
        }
    }
}

void fleet_note_hole(struct fleet *f, int64_t from_ns, int64_t until_ns)
{
    size_t i = f->hole_count < HOLES_MAX ? f->hole_count : HOLES_MAX - 1;

    f->hole_count = i + 1;
    f->holes[i].from_ns = from_ns;
    f->holes[i].until_ns = until_ns;
}

/* Packets are missing between these moments. */
static bool is_hidden(const struct fleet *f, const struct group_entry *e, int64_t good_ns)
{
    int64_t first = e->group.first.time_ns;

    /* One over many sessions learns it from the findings it takes in, or was made of. */
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *o = f->groups.list[i];
        if ((o == e || o->with == e || o == e->with || o == e->shows) &&
            o->unsure_before_ns > good_ns && o->unsure_before_ns < first) {
            return true;
        }
    }
    for (size_t i = 0; i < f->hole_count; i++) {
        if (f->holes[i].from_ns < first && f->holes[i].until_ns > good_ns) {
            return true;
        }
    }
    return false;
}

/* Another fault of this kind of peer that began a little earlier, when it had been well before. */
static const struct group_entry *neighbour(const struct fleet *f, const struct group_entry *e)
{
    const struct group_entry *found = NULL;
    int64_t first = e->group.first.time_ns;

    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *o = f->groups.list[i];
        const struct group *g = &o->group;
        double earlier = (double)(first - g->first.time_ns) / 1e9;

        if (o == e || g->cross_session || g->unproven || !o->good_before.packet ||
            g->severity < SEVERITY_WARNING || g->peer_side != e->group.peer_side ||
            g->sessions < 3 || g->first_session == e->group.first_session || earlier <= 0 ||
            earlier > threshold(THRESHOLD_ONSET_NEAR) ||
            fleet_wilson_low(g->sessions, g->of) < threshold(THRESHOLD_FLEET_LOW) ||
            rules_is_quality(o->rule)) {
            continue;
        }
        if (!found || g->first.time_ns < found->group.first.time_ns) {
            found = o;
        }
    }
    return found;
}

/* A server of the same name elsewhere that was well before and was not met since. */
static const struct peer_entry *moved_from(const struct fleet *f, const struct group_entry *e)
{
    const struct peer_entry *found = NULL, *mine = e->peer;

    for (size_t i = 0; mine && mine->peer.name[0] && i < f->peers.count; i++) {
        const struct peer_entry *p = f->peers.list[i];
        if (p != mine && p->peer.side == mine->peer.side && p->peer.last_good.packet &&
            p->latest_ns < mine->earliest_ns && !p->last_failed.packet &&
            strcmp(p->peer.name, mine->peer.name) == 0 &&
            (!found || p->latest_ns > found->latest_ns)) {
            found = p;
        }
    }
    return found;
}

static double seconds(int64_t from_ns, int64_t until_ns)
{
    return (double)(until_ns - from_ns) / 1e9;
}

static void say_neighbour(const struct fleet *f, const struct group_entry *e, char *out,
                          size_t size)
{
    const struct group_entry *o = neighbour(f, e);
    char address[ADDRESS_TEXT_MAX];

    if (!o) {
        return;
    }
    words_add(out, size, "%s%s after %s", *out ? ", " : "",
              words_duration(seconds(o->group.first.time_ns, e->group.first.time_ns)).s,
              o->group.rule);
    if (!address_equal(&o->group.peer, &e->group.peer)) {
        address_format(&o->group.peer, address);
        words_add(out, size, " at %s", address);
    }
    words_add(out, size, " began");
}

void fleet_say_before(const struct fleet *f, const struct group_entry *e, char *out, size_t size)
{
    const struct group_entry *shown = e->shows ? e->shows : e->with ? e->with : e;
    int64_t first = e->group.first.time_ns;
    uint64_t session;
    struct mark good = fleet_good_before(f, e, &session);
    const struct peer_entry *old;
    char from[STAMP_MAX], until[STAMP_MAX], address[ADDRESS_TEXT_MAX];

    *out = 0;
    if (good.packet && is_hidden(f, e, good.time_ns)) {
        stamp_utc(from, good.time_ns);
        stamp_utc(until, first);
        words_put(out, size,
                  "some time between %.8s and %.8s UTC: packets are missing between the last "
                  "success and the first failure",
                  from + 11, until + 11);
        return;
    }
    if (good.packet && seconds(good.time_ns, first) <= threshold(THRESHOLD_ONSET_GOOD)) {
        words_put(out, size, "%s after the last session%s that went well",
                  words_duration(seconds(good.time_ns, first)).s,
                  e->group.peer.family ? " with it" : "");
    }
    say_neighbour(f, e, out, size);
    if (good.packet && shown->new_certificate) {
        words_add(out, size, "%sthe server shows another certificate than before",
                  *out ? "; " : "");
    }
    if (good.packet && shown->new_banner) {
        words_add(out, size, "%sthe server greets with another text than before", *out ? "; " : "");
    }
    if (!good.packet && (old = moved_from(f, e))) {
        address_format(&old->peer.address, address);
        words_add(out, size, "%s%s after the last session with a server of the same name at %s",
                  *out ? ", " : "", words_duration(seconds(old->latest_ns, first)).s, address);
    }
}
