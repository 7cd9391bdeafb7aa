/* test_source_file.c - classic pcap, gzip and what is no capture; pcapng has test_pcapng.c.
 *
 * The small capture all cuts are made of: file header 24, packet 1 16 + 4, packet 2 16 + 3 bytes.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <zlib.h>

#include "capture/source_file.h"
#include "tests/unit/memory_file.h"

/* clang-format off */
#define HEADER_LE   "\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0"
#define HEADER_BE   "\xa1\xb2\xc3\xd4" "\0\2\0\4" "\0\0\0\0" "\0\0\0\0" "\0\0\xff\xff" "\0\0\0\1"
#define HEADER_NANO "\x4d\x3c\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\0\0\4\0" "\x65\0\0\0"
#define PACKET_1    "\x10\0\0\0" "\1\0\0\0" "\4\0\0\0" "\4\0\0\0" "abcd"
#define PACKET_2    "\x11\0\0\0" "\2\0\0\0" "\3\0\0\0" "\x09\0\0\0" "efg"
#define SMALL       HEADER_LE PACKET_1 PACKET_2
/* clang-format on */

enum { SMALL_LEN = sizeof SMALL - 1 };

static struct source *open_bytes(struct bytes content, bool hash, struct fail *fail)
{
    struct source_file_options options = {.hash = hash};
    struct memory_file m = memory_file_of(content);
    struct source *s = source_file_open(m.path, &options, fail);
    close(m.fd);
    return s;
}

/* Reads to the end; how many packets came. */
static uint64_t read_all(struct source *s)
{
    struct packet p;
    uint64_t count = 0;
    while (source_next(s, &p) == SOURCE_PACKET) {
        count++;
        assert_true(mark_frame(p.mark) == count);
    }
    assert_int_equal(source_next(s, &p), SOURCE_END); /* and stays there */
    assert_int_equal(source_input(s, 0)->packets, count);
    return count;
}

/* --- what can be read --- */

