/* test_ipfrag.c - packets put together from fragments: in every order, doubled, overlapping, cut by
 * the snap length, never whole; and that all of it is bounded. */
#include "tests/unit/frame_case.h"

#include "dissect/limits.h"
#include "dissect/net/ipfrag.h"

enum { PAYLOAD = 3020, DATA = PAYLOAD - 20, PIECE = 1000, PIECES = 4 };

static const int64_t second = 1000000000;

/* A TCP header and DATA octets. */
static void make_payload(uint8_t out[PAYLOAD])
{
    (void)case_bytes("9c40 0019 00000001 00000002 50 18 0200 0000 0000", out);
    for (size_t i = 20; i < PAYLOAD; i++) {
        out[i] = (uint8_t)(i * 7 + i / 256);
    }
}

/* Octets [at, at + len) of the payload as a fragment. */
static size_t fragment(int family, uint32_t id, const uint8_t *payload, size_t at, size_t len,
                       bool more, uint8_t *out)
{
    memcpy(out, payload + at, len);
    if (family == 4) {
        size_t total = case_in_ip(4, 6, out, len);
        case_put16(out + 4, id);
        case_put16(out + 6, at / 8 | (more ? 0x2000 : 0));
        return total;
    }
    memmove(out + 8, out, len);
    out[0] = 6;
    out[1] = 0;
    case_put16(out + 2, at | more);
    case_put16(out + 4, id >> 16);
    case_put16(out + 6, id & 0xffff);
    return case_in_ip(6, 44, out, len + 8);
}

struct feeder {
    struct frame_reader r;
    int64_t now_ns;
    uint64_t packet;
    struct segment s;
    struct icmp_error e;
    int family;
    uint32_t id;
    uint8_t payload[PAYLOAD], data[CASE_MAX];
};

static struct feeder *feeder_new(int family)
{
    struct feeder *f = calloc(1, sizeof *f);

    assert_non_null(f);
    assert_true(frame_reader_init(&f->r));
    make_payload(f->payload);
    f->family = family;
    f->id = 0xabcd;
    return f;
}

static void feeder_free(struct feeder *f)
{
    frame_reader_reset(&f->r);
    free(f);
}

static enum frame_kind feed_bytes(struct feeder *f, size_t kept, size_t len)
{
    struct packet p = {
        {++f->packet, f->now_ns}, LINK_RAW, (uint32_t)len, {f->data, kept < len ? kept : len}};

    return frame_reader_read(&f->r, &p, &f->s, &f->e);
}

static enum frame_kind feed(struct feeder *f, size_t at, size_t len, bool more)
{
    return feed_bytes(f, SIZE_MAX, fragment(f->family, f->id, f->payload, at, len, more, f->data));
}

static enum frame_kind feed_piece(struct feeder *f, int piece)
{
    size_t at = (size_t)piece * PIECE;

    return feed(f, at, piece == PIECES - 1 ? PAYLOAD - at : PIECE, piece < PIECES - 1);
}

static void check_whole(const struct feeder *f)
{
    assert_int_equal(f->s.mark.packet, f->packet);
    assert_int_equal(f->s.from_port, CASE_PORT);
    assert_int_equal(f->s.payload_len, DATA);
    assert_int_equal(f->s.payload.len, DATA);
    assert_memory_equal(f->s.payload.data, f->payload + 20, DATA);
    assert_int_equal(f->s.ip_id, f->family == 4 ? f->id : 0);
    assert_int_equal(f->s.ttl, 64);
}

/* All 24 orders of four fragments, each of them alone or followed by its copy. */
static void every_order(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        for (int order = 0; order < 256 * 2; order++) {
            int pieces[] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
            int seen = 1 << pieces[0] | 1 << pieces[1] | 1 << pieces[2] | 1 << pieces[3];
            struct feeder *f;
            if (seen != 15) {
                continue;
            }
            f = feeder_new(family);
            for (int i = 0; i < PIECES; i++) {
                enum frame_kind kind = feed_piece(f, pieces[i]);
                assert_int_equal(kind, i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
                if (kind == FRAME_TCP) {
                    check_whole(f);
                }
                if (order >= 256) {
                    assert_int_equal(feed_piece(f, pieces[i]), FRAME_FRAGMENT);
                }
            }
            assert_int_equal(ipfrag_totals(f->r.fragments)->pending, 0);
            assert_int_equal(ipfrag_totals(f->r.fragments)->datagrams, 1);
            assert_int_equal(ipfrag_totals(f->r.fragments)->copies, order >= 256);
            feeder_free(f);
        }
    }
}

