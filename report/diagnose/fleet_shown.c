/* fleet_shown.c - a certificate of a public provider unlike those that others are shown for the
 * same name: TLS that is read on its way, by a product we do not know by name.
 *
 * Providers have several issuers at once, so another issuer alone proves nothing. But whom the
 * public trusts has its certificates logged before it signs them, and they bear the stamps of those
 * logs (RFC 6962 section 3.3); what is made on the way cannot. So it takes both: another issuer,
 * and no stamps where others see them. A server may send the stamps beside the certificate: then
 * nothing is said.
 */
#include <string.h>

#include "report/diagnose/fleet_raise.h"
#include "report/diagnose/provider.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/server_name.h"

/* The name that was asked for, or else that of the greeting, when the certificate bears it. */
static struct text wanted_name(const struct session *s, const struct tls_certificate *leaf)
{
    struct text name = tls_details_of(s)->client.server_name;

    name = name.len ? name : words_claimed_name(s, SIDE_SERVER);
    return server_name_is_borne(leaf, name) ? name : (struct text){"", 0, false};
}

static bool may_lack_stamps(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);

    return rules_tls_is_13(s) || d->stapled || d->server.stamped;
}

void watch_add_shown(struct watch *w, const struct session *s)
{
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    struct text name = leaf ? wanted_name(s, leaf) : (struct text){"", 0, false};
    const char *provider = name.len ? provider_named(s) : NULL;
    uint64_t name_id, issuer;
    struct shown *x = w->shown;

    if (!provider || leaf->issuer.cut || (!leaf->stamped && may_lack_stamps(s))) {
        return;
    }
    name_id = watch_hash(3, name.s, name.len);
    issuer = watch_hash(1, leaf->issuer.s, leaf->issuer.len);
    while (x < w->shown + w->shown_count &&
           (x->name != name_id || x->issuer != issuer || x->stamped != leaf->stamped)) {
        x++;
    }
    if (x == w->shown + SHOWN_MAX) {
        w->forgotten++;
        return;
    }
    if (x == w->shown + w->shown_count) {
        w->shown_count++;
        *x = (struct shown){.provider = provider,
                            .name = name_id,
                            .issuer = issuer,
                            .stamped = leaf->stamped,
                            .client = {s->end[SIDE_CLIENT].address, 0}};
    }
    few_add(&x->clients, watch_hash_address(&s->end[SIDE_CLIENT].address, 0));
    sightings_add(&x->seen, tls_details_of(s)->chain[SIDE_SERVER].at, s->id);
}

static bool share_a_client(const struct shown *a, const struct shown *b)
{
    for (unsigned i = 0; i < a->clients.count; i++) {
        if (few_has(&b->clients, a->clients.id[i])) {
            return true;
        }
    }
    return false;
}

/* What others were shown for the same name; NULL: nothing that tells against it. */
static const struct shown *genuine(const struct watch *w, const struct shown *x)
{
    const struct shown *found = NULL;

    for (size_t i = 0; i < w->shown_count; i++) {
        const struct shown *y = &w->shown[i];
        if (y->name != x->name) {
            continue;
        }
        /* The same issuer elsewhere with stamps; or one client that sees both: not the path. */
        if ((y->stamped && y->issuer == x->issuer) || (y != x && share_a_client(x, y))) {
            return NULL;
        }
        found = y->stamped ? y : found;
    }
    return found;
}

void fleet_judge_shown(struct fleet *f)
{
    const struct watch *w = f->watch;

    for (size_t i = 0; i < w->shown_count; i++) {
        const struct shown *x = &w->shown[i], *y = x->stamped ? NULL : genuine(w, x);
        struct group_entry *e =
            y ? fleet_raise(f, "tls-interception-suspected", &x->client, SIDE_CLIENT, &x->seen)
              : NULL;
        if (e) {
            e->group.phase = PHASE_TLS;
            SAY(e,
                "%s here %s shown certificates of %s from another issuer than %s%s for the same "
                "name, and without the stamps of certificate transparency that theirs bear",
                words_counted(x->clients.count, "client").s, x->clients.count == 1 ? "is" : "are",
                x->provider, words_counted(y->clients.count, "other").s, few_more(&y->clients));
        }
    }
}
