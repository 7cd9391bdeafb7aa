/* fuzz_frame.c - any bytes as packets of any link type.
 *
 * Input: one octet chooses the link type, one is added to the length on the wire, the rest is the
 * packet. With the first octet's highest bit the rest is several packets, each behind an octet that
 * lets so many tenths of a second pass and its length in two, read one after the other as of one
 * capture. What is returned must lie inside the packet, or where fragments were put together.
 */
#include "dissect/net/frame.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/net/ipfrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* seeds.py knows them by their places. */
static const int linktypes[] = {
    LINK_ETHERNET, LINK_NULL, LINK_RAW, LINK_LOOP, LINK_SLL, LINK_SLL2, LINK_IPV4, LINK_IPV6, 12,
    147,           9,         50,       51,        104,      105,       109,       117,       119,
    127,           163,       192,      239,       14};

static void within(struct bytes b, struct bytes packet)
{
    if (b.len > 0 && (b.data < packet.data || b.data + b.len > packet.data + packet.len)) {
        abort();
    }
}

/* Reads every octet, so that what does not belong to us does not go unnoticed. */
static void touch(struct bytes b)
{
    static volatile uint8_t sum;

    for (size_t i = 0; i < b.len; i++) {
        sum = (uint8_t)(sum + b.data[i]);
    }
}

static void check_segment(const struct segment *s, const struct packet *inside)
{
    if (inside) {
        within(s->payload, inside->data);
        within(s->options, inside->data);
    }
    touch(s->payload);
    touch(s->options);
    if (s->payload.len > s->payload_len || (s->from.family != 4 && s->from.family != 6)) {
        abort();
    }
}

/* A packet in memory that is exactly as long as it says, so that a read behind it does not go
 * unnoticed. */
static struct packet packet_of(int linktype, uint8_t cut, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (copy == NULL) {
        abort();
    }
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return (struct packet){{1, 1}, linktype, (uint32_t)len + cut, {copy, len}};
}

static void packet_free(struct packet *p)
{
    uint8_t *copy;

    memcpy(&copy, &p->data.data, sizeof copy);
    free(copy);
}

static void read_alone(int linktype, uint8_t cut, const uint8_t *data, size_t len)
{
    struct packet p = packet_of(linktype, cut, data, len);
    struct segment segment;
    struct icmp_error error;

    if (frame_read(&p, &segment, &error) == FRAME_TCP) {
        check_segment(&segment, &p);
    }
    packet_free(&p);
}

static void read_one(struct frame_reader *r, const struct packet *p)
{
    struct segment segment;
    struct icmp_error error;
    size_t frames = 0;
    enum frame_kind kind = frame_reader_read(r, p, &segment, &error);

    for (;;) {
        if (kind == FRAME_TCP) {
            check_segment(&segment, r->has_whole ? NULL : p);
        }
        if (!frame_reader_has_more(r)) {
            return;
        }
        if (++frames > p->data.len) {
            abort(); /* no end */
        }
        kind = frame_reader_more(r, p, &segment, &error);
    }
}

static void read_all(int linktype, uint8_t cut, const uint8_t *data, size_t len)
{
    struct cursor c = cursor_of((struct bytes){data, len});
    struct frame_reader r;
    int64_t now_ns = 1;
    uint16_t packet_len;
    uint8_t tenths;

    if (!frame_reader_init(&r)) {
        abort();
    }
    while (take_u8(&c, &tenths) && take_u16(&c, &packet_len)) {
        size_t left = cursor_left(&c);
        struct packet p = packet_of(linktype, cut, c.at, packet_len < left ? packet_len : left);
        now_ns += tenths * INT64_C(100000000);
        p.mark = (struct mark){1, now_ns};
        read_one(&r, &p);
        c.at += p.data.len;
        packet_free(&p);
    }
    if (ipfrag_totals(r.fragments)->pending > len) {
        abort();
    }
    frame_reader_reset(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int linktype;

    if (size < 2) {
        return 0;
    }
    linktype = linktypes[(data[0] & 0x7f) % (sizeof linktypes / sizeof linktypes[0])];
    (data[0] & 0x80 ? read_all : read_alone)(linktype, data[1], data + 2, size - 2);
    return 0;
}
