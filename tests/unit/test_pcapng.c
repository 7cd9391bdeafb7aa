/* test_pcapng.c - pcapng through source_file: sections, interfaces, clocks, every way to break off.
 *
 * Blocks are literals, so that the bytes can be read here; B_... are big endian, the others little.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/pcapng_interface.h"
#include "capture/source_file.h"
#include "tests/unit/memory_file.h"

/* clang-format off */
#define SECTION   "\n\r\r\n" "\x1c\0\0\0" "\x4d\x3c\x2b\x1a" "\1\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff" "\x1c\0\0\0"
/* an enhanced packet of 1 byte with drops before it (option 4) */
#define AFTER_DROPS(drops) "\6\0\0\0" "\x34\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\1\0\0\0" "\1\0\0\0" \
    "a\0\0\0" "\4\0\x08\0" drops "\0\0\0\0" "\x34\0\0\0"
/* an obsolete one */
#define OLD_AFTER_DROPS(drops) "\2\0\0\0" "\x24\0\0\0" "\0\0" drops "\0\0\0\0" "\1\x24\xf4\0" "\1\0\0\0" "\1\0\0\0" \
    "a\0\0\0" "\x24\0\0\0"
#define B_SECTION "\n\r\r\n" "\0\0\0\x1c" "\x1a\x2b\x3c\x4d" "\0\1\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff" "\0\0\0\x1c"
/* interfaces: Ethernet in microseconds; raw IP, snap length 3, in nanoseconds (option 9) */
#define ETHERNET   "\1\0\0\0" "\x14\0\0\0" "\1\0\0\0" "\0\0\4\0" "\x14\0\0\0"
#define RAW        "\1\0\0\0" "\x20\0\0\0" "\x65\0\0\0" "\3\0\0\0" "\x09\0\1\0" "\x09\0\0\0" "\0\0\0\0" "\x20\0\0\0"
#define B_ETHERNET "\0\0\0\1" "\0\0\0\x14" "\0\1\0\0" "\0\0\xff\xff" "\0\0\0\x14"
/* a packet of interface 0 at tick 16000001, 5 of 9 bytes */
#define PACKET   "\6\0\0\0" "\x28\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\5\0\0\0" "\x09\0\0\0" "abcde\0\0\0" "\x28\0\0\0"
#define B_PACKET "\0\0\0\6" "\0\0\0\x28" "\0\0\0\0" "\0\0\0\0" "\0\xf4\x24\1" "\0\0\0\5" "\0\0\0\x09" "vwxyz\0\0\0" "\0\0\0\x28"
/* the same tick on interface 1, 3 bytes */
#define PACKET_RAW "\6\0\0\0" "\x24\0\0\0" "\1\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\3\0\0\0" "\3\0\0\0" "ip4\0" "\x24\0\0\0"
#define UNKNOWN    "\x34\x12\0\0" "\x10\0\0\0" "what" "\x10\0\0\0"
/* clang-format on */

enum { PACKETS_MAX = 4 };

struct expected_packet {
    int linktype;
    int64_t time_ns;
    const char *data;
    uint32_t wire_len;
};

static struct source *open_bytes(struct bytes content, struct fail *fail)
{
    struct source_file_options options = {0};
    struct memory_file m = memory_file_of(content);
    struct source *s = source_file_open(m.path, &options, fail);
    close(m.fd);
    return s;
}

