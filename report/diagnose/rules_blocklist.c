/* rules_blocklist.c - a blocklist refusal that quotes an address: is it the one the connection came
 * from? */
#include <string.h>

#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

enum { ADDRESSES_MAX = 8 };

static bool is_address_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

/* The next address in t from *at on; false: none. */
static bool next_address(struct text t, uint32_t *at, struct address *out)
{
    while (*at < t.len) {
        char word[ADDRESS_TEXT_MAX];
        uint32_t from = *at, len = 0;

        while (from < t.len && !is_address_byte(t.s[from])) {
            from++;
        }
        while (from + len < t.len && is_address_byte(t.s[from + len])) {
            len++;
        }
        *at = from + len;
        while (len && (t.s[from + len - 1] == '.' || t.s[from + len - 1] == ':')) {
            len--; /* the end of a sentence */
        }
        if (len > 0 && len < sizeof word) {
            memcpy(word, t.s + from, len);
            word[len] = '\0';
            if (strpbrk(word, ".:") && address_parse(out, word)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_public(const struct address *a)
{
    return !address_is_private(a) && a->bytes[0] != 0 && !(a->family == 4 && a->bytes[0] == 127);
}

/* The reply quotes a public address and none of those it quotes is the client's. */
static bool quotes_other(const struct session *s, const struct event *reply, struct address *other)
{
    const struct address *client = &s->end[SIDE_CLIENT].address;
    struct text t = reply->facts->reply.full;
    struct address a;
    bool found = false;
    uint32_t at = 0;

    if (!is_public(client)) {
        return false; /* behind NAT: the server sees another one */
    }
    for (int n = 0; n < ADDRESSES_MAX && next_address(t, &at, &a); n++) {
        if (address_equal(&a, client)) {
            return false;
        }
        if (is_public(&a) && a.family == client->family &&
            !address_equal(&a, &s->end[SIDE_SERVER].address) && !found) {
            *other = a;
            found = true;
        }
    }
    return found;
}

void rule_blocklist_mismatch(struct judge *j, const struct rule *rule)
{
    for (const struct refusal *r = refusals_of(j); r; r = r->next) {
        char text[ADDRESS_TEXT_MAX], client[ADDRESS_TEXT_MAX];
        struct address other;
        struct finding *f;

        if (!r->rule || strcmp(r->rule->id, "blocklisted") != 0 || refusals_came_too_late(j, r) ||
            !quotes_other(j->s, r->reply, &other)) {
            continue;
        }
        f = judge_raise(j, rule, r->phase, r->reply->first);
        f->confidence = CONFIDENCE_MEDIUM;
        f->fatal = !r->made_good;
        f->severity = r->reply->facts->reply.code < 500 ? SEVERITY_WARNING : SEVERITY_ERROR;
        judge_show(f, r->asked);
        judge_show(f, r->reply);
        address_format(&other, text);
        address_format(&j->s->end[SIDE_CLIENT].address, client);
        judge_say(f, "the listed address is %s, and the connection came from %s: ", text, client);
        rules_say_reply(f, r->reply);
        return;
    }
}
