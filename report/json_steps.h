/* json_steps.h - the "steps" of a session's record. */
#ifndef REPORT_JSON_STEPS_H
#define REPORT_JSON_STEPS_H

#include "report/json_out.h"
#include "dissect/session.h"

/* "steps":[...] */
void json_steps(struct json_out *j, const struct session *s);

#endif