/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    struct expected_packet packets[PACKETS_MAX];
} readable[] = {
    {"one packet", BYTES_INIT(SECTION ETHERNET PACKET), {{1, 16000001000, "abcde", 9}}},
    {"big endian", BYTES_INIT(B_SECTION B_ETHERNET B_PACKET), {{1, 16000001000, "vwxyz", 9}}},
    {"two interfaces, two link types", BYTES_INIT(SECTION ETHERNET RAW PACKET_RAW PACKET),
     {{101, 16000001, "ip4", 3}, {1, 16000001000, "abcde", 9}}},
    {"sections of both byte orders; interfaces count anew",
     BYTES_INIT(SECTION RAW ETHERNET PACKET B_SECTION B_ETHERNET B_PACKET SECTION ETHERNET PACKET),
     {{101, 16000001, "abcde", 9}, {1, 16000001000, "vwxyz", 9}, {1, 16000001000, "abcde", 9}}},
    {"unknown blocks", BYTES_INIT(SECTION UNKNOWN ETHERNET UNKNOWN PACKET UNKNOWN),
     {{1, 16000001000, "abcde", 9}}},
    {"decryption secrets", BYTES_INIT(SECTION ETHERNET
        "\x0a\0\0\0" "\x18\0\0\0" "KSLT" "\4\0\0\0" "key\n" "\x18\0\0\0" PACKET),
     {{1, 16000001000, "abcde", 9}}},
    {"interface described between packets", BYTES_INIT(SECTION ETHERNET PACKET RAW PACKET_RAW),
     {{1, 16000001000, "abcde", 9}, {101, 16000001, "ip4", 3}}},
    {"simple packet: the time before, all of it", BYTES_INIT(SECTION ETHERNET PACKET
        "\3\0\0\0" "\x14\0\0\0" "\3\0\0\0" "hey\0" "\x14\0\0\0"),
     {{1, 16000001000, "abcde", 9}, {1, 16000001000, "hey", 3}}},
    {"simple packet: cut at the snap length, no time yet", BYTES_INIT(SECTION RAW
        "\3\0\0\0" "\x14\0\0\0" "\x09\0\0\0" "hey\0" "\x14\0\0\0"), {{101, 0, "hey", 9}}},
    {"obsolete packet, with 513 drops", BYTES_INIT(SECTION ETHERNET RAW
        "\2\0\0\0" "\x24\0\0\0" "\1\0\1\2" "\0\0\0\0" "\1\x24\xf4\0" "\3\0\0\0" "\3\0\0\0" "old\0" "\x24\0\0\0"),
     {{101, 16000001, "old", 3}}},
    {"high half of the time", BYTES_INIT(SECTION RAW
        "\6\0\0\0" "\x20\0\0\0" "\0\0\0\0" "\2\0\0\0" "\3\0\0\0" "\0\0\0\0" "\1\0\0\0" "\x20\0\0\0"),
     {{101, INT64_C(8589934595), "", 1}}},
    {"options behind a packet", BYTES_INIT(SECTION ETHERNET
        "\6\0\0\0" "\x30\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\1\0\0\0" "\1\0\0\0" "a\0\0\0"
        "\1\0\2\0" "hi\0\0" "\0\0\0\0" "\x30\0\0\0"), {{1, 16000001000, "a", 1}}},
    {"length on the wire below the captured one", BYTES_INIT(SECTION ETHERNET
        "\6\0\0\0" "\x24\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\1\0\0\0" "\0\0\0\0" "a\0\0\0" "\x24\0\0\0"),
     {{1, 16000001000, "a", 1}}},
    {"block length without the padding, as some write it", BYTES_INIT(SECTION ETHERNET
        "\6\0\0\0" "\x21\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\x24\xf4\0" "\1\0\0\0" "\1\0\0\0" "a\0\0\0" "\x21\0\0\0" PACKET),
     {{1, 16000001000, "a", 1}, {1, 16000001000, "abcde", 9}}},
    {"only a section", BYTES_INIT(SECTION), {{0}}},
};
/* clang-format on */

static void test_readable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        struct packet p;
        uint64_t count = 0;
        print_message("  %s\n", readable[i].label);
        struct source *s = open_bytes(readable[i].content, NULL);
        assert_non_null(s);
        assert_int_equal(source_input(s, 0)->linktype, -1);
        for (const struct expected_packet *e = readable[i].packets; e->data; e++) {
            assert_int_equal(source_next(s, &p), SOURCE_PACKET);
            assert_int_equal(mark_frame(p.mark), ++count);
            assert_int_equal(p.linktype, e->linktype);
            assert_true(p.mark.time_ns == e->time_ns);
            assert_int_equal(p.wire_len, e->wire_len);
            assert_int_equal(p.data.len, strlen(e->data));
            assert_memory_equal(p.data.data, e->data, p.data.len);
        }
        assert_int_equal(source_next(s, &p), SOURCE_END);
        assert_null(source_input(s, 0)->damaged);
        assert_int_equal(source_input(s, 0)->packets, count);
        source_free(s);
    }
}

