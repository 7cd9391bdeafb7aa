/* pcapng.c - the pcapng format, block by block; packets of all interfaces in file order.
 *
 *      +--------------------+
 *      |     block type     |     section header: byte order; forgets the interfaces before it
 *      | total length (all) |     interface description: link type, clock
 *      +--------------------+     packet: enhanced, simple, and the obsolete one
 *      |  body, options     |     interface statistics: drops
 *      +--------------------+
 *      | total length again |     draft-ietf-opsawg-pcapng
 *      +--------------------+
 *
 * Blocks of other types are passed over, however long. A block that contradicts itself ends the
 * reading: what follows it could be anything.
 *
 * Drops are counted twice where statistics blocks (totals) and packets (since the one before) tell
 * them; of an interface the larger count is believed.
 *
 * The TLS key log of a Decryption Secrets Block is handed to who asked for it; nothing of it is
 * kept here. One longer than a block may be is passed over, and so are secrets of other kinds.
 *
 * BUGS: a simple packet has no time; it gets that of the packet before.
 */
#include "capture/pcapng.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
};

enum {
    BLOCK_HEADER_LEN = 8,
    BLOCK_TRAILER_LEN = 4,
    BLOCK_LEN_MIN = BLOCK_HEADER_LEN + BLOCK_TRAILER_LEN,
    BLOCK_LEN_MAX = RECORD_STATED_MAX, /* of those we look into */
    /* Where the data stands in a packet's block. */
    PACKET_DATA_AT = 28,
    SIMPLE_PACKET_DATA_AT = 12,
    VERSION_MAJOR = 1,
    DROPS_UNKNOWN = 0xffff,
};

static_assert((int)BLOCK_LEN_MAX <= (int)WINDOW_NEED_MAX, "a block fits into the window");
static_assert((int)PCAPNG_HEADER_LEN == (int)BLOCK_LEN_MIN, "as much as every block has");

#define ORDER_MAGIC     0x1a2b3c4du
#define SECRETS_TLS_LOG 0x544c534bu /* "TLSK" */

struct block {
    uint32_t type;
    uint32_t len;       /* all of it */
    struct cursor body; /* between the two lengths */
};

/* What a packet block says about its packet, data aside. */
struct packet_head {
    uint32_t interface; /* index */
    uint64_t ticks;     /* a simple packet has none */
    uint32_t captured, wire_len;
    uint16_t drops; /* of the obsolete block: since the packet before */
};

static bool is_packet(const struct block *b)
{
    return b->type == BLOCK_PACKET || b->type == BLOCK_SIMPLE_PACKET || b->type == BLOCK_OLD_PACKET;
}

static bool is_of_use(const struct pcapng *f, const struct block *b)
{
    if (b->type == BLOCK_SECRETS) {
        return f->secrets && b->len <= BLOCK_LEN_MAX;
    }
    return is_packet(b) || b->type == BLOCK_INTERFACE || b->type == BLOCK_STATISTICS ||
           b->type == BLOCK_SECTION;
}

/* Interface 32 (in the obsolete block 16, and drops 16), time 64, captured length 32, length on the
 * wire 32. Simple packet: only the last, and the captured length follows from the snap length. */
static bool take_packet_head(const struct pcapng *f, uint32_t type, struct cursor *c,
                             struct packet_head *out)
{
    uint16_t index16;
    uint32_t high, low;
    *out = (struct packet_head){0};
    if (type == BLOCK_SIMPLE_PACKET) {
        uint32_t snaplen = f->interface_count ? f->interfaces[0].snaplen : 0;
        if (!take_u32_as(c, f->little, &out->wire_len)) {
            return false;
        }
        out->captured = snaplen && snaplen < out->wire_len ? snaplen : out->wire_len;
        return true;
    }
    if (type == BLOCK_OLD_PACKET) {
        if (!take_u16_as(c, f->little, &index16) || !take_u16_as(c, f->little, &out->drops)) {
            return false;
        }
        out->interface = index16;
    } else if (!take_u32_as(c, f->little, &out->interface)) {
        return false;
    }
    if (!take_u32_as(c, f->little, &high) || !take_u32_as(c, f->little, &low) ||
        !take_u32_as(c, f->little, &out->captured) || !take_u32_as(c, f->little, &out->wire_len)) {
        return false;
    }
    out->ticks = (uint64_t)high << 32 | low;
    return true;
}

