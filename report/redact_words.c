/* redact_words.c - the local parts that one session named, to be found again in its texts.
 *
 * A word is a run of the characters of an unquoted local part (RFC 5321 "dot-string"), dots at its
 * ends aside. Words are looked up by hash: a collision replaces a word too many, never one too few.
 * Local parts with other characters (quoted ones) are searched for as they are.
 *
 * BUGS: of more than WORDS_MAX local parts, or PHRASES_MAX quoted ones, in one session the later
 * ones are found only where they stand before an "@". Words of one or two letters are not searched.
 */
#include "report/redact_words.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/text.h"

enum {
    WORDS_LEAST = 64,
    WORDS_MAX = 16384,
    PHRASES_MAX = 16,
    WORD_LEAST = 3,
    COMMON_MAX = 16,
};

struct word {
    uint64_t hash;
    uint32_t generation; /* of another one than the current: free */
    char token[TOKEN_MAX];
};

struct phrase {
    struct bytes text;
    char token[TOKEN_MAX];
};

struct redact_words {
    bool in_word[256]; /* by octet */
    struct word *table;
    size_t size, used; /* size is a power of two */
    uint32_t generation;
    uint64_t lengths; /* a bit for each length of a word in the table */
    struct phrase phrases[PHRASES_MAX];
    size_t phrase_count;
};

/* Words of replies and of our own summaries that are also names of mailboxes. Sorted. */
/* clang-format off */
static const char *const common[] = {
    "abuse", "accepted", "account", "address", "admin", "after", "and", "answered",
    "authentication", "bounce", "bounces", "bye", "capture", "client", "closed", "closing",
    "command", "completed", "connection", "content", "data", "delivery", "denied", "disabled",
    "domain", "error", "esmtp", "for", "from", "greeting", "hello", "help", "host", "hostmaster",
    "info", "list", "mail", "mailbox", "mailer", "mailer-daemon", "mailserver", "message",
    "messages", "network", "news", "no-reply", "noreply", "not", "office", "packet", "packets",
    "pleased", "policy", "postmaster", "queue", "queued", "receive", "received", "recipient",
    "recipients", "rejected", "relay", "reply", "reset", "return", "root", "sales", "sender",
    "server", "service", "session", "size", "smtp", "spam", "support", "system", "temporary",
    "test", "the", "timeout", "tls", "unavailable", "unknown", "user", "users", "webmaster",
    "with",
};
/* clang-format on */

struct redact_words *redact_words_new(void)
{
    struct redact_words *w = calloc(1, sizeof(*w));
    struct word *table = calloc(WORDS_LEAST, sizeof(*table));
    if (!w || !table) {
        free(w);
        free(table);
        return NULL;
    }
    /* Everything but controls, blank, and what separates. */
    for (size_t c = 0x21; c < sizeof w->in_word; c++) {
        w->in_word[c] = c != 0x7f && !strchr("<>()[],;:\"\\@", (int)c);
    }
    w->table = table;
    w->size = WORDS_LEAST;
    w->generation = 1;
    return w;
}

void redact_words_free(struct redact_words *w)
{
    if (w) {
        free(w->table);
        free(w);
    }
}

void redact_words_reset(struct redact_words *w)
{
    w->used = 0;
    w->lengths = 0;
    w->phrase_count = 0;
    if (++w->generation == 0) {
        memset(w->table, 0, w->size * sizeof(*w->table));
        w->generation = 1;
    }
}

