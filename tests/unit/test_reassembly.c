/* test_reassembly.c - both directions in order: what is handed on, when, and what is a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/limits.h"
#include "dissect/tcp/reassembly.h"
#include "dissect/text.h"

static const enum side C = SIDE_CLIENT, S = SIDE_SERVER;

static const int64_t ms = 1000000;

/* Everything handed on, one word each: "C0:abc", "S3:gap2", behind a gap "a" for acknowledged, "s"
 * for cut by the snap length. */
struct bench {
    struct reassembly r;
    size_t held;
    char told[4096];
    size_t len;
    uint64_t packet, bytes;
    int64_t now_ns;
    bool conflict;
    bool quiet;
};

static void record(void *ctx, const struct chunk *chunk)
{
    struct bench *b = ctx;
    char side = chunk->side == SIDE_CLIENT ? 'C' : 'S';

    assert_int_not_equal(chunk->kind, CHUNK_END);
    if (chunk->kind == CHUNK_DATA) {
        b->bytes += chunk->data.len;
    }
    if (b->quiet) {
        return;
    }
    if (chunk->kind == CHUNK_DATA) {
        b->len += (size_t)snprintf(b->told + b->len, sizeof b->told - b->len, "%s%c%llu:%.*s",
                                   b->len ? " " : "", side, (unsigned long long)chunk->offset,
                                   (int)chunk->data.len, (const char *)chunk->data.data);
    } else {
        b->len += (size_t)snprintf(
            b->told + b->len, sizeof b->told - b->len, "%s%c%llu:gap%llu%s%s", b->len ? " " : "",
            side, (unsigned long long)chunk->offset, (unsigned long long)chunk->missing,
            chunk->acked ? "a" : "", chunk->snapped ? "s" : "");
    }
    assert_true(b->len < sizeof b->told);
}

static void begin(struct bench *b)
{
    memset(b, 0, sizeof *b);
    reassembly_init(&b->r, record, b, &b->held);
    for (int side = 0; side < SIDES; side++) {
        b->r.half[side].seen = b->r.half[side].based = true;
    }
    b->now_ns = 1000 * ms;
}

static void end(struct bench *b)
{
    reassembly_reset(&b->r);
    assert_int_equal(b->held, 0); /* the total of all connections is given back */
}

/* A segment that says it has received ack bytes of the other side; cut: missing at its end. */
static enum arrival put_cut(struct bench *b, enum side side, int64_t offset, const char *data,
                            uint32_t cut, uint64_t ack)
{
    struct mark mark = {++b->packet, b->now_ns};
    struct bytes bytes = text_of(data);
    enum arrival arrival;

    reassembly_acked(&b->r, side_other(side), ack, mark);
    reassembly_deliver(&b->r, mark.time_ns);
    arrival = reassembly_data(&b->r, side, offset, bytes, (uint32_t)bytes.len + cut, ack, mark,
                              &b->conflict);
    reassembly_deliver(&b->r, mark.time_ns);
    b->now_ns += ms;
    return arrival;
}

static enum arrival put(struct bench *b, enum side side, int64_t offset, const char *data,
                        uint64_t ack)
{
    return put_cut(b, side, offset, data, 0, ack);
}

static void ack(struct bench *b, enum side acked, uint64_t offset)
{
    struct mark mark = {++b->packet, b->now_ns};

    reassembly_acked(&b->r, acked, offset, mark);
    reassembly_deliver(&b->r, mark.time_ns);
    b->now_ns += ms;
}

static void finish(struct bench *b)
{
    reassembly_end(&b->r, (struct mark){++b->packet, b->now_ns});
}

