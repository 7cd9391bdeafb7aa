/* keylog.c - secrets of TLS sessions that somebody recorded, by the client random they belong to.
 *
 *     CLIENT_RANDOM <64 hex digits: client random> <96: master secret>
 *     CLIENT_TRAFFIC_SECRET_0 <64: client random> <64 or 96, as the cipher's hash is long>
 *
 * One line each; # begins a comment. Other labels (early data, exporters, RSA) open nothing that is
 * read here. A line that is cut or not of this form tells nothing and is counted.
 *
 * A hash table of two generations: when the newer one is full, the older one is given up. So the
 * newest LIMIT_KEYLOG_SECRETS / 2 at least are there, however long the log is: it grows at its end.
 * The hash is keyed, since whoever wrote the log may wish us a slow table.
 */
#include "dissect/tls/keylog.h"

#include <stdlib.h>
#include <string.h>

#include "capture/crypto.h"
#include "capture/crypto_record.h"
#include "dissect/limits.h"
#include "dissect/text.h"

enum {
    RANDOM_DIGITS = 2 * TLS_RANDOM_LEN,
    MASTER_DIGITS = 2 * 48,
    SHORT_DIGITS = 2 * 32,
    SLOTS_FIRST = 64,
    GENERATION_MAX = LIMIT_KEYLOG_SECRETS / 2,
    WORDS = TLS_RANDOM_LEN / sizeof(uint32_t),
};

/* A slot without length is free. */
struct slot {
    uint8_t random[TLS_RANDOM_LEN];
    uint8_t secret[TLS_SECRET_MAX];
    uint8_t len, which;
};

struct generation {
    struct slot *slots;
    size_t size, count; /* size: a power of two, at least twice count */
};

struct tls_keylog {
    struct generation newer, older;
    uint64_t hash_key[WORDS];
    struct tls_keylog_totals totals;
    uint8_t *room;
};

