/* mail_filter.h - the kernel filter of a live capture, as a BPF expression. */
#ifndef CAPTURE_MAIL_FILTER_H
#define CAPTURE_MAIL_FILTER_H

#include "capture/bytes.h"

enum { MAIL_FILTER_MAX = 16384 };

/* Writes the expression for these TCP ports: their segments, later fragments of any TCP segment,
 * and ICMP errors; also below up to two VLAN tags when vlan. False when it does not fit. */
MUST_USE bool mail_filter_write(const uint16_t *ports, size_t count, bool vlan,
                                char out[MAIL_FILTER_MAX]);

#endif
