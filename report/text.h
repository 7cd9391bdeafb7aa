/* text.h - what a person reads on the terminal: the summary of a capture, the ladder of a session.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdio.h>

#include "report/writer.h"

/* Prints verdict, findings and capture quality at the end; with settings->quiet one line. Keeps
 * nothing of the sessions. NULL with fail set when out of memory. */
struct writer *summary_writer_new(FILE *out, const struct settings *settings, struct fail *fail);

/* One judged session, row by row, its findings first. False when out of memory. */
bool ladder_text_print(FILE *out, const struct settings *settings, const struct session *s);

#endif
