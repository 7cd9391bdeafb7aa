/* community_id.h - a connection's name that other tools compute alike (Community ID, version 1). */
#ifndef REPORT_COMMUNITY_ID_H
#define REPORT_COMMUNITY_ID_H

#include "dissect/session.h"

enum { COMMUNITY_ID_MAX = 32 };

/* "1:LQU9qZlK+B5F3KDmev6m5PMibrg="; the same for both directions. False when the hash failed or an
 * address is missing; out is then empty. */
bool community_id(const struct endpoint *a, const struct endpoint *b, char out[COMMUNITY_ID_MAX]);

#endif
