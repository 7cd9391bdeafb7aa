/* rules_certificate.c - certificates of servers (section G of the catalogue); seen up to TLS 1.2
 * only, and not in resumed sessions.
 *
 * Where the session went on the client has accepted what it was shown, and strangers on port 25
 * accept nearly everything: then a name or an issuer that does not fit is a notice, unless the
 * operator asked for verification (--trust, --server-name).
 */
#include "report/diagnose/rules_tls.h"

#include <string.h>

#include "report/diagnose/rules_all.h"
#include "report/diagnose/server_name.h"

enum {
    SECOND_NS = 1000000000,
    DAY_S = 86400,
    MESSAGE_CERTIFICATE = 11,
    RSA_MIN = 2048, /* NIST SP 800-57 part 1, table 2: 112 bits */
    EC_MIN = 224,
    PORT_SMTP = 25,
};

const struct tls_certificate *rules_tls_leaf(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    const struct tls_certificate *leaf = d ? d->chain[SIDE_SERVER].first : NULL;

    return leaf && leaf->readable ? leaf : NULL;
}

static const struct tls_chain *chain_of(const struct session *s)
{
    return &tls_details_of(s)->chain[SIDE_SERVER];
}

static int64_t shown_at_s(const struct session *s)
{
    return chain_of(s)->at.time_ns / SECOND_NS;
}

/* The handshake was not completed, as far as anybody can tell from a whole capture, and the session
 * is over. */
static bool failed_there(const struct judge *j)
{
    return !j->s->tls.established && j->course.ending && rules_tls_is_whole(j);
}

static bool was_asked(const struct judge *j)
{
    return j->settings->trust || j->settings->server_name_count;
}

static struct finding *raise_certificate(struct judge *j, const struct rule *rule,
                                         enum severity severity)
{
    struct finding *f = judge_raise(j, rule, PHASE_TLS, chain_of(j->s)->at);

    f->severity = severity;
    judge_show(f, rules_tls_message(j->s, SIDE_SERVER, MESSAGE_CERTIFICATE));
    return f;
}

/* NULL: verified, or nobody asked. */
static const char *not_trusted(const struct judge *j, const struct tls_certificate *leaf)
{
    return j->settings->trust && leaf->der.len
               ? tls_trust_verify(j->settings->trust, leaf, shown_at_s(j->s))
               : NULL;
}

void rule_cert_untrusted(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    const char *why = leaf ? not_trusted(j, leaf) : NULL;
    struct finding *f;

    if (!why) {
        return;
    }
    f = raise_certificate(j, rule, rule->severity);
    judge_say(f,
              "the server's certificate does not verify against %s at the time it was shown (%s): ",
              strcmp(j->settings->trust_name, "system") == 0 ? "the system's store"
                                                             : j->settings->trust_name,
              why);
    judge_say_wire(f, leaf->subject);
}

void rule_cert_self_signed(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    struct finding *f;

    if (!leaf || !leaf->self_signed) {
        return;
    }
    f = raise_certificate(j, rule,
                          failed_there(j) || judge_raised(j, "cert-untrusted") ? SEVERITY_WARNING
                                                                               : SEVERITY_NOTICE);
    judge_say(f, "the server's certificate is signed by its own key: ");
    judge_say_wire(f, leaf->subject);
}

/* --- time --- */

static bool is_out_of_time(const struct tls_certificate *c, int64_t now, bool early)
{
    int64_t limit = early ? c->not_before_s : c->not_after_s;

    return c->readable && limit != INT64_MIN && (early ? now < limit : now > limit);
}

