/* proxy.c - the binary header by which a load balancer says for whom it speaks (PROXY protocol,
 * version 2), before the first line of the client.
 *
 *     0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A | version, command | family | length | addresses, more
 *     12 octets: the signature            | 1                | 1      | 2      | length octets
 *
 * Its signature is made to look like empty lines and a QUIT to whoever does not know it, so it has
 * to be taken out before lines are cut. It is told as the line of version 1 would be: a command
 * PROXY that nobody answers. Addresses are not kept. Octets that begin like it and are none are
 * lines, each with the packet it came in.
 */
#include <string.h>

#include "dissect/smtp/dialogue_state.h"

enum {
    SIGNATURE_LEN = 12,
    HEADER_LEN = 16,
    AT_FAMILY = 13,
    AT_LENGTH = 14,
    OVER_TCP4 = 0x11,
    OVER_TCP6 = 0x21
};

static const uint8_t signature[SIGNATURE_LEN] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

struct smtp_proxy {
    uint8_t octets[HEADER_LEN];
    struct mark mark[HEADER_LEN]; /* of the packet that carried each */
    uint64_t peer_ack[HEADER_LEN];
    uint32_t len, left; /* left: of what the header says follows it */
};

bool smtp_proxy_begins(const struct smtp_dialogue *d, const struct smtp_feed *feed)
{
    return feed->offset == 0 && feed->left.data[0] == signature[0] && !d->proxy && !d->midstream &&
           !d->in_tls && smtp_line_at_start(&d->cutter[SIDE_CLIENT]);
}

void smtp_proxy_begin(struct smtp_dialogue *d)
{
    d->proxy = arena_make(d->s->arena, struct smtp_proxy);
    d->client = CLIENT_PROXY;
}

static void drop(struct smtp_feed *feed, size_t len)
{
    feed->left.data += len;
    feed->left.len -= len;
    feed->offset += len;
}

/* It was no header: the lines it holds are read as they would have been. */
static void hand_back(struct smtp_dialogue *d)
{
    struct smtp_proxy *p = d->proxy;

    d->client = CLIENT_COMMAND;
    for (uint32_t i = 0; i < p->len; i++) {
        struct chunk chunk = {.mark = p->mark[i], .peer_ack = p->peer_ack[i]};
        struct smtp_feed one = {&chunk, {&p->octets[i], 1}, i};
        struct smtp_line line;

        if (smtp_dialogue_take_line(d, SIDE_CLIENT, &one, &line)) {
            smtp_client_line(d, &line);
        }
    }
}

static void tell(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    const struct smtp_proxy *p = d->proxy;
    const char *text = p->octets[AT_FAMILY] == OVER_TCP4   ? "PROXY TCP4 "
                       : p->octets[AT_FAMILY] == OVER_TCP6 ? "PROXY TCP6 "
                                                           : "PROXY UNKNOWN";
    struct smtp_line line = {.text = {(const uint8_t *)text, strlen(text)},
                             .end = feed->offset,
                             .len = feed->offset,
                             .peer_ack = p->peer_ack[0],
                             .first = p->mark[0],
                             .last = feed->chunk->mark};

    d->client = CLIENT_COMMAND;
    smtp_client_line(d, &line);
}

void smtp_proxy_read(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    struct smtp_proxy *p = d->proxy;

    while (feed->left.len && p->len < HEADER_LEN) {
        uint8_t octet = feed->left.data[0];

        if (p->len < SIGNATURE_LEN && octet != signature[p->len]) {
            hand_back(d);
            return;
        }
        p->octets[p->len] = octet;
        p->mark[p->len] = feed->chunk->mark;
        p->peer_ack[p->len] = feed->chunk->peer_ack;
        p->len++;
        drop(feed, 1);
        if (p->len == HEADER_LEN) {
            p->left = (uint32_t)(p->octets[AT_LENGTH] << 8 | p->octets[AT_LENGTH + 1]);
        }
    }
    if (p->len == HEADER_LEN) {
        size_t len = feed->left.len < p->left ? feed->left.len : p->left;

        drop(feed, len);
        p->left -= (uint32_t)len;
        if (p->left == 0) {
            tell(d, feed);
        }
    }
}

void smtp_proxy_flush(struct smtp_dialogue *d)
{
    if (d->client == CLIENT_PROXY && d->proxy->len < SIGNATURE_LEN) {
        hand_back(d);
    }
}