static void test_input_facts(void **state)
{
    (void)state;
    struct packet p;
    struct source *s = open_bytes(BYTES_OF(SECTION ETHERNET RAW PACKET PACKET_RAW), NULL);
    const struct source_input *in = source_input(s, 0);
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    assert_int_equal(in->linktype, 1); /* of the first packet */
    assert_int_equal(in->snaplen, 262144);
    assert_false(in->nanoseconds);
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    assert_int_equal(in->linktype, 1);
    assert_true(in->nanoseconds);
    assert_int_equal(in->backwards, 1); /* 0.016 s after 16 s */
    assert_int_equal(in->truncated, 1);
    assert_false(in->drops_known);
    source_free(s);
}

/* Statistics count from the capture's start: the latest of an interface stands, interfaces and
 * sections add up. */
/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    bool known;
    uint64_t dropped; /* by interface or kernel */
} packet_drops[] = {
    {"none said", BYTES_INIT(SECTION ETHERNET PACKET), false, 0},
    {"added up", BYTES_INIT(SECTION ETHERNET AFTER_DROPS("\1\0\0\0\0\0\0\0") AFTER_DROPS("\2\1\0\0\0\0\0\0")), true, 259},
    {"said to be none", BYTES_INIT(SECTION ETHERNET AFTER_DROPS("\0\0\0\0\0\0\0\0")), true, 0},
    {"in sections", BYTES_INIT(SECTION ETHERNET AFTER_DROPS("\3\0\0\0\0\0\0\0") SECTION ETHERNET
                               AFTER_DROPS("\4\0\0\0\0\0\0\0")), true, 7},
    {"in obsolete packets", BYTES_INIT(SECTION ETHERNET OLD_AFTER_DROPS("\3\0") OLD_AFTER_DROPS("\1\0")), true, 4},
    {"obsolete and unknown", BYTES_INIT(SECTION ETHERNET OLD_AFTER_DROPS("\xff\xff")), false, 0},
    {"all the world's packets, twice", BYTES_INIT(SECTION ETHERNET AFTER_DROPS("\xff\xff\xff\xff\xff\xff\xff\xff")
                                                  AFTER_DROPS("\2\0\0\0\0\0\0\0")), true, UINT64_MAX},
};
/* clang-format on */

static void test_packet_drops(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof packet_drops / sizeof packet_drops[0]; i++) {
        struct packet p;
        print_message("  %s\n", packet_drops[i].label);
        struct source *s = open_bytes(packet_drops[i].content, NULL);
        while (source_next(s, &p) == SOURCE_PACKET) {
        }
        const struct source_input *in = source_input(s, 0);
        assert_null(in->damaged);
        assert_int_equal(in->drops_known, packet_drops[i].known);
        assert_true(in->dropped_interface + in->dropped_kernel == packet_drops[i].dropped);
        source_free(s);
    }
}

static void test_drops(void **state)
{
    (void)state;
    /* clang-format off */
#define STATISTICS(interface, interface_drops, kernel_drops) \
    "\5\0\0\0" "\x34\0\0\0" interface "\0\0\0" "\0\0\0\0" "\0\0\0\0" \
    "\5\0\x08\0" interface_drops "\0\0\0\0\0\0\0" "\7\0\x08\0" kernel_drops "\0\0\0\0\0\0\0" "\0\0\0\0" "\x34\0\0\0"
    /* clang-format on */
    struct packet p;
    struct source *s =
        open_bytes(BYTES_OF(SECTION ETHERNET RAW STATISTICS("\0", "\1", "\2")
                                STATISTICS("\0", "\3", "\5") STATISTICS("\1", "\7", "\x0b")
                                    SECTION ETHERNET STATISTICS("\0", "\x10", "\x20")),
                   NULL);
    assert_int_equal(source_next(s, &p), SOURCE_END);
    const struct source_input *in = source_input(s, 0);
    assert_null(in->damaged);
    assert_true(in->drops_known);
    assert_int_equal(in->dropped_interface, 3 + 7 + 16);
    assert_int_equal(in->dropped_kernel, 5 + 11 + 32);
    source_free(s);
    /* told twice: of each interface the larger count */
    s = open_bytes(
        BYTES_OF(SECTION ETHERNET AFTER_DROPS("\x0a\0\0\0\0\0\0\0") STATISTICS("\0", "\1", "\2")
                     SECTION ETHERNET AFTER_DROPS("\1\0\0\0\0\0\0\0") STATISTICS("\0", "\3", "\5")),
        NULL);
    while (source_next(s, &p) == SOURCE_PACKET) {
    }
    assert_int_equal(source_input(s, 0)->dropped_interface, 8 + 3);
    assert_int_equal(source_input(s, 0)->dropped_kernel, 2 + 5);
    source_free(s);
    /* of an interface that is not there: passed over */
    s = open_bytes(BYTES_OF(SECTION STATISTICS("\0", "\1", "\2")), NULL);
    assert_int_equal(source_next(s, &p), SOURCE_END);
    assert_null(source_input(s, 0)->damaged);
    assert_false(source_input(s, 0)->drops_known);
    source_free(s);
}

