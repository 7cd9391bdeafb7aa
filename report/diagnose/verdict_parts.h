/* verdict_parts.h - what the files of the verdict share; nobody else includes it.
 *
 *   verdict.c         which finding it is, the headline, how much, the moments
 *   verdict_chain.c   the four links: what failed, what was ruled out and by which evidence
 *   verdict_fate.c    what became of the mail; what would change the verdict
 *   verdict_many.c    several servers that are one destination
 */
#ifndef REPORT_DIAGNOSE_VERDICT_PARTS_H
#define REPORT_DIAGNOSE_VERDICT_PARTS_H

#include "report/diagnose/fleet_state.h"

/* Kinds of fault, as far as the chain of links is concerned. */
enum fault {
    FAULT_SILENT_APP,  /* acknowledged, never answered */
    FAULT_STUCK_APP,   /* does not read */
    FAULT_SLOW_APP,    /* answered, late */
    FAULT_ODD_APP,     /* answers, and not as it should */
    FAULT_SERVER_LEFT, /* closed or reset */
    FAULT_REFUSED_TCP, /* no listener */
    FAULT_NO_CONNECTION,
    FAULT_FORBIDDEN,
    FAULT_PATH,
    FAULT_DEVICE,
    FAULT_CLIENT,
    FAULT_CLIENT_REFUSED, /* the server refuses what the client does */
    FAULT_REPLY,          /* an explicit refusal */
    FAULT_TLS,            /* a handshake that one side ended */
    FAULT_EVERYBODY,      /* what all have in common */
    FAULT_OTHER,
    FAULTS
};

struct verdict_case {
    const struct fleet *fleet;
    const struct group_entry *e;     /* what the verdict speaks of */
    const struct group_entry *many;  /* the destination of several servers that e and proof stand
                                        for; NULL: none */
    const struct group_entry *proof; /* whose sessions show the links: the same, or the finding of
                                        single sessions that it explains */
    enum fault fault;
    uint64_t waiting; /* sessions of this peer that wait for the same, within their limit */
    double waiting_s; /* the longest */
    uint64_t others, others_failed; /* sessions with all other peers */
};

/* What the findings say together that `many` takes in: as the one that shows it, of all of them. */
void verdict_join(const struct fleet *f, const struct group_entry *many, struct group_entry *all);
void verdict_chain(struct verdict *v, const struct verdict_case *c);
void verdict_fate(struct verdict *v, const struct verdict_case *c);
void verdict_doubt(struct verdict *v, const struct verdict_case *c);
/* The group of this rule that was raised for the same peer; NULL: none. */
const struct group_entry *verdict_beside(const struct verdict_case *c, const char *rule);

#endif
