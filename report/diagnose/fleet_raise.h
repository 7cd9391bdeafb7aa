/* fleet_raise.h - what the rules over many sessions share: shares compared by their bounds, and
 * groups that no session carries. Only fleet_*.c include it. */
#ifndef REPORT_DIAGNOSE_FLEET_RAISE_H
#define REPORT_DIAGNOSE_FLEET_RAISE_H

#include <string.h>

#include "report/diagnose/fleet_rules.h"
#include "report/diagnose/thresholds.h"
#include "report/words.h"

/* Wilson's score interval for k of n, 95 %: its ends. Of nothing nothing is known: 0 and 1. */
double fleet_wilson_high(uint64_t k, uint64_t n);
bool fleet_is_share(uint64_t k, uint64_t n, double share);
unsigned fleet_percent(uint64_t k, uint64_t n);

extern const struct endpoint fleet_nobody;
/* A new group that no session carries. NULL: there is no room, or it was told already. */
struct group_entry *fleet_raise(struct fleet *f, const char *id, const struct endpoint *end,
                                enum side side, const struct sightings *seen);
/* The same, about a client or a server and all its sessions. */
struct group_entry *fleet_raise_at(struct fleet *f, const char *id, const struct station *t,
                                   const struct sightings *seen);
/* The same, about the peer of a group and its sessions. */
struct group_entry *fleet_raise_about(struct fleet *f, const char *id, const struct group *g);
/* It lasts until the capture ends, as far as its sessions tell. */
void fleet_raise_lasting(const struct fleet *f, struct group_entry *e);

/* The summary of a raised group. */
#define SAY(e, ...)                                                                                \
    do {                                                                                           \
        words_put((e)->group.summary, sizeof(e)->group.summary, __VA_ARGS__);                      \
        (e)->group.summary_len = strlen((e)->group.summary);                                       \
    } while (0)
#define AND(e, ...)                                                                                \
    do {                                                                                           \
        words_add((e)->group.summary, sizeof(e)->group.summary, __VA_ARGS__);                      \
        (e)->group.summary_len = strlen((e)->group.summary);                                       \
    } while (0)

/* fleet_conduct.c: how bad it is when at least this share of recipients is unknown. */
enum severity fleet_unknown_severity(double low);
/* fleet_senders.c: the same by the sender's domain, behind that of all clients. */
void fleet_judge_senders(struct fleet *f);
/* fleet_destinations.c: one of several servers of a domain. */
void fleet_judge_mx_sets(struct fleet *f);
/* fleet_sources.c: a client that fails where others do not; everybody. */
void fleet_judge_source(struct fleet *f, struct station *t, const struct everybody *all);
void fleet_judge_all(struct fleet *f, const struct everybody *all);
/* fleet_backends.c: one of the machines behind an address. */
void fleet_judge_backends(struct fleet *f, const struct station *t, const struct everybody *all);
/* fleet_connect.c: connections of one client or one server that come up late. */
void fleet_judge_connecting(struct fleet *f, struct station *t);
/* fleet_conduct.c: what a client does, judged over all its sessions. */
void fleet_judge_conduct(struct fleet *f, const struct station *client);
void fleet_judge_storms(struct fleet *f);
void fleet_judge_grey(struct fleet *f);
void fleet_judge_throttlers(struct fleet *f);
/* fleet_listed.c: blocklists. */
void fleet_judge_listings(struct fleet *f, const struct station *client);
/* fleet_guessing.c: log-ins. */
void fleet_judge_auth_client(struct fleet *f, const struct station *client);
void fleet_judge_guessing(struct fleet *f); /* behind that of all clients */
/* fleet_tls.c: TLS, of one client or server. */
void fleet_judge_tls(struct fleet *f, const struct station *t);
/* fleet_shown.c: certificates that only some are shown. */
void fleet_judge_shown(struct fleet *f);
/* fleet_probes.c: checks that an operator expects. */
void fleet_judge_probes(struct fleet *f);
/* fleet_silence.c: mail that stops coming. */
void fleet_judge_silence(struct fleet *f);
/* fleet_rates.c: shares of refused mail, delays. */
void fleet_judge_rates(struct fleet *f);
void fleet_judge_latency(struct fleet *f, const struct station *server);

#endif
