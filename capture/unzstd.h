/* unzstd.h - Zstandard data (RFC 8878); the only door to libzstd. */
#ifndef CAPTURE_UNZSTD_H
#define CAPTURE_UNZSTD_H

#include "capture/unpack.h"

extern const struct unpack_format unzstd_format;

const char *unzstd_library_version(void);

#endif
