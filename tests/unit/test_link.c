/* test_link.c - every link type with the same segment inside, whole and cut at every byte, and next
 * to it what must be refused. */
#include "tests/unit/frame_case.h"

#include <stdio.h>

enum {
    PPP = 9,
    PPP_HDLC = 50,
    PPP_ETHER = 51,
    CISCO_HDLC = 104,
    WLAN = 105,
    ENC = 109,
    PFLOG = 117,
    PRISM = 119,
    RADIOTAP = 127,
    AVS = 163,
    PPI = 192,
    NFLOG = 239
};

#define LLC_SNAP "aaaa03 000000 0800 "
#define PRISM_FILL                                                                                 \
    "00000000000000000000000000000000 00000000000000000000000000000000 "                           \
    "00000000000000000000000000000000 00000000000000000000000000000000 "                           \
    "00000000000000000000000000000000 00000000000000000000000000000000 "                           \
    "00000000000000000000000000000000 00000000000000000000000000000000 0000000000000000 "
#define AVS_FILL                                                                                   \
    "00000000000000000000000000000000 00000000000000000000000000000000 "                           \
    "00000000000000000000000000000000 0000000000000000 "
#define WLAN_ADDRESSES "0000 020000000001020000000002020000000003 1000 "
static const struct {
    const char *label;
    int linktype;
    const char *hex;
} works[] = {
    {"Ethernet", LINK_ETHERNET, ETHER_HI},
    {"Ethernet, IPv6", LINK_ETHERNET, MACS "86dd " V6_HI},
    {"VLAN", LINK_ETHERNET, MACS "8100 0065 0800 " V4_HI},
    {"QinQ", LINK_ETHERNET, MACS "88a8 0007 8100 0065 86dd " V6_HI},
    {"old QinQ", LINK_ETHERNET, MACS "9100 0007 8100 0065 0800 " V4_HI},
    {"four tags", LINK_ETHERNET, MACS "8100 0001 8100 0002 8100 0003 8100 0004 0800 " V4_HI},
    {"VN-Tag", LINK_ETHERNET, MACS "8926 00010002 8100 0065 0800 " V4_HI},
    {"LLC with SNAP", LINK_ETHERNET, MACS "0032 " LLC_SNAP V4_HI},
    {"LLC with SNAP of bridges", LINK_ETHERNET, MACS "0032 aaaa03 0000f8 0800 " V4_HI},
    {"LLC in a VLAN", LINK_ETHERNET, MACS "8100 0065 0032 " LLC_SNAP V4_HI},
    {"LLC, IP without SNAP", LINK_ETHERNET, MACS "002d 060603 " V4_HI},
    {"MPLS", LINK_ETHERNET, MACS "8847 00064140 " V4_HI},
    {"MPLS multicast, IPv6", LINK_ETHERNET, MACS "8848 00064140 " V6_HI},
    {"MPLS, three labels", LINK_ETHERNET, MACS "8847 00064040 00065040 00066140 " V4_HI},
    {"pseudowire", LINK_ETHERNET, MACS "8847 00064140 00000001 " ETHER_HI},
    {"pseudowire with a VLAN", LINK_ETHERNET,
     MACS "8847 00064140 00000000 " MACS "8100 0065 0800 " V4_HI},
    {"pseudowire, no control word", LINK_ETHERNET, MACS "8847 00064140 " ETHER_HI},
    {"PPPoE", LINK_ETHERNET, MACS "8864 1100 0007 002c 0021 " V4_HI},
    {"PPPoE, IPv6, in a VLAN", LINK_ETHERNET, MACS "8100 0065 8864 1100 0007 0040 0057 " V6_HI},
    {"PPPoE, MPLS", LINK_ETHERNET, MACS "8864 1100 0007 0030 0281 00064140 " V4_HI},
    {"provider backbone bridge", LINK_ETHERNET, MACS "88a8 0007 88e7 00000065 " ETHER_HI},
    {"FabricPath", LINK_ETHERNET, MACS "8903 0040 " ETHER_HI},
    {"NSH, IPv4", LINK_ETHERNET,
     MACS "894f 0006 01 01 00000165 "
          "00000000000000000000000000000000 " V4_HI},
    {"NSH, Ethernet", LINK_ETHERNET, MACS "894f 0002 02 03 00000165 " ETHER_HI},
    {"NSH, MPLS", LINK_ETHERNET, MACS "894f 0002 02 05 00000165 00064140 " V4_HI},
    {"SLL", LINK_SLL, "0000 0001 0006 0200000000010000 0800 " V4_HI},
    {"SLL, VLAN", LINK_SLL, "0000 0001 0006 0200000000010000 8100 0065 0800 " V4_HI},
    {"SLL, MPLS", LINK_SLL, "0000 0001 0006 0200000000010000 8847 00064140 " V4_HI},
    {"SLL, LLC", LINK_SLL, "0000 0001 0006 0200000000010000 0004 " LLC_SNAP V4_HI},
    {"SLL2", LINK_SLL2, "86dd 0000 00000002 0001 00 06 0200000000010000 " V6_HI},
    {"SLL2, PPPoE", LINK_SLL2,
     "8864 0000 00000002 0001 00 06 0200000000010000 1100 0007 002c 0021 " V4_HI},
    {"NULL", LINK_NULL, "02000000 " V4_HI},
    {"LOOP", LINK_LOOP, "00000018 " V6_HI},
    {"raw", LINK_RAW, V4_HI},
    {"raw of BSD", LINK_RAW_BSD, V6_HI},
    {"raw of OpenBSD", LINK_RAW_OPENBSD, V4_HI},
    {"IPv4", LINK_IPV4, V4_HI},
    {"IPv6", LINK_IPV6, V6_HI},
    {"enc", ENC, "00000002 00001000 00000000 " V4_HI},
    {"pflog", PFLOG, "3d020000 656d3000 " AVS_FILL V4_HI},
    {"PPP", PPP, "ff03 0021 " V4_HI},
    {"PPP without framing", PPP, "0057 " V6_HI},
    {"PPP, short protocol", PPP, "21 " V4_HI},
    {"PPP in HDLC", PPP_HDLC, "ff03 0021 " V4_HI},
    {"Cisco HDLC as PPP", PPP_HDLC, "0f00 0800 " V4_HI},
    {"PPPoE alone", PPP_ETHER, "1100 0007 002c 0021 " V4_HI},
    {"Cisco HDLC", CISCO_HDLC, "0f00 0800 " V4_HI},
    {"Cisco HDLC, broadcast, IPv6", CISCO_HDLC, "8f00 86dd " V6_HI},
    {"Cisco HDLC, MPLS", CISCO_HDLC, "0f00 8847 00064140 " V4_HI},
    {"nflog, little-endian", NFLOG,
     "02 00 0000 0800 0100 08000100 0500 0a00 00000000 2e00 0900 " V4_HI},
    {"nflog, big-endian", NFLOG, "0a 00 0000 0008 0001 08000100 0042 0009 " V6_HI},
    {"802.11, from an access point", WLAN, "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, to an access point, retry", WLAN, "0809 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, four addresses", WLAN, "0803 " WLAN_ADDRESSES "020000000004 " LLC_SNAP V4_HI},
    {"802.11 QoS", WLAN, "8802 " WLAN_ADDRESSES "0500 " LLC_SNAP V4_HI},
    {"802.11 QoS, four addresses, HT control", WLAN,
     "8883 " WLAN_ADDRESSES "020000000004 0500 00000000 " LLC_SNAP V4_HI},
    {"802.11 aggregate of one", WLAN, "8802 " WLAN_ADDRESSES "8500 " MACS "0032 " LLC_SNAP V4_HI},
    {"radiotap, nothing present", RADIOTAP,
     "0000 0800 00000000 0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"radiotap, time and flags", RADIOTAP,
     "0000 1900 6f080000 1122334455667788 10 02 6c09 8000 d600 01 "
     "8802 " WLAN_ADDRESSES "0000 " LLC_SNAP V4_HI},
    {"radiotap, header padded", RADIOTAP,
     "0000 0900 02000000 20 8802 " WLAN_ADDRESSES "0000 0000 " LLC_SNAP V4_HI},
    {"radiotap, two words, header padded", RADIOTAP,
     "0000 1900 03000080 00000000 00000000 1122334455667788 20 "
     "8802 " WLAN_ADDRESSES "0000 0000 " LLC_SNAP V4_HI},
    {"Prism, little-endian", PRISM,
     "44000000 90000000 " PRISM_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"Prism, big-endian", PRISM,
     "00000041 00000090 " PRISM_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"AVS", AVS, "80211001 00000040 " AVS_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"AVS under Prism's number", PRISM,
     "80211002 00000040 " AVS_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"PPI, 802.11", PPI, "0000 0800 69000000 0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"PPI with a field, Ethernet", PPI, "0000 1000 01000000 0200040000000000 " ETHER_HI},
};

static const struct {
    const char *label;
    int linktype;
    enum frame_kind kind;
    const char *hex;
} refuses[] = {
    {"a link type nobody reads", 147, FRAME_LINK, V4_HI},
    {"a link type of ours", LINK_LLC, FRAME_LINK, LLC_SNAP V4_HI},
    {"ARP", LINK_ETHERNET, FRAME_OTHER, MACS "0806 " V4_HI},
    {"five tags", LINK_ETHERNET, FRAME_OTHER,
     MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800 " V4_HI},
    {"spanning tree", LINK_ETHERNET, FRAME_OTHER, MACS "0026 424203 " V4_HI},
    {"SNAP of another organisation", LINK_ETHERNET, FRAME_OTHER,
     MACS "0032 aaaa03 00000c 0800 " V4_HI},
    {"SNAP with a length", LINK_ETHERNET, FRAME_OTHER, MACS "0032 aaaa03 000000 0032 " V4_HI},
    {"MPLS without a bottom", LINK_ETHERNET, FRAME_OTHER, MACS "8847 00064040 " V4_HI},
    {"MPLS, an associated channel", LINK_ETHERNET, FRAME_OTHER,
     MACS "8847 00064140 10000021 " V4_HI},
    {"PPPoE discovery", LINK_ETHERNET, FRAME_OTHER, MACS "8863 1109 0000 0004 0101 0000 " V4_HI},
    {"PPPoE, code of discovery", LINK_ETHERNET, FRAME_OTHER,
     MACS "8864 1165 0007 002c 0021 " V4_HI},
    {"PPPoE, link control", LINK_ETHERNET, FRAME_OTHER, MACS "8864 1100 0007 002c c021 " V4_HI},
    {"MACsec", LINK_ETHERNET, FRAME_OTHER, MACS "88e5 2c00 00000001 " V4_HI},
    {"NSH, version 1", LINK_ETHERNET, FRAME_OTHER, MACS "894f 4002 02 01 00000165 " V4_HI},
    {"NSH, shorter than it is", LINK_ETHERNET, FRAME_OTHER, MACS "894f 0001 02 01 00000165 " V4_HI},
    {"SLL, netlink", LINK_SLL, FRAME_OTHER, "0004 0338 0000 0000000000000000 0000 " V4_HI},
    {"SLL, CAN", LINK_SLL2, FRAME_OTHER, "000c 0000 00000002 0118 00 00 0000000000000000 " V4_HI},
    {"PPP, compressed", PPP, FRAME_OTHER, "ff03 00fd " V4_HI},
    {"Cisco HDLC, keep-alive", CISCO_HDLC, FRAME_OTHER, "8f00 8035 " V4_HI},
    {"Cisco HDLC, another address", CISCO_HDLC, FRAME_OTHER, "0e00 0800 " V4_HI},
    {"nflog, another version", NFLOG, FRAME_OTHER, "02 01 0000 2e00 0900 " V4_HI},
    {"nflog, an attribute shorter than itself", NFLOG, FRAME_OTHER,
     "02 00 0000 0300 0100 2e00 0900 " V4_HI},
    {"nflog, an attribute of 64 KB", NFLOG, FRAME_OTHER, "02 00 0000 ffff 0100 2e00 0900 " V4_HI},
    {"802.11, encrypted", WLAN, FRAME_OTHER, "0842 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, a beacon", WLAN, FRAME_OTHER, "8000 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, no data", WLAN, FRAME_OTHER, "4802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, version 1", WLAN, FRAME_OTHER, "0902 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, more fragments", WLAN, FRAME_OTHER, "0806 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"802.11, second fragment", WLAN, FRAME_OTHER,
     "0802 0000 020000000001020000000002020000000003 1100 " LLC_SNAP V4_HI},
    {"radiotap, version 1", RADIOTAP, FRAME_OTHER,
     "0100 0800 00000000 0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"radiotap, shorter than its fields", RADIOTAP, FRAME_OTHER,
     "0000 0800 02000000 0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"radiotap, words without end", RADIOTAP, FRAME_OTHER,
     "0000 0800 ffffffff ffffffff ffffffff ffffffff " LLC_SNAP V4_HI},
    {"Prism, another message", PRISM, FRAME_OTHER,
     "45000000 90000000 " PRISM_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"Prism, no length", PRISM, FRAME_OTHER,
     "44000000 00000000 0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"AVS, another magic", AVS, FRAME_OTHER,
     "80211003 00000040 " AVS_FILL "0802 " WLAN_ADDRESSES LLC_SNAP V4_HI},
    {"PPI, a link type nobody reads", PPI, FRAME_LINK, "0000 0800 93000000 " V4_HI},
    {"PPI, a link type of ours", PPI, FRAME_OTHER, "0000 0800 feffffff " V4_HI},
    {"PPI, no length", PPI, FRAME_OTHER, "0000 0000 65000000 " V4_HI},
    {"pflog, too short", PFLOG, FRAME_OTHER, "10020000 00000000 00000000 00000000 " V4_HI},
    {"not IP", LINK_RAW, FRAME_BAD, "7500002a " V4_HI},
    {"empty", LINK_RAW, FRAME_CUT, ""},
};

static void every_link(void **state)
{
    uint8_t data[CASE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        case_works(works[i].label, works[i].linktype, data, case_bytes(works[i].hex, data));
    }
}

static void refused(void **state)
{
    uint8_t data[CASE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof refuses / sizeof refuses[0]; i++) {
        case_refuses(refuses[i].label, refuses[i].linktype, data, case_bytes(refuses[i].hex, data),
                     refuses[i].kind);
    }
}

/* PPI that carries PPI, PBB that carries PBB: not for ever. */
static void links_in_links(void **state)
{
    static const struct {
        const char *label;
        int linktype;
        const char *head, *end;
    } cases[] = {
        {"PPI", PPI, "0000 0800 c0000000 ", "0000 0800 65000000 " V4_HI},
        {"PBB", LINK_ETHERNET, MACS "88e7 00000065 ", ETHER_HI},
    };
    uint8_t data[CASE_MAX];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int count = 7; count < 12; count++) {
            size_t len = 0;
            for (int n = 0; n < count; n++) {
                len += case_bytes(cases[i].head, data + len);
            }
            len += case_bytes(cases[i].end, data + len);
            /* The last PPI header stands before raw IP, and is one encapsulation as well. */
            if (count + (i == 0) <= 8) {
                case_works(cases[i].label, cases[i].linktype, data, len);
            } else {
                case_refuses(cases[i].label, cases[i].linktype, data, len, FRAME_DEEP);
            }
        }
    }
}

