/* run.h - what each verb does, from opening the source to the exit status. */
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include "capture/fail.h"
#include "report/settings.h"

/* All return the status to exit with; what went wrong was told on standard error. */
enum status run_read(const struct settings *settings);
enum status run_live(const struct settings *settings);
enum status run_replay(const struct settings *settings);
enum status run_show(const struct settings *settings);
enum status run_rules(const struct settings *settings);

#endif
