/* server_name.c - does a certificate bear a name? RFC 9525 section 6. */
#include "report/diagnose/server_name.h"

#include <string.h>

#include "dissect/limits.h"
#include "dissect/net/address.h"
#include "dissect/text.h"

/* Of ASCII only, whatever the locale. */
static unsigned lower(char c)
{
    unsigned letter = (unsigned char)c;

    return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter;
}

static bool is_same(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (uint32_t i = 0; i < a.len; i++) {
        if (lower(a.s[i]) != lower(b.s[i])) {
            return false;
        }
    }
    return true;
}

static struct text without_dot(struct text t)
{
    if (t.len && t.s[t.len - 1] == '.') {
        t.len--;
    }
    return t;
}

/* Behind the first label: ".example.org" of "mx.example.org"; empty: there is no dot. */
static struct text parent(struct text host)
{
    const char *dot = host.len ? memchr(host.s, '.', host.len) : NULL;

    return dot ? (struct text){dot, host.len - (uint32_t)(dot - host.s), false}
               : (struct text){"", 0, false};
}

bool server_name_matches(struct text pattern, struct text host)
{
    struct text domain;

    pattern = without_dot(pattern);
    host = without_dot(host);
    if (pattern.cut || host.cut || !pattern.len || !host.len) {
        return false;
    }
    if (pattern.len > 2 && pattern.s[0] == '*' && pattern.s[1] == '.') {
        domain = parent(host);
        return domain.len && domain.len < host.len &&
               is_same((struct text){pattern.s + 1, pattern.len - 1, false}, domain);
    }
    return is_same(pattern, host);
}

/* The last two labels, without the dot before them; empty: there are no two. */
static struct text last_labels(struct text host)
{
    unsigned dots = 0;
    uint32_t at = host.len;

    while (at && !(host.s[at - 1] == '.' && ++dots == 2)) {
        at--;
    }
    return dots ? (struct text){host.s + at, host.len - at, false} : (struct text){"", 0, false};
}

static bool parse_address(struct text t, struct address *out)
{
    char copy[ADDRESS_TEXT_MAX + 1];

    if (t.len >= sizeof copy || t.cut) {
        return false;
    }
    memcpy(copy, t.s, t.len);
    copy[t.len] = '\0';
    return strlen(copy) == t.len && address_parse(out, copy);
}

bool server_name_is_elsewhere(struct text a, struct text b)
{
    struct address address;
    struct text one = last_labels(without_dot(a)), other = last_labels(without_dot(b));

    return one.len && other.len && !a.cut && !b.cut && !parse_address(a, &address) &&
           !parse_address(b, &address) && !is_same(one, other);
}

bool server_name_is_borne(const struct tls_certificate *c, struct text host)
{
    struct address asked, borne;
    bool is_address = parse_address(host, &asked);

    for (const struct tls_name *n = c->names; n; n = n->next) {
        if (n->kind == TLS_NAME_HOST && !is_address && server_name_matches(n->text, host)) {
            return true;
        }
        if (n->kind == TLS_NAME_ADDRESS && is_address && parse_address(n->text, &borne) &&
            address_equal(&asked, &borne)) {
            return true;
        }
    }
    return !c->has_host_names && server_name_matches(c->common_name, host);
}

bool server_name_is_unsure(const struct tls_certificate *c)
{
    if (c->name_count > LIMIT_CERTIFICATE_NAMES) {
        return true;
    }
    for (const struct tls_name *n = c->names; n; n = n->next) {
        if (n->text.cut) {
            return true;
        }
    }
    return c->common_name.cut;
}
