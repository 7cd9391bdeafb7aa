/* unlz4.h - lz4 data in its frame format; the only door to liblz4. */
#ifndef CAPTURE_UNLZ4_H
#define CAPTURE_UNLZ4_H

#include "capture/unpack.h"

extern const struct unpack_format unlz4_format;

const char *unlz4_library_version(void);

#endif
