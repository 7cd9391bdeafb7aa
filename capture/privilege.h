/* privilege.h - giving up every right once the source is open, before the first packet is parsed.
 */
#ifndef CAPTURE_PRIVILEGE_H
#define CAPTURE_PRIVILEGE_H

#include <stddef.h>

#include "capture/fail.h"

/* Not dumpable: captures hold secrets. Called first thing in main. */
void privilege_not_dumpable(void);

/* Drops supplementary groups, group, user and every capability (all five sets), sets no_new_privs.
 * user NULL: the invoking user (SUDO_UID/SUDO_GID) when run by sudo, else "wiretale" if that
 * account exists, else "nobody"; when not root, only the capabilities go. Writes into told (size) a
 * clause for the start line: "running as wiretale without capabilities". False with fail
 * (STATUS_USAGE for an unknown user) when any step does not verify. */
bool privilege_drop(const char *user, char *told, size_t size, struct fail *fail);

#endif
