/* fleet_connect.c - connections with one peer that come up late: now and then it is a lost packet,
 * often it is a fault (catalogue: connect-slow).
 *
 * Sessions come in the order of their end. A window of five minutes is judged when nothing more is
 * taken into it: what began ten minutes before the newest is left out.
 */
#include "report/diagnose/fleet_raise.h"

enum { STEPS = 10 /* of a window */ };

static const int64_t step_ns = INT64_C(30000000000);

static size_t place(int64_t step)
{
    return (size_t)(step & INT64_MAX) % WINDOW_BINS;
}

/* The window that begins with this step, if anything does. */
static void weigh(struct coming_up *c, int64_t from)
{
    uint32_t all = 0, slow = 0;

    for (int64_t step = from; c->all[place(from)] && step < from + STEPS && step <= c->newest;
         step++) {
        all += c->all[place(step)];
        slow += c->slow[place(step)];
    }
    if ((double)all >= threshold(THRESHOLD_FLEET_COUNT) &&
        (double)slow >= threshold(THRESHOLD_LATE_COUNT) &&
        fleet_is_share(slow, all, threshold(THRESHOLD_LATE_SHARE)) && slow > c->worst_slow) {
        c->worst_all = all;
        c->worst_slow = slow;
    }
}

static void weigh_all(struct coming_up *c)
{
    for (int64_t step = c->newest - WINDOW_BINS + 1; step <= c->newest; step++) {
        weigh(c, step);
    }
}

void coming_up_add(struct coming_up *c, int64_t time_ns, bool slow)
{
    int64_t step = time_ns / step_ns;

    if (!c->running || step - c->newest >= WINDOW_BINS) {
        coming_up_end(c);
        memset(c->all, 0, sizeof c->all);
        memset(c->slow, 0, sizeof c->slow);
        c->running = true;
        c->newest = step;
    }
    for (; c->newest < step; c->newest++) {
        weigh(c, c->newest - WINDOW_BINS + 1);
        c->all[place(c->newest + 1)] = c->slow[place(c->newest + 1)] = 0;
    }
    if (c->newest - step < WINDOW_BINS && c->all[place(step)] < UINT16_MAX) {
        c->all[place(step)]++;
        c->slow[place(step)] = (uint16_t)(c->slow[place(step)] + slow);
    }
}

void coming_up_end(struct coming_up *c)
{
    if (c->running) {
        weigh_all(c);
        c->running = false;
    }
}

/* What each session told as a notice is a fault then. */
void fleet_judge_connecting(struct fleet *f, struct station *t)
{
    struct group_entry *e;
    struct group *g;

    coming_up_end(&t->coming_up);
    e = t->coming_up.worst_slow ? groups_find(&f->groups, "connect-slow", &t->end, t->side) : NULL;
    if (!e) {
        return;
    }
    g = &e->group;
    g->severity = SEVERITY_WARNING;
    g->is_primary = true;
    g->summary[g->summary_len < FLEET_SUMMARY_MAX ? g->summary_len : FLEET_SUMMARY_MAX - 1] = 0;
    AND(e, "; of %s within five minutes %u needed more than one SYN",
        words_counted(t->coming_up.worst_all, "connection").s, (unsigned)t->coming_up.worst_slow);
}
