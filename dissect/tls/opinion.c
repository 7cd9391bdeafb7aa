/* opinion.c - where another reader's view of the hellos differs from ours.
 *
 * What nDPI 4.2 calls the version is the client's oldest way of saying it, unless the server chose
 * by supported_versions: only then it is compared. Where it says nothing that we know, that is a
 * difference too: it was given all it needs.
 */
#include "dissect/tls/opinion.h"

#include <stdio.h>
#include <string.h>

enum { DIFFERENCES_MAX = 320 };

struct differences {
    char text[DIFFERENCES_MAX];
    size_t len;
};

static void add(struct differences *d, const char *what, const char *theirs, const char *ours)
{
    int n = snprintf(d->text + d->len, sizeof d->text - d->len, "%s%s", d->len ? ", " : "", what);

    d->len += n > 0 ? (size_t)n : 0;
    if (ours && d->len < sizeof d->text) {
        n = snprintf(d->text + d->len, sizeof d->text - d->len, " %s (here %s)",
                     theirs[0] ? theirs : "none", ours);
        d->len += n > 0 ? (size_t)n : 0;
    }
    if (d->len >= sizeof d->text) {
        d->len = sizeof d->text - 1;
    }
}

static void compare_words(struct differences *d, const char *what, const char *theirs,
                          const char *ours)
{
    if (ours[0] && strcmp(theirs, ours) != 0) {
        add(d, what, theirs, ours);
    }
}

static void compare_numbers(struct differences *d, const char *what, uint16_t theirs, uint16_t ours)
{
    char t[8], o[8];

    if (theirs != ours) {
        (void)snprintf(t, sizeof t, "0x%04x", theirs);
        (void)snprintf(o, sizeof o, "0x%04x", ours);
        add(d, what, t, o);
    }
}

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_same_name(const char *theirs, struct text ours)
{
    size_t len = strlen(theirs), skip = 0;

    if (ours.len > TLS_OPINION_NAME_SIZE - 1) {
        skip = ours.len - (TLS_OPINION_NAME_SIZE - 1);
    }
    if (len != ours.len - skip) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (lower(ours.s[skip + i]) != (uint8_t)theirs[i]) {
            return false;
        }
    }
    return true;
}

struct text tls_opinion_differences(struct session *s, const struct tls_opinion *o)
{
    const struct tls_details *t = s->tls.details;
    struct differences d = {.len = 0};

    if (!t || !t->excerpt[SIDE_CLIENT].len) {
        return (struct text){0};
    }
    if (!o->is_tls) {
        return arena_format(s->arena, "not TLS");
    }
    compare_words(&d, "ja3", o->ja3, t->client.ja3);
    if (!is_same_name(o->server_name, t->client.server_name)) {
        add(&d, "server name", "", NULL);
    }
    if (t->excerpt[SIDE_SERVER].len) {
        compare_words(&d, "ja3s", o->ja3s, t->server.ja3s);
        compare_numbers(&d, "cipher", o->cipher, s->tls.cipher);
        if (s->tls.version >= TLS_VERSION_13) {
            compare_numbers(&d, "version", o->version, s->tls.version);
        }
    }
    return d.len ? arena_format(s->arena, "%s", d.text) : (struct text){0};
}
