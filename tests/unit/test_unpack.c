/* test_unpack.c - the same small capture through every compression: whole, in members, cut, broken,
 * from a pipe, and what would unpack to more than memory holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/source_file.h"
#include "tests/unit/memory_file.h"

/* clang-format off */
#define CAPTURE "\xd4\xc3\xb2\xa1" "\2\0\4\0" "\0\0\0\0" "\0\0\0\0" "\xff\xff\0\0" "\1\0\0\0" \
                "\x10\0\0\0" "\1\0\0\0" "\4\0\0\0" "\4\0\0\0" "abcd" \
                "\x11\0\0\0" "\2\0\0\0" "\3\0\0\0" "\x09\0\0\0" "efg"
/* clang-format on */

enum { CAPTURE_LEN = sizeof CAPTURE - 1, ROOM = 4096, DAMAGE_MAX = 100 };

static size_t pack_gzip(struct bytes in, uint8_t *out)
{
    z_stream z = {.next_out = out, .avail_out = ROOM};
    uint8_t copy[ROOM];
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    memcpy(copy, in.data, in.len);
    z.next_in = copy;
    z.avail_in = (uInt)in.len;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static size_t pack_zstd(struct bytes in, uint8_t *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t len = ZSTD_compress2(context, out, ROOM, in.data, in.len);
    assert_false(ZSTD_isError(len));
    ZSTD_freeCCtx(context);
    return len;
}

static size_t pack_lz4(struct bytes in, uint8_t *out)
{
    LZ4F_preferences_t how = {.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled};
    size_t len = LZ4F_compressFrame(out, ROOM, in.data, in.len, &how);
    assert_false(LZ4F_isError(len));
    return len;
}

static const struct {
    const char *name;
    size_t (*pack)(struct bytes in, uint8_t *out);
    const char *wrong_sum; /* what its library says of a wrong checksum */
} formats[] = {
    {"gzip", pack_gzip, "incorrect data check"},
    {"zstd", pack_zstd, "Restored data doesn't match checksum"},
    {"lz4", pack_lz4, "ERROR_contentChecksum_invalid"},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* Reads to the end; how many packets came, and what was damaged ("" nothing). */
static int read_bytes(struct bytes content, char damaged[DAMAGE_MAX])
{
    struct source_file_options options = {0};
    struct fail fail = {0};
    struct memory_file m = memory_file_of(content);
    struct source *s = source_file_open(m.path, &options, &fail);
    struct packet p;
    int count = 0;
    close(m.fd);
    if (!s) {
        assert_int_equal(fail.status, STATUS_NO_INPUT);
        return -1;
    }
    while (source_next(s, &p) == SOURCE_PACKET) {
        count++;
    }
    const char *said = source_input(s, 0)->damaged;
    snprintf(damaged, DAMAGE_MAX, "%s", said ? said : "");
    if (!said) {
        assert_int_equal(source_input(s, 0)->size, content.len);
        assert_true(source_progress(s) == 1.0);
    }
    source_free(s);
    return count;
}

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[ROOM];
        char damaged[DAMAGE_MAX];
        size_t len = formats[i].pack(BYTES_OF(CAPTURE), packed);
        assert_int_equal(read_bytes((struct bytes){packed, len}, damaged), 2);
        assert_string_equal(damaged, "");
    }
}

/* Two members, the first of which ends in the middle of a packet; padding; something else. */
static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[3 * ROOM] = {0};
        char damaged[DAMAGE_MAX];
        struct bytes all = BYTES_OF(CAPTURE);
        size_t len = formats[i].pack((struct bytes){all.data, 50}, packed);
        len += formats[i].pack((struct bytes){all.data + 50, all.len - 50}, packed + len);
        assert_int_equal(read_bytes((struct bytes){packed, len}, damaged), 2);
        assert_string_equal(damaged, "");
        assert_int_equal(read_bytes((struct bytes){packed, len + 20}, damaged), 2);
        assert_string_equal(damaged, "");
        packed[len + 19] = 1;
        assert_int_equal(read_bytes((struct bytes){packed, len + 20}, damaged), 2);
        assert_non_null(
            strstr(damaged, " data after packet 2 (other data behind its last member)"));
        memcpy(packed + len, "junk", 4);
        assert_int_equal(read_bytes((struct bytes){packed, len + 20}, damaged), 2);
        assert_non_null(strstr(damaged, " data after packet 2 ("));
    }
}

/* zstd and lz4 share frames that carry something else. */
static void test_skippable(void **state)
{
    (void)state;
    for (size_t i = 1; i < FORMATS; i++) {
        uint8_t packed[2 * ROOM];
        char damaged[DAMAGE_MAX];
        struct bytes all = BYTES_OF(CAPTURE);
        size_t len = formats[i].pack((struct bytes){all.data, 50}, packed);
        len = (size_t)(put_bytes(packed + len, BYTES_OF("\x57\x2a\x4d\x18"
                                                        "\3\0\0\0"
                                                        "abc")) -
                       packed);
        len += formats[i].pack((struct bytes){all.data + 50, all.len - 50}, packed + len);
        assert_int_equal(read_bytes((struct bytes){packed, len}, damaged), 2);
        assert_string_equal(damaged, "");
    }
    uint8_t packed[ROOM];
    char damaged[DAMAGE_MAX];
    size_t begin = (size_t)(put_bytes(packed, BYTES_OF("\x50\x2a\x4d\x18"
                                                       "\4\0\0\0"
                                                       "\x40\0\0\0")) -
                            packed);
    size_t len = begin + pack_zstd(BYTES_OF(CAPTURE), packed + begin);
    assert_int_equal(read_bytes((struct bytes){packed, len}, damaged), 2);
    assert_string_equal(damaged, "");
}

