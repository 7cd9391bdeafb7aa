/* test_tunnel.c - packets inside packets: each tunnel over IPv4 and IPv6, whole and cut at every
 * byte, next to it what must be refused; how deep, and ICMP errors inside. */
#include "tests/unit/frame_case.h"

enum { UDP = 17 };

static const struct {
    const char *label;
    uint8_t protocol;
    uint16_t port; /* of UDP */
    const char *hex;
} works[] = {
    {"IPv4 in IP", 4, 0, V4_HI},
    {"IPv6 in IP", 41, 0, V6_HI},
    {"EtherIP", 97, 0, "3000 " ETHER_HI},
    {"MPLS", 137, 0, "00064140 " V4_HI},
    {"authentication header", 51, 0, "06040000 00000001 00000002 000000000000000000000000 " TCP_HI},
    {"GRE", 47, 0, "0000 0800 " V4_HI},
    {"GRE, IPv6", 47, 0, "0000 86dd " V6_HI},
    {"GRE, checksum", 47, 0, "8000 0800 00000000 " V4_HI},
    {"GRE, key", 47, 0, "2000 0800 00000007 " V4_HI},
    {"GRE, sequence", 47, 0, "1000 0800 00000001 " V4_HI},
    {"GRE, checksum, key, sequence", 47, 0, "b000 0800 00000000 00000007 00000001 " V4_HI},
    {"GRE, Ethernet (NVGRE)", 47, 0, "2000 6558 00006501 " ETHER_HI},
    {"GRE, Ethernet with a VLAN", 47, 0, "0000 6558 " MACS "8100 0065 0800 " V4_HI},
    {"GRE, MPLS", 47, 0, "0000 8847 00064140 " V6_HI},
    {"GRE, GRE inside", 47, 0,
     "0000 0800 45000042 0001 0000 402f 0000 0a000001 0a000002 0000 0800 " V4_HI},
    {"PPTP", 47, 0, "2001 880b 002e0007 ff03 0021 " V4_HI},
    {"PPTP, sequence and acknowledgement", 47, 0,
     "3081 880b 002d0007 00000001 00000002 0021 " V4_HI},
    {"PPTP, short protocol", 47, 0, "3001 880b 002b0007 00000001 21 " V4_HI},
    {"ERSPAN I", 47, 0, "0000 88be " ETHER_HI},
    {"ERSPAN II", 47, 0, "1000 88be 00000001 1065 0005 00000123 " ETHER_HI},
    {"ERSPAN II, VLAN inside", 47, 0,
     "1000 88be 00000001 1065 0005 00000123 " MACS "8100 0065 86dd " V6_HI},
    {"ERSPAN III", 47, 0, "1000 22eb 00000001 2065 0005 01020304 0000 0000 " ETHER_HI},
    {"ERSPAN III, platform's header", 47, 0,
     "1000 22eb 00000001 2065 0005 01020304 0000 0001 1122334455667788 " ETHER_HI},
    {"ERSPAN III, IP", 47, 0, "1000 22eb 00000001 2065 0005 01020304 0000 0800 " V4_HI},
    {"VXLAN", UDP, 4789, "08000000 00006500 " ETHER_HI},
    {"VXLAN, group", UDP, 4789, "88000007 00006500 " ETHER_HI},
    {"VXLAN, its older port", UDP, 8472, "08000000 00006500 " MACS "86dd " V6_HI},
    {"VXLAN GPE, IPv4", UDP, 4790, "0c000001 00006500 " V4_HI},
    {"VXLAN GPE, IPv6", UDP, 4790, "0c000002 00006500 " V6_HI},
    {"VXLAN GPE, Ethernet", UDP, 4790, "0c000003 00006500 " ETHER_HI},
    {"GENEVE", UDP, 6081, "0000 6558 00006500 " ETHER_HI},
    {"GENEVE, options", UDP, 6081, "0340 6558 00006500 010280020000000100000002 " ETHER_HI},
    {"GENEVE, IPv6", UDP, 6081, "0000 86dd 00006500 " V6_HI},
    {"GTP-U", UDP, 2152, "30ff 002a 00000007 " V4_HI},
    {"GTP-U, IPv6", UDP, 2152, "30ff 003e 00000007 " V6_HI},
    {"GTP-U, sequence", UDP, 2152, "32ff 002e 00000007 0001 00 00 " V4_HI},
    {"GTP-U, two extension headers", UDP, 2152,
     "34ff 0036 00000007 0000 00 85 01 1009 c0 01 1234 00 " V4_HI},
    {"TZSP, Ethernet", UDP, 37008, "0100 0001 01 " ETHER_HI},
    {"TZSP, fields and padding", UDP, 37008, "0100 0001 00 0a01c5 00 1e0400000001 01 " ETHER_HI},
    {"TZSP, 802.11", UDP, 37008,
     "0100 0012 0a01c5 01 "
     "0802 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800 " V4_HI},
    {"L2TP", UDP, 1701, "0002 0007 0008 ff03 0021 " V4_HI},
    {"L2TP, length, sequence, offset", UDP, 1701,
     "4a02 0040 0007 0008 0001 0002 0002 0000 0021 " V4_HI},
    {"Teredo", UDP, 3544, V6_HI},
    {"Teredo, authentication and origin", UDP, 3544,
     "0001 0000 1122334455667788 00 0000 1122 33445566 " V6_HI},
};

