/* inflate.h - gzip data unpacked piece by piece; the only door to zlib. */
#ifndef CAPTURE_INFLATE_H
#define CAPTURE_INFLATE_H

#include "capture/bytes.h"

enum inflate_answer {
    INFLATE_MORE,  /* went on; wants more input or more room */
    INFLATE_END,   /* the last member ended, and so does the input */
    INFLATE_BROKEN /* what was unpacked before stands; inflate_reason says why no more */
};

struct inflate;

/* NULL when out of memory. */
struct inflate *inflate_new(void);
void inflate_free(struct inflate *z);

/* Unpacks from *in, which it moves, into room bytes at out; *made says how many it wrote. ended:
 * the input has no more than *in. Members that follow one another are one stream (RFC 1952 section
 * 2.2); zeros behind the last are padding. */
enum inflate_answer inflate_step(struct inflate *z, struct cursor *in, bool ended, uint8_t *out,
                                 size_t room, size_t *made);
/* As it may end a sentence, "invalid block type"; NULL when the input simply stopped too early. */
const char *inflate_reason(const struct inflate *z);

const char *inflate_library_version(void);

#endif
