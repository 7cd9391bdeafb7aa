/* fleet_senders.c - recipients that do not exist, by the domain of the sender: a list that goes out
 * over several machines, or over one that mostly sends other mail (catalogue: unknown-user-rate).
 *
 * A domain is met first when one of its recipients is unknown, and counted in the sessions behind
 * that: those before say nothing against it, and the one that brought it here would count double.
 * So mail without such a refusal costs nothing while no domain is kept.
 *
 * Which refusal belongs to which of several senders in one session is known only if each refused
 * recipient is unknown; else the session is left out. The domain alone is kept, nothing of what
 * stands before the @.
 */
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/fleet_raise.h"

/* Of "<user@example.org>", in small letters. 0: it has none that is plain. */
static size_t domain_of(struct text path, char domain[FLEET_NAME_MAX])
{
    const char *at = path.len ? memrchr(path.s, '@', path.len) : NULL;
    size_t len = at ? (size_t)(path.s + path.len - at) - 1 : 0;

    if (len < 2 || len > FLEET_NAME_MAX || path.cut || path.s[path.len - 1] != '>' ||
        memchr(path.s, '"', path.len)) {
        return 0;
    }
    len--;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text_lower((uint8_t)at[1 + i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-') {
            return 0;
        }
        domain[i] = (char)c;
    }
    domain[len] = 0;
    return len;
}

static bool is_same(const void *entry, const void *key)
{
    return strcmp(((const struct sender *)entry)->domain, key) == 0;
}

static uint32_t refused_for_good(const struct transaction *tx)
{
    uint32_t n = 0;

    for (const struct recipient *r = tx->recipients; r; r = r->next) {
        n += r->code >= 500;
    }
    return n;
}

/* Every recipient that was refused for good is one of the unknown ones. */
static bool is_clear(const struct session *s, unsigned unknown)
{
    uint32_t n = 0;

    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        n += refused_for_good(tx);
    }
    return n == unknown;
}

static void note(struct watch *w, const struct session *s, const struct transaction *tx,
                 uint32_t unknown, struct mark at)
{
    char domain[FLEET_NAME_MAX];
    size_t len = domain_of(tx->from, domain);
    uint64_t hash = watch_hash(4, domain, len);
    struct sender *x = len ? table_find(&w->senders, hash, is_same, domain) : NULL;

    if (!len || (!x && !unknown)) {
        return;
    }
    if (!x) {
        if ((x = table_add(&w->senders, hash))) {
            memcpy(x->domain, domain, len + 1);
            x->session = s->id;
        }
        return;
    }
    if (x->session == s->id) {
        return;
    }
    if (!x->clients.count) {
        x->client = s->end[SIDE_CLIENT];
    }
    few_add(&x->clients, watch_hash_address(&s->end[SIDE_CLIENT].address, 0));
    x->recipients += tx->accepted_count + tx->rejected_count;
    x->unknown += unknown;
    if (unknown) {
        sightings_add(&x->unknowns, at, s->id);
    }
    table_touch(&w->senders, x, (double)x->recipients >= threshold(THRESHOLD_UNKNOWN_COUNT));
}

void watch_add_senders(struct watch *w, const struct session *s)
{
    const struct finding *f = watch_finding(s, "user-unknown");
    unsigned unknown = f ? f->count ? f->count : 1 : 0;

    if ((!f && !w->senders.count) || (f && !is_clear(s, unknown))) {
        return;
    }
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        note(w, s, tx, f ? refused_for_good(tx) : 0, f ? f->at : s->first);
    }
}

/* --- what it means --- */

static double low_of(const struct sender *x)
{
    return (double)x->recipients >= threshold(THRESHOLD_UNKNOWN_COUNT)
               ? fleet_wilson_low(x->unknown, x->recipients)
               : 0;
}

/* Told of every client that it comes from. */
static bool is_told(const struct fleet *f, const struct sender *x)
{
    unsigned told = 0;

    for (size_t i = 0; i < f->watch->station_count; i++) {
        const struct station *t = f->watch->stations[i];
        told += t->side == SIDE_CLIENT && few_has(&x->clients, watch_id(t)) &&
                (groups_find(&f->groups, "unknown-user-rate", &t->end, SIDE_CLIENT) ||
                 groups_find(&f->groups, "directory-harvest", &t->end, SIDE_CLIENT));
    }
    return told >= x->clients.count;
}

static void tell(struct fleet *f, const struct sender *x, unsigned others)
{
    double low = low_of(x);
    struct group_entry *e =
        fleet_raise(f, "unknown-user-rate", x->clients.count == 1 ? &x->client : &fleet_nobody,
                    SIDE_CLIENT, &x->unknowns);

    if (!e) {
        return;
    }
    e->group.severity = fleet_unknown_severity(low);
    SAY(e, "%s of %s of mail from %s do not exist (%u %%), sent by %s%s", words_count(x->unknown).s,
        words_counted(x->recipients, "recipient").s, x->domain,
        fleet_percent(x->unknown, x->recipients), words_counted(x->clients.count, "client").s,
        few_more(&x->clients));
    if (others) {
        AND(e, "; so of %s", words_counted(others, "other domain").s);
    }
}

/* Behind all clients: what is told of one is not told again of its domain. Of domains that come
 * from several clients the worst is named. */
void fleet_judge_senders(struct fleet *f)
{
    const struct table *t = &f->watch->senders;
    const struct sender *worst = NULL;
    unsigned spread = 0;

    for (const struct sender *x = table_next(t, NULL); x; x = table_next(t, x)) {
        if (low_of(x) <= threshold(THRESHOLD_UNKNOWN_NOTICE) || is_told(f, x)) {
            continue;
        }
        if (x->clients.count == 1) {
            tell(f, x, 0);
            continue;
        }
        spread++;
        worst = !worst || low_of(x) > low_of(worst) ? x : worst;
    }
    if (worst) {
        tell(f, worst, spread - 1);
    }
}
