/* credentials.c - what was sent to log in must not come back in a reply.
 *
 * Servers say "535 bad password hunter2", "not owned by user ann", or repeat the base64 they did
 * not understand. Of each part of an AUTH exchange a length and 16 bits of a hash are kept
 * (echo.h): too little to tell it, enough to find it in a reply. A false match costs a few words of
 * a text.
 *
 *     PLAIN                authzid NUL user NUL password                (RFC 4616)
 *     LOGIN                user; then a line with the password
 *     CRAM-MD5             user SP digest                               (RFC 2195)
 *     XOAUTH2, OAUTHBEARER "user=" or "a=" user ... 0x01 "auth=Bearer" SP token 0x01 0x01
 *     SCRAM-*, DIGEST-MD5  "n=" or "username=" user "," ...: no password in them
 *
 * Not read: NTLM and GSSAPI, whose names are not written as replies write them.
 */
#include "dissect/smtp/credentials.h"

#include <string.h>

#include "dissect/text.h"

enum { DECODED_MAX = 1024, LEFT_OUT_LEN = 3 };

enum kind { KIND_NONE, KIND_SENT, KIND_NAME, KIND_SECRET };

static void add(struct smtp_credentials *c, enum kind kind, struct bytes b)
{
    struct smtp_echo e = smtp_echo_of_all(b);

    for (size_t i = 0; e.len && i < CREDENTIALS; i++) {
        if (c->part[i].len == e.len && c->part[i].hash == e.hash && c->kind[i] == kind) {
            return;
        }
    }
    if (e.len) {
        c->part[c->next] = e;
        c->kind[c->next] = (uint8_t)kind;
        c->next = (uint8_t)((c->next + 1) % CREDENTIALS);
    }
}

/* Up to the first octet `end`, which is taken too; all of it when there is none. */
static struct bytes take_until(struct bytes *rest, uint8_t end)
{
    const uint8_t *at = rest->len ? memchr(rest->data, end, rest->len) : NULL;
    struct bytes part = {rest->data, at ? (size_t)(at - rest->data) : rest->len};

    rest->data += part.len + (at != NULL);
    rest->len -= part.len + (at != NULL);
    return part;
}

void smtp_credentials_name(struct smtp_credentials *c, struct bytes name)
{
    struct bytes rest = name;
    const uint8_t *domain = name.len ? memchr(name.data, '\\', name.len) : NULL;

    add(c, KIND_NAME, name);
    add(c, KIND_NAME, take_until(&rest, '@'));
    if (domain) {
        size_t at = (size_t)(domain - name.data) + 1;
        add(c, KIND_NAME, (struct bytes){name.data + at, name.len - at});
    }
}

void smtp_credentials_secret(struct smtp_credentials *c, struct bytes secret)
{
    add(c, KIND_SECRET, text_trim(secret));
}

void smtp_credentials_challenge(struct smtp_credentials *c, struct bytes text)
{
    add(c, KIND_SENT, text_trim(text));
}

/* "user=ann", "auth=Bearer TOKEN", "n=ann", username="ann" */
static void add_assignment(struct smtp_credentials *c, struct bytes b)
{
    struct bytes value = b, key = take_until(&value, '=');

    if (value.len >= 2 && value.data[0] == '"') {
        value = (struct bytes){value.data + 1, value.len - 2};
    }
    if (text_is(key, "AUTH")) {
        (void)text_take_word(&value); /* "Bearer" */
        smtp_credentials_secret(c, value);
    } else if (text_is(key, "USER") || text_is(key, "USERNAME") || text_is(key, "N") ||
               text_is(key, "A") || text_is(key, "N,A")) {
        smtp_credentials_name(c, value);
    }
}

static void add_assignments(struct smtp_credentials *c, struct bytes b, uint8_t apart)
{
    while (b.len) {
        struct bytes part = take_until(&b, apart);
        while (apart == 1 && part.len) { /* "n,a=ann," of OAUTHBEARER */
            struct bytes one = take_until(&part, ',');
            add_assignment(c, one);
        }
        add_assignment(c, part);
    }
}

static void add_decoded(struct smtp_credentials *c, struct bytes b,
                        enum smtp_credential_asked asked)
{
    struct bytes rest = b, first;

    if (b.len == 0 || text_begins(b, "NTLMSSP")) {
        return;
    }
    if (memchr(b.data, 0, b.len)) {
        smtp_credentials_name(c, take_until(&rest, 0));
        smtp_credentials_name(c, take_until(&rest, 0));
        smtp_credentials_secret(c, rest);
    } else if (memchr(b.data, 1, b.len)) {
        add_assignments(c, b, 1);
    } else if (asked == CREDENTIAL_NAME) {
        smtp_credentials_name(c, b);
    } else if (text_begins(b, "N,") || text_begins(b, "Y,") || text_begins(b, "P=") ||
               text_begins(b, "C=") || text_begins(b, "USERNAME=")) {
        add_assignments(c, b, ',');
    } else {
        smtp_credentials_secret(c, b);
        first = text_take_word(&rest);
        if (rest.len) {
            smtp_credentials_name(c, first);
            smtp_credentials_secret(c, rest);
        }
    }
}

static int value_of(uint8_t c)
{
    if (text_is_letter(c)) {
        return c >= 'a' ? c - 'a' + 26 : c - 'A';
    }
    return text_is_digit(c) ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Length; 0 when it is no base64. Missing padding is forgiven: the password is the same. */
static size_t decode(struct bytes b, uint8_t *out, size_t room)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t len = 0;

    while (b.len && b.data[b.len - 1] == '=') {
        b.len--;
    }
    for (size_t i = 0; i < b.len && len < room; i++) {
        int v = value_of(b.data[i]);
        if (v < 0) {
            return 0;
        }
        bits = bits << 6 | (uint32_t)v;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[len++] = (uint8_t)(bits >> count);
        }
    }
    return len;
}

void smtp_credentials_line(struct smtp_credentials *c, struct bytes line,
                           enum smtp_credential_asked asked)
{
    uint8_t decoded[DECODED_MAX];
    size_t len;

    line = text_trim(line);
    if (line.len == 0 || text_is(line, "*") || text_is(line, "=")) {
        return;
    }
    len = decode(line, decoded, sizeof decoded);
    if (len) {
        add_decoded(c, (struct bytes){decoded, len}, asked);
        explicit_bzero(decoded, len);
        add(c, KIND_SENT, line);
    } else {
        add_decoded(c, line, asked);
    }
}

struct bytes smtp_credentials_leave_out(const struct smtp_credentials *c, uint8_t *text, size_t len,
                                        bool secrets)
{
    for (size_t i = 0; i < CREDENTIALS; i++) {
        size_t at = 0;

        if (c->kind[i] == KIND_SECRET && !secrets) {
            continue;
        }

        while (c->kind[i] &&
               (at = smtp_echo_find(c->part[i], (struct bytes){text, len}, at)) < len) {
            if (c->kind[i] == KIND_SECRET) {
                return (struct bytes){text, 0};
            }
            if (c->kind[i] == KIND_SENT) {
                len = text_trim((struct bytes){text, at}).len;
                break;
            }
            memset(text + at, '.', LEFT_OUT_LEN);
            memmove(text + at + LEFT_OUT_LEN, text + at + c->part[i].len,
                    len - at - c->part[i].len);
            len -= c->part[i].len - LEFT_OUT_LEN;
            at += LEFT_OUT_LEN;
        }
    }
    return text_trim((struct bytes){text, len});
}
