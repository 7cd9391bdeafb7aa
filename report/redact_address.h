/* redact_address.h - the parts of an address, as mail servers and their logs write it. */
#ifndef REPORT_REDACT_ADDRESS_H
#define REPORT_REDACT_ADDRESS_H

#include "capture/bytes.h"

/* b from one index to another. */
static inline struct bytes address_part(struct bytes b, size_t from, size_t to)
{
    return (struct bytes){b.data + from, to - from};
}

/* End of the domain or address literal that begins at `at`; `at` when none does. */
size_t address_domain_end(struct bytes b, size_t at);
/* A host name with a dot, whose last label begins with a letter: what an encoded "@" must have. */
bool address_is_host_name(struct bytes b);
/* Position of the "@" between local part and domain: the last one outside quotes; len: none. */
size_t address_find_at(struct bytes b);
/* "@a,@b:" of a source route: how long it is, 0 when there is none. */
size_t address_route_len(struct bytes path);
struct bytes address_without_brackets(struct bytes path);
/* A quoted local part as its content, in scratch; any other as it is. */
struct bytes address_unquoted(struct bytes local, uint8_t *scratch, size_t size);
/* Undoes xtext "+XX", percent-encoding "%XX", whichever `mark` says. Returns the length. */
size_t address_decode(struct bytes in, uint8_t mark, uint8_t *out, size_t size);

struct address_parts {
    struct bytes local, domain; /* domain empty: none */
};
/* Of a path, brackets, source route and quotes aside. A local part that had quotes is in scratch.
 */
struct address_parts address_parts_of(struct bytes path, uint8_t *scratch, size_t size);

#endif
