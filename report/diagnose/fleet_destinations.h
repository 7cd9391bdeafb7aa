/* fleet_destinations.h - what makes several servers one destination. Only fleet_*.c include it. */
#ifndef REPORT_DIAGNOSE_FLEET_DESTINATIONS_H
#define REPORT_DIAGNOSE_FLEET_DESTINATIONS_H

#include "report/diagnose/fleet_state.h"

/* What servers may have in common, the surest first. */
enum bond { BOND_PROVIDER, BOND_RECIPIENTS, BOND_NAME, BOND_NONE };

/* fleet_owners.c: what this server has of it, the same for all that it binds; "": nothing. Letters,
 * digits and what names have besides. */
void fleet_bond_key(char key[FLEET_NAME_MAX], const struct peer_entry *p, enum bond bond);

#endif