/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    int linktype;
    uint32_t snaplen;
    int64_t time_ns; /* of its one packet */
    const char *data;
    uint32_t wire_len;
    bool nanoseconds;
} variants[] = {
    {"little endian", BYTES_INIT(HEADER_LE PACKET_1), 1, 65535, 16000001000, "abcd", 4, false},
    {"big endian", BYTES_INIT(HEADER_BE "\0\0\0\x10" "\0\0\0\1" "\0\0\0\4" "\0\0\0\5" "abcd"),
     1, 65535, 16000001000, "abcd", 5, false},
    {"nanoseconds", BYTES_INIT(HEADER_NANO PACKET_1), 101, 262144, 16000000001, "abcd", 4, true},
    {"nanoseconds, big endian", BYTES_INIT("\xa1\xb2\x3c\x4d" "\0\2\0\4" "\0\0\0\0" "\0\0\0\0"
        "\0\0\0\0" "\0\0\1\x14" "\0\0\0\x10" "\0\0\0\1" "\0\0\0\4" "\0\0\0\4" "abcd"),
     276, 0, 16000000001, "abcd", 4, true},
    {"8 more bytes a packet", BYTES_INIT("\x34\xcd\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0"
        "\1\0\0\0" "\x10\0\0\0" "\1\0\0\0" "\4\0\0\0" "\4\0\0\0" "\2\0\0\0" "\x08\0\0\0" "abcd"),
     1, 65535, 16000001000, "abcd", 4, false},
    {"8 more bytes a packet, big endian", BYTES_INIT("\xa1\xb2\xcd\x34" "\0\2\0\4" "\0\0\0\0" "\0\0\0\0"
        "\0\0\xff\xff" "\0\0\0\1" "\0\0\0\x10" "\0\0\0\1" "\0\0\0\4" "\0\0\0\4" "\0\0\0\2" "\x08\0\0\0" "abcd"),
     1, 65535, 16000001000, "abcd", 4, false},
    {"IXIA, by software", BYTES_INIT("\xab\1\0\x1c" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0"
        "\1\0\0\0" "\x14\0\0\0" PACKET_1), 1, 65535, 16000001000, "abcd", 4, false},
    {"IXIA, by hardware, big endian", BYTES_INIT("\x1c\0\1\xac" "\0\2\0\4" "\0\0\0\0" "\0\0\0\0"
        "\0\0\xff\xff" "\0\0\0\1" "\0\0\0\x14" "\0\0\0\x10" "\0\0\0\1" "\0\0\0\4" "\0\0\0\4" "abcd"),
     1, 65535, 16000000001, "abcd", 4, true},
    {"AIX: nanoseconds, ifType 6 is Ethernet", BYTES_INIT("\xa1\xb2\xc3\xd4" "\0\2\0\2" "\0\0\0\0" "\0\0\0\0"
        "\0\0\xff\xff" "\0\0\0\6" "\0\0\0\x10" "\0\0\0\1" "\0\0\0\5" "\0\0\0\4" "abcd"),
     1, 65535, 16000000001, "abcd", 5, true},
    {"version 2.3, lengths as before", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\3\0" "\0\0\0\0"
        "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0" "\x10\0\0\0" "\1\0\0\0" "\5\0\0\0" "\4\0\0\0" "abcd"),
     1, 65535, 16000001000, "abcd", 5, false},
    {"frame check sequence in the link type", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0"
        "\xff\xff\0\0" "\1\0\0\x44" PACKET_1), 1, 65535, 16000001000, "abcd", 4, false},
    {"version 2.2 had the lengths in other order", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\2\0" "\0\0\0\0"
        "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0" "\x10\0\0\0" "\1\0\0\0" "\5\0\0\0" "\4\0\0\0" "abcd"),
     1, 65535, 16000001000, "abcd", 5, false},
    {"a million microseconds are a second", BYTES_INIT(HEADER_LE "\x10\0\0\0" "\x40\x42\x0f\0" "\4\0\0\0"
        "\4\0\0\0" "abcd"), 1, 65535, 17000000000, "abcd", 4, false},
    {"year 2106", BYTES_INIT(HEADER_LE "\xff\xff\xff\xff" "\x3f\x42\x0f\0" "\4\0\0\0" "\4\0\0\0" "abcd"),
     1, 65535, INT64_C(4294967295999999000), "abcd", 4, false},
    {"length on the wire below the captured one", BYTES_INIT(HEADER_LE "\x10\0\0\0" "\1\0\0\0" "\4\0\0\0"
        "\0\0\0\0" "abcd"), 1, 65535, 16000001000, "abcd", 4, false},
    {"an empty packet", BYTES_INIT(HEADER_LE "\x10\0\0\0" "\1\0\0\0" "\0\0\0\0" "\x3c\0\0\0"),
     1, 65535, 16000001000, "", 60, false},
};
/* clang-format on */

static void test_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct packet p;
        struct fail fail = {0};
        print_message("  %s\n", variants[i].label);
        struct source *s = open_bytes(variants[i].content, false, &fail);
        assert_non_null(s);
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(p.linktype, variants[i].linktype);
        assert_true(p.mark.time_ns == variants[i].time_ns);
        assert_int_equal(p.wire_len, variants[i].wire_len);
        assert_int_equal(p.data.len, strlen(variants[i].data));
        assert_memory_equal(p.data.data, variants[i].data, p.data.len);
        assert_int_equal(source_next(s, &p), SOURCE_END);
        const struct source_input *in = source_input(s, 0);
        assert_int_equal(in->linktype, variants[i].linktype);
        assert_int_equal(in->snaplen, variants[i].snaplen);
        assert_int_equal(in->nanoseconds, variants[i].nanoseconds);
        assert_null(in->damaged);
        assert_true(in->size == variants[i].content.len);
        source_free(s);
    }
}