/* One side alone: pieces by position, "@3def"; what must come out. */
static void test_one_side(void **state)
{
    static const struct {
        const char *label;
        const char *pieces[6];
        const char *at_once, *at_end;
    } cases[] = {
        {"in order", {"@0abc", "@3def"}, "C0:abc C3:def", "C0:abc C3:def"},
        {"swapped", {"@3def", "@0abc"}, "C0:abc C3:def", "C0:abc C3:def"},
        {"backwards", {"@6ghi", "@3def", "@0abc"}, "C0:abc C3:def C6:ghi", NULL},
        {"twice", {"@0abc", "@0abc", "@3def"}, "C0:abc C3:def", NULL},
        {"twice while held", {"@3def", "@3def", "@0abc"}, "C0:abc C3:def", NULL},
        {"old and new in one", {"@0abc", "@0abcdef"}, "C0:abc C3:def", NULL},
        {"inside what is there", {"@0abcdef", "@2cd", "@6g"}, "C0:abcdef C6:g", NULL},
        {"one byte of overlap", {"@0abc", "@2cdef"}, "C0:abc C3:def", NULL},
        {"held pieces overlap", {"@5fgh", "@3defg", "@0abc"}, "C0:abc C3:de C5:fgh", NULL},
        {"a piece around a held one", {"@3d", "@2cde", "@0ab"}, "C0:ab C2:c C3:d C4:e", NULL},
        {"around two held ones", {"@2c", "@4e", "@0abcdef"}, "C0:ab C2:c C3:d C4:e C5:f", NULL},
        {"never filled", {"@0abc", "@4e"}, "C0:abc", "C0:abc C3:gap1 C4:e"},
        {"two holes", {"@1b", "@3d"}, "", "C0:gap1 C1:b C2:gap1 C3:d"},
        {"before the stream", {"@-3xyz", "@0abc"}, "C0:abc", NULL},
        {"begins before the stream", {"@-2xyabc", "@3d"}, "C0:abc C3:d", NULL},
        {"nothing at all", {"@0"}, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        begin(&b);
        b.r.half[S].seen = false;
        for (size_t n = 0; n < 6 && cases[i].pieces[n]; n++) {
            char *rest;
            long long offset = strtoll(cases[i].pieces[n] + 1, &rest, 10);
            (void)put(&b, C, offset, rest, 0);
        }
        if (strcmp(b.told, cases[i].at_once) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].label, b.told, cases[i].at_once);
        }
        finish(&b);
        if (cases[i].at_end && strcmp(b.told, cases[i].at_end) != 0) {
            fail_msg("%s, at the end: \"%s\", not \"%s\"", cases[i].label, b.told, cases[i].at_end);
        }
        end(&b);
    }
}

static void test_arrivals(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    assert_int_equal(put(&b, C, 0, "abc", 0), ARRIVAL_NEW);
    assert_int_equal(put(&b, C, 0, "abc", 0), ARRIVAL_AGAIN);
    assert_int_equal(put(&b, C, 2, "cd", 0), ARRIVAL_NEW); /* one byte of it is new */
    assert_int_equal(put(&b, C, 6, "gh", 0), ARRIVAL_NEW);
    assert_int_equal(put(&b, C, 6, "gh", 0), ARRIVAL_AGAIN); /* held */
    assert_int_equal(put(&b, C, 5, "f", 0), ARRIVAL_FILLS);
    assert_int_equal(put(&b, C, 4, "ef", 0), ARRIVAL_FILLS);
    assert_int_equal(put(&b, C, 4, "efgh", 0), ARRIVAL_AGAIN);
    assert_int_equal(put(&b, C, -5, "abcde", 0), ARRIVAL_AGAIN);
    assert_string_equal(b.told, "C0:abc C3:d C4:e C5:f C6:gh");
    end(&b);
}

/* Two copies that differ: the first is used, whichever of them begins earlier. */
static void test_first_copy_wins(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 2, "345", 0);
    assert_false(b.conflict);
    (void)put(&b, C, 2, "345", 0);
    assert_false(b.conflict); /* equal */
    (void)put(&b, C, 0, "12XYZ6", 0);
    assert_true(b.conflict);
    assert_string_equal(b.told, "C0:12 C2:345 C5:6");
    end(&b);

    begin(&b);
    (void)put(&b, C, 2, "cde", 0);
    (void)put(&b, C, 4, "XYZ", 0); /* its first byte was there */
    assert_true(b.conflict);
    (void)put(&b, C, 0, "abQ", 0); /* its last one was */
    assert_true(b.conflict);
    assert_string_equal(b.told, "C0:ab C2:cde C5:YZ");
    end(&b);

    begin(&b);
    (void)put(&b, C, 2, "cde", 0);
    (void)put(&b, C, 5, "f", 0); /* side by side */
    assert_false(b.conflict);
    (void)put(&b, C, 0, "ab", 0);
    assert_false(b.conflict);
    assert_string_equal(b.told, "C0:ab C2:cde C5:f");
    end(&b);
}

