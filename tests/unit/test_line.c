/* test_line.c - one side cut into lines: whole, split anywhere, too long, without an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/smtp/line.h"

struct bench {
    struct smtp_line_cutter cutter;
    struct chunk chunk;
    struct smtp_feed feed;
    uint64_t offset;
};

/* The next packet's bytes. A copy of their exact size, so that ASan sees a step beyond. */
static uint8_t *give(struct bench *b, const void *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, data, len);
    b->chunk.mark.packet++;
    b->chunk.mark.time_ns += 1000;
    b->chunk.peer_ack += 10;
    b->feed = (struct smtp_feed){&b->chunk, {copy, len}, b->offset};
    b->offset += len;
    return copy;
}

static void test_lines(void **state)
{
    static const struct {
        const char *label, *wire;
        size_t len; /* 0: as long as the string */
        const char *text;
        size_t text_len;
        uint8_t flags;
    } cases[] = {
        {"CRLF", "QUIT\r\n", 0, "QUIT", 4, 0},
        {"bare LF", "QUIT\n", 0, "QUIT", 4, LINE_BARE_LF},
        {"empty", "\r\n", 0, "", 0, 0},
        {"LF alone", "\n", 0, "", 0, LINE_BARE_LF},
        {"CR inside", "QU\rIT\r\n", 0, "QU\rIT", 5, LINE_CONTROL},
        {"two CRs", "QUIT\r\r\n", 0, "QUIT\r", 5, LINE_CONTROL},
        {"NUL inside", "QU\0IT\r\n", 7, "QU\0IT", 5, LINE_NUL},
        {"TAB is none", "NOOP\tx\r\n", 0, "NOOP\tx", 6, 0},
        {"DEL is one", "\x7f\r\n", 0, "\x7f", 1, LINE_CONTROL},
        {"8 bit", "caf\xc3\xa9\r\n", 0, "caf\xc3\xa9", 5, LINE_EIGHT_BIT},
        {"all of them far apart", "0123456789\0 0123456789\x01 0123456789\x80\r\n", 37,
         "0123456789\0 0123456789\x01 0123456789\x80", 35,
         LINE_NUL | LINE_CONTROL | LINE_EIGHT_BIT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = cases[i].len ? cases[i].len : strlen(cases[i].wire);
        for (size_t cut = 0; cut < len; cut++) { /* 0: in one piece */
            struct bench b = {0};
            struct smtp_line line;
            uint8_t *first = give(&b, cases[i].wire, cut ? cut : len), *second = NULL;
            bool whole = smtp_line_take(&b.cutter, &b.feed, &line);
            if (cut) {
                assert_false(whole);
                assert_int_equal(b.feed.left.len, 0);
                assert_false(smtp_line_at_start(&b.cutter));
                free(first);
                first = NULL;
                second = give(&b, cases[i].wire + cut, len - cut);
                whole = smtp_line_take(&b.cutter, &b.feed, &line);
            }
            if (!whole || line.text.len != cases[i].text_len || line.flags != cases[i].flags ||
                (line.text.len && memcmp(line.text.data, cases[i].text, line.text.len) != 0)) {
                fail_msg("%s, cut at %zu: flags %u", cases[i].label, cut, line.flags);
            }
            assert_int_equal(line.offset, 0);
            assert_int_equal(line.end, len);
            assert_int_equal(line.first.packet, 1);
            assert_int_equal(line.last.packet, cut ? 2 : 1);
            assert_int_equal(line.peer_ack, 10);
            assert_true(smtp_line_at_start(&b.cutter));
            assert_false(smtp_line_take(&b.cutter, &b.feed, &line)); /* nothing more */
            free(first);
            free(second);
            smtp_line_free(&b.cutter);
        }
    }
}

static void test_several_in_one(void **state)
{
    struct bench b = {0};
    struct smtp_line line;
    uint8_t *data = give(&b, "A\r\nBB\nCCC", 9);

    (void)state;
    assert_true(smtp_line_take(&b.cutter, &b.feed, &line));
    assert_int_equal(line.end, 3);
    assert_ptr_equal(line.text.data, data); /* read in place */
    assert_true(smtp_line_take(&b.cutter, &b.feed, &line));
    assert_int_equal(line.offset, 3);
    assert_int_equal(line.end, 6);
    assert_int_equal(line.flags, LINE_BARE_LF);
    assert_false(smtp_line_take(&b.cutter, &b.feed, &line));
    free(data);
    assert_true(smtp_line_flush(&b.cutter, (struct mark){9, 9}, &line));
    assert_int_equal(line.text.len, 3);
    assert_memory_equal(line.text.data, "CCC", 3);
    assert_int_equal(line.flags, LINE_UNTERMINATED);
    assert_int_equal(line.end, 9);
    assert_int_equal(line.last.packet, 9);
    assert_false(smtp_line_flush(&b.cutter, (struct mark){9, 9}, &line));
    smtp_line_free(&b.cutter);
}

/* At the limit, one below, one above; in one piece and in small ones. */
static void test_longest(void **state)
{
    (void)state;
    for (size_t len = LIMIT_LINE - 3; len <= LIMIT_LINE + 3; len++) {
        size_t kept[2] = {0, 0};
        uint8_t flags[2] = {0, 0};
        uint8_t *wire = malloc(len + 2);
        assert_non_null(wire);
        memset(wire, 'x', len);
        memcpy(wire + len, "\r\n", 2);
        for (int small = 0; small < 2; small++) {
            struct bench b = {0};
            struct smtp_line line;
            bool whole = false;
            for (size_t at = 0; at < len + 2; at += small ? 1000 : len + 2) {
                size_t left = len + 2 - at;
                uint8_t *data = give(&b, wire + at, small && left > 1000 ? 1000 : left);
                whole = smtp_line_take(&b.cutter, &b.feed, &line);
                if (whole) {
                    kept[small] = line.text.len;
                    flags[small] = line.flags;
                    assert_int_equal(line.end, len + 2);
                }
                free(data);
            }
            assert_true(whole);
            smtp_line_free(&b.cutter);
        }
        free(wire);
        assert_int_equal(kept[0], kept[1]);
        assert_int_equal(flags[0], flags[1]);
        assert_true(kept[0] <= LIMIT_LINE);
        if (len <= LIMIT_LINE - 1) { /* fits with its CR */
            assert_int_equal(kept[0], len);
            assert_int_equal(flags[0], 0);
        } else {
            assert_int_equal(flags[0], LINE_LONG);
        }
    }
}

/* A line without an end takes no more memory than the limit. */
static void test_endless(void **state)
{
    static uint8_t block[65536];
    struct bench b = {0};
    struct smtp_line line;
    uint8_t *data;

    (void)state;
    memset(block, 'y', sizeof block);
    for (int i = 0; i < 1000; i++) {
        data = give(&b, block, sizeof block);
        assert_false(smtp_line_take(&b.cutter, &b.feed, &line));
        free(data);
        assert_true(b.cutter.held_size <= 2 * LIMIT_LINE);
    }
    data = give(&b, "\n", 1);
    assert_true(smtp_line_take(&b.cutter, &b.feed, &line));
    free(data);
    assert_int_equal(line.end - line.offset, UINT64_C(65536000) + 1);
    assert_int_equal(smtp_line_len(&line), 65536001);
    assert_int_equal(line.flags, LINE_LONG | LINE_BARE_LF);
    line.len = UINT64_C(1) << 32;
    assert_int_equal(smtp_line_len(&line), UINT32_MAX);
    smtp_line_free(&b.cutter);
}

static void test_gap(void **state)
{
    struct bench b = {0};
    struct smtp_line line;
    uint8_t *data = give(&b, "half a li", 9);

    (void)state;
    assert_false(smtp_line_take(&b.cutter, &b.feed, &line));
    free(data);
    smtp_line_gap(&b.cutter);
    assert_true(smtp_line_at_start(&b.cutter));
    data = give(&b, "ne\r\nnext\r\n", 10);
    assert_true(smtp_line_take(&b.cutter, &b.feed, &line));
    assert_int_equal(line.text.len, 2);
    assert_int_equal(line.flags, LINE_AFTER_GAP);
    assert_true(smtp_line_take(&b.cutter, &b.feed, &line));
    assert_int_equal(line.flags, 0);
    free(data);
    smtp_line_free(&b.cutter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),   cmocka_unit_test(test_several_in_one),
        cmocka_unit_test(test_longest), cmocka_unit_test(test_endless),
        cmocka_unit_test(test_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