/* Where the magic does not say how long a record's header is, two records do. */
/* clang-format off */
#define HEADER_MODIFIED "\x34\xcd\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0"
#define HEAD_1 "\x10\0\0\0" "\1\0\0\0" "\4\0\0\0" "\4\0\0\0"
#define HEAD_2 "\x11\0\0\0" "\2\0\0\0" "\3\0\0\0" "\x09\0\0\0"
static const struct {
    const char *label;
    struct bytes content;
} header_lens[] = {
    {"as usual", BYTES_INIT(HEADER_LE HEAD_1 "abcd" HEAD_2 "efg")},
    {"4 more: Nokia", BYTES_INIT(HEADER_LE HEAD_1 "\2\0\0\0" "abcd" HEAD_2 "\2\0\0\0" "efg")},
    {"8 more", BYTES_INIT(HEADER_LE HEAD_1 "\2\0\0\0" "\x08\0\1\0" "abcd" HEAD_2 "\2\0\0\0" "\x08\0\1\0" "efg")},
    {"modified, 8 more",
     BYTES_INIT(HEADER_MODIFIED HEAD_1 "\2\0\0\0" "\x08\0\1\0" "abcd" HEAD_2 "\2\0\0\0" "\x08\0\1\0" "efg")},
    {"modified, 12 more", BYTES_INIT(HEADER_MODIFIED HEAD_1 "\2\0\0\0" "\x08\0\1\0" "\1\0\0\0" "abcd"
                                     HEAD_2 "\2\0\0\0" "\x08\0\1\0" "\1\0\0\0" "efg")},
};
/* clang-format on */

static void test_header_lens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_lens / sizeof header_lens[0]; i++) {
        struct packet p;
        print_message("  %s\n", header_lens[i].label);
        struct source *s = open_bytes(header_lens[i].content, false, NULL);
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(p.data.len, 4);
        assert_memory_equal(p.data.data, "abcd", 4);
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(p.data.len, 3);
        assert_memory_equal(p.data.data, "efg", 3);
        assert_true(p.mark.time_ns == 17000002000);
        assert_int_equal(source_next(s, &p), SOURCE_END);
        assert_null(source_input(s, 0)->damaged);
        source_free(s);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct packet p;
    struct source_file_options options = {.file = 3};
    /* times 16 s + 1 us, 17 s + 2 us, 16 s + 1 us again, 15.999001 s (back by exactly 1 ms), 15.998
     * s */
    struct memory_file m = memory_file_of(BYTES_OF(SMALL PACKET_1 "\x0f\0\0\0"
                                                                  "\x59\x3e\x0f\0"
                                                                  "\1\0\0\0"
                                                                  "\1\0\0\0"
                                                                  "x"
                                                                  "\x0f\0\0\0"
                                                                  "\x70\x3a\x0f\0"
                                                                  "\1\0\0\0"
                                                                  "\1\0\0\0"
                                                                  "y"));
    struct source *s = source_file_open(m.path, &options, NULL);
    const struct source_input *in = source_input(s, 0);
    assert_int_equal(source_input_count(s), 1);
    assert_string_equal(in->name, m.path);
    assert_int_equal(in->linktype, 1);
    assert_int_equal(in->first.packet, 0);
    assert_false(in->is_interface);
    while (source_next(s, &p) == SOURCE_PACKET) {
        assert_int_equal(mark_file(p.mark), 3);
    }
    assert_int_equal(in->packets, 5);
    assert_int_equal(in->bytes, 13);
    assert_int_equal(in->truncated, 1); /* packet 2: 3 of 9 */
    assert_int_equal(in->backwards, 2); /* packets 3 and 5 */
    assert_int_equal(mark_frame(in->first), 5);
    assert_true(in->first.time_ns == 15998000000);
    assert_int_equal(mark_frame(in->last), 2);
    assert_true(in->last.time_ns == 17000002000);
    assert_false(in->drops_known);
    assert_true(source_progress(s) == 1.0);
    assert_string_equal(in->sha256, "");
    source_free(s);
    close(m.fd);
}

/* --- cut and damaged --- */

/* What the small capture says when only its first len bytes are there; NULL: nothing to say. */
static const char *expected_damage(size_t len, char out[80])
{
    if (len == 24 || len == 44 || len == 63) {
        return NULL;
    }
    if (len < 40) {
        snprintf(out, 80, "ends inside the header of packet 1 (%d of 16 bytes)", (int)len - 24);
    } else if (len < 44) {
        snprintf(out, 80, "ends inside packet 1 (%d of 4 bytes)", (int)len - 40);
    } else if (len < 60) {
        snprintf(out, 80, "ends inside the header of packet 2 (%d of 16 bytes)", (int)len - 44);
    } else {
        snprintf(out, 80, "ends inside packet 2 (%d of 3 bytes)", (int)len - 60);
    }
    return out;
}