/* --- clocks --- */

/* clang-format off */
static const struct {
    const char *label;
    struct bytes options; /* of the interface */
    uint64_t ticks;
    int64_t time_ns;
    bool fine;
} clocks[] = {
    {"none: microseconds", BYTES_INIT(""), 1, 1000, false},
    {"10^-3", BYTES_INIT("\x09\0\1\0\3\0\0\0"), 16001, 16001000000, false},
    {"10^0", BYTES_INIT("\x09\0\1\0\0\0\0\0"), 16, 16000000000, false},
    {"10^-6", BYTES_INIT("\x09\0\1\0\6\0\0\0"), 5, 5000, false},
    {"10^-7", BYTES_INIT("\x09\0\1\0\7\0\0\0"), 5, 500, true},
    {"10^-9", BYTES_INIT("\x09\0\1\0\x09\0\0\0"), 5, 5, true},
    {"10^-10: cut to whole ns", BYTES_INIT("\x09\0\1\0\x0a\0\0\0"), 59, 5, true},
    {"10^-127: always 1970", BYTES_INIT("\x09\0\1\0\x7f\0\0\0"), UINT64_MAX, 0, true},
    {"2^0", BYTES_INIT("\x09\0\1\0\x80\0\0\0"), 3, 3000000000, false},
    {"2^-10", BYTES_INIT("\x09\0\1\0\x8a\0\0\0"), 1536, 1500000000, false},
    {"2^-19 is coarser than a microsecond", BYTES_INIT("\x09\0\1\0\x93\0\0\0"), 524288, 1000000000, false},
    {"2^-20 is finer", BYTES_INIT("\x09\0\1\0\x94\0\0\0"), 1048576, 1000000000, true},
    {"2^-63", BYTES_INIT("\x09\0\1\0\xbf\0\0\0"), UINT64_C(1) << 62, 500000000, true},
    {"2^-127", BYTES_INIT("\x09\0\1\0\xff\0\0\0"), UINT64_MAX, 0, true},
    {"offset", BYTES_INIT("\x0e\0\x08\0\x10\0\0\0\0\0\0\0"), 1, 16000001000, false},
    {"negative offset", BYTES_INIT("\x0e\0\x08\0\xfe\xff\xff\xff\xff\xff\xff\xff"), 2000001, 1000, false},
    {"before 1970", BYTES_INIT("\x0e\0\x08\0\xfe\xff\xff\xff\xff\xff\xff\xff"), 1999999, 0, false},
    {"least offset", BYTES_INIT("\x0e\0\x08\0\0\0\0\0\0\0\0\x80"), UINT64_MAX, 0, false},
    {"largest offset", BYTES_INIT("\x0e\0\x08\0\xff\xff\xff\xff\xff\xff\xff\x7f"), UINT64_MAX, INT64_C(9000000000000000000), false},
    {"the last time there is", BYTES_INIT(""), UINT64_C(9000000000000000), INT64_C(9000000000000000000), false},
    {"one later", BYTES_INIT(""), UINT64_C(9000000000000001), INT64_C(9000000000000000000), false},
    {"largest, in seconds", BYTES_INIT("\x09\0\1\0\0\0\0\0"), UINT64_MAX, INT64_C(9000000000000000000), false},
    {"other options around", BYTES_INIT("\2\0\5\0" "eth01\0\0\0" "\x09\0\1\0\x09\0\0\0" "\x0c\0\2\0hi\0\0" "\0\0\0\0"), 5, 5, true},
    {"end comes first", BYTES_INIT("\0\0\0\0" "\x09\0\1\0\x09\0\0\0"), 5, 5000, false},
    {"option longer than the block", BYTES_INIT("\2\0\xff\0" "\x09\0\1\0\x09\0\0\0"), 5, 5000, false},
    {"half an option", BYTES_INIT("\x09\0\1\0\x09\0\0\0" "\x0e\0"), 5, 5, true},
    {"padding missing at the end", BYTES_INIT("\x09\0\1\0\x09"), 5, 5, true},
    {"resolution of two bytes is none", BYTES_INIT("\x09\0\2\0\x09\x09\0\0"), 5, 5000, false},
    {"offset of four bytes is none", BYTES_INIT("\x0e\0\4\0\x10\0\0\0"), 5, 5000, false},
};
/* clang-format on */