static void two_at_once(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        struct feeder *f = feeder_new(family);
        for (int i = 0; i < PIECES; i++) {
            for (f->id = 1; f->id <= 2; f->id++) {
                assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
            }
        }
        f->id = 2;
        check_whole(f);
        feeder_free(f);
    }
}

static const struct {
    const char *label;
    struct {
        size_t at, len;
        bool more;
        bool other; /* its first octet is another one */
    } fragments[5];
    int count;
    int whole; /* index of the fragment that completes it; -1: never */
    uint64_t conflicting;
} overlaps[] = {
    {"agree in part",
     {{0, 1600, true, false}, {800, 1200, true, false}, {1600, 1420, false, false}},
     3,
     2,
     0},
    {"one inside another",
     {{0, 2000, true, false}, {400, 800, true, false}, {2000, 1020, false, false}},
     3,
     2,
     0},
    {"the last one twice, cut differently",
     {{2000, 1020, false, false}, {3000, 20, false, false}, {0, 2000, true, false}},
     3,
     2,
     0},
    {"disagree",
     {{0, 1600, true, false}, {800, 1200, true, true}, {1600, 1420, false, false}},
     3,
     -1,
     1},
    {"disagree, the first comes second",
     {{800, 1200, true, true}, {0, 1600, true, false}, {2000, 1020, false, false}},
     3,
     -1,
     1},
    {"disagree, then all of it again",
     {{0, 1600, true, true},
      {0, 1600, true, false},
      {0, 1600, true, false},
      {1600, 1420, false, false}},
     4,
     -1,
     1},
    {"the last one copied with other octets",
     {{2000, 1020, false, false}, {2000, 1020, false, true}, {0, 2000, true, false}},
     3,
     -1,
     1},
    {"two ends",
     {{0, 1600, true, false}, {1600, 800, false, false}, {1600, 1420, false, false}},
     3,
     1,
     0},
    {"two ends before it is whole",
     {{1600, 1420, false, false}, {1600, 800, false, false}, {0, 1600, true, false}},
     3,
     -1,
     1},
    {"behind the end",
     {{0, 800, true, false},
      {1600, 800, false, false},
      {2400, 600, true, false},
      {800, 800, true, false}},
     4,
     -1,
     1},
    {"an end before what is there",
     {{1600, 800, true, false}, {800, 800, false, false}, {0, 800, true, false}},
     3,
     -1,
     1},
    {"a hole", {{0, 800, true, false}, {808, 2212, false, false}}, 2, -1, 0},
    {"no end", {{0, 800, true, false}, {800, 2216, true, false}}, 2, -1, 0},
    {"no beginning", {{8, 800, true, false}, {808, 2212, false, false}}, 2, -1, 0},
};

static void overlapping(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof overlaps / sizeof overlaps[0]; i++) {
        for (int family = 4; family <= 6; family += 2) {
            struct feeder *f = feeder_new(family);
            for (int n = 0; n < overlaps[i].count; n++) {
                size_t at = overlaps[i].fragments[n].at;
                enum frame_kind kind;
                f->payload[at] ^= overlaps[i].fragments[n].other;
                kind = feed(f, at, overlaps[i].fragments[n].len, overlaps[i].fragments[n].more);
                f->payload[at] ^= overlaps[i].fragments[n].other;
                if ((kind == FRAME_TCP) != (n == overlaps[i].whole)) {
                    fail_msg("%s: fragment %d is kind %d", overlaps[i].label, n, (int)kind);
                }
            }
            if (ipfrag_totals(f->r.fragments)->conflicting != overlaps[i].conflicting) {
                fail_msg("%s: not counted", overlaps[i].label);
            }
            feeder_free(f);
        }
    }
}

static void impossible(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        struct feeder *f = feeder_new(family);
        assert_int_equal(feed(f, 0, 804, true), FRAME_BAD); /* not of whole units */
        assert_int_equal(feed(f, 0, 0, true), FRAME_BAD);
        assert_int_equal(feed(f, 8, 0, false), FRAME_BAD);
        size_t len = fragment(family, f->id, f->payload, 0, 800, false, f->data);
        case_put16(f->data + (family == 4 ? 6 : 42), family == 4 ? 65528 / 8 : 65528);
        assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_BAD); /* ends behind 65535 */
        assert_int_equal(ipfrag_totals(f->r.fragments)->pending, 0);
        for (int i = 0; i < PIECES; i++) {
            assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
        }
        check_whole(f);
        feeder_free(f);
    }
}