static void test_cut_everywhere(void **state)
{
    (void)state;
    char expected[80];
    assert_int_equal(SMALL_LEN, 63);
    for (size_t len = 24; len <= SMALL_LEN; len++) {
        struct source *s = open_bytes((struct bytes){(const uint8_t *)SMALL, len}, false, NULL);
        assert_non_null(s);
        assert_int_equal(read_all(s), (len >= 44) + (len >= 63));
        const char *damage = expected_damage(len, expected);
        if (damage) {
            assert_string_equal(source_input(s, 0)->damaged, damage);
        } else {
            assert_null(source_input(s, 0)->damaged);
        }
        source_free(s);
    }
}

/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    uint64_t packets;
    const char *damaged;
} broken[] = {
    {"length of all ones", BYTES_INIT(SMALL "\0\0\0\0" "\0\0\0\0" "\xff\xff\xff\xff" "\0\0\0\0" "more"), 2,
     "is damaged after packet 2: packet 3 claims 4294967295 bytes (offset 63)"},
    {"at once", BYTES_INIT(HEADER_LE "\0\0\0\0" "\0\0\0\0" "\1\0\4\0" "\0\0\0\0" "more"), 0,
     "is damaged before its first packet: packet 1 claims 262145 bytes (offset 24)"},
    {"longest that is believed, but cut", BYTES_INIT(HEADER_LE "\0\0\0\0" "\0\0\0\0" "\0\0\4\0" "\0\0\0\0" "more"),
     0, "ends inside packet 1 (4 of 262144 bytes)"},
    {"snap length of 1 MiB, packet of it, cut", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\x10\0" "\1\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\x10\0" "\0\0\0\0" "more"),
     0, "ends inside packet 1 (4 of 1048576 bytes)"},
    {"snap length of 1 MiB, packet beyond", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0"
        "\0\0\x10\0" "\1\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\0\x10\0" "\0\0\0\0" "more"),
     0, "is damaged before its first packet: packet 1 claims 1048577 bytes (offset 24)"},
    {"snap length absurd too", BYTES_INIT("\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0"
        "\xff\xff\xff\x7f" "\1\0\0\0" "\0\0\0\0" "\0\0\0\0" "\1\0\0\1" "\0\0\0\0" "more"),
     0, "is damaged before its first packet: packet 1 claims 16777217 bytes (offset 24)"},
    {"joined by cat", BYTES_INIT(SMALL SMALL), 2,
     "is damaged after packet 2: another pcap file was appended at offset 63 (mergecap joins them)"},
};
/* clang-format on */

static void test_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        print_message("  %s\n", broken[i].label);
        struct source *s = open_bytes(broken[i].content, false, NULL);
        assert_non_null(s);
        assert_int_equal(read_all(s), broken[i].packets);
        assert_string_equal(source_input(s, 0)->damaged, broken[i].damaged);
        source_free(s);
    }
}

/* --- large, slow, interrupted --- */

