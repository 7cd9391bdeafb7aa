/* classify.c - what nDPI thinks a connection is; the only file that includes nDPI.
 *
 * nDPI reads packets, and its 4.2 can be made to run for ever by a TLS record of 64 KiB and to read
 * past the end of others. So it never sees a packet of the capture. It sees at most 15 made here of
 * the opening: a handshake, then each side's first bytes (256 at most, none of AUTH, passwords
 * masked), from one fixed address to another. Nothing of a capture that begins like a TLS record is
 * handed over: where it is asked about TLS it gets two records written anew from what was
 * understood of the hellos (dissect/tls/excerpt.c), never a certificate, on which it hangs. Its
 * state of the flow, which may hold a user name, is wiped.
 *
 * Starting it takes 4 MB and a tenth of a second: that happens when it is first asked. An answer
 * counts only when it comes from the bytes (NDPI_CONFIDENCE_DPI): a guess by port, or a memory of
 * connections before this one, would make the answer depend on what else is in the capture.
 */
#include "dissect/classify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef WIRETALE_NDPI

#include <ndpi_api.h>

#include "dissect/text.h"
#include "dissect/tls/excerpt.h"

#if NDPI_MAJOR < 4 || (NDPI_MAJOR == 4 && NDPI_MINOR < 2)
#error "nDPI 4.2 or later is needed; build with -DWIRETALE_NDPI=OFF"
#endif
#define NDPI_FROM(major, minor)                                                                    \
    (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

/* Where it keeps what it reads in hellos changes from version to version (4.8 and 4.10 moved
 * fields, later ones drop JA3 of clients): only where it was compared with ours it is read. */
#define READS_HELLOS (NDPI_MAJOR == 4 && NDPI_MINOR == 2)

enum {
    IP_LEN = 20,
    TCP_LEN = 20,
    CLIENT_PORT = 40000, /* above the server's: nDPI tells the direction by it */
    SERVER_PORT = 33333, /* nobody's, so that the bytes alone speak: on 25 it takes HTTP for SMTP */
    FLAG_SYN = 2,
    FLAG_PUSH_ACK = 0x18,
    FLAG_ACK = 0x10,
    PAYLOAD_MAX = TLS_EXCERPT_MAX,
};
static_assert((int)PAYLOAD_MAX >= (int)OPENING_SIDE_MAX, "both must fit into a packet");

struct classifier {
    struct ndpi_detection_module_struct *module;
    bool broken; /* it could not be started */
};

/* One conversation as nDPI is told it. */
struct retelling {
    struct ndpi_detection_module_struct *module;
    struct ndpi_flow_struct *flow;
    uint32_t seq[SIDES];
    uint64_t ms;
    uint8_t packet[IP_LEN + TCP_LEN + PAYLOAD_MAX];
};

static void put16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
    put16(at, (uint16_t)(v >> 16));
    put16(at + 2, (uint16_t)v);
}

/* RFC 791 section 3.1, RFC 9293 section 3.1; checksums are not looked at. */
static void give(struct retelling *r, enum side side, uint8_t flags, struct bytes payload)
{
    static const uint8_t addresses[SIDES][4] = {{10, 0, 0, 1}, {10, 0, 0, 2}};
    uint8_t *ip = r->packet, *tcp = ip + IP_LEN;
    uint16_t len = (uint16_t)(IP_LEN + TCP_LEN + payload.len);

    memset(ip, 0, IP_LEN + TCP_LEN);
    ip[0] = 0x45;
    put16(ip + 2, len);
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, addresses[side], 4);
    memcpy(ip + 16, addresses[side_other(side)], 4);
    put16(tcp, side == SIDE_CLIENT ? CLIENT_PORT : SERVER_PORT);
    put16(tcp + 2, side == SIDE_CLIENT ? SERVER_PORT : CLIENT_PORT);
    put32(tcp + 4, r->seq[side]);
    put32(tcp + 8, r->seq[side_other(side)]);
    tcp[12] = TCP_LEN / 4 << 4;
    tcp[13] = flags;
    put16(tcp + 14, 65535);
    if (payload.len) {
        memcpy(tcp + TCP_LEN, payload.data, payload.len);
    }
    r->seq[side] += (uint32_t)payload.len + ((flags & FLAG_SYN) ? 1 : 0);
    r->ms += 10;
#if NDPI_FROM(4, 6)
    (void)ndpi_detection_process_packet(r->module, r->flow, ip, len, r->ms, NULL);
#else
    (void)ndpi_detection_process_packet(r->module, r->flow, ip, len, r->ms);
#endif
}

/* A line that is cut says less than none: nDPI wants whole ones. Bytes without any are left. */
static struct bytes whole_lines(struct bytes b)
{
    for (size_t len = b.len; len > 0; len--) {
        if (b.data[len - 1] == '\n') {
            return (struct bytes){b.data, len};
        }
    }
    return b;
}

static bool is_settled(const struct ndpi_flow_struct *f)
{
    return f->detected_protocol_stack[0] != NDPI_PROTOCOL_UNKNOWN &&
           f->confidence == NDPI_CONFIDENCE_DPI;
}

static void connect_sides(struct retelling *r)
{
    const struct bytes nothing = {NULL, 0};

    give(r, SIDE_CLIENT, FLAG_SYN, nothing);
    give(r, SIDE_SERVER, FLAG_SYN | FLAG_ACK, nothing);
    give(r, SIDE_CLIENT, FLAG_ACK, nothing);
}

