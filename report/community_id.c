/* community_id.c - a connection's name that other tools compute alike.
 *
 * Community ID version 1 with seed 0: "1:" and the base64 of SHA-1 over
 *
 *     seed (2) | address | address | protocol (1) | 0 (1) | port (2) | port (2)
 *
 * in network byte order, the lower endpoint first: by address as bytes, then by port.
 */
#include "report/community_id.h"

#include <string.h>

#include "capture/crypto.h"

enum { PROTOCOL_TCP = 6, SEED_LEN = 2, INPUT_MAX = SEED_LEN + 2 * 16 + 2 + 2 * 2 };

static size_t address_len(const struct address *a)
{
    return a->family == 4 ? 4 : 16;
}

static int compare(const struct endpoint *a, const struct endpoint *b)
{
    int order = memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
    return order ? order : (a->port > b->port) - (a->port < b->port);
}

static uint8_t *put_port(uint8_t *at, uint16_t port)
{
    at[0] = (uint8_t)(port >> 8);
    at[1] = (uint8_t)(port & 0xff);
    return at + 2;
}

bool community_id(const struct endpoint *a, const struct endpoint *b, char out[COMMUNITY_ID_MAX])
{
    const struct endpoint *low = compare(a, b) <= 0 ? a : b;
    const struct endpoint *high = low == a ? b : a;
    uint8_t input[INPUT_MAX] = {0};
    uint8_t digest[SHA1_LEN];
    size_t len = address_len(&low->address);

    out[0] = '\0';
    if (low->address.family == 0 || low->address.family != high->address.family) {
        return false;
    }
    uint8_t *at = input + SEED_LEN;
    memcpy(at, low->address.bytes, len);
    memcpy(at + len, high->address.bytes, len);
    at += 2 * len;
    *at++ = PROTOCOL_TCP;
    *at++ = 0;
    at = put_port(at, low->port);
    at = put_port(at, high->port);
    if (!crypto_sha1((struct bytes){input, (size_t)(at - input)}, digest)) {
        return false;
    }
    memcpy(out, "1:", 2);
    crypto_base64((struct bytes){digest, sizeof(digest)}, out + 2);
    return true;
}
