/* source_file.h - captures from files, stdin and FIFOs: pcap and pcapng, plain or compressed. */
#ifndef CAPTURE_SOURCE_FILE_H
#define CAPTURE_SOURCE_FILE_H

#include "capture/source.h"

struct source_file_options {
    bool hash;     /* compute SHA-256 of the stored bytes */
    bool many;     /* one of many: no descriptor is held, and before its turn no memory */
    unsigned file; /* index of this file, goes into the marks */
    /* Gets the TLS key log lines that a pcapng file carries, before the packets behind them; of one
     * of many files possibly twice. NULL: they are passed over. */
    void (*secrets)(void *ctx, struct bytes lines);
    void *secrets_ctx;
};

/* Opens path ('-' is stdin) and reads as far as its header. NULL with fail set (STATUS_NO_INPUT)
 * when it is missing, unreadable, empty, a directory, or not a capture. */
struct source *source_file_open(const char *path, const struct source_file_options *options,
                                struct fail *fail);

#endif