static void test_clocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        uint8_t body[64] = {1, 0, 0, 0, 0, 0, 4, 0};
        struct pcapng_interface interface;
        print_message("  %s\n", clocks[i].label);
        memcpy(body + 8, clocks[i].options.data, clocks[i].options.len);
        struct cursor c = {body, body + 8 + clocks[i].options.len};
        assert_true(pcapng_interface_read(&interface, c, true));
        assert_true(pcapng_interface_time(&interface, clocks[i].ticks) == clocks[i].time_ns);
        assert_int_equal(pcapng_interface_is_fine(&interface), clocks[i].fine);
    }
    struct pcapng_interface interface;
    struct cursor seven = cursor_of(BYTES_OF("\1\0\0\0\0\0\4"));
    assert_false(pcapng_interface_read(&interface, seven, true));
}

/* --- cut and damaged --- */

/* Section 28, interface 20 (from 28), packet 40 (48: data from 76, its end 81), unknown 16 (88),
 * packet 40 (104) - 144 bytes in all. */
static const struct {
    size_t from, to; /* lengths, both included */
    uint64_t packets;
    const char *damaged; /* %zu: length - base */
    size_t base;
} cuts[] = {
    {12, 27, 0, "ends inside a block that is not a packet (%zu of 28 bytes)", 0},
    {28, 28, 0, NULL, 0},
    {29, 39, 0, "ends inside the header of a block (%zu of 12 bytes)", 28},
    {40, 47, 0, "ends inside a block that is not a packet (%zu of 20 bytes)", 28},
    {48, 48, 0, NULL, 0},
    {49, 59, 0, "ends inside the header of a block (%zu of 12 bytes)", 48},
    {60, 75, 0, "ends inside the header of packet 1 (%zu of 28 bytes)", 48},
    {76, 80, 0, "ends inside packet 1 (%zu of 5 bytes)", 76},
    {81, 87, 0, "ends inside the block of packet 1 (%zu of 40 bytes)", 48},
    {88, 88, 1, NULL, 0},
    {89, 99, 1, "ends inside the header of a block (%zu of 12 bytes)", 88},
    {104, 104, 1, NULL, 0},
    {105, 115, 1, "ends inside the header of a block (%zu of 12 bytes)", 104},
    {116, 131, 1, "ends inside the header of packet 2 (%zu of 28 bytes)", 104},
    {132, 136, 1, "ends inside packet 2 (%zu of 5 bytes)", 132},
    {137, 143, 1, "ends inside the block of packet 2 (%zu of 40 bytes)", 104},
    {144, 144, 2, NULL, 0},
};

static void assert_end(struct bytes content, uint64_t packets, const char *damaged)
{
    struct packet p;
    struct source *s = open_bytes(content, NULL);
    assert_non_null(s);
    while (source_next(s, &p) == SOURCE_PACKET) {
    }
    assert_int_equal(source_input(s, 0)->packets, packets);
    if (damaged) {
        assert_non_null(source_input(s, 0)->damaged);
        assert_string_equal(source_input(s, 0)->damaged, damaged);
    } else {
        assert_null(source_input(s, 0)->damaged);
    }
    source_free(s);
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char whole[] = SECTION ETHERNET PACKET UNKNOWN PACKET;
    assert_int_equal(sizeof whole - 1, 144);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        for (size_t len = cuts[i].from; len <= cuts[i].to; len++) {
            char expected[100];
            const char *format = cuts[i].damaged;
            if (format) {
                const char *number = strstr(format, "%zu");
                snprintf(expected, sizeof expected, "%.*s%zu%s", (int)(number - format), format,
                         len - cuts[i].base, number + 3);
            }
            assert_end((struct bytes){(const uint8_t *)whole, len}, cuts[i].packets,
                       format ? expected : NULL);
        }
    }
    for (size_t len = 100; len < 104; len++) { /* inside what is passed over */
        char expected[100];
        snprintf(expected, sizeof expected,
                 "ends after packet 1, inside data that is not a packet (%zu bytes missing)",
                 104 - len);
        assert_end((struct bytes){(const uint8_t *)whole, len}, 1, expected);
    }
}