static void time_passes(void **state)
{
    struct feeder *f = feeder_new(4);
    const struct ipfrag_totals *t = ipfrag_totals(f->r.fragments);

    (void)state;
    assert_int_equal(feed_piece(f, 0), FRAME_FRAGMENT);
    f->now_ns = LIMIT_FRAGMENT_SECONDS * second - second / 100; /* just in time */
    for (int i = 1; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
    }
    check_whole(f);
    f->now_ns += second / 1000; /* a copy of it all */
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), FRAME_FRAGMENT);
    }
    assert_int_equal(t->copies, PIECES);
    f->now_ns += second; /* the number again: another packet */
    f->payload[100] ^= 1;
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
    }
    check_whole(f);
    f->id++; /* too late */
    assert_int_equal(feed_piece(f, 0), FRAME_FRAGMENT);
    f->now_ns += LIMIT_FRAGMENT_SECONDS * second + 1;
    for (int i = 1; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), FRAME_FRAGMENT);
    }
    assert_int_equal(t->incomplete, 1);
    assert_int_equal(t->datagrams, 2);
    assert_int_equal(t->conflicting + t->evicted, 0);
    assert_int_equal(t->pending, PIECES);
    feeder_free(f);
}

/* More packets at once than may be: the oldest is given up, the newest becomes whole. */
static void flood_of_packets(void **state)
{
    struct feeder *f = feeder_new(4);
    const struct ipfrag_totals *t = ipfrag_totals(f->r.fragments);

    (void)state;
    for (f->id = 0; f->id <= LIMIT_FRAGMENT_DATAGRAMS; f->id++) {
        for (int i = 0; i < PIECES - 1; i++) {
            assert_int_equal(feed_piece(f, i), FRAME_FRAGMENT);
        }
    }
    assert_int_equal(t->evicted, 1);
    f->id = 1;
    assert_int_equal(feed_piece(f, PIECES - 1), FRAME_TCP);
    check_whole(f);
    f->id = LIMIT_FRAGMENT_DATAGRAMS;
    assert_int_equal(feed_piece(f, PIECES - 1), FRAME_TCP);
    f->id = 0;
    assert_int_equal(feed_piece(f, PIECES - 1), FRAME_FRAGMENT);
    assert_int_equal(t->datagrams, 2);
    feeder_free(f);
}

/* Small fragments of large packets: what they need room for is bounded, too. */
static void flood_of_bytes(void **state)
{
    enum { COUNT = 600 };
    struct feeder *f = feeder_new(6);
    const struct ipfrag_totals *t = ipfrag_totals(f->r.fragments);
    const uint64_t fit = LIMIT_FRAGMENT_BYTES_ALL / 65536;

    (void)state;
    for (f->id = 0; f->id < COUNT; f->id++) {
        size_t len = fragment(6, f->id, f->payload, 0, 8, true, f->data);
        case_put16(f->data + 42, 65520 | 1);
        assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_FRAGMENT);
    }
    assert_true(t->evicted_bytes >= COUNT - fit && t->evicted_bytes <= COUNT - fit + 1);
    f->id = 7;
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
    }
    check_whole(f);
    feeder_free(f);
}

/* The snap length cut fragments: known is what comes before the first cut, unless a copy fills it.
 */
static void snapped(void **state)
{
    struct feeder *f = feeder_new(4);
    size_t len;

    (void)state;
    assert_int_equal(feed_piece(f, 0), FRAME_FRAGMENT);
    len = fragment(4, f->id, f->payload, PIECE, PIECE, true, f->data);
    assert_int_equal(feed_bytes(f, 20 + 404, len), FRAME_FRAGMENT);
    assert_int_equal(feed_piece(f, 2), FRAME_FRAGMENT);
    assert_int_equal(feed_piece(f, 3), FRAME_TCP);
    assert_int_equal(f->s.payload_len, DATA);
    assert_int_equal(f->s.payload.len, PIECE + 400 - 20);
    assert_memory_equal(f->s.payload.data, f->payload + 20, f->s.payload.len);
    f->id++;
    len = fragment(4, f->id, f->payload, PIECE, PIECE, true, f->data);
    assert_int_equal(feed_bytes(f, 20 + 404, len), FRAME_FRAGMENT);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_TCP : FRAME_FRAGMENT);
    }
    check_whole(f);
    f->id++;
    len = fragment(4, f->id, f->payload, 0, PIECE, true, f->data);
    assert_int_equal(feed_bytes(f, 20 + 16, len), FRAME_FRAGMENT); /* not even the TCP header */
    for (int i = 1; i < PIECES; i++) {
        assert_int_equal(feed_piece(f, i), i == PIECES - 1 ? FRAME_CUT : FRAME_FRAGMENT);
    }
    feeder_free(f);
}