static void put_le(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* A packet's byte at a place, so that bytes from elsewhere are noticed. */
static uint8_t pattern(uint32_t number, uint32_t at)
{
    return (uint8_t)(number * 31 + at * 7);
}

/* Packets of all sizes over several windows, the last one as long as any may be. */
static void test_larger_than_the_window(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    size_t room = 24 + COUNT * 16 + 262144, len = 24;
    for (uint32_t n = 0; n < COUNT; n++) {
        room += n * 7 % 3001;
    }
    uint8_t *content = malloc(room);
    put_bytes(content, BYTES_OF(HEADER_LE));
    for (uint32_t n = 0; n < COUNT; n++) {
        uint32_t size = n == COUNT - 1 ? 262144 : n * 7 % 3001;
        put_le(content + len, n);
        put_le(content + len + 4, 0);
        put_le(content + len + 8, size);
        put_le(content + len + 12, size);
        for (uint32_t i = 0; i < size; i++) {
            content[len + 16 + i] = pattern(n, i);
        }
        len += 16 + size;
    }
    struct source *s = open_bytes((struct bytes){content, len}, false, NULL);
    struct packet p;
    for (uint32_t n = 0; n < COUNT; n++) {
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(p.data.len, n == COUNT - 1 ? 262144 : n * 7 % 3001);
        for (uint32_t i = 0; i < p.data.len; i++) {
            assert_true(p.data.data[i] == pattern(n, i));
        }
    }
    assert_int_equal(source_next(s, &p), SOURCE_END);
    assert_null(source_input(s, 0)->damaged);
    source_free(s);
    free(content);
}

/* The content arrives through a pipe in pieces of so many bytes. */
static struct source *open_piped(struct bytes content, size_t piece, pid_t *writer)
{
    int ends[2];
    char path[40];
    assert_int_equal(pipe(ends), 0);
    *writer = fork();
    if (*writer == 0) {
        close(ends[0]);
        for (size_t at = 0; at < content.len; at += piece) {
            size_t len = content.len - at < piece ? content.len - at : piece;
            if (write(ends[1], content.data + at, len) < 0) {
                _exit(1);
            }
        }
        _exit(0);
    }
    close(ends[1]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    struct source_file_options options = {.hash = true};
    struct source *s = source_file_open(path, &options, NULL);
    close(ends[0]);
    return s;
}

static void test_pipe(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= SMALL_LEN; piece += 3) {
        pid_t writer;
        struct source *s = open_piped(BYTES_OF(SMALL), piece, &writer);
        assert_non_null(s);
        assert_true(source_progress(s) < 0);
        assert_int_equal(read_all(s), 2);
        assert_null(source_input(s, 0)->damaged);
        assert_string_equal(source_input(s, 0)->sha256,
                            "ab23a4d9d47512758325820163ebbcfa6b3013f515c78dbca3a56f5654b24306");
        source_free(s);
        waitpid(writer, NULL, 0);
    }
}

static void on_alarm(int number)
{
    (void)number;
}

/* A live pipe holds a file header and half a packet: a signal must not be lost in the wait, nor the
 * half packet. */
static void test_signal_while_waiting(void **state)
{
    (void)state;
    int ends[2];
    char path[40];
    struct packet p;
    struct source_file_options options = {0};
    struct sigaction action = {.sa_handler = on_alarm}, before;
    struct itimerval soon = {.it_value.tv_usec = 20000};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], SMALL, 30), 30);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    struct source *s = source_file_open(path, &options, NULL);
    assert_non_null(s);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(source_next(s, &p), SOURCE_NOTHING);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(write(ends[1], SMALL + 30, SMALL_LEN - 30), SMALL_LEN - 30);
    close(ends[1]);
    close(ends[0]);
    assert_int_equal(read_all(s), 2);
    source_free(s);
}

/* --- gzip and hashes --- */

static struct bytes gzip(struct bytes in, uint8_t *out, size_t room)
{
    z_stream z = {.next_out = out, .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t copy[4096];
    assert_true(in.len <= sizeof copy);
    memcpy(copy, in.data, in.len);
    z.next_in = copy;
    z.avail_in = (uInt)in.len;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct bytes){out, (size_t)z.total_out};
}

static void test_gzip(void **state)
{
    (void)state;
    uint8_t packed[512];
    struct bytes all = gzip(BYTES_OF(SMALL), packed, sizeof packed);
    struct source *s = open_bytes(all, false, NULL);
    assert_int_equal(read_all(s), 2);
    assert_null(source_input(s, 0)->damaged);
    assert_int_equal(source_input(s, 0)->size, all.len);
    assert_true(source_progress(s) == 1.0);
    source_free(s);
}

