/* pcapfile.c - the classic pcap format, record by record.
 *
 *       file header, 24 bytes                 before each packet, 16 bytes
 *      +-------------------------------+     +-------------------------------+
 *      |             magic             |     |       seconds since 1970      |
 *      | version major | version minor |     |    micro- or nanoseconds      |
 *      |     zone (unused), 4 bytes    |     |        captured length        |
 *      |   accuracy (unused), 4 bytes  |     |     length on the wire        |
 *      |          snap length          |     +-------------------------------+
 *      | FCS etc. 16   |  link type 16 |
 *      +-------------------------------+     draft-ietf-opsawg-pcap
 *
 * Integers are in the byte order of the machine that wrote the file; the magic tells which. A
 * variant of old Linux kernels has 8 more bytes before each packet.
 *
 * A captured length beyond what capture programs write is damage: nothing behind it can be trusted,
 * for the format has no other way to find the next packet.
 */
#include "capture/pcapfile.h"

#include <stdio.h>
#include <string.h>

enum {
    RECORD_LEN = 16,
    RECORD_LEN_KUZNETZOV = 24,
    LENGTHS_IN_ORDER_SINCE = 3 /* minor of version 2 */
};

static const struct variant {
    uint32_t magic;
    uint32_t tick_ns;
    size_t header_len;
} variants[] = {
    {0xa1b2c3d4, 1000, RECORD_LEN},
    {0xa1b23c4d, 1, RECORD_LEN},
    {0xa1b2cd34, 1000, RECORD_LEN_KUZNETZOV},
};

static const struct variant *find_variant(struct bytes head, bool *little)
{
    struct cursor c = cursor_of(head);
    uint32_t magic;
    if (!take_u32(&c, &magic)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        *little = __builtin_bswap32(magic) == variants[i].magic;
        if (*little || magic == variants[i].magic) {
            return &variants[i];
        }
    }
    return NULL;
}

/* A record that cannot be one. Files joined by cat are common enough to be named. */
static enum record_answer absurd(const struct window *w, uint64_t packets, uint32_t captured,
                                 struct damage *damage)
{
    unsigned long long offset = window_offset(w);
    if (pcapfile_matches(window_rest(w))) {
        return damage_after(damage, packets,
                            "another pcap file was appended at offset %llu (mergecap joins them)",
                            offset);
    }
    return damage_after(damage, packets, "packet %llu claims %u bytes (offset %llu)",
                        (unsigned long long)packets + 1, captured, offset);
}

static enum record_answer cut(const struct pcapfile *f, const struct window *w, uint64_t packets,
                              uint32_t captured, bool in_header, struct damage *damage)
{
    char what[60];
    snprintf(what, sizeof what, "%spacket %llu", in_header ? "the header of " : "",
             (unsigned long long)packets + 1);
    size_t len = in_header ? f->header_len : f->header_len + captured;
    return record_short(w, packets, what, len, in_header ? 0 : f->header_len, damage);
}

bool pcapfile_matches(struct bytes head)
{
    bool little;
    return find_variant(head, &little) != NULL;
}

bool pcapfile_begin(struct pcapfile *f, struct bytes header, struct source_input *input)
{
    struct cursor c = cursor_of(header);
    uint16_t major, minor;
    uint32_t snaplen, linktype;
    bool little;
    const struct variant *variant = find_variant(header, &little);
    if (!variant || !take_skip(&c, 4) || !take_u16_as(&c, little, &major) ||
        !take_u16_as(&c, little, &minor) || !take_skip(&c, 8) ||
        !take_u32_as(&c, little, &snaplen) || !take_u32_as(&c, little, &linktype)) {
        return false;
    }
    *f = (struct pcapfile){
        .little = little,
        .lengths_swapped = major == 2 &&
                                   minor<LENGTHS_IN_ORDER_SINCE, .tick_ns = variant->tick_ns,
                                         .header_len = variant->header_len, .packet_max = snaplen>
                                       RECORD_STATED_MAX
                               ? RECORD_STATED_MAX
                           : snaplen > RECORD_PACKET_MAX ? snaplen
                                                         : RECORD_PACKET_MAX,
        .linktype =
            (int)(linktype & 0xffff), /* above stands the length of a frame check sequence */
        .snaplen = snaplen,
    };
    input->linktype = f->linktype;
    input->snaplen = snaplen;
    input->nanoseconds = variant->tick_ns == 1;
    return true;
}

enum record_answer pcapfile_next(const struct pcapfile *f, struct window *w, uint64_t packets,
                                 struct packet *out, struct damage *damage)
{
    uint32_t seconds, part, captured, wire;
    enum window_answer answer = window_need(w, f->header_len);
    if (answer != WINDOW_HERE) {
        return answer == WINDOW_AGAIN ? RECORD_AGAIN : cut(f, w, packets, 0, true, damage);
    }
    struct cursor c = {w->at, w->at + f->header_len};
    if (!take_u32_as(&c, f->little, &seconds) || !take_u32_as(&c, f->little, &part) ||
        !take_u32_as(&c, f->little, &captured) || !take_u32_as(&c, f->little, &wire)) {
        return RECORD_END; /* cannot be: the window holds them */
    }
    if (f->lengths_swapped) {
        uint32_t first = captured;
        captured = wire;
        wire = first;
    }
    if (captured > f->packet_max || (captured == 0 && pcapfile_matches(window_rest(w)))) {
        return absurd(w, packets, captured, damage);
    }
    answer = window_need(w, f->header_len + captured);
    if (answer != WINDOW_HERE) {
        return answer == WINDOW_AGAIN ? RECORD_AGAIN : cut(f, w, packets, captured, false, damage);
    }
    /* A sub-second part beyond its second is carried over. */
    out->mark.time_ns = (int64_t)seconds * 1000000000 + (int64_t)part * f->tick_ns;
    out->linktype = f->linktype;
    out->wire_len = wire > captured ? wire : captured; /* some writers leave it 0 */
    out->data = (struct bytes){w->at + f->header_len, captured};
    w->at += f->header_len + captured;
    return RECORD_PACKET;
}
