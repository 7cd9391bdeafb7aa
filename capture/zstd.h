/* zstd.h - Zstandard data (RFC 8878): files, and pieces of memory to be packed; the only door to
 * libzstd. */
#ifndef CAPTURE_ZSTD_H
#define CAPTURE_ZSTD_H

#include "capture/unpack.h"

extern const struct unpack_format zstd_format;

const char *zstd_library_version(void);

/* Packs pieces of memory that are like the dictionary; what of it they repeat takes little. */
struct zstd_packer;

/* Keeps a copy of the dictionary, which may be empty. NULL: no memory. */
struct zstd_packer *zstd_packer_new(struct bytes dictionary);
void zstd_packer_free(struct zstd_packer *p);
/* Octets that packing so many may take. */
size_t zstd_packer_room(size_t len);
/* The octets made; 0: they do not fit, or no memory. */
size_t zstd_packer_pack(struct zstd_packer *p, struct bytes in, uint8_t *out, size_t room);
/* False: these are not len octets that it packed. */
bool zstd_packer_unpack(struct zstd_packer *p, struct bytes packed, uint8_t *out, size_t len);

#endif
