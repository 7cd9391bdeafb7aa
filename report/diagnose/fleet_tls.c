/* fleet_tls.c - TLS over many sessions: who fails with whom, who is offered it, whose certificates
 * a server shows, and what it chose when a handshake did succeed.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/tls/names.h"
#include "report/diagnose/fleet_raise.h"
#include "report/diagnose/rules_tls.h"

static void note_tls(struct station *t, const struct station *other, const struct session *s)
{
    const struct finding *f = watch_failure(s);

    if (!f || diagnosis_of(s)->outcome != OUTCOME_TLS_FAILED) {
        return;
    }
    if (!t->tls_rule[0]) {
        memcpy(t->tls_rule, f->id, sizeof t->tls_rule);
    }
    if (strcmp(t->tls_rule, f->id) == 0) {
        few_add(&t->tls_partners, watch_id(other));
        sightings_add(&t->tls_failures, f->at, s->id);
    }
}

static bool offers_starttls(const struct session *s)
{
    static const char word[] = "STARTTLS";

    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        if (k->text.len >= sizeof word - 1 && memcmp(k->text.s, word, sizeof word - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void note_starttls(struct station *server, const struct station *client,
                          const struct session *s)
{
    if (!watch_is_whole(s)) {
        few_add(&server->unsure_starttls, watch_id(client)); /* it may have seen the other here */
    }
    if (!s->smtp.esmtp || !s->smtp.ehlo || server->end.port == 465 ||
        (s->smtp.tls != TLS_NONE && !s->smtp.starttls)) {
        return;
    }
    if (s->smtp.starttls || offers_starttls(s)) {
        few_add(&server->with_starttls, watch_id(client));
    } else if (s->smtp.tls == TLS_NONE && watch_is_whole(s)) {
        few_add(&server->without_starttls, watch_id(client));
        sightings_add(&server->stripped, s->smtp.ehlo->first, s->id);
    }
}

/* Which issuer made the certificate shown; servers may rightly have one for each kind of key. They
 * alternate when the times in which they were seen overlap: sessions come in the order of their
 * end, which says nothing of when a certificate was shown. */
static void note_issuer(struct station *server, const struct session *s)
{
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    const char *key = leaf && leaf->key_type ? leaf->key_type : "";
    uint64_t id = leaf ? watch_hash(1, leaf->issuer.s, leaf->issuer.len) : 0;
    uint64_t kind = watch_hash(2, key, strlen(key));
    struct issuer *mine = NULL;
    struct mark at;

    if (!leaf) {
        return;
    }
    at = tls_details_of(s)->chain[SIDE_SERVER].at;
    for (unsigned i = 0; i < server->issuer_count && !mine; i++) {
        struct issuer *x = &server->issuers[i];
        mine = x->id == id && x->kind == kind ? x : NULL;
    }
    if (!mine && server->issuer_count < ISSUERS_MAX) {
        mine = &server->issuers[server->issuer_count++];
        *mine = (struct issuer){id, kind, at.time_ns, at.time_ns};
    }
    if (!mine) {
        return;
    }
    mine->first_ns = at.time_ns < mine->first_ns ? at.time_ns : mine->first_ns;
    mine->last_ns = at.time_ns > mine->last_ns ? at.time_ns : mine->last_ns;
    for (unsigned i = 0; i < server->issuer_count; i++) {
        const struct issuer *other = &server->issuers[i];
        if (other != mine && other->kind == kind && other->first_ns < mine->last_ns &&
            mine->first_ns < other->last_ns) {
            sightings_add(&server->alternating, at, s->id);
            return;
        }
    }
}

/* --- what a server chose, and what it turned away --- */

enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INSUFFICIENT_SECURITY = 71,
    RECORD_ALERT = 21,
};

static bool is_offered(const uint16_t *offers, size_t count, uint16_t wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (offers[i] == wanted) {
            return true;
        }
    }
    return false;
}

/* One alone is the newest that the client allows: it sent no supported_versions. */
static bool allows(const struct unmet *u, uint16_t version)
{
    return u->version_count == 1 ? version <= u->version[0]
                                 : is_offered(u->version, u->version_count, version);
}

static void note_choice(struct station *server, const struct session *s)
{
    struct choice *c = server->chosen;

    for (unsigned i = 0; i < server->chosen_count; i++, c++) {
        if (c->version == s->tls.version && c->cipher == s->tls.cipher) {
            c->sessions++;
            return;
        }
    }
    if (server->chosen_count == CHOICES_MAX) {
        server->chosen_more = true;
        return;
    }
    *c = (struct choice){s->tls.version, s->tls.cipher, 1};
    server->chosen_count++;
}