/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    uint64_t packets;
    const char *damaged;
} broken[] = {
    {"two lengths", BYTES_INIT(SECTION ETHERNET PACKET "\6\0\0\0" "\x20\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\0\0\0\0" "\x24\0\0\0"), 1,
     "is damaged after packet 1: a block's two lengths are 32 and 36 (offset 88)"},
    {"block shorter than itself", BYTES_INIT(SECTION ETHERNET PACKET "\x34\x12\0\0" "\x0b\0\0\0" "more"), 1,
     "is damaged after packet 1: a block claims 11 bytes (offset 88)"},
    {"block of length 0", BYTES_INIT(SECTION ETHERNET PACKET "\x34\x12\0\0" "\0\0\0\0" "more"), 1,
     "is damaged after packet 1: a block claims 0 bytes (offset 88)"},
    {"packet block of 16 MiB and one", BYTES_INIT(SECTION ETHERNET "\6\0\0\0" "\1\0\0\1" "more"), 0,
     "is damaged before its first packet: a block claims 16777217 bytes (offset 48)"},
    {"packet block of 16 MiB, cut", BYTES_INIT(SECTION ETHERNET "\6\0\0\0" "\0\0\0\1" "\0\0\0\0"), 0,
     "ends inside the header of packet 1 (12 of 28 bytes)"},
    {"unknown block of nearly 4 GiB", BYTES_INIT(SECTION ETHERNET "\x34\x12\0\0" "\xfc\xff\xff\xff" "more"), 0,
     "ends before its first packet, inside data that is not a packet (4294967280 bytes missing)"},
    {"packet longer than its block", BYTES_INIT(SECTION ETHERNET "\6\0\0\0" "\x24\0\0\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\5\0\0\0" "\5\0\0\0" "abcd" "\x24\0\0\0"), 0,
     "is damaged before its first packet: packet 1 claims 5 bytes in a block of 36"},
    {"packet of all ones", BYTES_INIT(SECTION ETHERNET "\6\0\0\0" "\x24\0\0\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\xff\xff\xff\xff" "\5\0\0\0" "abcd" "\x24\0\0\0"), 0,
     "is damaged before its first packet: packet 1 claims 4294967295 bytes in a block of 36"},
    {"packet block without room for its header", BYTES_INIT(SECTION ETHERNET "\6\0\0\0" "\x1c\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\x1c\0\0\0"), 0,
     "is damaged before its first packet: packet 1 has a block of 28 bytes"},
    {"simple packet without a length", BYTES_INIT(SECTION ETHERNET "\3\0\0\0" "\x0c\0\0\0" "\x0c\0\0\0"), 0,
     "is damaged before its first packet: packet 1 has a block of 12 bytes"},
    {"interface not described", BYTES_INIT(SECTION ETHERNET PACKET PACKET_RAW), 1,
     "is damaged after packet 1: packet 2 names interface 1, which is not there"},
    {"interface of the section before", BYTES_INIT(SECTION ETHERNET PACKET SECTION PACKET), 1,
     "is damaged after packet 1: packet 2 names interface 0, which is not there"},
    {"simple packet without interface", BYTES_INIT(SECTION "\3\0\0\0" "\x14\0\0\0" "\3\0\0\0" "hey\0" "\x14\0\0\0"), 0,
     "is damaged before its first packet: packet 1 names interface 0, which is not there"},
    {"interface described in 16 bytes", BYTES_INIT(SECTION "\1\0\0\0" "\x10\0\0\0" "\1\0\0\0" "\x10\0\0\0"), 0,
     "is damaged before its first packet: an interface is described in 16 bytes"},
    {"section of no byte order", BYTES_INIT(SECTION ETHERNET PACKET "\n\r\r\n" "\x1c\0\0\0" "\x4d\x3c\x2b\x1b"
        "\1\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff" "\x1c\0\0\0"), 1,
     "is damaged after packet 1: a section of unknown byte order (offset 88)"},
    {"section of version 2", BYTES_INIT(SECTION ETHERNET PACKET "\n\r\r\n" "\x1c\0\0\0" "\x4d\x3c\x2b\x1a"
        "\2\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff" "\x1c\0\0\0"), 1,
     "is damaged after packet 1: a section in pcapng version 2.0 is not supported"},
    {"section header of 16 bytes", BYTES_INIT(SECTION "\n\r\r\n" "\x10\0\0\0" "\x4d\x3c\x2b\x1a" "\x10\0\0\0"), 0,
     "is damaged before its first packet: a section header has 16 bytes"},
};
/* clang-format on */