/* Sequence numbers wrap; positions do not. */
static void test_offsets(void **state)
{
    struct half h = {.based = true, .base = 0xfffffff0};

    (void)state;
    assert_int_equal(reassembly_offset(&h, 0xfffffff0), 0);
    assert_int_equal(reassembly_offset(&h, 0x0000000f), 31);
    assert_int_equal(reassembly_offset(&h, 0xffffffef), -1);
    assert_int_equal(reassembly_offset(&h, 0x7fffffef), INT64_C(0x7fffffff));
    assert_int_equal(reassembly_offset(&h, 0x7ffffff0), -INT64_C(0x80000000));
    h.next = UINT64_C(0x300000010); /* 12 GiB on */
    assert_int_equal(reassembly_offset(&h, 0x00000000), INT64_C(0x300000010));
    assert_int_equal(reassembly_offset(&h, 0xffffffff), INT64_C(0x30000000f));
    assert_int_equal(reassembly_offset(&h, 0x00000001), INT64_C(0x300000011));
}

/* 3 GiB of one side in order, through two wraps of a signed number. */
static void test_long_stream(void **state)
{
    static uint8_t block[1 << 20];
    struct bench b;
    struct half *h;
    bool conflict;

    (void)state;
    begin(&b);
    b.quiet = true;
    h = &b.r.half[C];
    h->base = 0xff000000;
    for (uint64_t at = 0; at < UINT64_C(3) << 30; at += sizeof block) {
        uint32_t seq = (uint32_t)(0xff000000 + at);
        int64_t offset = reassembly_offset(h, seq);
        assert_true(offset == (int64_t)at);
        assert_int_equal(reassembly_data(&b.r, C, offset, (struct bytes){block, sizeof block},
                                         sizeof block, 0, (struct mark){1, 1}, &conflict),
                         ARRIVAL_NEW);
    }
    assert_true(b.bytes == UINT64_C(3) << 30);
    end(&b);
}

/* Acknowledged and not captured: a gap after 3 s of packet time, not a nanosecond before. */
static void test_gap_in_time(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    (void)put(&b, C, 5, "fgh", 0);
    ack(&b, C, 8); /* the receiver has all of it */
    b.now_ns -= ms;
    reassembly_deliver(&b.r, b.now_ns + LIMIT_GAP_SECONDS * 1000 * ms - 1);
    assert_string_equal(b.told, "C0:abc");
    reassembly_deliver(&b.r, b.now_ns + LIMIT_GAP_SECONDS * 1000 * ms);
    assert_string_equal(b.told, "C0:abc C3:gap2a C5:fgh");
    end(&b);
}

static void test_late_bytes_fill_the_hole(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 3, "def", 0);
    ack(&b, C, 6);
    b.now_ns += 2000 * ms;
    (void)put(&b, C, 0, "abc", 0);
    b.now_ns += 5000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    finish(&b);
    assert_string_equal(b.told, "C0:abc C3:def");
    end(&b);
}

/* Behind the last captured byte: acknowledged, never seen. */
static void test_gap_at_the_end_of_what_came(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    ack(&b, C, 10);
    b.now_ns += LIMIT_GAP_SECONDS * 1000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    assert_string_equal(b.told, "C0:abc C3:gap7a");
    (void)put(&b, C, 10, "xyz", 0);
    assert_string_equal(b.told, "C0:abc C3:gap7a C10:xyz");
    (void)put(&b, C, 5, "late!", 0); /* too late */
    assert_string_equal(b.told, "C0:abc C3:gap7a C10:xyz");
    end(&b);
}

static void test_no_gap_without_acknowledgement(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    (void)put(&b, C, 5, "fgh", 0);
    ack(&b, C, 3);
    b.now_ns += 3600 * 1000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    assert_string_equal(b.told, "C0:abc");
    finish(&b);
    assert_string_equal(b.told, "C0:abc C3:gap2 C5:fgh");
    end(&b);
}

/* One number beyond the last byte is a FIN that nobody saw, not a byte. */
static void test_acknowledged_fin_is_no_byte(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    ack(&b, C, 4);
    b.now_ns += 60 * 1000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    finish(&b);
    assert_string_equal(b.told, "C0:abc");
    end(&b);

    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    b.r.half[C].fin = true;
    b.r.half[C].fin_offset = 5; /* two bytes before it are missing */
    ack(&b, C, 6);
    finish(&b);
    assert_string_equal(b.told, "C0:abc C3:gap2a");
    end(&b);
}

static void test_side_never_seen_has_no_gaps(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    b.r.half[S].seen = false;
    (void)put(&b, C, 0, "EHLO", 50);
    (void)put(&b, C, 4, "MAIL", 90);
    b.now_ns += 60 * 1000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    finish(&b);
    assert_string_equal(b.told, "C0:EHLO C4:MAIL");
    end(&b);
}

