/* test_icmp.c - ICMP errors and the segment they quote. RFC 792, RFC 4443, RFC 1191. */
#include "tests/unit/frame_case.h"

#include <stdio.h>

/* A router speaks about a packet of 192.0.2.10:40000 to 198.51.100.25:25. */
#define QUOTED4 "4500003c 1234 4000 3f06 0000 c000020a c6336419 "
#define PORTS   "9c40 0019 "
#define HEAD4   "45000054 0001 0000 4001 0000 cb007101 c000020a "
#define HEAD6                                                                                      \
    "60000000 0060 3a40 20010db8000000000000000000000009 20010db8000000000000000000000001 "
#define QUOTED6                                                                                    \
    "60000000 0014 0640 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define SEQ      "01020304 "
#define REST_SYN "00000000 a0 02 fa00 0000 0000 "

static enum frame_kind read_raw(const char *hex, struct icmp_error *e)
{
    uint8_t packet[CASE_MAX];
    size_t len = case_bytes(hex, packet);
    struct packet p = {{5, 99}, LINK_RAW, (uint32_t)len, {packet, len}};
    struct segment s;

    return frame_read(&p, &s, e);
}

static void test_quotes(void **state)
{
    struct icmp_error e;
    struct address reporter, from, to;

    (void)state;
    assert_true(address_parse(&reporter, "203.0.113.1"));
    assert_true(address_parse(&from, "192.0.2.10"));
    assert_true(address_parse(&to, "198.51.100.25"));
    assert_int_equal(read_raw(HEAD4 "03 0a 0000 00000000 " QUOTED4 PORTS SEQ REST_SYN, &e),
                     FRAME_ICMP);
    assert_true(address_equal(&e.reporter, &reporter));
    assert_true(address_equal(&e.from, &from));
    assert_true(address_equal(&e.to, &to));
    assert_int_equal(e.from_port, 40000);
    assert_int_equal(e.to_port, 25);
    assert_int_equal(e.type, 3);
    assert_int_equal(e.code, 10);
    assert_int_equal(e.mtu, 0);
    assert_true(e.seq_known);
    assert_int_equal(e.seq, 0x01020304);
    assert_true(e.flags_known);
    assert_int_equal(e.flags, TCP_SYN);
    assert_int_equal(e.mark.packet, 5);
    /* 8 octets of the segment are all that RFC 792 promises; 4 tell the ports. */
    assert_int_equal(read_raw(HEAD4 "03 01 0000 00000000 " QUOTED4 PORTS SEQ, &e), FRAME_ICMP);
    assert_true(e.seq_known);
    assert_false(e.flags_known);
    assert_int_equal(read_raw(HEAD4 "03 01 0000 00000000 " QUOTED4 PORTS "010203", &e), FRAME_ICMP);
    assert_false(e.seq_known);
    assert_int_equal(read_raw(HEAD4 "03 01 0000 00000000 " QUOTED4 "9c40 00", &e), FRAME_OTHER);
    assert_int_equal(read_raw(HEAD4 "03 01 0000 00000000 " QUOTED4, &e), FRAME_OTHER);
}

static void test_types(void **state)
{
    static const struct {
        const char *label, *hex;
        enum frame_kind kind;
        uint32_t mtu;
    } cases[] = {
        {"time exceeded", HEAD4 "0b 00 0000 00000000 " QUOTED4 PORTS SEQ, FRAME_ICMP, 0},
        {"parameter problem", HEAD4 "0c 00 0000 00000000 " QUOTED4 PORTS SEQ, FRAME_ICMP, 0},
        {"too big, next hop 1400", HEAD4 "03 04 0000 00000578 " QUOTED4 PORTS SEQ, FRAME_ICMP,
         1400},
        {"too big, only 16 bits count", HEAD4 "03 04 0000 ffff0578 " QUOTED4 PORTS SEQ, FRAME_ICMP,
         1400},
        {"unreachable has no MTU", HEAD4 "03 03 0000 00000578 " QUOTED4 PORTS SEQ, FRAME_ICMP, 0},
        {"echo request", HEAD4 "08 00 0000 00010001 " QUOTED4 PORTS SEQ, FRAME_OTHER, 0},
        {"redirect", HEAD4 "05 00 0000 c0000201 " QUOTED4 PORTS SEQ, FRAME_OTHER, 0},
        {"about UDP",
         HEAD4 "03 03 0000 00000000 4500003c 1234 4000 3f11 0000 c000020a c6336419 " PORTS SEQ,
         FRAME_OTHER, 0},
        {"about a later fragment",
         HEAD4 "03 03 0000 00000000 4500003c 1234 2010 3f06 0000 c000020a c6336419 " PORTS SEQ,
         FRAME_OTHER, 0},
        {"quotes nothing", HEAD4 "03 03 0000 00000000 ", FRAME_OTHER, 0},
        {"cut in its header", HEAD4 "03 03 0000 000000", FRAME_CUT, 0},
        {"v6 unreachable", HEAD6 "01 04 0000 00000000 " QUOTED6 PORTS SEQ, FRAME_ICMP, 0},
        {"v6 too big", HEAD6 "02 00 0000 00010500 " QUOTED6 PORTS SEQ, FRAME_ICMP, 0x10500},
        {"v6 time exceeded", HEAD6 "03 00 0000 00000500 " QUOTED6 PORTS SEQ, FRAME_ICMP, 0},
        {"v6 echo", HEAD6 "80 00 0000 00000000 " QUOTED6 PORTS SEQ, FRAME_OTHER, 0},
        {"v6 neighbour", HEAD6 "87 00 0000 00000000 " QUOTED6 PORTS SEQ, FRAME_OTHER, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct icmp_error e = {.mtu = 0};
        enum frame_kind kind = read_raw(cases[i].hex, &e);
        if (kind != cases[i].kind || (kind == FRAME_ICMP && e.mtu != cases[i].mtu)) {
            fail_msg("%s: kind %d, MTU %u", cases[i].label, (int)kind, e.mtu);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
