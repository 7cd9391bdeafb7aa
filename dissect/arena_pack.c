/* arena_pack.c - an arena that nobody needs for a while, made small.
 *
 * The octets in its pages are packed with zstd, the pages emptied. Their addresses stay taken, so
 * that all pointers into the arena hold when they are filled again. Sessions look alike: the first
 * one packed that is no mere beginning is the dictionary of all that follow, which halves them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/zstd.h"
#include "dissect/arena_state.h"
#include "dissect/page.h"

enum {
    PACK_PAGES = 16, /* more than a packable arena has of them */
    DICTIONARY_MIN = 4000,
};

struct packed_block {
    struct block *at;
    uint32_t used;
};

struct arena_packed {
    struct arena *arena;
    const struct block *newest; /* of all blocks */
    uint32_t len, unpacked_len;
    uint16_t count;
    bool by_dictionary;
    struct packed_block blocks[]; /* newest first; behind them what was packed */
};

/* The program has one thread. */
static struct zstd_packer *packers[2]; /* without a dictionary, with one */

static const uint8_t *packed_octets(const struct arena_packed *p)
{
    return (const uint8_t *)(p->blocks + p->count);
}

/* NULL: no memory. */
static struct zstd_packer *packer(bool by_dictionary)
{
    if (!packers[by_dictionary]) {
        packers[by_dictionary] = zstd_packer_new((struct bytes){0});
    }
    return packers[by_dictionary];
}

/* Octets of a block in use, its header included. */
static uint32_t block_len(const struct block *b)
{
    return (uint32_t)arena_rounded(sizeof *b) + b->used;
}

/* All pages one behind the other, and the free room there. */
static uint8_t *workshop(size_t *packed_room, uint8_t **packed)
{
    static uint8_t *room;
    size_t raw = PACK_PAGES * page_size();

    *packed_room = zstd_packer_room(raw);
    if (!room) {
        room = malloc(raw + *packed_room);
    }
    *packed = room ? room + raw : NULL;
    return room;
}

static void empty_pages(const struct arena_packed *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        page_empty(p->blocks[i].at);
    }
}

struct arena_packed *arena_pack(struct arena *a)
{
    size_t room, raw_len = 0, len;
    uint8_t *packed, *raw = workshop(&room, &packed);
    struct packed_block blocks[PACK_PAGES];
    struct arena_packed *p;
    uint16_t count = 0;
    bool by_dictionary = packers[true];

    if (!raw || !packer(by_dictionary) || !a->packable || a->pages > PACK_PAGES) {
        return NULL;
    }
    for (struct block *b = a->newest; b; b = b->older) {
        if (b->kind == BLOCK_PAGE) {
            blocks[count++] = (struct packed_block){b, block_len(b)};
            memcpy(raw + raw_len, b, block_len(b));
            raw_len += block_len(b);
        }
    }
    len = zstd_packer_pack(packer(by_dictionary), (struct bytes){raw, raw_len}, packed, room);
    p = len ? malloc(sizeof *p + count * sizeof *blocks + len) : NULL;
    if (!p) {
        return NULL;
    }
    *p = (struct arena_packed){.arena = a,
                               .newest = a->newest,
                               .len = (uint32_t)len,
                               .unpacked_len = (uint32_t)raw_len,
                               .count = count,
                               .by_dictionary = by_dictionary};
    memcpy(p->blocks, blocks, count * sizeof *blocks);
    memcpy(p->blocks + count, packed, len);
    if (!by_dictionary && raw_len >= DICTIONARY_MIN) {
        packers[true] = zstd_packer_new((struct bytes){raw, raw_len});
    }
    empty_pages(p);
    return p;
}

void arena_look(const struct arena_packed *p)
{
    size_t room;
    uint8_t *unused, *raw = workshop(&room, &unused);

    if (!zstd_packer_unpack(packers[p->by_dictionary], (struct bytes){packed_octets(p), p->len},
                            raw, p->unpacked_len)) {
        fputs("wiretale: packed memory is damaged\n", stderr);
        abort();
    }
    for (unsigned i = 0; i < p->count; i++) {
        const struct packed_block *b = &p->blocks[i];
        page_fill(b->at);
        memcpy(b->at, raw, b->used);
        raw += b->used;
    }
}

void arena_unpack(struct arena_packed *p)
{
    arena_look(p);
    free(p);
}

void arena_put_away(const struct arena_packed *p)
{
    arena_drop(p->arena, p->newest);
    empty_pages(p);
}

size_t arena_packed_size(const struct arena_packed *p)
{
    return sizeof *p + p->count * sizeof *p->blocks + p->len;
}

size_t arena_packable_size(const struct arena *a)
{
    return a->pages * (page_size() - arena_rounded(sizeof(struct block)));
}