void rule_cert_time(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s), *c = leaf;
    bool early = strcmp(rule->id, "cert-not-yet-valid") == 0;
    int64_t now, limit;
    struct finding *f;

    if (!leaf) {
        return;
    }
    now = shown_at_s(j->s);
    while (c && !is_out_of_time(c, now, early)) {
        c = c->next;
    }
    if (!c) {
        return;
    }
    limit = early ? c->not_before_s : c->not_after_s;
    /* Of an issuer's certificate others may exist that are in time, and clients find them. */
    f = raise_certificate(j, rule,
                          c != leaf         ? (failed_there(j) ? SEVERITY_WARNING : SEVERITY_NOTICE)
                          : failed_there(j) ? SEVERITY_ERROR
                                            : SEVERITY_WARNING);
    judge_say(f, "%s %s %lld days %s this session: ",
              c == leaf ? "the server's certificate" : "a certificate of the server's chain",
              early ? "becomes valid" : "expired",
              (long long)((early ? limit - now : now - limit) / DAY_S), early ? "after" : "before");
    judge_say_wire(f, c->subject);
}

void rule_cert_expiring_soon(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    int64_t left;
    struct finding *f;

    if (!leaf || leaf->not_after_s == INT64_MIN) {
        return;
    }
    left = leaf->not_after_s - shown_at_s(j->s);
    if (left < 0 || (double)left >= threshold(THRESHOLD_CERT_SOON_DAYS) * DAY_S) {
        return;
    }
    f = raise_certificate(j, rule, rule->severity);
    judge_say(f, "the server's certificate expires %lld days after this session: ",
              (long long)(left / DAY_S));
    judge_say_wire(f, leaf->subject);
}

/* --- name --- */

/* What the server may be called: by the operator, or by the client, the greeting, its address. */
static bool bears_wanted_name(const struct judge *j, const struct tls_certificate *leaf,
                              struct text *wanted)
{
    const struct session *s = j->s;
    struct text sni = tls_details_of(s)->client.server_name;
    struct text banner = words_claimed_name(s, SIDE_SERVER), own;
    char address[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < j->settings->server_name_count; i++) {
        const char *name = j->settings->server_names[i];
        *wanted = (struct text){name, (uint32_t)strlen(name), false};
        if (server_name_is_borne(leaf, *wanted)) {
            return true;
        }
    }
    if (j->settings->server_name_count) {
        return false;
    }
    *wanted = sni.len ? sni : banner;
    address_format(&s->end[SIDE_SERVER].address, address);
    own = (struct text){address, (uint32_t)strlen(address), false};
    return !wanted->len || wanted->cut || (sni.len && server_name_is_borne(leaf, sni)) ||
           (banner.len && server_name_is_borne(leaf, banner)) || server_name_is_borne(leaf, own);
}

static void say_names(struct finding *f, const struct tls_certificate *leaf)
{
    const struct tls_name *n = leaf->names;

    while (n && n->kind == TLS_NAME_OTHER) {
        n = n->next;
    }
    if (!n) {
        judge_say_wire(f, leaf->common_name.len ? leaf->common_name : leaf->subject);
        return;
    }
    judge_say_wire(f, n->text);
    if (leaf->name_count > 1) {
        judge_say(f, " and %s", words_counted(leaf->name_count - 1, "other").s);
    }
}

void rule_cert_name(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    struct text wanted = {"", 0, false};
    struct finding *f;

    if (!leaf || server_name_is_unsure(leaf) || bears_wanted_name(j, leaf, &wanted)) {
        return;
    }
    f = raise_certificate(j, rule,
                          !failed_there(j) && !was_asked(j)          ? SEVERITY_NOTICE
                          : j->s->end[SIDE_SERVER].port == PORT_SMTP ? SEVERITY_WARNING
                                                                     : SEVERITY_ERROR);
    judge_say(f, "the server's certificate is made out to ");
    say_names(f, leaf);
    judge_say(f, ", not to ");
    judge_say_wire(f, wanted);
    judge_say(f, j->settings->server_name_count                 ? ", as --server-name wants"
                 : tls_details_of(j->s)->client.server_name.len ? ", for which the client asked"
                                                                : ", as the server greets");
}

/* --- chain --- */

static bool is_same_name(struct text a, struct text b)
{
    return a.len == b.len && a.len && !a.cut && !b.cut && memcmp(a.s, b.s, a.len) == 0;
}

static bool is_shown(const struct tls_chain *chain, struct text issuer)
{
    for (const struct tls_certificate *c = chain->first; c; c = c->next) {
        if (is_same_name(c->subject, issuer)) {
            return true;
        }
    }
    return false;
}