static const struct {
    const char *label;
    uint8_t protocol;
    uint16_t port;
    enum frame_kind kind;
    const char *hex;
} refuses[] = {
    {"ESP", 50, 0, FRAME_OTHER, V4_HI},
    {"EtherIP, version 2", 97, 0, FRAME_OTHER, "2000 " ETHER_HI},
    {"authentication header longer than its packet", 51, 0, FRAME_BAD,
     "06ff0000 00000001 00000002 " TCP_HI},
    {"IP in IP, another version", 4, 0, FRAME_BAD, "75000000 "},
    {"GRE, version 2", 47, 0, FRAME_OTHER, "0002 0800 " V4_HI},
    {"GRE, source routes", 47, 0, FRAME_OTHER, "4000 0800 00000000 00000000 " V4_HI},
    {"GRE, key without its four octets", 47, 0, FRAME_BAD, "2000 0800 " V4_HI},
    {"GRE, keep-alive", 47, 0, FRAME_OTHER, "0000 0000 "},
    {"PPTP without a key", 47, 0, FRAME_OTHER, "0001 880b ff03 0021 " V4_HI},
    {"PPTP, another protocol", 47, 0, FRAME_OTHER, "2001 0800 002a0007 " V4_HI},
    {"PPTP, encrypted", 47, 0, FRAME_OTHER, "3001 880b 002e0007 00000001 ff03 00fd " V4_HI},
    {"ERSPAN II, another version", 47, 0, FRAME_OTHER,
     "1000 88be 00000001 2065 0005 00000123 " ETHER_HI},
    {"ERSPAN III, another version", 47, 0, FRAME_OTHER,
     "1000 22eb 00000001 1065 0005 01020304 0000 0000 " ETHER_HI},
    {"ERSPAN III, another frame type", 47, 0, FRAME_OTHER,
     "1000 22eb 00000001 2065 0005 01020304 0000 0400 " ETHER_HI},
    {"UDP on no tunnel's port", UDP, 4788, FRAME_OTHER, "08000000 00006500 " ETHER_HI},
    {"VXLAN without a network", UDP, 4789, FRAME_OTHER, "00000000 00006500 " ETHER_HI},
    {"VXLAN GPE, operations", UDP, 4790, FRAME_OTHER, "0d000003 00006500 " ETHER_HI},
    {"VXLAN GPE, unknown next", UDP, 4790, FRAME_OTHER, "0c000009 00006500 " ETHER_HI},
    {"GENEVE, version 1", UDP, 6081, FRAME_OTHER, "4000 6558 00006500 " ETHER_HI},
    {"GENEVE, control", UDP, 6081, FRAME_OTHER, "0080 6558 00006500 " ETHER_HI},
    {"GENEVE, options behind the end", UDP, 6081, FRAME_OTHER, "3f00 0800 00006500 " V4_HI},
    {"GTP-U, echo", UDP, 2152, FRAME_OTHER, "3201 002e 00000007 0001 00 00 " V4_HI},
    {"GTP prime", UDP, 2152, FRAME_OTHER, "20ff 002a 00000007 " V4_HI},
    {"GTP-U, extension of no length", UDP, 2152, FRAME_OTHER,
     "34ff 002e 00000007 0000 00 85 00 000000 " V4_HI},
    {"GTP-U, not IP", UDP, 2152, FRAME_OTHER, "30ff 002a 00000007 " ETHER_HI},
    {"TZSP, keep-alive", UDP, 37008, FRAME_OTHER, "0104 0000 01 "},
    {"TZSP, version 2", UDP, 37008, FRAME_OTHER, "0200 0001 01 " ETHER_HI},
    {"TZSP, fields without end", UDP, 37008, FRAME_OTHER, "0100 0001 0000000000000000 "},
    {"L2TP, control", UDP, 1701, FRAME_OTHER, "c802 0014 0007 0008 0001 0002 ff03 0021 " V4_HI},
    {"L2TP, version 3", UDP, 1701, FRAME_OTHER, "0003 0000 00000007 " V4_HI},
    {"Teredo, bubble", UDP, 3544, FRAME_OTHER,
     "60000000 0000 3b40 20010db8000000000000000000000001 20010db8000000000000000000000002 "},
    {"Teredo, not IPv6", UDP, 3544, FRAME_OTHER, V4_HI},
};

