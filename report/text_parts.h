/* text_parts.h - what the pieces of the terminal summary share; only text*.c include it. */
#ifndef REPORT_TEXT_PARTS_H
#define REPORT_TEXT_PARTS_H

#include "report/told.h"
#include "report/width.h"
#include "report/words.h"

struct print {
    const struct screen *screen;
    FILE *out;
    const struct settings *settings;
    const struct report_end *end;
    const struct verdict *verdict;
};

enum ink text_severity_ink(enum severity severity);
/* How many sessions of which outcome, over time; nothing for a capture too small for that. */
void text_sparks(const struct print *p);
/* A row for each finding. */
void text_findings(const struct print *p);

#endif
