/* login.c - who logs in, as a number: enough to say that it is the same user again, and no more.
 *
 *     PLAIN        authzid NUL user NUL password                (RFC 4616)
 *     LOGIN        user; the password comes in a line of its own
 *     CRAM-MD5     user SP digest                               (RFC 2195)
 *     XOAUTH2      "user=" user 0x01 "auth=" ... 0x01 0x01
 *     SCRAM-*      "n,," "n=" user ",r=" nonce                  (RFC 5802)
 *
 * Reading ends at the octet behind the name, so that a password which follows is not even decoded
 * beyond the group of four characters in which the name ends. Not read: NTLM, GSSAPI, DIGEST-MD5.
 */
#include "dissect/smtp/login.h"

#include <string.h>

#include "capture/crypto.h"
#include "dissect/text.h"

enum { NAME_MAX_LEN = 256, END = -1 };

/* Base64, octet by octet. */
struct decoder {
    struct bytes in;
    uint32_t bits;
    unsigned count; /* of them that were not taken */
};

static int value_of(uint8_t c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? memchr(alphabet, c, sizeof alphabet - 1) : NULL;

    return at ? (int)(at - alphabet) : END;
}

/* END: nothing is left, or it is no base64. */
static int next_octet(struct decoder *d)
{
    while (d->count < 8) {
        int v = d->in.len ? value_of(d->in.data[0]) : END;
        if (v == END) {
            return END;
        }
        d->in.data++;
        d->in.len--;
        d->bits = d->bits << 6 | (uint32_t)v;
        d->count += 6;
    }
    d->count -= 8;
    return (int)(d->bits >> d->count & 0xff);
}

struct name {
    uint8_t octets[NAME_MAX_LEN];
    size_t len;
    bool ended; /* by `end`, not by the end of the response */
    bool odd;   /* too long, or with an octet that no name has */
};

/* Up to `end`, or, where that is END, up to the end. */
static void gather(struct decoder *d, int end, struct name *out)
{
    int c;

    out->len = 0;
    out->ended = out->odd = false;
    while ((c = next_octet(d)) != END) {
        if (c == end) {
            out->ended = true;
            return;
        }
        if (out->len == sizeof out->octets || c < ' ') {
            out->odd = true;
            return;
        }
        out->octets[out->len++] = text_lower((uint8_t)c);
    }
}

static bool passes_over(struct decoder *d, const char *words)
{
    for (; *words; words++) {
        if (next_octet(d) != (uint8_t)*words) {
            return false;
        }
    }
    return true;
}

static bool passes_behind(struct decoder *d, int end)
{
    int c;

    while ((c = next_octet(d)) != END && c != end) {
    }
    return c == end;
}

/* CRAM-MD5: 32 hex digits behind the last blank. */
static bool cut_digest(struct name *n)
{
    enum { DIGEST = 32 };

    if (n->len <= DIGEST + 1 || n->octets[n->len - DIGEST - 1] != ' ') {
        return false;
    }
    for (size_t i = n->len - DIGEST; i < n->len; i++) {
        uint8_t c = n->octets[i];
        if (!text_is_digit(c) && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    n->len -= DIGEST + 1;
    return true;
}

static bool read_name(struct bytes mechanism, struct bytes response, struct name *out)
{
    static const char scram[] = "SCRAM-";
    struct decoder d = {.in = response};

    if (text_is(mechanism, "PLAIN")) {
        if (!passes_behind(&d, 0)) {
            return false;
        }
        gather(&d, 0, out);
        return out->ended;
    }
    if (text_is(mechanism, "LOGIN")) {
        gather(&d, END, out);
        return !out->odd;
    }
    if (text_is(mechanism, "CRAM-MD5")) {
        gather(&d, END, out);
        return !out->odd && cut_digest(out);
    }
    if (text_is(mechanism, "XOAUTH2")) {
        if (!passes_over(&d, "user=")) {
            return false;
        }
        gather(&d, 1, out);
        return out->ended;
    }
    if (mechanism.len > sizeof scram - 1 &&
        text_is((struct bytes){mechanism.data, sizeof scram - 1}, scram)) {
        if (!passes_behind(&d, ',') || !passes_behind(&d, ',') || !passes_over(&d, "n=")) {
            return false;
        }
        gather(&d, ',', out);
        return out->ended;
    }
    return false;
}

static uint64_t hash_of(struct bytes name)
{
    static uint8_t key[SHA256_LEN];
    static bool made;
    uint8_t digest[SHA256_LEN];
    uint64_t h = 0;

    made = made || crypto_random(key, sizeof key);
    if (!made || !crypto_hmac_sha256((struct bytes){key, sizeof key}, name, digest)) {
        return 0;
    }
    memcpy(&h, digest, sizeof h);
    return h ? h : 1;
}

uint64_t smtp_login_user(struct bytes mechanism, struct bytes response)
{
    struct name name;
    uint64_t h = 0;

    if (read_name(mechanism, response, &name) && name.len) {
        h = hash_of((struct bytes){name.octets, name.len});
    }
    explicit_bzero(&name, sizeof name);
    return h;
}
