/* fleet_probes.c - checks that an operator expects (--probe): a client that comes at least so
 * often, and is greeted each time (catalogue: synthetic-probe-failed).
 *
 * Sessions come in the order of their end; checks are short, so that those that went well come in
 * the order of their beginning but for a few, which change nothing. A client that is never met says
 * nothing: its packets may not pass here.
 */
#include "report/diagnose/fleet_raise.h"

static const double tolerance = 0.1; /* of the period: machines that check are late now and then */

static bool went_well(const struct session *s)
{
    const struct event *greeting = s->smtp.greeting;

    return s->tcp.handshake == HANDSHAKE_COMPLETE && !watch_failure(s) &&
           (s->tls.established || (greeting && greeting->facts->reply.code == 220));
}

/* Seconds since the last one that went well, where they are too many; else 0. */
static double missing_for(const struct expected_probe *e, double period_s, int64_t until_ns)
{
    double gap = (double)(until_ns - e->good.time_ns) / 1e9;

    return gap > period_s * (1 + tolerance) + threshold(THRESHOLD_TIMER_TOLERANCE) ? gap : 0;
}

static void note_gap(struct expected_probe *e, double period_s, int64_t until_ns)
{
    double gap = missing_for(e, period_s, until_ns);

    if (gap > 0) {
        e->missed++;
        sightings_add(&e->wrong, e->good, e->good_session);
        e->longest_s = gap > e->longest_s ? gap : e->longest_s;
    }
}

bool fleet_probe_missing(const struct fleet *f, size_t probe, int64_t now_ns, int64_t *good_ns)
{
    const struct expected_probe *e = &f->probes[probe];

    *good_ns = e->good.packet ? e->good.time_ns : INT64_MIN;
    return e->good.packet && !f->dropped && !f->lost_told &&
           missing_for(e, f->settings->probes[probe].seconds, now_ns) > 0;
}

void fleet_count_probe(struct fleet *f, const struct session *s)
{
    for (size_t i = 0; i < f->settings->probe_count; i++) {
        struct expected_probe *e = &f->probes[i];

        if (!address_equal(&f->settings->probes[i].client, &s->end[SIDE_CLIENT].address)) {
            continue;
        }
        e->sessions++;
        if (!went_well(s)) {
            const struct finding *why = watch_failure(s);
            e->failed++;
            sightings_add(&e->wrong, why ? why->at : s->first, s->id);
            continue;
        }
        if (e->good.packet && s->first.time_ns > e->good.time_ns) {
            note_gap(e, f->settings->probes[i].seconds, s->first.time_ns);
        }
        if (!e->good.packet || s->first.time_ns > e->good.time_ns) {
            e->good = s->first;
            e->good_session = s->id;
        }
    }
}

static void judge(struct fleet *f, struct expected_probe *p, const struct endpoint *client,
                  double period_s)
{
    struct group_entry *e;

    if (p->good.packet) {
        note_gap(p, period_s, f->capture_last.time_ns);
    }
    p->missed =
        f->dropped ? 0 : p->missed; /* they may have been among the packets that were lost */
    if ((!p->missed && !p->failed) ||
        !(e = fleet_raise(f, "synthetic-probe-failed", client, SIDE_CLIENT, &p->wrong))) {
        return;
    }
    e->group.of = p->sessions > e->group.sessions ? p->sessions : e->group.sessions;
    fleet_raise_lasting(f, e);
    if (p->failed) {
        SAY(e, "%s of %s failed", words_count(p->failed).s, words_counted(p->sessions, "check").s);
    } else {
        SAY(e, "%s went well", words_counted(p->sessions, "check").s);
    }
    if (p->missed) {
        AND(e, "; none that went well came for %s, where one is expected every %s%s",
            words_duration(p->longest_s).s, words_limit(period_s).s,
            p->missed > 1 ? ", and more than once" : "");
    }
}

void fleet_judge_probes(struct fleet *f)
{
    for (size_t i = 0; i < f->settings->probe_count; i++) {
        struct endpoint client = {f->settings->probes[i].client, 0};
        judge(f, &f->probes[i], &client, f->settings->probes[i].seconds);
    }
}