static bool all_readable(const struct tls_chain *chain)
{
    uint32_t kept = 0;

    for (const struct tls_certificate *c = chain->first; c; c = c->next, kept++) {
        if (!c->readable || c->issuer.cut || c->subject.cut) {
            return false;
        }
    }
    return kept == chain->count;
}

/* A certificate right below a root that was rightly left out looks the same: a notice, unless the
 * client went away. */
void rule_cert_chain_incomplete(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    struct finding *f;

    if (!leaf || leaf->self_issued || !all_readable(chain_of(j->s)) ||
        is_shown(chain_of(j->s), leaf->issuer) ||
        (j->settings->trust && leaf->der.len && !judge_raised(j, "cert-untrusted"))) {
        return;
    }
    f = raise_certificate(j, rule, failed_there(j) ? SEVERITY_WARNING : SEVERITY_NOTICE);
    f->confidence = CONFIDENCE_MEDIUM;
    judge_say(f, "the server did not show the certificate of its issuer, ");
    judge_say_wire(f, leaf->issuer);
    judge_say(f, ": an intermediate is missing, or a root issued it directly");
}

void rule_cert_chain_misordered(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    struct finding *f;

    if (!leaf || !all_readable(chain_of(j->s))) {
        return;
    }
    for (const struct tls_certificate *c = leaf; c->next; c = c->next) {
        if (is_same_name(c->issuer, c->next->subject) || c->self_issued ||
            !is_shown(chain_of(j->s), c->issuer)) {
            continue;
        }
        f = raise_certificate(j, rule, failed_there(j) ? SEVERITY_WARNING : SEVERITY_NOTICE);
        judge_say(f, "in the server's chain another certificate stands where the issuer of ");
        judge_say_wire(f, c->subject);
        judge_say(f, " belongs");
        return;
    }
}

/* --- strength --- */

/* What was weak when it was shown: until then public authorities issued such certificates. Browser
 * Forum, Baseline Requirements 7.1.3 and appendix A; MD5 was broken for certificates at the end of
 * 2008. */
enum {
    WEAK_MD5_FROM_S = 1230768000,  /* 2009 */
    WEAK_KEY_FROM_S = 1388534400,  /* 2014 */
    WEAK_SHA1_FROM_S = 1483228800, /* 2017 */
};

static bool is_short_key(const struct tls_certificate *c)
{
    const char *type = c->key_type ? c->key_type : "";
    bool factors = strncmp(type, "RSA", 3) == 0 || strcmp(type, "DSA") == 0;

    return c->key_bits && ((factors && c->key_bits < RSA_MIN) ||
                           (strcmp(type, "EC") == 0 && c->key_bits < EC_MIN));
}

static bool is_weak(const struct tls_certificate *c, int64_t now, char why[64])
{
    bool md5, sha1;

    if (!c->readable) {
        return false;
    }
    if (is_short_key(c) && now >= WEAK_KEY_FROM_S) {
        words_put(why, 64, "has a key of %u bits only (%s)", c->key_bits, c->key_type);
        return true;
    }
    md5 = rules_mentions(c->signature, "md5") && now >= WEAK_MD5_FROM_S;
    sha1 = rules_mentions(c->signature, "sha1") && now >= WEAK_SHA1_FROM_S;
    /* What signs itself is trusted for itself, not for its signature. */
    if (!c->self_issued && (md5 || sha1)) {
        words_put(why, 64, "is signed with %s", md5 ? "MD5" : "SHA-1");
        return true;
    }
    return false;
}

void rule_cert_weak(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    char why[64];
    struct finding *f;

    for (const struct tls_certificate *c = leaf; c; c = c->next) {
        if (!is_weak(c, shown_at_s(j->s), why)) {
            continue;
        }
        f = raise_certificate(j, rule, rule->severity);
        judge_say(f, "%s %s: ",
                  c == leaf ? "the server's certificate" : "a certificate of the server's chain",
                  why);
        judge_say_wire(f, c->subject);
        return;
    }
}
