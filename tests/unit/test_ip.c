/* test_ip.c - IPv4 and IPv6 headers. RFC 791, RFC 8200. */
#include "tests/unit/frame_case.h"

#include <stdio.h>

#include "dissect/net/ip.h"

#define FROM4 "c000020a"
#define TO4   "c6336419"
#define A6    "20010db8000000000000000000000001"
#define B6    "20010db8000000000000000000000002"

struct head_case {
    const char *label, *hex;
    uint32_t wire_len; /* 0: as long as the bytes */
    enum frame_kind kind;
    uint8_t protocol;
    uint32_t payload_len;
    size_t captured;
};

static void read_case(const struct head_case *c)
{
    uint8_t packet[CASE_MAX];
    size_t len = case_bytes(c->hex, packet);
    uint8_t *copy = malloc(len ? len : 1);
    struct ip_header ip;
    enum frame_kind kind;

    assert_non_null(copy);
    memcpy(copy, packet, len);
    kind = ip_read((struct bytes){copy, len}, c->wire_len ? c->wire_len : (uint32_t)len, &ip);
    if (kind != c->kind) {
        fail_msg("%s: kind %d", c->label, (int)kind);
    }
    if (kind == FRAME_TCP && (ip.protocol != c->protocol || ip.payload_len != c->payload_len ||
                              ip.payload.len != c->captured)) {
        fail_msg("%s: protocol %u, %u octets, %zu captured", c->label, ip.protocol, ip.payload_len,
                 ip.payload.len);
    }
    free(copy);
}

