/* xml.h - the XML report: namespace urn:wiretale:report:1, described by wiretale-report-1.xsd. */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "report/writer.h"

/* path "-" is standard output. NULL with fail set (STATUS_NOT_WRITTEN). */
struct writer *xml_writer_new(const char *path, const struct settings *settings, struct fail *fail);

#endif