/* Two members, cut in the middle of a packet, and zeros behind, as from a tape. */
static void test_gzip_members(void **state)
{
    (void)state;
    uint8_t packed[512] = {0};
    struct bytes one = gzip((struct bytes){(const uint8_t *)SMALL, 50}, packed, sizeof packed);
    struct bytes two = gzip((struct bytes){(const uint8_t *)SMALL + 50, SMALL_LEN - 50},
                            packed + one.len, sizeof packed - one.len);
    size_t len = one.len + two.len;
    struct source *s = open_bytes((struct bytes){packed, len}, false, NULL);
    assert_int_equal(read_all(s), 2);
    assert_null(source_input(s, 0)->damaged);
    source_free(s);
    s = open_bytes((struct bytes){packed, len + 20}, false, NULL);
    assert_int_equal(read_all(s), 2);
    assert_null(source_input(s, 0)->damaged);
    source_free(s);
    put_bytes(packed + len, BYTES_OF("junk"));
    s = open_bytes((struct bytes){packed, len + 4}, false, NULL);
    assert_int_equal(read_all(s), 2);
    assert_string_equal(source_input(s, 0)->damaged,
                        "has broken gzip data after packet 2 (incorrect header check)");
    source_free(s);
}

/* Cut anywhere, gzip data gives what it can, and says so. */
static void test_gzip_cut_everywhere(void **state)
{
    (void)state;
    uint8_t packed[512];
    struct bytes all = gzip(BYTES_OF(SMALL), packed, sizeof packed);
    uint64_t most = 0;
    for (size_t len = 1; len < all.len; len++) {
        struct fail fail = {0};
        struct source *s = open_bytes((struct bytes){packed, len}, false, &fail);
        if (!s) {
            assert_int_equal(fail.status, STATUS_NO_INPUT);
            continue;
        }
        char expected[80] = "ends inside its gzip data, before its first packet";
        uint64_t packets = read_all(s);
        if (packets > 0) {
            snprintf(expected, sizeof expected, "ends inside its gzip data, after packet %d",
                     (int)packets);
        }
        assert_string_equal(source_input(s, 0)->damaged, expected);
        assert_true(packets >= most);
        most = packets;
        source_free(s);
    }
    assert_int_equal(most, 2); /* only its checksum was missing at the end */
}

static void test_gzip_checksum(void **state)
{
    (void)state;
    uint8_t packed[512];
    struct bytes all = gzip(BYTES_OF(SMALL), packed, sizeof packed);
    packed[all.len - 5] ^= 1;
    struct source *s = open_bytes(all, false, NULL);
    assert_int_equal(read_all(s), 2);
    assert_string_equal(source_input(s, 0)->damaged,
                        "has broken gzip data after packet 2 (incorrect data check)");
    source_free(s);
}

static void test_hash(void **state)
{
    (void)state;
    struct source *s = open_bytes(BYTES_OF(SMALL), true, NULL);
    struct packet p;
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    assert_string_equal(source_input(s, 0)->sha256, ""); /* not yet */
    while (source_next(s, &p) == SOURCE_PACKET) {
    }
    assert_string_equal(source_input(s, 0)->sha256,
                        "ab23a4d9d47512758325820163ebbcfa6b3013f515c78dbca3a56f5654b24306");
    source_free(s);
    /* also what stands behind the damage belongs to the file */
    s = open_bytes(BYTES_OF(SMALL SMALL), true, NULL);
    assert_int_equal(read_all(s), 2);
    assert_string_equal(source_input(s, 0)->sha256,
                        "fe55d72bd95667bdb256811a4891361e1c45328ef6d329b1fa9dbce2217d9812");
    source_free(s);
}

/* --- what is no capture --- */

