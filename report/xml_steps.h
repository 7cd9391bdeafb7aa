/* xml_steps.h - the steps and the waits of a session's element. */
#ifndef REPORT_XML_STEPS_H
#define REPORT_XML_STEPS_H

#include "dissect/session.h"
#include "report/xml_out.h"

void xml_steps(struct xml_out *x, const struct session *s);
void xml_waits(struct xml_out *x, const struct session *s);

#endif
