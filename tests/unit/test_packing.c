/* test_packing.c - sessions told the same whether they were packed between their packets or not.
 *
 * Recordings are read side by side, a packet of each in turn, so that nearly every packet is of
 * another session than the one before; with no room for sessions that are not packed, each of them
 * is packed and unpacked at every packet.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/source_file.h"
#include "dissect/dissect.h"
#include "tests/support/telling.h"

enum { SIDE_BY_SIDE = 12, SESSIONS_MAX = 512, LOOK_EVERY = 50 };

struct told {
    char *text[SESSIONS_MAX];
    size_t count, looks;
};

static void take(void *ctx, struct session *s)
{
    struct told *t = ctx;

    assert_true(t->count < SESSIONS_MAX);
    t->text[t->count++] = telling_full(s);
    session_free(s);
}

static void look(void *ctx, struct session *s)
{
    struct told *t = ctx;

    free(telling_full(s)); /* everything in it can be read */
    t->looks++;
}

static void read_all(char **paths, size_t count, size_t max_warm_bytes, struct told *t)
{
    static const uint16_t ports[] = {25, 465, 587};
    struct source_file_options files = {.file = 0};
    struct dissect_options o = {.ports = ports, .port_count = 3, .max_warm_bytes = max_warm_bytes};
    struct dissect *d = dissect_new(&o, take, t);
    struct source *source[SIDE_BY_SIDE];
    struct packet packet;
    struct fail fail;
    uint64_t packets = 0;

    memset(t, 0, sizeof *t);
    assert_non_null(d);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(source[i] = source_file_open(paths[i], &files, &fail));
    }
    for (size_t left = count; left > 0;) {
        left = 0;
        for (size_t i = 0; i < count; i++) {
            if (source[i] && source_next(source[i], &packet) == SOURCE_PACKET) {
                packet.mark.packet = ++packets;
                dissect_packet(d, &packet);
                left++;
            }
            if (packets % LOOK_EVERY == 0) {
                dissect_each_open(d, look, t);
            }
        }
    }
    dissect_end(d);
    for (size_t i = 0; i < count; i++) {
        source_free(source[i]);
    }
    dissect_free(d);
}

static void compare(char **paths, size_t count, size_t *sessions)
{
    static struct told warm, packed;

    read_all(paths, count, 0, &warm);
    read_all(paths, count, 1, &packed);
    assert_int_equal(warm.count, packed.count);
    assert_int_equal(warm.looks, packed.looks);
    for (size_t i = 0; i < warm.count; i++) {
        assert_string_equal(warm.text[i], packed.text[i]);
        free(warm.text[i]);
        free(packed.text[i]);
    }
    *sessions += warm.count;
}

static void test_same(void **state)
{
    glob_t found;
    size_t sessions = 0;

    (void)state;
    assert_int_equal(glob("pcaps/lab/*.pcap", 0, NULL, &found), 0);
    for (size_t at = 0; at < found.gl_pathc; at += SIDE_BY_SIDE) {
        size_t left = found.gl_pathc - at;
        compare(found.gl_pathv + at, left < SIDE_BY_SIDE ? left : SIDE_BY_SIDE, &sessions);
    }
    assert_true(sessions > 200);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