/* Cut anywhere, it gives what it can, and says so. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[ROOM];
        char damaged[DAMAGE_MAX], expected[DAMAGE_MAX];
        size_t all = formats[i].pack(BYTES_OF(CAPTURE), packed);
        int most = -1;
        for (size_t len = 5; len < all; len++) {
            int count = read_bytes((struct bytes){packed, len}, damaged);
            assert_true(count >= most);
            most = count;
            if (count >= 0) {
                snprintf(expected, sizeof expected,
                         count ? "ends inside its %s data, after packet %d"
                               : "ends inside its %s data, before its first packet",
                         formats[i].name, count);
                assert_string_equal(damaged, expected);
            }
        }
        assert_int_equal(most, 2); /* only its checksum was missing at the end */
    }
}

static void test_checksum(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[ROOM];
        char damaged[DAMAGE_MAX], expected[DAMAGE_MAX];
        size_t len = formats[i].pack(BYTES_OF(CAPTURE), packed);
        packed[i == 0 ? len - 5 : len - 1] ^= 1; /* behind gzip's stands the length */
        int count = read_bytes((struct bytes){packed, len}, damaged);
        snprintf(expected, sizeof expected, "has broken %s data after packet 2 (%s)",
                 formats[i].name, formats[i].wrong_sum);
        assert_int_equal(count, 2);
        assert_string_equal(damaged, expected);
    }
}

/* One flipped bit anywhere: whatever comes out, reading ends. */
static void test_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[ROOM];
        char damaged[DAMAGE_MAX];
        size_t len = formats[i].pack(BYTES_OF(CAPTURE), packed);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_true(read_bytes((struct bytes){packed, len}, damaged) >= -1);
            packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void test_twice(void **state)
{
    (void)state;
    uint8_t once[ROOM], packed[ROOM];
    struct source_file_options options = {0};
    struct fail fail = {0};
    size_t len = pack_lz4(BYTES_OF(CAPTURE), once);
    len = pack_gzip((struct bytes){once, len}, packed);
    struct memory_file m = memory_file_of((struct bytes){packed, len});
    assert_null(source_file_open(m.path, &options, &fail));
    assert_string_equal(fail.text + strlen(m.path),
                        " is compressed twice, with lz4 inside gzip; unpack it once on the way: "
                        "gzip -dc FILE | wiretale read -");
    close(m.fd);
}

/* A frame that wants a window of 2 GiB is refused; before that nothing is allocated. */
static void test_window_too_large(void **state)
{
    (void)state;
    char damaged[DAMAGE_MAX];
    assert_int_equal(read_bytes(BYTES_OF("\x28\xb5\x2f\xfd"
                                         "\0\xa8"
                                         "\1\0\0"
                                         "0123456789"),
                                damaged),
                     -1);
}

/* 64 MiB of zeros in a few KiB, behind the header of a capture: read in little memory. Zeros are
 * empty packets. */
static void test_bomb(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, PIECES = 64 };
    size_t room = 1 << 20, len = 0;
    uint8_t *packed = malloc(room), *zeros = calloc(1, PIECE);
    char damaged[DAMAGE_MAX];
    assert_non_null(packed);
    assert_non_null(zeros);
    len = ZSTD_compress(packed, room, CAPTURE, 24, 1);
    for (int i = 0; i < PIECES; i++) {
        len += ZSTD_compress(packed + len, room - len, zeros, PIECE, 1);
    }
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(read_bytes((struct bytes){packed, len}, damaged), PIECES * (PIECE / 16));
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024); /* KiB */
    free(packed);
    free(zeros);
}

/* Packed data may come slowly: a packet is there as soon as its bytes are. */
static void test_pipe(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        uint8_t packed[2 * ROOM];
        char path[40];
        struct source_file_options options = {0};
        struct packet p;
        int ends[2];
        struct bytes all = BYTES_OF(CAPTURE);
        size_t one = formats[i].pack((struct bytes){all.data, 44}, packed);
        size_t two = formats[i].pack((struct bytes){all.data + 44, all.len - 44}, packed + one);
        assert_int_equal(pipe(ends), 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        assert_int_equal(write(ends[1], packed, one), one);
        struct source *s = source_file_open(path, &options, NULL);
        assert_non_null(s);
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(write(ends[1], packed + one, two), two);
        close(ends[1]);
        assert_int_equal(source_next(s, &p), SOURCE_PACKET);
        assert_int_equal(source_next(s, &p), SOURCE_END);
        assert_null(source_input(s, 0)->damaged);
        source_free(s);
        close(ends[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),     cmocka_unit_test(test_members),
        cmocka_unit_test(test_skippable), cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_checksum),  cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_twice),     cmocka_unit_test(test_window_too_large),
        cmocka_unit_test(test_bomb),      cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