static void retell(struct retelling *r, const struct opening *o)
{
    size_t at[SIDES] = {0};

    connect_sides(r);
    for (size_t i = 0; i < o->piece_count && !is_settled(r->flow); i++) {
        enum side side = o->piece[i].side == SIDE_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
        struct bytes b = {o->data[side] + at[side], o->piece[i].len};

        at[side] += o->piece[i].len;
        if (b.len && !text_is_tls_type(b.data[0])) {
            give(r, side, FLAG_PUSH_ACK, whole_lines(b));
        }
    }
}

static bool start(struct classifier *c)
{
    if (c->module || c->broken) {
        return c->module != NULL;
    }
    c->broken = true;
    /* A library that is not the one whose header was read would write past our flow. */
    if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct)) {
        return false;
    }
#if NDPI_FROM(4, 10)
    c->module = ndpi_init_detection_module(NULL);
#else
    c->module = ndpi_init_detection_module(ndpi_no_prefs);
#endif
    if (!c->module) {
        return false;
    }
#if !NDPI_FROM(5, 0)
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(c->module, &all);
#endif
    ndpi_finalize_initialization(c->module);
    return true;
}

/* The protocol that carries, not whose service it is: SMTP of "SMTP.Google". */
static void copy_name(struct classifier *c, const struct ndpi_flow_struct *f, char *name)
{
    uint16_t carrier = f->detected_protocol_stack[1];
    const char *s;

    if (carrier == NDPI_PROTOCOL_UNKNOWN) {
        carrier = f->detected_protocol_stack[0];
    }
    s = ndpi_get_proto_name(c->module, carrier);
    for (size_t i = 0; s && s[i] && i + 1 < CLASSIFY_NAME_MAX; i++) {
        name[i] = s[i] > ' ' && s[i] < 0x7f ? s[i] : '_';
        name[i + 1] = '\0';
    }
}

static bool begin(struct retelling *r, struct classifier *c)
{
    r->ms = 1000;
    memset(r->seq, 0, sizeof r->seq);
    if (!start(c)) {
        return false;
    }
    r->module = c->module;
    r->flow = calloc(1, sizeof *r->flow);
    return r->flow != NULL;
}

static void finish(struct retelling *r)
{
    ndpi_free_flow_data(r->flow);
    explicit_bzero(r->flow, sizeof *r->flow);
    free(r->flow);
    explicit_bzero(r->packet, sizeof r->packet);
}

bool classify_opening(struct classifier *c, const struct opening *o, char name[CLASSIFY_NAME_MAX])
{
    struct retelling r;

    name[0] = '\0';
    if (o->piece_count == 0 || !begin(&r, c)) {
        return false;
    }
    retell(&r, o);
    if (is_settled(r.flow)) {
        copy_name(c, r.flow, name);
    }
    finish(&r);
    return name[0] != '\0';
}

#if READS_HELLOS

static void copy_text(char *to, const char *from, size_t size)
{
    size_t len = strnlen(from, size - 1);

    memcpy(to, from, len);
    to[len] = '\0';
}

/* The fields are a union's: they are TLS's only when it is TLS. */
static void read_opinion(const struct ndpi_flow_struct *f, struct tls_opinion *out)
{
    out->is_tls = is_settled(f) && (f->detected_protocol_stack[0] == NDPI_PROTOCOL_TLS ||
                                    f->detected_protocol_stack[1] == NDPI_PROTOCOL_TLS);
    if (out->is_tls) {
        out->version = f->protos.tls_quic.ssl_version;
        out->cipher = f->protos.tls_quic.server_cipher;
        copy_text(out->ja3, f->protos.tls_quic.ja3_client, sizeof out->ja3);
        copy_text(out->ja3s, f->protos.tls_quic.ja3_server, sizeof out->ja3s);
        copy_text(out->server_name, f->host_server_name, sizeof out->server_name);
    }
}

bool classify_hellos(struct classifier *c, const struct bytes hello[SIDES], struct tls_opinion *out)
{
    struct retelling r;

    *out = (struct tls_opinion){0};
    if (!hello[SIDE_CLIENT].len || hello[SIDE_CLIENT].len > TLS_EXCERPT_MAX ||
        hello[SIDE_SERVER].len > TLS_EXCERPT_MAX || !begin(&r, c)) {
        return false;
    }
    connect_sides(&r);
    give(&r, SIDE_CLIENT, FLAG_PUSH_ACK, hello[SIDE_CLIENT]);
    if (hello[SIDE_SERVER].len) {
        give(&r, SIDE_SERVER, FLAG_PUSH_ACK, hello[SIDE_SERVER]);
    }
    read_opinion(r.flow, out);
    finish(&r);
    return true;
}

#endif

void classifier_free(struct classifier *c)
{
    if (c && c->module) {
        ndpi_exit_detection_module(c->module);
    }
    free(c);
}

const char *classify_library_version(void)
{
    return ndpi_revision();
}

#else /* built without nDPI */

#define READS_HELLOS 0

struct classifier {
    int unused;
};

bool classify_opening(struct classifier *c, const struct opening *o, char name[CLASSIFY_NAME_MAX])
{
    (void)c;
    (void)o;
    name[0] = '\0';
    return false;
}

void classifier_free(struct classifier *c)
{
    free(c);
}

const char *classify_library_version(void)
{
    return NULL;
}

#endif

#if !READS_HELLOS

bool classify_hellos(struct classifier *c, const struct bytes hello[SIDES], struct tls_opinion *out)
{
    (void)c;
    (void)hello;
    *out = (struct tls_opinion){0};
    return false;
}

#endif

struct classifier *classifier_new(void)
{
    return calloc(1, sizeof(struct classifier));
}