/* IPv6: a packet that is its only fragment, and headers before and behind the fragment header. */
static void six(void **state)
{
    static const char atomic[] = "60000000 001e 2c40 20010db8000000000000000000000001 "
                                 "20010db8000000000000000000000002 0600 0000 00000007 " TCP_HI;
    static const char options[] = "0600 0104 00000000 9c40 0019 00000001";
    static const char nested[] = "0600 0001 00000007 9c40 0019 00000001";
    struct feeder *f = feeder_new(6);
    size_t len;

    (void)state;
    case_works("atomic fragment", LINK_RAW, f->data, case_bytes(atomic, f->data));
    /* destination options inside the first fragment, the TCP header in two */
    len = fragment(6, 1, f->payload, 0, 16, true, f->data);
    (void)case_bytes(options, f->data + 48);
    f->data[40] = 60;
    assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_FRAGMENT);
    len = fragment(6, 1, f->payload, 0, 14, false, f->data);
    (void)case_bytes("00000002 50 18 0200 0000 0000 6869", f->data + 48);
    case_put16(f->data + 42, 16);
    assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_TCP);
    assert_int_equal(f->s.from_port, CASE_PORT);
    assert_int_equal(f->s.payload_len, 2);
    assert_memory_equal(f->s.payload.data, "hi", 2);
    /* a fragment header inside what was put together */
    len = fragment(6, 2, f->payload, 0, 16, true, f->data);
    (void)case_bytes(nested, f->data + 48);
    f->data[40] = 44;
    assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_FRAGMENT);
    len = fragment(6, 2, f->payload, 0, 14, false, f->data);
    case_put16(f->data + 42, 16);
    assert_int_equal(feed_bytes(f, SIZE_MAX, len), FRAME_BAD);
    feeder_free(f);
}

/* Fragments of a packet inside a tunnel whose own packets are in fragments. */
static void in_tunnel(void **state)
{
    struct feeder *f = feeder_new(4);
    uint8_t inner[CASE_MAX];

    (void)state;
    for (int i = 0; i < PIECES; i++) {
        size_t at = (size_t)i * PIECE, inner_len;
        bool last = i == PIECES - 1;
        inner_len = fragment(4, f->id, f->payload, at, last ? PAYLOAD - at : PIECE, !last, inner);
        for (size_t begin = 0; begin < inner_len; begin += 512) {
            size_t part = inner_len - begin < 512 ? inner_len - begin : 512;
            bool end = begin + part == inner_len;
            memcpy(f->data, inner + begin, part);
            part = case_in_ip(4, 4, f->data, part);
            case_put16(f->data + 4, (size_t)i + 1);
            case_put16(f->data + 6, begin / 8 | (end ? 0 : 0x2000));
            assert_int_equal(feed_bytes(f, SIZE_MAX, part),
                             last && end ? FRAME_TCP : FRAME_FRAGMENT);
        }
    }
    check_whole(f);
    feeder_free(f);
}

/* A packet alone is not put together; the first fragment in an ICMP error is read. */
static void alone(void **state)
{
    static const char hex[] = "45000038 0009 0000 4001 0000 c0000201 c000020a 0b01 0000 00000000 "
                              "450005dc 1234 2000 3f06 0000 c000020a c6336419 9c40 0019 00000001 ";
    struct feeder *f = feeder_new(4);
    size_t len = fragment(4, 1, f->payload, 0, PIECE, true, f->data);

    (void)state;
    case_refuses("first fragment", LINK_RAW, f->data, len, FRAME_FRAGMENT);
    assert_int_equal(feed_bytes(f, SIZE_MAX, case_bytes(hex, f->data)), FRAME_ICMP);
    assert_int_equal(f->e.type, 11);
    assert_int_equal(f->e.from_port, CASE_PORT);
    feeder_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order),
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(overlapping),
        cmocka_unit_test(impossible),
        cmocka_unit_test(time_passes),
        cmocka_unit_test(flood_of_packets),
        cmocka_unit_test(flood_of_bytes),
        cmocka_unit_test(snapped),
        cmocka_unit_test(six),
        cmocka_unit_test(in_tunnel),
        cmocka_unit_test(alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
