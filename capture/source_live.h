/* source_live.h - packets from network interfaces, by libpcap. */
#ifndef CAPTURE_SOURCE_LIVE_H
#define CAPTURE_SOURCE_LIVE_H

#include "capture/source.h"

struct source_live_options {
    const char *const *interfaces; /* names, 'any' allowed */
    size_t interface_count;
    const uint16_t *ports; /* kernel filter: these TCP ports, VLAN or not, and ICMP errors */
    size_t port_count;
    const char *filter; /* NULL, or a BPF expression that replaces the port filter */
    int buffer_mib;     /* kernel buffer per interface; 0: default */
};

/* NULL with fail set: STATUS_FORBIDDEN (with what to do) or STATUS_USAGE (bad filter). */
struct source *source_live_open(const struct source_live_options *options, struct fail *fail);
/* Makes a waiting source_next return SOURCE_END soon; may be called from a signal handler. */
void source_live_stop(struct source *s);
const char *source_live_library_version(void);

#endif
