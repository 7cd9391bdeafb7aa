/* lz4.h - lz4 data in its frame format, as files have it, and in blocks, to pack memory; the only
 * door to liblz4. */
#ifndef CAPTURE_LZ4_H
#define CAPTURE_LZ4_H

#include "capture/unpack.h"

extern const struct unpack_format lz4_format;

const char *lz4_library_version(void);

/* Octets that packing so many may take. */
size_t lz4_pack_room(size_t len);
/* Packs; what the dictionary holds as well takes little. The octets made; 0: they do not fit. */
size_t lz4_pack(struct bytes in, struct bytes dictionary, uint8_t *out, size_t room);
/* The reverse, with the same dictionary. False: these are not len octets packed. */
bool lz4_unpack(struct bytes packed, struct bytes dictionary, uint8_t *out, size_t len);

#endif
