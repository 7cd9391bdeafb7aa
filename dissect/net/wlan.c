/* wlan.c - IEEE 802.11 data frames, and the radio headers captures put before them.
 *
 * Only what is not encrypted can be read: on most networks that is nothing. Frames of IEEE 802.11
 * that are fragments of one packet are not put together.
 */
#include "dissect/net/wlan.h"

enum { /* frame control, first octet lowest (IEEE 802.11 section 9.2.4.1) */
       FC_VERSION = 0x0003,
       FC_TYPE = 0x000c,
       FC_TYPE_DATA = 0x0008,
       FC_NO_DATA = 0x0040, /* a subtype that carries none */
       FC_QOS = 0x0080,
       FC_TO_DS = 0x0100,
       FC_FROM_DS = 0x0200,
       FC_MORE_FRAGMENTS = 0x0400,
       FC_PROTECTED = 0x4000,
       FC_ORDER = 0x8000, /* of a QoS frame: four octets of HT control follow */
       SEQUENCE_FRAGMENT = 0x000f,
       QOS_AMSDU = 0x0080
};

/*     | frame control 2 | duration 2 | address 1..3, 6 each | sequence 2 |
 *     | address 4, 6, between access points | QoS 2 | HT control 4 | then LLC */
static enum carried_kind read_data(struct carried *c, bool padded)
{
    const uint8_t *begin = c->c.at;
    uint16_t control, sequence, qos = 0;

    if (!take_u16_as(&c->c, true, &control) || (control & FC_VERSION) ||
        (control & FC_TYPE) != FC_TYPE_DATA ||
        (control & (FC_NO_DATA | FC_PROTECTED | FC_MORE_FRAGMENTS)) || !take_skip(&c->c, 2 + 18) ||
        !take_u16_as(&c->c, true, &sequence) || (sequence & SEQUENCE_FRAGMENT)) {
        return CARRIED_OTHER;
    }
    if ((control & FC_TO_DS) && (control & FC_FROM_DS) && !take_skip(&c->c, 6)) {
        return CARRIED_OTHER;
    }
    if ((control & FC_QOS) &&
        (!take_u16_as(&c->c, true, &qos) || ((control & FC_ORDER) && !take_skip(&c->c, 4)))) {
        return CARRIED_OTHER;
    }
    if (padded && !take_skip(&c->c, (4 - (size_t)(c->c.at - begin) % 4) % 4)) {
        return CARRIED_OTHER;
    }
    if (qos & QOS_AMSDU) {
        c->linktype = LINK_AMSDU;
        return CARRIED_LINK;
    }
    return link_read_llc(c);
}

enum carried_kind wlan_read(struct carried *c)
{
    return read_data(c, false);
}

/* Version 1 (0), padding 1, length 2, words of which fields are present, the fields: all
 * little-endian, each aligned to its size from the header's beginning (radiotap.org). Of the fields
 * only the flags matter: they say that the header behind is padded to four octets. */
enum carried_kind wlan_read_radiotap(struct carried *c)
{
    enum { PRESENT_TIME = 1, PRESENT_FLAGS = 2, FLAG_PADDED = 0x20 };
    const uint8_t *begin = c->c.at;
    struct cursor fields = c->c;
    uint16_t version, length;
    uint32_t present, more;
    uint8_t flags = 0;
    size_t at;

    if (!take_u16_as(&fields, true, &version) || (version & 0xff) ||
        !take_u16_as(&fields, true, &length) || !take_skip(&c->c, length) ||
        !take_u32_as(&fields, true, &present)) {
        return CARRIED_OTHER;
    }
    for (more = present; more & 0x80000000;) {
        if (!take_u32_as(&fields, true, &more)) {
            return CARRIED_OTHER;
        }
    }
    if (present & PRESENT_FLAGS) {
        at = (size_t)(fields.at - begin);
        if (((present & PRESENT_TIME) && !take_skip(&fields, (8 - at % 8) % 8 + 8)) ||
            !take_u8(&fields, &flags)) {
            return CARRIED_OTHER;
        }
    }
    if (length < (size_t)(fields.at - begin)) {
        return CARRIED_OTHER;
    }
    return read_data(c, flags & FLAG_PADDED);
}

/* Magic 4 (80211001 or 80211002), length 4, the rest. */
enum carried_kind wlan_read_avs(struct carried *c)
{
    uint32_t magic, length;

    if (!take_u32(&c->c, &magic) || (magic != 0x80211001 && magic != 0x80211002) ||
        !take_u32(&c->c, &length) || length < 8 || !take_skip(&c->c, (size_t)length - 8)) {
        return CARRIED_OTHER;
    }
    return read_data(c, false);
}

/* Message code 4 (0x44, or 0x41 of the older drivers), length 4, in the capturing host's order, the
 * rest. Drivers put AVS headers under this link type too. */
enum carried_kind wlan_read_prism(struct carried *c)
{
    struct cursor first = c->c;
    uint32_t code, length;
    bool little;

    if (!take_u32(&first, &code)) {
        return CARRIED_OTHER;
    }
    if (code >> 16 == 0x8021) {
        return wlan_read_avs(c);
    }
    little = code > 0xffff;
    if (!take_u32_as(&c->c, little, &code) || (code != 0x44 && code != 0x41) ||
        !take_u32_as(&c->c, little, &length) || length < 8 ||
        !take_skip(&c->c, (size_t)length - 8)) {
        return CARRIED_OTHER;
    }
    return read_data(c, false);
}

/*     | destination 6 | source 6 | length 2 | LLC and data | padding to 4 |
 * IEEE 802.11 section 9.3.2.2.2. */
enum carried_kind wlan_read_amsdu(struct carried *c)
{
    struct cursor next;
    uint16_t length;

    if (!take_skip(&c->c, 12) || !take_u16(&c->c, &length)) {
        return CARRIED_OTHER;
    }
    next = c->c;
    if (take_skip(&next, length)) {
        c->c.end = next.at;
        c->cut = 0;
        if (take_skip(&next, (4 - (14 + (size_t)length) % 4) % 4)) {
            c->rest = next;
        }
    } /* else the snap length cut it, and nothing is there behind it */
    return link_read_llc(c);
}