/* clang-format off */
static const struct {
    const char *label;
    struct bytes content;
    const char *message; /* behind the name */
} foreign[] = {
    {"empty", BYTES_INIT(""),
     " is empty: not even a capture's header was written; "
     "a capturing program may still hold it in memory: end it, or let it write at once (tcpdump -U)"},
    {"header, one byte", BYTES_INIT("\xd4"), " is not a capture: it is too short to be one (1 bytes)"},
    {"header, magic only", BYTES_INIT("\xd4\xc3\xb2\xa1"),
     " ends inside the header of a capture (4 of 24 bytes)"},
    {"header, one byte short", {(const uint8_t *)HEADER_LE, 23},
     " ends inside the header of a capture (23 of 24 bytes)"},
    {"pcapng, one byte short", BYTES_INIT("\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b"),
     " ends inside the header of a capture (11 of 24 bytes)"},
    {"a log", BYTES_INIT("Mar 10 14:12:11 mx1 postfix/smtpd[311]: connect from unknown\nMar 10 14:12:12 mx1"),
     " is not a capture: it starts with text (\"Mar 10 14:12:11 mx...\"); "
     "for MTA logs use your MTA's own tools; to record a capture: tcpdump -i eth0 -w gw.pcap port 25"},
    {"short text, behind an empty line", BYTES_INIT("\r\nhello\r\nworld"),
     " is not a capture: it starts with text (\"hello\"); "
     "for MTA logs use your MTA's own tools; to record a capture: tcpdump -i eth0 -w gw.pcap port 25"},
    {"text with an escape sequence", BYTES_INIT("\x1b]0;title\x1b\\ hidden, and more\n"),
     " is not a capture: it starts with text (\"\\x1B]0;title\\x1B\\\\ hidden...\"); "
     "for MTA logs use your MTA's own tools; to record a capture: tcpdump -i eth0 -w gw.pcap port 25"},
    {"zstd in name only", BYTES_INIT("\x28\xb5\x2f\xfd" "\xff\xff\xff\xff" "01234567890"),
     " is zstd data that breaks off before a capture's header"},
    {"lz4 in name only", BYTES_INIT("\4\x22\x4d\x18" "\xff\xff\xff\xff" "01234567890"),
     " is lz4 data that breaks off before a capture's header"},
    {"legacy lz4", BYTES_INIT("\2\x21\x4c\x18" "0123456789012345678901234567890"),
     " is compressed with lz4's legacy format, which is not read directly; "
     "unpack it on the way: lz4 -dc FILE | wiretale read -"},
    {"xz", BYTES_INIT("\xfd" "7zXZ\0" "012345678901234567890123456"),
     " is compressed with xz, which is not read directly; "
     "unpack it on the way: xz -dc FILE | wiretale read -"},
    {"zip", BYTES_INIT("PK\3\4\0\0\0\0"),
     " is compressed with zip, which is not read directly; "
     "unpack it on the way: unzip -p FILE | wiretale read -"},
    {"snoop", BYTES_INIT("snoop\0\0\0\0\0\0\2\0\0\0\4"),
     " is a snoop capture, which is not supported yet; "
     "convert it: editcap -F pcapng FILE out.pcapng"},
    {"Network Monitor", BYTES_INIT("GMBU\0\2\1\0"),
     " is a Microsoft Network Monitor capture, which is not supported yet; "
     "convert it: editcap -F pcapng FILE out.pcapng"},
    {"a program", BYTES_INIT("\x7f" "ELF\2\1\1\0\0\0\0\0"), " is not a capture: it is a program"},
    {"anything", BYTES_INIT("\0\1\2\3\4\5\6\7\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90"),
     " is not a capture: it starts with the bytes 00 01 02 03 04 05 06 07, as no capture format "
     "known here does"},
    {"a pcap magic in neither order", BYTES_INIT("\xa1\xb2\xd4\xc3" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0"),
     " is not a capture: it starts with the bytes a1 b2 d4 c3 02 00 04 00, as no capture format "
     "known here does"},
};
/* clang-format on */

static void assert_refused(struct bytes content, const char *message)
{
    char expected[FAIL_TEXT_MAX];
    struct fail fail = {0};
    struct source_file_options options = {0};
    struct memory_file m = memory_file_of(content);
    assert_null(source_file_open(m.path, &options, &fail));
    assert_int_equal(fail.status, STATUS_NO_INPUT);
    snprintf(expected, sizeof expected, "%s%s", m.path, message);
    assert_string_equal(fail.text, expected);
    close(m.fd);
}

static void test_foreign(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        print_message("  %s\n", foreign[i].label);
        assert_refused(foreign[i].content, foreign[i].message);
    }
}

