/* redact_text.c - addresses inside texts: found, and their local parts replaced by tokens.
 *
 * Two readers. Where the grammar says that an address stands (the path of MAIL and RCPT), all of it
 * is one, whatever it looks like (scrub_path). In free text an address is what stands left of an
 * "@" that a domain follows, or of an "@" that somebody encoded ("%40" in links, "+40" in xtext of
 * RFC 3461, "=40"). In doubt too much is replaced.
 *
 * The domain stays: it says which server, and that is what reports are about.
 */
#include "report/redact_text.h"

#include <string.h>

#include "dissect/text.h"
#include "report/redact_address.h"

enum { ADDRESS_LONGEST = 1100 };

void scrub_begin(struct scrub *x)
{
    x->len = 0;
    x->overflow = false;
}

void scrub_put(struct scrub *x, struct bytes b)
{
    if (x->overflow || b.len > x->size - x->len) {
        x->overflow = true;
        return;
    }
    if (b.len) {
        memcpy(x->out + x->len, b.data, b.len);
        x->len += b.len;
    }
}

void scrub_string(struct scrub *x, const char *s)
{
    scrub_put(x, text_of(s));
}

/* --- one address --- */

void scrub_token(struct scrub *x, const struct address_parts *parts, char token[TOKEN_MAX])
{
    uint8_t address[ADDRESS_LONGEST * 2 + 1];
    struct bytes local = parts->local, domain = parts->domain;
    local.len = local.len < ADDRESS_LONGEST ? local.len : ADDRESS_LONGEST;
    domain.len = domain.len < ADDRESS_LONGEST ? domain.len : ADDRESS_LONGEST;
    size_t len = local.len;
    memcpy(address, local.data, local.len);
    if (domain.len) {
        address[len++] = '@';
        memcpy(address + len, domain.data, domain.len);
        len += domain.len;
    }
    (void)tokens_of(x->tokens, (struct bytes){address, len}, token);
}

static void put_token(struct scrub *x, const struct address_parts *parts)
{
    char token[TOKEN_MAX];
    scrub_token(x, parts, token);
    scrub_string(x, token);
}

/* Without brackets; what follows the domain is returned. */
static struct bytes put_address(struct scrub *x, struct bytes address)
{
    uint8_t scratch[ADDRESS_LONGEST];
    size_t route = address_route_len(address);
    struct address_parts parts = address_parts_of(address, scratch, sizeof(scratch));
    if (address.len == 0) {
        return address;
    }
    scrub_put(x, address_part(address, 0, route));
    if (parts.local.len) {
        put_token(x, &parts);
    }
    size_t at = address_find_at(address_part(address, route, address.len)) + route;
    if (at == address.len) {
        return address_part(address, at, at);
    }
    scrub_string(x, "@");
    scrub_put(x, parts.domain);
    return address_part(address, at + 1 + parts.domain.len, address.len);
}

void scrub_path(struct scrub *x, struct bytes path)
{
    bool open = path.len && path.data[0] == '<';
    bool close = open && path.len > 1 && path.data[path.len - 1] == '>';
    if (open) {
        scrub_string(x, "<");
    }
    struct bytes left = put_address(x, address_without_brackets(path));
    if (left.len) {
        scrub_string(x, REDACT_LEFT_OUT);
    }
    if (close) {
        scrub_string(x, ">");
    }
}

/* --- free text --- */

/* Copies, with the known local parts replaced. */
static void put_plain(struct scrub *x, struct bytes text)
{
    size_t done = 0;
    struct bytes where;
    const char *token = NULL;
    while (x->words && !redact_words_is_empty(x->words) &&
           redact_words_find(x->words, text, done, &where, &token)) {
        size_t at = (size_t)(where.data - text.data);
        scrub_put(x, address_part(text, done, at));
        scrub_string(x, token);
        done = at + where.len;
    }
    scrub_put(x, address_part(text, done, text.len));
}

/* An "@", plain or encoded, that a domain follows. */
struct sign {
    size_t at, len; /* where it is; 1 or 3 bytes */
    size_t end;     /* of the domain */
};

