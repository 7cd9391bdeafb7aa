/* ladder.h - one session drawn: its ladder and its phase bar, as inline SVG. */
#ifndef REPORT_LADDER_H
#define REPORT_LADDER_H

#include <stdio.h>

#include "report/diagnose/diagnose.h"

enum { LADDER_RUNGS_MAX = 120 }; /* more are left out in the middle, and the drawing says so */

/* <svg class="ladder">, its ids made from the session's. Nothing when out of memory. */
void ladder_svg(FILE *out, const struct settings *settings, const struct session *s);
/* <svg class="bar">: where the session's time went. usual: the words above it at the right, "". */
void ladder_phase_bar(FILE *out, const struct settings *settings, const struct session *s,
                      const char *usual);

/* How long each part of a session took; the parts follow each other. */
enum part {
    PART_CONNECT,
    PART_GREETING,
    PART_EHLO,
    PART_TLS,
    PART_AUTH,
    PART_ENVELOPE,
    PART_BODY,
    PART_EOD,
    PART_HIDDEN,
    PART_IDLE,
    PART_QUIT,
    PARTS
};
extern const char *const part_names[PARTS];
struct parts {
    int64_t ns[PARTS];
    int64_t total_ns;
    enum part longest;
};
struct parts session_parts(const struct session *s);

#endif
