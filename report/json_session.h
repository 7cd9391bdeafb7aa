/* json_session.h - one session as a record of JSON Lines. */
#ifndef REPORT_JSON_SESSION_H
#define REPORT_JSON_SESSION_H

#include "report/json_out.h"
#include "report/settings.h"
#include "dissect/session.h"

/* The whole object, without the line's end. s is diagnosed and redacted. */
void json_session(struct json_out *j, const struct settings *settings, const struct session *s);

#endif