/* The input ends inside the block at hand, of which only type and len are known. */
static enum record_answer cut(const struct pcapng *f, const struct window *w, const struct block *b,
                              uint64_t packets, struct damage *damage)
{
    char what[80];
    unsigned long long number = packets + 1;
    size_t data_at = b->type == BLOCK_SIMPLE_PACKET ? SIMPLE_PACKET_DATA_AT : PACKET_DATA_AT;
    struct packet_head head;
    struct cursor c = cursor_of(window_rest(w));
    if (!is_packet(b)) {
        return record_short(w, packets, "a block that is not a packet", b->len, 0, damage);
    }
    if (!take_skip(&c, BLOCK_HEADER_LEN) || !take_packet_head(f, b->type, &c, &head)) {
        snprintf(what, sizeof what, "the header of packet %llu", number);
        return record_short(w, packets, what, data_at, 0, damage);
    }
    if (cursor_left(&c) < head.captured && head.captured < b->len) {
        snprintf(what, sizeof what, "packet %llu", number);
        return record_short(w, packets, what, data_at + head.captured, data_at, damage);
    }
    snprintf(what, sizeof what, "the block of packet %llu", number);
    return record_short(w, packets, what, b->len, 0, damage);
}

/* A section's byte order stands behind its length, which cannot be read without it. */
static bool find_byte_order(struct bytes head, bool *little)
{
    struct cursor c = cursor_of(head);
    uint32_t magic;
    if (!take_skip(&c, BLOCK_HEADER_LEN) || !take_u32(&c, &magic)) {
        return false;
    }
    *little = magic == __builtin_bswap32(ORDER_MAGIC);
    return *little || magic == ORDER_MAGIC;
}

/* Type and length of the next block; RECORD_OTHER when it may be read. */
static enum record_answer look_at_block(struct pcapng *f, struct window *w, uint64_t packets,
                                        struct block *b, struct damage *damage)
{
    switch (window_need(w, BLOCK_LEN_MIN)) {
    case WINDOW_HERE:
        break;
    case WINDOW_SHORT:
        return record_short(w, packets, "the header of a block", BLOCK_LEN_MIN, 0, damage);
    case WINDOW_AGAIN:
        return RECORD_AGAIN;
    }
    unsigned long long offset = window_offset(w);
    struct bytes head = {w->at, BLOCK_LEN_MIN};
    struct cursor c = cursor_of(head);
    bool taken = take_u32_as(&c, f->little, &b->type);
    if (b->type == BLOCK_SECTION && !find_byte_order(head, &f->little)) {
        return damage_after(damage, packets, "a section of unknown byte order (offset %llu)",
                            offset);
    }
    taken = taken && take_u32_as(&c, f->little, &b->len);
    assert(taken);
    if (b->len < BLOCK_LEN_MIN || (is_of_use(f, b) && b->len > BLOCK_LEN_MAX)) {
        return damage_after(damage, packets, "a block claims %u bytes (offset %llu)", b->len,
                            offset);
    }
    return RECORD_OTHER;
}

/* Gets the block into the window and checks its second length. RECORD_OTHER when it is there. */
static enum record_answer hold_block(const struct pcapng *f, struct window *w, uint64_t packets,
                                     struct block *b, struct damage *damage)
{
    size_t padded = ((size_t)b->len + 3) & ~(size_t)3; /* some writers count without padding */
    switch (window_need(w, padded)) {
    case WINDOW_HERE:
        break;
    case WINDOW_SHORT:
        return cut(f, w, b, packets, damage);
    case WINDOW_AGAIN:
        return RECORD_AGAIN;
    }
    uint32_t again = 0;
    struct cursor trailer = {w->at + padded - BLOCK_TRAILER_LEN, w->at + padded};
    if (!take_u32_as(&trailer, f->little, &again) || again != b->len) {
        return damage_after(damage, packets, "a block's two lengths are %u and %u (offset %llu)",
                            b->len, again, (unsigned long long)window_offset(w));
    }
    b->body = (struct cursor){w->at + BLOCK_HEADER_LEN, w->at + padded - BLOCK_TRAILER_LEN};
    w->at += padded;
    return RECORD_OTHER;
}

