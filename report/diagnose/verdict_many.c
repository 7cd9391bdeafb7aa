/* verdict_many.c - several servers that are one destination, as one: what their sessions show
 * together.
 */
#include <math.h>
#include <string.h>

#include "report/diagnose/verdict_parts.h"

static void join_waits(struct group_entry *all, const struct group_entry *e)
{
    struct group *g = &all->group;
    double shortest = e->group.shortest_s;

    g->longest_s = fmax(g->longest_s, e->group.longest_s);
    g->shortest_s = g->shortest_s > 0 && shortest > 0 ? fmin(g->shortest_s, shortest)
                                                      : fmax(g->shortest_s, shortest);
    g->open_count += e->group.open_count;
    all->open_longest_s = fmax(all->open_longest_s, e->open_longest_s);
    all->limit_s = all->limit_s > 0 ? all->limit_s : e->limit_s;
    all->gave_up += e->gave_up;
    if (e->first_given_up_ns &&
        (!all->first_given_up_ns || e->first_given_up_ns < all->first_given_up_ns)) {
        all->first_given_up_ns = e->first_given_up_ns;
    }
}

static void join_evidence(struct group_entry *all, const struct group_entry *e)
{
    all->segments += e->segments;
    all->retransmits += e->retransmits;
    if (e->rtt_s >= 0 && (all->rtt_s < 0 || e->rtt_s < all->rtt_s)) {
        all->rtt_s = e->rtt_s;
    }
    all->ack_s = fmax(all->ack_s, e->ack_s);
    all->all_acked = all->all_acked && e->all_acked;
    all->near_server = all->near_server && e->near_server;
    all->server_resent = all->server_resent && e->server_resent;
    all->rejections += e->rejections;
    all->refused_for_good += e->refused_for_good;
    all->encrypted += e->encrypted;
}

static void join_mails(struct group_entry *all, const struct group_entry *e)
{
    all->group.mail_unknown += e->group.mail_unknown;
    all->mails += e->mails;
    all->contents += e->contents;
    all->accepted += e->accepted;
    all->refused += e->refused;
    all->to += e->to;
    all->not_to += e->not_to;
    all->late_accepted += e->late_accepted;
    all->late_refused += e->late_refused;
}

void verdict_join(const struct fleet *f, const struct group_entry *many, struct group_entry *all)
{
    const struct group *m = &many->group;

    *all = *many->shows;
    for (size_t i = 0; i < f->groups.count; i++) {
        const struct group_entry *e = f->groups.list[i];
        if (e != many->shows && e->with == many && e->rule == all->rule) {
            join_waits(all, e);
            join_evidence(all, e);
            join_mails(all, e);
        }
    }
    memcpy(all->group.peer_name, m->peer_name, sizeof all->group.peer_name);
    all->group.addresses = m->addresses;
    all->group.number = m->number;
    all->group.sessions = m->sessions;
    all->group.of = m->of;
    all->group.first = m->first;
    all->group.last = m->last;
    all->group.open = m->open;
    all->group.severity = all->group.severity > m->severity ? all->group.severity : m->severity;
}
