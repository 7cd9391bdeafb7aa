/* json_tls.h - what a TLS handshake told, as the "tls" object of a session's record. */
#ifndef REPORT_JSON_TLS_H
#define REPORT_JSON_TLS_H

#include "dissect/session.h"
#include "report/json_out.h"

/* Nothing when there was no TLS. */
void json_tls(struct json_out *j, const struct session *s);

#endif