bool redact_words_is_empty(const struct redact_words *w)
{
    return w->used == 0 && w->phrase_count == 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(struct bytes word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < word.len; i++) {
        hash = (hash ^ lower(word.data[i])) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static struct word *slot(struct word *table, size_t size, uint32_t generation, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (size - 1);
    while (table[at].generation == generation && table[at].hash != hash) {
        at = (at + 1) & (size - 1);
    }
    return &table[at];
}

static bool make_room(struct redact_words *w)
{
    if (w->used * 2 < w->size) {
        return true;
    }
    struct word *table =
        w->size < (size_t)2 * WORDS_MAX ? calloc(w->size * 2, sizeof(*table)) : NULL;
    if (!table) {
        return false;
    }
    for (size_t i = 0; i < w->size; i++) {
        if (w->table[i].generation == w->generation) {
            *slot(table, w->size * 2, w->generation, w->table[i].hash) = w->table[i];
        }
    }
    free(w->table);
    w->table = table;
    w->size *= 2;
    return true;
}

static int compare_common(const void *key, const void *element)
{
    const char *const *word = element;
    return strcmp(key, *word);
}

static bool is_common(struct bytes word)
{
    char text[COMMON_MAX];
    if (word.len >= COMMON_MAX) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        text[i] = (char)lower(word.data[i]);
    }
    text[word.len] = '\0';
    return bsearch(text, common, sizeof(common) / sizeof(common[0]), sizeof(common[0]),
                   compare_common) != NULL;
}

static uint64_t length_bit(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}

static void add_word(struct redact_words *w, struct bytes word, const char *token)
{
    if (word.len < WORD_LEAST || is_common(word) || !make_room(w)) {
        return;
    }
    uint64_t hash = hash_of(word);
    struct word *at = slot(w->table, w->size, w->generation, hash);
    if (at->generation != w->generation) {
        at->generation = w->generation;
        at->hash = hash;
        w->lengths |= length_bit(word.len);
        w->used++;
        memcpy(at->token, token, strlen(token) + 1);
    }
}

static struct bytes without_dots(struct bytes word)
{
    while (word.len && word.data[word.len - 1] == '.') {
        word.len--;
    }
    while (word.len && word.data[0] == '.') {
        word.data++;
        word.len--;
    }
    return word;
}

void redact_words_add(struct redact_words *w, struct bytes local, const char *token)
{
    size_t plain = 0;
    while (plain < local.len && w->in_word[local.data[plain]]) {
        plain++;
    }
    if (plain == local.len) {
        const uint8_t *plus = local.len ? memchr(local.data, '+', local.len) : NULL;
        add_word(w, without_dots(local), token);
        if (plus) { /* bob+lists is bob's */
            add_word(w, (struct bytes){local.data, (size_t)(plus - local.data)}, token);
        }
    } else if (w->phrase_count < PHRASES_MAX && local.len >= WORD_LEAST) {
        struct phrase *p = &w->phrases[w->phrase_count++];
        p->text = local;
        memcpy(p->token, token, strlen(token) + 1);
    }
}

static bool begins_with(struct bytes text, size_t at, struct bytes phrase)
{
    if (phrase.len > text.len - at) {
        return false;
    }
    for (size_t i = 0; i < phrase.len; i++) {
        if (lower(text.data[at + i]) != lower(phrase.data[i])) {
            return false;
        }
    }
    return true;
}

static bool phrase_at(const struct redact_words *w, struct bytes text, size_t at,
                      struct bytes *where, const char **token)
{
    for (size_t i = 0; i < w->phrase_count; i++) {
        if (begins_with(text, at, w->phrases[i].text)) {
            *where = (struct bytes){text.data + at, w->phrases[i].text.len};
            *token = w->phrases[i].token;
            return true;
        }
    }
    return false;
}

/* The word itself, or what stands in apostrophes. */
static const char *token_of(const struct redact_words *w, struct bytes *word)
{
    *word = without_dots(*word);
    for (int i = 0; i < 2 && word->len; i++) {
        if (w->lengths & length_bit(word->len)) { /* most words need no hash */
            const struct word *at = slot(w->table, w->size, w->generation, hash_of(*word));
            if (at->generation == w->generation) {
                return at->token;
            }
        }
        while (word->len && strchr("'`", word->data[0])) {
            word->data++;
            word->len--;
        }
        while (word->len && strchr("'`!?.", word->data[word->len - 1])) {
            word->len--;
        }
    }
    return NULL;
}

bool redact_words_find(const struct redact_words *w, struct bytes text, size_t from,
                       struct bytes *where, const char **token)
{
    bool inside = from > 0 && from <= text.len && w->in_word[text.data[from - 1]];
    for (size_t at = from; at < text.len; at++) {
        if (phrase_at(w, text, at, where, token)) {
            return true;
        }
        bool is_word = w->in_word[text.data[at]];
        if (is_word && !inside) {
            size_t end = at;
            while (end < text.len && w->in_word[text.data[end]]) {
                end++;
            }
            *where = (struct bytes){text.data + at, end - at};
            *token = token_of(w, where);
            if (*token) {
                return true;
            }
        }
        inside = is_word;
    }
    return false;
}