static const char *const labels[TLS_SECRETS] = {
    [TLS_SECRET_MASTER] = "CLIENT_RANDOM",
    [TLS_SECRET_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    [TLS_SECRET_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    [TLS_SECRET_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
    [TLS_SECRET_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
};

/* Known, and of no use here. */
static const char *const other_labels[] = {
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "EARLY_EXPORTER_MASTER_SECRET",
    "EARLY_EXPORTER_SECRET",
    "EXPORTER_SECRET",
    "ECH_SECRET",
    "ECH_CONFIG",
    "RSA",
    "PMS_CLIENT_RANDOM",
    "CLIENT_TRAFFIC_SECRET_N", /* OpenSSL's for those behind a KeyUpdate, which follow from _0 */
    "SERVER_TRAFFIC_SECRET_N",
};

struct tls_keylog *tls_keylog_new(void)
{
    struct tls_keylog *k = calloc(1, sizeof *k);

    if (!k) {
        return NULL;
    }
    k->room = crypto_secret_alloc(TLS_KEYLOG_ROOM);
    if (!k->room || !crypto_random((uint8_t *)k->hash_key, sizeof k->hash_key)) {
        tls_keylog_free(k);
        return NULL;
    }
    return k;
}

static void drop(struct generation *g)
{
    crypto_secret_free(g->slots, g->size * sizeof *g->slots);
    *g = (struct generation){0};
}

void tls_keylog_free(struct tls_keylog *k)
{
    if (k) {
        drop(&k->newer);
        drop(&k->older);
        crypto_secret_free(k->room, TLS_KEYLOG_ROOM);
        free(k);
    }
}

/* Multilinear: the sum of each word times its own secret number. */
static size_t hash(const struct tls_keylog *k, const uint8_t *random, unsigned which)
{
    uint32_t words[WORDS];
    uint64_t sum = which * k->hash_key[0];

    memcpy(words, random, sizeof words);
    for (size_t i = 0; i < WORDS; i++) {
        sum += k->hash_key[i] * words[i];
    }
    return (size_t)(sum >> 32);
}

/* Where it is, or the free slot where it belongs; NULL: the table has no slots yet. */
static struct slot *find(const struct tls_keylog *k, const struct generation *g,
                         const uint8_t *random, unsigned which)
{
    size_t at = hash(k, random, which);

    if (!g->size) {
        return NULL;
    }
    for (;; at++) {
        struct slot *s = &g->slots[at & (g->size - 1)];
        if (!s->len || (s->which == which && memcmp(s->random, random, TLS_RANDOM_LEN) == 0)) {
            return s;
        }
    }
}

static bool grow(const struct tls_keylog *k, struct generation *g)
{
    struct generation more = {.size = g->size ? 2 * g->size : SLOTS_FIRST, .count = g->count};

    more.slots = crypto_secret_alloc(more.size * sizeof *more.slots);
    if (!more.slots) {
        return false;
    }
    for (size_t i = 0; i < g->size; i++) {
        if (g->slots[i].len) {
            *find(k, &more, g->slots[i].random, g->slots[i].which) = g->slots[i];
        }
    }
    drop(g);
    *g = more;
    return true;
}

static void keep(struct tls_keylog *k, const struct slot *new)
{
    struct generation *g = &k->newer;
    struct slot *s;

    if (g->count >= GENERATION_MAX) {
        k->totals.dropped += k->older.count;
        drop(&k->older);
        k->older = k->newer;
        *g = (struct generation){0};
    }
    if (2 * (g->count + 1) > g->size && !grow(k, g)) {
        k->totals.dropped++;
        return;
    }
    s = find(k, g, new->random, new->which);
    g->count += !s->len;
    *s = *new;
    k->totals.secrets++;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* All of hex, which is as long as it should be. */
static bool read_hex(struct bytes hex, uint8_t *out)
{
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        int high = hex_digit(hex.data[i]), low = hex_digit(hex.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        *out++ = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_other_label(struct bytes label)
{
    for (size_t i = 0; i < sizeof other_labels / sizeof other_labels[0]; i++) {
        if (text_is(label, other_labels[i])) {
            return true;
        }
    }
    return false;
}

/* False: it is no line of a key log. */
static bool read_line(struct tls_keylog *k, struct bytes line)
{
    struct slot new = {0};
    struct bytes label = text_take_word(&line), random = text_take_word(&line),
                 secret = text_take_word(&line);
    bool fine;

    while (new.which < TLS_SECRETS && !text_is(label, labels[new.which])) {
        new.which++;
    }
    if (new.which == TLS_SECRETS) {
        return is_other_label(label);
    }
    if (random.len != RANDOM_DIGITS || text_trim(line).len ||
        (secret.len != MASTER_DIGITS &&
         (secret.len != SHORT_DIGITS || new.which == TLS_SECRET_MASTER))) {
        return false;
    }
    new.len = (uint8_t)(secret.len / 2);
    fine = read_hex(random, new.random) && read_hex(secret, new.secret);
    if (fine) {
        keep(k, &new);
    }
    crypto_wipe(&new, sizeof new);
    return fine;
}

void tls_keylog_add(struct tls_keylog *k, struct bytes lines)
{
    while (lines.len) {
        const uint8_t *lf = memchr(lines.data, '\n', lines.len);
        size_t len = lf ? (size_t)(lf - lines.data) : lines.len;
        struct bytes line = {lines.data, len};

        len += lf != NULL;
        line.len -= line.len && line.data[line.len - 1] == '\r';
        line = text_trim(line);
        lines.data += len;
        lines.len -= len;
        if (line.len && line.data[0] != '#') {
            k->totals.lines++;
            k->totals.strange += !read_line(k, line);
        }
    }
}

size_t tls_keylog_find(const struct tls_keylog *k, const uint8_t random[TLS_RANDOM_LEN],
                       enum tls_secret which, uint8_t out[TLS_SECRET_MAX])
{
    const struct slot *s = find(k, &k->newer, random, which);

    if (!s || !s->len) {
        s = find(k, &k->older, random, which);
    }
    if (!s || !s->len) {
        return 0;
    }
    memcpy(out, s->secret, s->len);
    return s->len;
}

struct tls_keylog_totals *tls_keylog_totals(struct tls_keylog *k)
{
    return &k->totals;
}

uint8_t *tls_keylog_room(struct tls_keylog *k)
{
    return k->room;
}
