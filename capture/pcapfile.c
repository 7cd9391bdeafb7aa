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
 * Integers are in the byte order of the machine that wrote the file; the magic tells which.
 *
 * Variants have more bytes before each packet: patched Linux programs 8 or 12 (with their own magic
 * 8 or 12, with the usual one 8), Nokia's devices 4. Where the magic does not say which, the first
 * two records do: the first variant by which both make sense is taken, the usual one where none
 * does. IXIA's lcap has 4 more bytes behind the file header. AIX writes version 2.2, counts
 * nanoseconds and names links by their ifType.
 *
 * A captured length beyond what capture programs write is damage: nothing behind it can be trusted,
 * for the format has no other way to find the next packet.
 */
#include "capture/pcapfile.h"

#include <stdio.h>
#include <string.h>

enum {
    RECORD_LEN = 16,
    RECORD_LEN_MAX = 28,
    LENGTHS_IN_ORDER_SINCE = 3, /* minor of version 2 */
    VERSION_DG_UX = 543,        /* its tcpdump's; lengths as before 2.3 */
    VERSION_MINOR_AIX = 2,
    BEGIN_LEN_LCAP = PCAPFILE_HEADER_LEN + 4,
    NEIGHBOURS_S = 7 * 86400, /* the first two packets are not further apart, where we guess */
};

static const struct variant {
    uint32_t magic;
    uint32_t tick_ns;
    size_t begin_len;
    size_t header_len; /* 0: one of several */
    bool is_modified;
} variants[] = {
    {0xa1b2c3d4, 1000, PCAPFILE_HEADER_LEN, 0, false},
    {0xa1b23c4d, 1, PCAPFILE_HEADER_LEN, RECORD_LEN, false},
    {0xa1b2cd34, 1000, PCAPFILE_HEADER_LEN, 0, true},
    {0x1c0001ac, 1, BEGIN_LEN_LCAP, RECORD_LEN, false}, /* by hardware */
    {0x1c0001ab, 1000, BEGIN_LEN_LCAP, RECORD_LEN, false},
};

/* Lengths of a record's header, the usual first: standard, patch of April 1999, Nokia; and with the
 * other magic: patches of October and September 1999. */
static const size_t usual_lens[] = {RECORD_LEN, 24, 20};
static const size_t modified_lens[] = {24, RECORD_LEN_MAX};

/* ifTypes (RFC 1573) and what they are as link types. */
static const struct {
    uint32_t if_type;
    int linktype;
} aix_links[] = {{6, LINK_ETHERNET}, {9, 6}, {15, 10}, {24, LINK_NULL}};

/* A record's header. */
struct head {
    uint32_t seconds, part, captured, wire;
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

static uint32_t packet_max(uint32_t snaplen)
{
    if (snaplen > RECORD_STATED_MAX) {
        return RECORD_STATED_MAX;
    }
    return snaplen > RECORD_PACKET_MAX ? snaplen : RECORD_PACKET_MAX;
}

static void recognize_aix(struct pcapfile *f, uint32_t if_type)
{
    for (size_t i = 0; i < sizeof aix_links / sizeof aix_links[0]; i++) {
        if (aix_links[i].if_type == if_type) {
            f->linktype = aix_links[i].linktype;
            f->tick_ns = 1;
            f->header_len = RECORD_LEN;
        }
    }
}

/* The four words every record begins with. */
static bool take_head(const struct pcapfile *f, struct cursor *c, struct head *out)
{
    struct bytes raw;
    if (!take_bytes(c, sizeof *out, &raw)) {
        return false;
    }
    memcpy(out, raw.data, sizeof *out);
    if (f->little != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)) {
        out->seconds = __builtin_bswap32(out->seconds);
        out->part = __builtin_bswap32(out->part);
        out->captured = __builtin_bswap32(out->captured);
        out->wire = __builtin_bswap32(out->wire);
    }
    if (f->lengths_swapped || (f->lengths_either && out->captured > out->wire)) {
        uint32_t first = out->captured;
        out->captured = out->wire;
        out->wire = first;
    }
    return true;
}

static bool is_likely(const struct pcapfile *f, const struct head *h)
{
    return h->captured <= f->packet_max && h->captured <= h->wire &&
           (uint64_t)h->part * f->tick_ns < 1000000000;
}

/* Do the first two records make sense with headers of this length? Of what is not in hand the best
 * is believed, unless sure. */
