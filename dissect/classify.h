/* classify.h - what nDPI thinks a connection is; the only door to it. */
#ifndef DISSECT_CLASSIFY_H
#define DISSECT_CLASSIFY_H

#include "dissect/opening.h"
#include "dissect/tls/opinion.h"

struct classifier;

enum { CLASSIFY_NAME_MAX = 48 };

/* Costs nothing until it is asked. NULL when out of memory. */
struct classifier *classifier_new(void);
void classifier_free(struct classifier *c);
/* The protocol's name, as nDPI writes it ("SSH", "SMTP"), or false when it has none by what was
 * said; it is not told the port. Built without nDPI it never has one. */
bool classify_opening(struct classifier *c, const struct opening *o, char name[CLASSIFY_NAME_MAX]);
/* What it reads in excerpts (dissect/tls/excerpt.h) of a ClientHello and a ServerHello, which may
 * be empty. False when it was not asked: there is no ClientHello, or this version of nDPI is not
 * the one whose fields are known (4.2). */
bool classify_hellos(struct classifier *c, const struct bytes hello[SIDES],
                     struct tls_opinion *out);
/* Its version; NULL when built without it. */
const char *classify_library_version(void);

#endif