/* Adds what an interface dropped to the input's counts, or takes it out again. What packets tell
 * beyond the statistics is not told apart; it counts as the interface's. */
static void count_drops(const struct pcapng_interface *i, bool add, struct source_input *input)
{
    uint64_t told = i->dropped_kernel + i->dropped_interface;
    uint64_t more = i->dropped_between > told ? i->dropped_between - told : 0;
    if (add) {
        input->dropped_kernel += i->dropped_kernel;
        input->dropped_interface += i->dropped_interface + more;
    } else {
        input->dropped_kernel -= i->dropped_kernel;
        input->dropped_interface -= i->dropped_interface + more;
    }
}

/* Magic 32, version 16 and 16, length of the section 64, options. Interfaces count anew. */
static enum record_answer begin_section(struct pcapng *f, struct block *b, uint64_t packets,
                                        struct damage *damage)
{
    uint16_t major, minor;
    if (!take_skip(&b->body, 4) || !take_u16_as(&b->body, f->little, &major) ||
        !take_u16_as(&b->body, f->little, &minor)) {
        return damage_after(damage, packets, "a section header has %u bytes", b->len);
    }
    if (major != VERSION_MAJOR) {
        return damage_after(damage, packets, "a section in pcapng version %u.%u is not supported",
                            major, minor);
    }
    f->interface_count = 0;
    return RECORD_OTHER;
}

static enum record_answer add_interface(struct pcapng *f, const struct block *b, uint64_t packets,
                                        struct damage *damage)
{
    struct pcapng_interface interface;
    if (!pcapng_interface_read(&interface, b->body, f->little)) {
        return damage_after(damage, packets, "an interface is described in %u bytes", b->len);
    }
    if (f->interface_count == PCAPNG_INTERFACE_MAX) {
        return damage_after(damage, packets, "more than %d interfaces are described",
                            PCAPNG_INTERFACE_MAX);
    }
    if (f->interface_count == f->interface_room) {
        size_t room = f->interface_room ? 2 * f->interface_room : 4;
        struct pcapng_interface *grown = realloc(f->interfaces, room * sizeof *grown);
        if (!grown) {
            return damage_after(damage, packets, "out of memory");
        }
        f->interfaces = grown;
        f->interface_room = room;
    }
    f->interfaces[f->interface_count++] = interface;
    return RECORD_OTHER;
}

/* Interface 32, time 64, options. The counts in them are totals since the capture began. */
static void add_statistics(struct pcapng *f, struct block *b, struct source_input *input)
{
    uint32_t index;
    if (!take_u32_as(&b->body, f->little, &index) || !take_skip(&b->body, 8) ||
        index >= f->interface_count) {
        return;
    }
    struct pcapng_interface *i = &f->interfaces[index];
    count_drops(i, false, input);
    if (pcapng_interface_statistics(i, b->body, f->little)) {
        input->drops_known = true;
    }
    count_drops(i, true, input);
}

/* Type 32, length 32, and the secrets; one that contradicts itself tells nothing. */
static void hand_secrets(const struct pcapng *f, struct window *w, struct block *b)
{
    uint32_t type, len;
    struct bytes lines;
    if (take_u32_as(&b->body, f->little, &type) && type == SECRETS_TLS_LOG &&
        take_u32_as(&b->body, f->little, &len) && take_bytes(&b->body, len, &lines)) {
        f->secrets(f->secrets_ctx, lines);
        window_wipe(w, lines);
    }
}

