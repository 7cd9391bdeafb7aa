/* wlan.h - IEEE 802.11 data frames, and the radio headers captures put before them. */
#ifndef DISSECT_NET_WLAN_H
#define DISSECT_NET_WLAN_H

#include "dissect/net/link.h"

enum carried_kind wlan_read(struct carried *c);
enum carried_kind wlan_read_radiotap(struct carried *c);
enum carried_kind wlan_read_prism(struct carried *c);
enum carried_kind wlan_read_avs(struct carried *c);
/* The first frame of an aggregate; c->rest is what follows it. */
enum carried_kind wlan_read_amsdu(struct carried *c);

#endif
