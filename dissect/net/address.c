/* address.c - IPv4 and IPv6 addresses. */
#include "dissect/net/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    out[0] = '\0';
    if (a->family == 4 || a->family == 6) {
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
    }
}

bool address_parse(struct address *out, const char *text)
{
    struct address a = {.family = 4};

    if (inet_pton(AF_INET, text, a.bytes) != 1) {
        a.family = 6;
        if (inet_pton(AF_INET6, text, a.bytes) != 1) {
            return false;
        }
    }
    *out = a;
    return true;
}

bool prefix_parse(struct prefix *out, const char *text)
{
    char address[ADDRESS_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    struct prefix p;
    char *end;
    unsigned long bits;

    if (len >= sizeof address) {
        return false;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    if (!address_parse(&p.address, address)) {
        return false;
    }
    p.bits = p.address.family == 4 ? 32 : 128;
    if (slash) {
        if (slash[1] < '0' || slash[1] > '9') {
            return false;
        }
        bits = strtoul(slash + 1, &end, 10);
        if (*end || bits > p.bits) {
            return false;
        }
        p.bits = (unsigned)bits;
    }
    *out = p;
    return true;
}

bool prefix_holds(const struct prefix *p, const struct address *a)
{
    unsigned whole = p->bits / 8, rest = p->bits % 8;

    if (p->address.family != a->family || memcmp(p->address.bytes, a->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || (p->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

bool address_is_private(const struct address *a)
{
    static const char *const blocks[] = {"10.0.0.0/8",  "172.16.0.0/12",  "192.168.0.0/16",
                                         "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
                                         "::1",         "fe80::/10",      "fc00::/7"};
    struct prefix p;

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (prefix_parse(&p, blocks[i]) && prefix_holds(&p, a)) {
            return true;
        }
    }
    return false;
}
