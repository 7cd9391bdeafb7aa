/* xml_end.h - what stands before and behind the sessions of the XML report. */
#ifndef REPORT_XML_END_H
#define REPORT_XML_END_H

#include "report/writer.h"
#include "report/xml_out.h"

/* How the program was called, what it read, with which limits. */
void xml_head(struct xml_out *x, const struct settings *settings);
/* Peers, findings over sessions, moments, bins, the capture, the end mark. */
void xml_trailer(struct xml_out *x, const struct report_end *end, uint64_t sessions_written);

#endif
