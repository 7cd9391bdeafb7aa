/* fleet_owners.c - whose server one is, by what sessions with it showed.
 *
 * A provider that the table knows for sure; the domain that mail is handed over for, if it is one
 * and the same each time; the domain of the name it gives itself in the greeting, else in the reply
 * to EHLO, else in its certificate. What any session showed counts for those in which the server
 * could say nothing. A name is only what a server claims.
 *
 * BUGS: which part of a name is somebody's own is guessed from its last labels, without the Public
 * Suffix List.
 */
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/fleet_destinations.h"
#include "report/diagnose/provider.h"
#include "report/diagnose/rules_tls.h"
#include "report/words.h"

enum { ASKED_MAX = 4 }; /* what a server says of itself is the same each time */

/* Nobody's: what software calls itself where nobody gave it a name, and what documents use. */
static bool is_nobodys(const char *domain)
{
    static const char *const top[] = {"localdomain", "local",    "localhost", "internal", "lan",
                                      "home",        "intranet", "invalid",   "arpa"};
    static const char *const whole[] = {"domain.com",  "yourdomain.com", "mydomain.com",
                                        "example.com", "example.net",    "example.org",
                                        "domain.tld",  "domain.local"};
    const char *last = strrchr(domain, '.') + 1;

    for (size_t i = 0; i < sizeof top / sizeof top[0]; i++) {
        if (strcmp(last, top[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (strcmp(domain, whole[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "co" of "co.uk": below a country names are given out on the level below. */
static bool is_shared_label(const char *label, size_t len)
{
    static const char *const shared[] = {"ac",  "co",  "com", "edu", "gob", "gouv", "gov", "gv",
                                         "id",  "ltd", "me",  "mil", "ne",  "net",  "nhs", "nom",
                                         "ngo", "or",  "org", "plc", "sch", "web",  "go",  "govt"};

    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        if (strlen(shared[i]) == len && memcmp(label, shared[i], len) == 0) {
            return true;
        }
    }
    return false;
}

/* Two numbers of the address beside each other, as in "ec2-203-0-113-7.example.net": a hoster's
 * name for whoever rents the machine. */
static bool holds_address(const char *name, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX], pair[2][16];
    const unsigned char *b = a->bytes;

    if (a->family != 4) {
        return false;
    }
    address_format(a, text);
    words_put(pair[0], sizeof pair[0], "%u-%u", (unsigned)b[2], (unsigned)b[3]);
    words_put(pair[1], sizeof pair[1], "%u-%u", (unsigned)b[1], (unsigned)b[0]);
    return strstr(name, pair[0]) || strstr(name, pair[1]) || strstr(name, text);
}

/* In small letters, without a dot at its end; "": it is no name with a dot in it. */
static void put_host(char out[FLEET_NAME_MAX], struct text host)
{
    size_t len = host.len;
    bool dotted = false;

    *out = 0;
    len -= len && host.s[len - 1] == '.';
    if (len >= FLEET_NAME_MAX || host.cut) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        char c = (char)text_lower((uint8_t)host.s[i]);
        if ((!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' &&
             c != '_') ||
            (c == '.' && (i == 0 || i + 1 == len || host.s[i - 1] == '.'))) {
            *out = 0;
            return;
        }
        dotted = dotted || c == '.';
        out[i] = c;
    }
    out[dotted ? len : 0] = 0;
}

/* The part of a host name that its owner has registered; "": it has none. */
static void registered_part(char out[FLEET_NAME_MAX], struct text host, const struct address *a)
{
    char name[FLEET_NAME_MAX];
    size_t len, labels = 0, at;

    *out = 0;
    put_host(name, host);
    len = strlen(name);
    if (!len || is_nobodys(name) || holds_address(name, a) || name[len - 1] <= '9') {
        return;
    }
    for (at = len; at > 0; at--) {
        if (name[at - 1] == '.' && ++labels == 2) {
            size_t second = strcspn(name + at, ".");
            if (len - at - second - 1 != 2 || !is_shared_label(name + at, second)) {
                break;
            }
        } else if (labels == 3) {
            break;
        }
    }
    memcpy(out, name + at, len - at + 1);
    if (is_nobodys(out)) {
        *out = 0;
    }
}

/* "<ann@Example.org>": where it stands in the path; empty: there is none. */
static struct text domain_in(struct text path)
{
    const char *sign = path.len && !path.cut ? memrchr(path.s, '@', path.len) : NULL;
    struct text domain = {"", 0, false};

    if (sign) {
        domain.s = sign + 1;
        domain.len = (uint32_t)(path.s + path.len - domain.s);
        domain.len -= domain.len && domain.s[domain.len - 1] == '>';
    }
    return domain;
}

static void note_recipient(struct peer_entry *p, struct text path)
{
    struct text domain = domain_in(path);

    if (!p->to[0]) {
        put_host(p->to, domain);
        p->to_more = !p->to[0];
        return;
    }
    p->to_more = strlen(p->to) != domain.len;
    for (uint32_t i = 0; i < domain.len && !p->to_more; i++) {
        p->to_more = p->to[i] != (char)text_lower((uint8_t)domain.s[i]);
    }
}

/* Where the greeting names nobody. */
static void note_other_name(struct peer_entry *p, const struct session *s)
{
    const struct event *reply = s->smtp.ehlo ? s->smtp.ehlo->facts->command.reply : NULL;
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    const struct tls_name *name = leaf ? leaf->names : NULL;

    if (reply && reply->facts->reply.code == 250) {
        struct text word = reply->facts->reply.text;
        const char *end = word.len ? memchr(word.s, ' ', word.len) : NULL;
        word.len = end ? (uint32_t)(end - word.s) : word.len;
        put_host(p->other_name, word);
    }
    while (name && name->kind != TLS_NAME_HOST) {
        name = name->next;
    }
    if (!p->other_name[0] && name) {
        struct text host = name->text;
        bool any = host.len > 2 && memcmp(host.s, "*.", 2) == 0;
        put_host(p->other_name, any ? (struct text){host.s + 2, host.len - 2, host.cut} : host);
    }
}

void fleet_note_owner(struct peer_entry *server, const struct session *s)
{
    if (!server->provider && server->asked < ASKED_MAX && s->smtp.greeting) {
        server->asked++;
        server->provider = provider_sure(s);
    }
    if (!server->peer.name[0] && !server->other_name[0]) {
        note_other_name(server, s);
    }
    for (const struct transaction *tx = s->smtp.transactions; tx && !server->to_more;
         tx = tx->next) {
        for (const struct recipient *r = tx->recipients; r && !server->to_more; r = r->next) {
            note_recipient(server, r->to);
        }
    }
}

void fleet_bond_key(char key[FLEET_NAME_MAX], const struct peer_entry *p, enum bond bond)
{
    const char *name = p->peer.name[0] ? p->peer.name : p->other_name;

    *key = 0;
    switch (bond) {
    case BOND_PROVIDER:
        words_put(key, FLEET_NAME_MAX, "%s", p->provider ? p->provider : "");
        break;
    case BOND_RECIPIENTS:
        words_put(key, FLEET_NAME_MAX, "%s", p->to_more ? "" : p->to);
        break;
    case BOND_NAME:
        registered_part(key, (struct text){name, (uint32_t)strlen(name), false}, &p->peer.address);
        break;
    case BOND_NONE:
        break;
    }
}
