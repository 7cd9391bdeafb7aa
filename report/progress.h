/* progress.h - one line that says how far reading has come: on a terminal only, after a second. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdint.h>

#include <stdbool.h>

#include "capture/source.h"

/* From here on progress_step may show the line: "reading NAME  61 %  ...". name must stay valid. */
void progress_begin(const char *name);
/* Called for every packet; looks at the clock now and then. */
/* Whether it is time to ask progress_step: once in many packets. */
bool progress_due(void);
void progress_step(const struct source *source, uint64_t packets, uint64_t sessions);
/* The same as a message, now, wherever standard error goes: somebody asked (SIGUSR1). */
void progress_answer(const struct source *source, uint64_t packets, uint64_t sessions);
/* Takes the line away, if it is there. */
void progress_wipe(void);
void progress_end(void);

#endif