/* A reply captured before the command it acknowledges. */
static void test_cause_before_effect(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, S, 0, "250", 4);
    assert_string_equal(b.told, "");
    (void)put(&b, C, 0, "NOOP", 0);
    assert_string_equal(b.told, "C0:NOOP S0:250");
    end(&b);

    begin(&b); /* the command never came */
    (void)put(&b, S, 0, "250", 4);
    (void)put(&b, S, 3, "221", 4);
    finish(&b);
    assert_string_equal(b.told, "C0:gap4a S0:250 S3:221");
    end(&b);

    begin(&b); /* only its second half was lost */
    (void)put(&b, C, 0, "NO", 0);
    (void)put(&b, S, 0, "250", 4);
    assert_string_equal(b.told, "C0:NO");
    b.now_ns += LIMIT_GAP_SECONDS * 1000 * ms;
    reassembly_deliver(&b.r, b.now_ns);
    assert_string_equal(b.told, "C0:NO C2:gap2a S0:250");
    end(&b);
}

/* Each side's first bytes wait for the other's: the older packet goes first. */
static void test_mutual_wait(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 3);
    (void)put(&b, S, 0, "xyz", 3);
    finish(&b);
    assert_string_equal(b.told, "C0:abc S0:xyz");
    end(&b);
}

static void test_snap_cut(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put_cut(&b, C, 0, "abc", 4, 0);
    (void)put(&b, C, 7, "hij", 0);
    assert_string_equal(b.told, "C0:abc C3:gap4s C7:hij");
    end(&b);

    begin(&b); /* nothing of it was captured */
    (void)put_cut(&b, C, 0, "", 5, 0);
    (void)put_cut(&b, C, 8, "ij", 1, 0);
    (void)put(&b, C, 5, "fgh", 0);
    assert_string_equal(b.told, "C0:gap5s C5:fgh C8:ij C10:gap1s");
    end(&b);

    begin(&b); /* cut before the stream begins */
    (void)put_cut(&b, C, -4, "ab", 4, 0);
    assert_string_equal(b.told, "C0:gap2s");
    end(&b);
}

/* Bytes and segments held are bounded; then the hole is given up. */
static void test_limits(void **state)
{
    static char large[60001];
    struct bench b;
    uint64_t offset = 1;

    (void)state;
    memset(large, 'x', sizeof large - 1);
    begin(&b);
    b.quiet = true;
    for (int i = 0; i < LIMIT_HELD_SEGMENTS; i++) {
        (void)put(&b, C, (int64_t)offset, "y", 0);
        offset++;
    }
    assert_int_equal(b.bytes, 0);
    (void)put(&b, C, (int64_t)offset, "y", 0); /* one too many */
    assert_int_equal(b.bytes, LIMIT_HELD_SEGMENTS + 1);
    assert_int_equal(b.held, 0);
    end(&b);

    begin(&b);
    b.quiet = true;
    offset = 1;
    for (int i = 0; i < 100; i++) {
        (void)put(&b, C, (int64_t)offset, large, 0);
        offset += 60000;
        assert_true(b.held <= LIMIT_HELD_BYTES + 61000);
    }
    assert_true(b.bytes >= 80 * 60000);
    end(&b);

    begin(&b); /* other connections hold all there is */
    b.quiet = true;
    b.held = LIMIT_HELD_BYTES_ALL;
    (void)put(&b, C, 1, "bcd", 0);
    assert_int_equal(b.bytes, 3);
    assert_int_equal(b.held, LIMIT_HELD_BYTES_ALL);
    b.held = 0;
    end(&b);
}

/* Alone, far beyond anything acknowledged, until the end: not believed. */
static void test_stray_segment(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    (void)put(&b, C, 0, "abc", 0);
    (void)put(&b, C, INT64_C(1500000000), "stray", 0);
    (void)put(&b, C, 3, "def", 0);
    ack(&b, C, 6);
    finish(&b);
    assert_string_equal(b.told, "C0:abc C3:def");
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_side),
        cmocka_unit_test(test_arrivals),
        cmocka_unit_test(test_first_copy_wins),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_long_stream),
        cmocka_unit_test(test_gap_in_time),
        cmocka_unit_test(test_late_bytes_fill_the_hole),
        cmocka_unit_test(test_gap_at_the_end_of_what_came),
        cmocka_unit_test(test_no_gap_without_acknowledgement),
        cmocka_unit_test(test_acknowledged_fin_is_no_byte),
        cmocka_unit_test(test_side_never_seen_has_no_gaps),
        cmocka_unit_test(test_cause_before_effect),
        cmocka_unit_test(test_mutual_wait),
        cmocka_unit_test(test_snap_cut),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stray_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
