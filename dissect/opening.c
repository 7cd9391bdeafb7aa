/* opening.c - the first bytes of a connection, and whether mail begins so.
 *
 * A server of mail begins with a reply (220, or 421 or 554 when it refuses), a client with a hello;
 * FTP begins like the one and nothing we know like the other. So "may be" and "is" are kept apart:
 * flow.c begins to read a connection on any port when it may be mail, and ends that as soon as it
 * cannot be. Pieces of a word fit as far as they go, since it may arrive byte by byte.
 *
 * What is kept is for dissect/classify.c, which hands it to a library that is not ours. Therefore
 * it is little, ends where an AUTH exchange begins or a header block ends, and has an x for every
 * octet of a password.
 */
#include "dissect/opening.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/text.h"

/* Words of clients. What other protocols know as well (QUIT) is no proof. */
static const struct {
    const char *word;
    bool clear, first; /* first: a session may begin with it */
} client_words[] = {
    {"EHLO ", true, true},      {"HELO ", true, true},        {"LHLO ", true, true},
    {"MAIL FROM:", true, true}, {"RCPT TO:", true, false},    {"STARTTLS\r", false, false},
    {"PROXY TCP", false, true}, {"XCLIENT ", false, false},   {"XFORWARD ", false, false},
    {"RSET\r", false, false},   {"QUIT\r", false, false},     {"NOOP", false, false},
    {"HELP", false, false},     {"EHLO\r", true, true},       {"HELO\r", true, true},
    {"VRFY ", false, false},    {"EXPN ", false, false},      {"ETRN ", false, false},
    {"DATA\r", false, false},   {"BDAT ", false, false},      {"MAIL FROM ", true, false},
    {"EHLO\n", true, true},     {"HELO\n", true, true},       {"QUIT\n", false, false},
    {"RSET\n", false, false},   {"AUTH PLAIN", false, false}, {"AUTH LOGIN", false, false},
};

/* Behind these words of a client's line stands a secret. */
static const char *const secret_words[] = {
    "PASS ", "APOP ", "USER ", "AUTHORIZATION:", "PROXY-AUTHORIZATION:", "COOKIE:", "OPER "};

struct opening *opening_new(void)
{
    struct opening *o = malloc(sizeof *o);

    if (o) {
        memset(o->len, 0, sizeof o->len);
        o->piece_count = 0;
        o->line = 0;
        o->masked = o->ended = false;
    }
    return o;
}

void opening_free(struct opening *o)
{
    if (o) {
        explicit_bzero(o, sizeof *o);
        free(o);
    }
}

static struct bytes client_line(const struct opening *o)
{
    return (struct bytes){o->data[SIDE_CLIENT] + o->line, (size_t)(o->len[SIDE_CLIENT] - o->line)};
}

/* After a blank or a colon in a client's line: what may still be kept of it. */
static void judge_word(struct opening *o)
{
    struct bytes line = client_line(o);
    struct bytes rest = line, word;

    if (text_begins(line, "AUTH ") || text_begins(line, "AUTHENTICATE ")) {
        o->ended = true;
        return;
    }
    for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0]; i++) {
        if (text_begins(line, secret_words[i])) {
            o->masked = true;
            return;
        }
    }
    (void)text_take_word(&rest); /* the tag of IMAP */
    word = text_take_word(&rest);
    if (text_is(word, "LOGIN")) {
        o->masked = true;
    } else if (text_is(word, "AUTHENTICATE")) {
        o->ended = true;
    }
}

static void add_client_byte(struct opening *o, uint8_t c)
{
    uint8_t *kept = o->data[SIDE_CLIENT];
    uint16_t len = o->len[SIDE_CLIENT];

    kept[len] = o->masked && c != '\r' && c != '\n' ? 'x' : c;
    o->len[SIDE_CLIENT] = (uint16_t)(len + 1);
    if (c == '\n') {
        /* Behind an empty line stands no command: the body of a request, a message. */
        o->ended = len > 2 && client_line(o).len <= 2;
        o->line = (uint16_t)(len + 1);
        o->masked = false;
    } else if (c == ' ' || c == ':') {
        judge_word(o);
    }
}

static struct opening_piece *piece_of(struct opening *o, enum side side)
{
    if (o->piece_count == 0 || o->piece[o->piece_count - 1].side != side) {
        if (o->piece_count == OPENING_PIECES) {
            return NULL;
        }
        o->piece[o->piece_count++] = (struct opening_piece){.side = (uint8_t)side};
    }
    return &o->piece[o->piece_count - 1];
}

bool opening_add(struct opening *o, enum side side, struct bytes data)
{
    struct opening_piece *piece;

    if (o->ended || data.len == 0 || o->len[side] == OPENING_SIDE_MAX) {
        return false;
    }
    piece = piece_of(o, side);
    if (!piece) {
        return false;
    }
    if (side == SIDE_SERVER) {
        size_t room = OPENING_SIDE_MAX - o->len[side], len = data.len < room ? data.len : room;
        memcpy(o->data[side] + o->len[side], data.data, len);
        o->len[side] = (uint16_t)(o->len[side] + len);
        piece->len = (uint16_t)(piece->len + len);
        return true;
    }
    for (size_t i = 0; i < data.len && o->len[side] < OPENING_SIDE_MAX && !o->ended; i++) {
        add_client_byte(o, data.data[i]);
        piece->len++;
    }
    return true;
}