static void aggregate(void **state)
{
    static const char hex[] =
        "8802 " WLAN_ADDRESSES "8500 "      /* 802.11 */
        MACS "0032 " LLC_SNAP V4_HI         /* 64: no padding */
            MACS "0024 aaaa03 000000 0806 " /* ARP */
        "0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002 0000 " MACS
        "0032 " LLC_SNAP V4_HI;
    uint8_t data[CASE_MAX];
    size_t len = case_bytes(hex, data);
    struct packet p = {{9, 5}, WLAN, (uint32_t)len, {data, len}};
    struct frame_reader r;
    struct segment s;
    struct icmp_error e;
    int segments = 0, frames = 1;

    (void)state;
    assert_true(frame_reader_init(&r));
    for (p.data.len = len; p.data.len > 0; p.data.len--) {
        enum frame_kind kind = frame_reader_read(&r, &p, &s, &e);
        segments = kind == FRAME_TCP;
        for (frames = 1; frame_reader_has_more(&r); frames++) {
            kind = frame_reader_more(&r, &p, &s, &e);
            segments += kind == FRAME_TCP;
            if (kind == FRAME_TCP) {
                assert_int_equal(s.mark.packet, 9);
                assert_int_equal(s.payload_len, 2);
            }
        }
        if (p.data.len == len) {
            assert_int_equal(frames, 3);
            assert_int_equal(segments, 2);
        }
        assert_true(frames <= 3 && segments <= 2);
    }
    frame_reader_reset(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link),
        cmocka_unit_test(refused),
        cmocka_unit_test(links_in_links),
        cmocka_unit_test(aggregate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
