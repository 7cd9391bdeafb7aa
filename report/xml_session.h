/* xml_session.h - one session as an element of the XML report. */
#ifndef REPORT_XML_SESSION_H
#define REPORT_XML_SESSION_H

#include "dissect/session.h"
#include "report/settings.h"
#include "report/xml_out.h"

/* s is diagnosed and redacted. */
void xml_session(struct xml_out *x, const struct settings *settings, const struct session *s);

#endif