static void test_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        print_message("  %s\n", broken[i].label);
        assert_end(broken[i].content, broken[i].packets, broken[i].damaged);
    }
}

/* More interfaces than any capture has: the memory for them is bounded. */
static void test_too_many_interfaces(void **state)
{
    (void)state;
    enum { ONE = 20, COUNT = 65537 };
    static uint8_t content[28 + ONE * COUNT];
    uint8_t *at = put_bytes(content, BYTES_OF(SECTION));
    for (size_t i = 0; i < COUNT; i++) {
        at = put_bytes(at, BYTES_OF(ETHERNET));
    }
    assert_end((struct bytes){content, sizeof content - ONE}, 0, NULL);
    assert_end((struct bytes){content, sizeof content}, 0,
               "is damaged before its first packet: more than 65536 interfaces are described");
}

/* --- secrets --- */

#define SECRETS(kind, len)                                                                         \
    "\x0a\0\0\0"                                                                                   \
    "\x1c\0\0\0" kind len "CLIENT_\n"                                                              \
    "\x1c\0\0\0"

struct heard {
    char text[64];
    size_t len;
};

static void hear(void *ctx, struct bytes lines)
{
    struct heard *h = ctx;

    assert_true(h->len + lines.len < sizeof h->text);
    memcpy(h->text + h->len, lines.data, lines.len);
    h->len += lines.len;
}

/* A TLS key log in the capture is handed to who asks, before the packets behind it. */
static void test_secrets(void **state)
{
    /* clang-format off */
    static const struct {
        const char *label;
        struct bytes content;
        const char *heard;
    } cases[] = {
        {"a key log", BYTES_INIT(SECTION ETHERNET SECRETS("KSLT", "\x08\0\0\0") PACKET), "CLIENT_\n"},
        {"before any interface, and again", BYTES_INIT(SECTION SECRETS("KSLT", "\x08\0\0\0") ETHERNET
            SECRETS("KSLT", "\x08\0\0\0") PACKET), "CLIENT_\nCLIENT_\n"},
        {"big endian", BYTES_INIT(B_SECTION B_ETHERNET "\0\0\0\x0a" "\0\0\0\x1c" "TLSK" "\0\0\0\x08" "CLIENT_\n"
            "\0\0\0\x1c" B_PACKET), "CLIENT_\n"},
        {"shorter than its block", BYTES_INIT(SECTION ETHERNET SECRETS("KSLT", "\x03\0\0\0") PACKET), "CLI"},
        {"of another kind", BYTES_INIT(SECTION ETHERNET SECRETS("KNGW", "\x08\0\0\0") PACKET), ""},
        {"longer than its block", BYTES_INIT(SECTION ETHERNET SECRETS("KSLT", "\x0d\0\0\0") PACKET), ""},
        {"without a length", BYTES_INIT(SECTION ETHERNET "\x0a\0\0\0" "\x10\0\0\0" "KSLT" "\x10\0\0\0" PACKET), ""},
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct heard heard = {.len = 0};
        struct source_file_options options = {.secrets = hear, .secrets_ctx = &heard};
        struct memory_file m = memory_file_of(cases[i].content);
        struct fail fail = {0};
        struct packet p;
        struct source *s = source_file_open(m.path, &options, &fail);
        close(m.fd);
        assert_non_null(s);
        if (source_next(s, &p) != SOURCE_PACKET || source_next(s, &p) != SOURCE_END ||
            source_input(s, 0)->damaged || strcmp(heard.text, cases[i].heard) != 0) {
            fail_msg("%s: heard '%s'", cases[i].label, heard.text);
        }
        source_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_readable),
        cmocka_unit_test(test_input_facts),
        cmocka_unit_test(test_drops),
        cmocka_unit_test(test_packet_drops),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_too_many_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
