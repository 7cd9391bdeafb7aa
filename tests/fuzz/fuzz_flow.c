/* fuzz_flow.c - segments in any order, with any numbers, through the table of connections.
 *
 * Input: records of 8 octets and payload. One connection's both directions, two client ports, small
 * sequence numbers, so that overlaps, wraps, resets and reuse happen often:
 *
 *     octet 0  bit 0 direction, bit 1 which client, bits 2-7 flags
 *     octet 1  sequence number, times 16, from 64 below the initial one
 *     octet 2  acknowledgement, the same
 *     octet 3  milliseconds since the segment before; 255: 70 s
 *     octet 4  window; octet 5  octets missing at the end (snap length); octet 6 ICMP when 0xff
 *     octet 7  payload length
 */
#include "dissect/tcp/flow.h"
#include "tests/support/telling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 8 };
static const uint32_t NEAR_WRAP = 0xffffffc0; /* no enum holds it */

static void check(void *ctx, struct session *s)
{
    (void)ctx;
    char *told = telling_full(s);
    const char *fault = telling_contradiction(s);
    if (fault != NULL) {
        fprintf(stderr, "%s\n%s\n", told, fault);
        abort();
    }
    free(told);
    session_free(s);
}

static struct segment segment_of(const uint8_t *r, struct mark mark)
{
    struct segment s = {.mark = mark, .ttl = 64, .window = r[4], .ip_id = (uint16_t)mark.packet};
    bool client = !(r[0] & 1);
    (void)!address_parse(client ? &s.from : &s.to, "192.0.2.10");
    (void)!address_parse(client ? &s.to : &s.from, "198.51.100.25");
    uint16_t port = r[0] & 2 ? 40001 : 40000;
    s.from_port = client ? port : 25;
    s.to_port = client ? 25 : port;
    s.flags = (uint8_t)(r[0] >> 2);
    s.seq = (uint32_t)NEAR_WRAP + r[1] * 16U;
    s.ack = (uint32_t)NEAR_WRAP + r[2] * 16U;
    return s;
}

static void put_icmp(struct tcp_flows *flows, const struct segment *s)
{
    struct icmp_error e = {.mark = s->mark,
                           .family = 4,
                           .type = 3,
                           .code = 1,
                           .from = s->from,
                           .to = s->to,
                           .from_port = s->from_port,
                           .to_port = s->to_port,
                           .seq = s->seq,
                           .seq_known = true,
                           .flags = s->flags,
                           .flags_known = s->window & 1};
    tcp_flow_icmp(flows, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {25};
    struct tcp_flow_options options = {.ports = ports, .port_count = 1, .sink = check};
    struct tcp_flows *flows = tcp_flow_table_new(&options);
    struct mark mark = {0, 1000000000};
    if (flows == NULL) {
        abort();
    }
    for (size_t at = 0; size - at >= RECORD;) {
        const uint8_t *r = data + at;
        size_t len = r[7] < size - at - RECORD ? r[7] : size - at - RECORD;
        mark.packet++;
        mark.time_ns += r[3] == 255 ? INT64_C(70000000000) : r[3] * INT64_C(1000000);
        struct segment s = segment_of(r, mark);
        uint8_t *copy = malloc(len ? len : 1);
        if (copy == NULL) {
            abort();
        }
        memcpy(copy, r + RECORD, len);
        s.payload_len = (uint32_t)len;
        s.payload = (struct bytes){copy, r[5] < len ? len - r[5] : len};
        tcp_flow_clock(flows, mark.time_ns);
        if (r[6] == 0xff) {
            put_icmp(flows, &s);
        } else {
            tcp_flow_segment(flows, &s);
        }
        free(copy);
        at += RECORD + len;
    }
    tcp_flow_end(flows);
    tcp_flow_table_free(flows);
    return 0;
}
