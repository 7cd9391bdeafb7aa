/* xml_tls.h - what a TLS handshake told, as the element "tls" of a session. */
#ifndef REPORT_XML_TLS_H
#define REPORT_XML_TLS_H

#include "dissect/session.h"
#include "report/xml_out.h"

/* Nothing when there was no TLS. */
void xml_tls(struct xml_out *x, const struct session *s);

#endif