static size_t wrap(int family, uint8_t protocol, uint16_t port, const char *hex, uint8_t *out)
{
    size_t len = case_bytes(hex, out);

    return protocol == UDP ? case_in_udp(family, port, out, len)
                           : case_in_ip(family, protocol, out, len);
}

static void every_tunnel(void **state)
{
    uint8_t data[CASE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        for (int family = 4; family <= 6; family += 2) {
            size_t len = wrap(family, works[i].protocol, works[i].port, works[i].hex, data);
            if (works[i].protocol == 51) { /* the address and number are the outer packet's */
                struct segment s;
                struct icmp_error e;
                assert_int_equal(case_read(LINK_RAW, data, len, len, &s, &e), FRAME_TCP);
                assert_int_equal(s.from_port, CASE_PORT);
                assert_int_equal(s.payload_len, 2);
                continue;
            }
            case_works(works[i].label, LINK_RAW, data, len);
        }
    }
}

static void refused(void **state)
{
    uint8_t data[CASE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof refuses / sizeof refuses[0]; i++) {
        for (int family = 4; family <= 6; family += 2) {
            size_t len = wrap(family, refuses[i].protocol, refuses[i].port, refuses[i].hex, data);
            case_refuses(refuses[i].label, LINK_RAW, data, len, refuses[i].kind);
        }
    }
}

static void depth(void **state)
{
    uint8_t data[CASE_MAX];

    (void)state;
    for (int count = 0; count < 14; count++) {
        size_t len = case_bytes(V4_HI, data);
        for (int i = 0; i < count; i++) {
            memmove(data + 22, data, len);
            (void)case_bytes("08000000 00006500 " MACS "0800 ", data);
            len = i % 2 ? case_in_udp(4, 4789, data, len + 22)
                        : (memmove(data, data + 22, len), case_in_ip(4, 4, data, len));
        }
        if (count <= 8) {
            case_works("tunnels in tunnels", LINK_RAW, data, len);
        } else {
            case_refuses("too many tunnels in tunnels", LINK_RAW, data, len, FRAME_DEEP);
        }
    }
}

/* A header that ends the packet at the deepest level is no tunnel: not counted as too deep. */
static void depth_of_others(void **state)
{
    uint8_t data[CASE_MAX];
    size_t len = case_in_udp(4, 53, data, case_bytes("0000", data));

    (void)state;
    for (int count = 1; count <= 8; count++) {
        len = case_in_ip(4, 4, data, len);
        case_refuses("UDP", LINK_RAW, data, len, FRAME_OTHER);
    }
}

static void icmp_inside(void **state)
{
    static const char hex[] = "0000 0800 "
                              "45000040 0009 0000 4001 0000 c0000201 c000020a 0304 0000 0000 0578 "
                              "450005dc 1234 4000 3f06 0000 c000020a c6336419 "
                              "9c40 0019 00000001 00000002 50 18 0200 ";
    uint8_t data[CASE_MAX];
    size_t len = case_in_ip(4, 47, data, case_bytes(hex, data));
    struct segment s;
    struct icmp_error e;

    (void)state;
    assert_int_equal(case_read(LINK_RAW, data, len, len, &s, &e), FRAME_ICMP);
    assert_int_equal(e.type, 3);
    assert_int_equal(e.code, 4);
    assert_int_equal(e.mtu, 1400);
    assert_int_equal(e.from_port, CASE_PORT);
    assert_int_equal(e.to_port, 25);
    assert_true(e.seq_known && e.flags_known);
    assert_int_equal(e.mark.packet, 7);
    assert_int_equal(e.reporter.bytes[3], 1);
}

/* What segmentation offload leaves: no length in the inner header either. */
static void no_inner_length(void **state)
{
    static const char hex[] = "08000000 00006500 " MACS "0800 "
                              "45000000 1234 4000 4006 0000 c000020a c6336419 " TCP_HI;
    uint8_t data[CASE_MAX];

    (void)state;
    case_works("VXLAN", LINK_RAW, data, case_in_udp(4, 4789, data, case_bytes(hex, data)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tunnel), cmocka_unit_test(refused),
        cmocka_unit_test(depth),        cmocka_unit_test(depth_of_others),
        cmocka_unit_test(icmp_inside),  cmocka_unit_test(no_inner_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
