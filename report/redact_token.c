/* redact_token.c - the names that stand for addresses.
 *
 * A token is "u" and the first 25 bits of HMAC-SHA-256(key, lower-cased address) in base32 (RFC
 * 4648, in small letters). Without the key nobody can test a guessed address against it. When a
 * second address of the report would get the same token, that one is longer, up to 60 bits; which
 * of the two depends on the order in which they come, so it is the same for the same input and key.
 *
 * The table that notices is bounded: beyond TABLE_MAX addresses every new one gets 60 bits.
 */
#include "report/redact_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/crypto.h"
#include "dissect/text.h"
#include "report/escape.h"

enum {
    KEY_LEAST = 16,
    KEY_MAX = 4096,
    KEY_RANDOM = 32,
    LENGTH_LEAST = 5,
    LENGTH_MAX = 12, /* 60 bits */
    TABLE_LEAST = 1024,
    TABLE_MAX = 1 << 18, /* 4 MiB */
    LOWERED_MAX = 2048,
    REMEMBERED = 1024, /* a power of two */
    REMEMBERED_LEN = 104,
};

/* A token that was given away. */
struct given {
    uint64_t address; /* first 64 bits of its HMAC */
    uint8_t length;   /* 0: free */
};

/* An address is named several times in a row; its hash costs more than all else here. */
struct remembered {
    uint8_t len; /* 0: none */
    uint8_t address[REMEMBERED_LEN];
    char token[TOKEN_MAX];
};

struct tokens {
    uint8_t key[KEY_MAX];
    size_t key_len;
    struct remembered remembered[REMEMBERED];
    struct given *table;
    size_t size, used; /* size is a power of two */
};

static bool key_fail(struct fail *fail, const char *path, const char *why)
{
    char shown[512];
    escape_plain(shown, sizeof(shown), bytes_of_string(path));
    return fail_set(fail, STATUS_USAGE, "--redact-key %s: %s", shown, why);
}

/* Whoever reads the key can undo the tokens by guessing: it must be the owner's alone. */
static bool read_key_from(struct tokens *t, int fd, const char *path, struct fail *fail)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return key_fail(fail, path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return key_fail(fail, path, "not a file");
    }
    if (st.st_mode & 077) {
        return key_fail(fail, path, "others may read or change it; chmod 600 it");
    }
    while (t->key_len < KEY_MAX) {
        ssize_t n = read(fd, t->key + t->key_len, KEY_MAX - t->key_len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return key_fail(fail, path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        t->key_len += (size_t)n;
    }
    return t->key_len >= KEY_LEAST || key_fail(fail, path, "too short; it needs at least 16 bytes");
}

static bool read_key(struct tokens *t, const char *path, struct fail *fail)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return key_fail(fail, path, strerror(errno));
    }
    bool good = read_key_from(t, fd, path, fail);
    (void)close(fd);
    return good;
}

struct tokens *tokens_new(const char *key_file, struct fail *fail)
{
    struct tokens *t = calloc(1, sizeof(*t));
    struct given *table = calloc(TABLE_LEAST, sizeof(*table));
    bool good = t && table;
    if (!good) {
        (void)fail_set(fail, STATUS_USAGE, "no memory for redaction");
    } else if (key_file) {
        good = read_key(t, key_file, fail);
    } else {
        t->key_len = KEY_RANDOM;
        good = crypto_random(t->key, KEY_RANDOM) ||
               fail_set(fail, STATUS_USAGE, "no random numbers for the redaction key");
    }
    if (!good) {
        free(table);
        tokens_free(t);
        return NULL;
    }
    t->table = table;
    t->size = TABLE_LEAST;
    return t;
}

void tokens_free(struct tokens *t)
{
    if (t) {
        explicit_bzero(t->key, sizeof(t->key));
        free(t->table);
        free(t);
    }
}

static uint64_t bits_of(uint64_t address, unsigned length)
{
    return address >> (64 - 5 * length);
}

/* Where this token is, or would go. */
static struct given *find(struct given *table, size_t size, uint64_t address, unsigned length)
{
    uint64_t hash = (bits_of(address, length) * 31 + length) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (size - 1);
    while (table[at].length && (table[at].length != length ||
                                bits_of(table[at].address, length) != bits_of(address, length))) {
        at = (at + 1) & (size - 1);
    }
    return &table[at];
}

/* At most half full. False when it may not or cannot grow. */
static bool make_room(struct tokens *t)
{
    if (t->used * 2 < t->size) {
        return true;
    }
    struct given *table = t->size < TABLE_MAX ? calloc(t->size * 2, sizeof(*table)) : NULL;
    if (!table) {
        return false;
    }
    for (size_t i = 0; i < t->size; i++) {
        if (t->table[i].length) {
            *find(table, t->size * 2, t->table[i].address, t->table[i].length) = t->table[i];
        }
    }
    free(t->table);
    t->table = table;
    t->size *= 2;
    return true;
}

/* How many characters this address gets. The same address walks the same way each time and finds
 * what it was given before. */
static unsigned length_for(struct tokens *t, uint64_t address)
{
    for (unsigned length = LENGTH_LEAST; length < LENGTH_MAX; length++) {
        struct given *g = find(t->table, t->size, address, length);
        if (g->length && g->address == address) {
            return length;
        }
        if (!g->length) {
            if (!make_room(t)) {
                return LENGTH_MAX;
            }
            *find(t->table, t->size, address, length) = (struct given){address, (uint8_t)length};
            t->used++;
            return length;
        }
    }
    return LENGTH_MAX;
}

/* A new or forgotten address. */
static size_t make_token(struct tokens *t, struct bytes lowered, char out[TOKEN_MAX])
{
    uint8_t mac[SHA256_LEN] = {0};
    /* Without a hash there is no token, and nothing else may be shown: all are "uaaaaa". */
    (void)!crypto_hmac_sha256((struct bytes){t->key, t->key_len}, lowered, mac);
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++) {
        first = first << 8 | mac[i];
    }
    unsigned length = length_for(t, first);
    out[0] = 'u';
    for (unsigned i = 0; i < length; i++) {
        out[1 + i] = "abcdefghijklmnopqrstuvwxyz234567"[first >> (59 - 5 * i) & 31];
    }
    out[1 + length] = '\0';
    return 1 + length;
}

size_t tokens_of(struct tokens *t, struct bytes address, char out[TOKEN_MAX])
{
    uint8_t lowered[LOWERED_MAX];
    uint32_t hash = 2166136261U; /* FNV-1a */
    size_t len = address.len < LOWERED_MAX ? address.len : LOWERED_MAX;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = address.data[i];
        lowered[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
        hash = (hash ^ lowered[i]) * 16777619U;
    }
    struct bytes b = {lowered, len};
    if (len == 0 || len > REMEMBERED_LEN) {
        return make_token(t, b, out);
    }
    struct remembered *r = &t->remembered[(hash ^ hash >> 16) & (REMEMBERED - 1)];
    if (r->len != len || memcmp(r->address, lowered, len) != 0) {
        memcpy(r->address, lowered, len);
        r->len = (uint8_t)len;
        make_token(t, b, r->token);
    }
    memcpy(out, r->token, TOKEN_MAX);
    return strlen(out);
}
