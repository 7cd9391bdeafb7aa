/* inflate.h - gzip data (RFC 1952); the only door to zlib. */
#ifndef CAPTURE_INFLATE_H
#define CAPTURE_INFLATE_H

#include "capture/unpack.h"

extern const struct unpack_format inflate_format;

const char *inflate_library_version(void);

#endif
