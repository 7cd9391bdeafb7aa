/* fleet_rules.h - the rules over many sessions; for the files of the fleet only. */
#ifndef REPORT_DIAGNOSE_FLEET_RULES_H
#define REPORT_DIAGNOSE_FLEET_RULES_H

#include "report/diagnose/fleet_state.h"

/* Lower end of Wilson's interval for k of n, 95 %. */
double fleet_wilson_low(uint64_t k, uint64_t n);
/* Raises what holds over all sessions. At the end, before groups are numbered. */
void fleet_rules_judge(struct fleet *f);
/* fleet_destinations.c: servers that fail while others do not. Before fleet_rules_judge. */
void fleet_judge_destinations(struct fleet *f);
/* fleet_probes.c: a check that an operator expects, if it is one. */
void fleet_count_probe(struct fleet *f, const struct session *s);
/* fleet_tls.c: what --trust made of a session's certificate. */
void fleet_count_trust(struct fleet_totals *t, const struct session *s);

#endif