static bool makes_sense(const struct pcapfile *f, size_t header_len, struct bytes in_hand,
                        bool sure)
{
    struct head one, two;
    struct cursor c = cursor_of(in_hand);
    if (!take_head(f, &c, &one)) {
        return !sure;
    }
    if (!is_likely(f, &one)) {
        return false;
    }
    if (!take_skip(&c, header_len - RECORD_LEN) || !take_skip(&c, one.captured)) {
        return !sure;
    }
    if (cursor_left(&c) == 0) {
        return true; /* the file's only packet, to the byte */
    }
    if (!take_head(f, &c, &two)) {
        return !sure;
    }
    int64_t apart = (int64_t)two.seconds - (int64_t)one.seconds;
    return is_likely(f, &two) && apart <= NEIGHBOURS_S && apart >= -NEIGHBOURS_S;
}

/* Records can be read as they are, once the length of their headers is known. */
static bool is_plain(const struct pcapfile *f)
{
    return f->header_len == RECORD_LEN && !f->lengths_swapped && !f->lengths_either &&
           f->little == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
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
        .lengths_swapped = (major == 2 && minor < LENGTHS_IN_ORDER_SINCE) || major == VERSION_DG_UX,
        .lengths_either = major == 2 && minor == LENGTHS_IN_ORDER_SINCE,
        .is_modified = variant->is_modified,
        .tick_ns = variant->tick_ns,
        .packet_max = packet_max(snaplen),
        .begin_len = variant->begin_len,
        .header_len = variant->header_len,
        .linktype = (int)(linktype & 0xffff), /* above: length of a frame check sequence */
        .snaplen = snaplen,
    };
    if (major == 2 && minor == VERSION_MINOR_AIX && variant->header_len == 0 &&
        !variant->is_modified) {
        recognize_aix(f, linktype);
    }
    f->plain = is_plain(f);
    input->linktype = f->linktype;
    input->snaplen = snaplen;
    input->nanoseconds = f->tick_ns == 1;
    return true;
}

static size_t find_header_len(const struct pcapfile *f, const struct window *w)
{
    const size_t *lens = f->is_modified ? modified_lens : usual_lens;
    size_t count = f->is_modified ? sizeof modified_lens / sizeof modified_lens[0]
                                  : sizeof usual_lens / sizeof usual_lens[0];

    for (size_t i = 0; i < count; i++) {
        if (makes_sense(f, lens[i], window_rest(w), i > 0)) {
            return lens[i];
        }
    }
    return lens[0];
}

/* The record is all in hand. */
static inline void hand_out(const struct pcapfile *f, struct window *w, const struct head *h,
                            struct packet *out)
{
    /* A sub-second part beyond its second is carried over. */
    out->mark.time_ns = (int64_t)h->seconds * 1000000000 + (int64_t)h->part * f->tick_ns;
    out->linktype = f->linktype;
    out->wire_len = h->wire > h->captured ? h->wire : h->captured; /* some writers leave it 0 */
    out->data = (struct bytes){w->at + f->header_len, h->captured};
    w->at += f->header_len + h->captured;
}

static enum record_answer next_with_care(struct pcapfile *f, struct window *w, uint64_t packets,
                                         struct packet *out, struct damage *damage)
{
    struct head h;
    enum window_answer answer = window_need(w, f->header_len ? f->header_len : RECORD_LEN);
    if (f->header_len == 0 && answer != WINDOW_AGAIN) {
        f->header_len = find_header_len(f, w);
        f->plain = is_plain(f);
        answer = window_need(w, f->header_len);
    }
    if (answer != WINDOW_HERE) {
        return answer == WINDOW_AGAIN ? RECORD_AGAIN : cut(f, w, packets, 0, true, damage);
    }
    struct cursor c = {w->at, w->at + f->header_len};
    if (!take_head(f, &c, &h)) {
        return RECORD_END; /* cannot be: the window holds it */
    }
    if (h.captured > f->packet_max || (h.captured == 0 && pcapfile_matches(window_rest(w)))) {
        return absurd(w, packets, h.captured, damage);
    }
    answer = window_need(w, f->header_len + h.captured);
    if (answer != WINDOW_HERE) {
        return answer == WINDOW_AGAIN ? RECORD_AGAIN
                                      : cut(f, w, packets, h.captured, false, damage);
    }
    hand_out(f, w, &h, out);
    return RECORD_PACKET;
}

enum record_answer pcapfile_next(struct pcapfile *f, struct window *w, uint64_t packets,
                                 struct packet *out, struct damage *damage)
{
    struct head h;
    size_t left = (size_t)(w->end - w->at);

    /* What needs no second look: nearly every record is that. */
    if (f->plain && left >= sizeof h) {
        memcpy(&h, w->at, sizeof h);
        if (h.captured && h.captured <= f->packet_max && h.captured <= left - sizeof h) {
            hand_out(f, w, &h, out);
            return RECORD_PACKET;
        }
    }
    return next_with_care(f, w, packets, out, damage);
}