static void test_headers(void **state)
{
    static const struct head_case cases[] = {
        {"v4", "45000018 0001 0000 4006 0000 " FROM4 TO4 "01020304", 0, FRAME_TCP, 6, 4, 4},
        {"v4 with options", "4600001c 0001 0000 4006 0000 " FROM4 TO4 "01010101 01020304", 0,
         FRAME_TCP, 6, 4, 4},
        {"v4, the longest header",
         "4f000040 0001 0000 4006 0000 " FROM4 TO4
         "0101010101010101010101010101010101010101010101010101010101010101010101010101010101"
         "01010101010101 0102 0304",
         0, FRAME_TCP, 6, 4, 4},
        {"v4, link padding behind it", "45000016 0001 0000 4006 0000 " FROM4 TO4 "0102 00000000", 0,
         FRAME_TCP, 6, 2, 2},
        {"v4, cut by the snap length", "45000118 0001 0000 4006 0000 " FROM4 TO4 "0102", 300,
         FRAME_TCP, 6, 260, 2},
        {"v4, total length 0: offload", "45000000 0001 0000 4006 0000 " FROM4 TO4 "0102", 2000,
         FRAME_TCP, 6, 1980, 2},
        {"v4, one octet short", "45000014 0001 0000 4006 0000 " FROM4 "c63364", 0, FRAME_CUT, 0, 0,
         0},
        {"v4, options cut", "46000018 0001 0000 4006 0000 " FROM4 TO4 "010101", 0, FRAME_CUT, 0, 0,
         0},
        {"v4, header of 4 words", "44000014 0001 0000 4006 0000 " FROM4 TO4, 0, FRAME_BAD, 0, 0, 0},
        {"v4, shorter than its header", "45000013 0001 0000 4006 0000 " FROM4 TO4, 0, FRAME_BAD, 0,
         0, 0},
        {"v4, nothing but a header", "45000014 0001 0000 4006 0000 " FROM4 TO4, 0, FRAME_TCP, 6, 0,
         0},
        {"version 5", "55000014 0001 0000 4006 0000 " FROM4 TO4, 0, FRAME_BAD, 0, 0, 0},
        {"nothing", "", 1, FRAME_CUT, 0, 0, 0},
        {"v6", "60000000 0004 0640 " A6 B6 "01020304", 0, FRAME_TCP, 6, 4, 4},
        {"v6, one octet short", "60000000 0000 0640 " A6 "20010db80000000000000000000000", 0,
         FRAME_CUT, 0, 0, 0},
        {"v6, length 0: offload or jumbo", "60000000 0000 0640 " A6 B6 "0102", 3040, FRAME_TCP, 6,
         3000, 2},
        {"v6, hop-by-hop", "60000000 000c 0040 " A6 B6 "06000000 00000000 01020304", 0, FRAME_TCP,
         6, 4, 4},
        {"v6, destination of two units, then routing",
         "60000000 001c 3c40 " A6 B6 "2b01000000000000 0000000000000000 0600000000000000 01020304",
         0, FRAME_TCP, 6, 4, 4},
        {"v6, authentication header",
         "60000000 0010 3340 " A6 B6 "06010000 00000000 00000000 01020304", 0, FRAME_TCP, 6, 4, 4},
        {"v6, extension longer than the packet", "60000000 0008 0040 " A6 B6 "06010000 00000000", 0,
         FRAME_BAD, 0, 0, 0},
        {"v6, extension cut", "60000000 0010 0040 " A6 B6 "06010000 0000", 56, FRAME_CUT, 0, 0, 0},
        {"v6, no next header", "60000000 0004 3b40 " A6 B6 "01020304", 0, FRAME_TCP, 59, 4, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_case(&cases[i]);
    }
}

/* A chain of extension headers that does not end is not followed for ever. */
static void test_endless_extensions(void **state)
{
    uint8_t packet[40 + 8 * 100] = {0x60, 0, 0, 0, 8 * 100 >> 8, 8 * 100 & 0xff, 60, 64};
    struct ip_header ip;

    (void)state;
    for (size_t i = 40; i < sizeof packet; i += 8) {
        packet[i] = 60;
    }
    assert_int_equal(ip_read((struct bytes){packet, sizeof packet}, sizeof packet, &ip), FRAME_BAD);
}

static void test_fields(void **state)
{
    uint8_t packet[CASE_MAX];
    size_t len = case_bytes("45000014 abcd 4000 2f06 0000 " FROM4 TO4, packet);
    struct address from, to;
    struct ip_header ip;

    (void)state;
    assert_true(address_parse(&from, "192.0.2.10"));
    assert_true(address_parse(&to, "198.51.100.25"));
    assert_int_equal(ip_read((struct bytes){packet, len}, (uint32_t)len, &ip), FRAME_TCP);
    assert_true(address_equal(&ip.from, &from));
    assert_true(address_equal(&ip.to, &to));
    assert_int_equal(ip.id, 0xabcd);
    assert_int_equal(ip.ttl, 0x2f);
    assert_false(ip.is_fragment); /* "don't fragment" is none */
    len = case_bytes("60000000 0000 0640 " A6 B6, packet);
    assert_true(address_parse(&from, "2001:db8::1"));
    assert_true(address_parse(&to, "2001:db8::2"));
    assert_int_equal(ip_read((struct bytes){packet, len}, (uint32_t)len, &ip), FRAME_TCP);
    assert_true(address_equal(&ip.from, &from));
    assert_true(address_equal(&ip.to, &to));
    assert_int_equal(ip.ttl, 0x40);
    assert_int_equal(ip.id, 0);
}

static void test_fragments(void **state)
{
    static const struct {
        const char *label, *hex;
        bool is_fragment, more;
        uint32_t id, offset;
    } cases[] = {
        {"v4 first", "45000018 abcd 2000 4006 0000 " FROM4 TO4 "01020304", true, true, 0xabcd, 0},
        {"v4 middle", "45000018 abcd 2001 4006 0000 " FROM4 TO4 "01020304", true, true, 0xabcd, 8},
        {"v4 last", "45000018 abcd 1fff 4006 0000 " FROM4 TO4 "01020304", true, false, 0xabcd,
         65528},
        {"v6 first", "60000000 000c 2c40 " A6 B6 "06000001 00012345 01020304", true, true, 0x12345,
         0},
        {"v6 last", "60000000 000c 2c40 " A6 B6 "06000008 00012345 01020304", true, false, 0x12345,
         8},
        {"v6 whole in one (RFC 6946)", "60000000 000c 2c40 " A6 B6 "06000000 00012345 01020304",
         false, false, 0x12345, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t packet[CASE_MAX];
        size_t len = case_bytes(cases[i].hex, packet);
        struct ip_header ip;
        assert_int_equal(ip_read((struct bytes){packet, len}, (uint32_t)len, &ip), FRAME_TCP);
        if (ip.is_fragment != cases[i].is_fragment || ip.more != cases[i].more ||
            ip.fragment_offset != cases[i].offset || ip.fragment_id != cases[i].id) {
            fail_msg("%s: %d %d %x at %u", cases[i].label, ip.is_fragment, ip.more, ip.fragment_id,
                     ip.fragment_offset);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_endless_extensions),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fragments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
