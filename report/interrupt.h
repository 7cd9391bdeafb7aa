/* interrupt.h - Ctrl-C and its kin: the first asks to stop in order, the second ends at once. */
#ifndef REPORT_INTERRUPT_H
#define REPORT_INTERRUPT_H

#include "capture/source.h"

/* SIGINT and SIGTERM are noted, SIGPIPE becomes an error of write(2), SIGHUP is ignored: a report
 * goes on when the terminal goes away. Called once, at the start. */
void interrupt_install(void);
/* From now on SIGHUP stops as SIGTERM does, unless we were started to ignore it (nohup): a capture
 * must not go on for ever when its terminal is gone. */
void interrupt_hangup_stops(void);
/* The signal that asked to stop; 0: none did. */
int interrupt_signal(void);
/* Somebody asked how far we are (SIGUSR1) since the last call. */
bool interrupt_asked(void);
/* A capture in progress, to be woken up when a signal comes. NULL: none any more. */
void interrupt_wakes(struct source *live);

#endif
