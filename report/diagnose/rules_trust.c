/* rules_trust.c - certificates that nobody can vouch for: made on the way, or hidden from whoever
 * asked for verification.
 */
#include <string.h>

#include "dissect/tls/names.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/server_name.h"

enum { MESSAGE_SERVER_HELLO = 2, MESSAGE_CERTIFICATE = 11 };

/* --- made on the way --- */

static const struct interceptor_row {
    const char *word, *product;
} interceptors[] = {
#include "report/diagnose/interceptor_rows.h"
};

/* A product that signs for the name that was asked for, and does not call itself so. */
void rule_tls_interception(struct judge *j, const struct rule *rule)
{
    const struct tls_certificate *leaf = rules_tls_leaf(j->s);
    struct text sni = leaf ? tls_details_of(j->s)->client.server_name : (struct text){"", 0, false};
    struct text banner = words_claimed_name(j->s, SIDE_SERVER);
    struct finding *f;

    if (!leaf || leaf->self_issued ||
        !((sni.len && server_name_is_borne(leaf, sni)) ||
          (banner.len && server_name_is_borne(leaf, banner)))) {
        return;
    }
    for (size_t i = 0; i < sizeof interceptors / sizeof interceptors[0]; i++) {
        const char *word = interceptors[i].word;
        if (!rules_mentions(leaf->issuer, word) || rules_mentions(leaf->subject, word) ||
            rules_mentions(sni, word) || rules_mentions(banner, word)) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_TLS, tls_details_of(j->s)->chain[SIDE_SERVER].at);
        judge_show(f, rules_tls_message(j->s, SIDE_SERVER, MESSAGE_CERTIFICATE));
        f->confidence = CONFIDENCE_MEDIUM;
        judge_say(f,
                  "the certificate bears the server's name and was made by %s, which reads TLS on "
                  "its way: issuer ",
                  interceptors[i].product);
        judge_say_wire(f, leaf->issuer);
        return;
    }
}

/* --- hidden --- */

/* Why no certificate is there to be verified. */
static const char *hidden_by(const struct judge *j)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const char *cipher = tls_cipher_name(s->tls.cipher);

    if (d && d->chain[SIDE_SERVER].seen) {
        return d->chain[SIDE_SERVER].first ? "it cannot be read" : "the server showed none";
    }
    if (cipher && strstr(cipher, "_anon_")) {
        return "the cipher has none";
    }
    if (s->tls.resumed) {
        return "the session was resumed, and none is sent then";
    }
    if (rules_tls_is_13(s)) {
        return s->tls.opened ? "the key log does not open the message that holds it"
                             : "TLS 1.3 encrypts it; a key log (--keylog) would open it";
    }
    return "it was not captured";
}

/* Nobody shall take silence for a yes. */
void rule_cert_not_verifiable(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    struct finding *f;

    if (!j->settings->trust || !s->tls.established || rules_tls_leaf(s)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, rules_tls_done(s).packet ? rules_tls_done(s) : s->first);
    judge_show(f, rules_tls_message(s, SIDE_SERVER, MESSAGE_SERVER_HELLO));
    judge_say(f, "the server's certificate could not be verified: %s", hidden_by(j));
}
