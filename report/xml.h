/* xml.h - the XML report: namespace urn:wiretale:report:1, described by wiretale-report-1.xsd. */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "report/writer.h"

/* path "-" is standard output. NULL with fail set (STATUS_NOT_WRITTEN). */
struct writer *xml_writer_new(const char *path, const struct settings *settings, struct fail *fail);

/* Of the libxml2 in use, "2.9.14". */
const char *xml_library_version(void);

#endif
