/* frame.c - one packet to one TCP segment or ICMP error.
 *
 * link.c passes over link headers, ip.c over IP headers, tunnel.c over what stands between two IP
 * headers, ipfrag.c puts fragments together; here they are called in turn. Lengths on the wire come
 * from the innermost IP header, so that a snap length which cuts the packet cuts no length.
 */
#include "dissect/net/frame.h"

#include <string.h>

#include "dissect/limits.h"
#include "dissect/net/icmp.h"
#include "dissect/net/ip.h"
#include "dissect/net/ipfrag.h"
#include "dissect/net/tunnel.h"

static uint16_t u16_at(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/*     |          Source Port          |       Destination Port        |
 *     |                        Sequence Number                        |
 *     |                    Acknowledgment Number                      |
 *     | Offset|  Reserved |U|A|P|R|S|F|            Window             |
 *     |           Checksum            |         Urgent Pointer        |   RFC 9293 section 3.1 */
static enum frame_kind read_tcp(const struct ip_header *ip, struct segment *out)
{
    struct cursor c = cursor_of(ip->payload);
    struct bytes h;
    size_t header;

    if (ip->payload_len < 20) {
        return FRAME_BAD;
    }
    if (!take_bytes(&c, 20, &h)) {
        return FRAME_CUT;
    }
    out->from_port = u16_at(h.data);
    out->to_port = u16_at(h.data + 2);
    out->seq = u32_at(h.data + 4);
    out->ack = u32_at(h.data + 8);
    out->flags = h.data[13];
    out->window = u16_at(h.data + 14);
    out->checksum = u16_at(h.data + 16);
    header = (size_t)(h.data[12] >> 4) * 4;
    if (header < 20 || header > ip->payload_len) {
        return FRAME_BAD;
    }
    if (!take_bytes(&c, header - 20, &out->options)) {
        /* The snap length cut the options: there is no payload either. */
        out->options = (struct bytes){c.at, 0};
        out->payload = (struct bytes){c.end, 0};
    } else {
        out->payload = peek_rest(&c);
    }
    out->payload_len = ip->payload_len - (uint32_t)header;
    out->from = ip->from;
    out->to = ip->to;
    out->ttl = ip->ttl;
    out->ip_id = ip->id;
    return FRAME_TCP;
}

/* A fragment: FRAME_TCP when it completed its packet. */
static enum frame_kind read_fragment(struct frame_reader *r, const struct packet *p,
                                     struct ip_header *ip)
{
    enum frame_kind kind;

    if (!r->fragments) {
        return FRAME_FRAGMENT;
    }
    kind = ipfrag_add(r->fragments, ip, p->mark.time_ns);
    if (kind != FRAME_TCP) {
        return kind;
    }
    r->has_whole = true;
    if (ip->from.family == 6) {
        kind = ip_skip_extensions(ip);
    }
    return kind == FRAME_TCP && ip->is_fragment ? FRAME_BAD : kind; /* a fragment of a fragment */
}

/* What an IP packet is for us; FRAME_OTHER also when it is a tunnel, to be asked for what it
 * carries. */
static enum frame_kind read_ip(struct frame_reader *r, const struct packet *p, struct ip_header *ip,
                               struct segment *segment, struct icmp_error *error)
{
    struct bytes data = peek_rest(&r->at.c);
    enum frame_kind kind = ip_read(data, (uint32_t)data.len + r->at.cut, ip);

    if (kind == FRAME_TCP && ip->is_fragment) {
        kind = read_fragment(r, p, ip);
    }
    if (kind == FRAME_TCP && ip->protocol == IP_AUTH) {
        kind = ip_skip_extensions(ip);
    }
    if (kind != FRAME_TCP) {
        return kind;
    }
    switch (ip->protocol) {
    case IP_TCP:
        return read_tcp(ip, segment);
    case IP_ICMP:
    case IP_ICMPV6:
        return icmp_read(ip, error);
    default:
        return FRAME_OTHER;
    }
}

/* From where the reader stands, header by header inwards. */
static enum frame_kind read_inwards(struct frame_reader *r, const struct packet *p,
                                    struct segment *segment, struct icmp_error *error)
{
    enum carried_kind carries = link_read(&r->at);
    enum frame_kind kind;
    struct ip_header ip;

    for (int depth = 0; carries == CARRIED_IP || carries == CARRIED_LINK; depth++) {
        if (depth > LIMIT_ENCAPSULATIONS) {
            return FRAME_DEEP;
        }
        if (carries == CARRIED_IP) {
            kind = read_ip(r, p, &ip, segment, error);
            if (kind != FRAME_OTHER) {
                return kind;
            }
            carries = tunnel_read(&ip, &r->at);
            if (carries != CARRIED_LINK) {
                continue;
            }
        }
        carries = link_read(&r->at);
    }
    return carries == CARRIED_UNREAD ? FRAME_LINK : FRAME_OTHER;
}

/* Ethernet, IPv4 and TCP with nothing unusual about them: nearly every packet is that, and is read
 * in one go. False: it is not, or something is missing or wrong, and nothing was changed. */
static bool read_usual(const struct packet *p, struct segment *out)
{
    enum { IP_AT = 14, TCP_AT = IP_AT + 20, LEN = TCP_AT + 20 };
    struct cursor c = cursor_of(p->data);
    const uint8_t *ip, *tcp;
    struct bytes h;
    size_t header, total;

    if (p->linktype != LINK_ETHERNET || !take_bytes(&c, LEN, &h)) {
        return false;
    }
    ip = h.data + IP_AT;
    tcp = h.data + TCP_AT;
    total = u16_at(ip + 2);
    header = (size_t)(tcp[12] >> 4) * 4;
    if (u16_at(ip - 2) != ETHER_IPV4 || ip[0] != 0x45 || ip[9] != IP_TCP ||
        (u16_at(ip + 6) & 0x3fff) || header < 20 || total < 20 + header ||
        !take_bytes(&c, header - 20, &out->options)) {
        return false;
    }
    out->from = out->to = (struct address){.family = 4};
    memcpy(out->from.bytes, ip + 12, 4);
    memcpy(out->to.bytes, ip + 16, 4);
    out->from_port = u16_at(tcp);
    out->to_port = u16_at(tcp + 2);
    out->seq = u32_at(tcp + 4);
    out->ack = u32_at(tcp + 8);
    out->flags = tcp[13];
    out->window = u16_at(tcp + 14);
    out->checksum = u16_at(tcp + 16);
    out->ip_id = u16_at(ip + 4);
    out->ttl = ip[8];
    out->payload = peek_rest(&c);
    out->payload_len = (uint32_t)(total - 20 - header);
    if (out->payload.len > out->payload_len) { /* padding of the link */
        out->payload.len = out->payload_len;
    }
    return true;
}

bool frame_reader_init(struct frame_reader *r)
{
    *r = (struct frame_reader){.fragments = ipfrag_new()};
    return r->fragments;
}

void frame_reader_reset(struct frame_reader *r)
{
    ipfrag_free(r->fragments);
    *r = (struct frame_reader){.fragments = NULL};
}

enum frame_kind frame_reader_read(struct frame_reader *r, const struct packet *p,
                                  struct segment *segment, struct icmp_error *error)
{
    if (r->has_whole) {
        ipfrag_forget(r->fragments);
        r->has_whole = false;
    }
    segment->mark = p->mark;
    segment->wire_len = p->wire_len;
    if (read_usual(p, segment)) {
        r->at.rest = (struct cursor){NULL, NULL};
        return FRAME_TCP;
    }
    error->mark = p->mark;
    r->at = (struct carried){
        .c = cursor_of(p->data),
        .cut = p->wire_len > p->data.len ? p->wire_len - (uint32_t)p->data.len : 0,
        .linktype = p->linktype,
    };
    if (p->linktype < 0) { /* ours are not for packets */
        return FRAME_LINK;
    }
    return read_inwards(r, p, segment, error);
}

enum frame_kind frame_reader_more(struct frame_reader *r, const struct packet *p,
                                  struct segment *segment, struct icmp_error *error)
{
    segment->mark = error->mark = p->mark;
    segment->wire_len = p->wire_len;
    r->at = (struct carried){.c = r->at.rest, .linktype = LINK_AMSDU};
    return read_inwards(r, p, segment, error);
}

enum frame_kind frame_read(const struct packet *p, struct segment *segment,
                           struct icmp_error *error)
{
    struct frame_reader alone = {.fragments = NULL};

    return frame_reader_read(&alone, p, segment, error);
}
