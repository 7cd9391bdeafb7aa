/* fuzz_tls.c - any bytes as a certificate, as a hello, and as the records of both sides.
 *
 * Input: one octet says what follows:
 *
 *     0 a certificate, and whether it bears a name   1 ClientHello   2 ServerHello   3 Certificate
 *     4 a hello in SSL 2's form   5 two octets of a cipher, and ServerKeyExchange
 *     else records: one octet each for side (bit 0), gap (bit 1) and length (the rest), then bytes
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/classify.h"
#include "dissect/tls/facts.h"
#include "dissect/tls/record.h"
#include "report/diagnose/server_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_certificate(struct session *s, struct bytes b)
{
    static const char *const hosts[] = {"mx.example.org", "192.0.2.25", "2001:db8::25", "."};
    struct tls_certificate *c = tls_certificate_read(s->arena, b);

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        (void)server_name_is_borne(c, (struct text){hosts[i], (uint32_t)strlen(hosts[i]), false});
    }
    (void)server_name_is_unsure(c);
}

static void read_key_exchange(struct session *s, struct bytes b)
{
    struct cursor c = cursor_of(b);

    if (take_u16(&c, &s->tls.cipher)) {
        tls_facts_key_exchange(s, peek_rest(&c));
    }
}

static void read_message(struct session *s, uint8_t kind, struct bytes b)
{
    struct mark mark = {1, 1};

    switch (kind) {
    case 0:
        read_certificate(s, b);
        break;
    case 1:
        tls_facts_client_hello(s, b, mark);
        break;
    case 2:
        (void)tls_facts_server_hello(s, b, mark);
        break;
    case 3:
        tls_facts_certificates(s, SIDE_SERVER, b, mark);
        break;
    case 4:
        tls_facts_ssl2_hello(s, b, mark);
        break;
    default:
        read_key_exchange(s, b);
        break;
    }
}

static void read_records(struct session *s, struct cursor *c)
{
    struct tls_reader *r = tls_record_new(s);
    uint64_t offset[SIDES] = {0, 0}, packet = 1;
    struct bytes b;
    uint8_t control;

    while (r && take_u8(c, &control)) {
        enum side side = (enum side)(control & 1);
        size_t len = control >> 2;
        struct mark mark = {packet, (int64_t)packet};
        struct chunk chunk = {.side = side, .offset = offset[side], .mark = mark};
        packet++;
        if (control & 2) {
            tls_record_gap(r, side, offset[side], len + 1, mark);
            offset[side] += len + 1;
            continue;
        }
        len = len < 63 ? len : cursor_left(c) / 2; /* a long piece now and then */
        if (!take_bytes(c, len < cursor_left(c) ? len : cursor_left(c), &b)) {
            break;
        }
        tls_record_read(r, side, &chunk, b, offset[side]);
        offset[side] += b.len;
    }
    if (r) {
        tls_record_end(r);
        tls_record_free(r);
    }
}

/* What nDPI is given of the hellos, and what it makes of it. */
static void ask_ndpi(struct session *s)
{
    static struct classifier *c;
    const struct tls_details *t = tls_details_of(s);
    struct tls_opinion opinion;

    if (!c && !(c = classifier_new())) {
        abort();
    }
    if (t && classify_hellos(c, t->excerpt, &opinion)) {
        (void)tls_opinion_differences(s, &opinion);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session *s = session_new(1);
    /* A copy of exactly this size: reading past it is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    struct cursor c = {copy, copy + size};
    uint8_t kind;

    if (!s || !copy) {
        abort();
    }
    if (size) {
        memcpy(copy, data, size);
    }
    s->keep_opening = true;
    if (take_u8(&c, &kind)) {
        if (kind <= 5) {
            read_message(s, kind, peek_rest(&c));
        } else {
            read_records(s, &c);
        }
    }
    free(copy);
    ask_ndpi(s);
    session_free(s);
    return 0;
}
