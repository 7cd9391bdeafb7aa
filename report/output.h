/* output.h - a file that a report is written to: it appears whole, or not at all. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "capture/bytes.h"
#include "capture/fail.h"

enum output_mode {
    /* Written beside its final place, moved there at commit. Until then, and after an abort, a
     * previous file stays as it was. */
    OUTPUT_WHOLE,
    /* The same for a process that gives up its rights between open and commit (live): the final
     * file is opened at once and filled at commit, because it could not be replaced then. */
    OUTPUT_WHOLE_LATER,
    /* Written in place, so that others can follow it while it grows (JSON Lines of live). */
    OUTPUT_GROWING,
};

struct output;

/* path "-" is standard output. Devices, FIFOs and sockets are written directly in every mode. NULL
 * with fail set (STATUS_NOT_WRITTEN). The path is copied. */
struct output *output_open(const char *path, struct fail *fail); /* OUTPUT_WHOLE */
struct output *output_open_mode(const char *path, enum output_mode mode, struct fail *fail);
/* Buffered generously. Never close it. */
FILE *output_file(struct output *o);
/* As given; "-" for standard output. */
const char *output_path(const struct output *o);
bool output_is_stdout(const struct output *o);
/* Written so far, what is still buffered included; after commit: all. */
uint64_t output_bytes(const struct output *o);
/* Whether a write failed already, so that a caller may stop early. A reader of standard output that
 * went away (EPIPE) counts as well. */
bool output_failed(const struct output *o);
/* Flushes, syncs, moves into place. False with fail (STATUS_NOT_WRITTEN), then nothing was
 * replaced. A reader of standard output that went away is no failure. Afterwards only
 * output_bytes, output_path and output_abort may be called. */
bool output_commit(struct output *o, struct fail *fail);
/* Frees o; without a commit before it, what was written is removed. NULL is fine. */
void output_abort(struct output *o);
/* Removes every unfinished file. For a signal handler that ends the program: async-signal-safe. */
void output_abandon_all(void);

#endif
