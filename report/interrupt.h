/* interrupt.h - Ctrl-C and its kin: the first asks to stop in order, the second ends at once. */
#ifndef REPORT_INTERRUPT_H
#define REPORT_INTERRUPT_H

#include "capture/source.h"

/* SIGINT and SIGTERM are noted, SIGPIPE becomes an error of write(2). Called once, at the start. */
void interrupt_install(void);
/* The signal that asked to stop; 0: none did. */
int interrupt_signal(void);
/* A capture in progress, to be woken up when a signal comes. NULL: none any more. */
void interrupt_wakes(struct source *live);

#endif