/* The same offer as one kept; a new one is kept while there is room. */
static struct unmet *unmet_of(struct station *server, const struct tls_client_facts *client)
{
    size_t versions = client->versions.count, ciphers = client->ciphers.count;
    struct unmet *u;

    if (versions > UNMET_VERSIONS || ciphers > UNMET_CIPHERS || client->ciphers.more ||
        client->versions.more || client->ssl2 || !ciphers) {
        return NULL;
    }
    if (!server->unmet && !(server->unmet = calloc(UNMET_MAX, sizeof *server->unmet))) {
        return NULL;
    }
    for (u = server->unmet; u < server->unmet + server->unmet_count; u++) {
        if (u->version_count == versions && u->cipher_count == ciphers &&
            memcmp(u->version, client->versions.n, versions * sizeof *u->version) == 0 &&
            memcmp(u->cipher, client->ciphers.n, ciphers * sizeof *u->cipher) == 0) {
            return u;
        }
    }
    if (server->unmet_count == UNMET_MAX) {
        return NULL;
    }
    server->unmet_count++;
    u->version_count = (uint8_t)versions;
    u->cipher_count = (uint8_t)ciphers;
    memcpy(u->version, client->versions.n, versions * sizeof *u->version);
    memcpy(u->cipher, client->ciphers.n, ciphers * sizeof *u->cipher);
    return u;
}

/* The server's answer to a ClientHello was an alert about what it offers. */
static void note_unmet(struct station *server, const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    const struct event *alert = s->tls.alert;
    uint8_t what = alert ? alert->facts->tls.description : 0;
    struct unmet *u;

    if (!d || !alert || alert->side != SIDE_SERVER || s->tls.hello[SIDE_SERVER] ||
        (what != ALERT_HANDSHAKE_FAILURE && what != ALERT_PROTOCOL_VERSION &&
         what != ALERT_INSUFFICIENT_SECURITY) ||
        !(u = unmet_of(server, &d->client))) {
        return;
    }
    sightings_add(what == ALERT_PROTOCOL_VERSION ? &u->by_version : &u->by_cipher, alert->first,
                  s->id);
}

void watch_add_tls(struct station *client, struct station *server, const struct session *s)
{
    note_tls(client, server, s);
    note_tls(server, client, s);
    note_starttls(server, client, s);
    note_issuer(server, s);
    if (s->tls.established && s->tls.hello[SIDE_SERVER]) {
        note_choice(server, s);
    } else {
        /* What it chose there may be what it chose nowhere else. */
        server->chosen_more |=
            (s->tls.seen[SIDE_CLIENT] || s->tls.seen[SIDE_SERVER]) && !watch_is_whole(s);
        note_unmet(server, s);
    }
}

/* --- what that means --- */

static void judge_spread(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    if ((double)t->tls_partners.count < threshold(THRESHOLD_SPREAD_COUNT) ||
        !(e = fleet_raise_at(f, "tls-failure-spread", t, &t->tls_failures))) {
        return;
    }
    e->group.phase = PHASE_TLS;
    e->group.points_to = t->side == SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT;
    SAY(e, "the same with %u %s%s: %s (%s)", t->tls_partners.count,
        t->side == SIDE_SERVER ? "clients" : "servers", few_more(&t->tls_partners),
        rules_find(t->tls_rule)->title, t->tls_rule);
}

static void judge_stripped(struct fleet *f, const struct station *t)
{
    struct group_entry *e;

    for (unsigned i = 0; i < t->without_starttls.count; i++) {
        if (few_has(&t->with_starttls, t->without_starttls.id[i])) {
            return; /* the same client saw both: the server changed, not the path */
        }
    }
    for (unsigned i = 0; i < t->unsure_starttls.count; i++) {
        if (few_has(&t->with_starttls, t->unsure_starttls.id[i]) ||
            few_has(&t->without_starttls, t->unsure_starttls.id[i])) {
            return; /* or it may have */
        }
    }
    if (!t->with_starttls.count || !t->without_starttls.count ||
        t->with_starttls.count == FEW_MAX ||
        !(e = fleet_raise_at(f, "starttls-stripped", t, &t->stripped))) {
        return;
    }
    e->group.severity = SEVERITY_WARNING;
    e->group.phase = PHASE_EHLO;
    SAY(e, "this server offers STARTTLS to %s and not to %s",
        words_counted(t->with_starttls.count, "client").s,
        words_counted(t->without_starttls.count, "other").s);
}

