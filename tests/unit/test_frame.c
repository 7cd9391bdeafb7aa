/* test_frame.c - the TCP header, and what a frame is that has none. RFC 9293 section 3.1. */
#include "tests/unit/frame_case.h"

#include <stdio.h>

#define IP4(total) "4500" total "1234 4000 4006 0000 c000020a c6336419 "

static enum frame_kind read_raw(const char *hex, uint32_t wire_len, struct segment *s)
{
    uint8_t packet[CASE_MAX];
    size_t len = case_bytes(hex, packet);
    struct packet p = {{3, 77}, LINK_RAW, wire_len ? wire_len : (uint32_t)len, {packet, len}};
    struct icmp_error e;

    return frame_read(&p, s, &e);
}

static void test_fields(void **state)
{
    struct segment s;

    (void)state;
    assert_int_equal(read_raw(IP4("002e") "9c40 0019 01020304 05060708 60 19 1122 3344 5566 "
                                          "020405b4 6869",
                              0, &s),
                     FRAME_TCP);
    assert_int_equal(s.from_port, 40000);
    assert_int_equal(s.to_port, 25);
    assert_int_equal(s.seq, 0x01020304);
    assert_int_equal(s.ack, 0x05060708);
    assert_int_equal(s.flags, TCP_ACK | TCP_PSH | TCP_FIN);
    assert_int_equal(s.window, 0x1122);
    assert_int_equal(s.checksum, 0x3344);
    assert_int_equal(s.ip_id, 0x1234);
    assert_int_equal(s.ttl, 0x40);
    assert_int_equal(s.options.len, 4);
    assert_int_equal(s.payload.len, 2);
    assert_int_equal(s.payload_len, 2);
    assert_int_equal(s.wire_len, 46);
    assert_int_equal(s.mark.packet, 3);
    assert_int_equal(s.mark.time_ns, 77);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *label, *hex;
        uint32_t wire_len;
        enum frame_kind kind;
        size_t options, captured;
        uint32_t payload;
    } cases[] = {
        {"without payload", IP4("0028") "9c40 0019 00000001 00000002 50 10 0200 0000 0000", 0,
         FRAME_TCP, 0, 0, 0},
        {"snap length in the payload",
         IP4("0128") "9c40 0019 00000001 00000002 50 10 0200 0000 0000 6869", 296, FRAME_TCP, 0, 2,
         256},
        {"snap length in the options",
         IP4("0128") "9c40 0019 00000001 00000002 60 10 0200 0000 0000 0204", 296, FRAME_TCP, 0, 0,
         252},
        {"one octet of the header short",
         IP4("0128") "9c40 0019 00000001 00000002 50 10 0200 0000 00", 296, FRAME_CUT, 0, 0, 0},
        {"no TCP header at all", IP4("0013") "9c", 0, FRAME_BAD, 0, 0, 0},
        {"packet shorter than a header",
         IP4("0027") "9c40 0019 00000001 00000002 50 10 0200 0000 00", 0, FRAME_BAD, 0, 0, 0},
        {"header of 4 words", IP4("0028") "9c40 0019 00000001 00000002 40 10 0200 0000 0000", 0,
         FRAME_BAD, 0, 0, 0},
        {"header longer than the packet",
         IP4("0028") "9c40 0019 00000001 00000002 60 10 0200 0000 0000", 0, FRAME_BAD, 0, 0, 0},
        {"UDP", "4500001c 1234 4000 4011 0000 c000020a c6336419 1388 0035 0008 0000", 0,
         FRAME_OTHER, 0, 0, 0},
        {"not IP", "00000000", 0, FRAME_BAD, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct segment s;
        enum frame_kind kind = read_raw(cases[i].hex, cases[i].wire_len, &s);
        if (kind != cases[i].kind) {
            fail_msg("%s: kind %d", cases[i].label, (int)kind);
        }
        if (kind == FRAME_TCP &&
            (s.options.len != cases[i].options || s.payload.len != cases[i].captured ||
             s.payload_len != cases[i].payload)) {
            fail_msg("%s: %zu options, %zu of %u octets", cases[i].label, s.options.len,
                     s.payload.len, s.payload_len);
        }
    }
}

static void test_unknown_link(void **state)
{
    uint8_t packet[CASE_MAX];
    size_t len = case_bytes(V4_HI, packet);
    struct packet p = {{1, 1}, 9999, (uint32_t)len, {packet, len}};
    struct segment s;
    struct icmp_error e;

    (void)state;
    assert_int_equal(frame_read(&p, &s, &e), FRAME_LINK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_unknown_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
