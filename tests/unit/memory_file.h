/* memory_file.h - bytes as a file that can be opened by a path, for tests of what reads files. */
#ifndef TESTS_MEMORY_FILE_H
#define TESTS_MEMORY_FILE_H

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/bytes.h"

struct memory_file {
    int fd;
    char path[40];
};

static inline struct memory_file memory_file_of(struct bytes content)
{
    struct memory_file m = {.fd = memfd_create("test", 0)};
    assert(m.fd >= 0);
    snprintf(m.path, sizeof m.path, "/proc/self/fd/%d", m.fd);
    size_t done = 0;
    while (done < content.len) {
        ssize_t written = write(m.fd, content.data + done, content.len - done);
        assert(written > 0);
        done += (size_t)written;
    }
    return m;
}

/* Copies them all to at; returns where the next go. */
static inline uint8_t *put_bytes(uint8_t *at, struct bytes b)
{
    memcpy(at, b.data, b.len);
    return at + b.len;
}

/* A literal's bytes, without the NUL C puts behind it: as an initializer, and as a value. */
#define BYTES_INIT(literal)                                                                        \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }
#define BYTES_OF(literal) ((struct bytes)BYTES_INIT(literal))

#endif