static void judge_certificates(struct fleet *f, const struct station *t)
{
    struct group_entry *e =
        t->alternating.count ? fleet_raise_at(f, "cert-changed", t, &t->alternating) : NULL;

    if (e) {
        e->group.phase = PHASE_TLS;
        SAY(e, "certificates of %s for the same kind of key alternate at this server",
            words_counted(t->issuer_count, "issuer").s);
    }
}

/* What the session's own record says of it is told with what other sessions show. */
static struct group_entry *own_group(struct fleet *f, const char *rule, const struct station *t)
{
    struct group_entry *e = groups_find(&f->groups, rule, &t->end, SIDE_SERVER);

    return e && !e->group.cross_session ? e : NULL;
}

static uint64_t chosen_sessions(const struct station *t)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < t->chosen_count; i++) {
        n += t->chosen[i].sessions;
    }
    return n;
}

/* A version this server chose elsewhere: one that this offer has, or one that it lacks. */
static void tell_version(struct fleet *f, const struct station *t, const struct unmet *u)
{
    struct group_entry *e = own_group(f, "tls-version-mismatch", t);
    const struct choice *best = NULL;
    char version[TLS_VERSION_TEXT_MAX];
    bool offered = false;

    for (unsigned i = 0; e && i < t->chosen_count; i++) {
        const struct choice *c = &t->chosen[i];
        bool has = allows(u, c->version);
        if (!best || has > offered || (has == offered && c->version > best->version)) {
            best = c;
            offered = has;
        }
    }
    if (!best) {
        return;
    }
    tls_version_text(best->version, version);
    AND(e,
        offered ? "; yet in other sessions this server chose %s %s, which was offered here"
                : "; in other sessions this server chose %s %s, which was not offered here",
        best->version == TLS_VERSION_SSL3 ? "version" : "TLS", version);
}

/* No cipher of the offer was ever chosen by this server, where it could have been. */
static void tell_cipher(struct fleet *f, const struct station *t, const struct unmet *u)
{
    const struct choice *both = NULL, *other = NULL;
    struct group_entry *e;

    for (unsigned i = 0; i < t->chosen_count; i++) {
        const struct choice *c = &t->chosen[i];
        if (!allows(u, c->version)) {
            continue; /* the ciphers of another version say nothing */
        }
        if (is_offered(u->cipher, u->cipher_count, c->cipher)) {
            both = c;
        } else if (!other || c->sessions > other->sessions) {
            other = c;
        }
    }
    if (both) {
        if ((e = own_group(f, "tls-alert-handshake-failure", t)) && tls_cipher_name(both->cipher)) {
            AND(e,
                "; this server chose %s, which was offered here, in other sessions: a common "
                "cipher is not what lacks",
                tls_cipher_name(both->cipher));
        }
        return;
    }
    if (!other || t->chosen_more || !tls_cipher_name(other->cipher) ||
        !(e = fleet_raise_at(f, "tls-cipher-mismatch", t, &u->by_cipher))) {
        return;
    }
    e->group.phase = PHASE_TLS;
    e->group.confidence = (double)chosen_sessions(t) >= threshold(THRESHOLD_CHOICE_COUNT)
                              ? CONFIDENCE_HIGH
                              : CONFIDENCE_MEDIUM;
    SAY(e,
        "turned away with %s that this server never chose in %s where TLS came up; there it chose "
        "%s%s",
        words_counted(u->cipher_count, "cipher").s,
        words_counted(chosen_sessions(t), "other session").s, tls_cipher_name(other->cipher),
        t->chosen_count > 1 ? " and others" : "");
}

static void judge_unmet(struct fleet *f, const struct station *t)
{
    for (unsigned i = 0; i < t->unmet_count; i++) {
        const struct unmet *u = &t->unmet[i];
        if (u->by_version.count && i == 0) {
            tell_version(f, t, u);
        }
        if (u->by_cipher.count) {
            tell_cipher(f, t, u);
        }
    }
}

void fleet_count_trust(struct fleet_totals *t, const struct session *s)
{
    const struct tls_certificate *leaf = rules_tls_leaf(s);

    if (watch_finding(s, "cert-untrusted")) {
        t->untrusted++;
    } else if (watch_finding(s, "cert-not-verifiable")) {
        t->unverifiable++;
    } else if (leaf && leaf->der.len) {
        t->verified++;
    }
}

void fleet_judge_tls(struct fleet *f, const struct station *t)
{
    judge_spread(f, t);
    if (t->side == SIDE_SERVER) {
        judge_stripped(f, t);
        judge_certificates(f, t);
        judge_unmet(f, t);
    }
}
