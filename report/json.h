/* json.h - JSON Lines: one record per session, one per finding over sessions, one for the capture.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "report/writer.h"

/* path "-" is standard output. In live the file is written in place and flushed after each record,
 * so that others can follow it. NULL with fail set (STATUS_NOT_WRITTEN). */
struct writer *json_writer_new(const char *path, const struct settings *settings,
                               struct fail *fail);

#endif
