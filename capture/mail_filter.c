/* mail_filter.c - the kernel filter of a live capture, as a BPF expression.
 *
 * "tcp port 25" alone would lose what explains a failure: ICMP errors, and the later fragments of a
 * segment, which have no port. Behind an IPv6 extension header libpcap finds no port either, so
 * such packets pass and are looked at here; they are few.
 *
 * "vlan" shifts all offsets to its right (pcap-filter(7)), even those behind an "or". So each level
 * of tags repeats the whole expression inside its own brackets, the innermost last:
 *
 *      E or (vlan and (E or (vlan and (E))))
 */
#include "capture/mail_filter.h"

#include <stdarg.h>
#include <stdio.h>

enum { VLAN_TAGS_MAX = 2 };

/* IPv4: types 3 unreachable, 4 source quench, 11 time exceeded, 12 parameter problem (RFC 792).
 * IPv6: types 1 to 4, all errors (RFC 4443); behind extension headers 0, 43, 60 (RFC 8200) all but
 * ICMPv6, and fragments (44) of TCP. */
static const char beside_tcp[] =
    " or (ip[6:2] & 0x1fff != 0 and ip[9] = 6)"
    " or (icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12))"
    " or (ip6[6] = 58 and ip6[40] <= 4)"
    " or ((ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60) and ip6[40] != 58)"
    " or (ip6[6] = 44 and ip6[40] = 6)";

struct text_out {
    char *at;
    size_t left; /* with room for the final NUL; 0: did not fit */
};

__attribute__((format(printf, 2, 3))) static void add(struct text_out *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= t->left) {
        t->left = 0;
        return;
    }
    t->at += len;
    t->left -= (size_t)len;
}

static void add_level(struct text_out *t, const uint16_t *ports, size_t count)
{
    add(t, "(tcp port (");
    for (size_t i = 0; i < count; i++) {
        add(t, "%s%u", i ? " or " : "", ports[i]);
    }
    add(t, ")%s)", beside_tcp);
}

bool mail_filter_write(const uint16_t *ports, size_t count, bool vlan, char out[MAIL_FILTER_MAX])
{
    struct text_out t = {out, MAIL_FILTER_MAX};
    int tags = vlan ? VLAN_TAGS_MAX : 0;
    add_level(&t, ports, count);
    for (int i = 0; i < tags; i++) {
        add(&t, " or (vlan and (");
        add_level(&t, ports, count);
    }
    for (int i = 0; i < tags; i++) {
        add(&t, "))");
    }
    return t.left > 0;
}