/* --- does it fit? --- */

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '-' || c == '\r' || c == '\n';
}

static enum opening_fit server_fit(struct bytes b, bool inside)
{
    static const char *const codes[] = {"220", "421", "554"};

    for (size_t i = 0; i < 3 && i < b.len; i++) {
        if (!text_is_digit(b.data[i])) {
            return OPENING_FOREIGN;
        }
    }
    if (b.data[0] < '2' || b.data[0] > '5' || (b.len > 3 && !is_separator(b.data[3]))) {
        return OPENING_FOREIGN;
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0] && !inside; i++) {
        if (memcmp(b.data, codes[i], b.len < 3 ? b.len : 3) == 0) {
            return b.len > 3 ? OPENING_FITS : OPENING_SO_FAR;
        }
    }
    return !inside ? OPENING_FOREIGN : b.len > 3 ? OPENING_FITS : OPENING_SO_FAR;
}

/* b is a beginning of word, or begins with it. */
static enum opening_fit word_fit(struct bytes b, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < len && i < b.len; i++) {
        if (text_upper(b.data[i]) != (uint8_t)word[i]) {
            return OPENING_FOREIGN;
        }
    }
    return b.len < len ? OPENING_SO_FAR : OPENING_FITS;
}

static enum opening_fit client_fit(struct bytes b, bool inside)
{
    enum opening_fit best = OPENING_FOREIGN;

    for (size_t i = 0; i < sizeof client_words / sizeof client_words[0]; i++) {
        enum opening_fit fit = word_fit(b, client_words[i].word);
        if (fit == OPENING_FITS && client_words[i].clear && (client_words[i].first || inside)) {
            return OPENING_CLEAR;
        }
        if (fit == OPENING_FITS && client_words[i].first && !inside) {
            return OPENING_SO_FAR; /* somebody else's introduction: what follows tells */
        }
        if (fit > best) {
            best = fit;
        }
    }
    return best;
}

/* The header of a load balancer, version 2 (smtp/proxy.c), or a piece of it: no line of text. */
static bool begins_with_header(struct bytes b)
{
    static const char header[] = "\r\n\r\n\0\r\nQUIT\n";
    size_t len = sizeof header - 1;

    return b.len && memcmp(b.data, header, b.len < len ? b.len : len) == 0;
}

enum opening_fit opening_fit(enum side side, struct bytes first, bool inside)
{
    if (side == SIDE_CLIENT && begins_with_header(first)) {
        return OPENING_SO_FAR;
    }
    while (first.len && (first.data[0] == '\r' || first.data[0] == '\n')) {
        first.data++;
        first.len--;
    }
    if (first.len == 0) {
        return OPENING_SO_FAR;
    }
    return side == SIDE_SERVER ? server_fit(first, inside) : client_fit(first, inside);
}

static struct bytes side_bytes(const struct opening *o, enum side side)
{
    return (struct bytes){o->data[side], o->len[side]};
}

bool opening_is_plain(const struct opening *o)
{
    return opening_fit(SIDE_SERVER, side_bytes(o, SIDE_SERVER), false) == OPENING_FITS &&
           opening_fit(SIDE_CLIENT, side_bytes(o, SIDE_CLIENT), false) == OPENING_CLEAR;
}

static bool server_names(const struct opening *o, const char *word)
{
    struct bytes b = side_bytes(o, SIDE_SERVER);
    const uint8_t *end = b.len ? memchr(b.data, '\n', b.len) : NULL;

    if (end) {
        b.len = (size_t)(end - b.data);
    }
    return text_find(b, word) < b.len;
}

bool opening_names_mail(const struct opening *o)
{
    return server_names(o, "SMTP") || server_names(o, "LMTP");
}

bool opening_serves_other(const struct opening *o)
{
    struct bytes server = side_bytes(o, SIDE_SERVER);

    if (server.len == 0 || opening_names_mail(o)) {
        return false;
    }
    return server_names(o, "FTP") || text_begins(server, "200 ") || text_begins(server, "201 ") ||
           opening_fit(SIDE_SERVER, server, true) == OPENING_FOREIGN;
}

bool opening_is_foreign(const struct opening *o, bool inside)
{
    struct bytes server = side_bytes(o, SIDE_SERVER), client = side_bytes(o, SIDE_CLIENT);

    if (server.len && opening_fit(SIDE_SERVER, server, inside) == OPENING_FOREIGN) {
        return true;
    }
    return client.len && !inside && opening_fit(SIDE_CLIENT, client, true) == OPENING_FOREIGN &&
           !opening_names_mail(o);
}