/* An option behind the data, or in the obsolete block a field. */
static void add_packet_drops(const struct pcapng *f, struct pcapng_interface *i,
                             const struct block *b, const struct packet_head *head,
                             struct source_input *input)
{
    struct cursor options = b->body;
    bool told = false;
    count_drops(i, false, input);
    if (b->type == BLOCK_OLD_PACKET && head->drops != DROPS_UNKNOWN) {
        i->dropped_between += head->drops;
        told = head->drops > 0;
    }
    if (take_skip(&options, (4 - (head->captured & 3u)) & 3u) && cursor_left(&options) > 0) {
        told = pcapng_interface_packet(i, options, f->little) || told;
    }
    input->drops_known = input->drops_known || told;
    count_drops(i, true, input);
}

static enum record_answer read_packet(struct pcapng *f, struct block *b, uint64_t packets,
                                      struct source_input *input, struct packet *out,
                                      struct damage *damage)
{
    unsigned long long number = packets + 1;
    struct packet_head head;
    struct bytes data;
    if (!take_packet_head(f, b->type, &b->body, &head)) {
        return damage_after(damage, packets, "packet %llu has a block of %u bytes", number, b->len);
    }
    if (head.interface >= f->interface_count) {
        return damage_after(damage, packets, "packet %llu names interface %u, which is not there",
                            number, head.interface);
    }
    if (!take_bytes(&b->body, head.captured, &data)) {
        return damage_after(damage, packets, "packet %llu claims %u bytes in a block of %u", number,
                            head.captured, b->len);
    }
    struct pcapng_interface *i = &f->interfaces[head.interface];
    if (packets == 0) {
        input->snaplen = i->snaplen;
    }
    if (pcapng_interface_is_fine(i)) {
        input->nanoseconds = true;
    }
    if (b->type != BLOCK_SIMPLE_PACKET) {
        f->last_ns = pcapng_interface_time(i, head.ticks);
    }
    if (b->type != BLOCK_SIMPLE_PACKET) {
        add_packet_drops(f, i, b, &head, input);
    }
    out->mark.time_ns = f->last_ns;
    out->linktype = i->linktype;
    out->wire_len = head.wire_len > head.captured ? head.wire_len : head.captured;
    out->data = data;
    return RECORD_PACKET;
}

bool pcapng_matches(struct bytes head)
{
    struct cursor c = cursor_of(head);
    uint32_t type, magic;
    return take_u32(&c, &type) && type == BLOCK_SECTION && take_skip(&c, 4) &&
           take_u32(&c, &magic) &&
           (magic == ORDER_MAGIC || magic == __builtin_bswap32(ORDER_MAGIC));
}

enum record_answer pcapng_next(struct pcapng *f, struct window *w, uint64_t packets,
                               struct source_input *input, struct packet *out,
                               struct damage *damage)
{
    enum record_answer answer;
    do {
        struct block b = {0};
        answer = look_at_block(f, w, packets, &b, damage);
        if (answer != RECORD_OTHER) {
            return answer;
        }
        if (!is_of_use(f, &b)) {
            window_skip(w, ((uint64_t)b.len + 3) & ~UINT64_C(3));
            continue;
        }
        answer = hold_block(f, w, packets, &b, damage);
        if (answer != RECORD_OTHER) {
            return answer;
        }
        if (is_packet(&b)) {
            return read_packet(f, &b, packets, input, out, damage);
        }
        if (b.type == BLOCK_SECTION) {
            answer = begin_section(f, &b, packets, damage);
        } else if (b.type == BLOCK_INTERFACE) {
            answer = add_interface(f, &b, packets, damage);
        } else if (b.type == BLOCK_SECRETS) {
            hand_secrets(f, w, &b);
        } else {
            add_statistics(f, &b, input);
        }
    } while (answer == RECORD_OTHER);
    return answer;
}

void pcapng_reset(struct pcapng *f)
{
    free(f->interfaces);
    *f = (struct pcapng){0};
}