static bool sign_at(struct bytes text, size_t i, struct sign *out)
{
    uint8_t c = text.data[i];
    if (c == '@') {
        *out = (struct sign){i, 1, address_domain_end(text, i + 1)};
        return true;
    }
    if ((c != '%' && c != '+' && c != '=') || text.len - i < 4 || text.data[i + 1] != '4' ||
        text.data[i + 2] != '0') {
        return false;
    }
    *out = (struct sign){i, 3, address_domain_end(text, i + 3)};
    return address_is_host_name(address_part(text, i + 3, out->end));
}

/* The first quote at or behind i that no backslash takes away; len: none. */
static size_t next_quote(struct bytes text, size_t i)
{
    while (i < text.len && text.data[i] != '"') {
        i += text.data[i] == '\\' ? 2 : 1;
    }
    return i < text.len ? i : text.len;
}

static bool find_sign(struct bytes text, size_t from, struct sign *out)
{
    for (size_t i = from; i < text.len; i++) {
        size_t close = text.data[i] == '"' ? next_quote(text, i + 1) : text.len;
        if (close + 1 < text.len && text.data[close + 1] == '@') {
            i = close + 1; /* a quoted local part, whatever it holds */
        }
        if (sign_at(text, i, out)) {
            return true;
        }
    }
    return false;
}

/* Where the quoted string opens that closes at `close`; `least` when that was earlier. */
static size_t quote_begin(struct bytes text, size_t least, size_t close)
{
    for (size_t i = close; i > least; i--) {
        size_t slashes = 0;
        while (i - 1 - slashes > least && text.data[i - 2 - slashes] == '\\') {
            slashes++;
        }
        if (text.data[i - 1] == '"' && slashes % 2 == 0) {
            return i - 1;
        }
    }
    return least;
}

/* Where the local part left of a sign begins; not before `least`. */
static size_t local_begin(struct bytes text, size_t least, const struct sign *sign)
{
    const char *ends = text.data[sign->at] == '%' ? " \t\r\n<>()[],;:\"/?&=" : " \t\r\n<>()[],;:\"";
    size_t at = sign->at;
    if (at > least && text.data[at - 1] == '"') {
        return quote_begin(text, least, at - 1);
    }
    while (at > least && !(text.data[at - 1] && strchr(ends, text.data[at - 1]))) {
        at--;
    }
    while (at < sign->at && (text.data[at] == '\'' || text.data[at] == '`')) {
        at++;
    }
    return at;
}

static void put_found(struct scrub *x, struct bytes text, size_t begin, const struct sign *sign)
{
    uint8_t scratch[ADDRESS_LONGEST], decoded[ADDRESS_LONGEST];
    struct bytes local = address_part(text, begin, sign->at);
    if (sign->len == 3) {
        size_t len = address_decode(local, text.data[sign->at], decoded, sizeof(decoded));
        local = (struct bytes){decoded, len};
    }
    if (local.len) {
        const struct address_parts parts = {
            address_unquoted(local, scratch, sizeof(scratch)),
            address_part(text, sign->at + sign->len, sign->end),
        };
        put_token(x, &parts);
    }
    scrub_put(x, address_part(text, sign->at, sign->at + sign->len));
}

void scrub_text(struct scrub *x, struct bytes text)
{
    size_t done = 0;
    struct sign sign, next;
    while (find_sign(text, done, &sign)) {
        size_t begin = local_begin(text, done, &sign);
        put_plain(x, address_part(text, done, begin));
        put_found(x, text, begin, &sign);
        done = sign.at + sign.len;
        /* "a@b@c": b is a local part as well. */
        if (sign.end < text.len && sign_at(text, sign.end, &next)) {
            continue;
        }
        scrub_put(x, address_part(text, done, sign.end));
        done = sign.end;
    }
    put_plain(x, address_part(text, done, text.len));
}

/* --- commands --- */

/* End of the path that begins at 0: behind the ">" outside quotes, or at a blank outside quotes. */
static size_t path_end(struct bytes b)
{
    bool open = b.len && b.data[0] == '<', quoted = false;
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = b.data[i];
        if (c == '\\' && quoted) {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && open && c == '>') {
            return i + 1;
        } else if (!quoted && !open && text_is_blank(c)) {
            return i;
        }
    }
    if (open) { /* never closed: it ends at a blank behind the address, or nowhere */
        size_t at = address_find_at(b);
        return at < b.len ? address_domain_end(b, at + 1) : b.len;
    }
    return b.len;
}

