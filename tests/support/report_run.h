/* report_run.h - sessions made by hand through the fleet and one writer, as a run does it. */
#ifndef TESTS_SUPPORT_REPORT_RUN_H
#define TESTS_SUPPORT_REPORT_RUN_H

#include "report/writer.h"
#include "tests/support/report_case.h"

/* count sessions over an hour from 13:45. With faults: every fifth waits in vain from 14:02:11.2 on
 * (the last ones are still waiting), every twentieth is reset, some are refused or encrypted. */
struct report_run {
    size_t count;
    bool faults;
    unsigned peers;       /* servers with addresses of their own; 0: one for all */
    const char *greeting; /* of the server in every session, raw */
};

/* Feeds them to w and ends it; frees nothing. What end says. */
bool report_run(const struct report_run *run, const struct settings *settings, struct writer *w,
                struct fail *fail);

#endif
