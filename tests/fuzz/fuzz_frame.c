/* fuzz_frame.c - any bytes as a packet of any link type.
 *
 * Input: one octet chooses the link type, one is added to the length on the wire, the rest is the
 * packet. What is returned must lie inside it.
 */
#include "dissect/net/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int linktypes[] = {LINK_ETHERNET, LINK_NULL, LINK_RAW,  LINK_LOOP, LINK_SLL,
                                LINK_SLL2,     LINK_IPV4, LINK_IPV6, 12,        147};

static void within(struct bytes b, struct bytes packet)
{
    if (b.len > 0 && (b.data < packet.data || b.data + b.len > packet.data + packet.len)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment segment;
    struct icmp_error error;
    if (size < 2) {
        return 0;
    }
    /* exactly as long as it says, so that a read behind it does not go unnoticed */
    uint8_t *copy = malloc(size - 2 ? size - 2 : 1);
    if (copy == NULL) {
        abort();
    }
    if (size > 2) {
        memcpy(copy, data + 2, size - 2);
    }
    struct packet p = {.mark = {1, 1},
                       .linktype = linktypes[data[0] % (sizeof linktypes / sizeof linktypes[0])],
                       .wire_len = (uint32_t)size - 2 + data[1],
                       .data = {copy, size - 2}};
    if (frame_read(&p, &segment, &error) == FRAME_TCP) {
        within(segment.payload, p.data);
        within(segment.options, p.data);
        if (segment.payload.len > segment.payload_len) {
            abort();
        }
    }
    free(copy);
    return 0;
}