/* "FROM" or "TO", when a colon or a blank follows. */
static size_t keyword_len(struct bytes b)
{
    size_t len = text_begins(b, "FROM") ? 4 : text_begins(b, "TO") ? 2 : 0;
    return len < b.len && (b.data[len] == ':' || text_is_blank(b.data[len])) ? len : 0;
}

struct bytes scrub_take_path(struct bytes *rest, struct bytes *lead)
{
    size_t at = 0;
    while (at < rest->len && text_is_blank(rest->data[at])) {
        at++;
    }
    at += keyword_len(address_part(*rest, at, rest->len));
    while (at < rest->len && (text_is_blank(rest->data[at]) || rest->data[at] == ':')) {
        at++;
    }
    *lead = address_part(*rest, 0, at);
    struct bytes tail = address_part(*rest, at, rest->len);
    size_t end = path_end(tail);
    *rest = address_part(tail, end, tail.len);
    return address_part(tail, 0, end);
}

/* Parameters that stand alone, and those whose values name nobody. Sorted by nothing: few. */
static const char *const words_alone[] = {"SMTPUTF8", "REQUIRETLS", "CONPERM", "XVERP"};
static const char *const values_harmless[] = {"SIZE",    "BODY",      "RET", "NOTIFY",
                                              "HOLDFOR", "HOLDUNTIL", "BY",  "MT-PRIORITY"};

static bool is_one_of(struct bytes word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_is(word, list[i])) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(word, list) is_one_of(word, list, sizeof(list) / sizeof((list)[0]))

/* An xtext value that is an address: "rfc822;user+40example.org", "<>". */
static void put_encoded_address(struct scrub *x, struct bytes value)
{
    uint8_t decoded[ADDRESS_LONGEST];
    const uint8_t *type = value.len ? memchr(value.data, ';', value.len) : NULL;
    if (type) {
        size_t at = (size_t)(type - value.data) + 1;
        scrub_text(x, address_part(value, 0, at));
        value = address_part(value, at, value.len);
    }
    size_t len = address_decode(value, '+', decoded, sizeof(decoded));
    scrub_path(x, (struct bytes){decoded, len});
}

static bool has_byte(struct bytes b, uint8_t c)
{
    return b.len && memchr(b.data, c, b.len);
}

/* Free text will do: it names nobody, or in a way that is found. What may be encoded is not. */
static bool is_plain_param(struct bytes key, bool has_value, struct bytes value)
{
    return (has_value && IS_ONE_OF(key, values_harmless)) || has_byte(value, '@') ||
           (has_value && !has_byte(value, '+') && !has_byte(value, '%'));
}

static void put_param(struct scrub *x, struct bytes word)
{
    const uint8_t *equals = memchr(word.data, '=', word.len);
    size_t at = equals ? (size_t)(equals - word.data) : word.len;
    struct bytes key = address_part(word, 0, at);
    if (!equals && IS_ONE_OF(key, words_alone)) {
        scrub_put(x, word);
        return;
    }
    struct bytes value = equals ? address_part(word, at + 1, word.len) : word;
    if (equals && (text_is(key, "ORCPT") || text_is(key, "AUTH"))) {
        scrub_put(x, address_part(word, 0, at + 1));
        put_encoded_address(x, value);
    } else if (is_plain_param(key, equals != NULL, value)) {
        scrub_text(x, word);
    } else {
        scrub_string(x, REDACT_LEFT_OUT);
    }
}

void scrub_params(struct scrub *x, struct bytes params)
{
    size_t at = 0;
    while (at < params.len) {
        size_t start = at;
        while (at < params.len && text_is_blank(params.data[at])) {
            at++;
        }
        scrub_put(x, address_part(params, start, at));
        start = at;
        while (at < params.len && !text_is_blank(params.data[at])) {
            at++;
        }
        if (at > start) {
            put_param(x, address_part(params, start, at));
        }
    }
}