static void test_foreign_inside_gzip(void **state)
{
    (void)state;
    uint8_t packed[512];
    assert_refused(gzip(BYTES_OF("Mar 10 14:12:11 mx1 postfix/smtpd"), packed, sizeof packed),
                   " is not a capture: unpacked, it starts with text (\"Mar 10 14:12:11 mx...\"); "
                   "for MTA logs use your MTA's own tools; to record a capture: "
                   "tcpdump -i eth0 -w gw.pcap port 25");
    assert_refused(gzip(BYTES_OF(""), packed, sizeof packed),
                   " is empty once unpacked: not even a capture's header was written; "
                   "a capturing program may still hold it in memory: end it, or let it write at "
                   "once (tcpdump -U)");
    assert_refused(BYTES_OF("\x1f\x8b\x08\0\0\0\0\0\0\3"),
                   " is gzip data that breaks off before a capture's header");
}

static void assert_cannot_open(const char *path, const char *message)
{
    struct fail fail = {0};
    struct source_file_options options = {0};
    assert_null(source_file_open(path, &options, &fail));
    assert_int_equal(fail.status, STATUS_NO_INPUT);
    assert_string_equal(fail.text, message);
}

static void test_cannot_open(void **state)
{
    (void)state;
    assert_cannot_open("/nowhere/gw.pcap",
                       "cannot read /nowhere/gw.pcap: no such file or directory");
    assert_cannot_open("/nowhere/\x1b[2J",
                       "cannot read /nowhere/\\x1B[2J: no such file or directory");
    assert_cannot_open("", "cannot read : no such file or directory");
    assert_cannot_open("/proc", "/proc is a directory, not a capture; name the files in it");
}

/* One of many: looked at, given back, read when it is asked; another file may then be there. */
static void test_many(void **state)
{
    (void)state;
    char path[] = "/tmp/wiretale-test-XXXXXX", other[] = "/tmp/wiretale-test-XXXXXX";
    struct source_file_options options = {.many = true, .hash = true, .file = 7};
    struct packet p;
    int64_t time_ns;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, SMALL, SMALL_LEN), SMALL_LEN);
    close(fd);
    struct source *s = source_file_open(path, &options, NULL);
    struct source *changed = source_file_open(path, &options, NULL);
    assert_int_equal(open("/", O_RDONLY | O_CLOEXEC), fd); /* none is held */
    close(fd);
    assert_true(source_rests(s, &time_ns));
    assert_true(time_ns == 16000001000);
    assert_int_equal(source_input(s, 0)->packets, 0);
    assert_true(source_progress(s) == 0.0);
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    assert_false(source_rests(s, &time_ns));
    assert_int_equal(mark_file(p.mark), 7);
    assert_int_equal(source_next(s, &p), SOURCE_PACKET);
    assert_int_equal(source_next(s, &p), SOURCE_END);
    assert_int_equal(source_input(s, 0)->packets, 2);
    assert_int_equal(source_input(s, 0)->size, SMALL_LEN);
    assert_int_equal(strlen(source_input(s, 0)->sha256), 64);
    assert_true(source_progress(s) == 1.0);
    source_free(s);
    fd = mkstemp(other);
    close(fd);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(source_next(changed, &p), SOURCE_END);
    assert_string_equal(source_input(changed, 0)->damaged, "changed while it was read");
    source_free(changed);
    unlink(path);
}

static void test_no_permission(void **state)
{
    (void)state;
    char path[] = "/tmp/wiretale-test-XXXXXX", expected[200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0), 0);
    bool was_root = geteuid() == 0;
    if (was_root) {
        assert_int_equal(seteuid(65534), 0);
    }
    snprintf(expected, sizeof expected,
             "cannot read %s: permission denied; "
             "if root recorded it, let root read it: sudo cat FILE | wiretale read -",
             path);
    assert_cannot_open(path, expected);
    if (was_root) {
        assert_int_equal(seteuid(0), 0);
    }
    unlink(path);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_header_lens),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_larger_than_the_window),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_signal_while_waiting),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_gzip_members),
        cmocka_unit_test(test_gzip_cut_everywhere),
        cmocka_unit_test(test_gzip_checksum),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_foreign_inside_gzip),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_no_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
