/* address.h - IPv4 and IPv6 addresses. */
#ifndef DISSECT_NET_ADDRESS_H
#define DISSECT_NET_ADDRESS_H

#include "capture/bytes.h"

/* IPv4 in the first 4 bytes, the rest zero, so that addresses compare with memcmp. */
struct address {
    uint8_t bytes[16];
    uint8_t family; /* 4 or 6; 0: none */
};

enum { ADDRESS_TEXT_MAX = 46 };

bool address_equal(const struct address *a, const struct address *b);
/* RFC 5952 text with a NUL. */
void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);
/* Text to address; false when it is none. */
MUST_USE bool address_parse(struct address *out, const char *text);
/* Not reachable from the Internet: loopback, RFC 1918, link-local, unique local. */
bool address_is_private(const struct address *a);

struct prefix {
    struct address address;
    unsigned bits;
};
/* "192.0.2.0/24", or an address alone. */
MUST_USE bool prefix_parse(struct prefix *out, const char *text);
bool prefix_holds(const struct prefix *p, const struct address *a);

#endif
