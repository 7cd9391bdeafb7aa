/* rules_tls_agreed.c - what a session is protected by: the version, the cipher and the name that
 * were agreed on.
 */
#include "report/diagnose/rules_tls.h"

#include <string.h>

#include "dissect/tls/names.h"
#include "report/diagnose/rules_all.h"

enum {
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    VERSION_12 = 0x0303,
    DH_WEAK = 2048, /* RFC 9325 section 4.4 */
    PORT_SMTP = 25,
};

/* Why a cipher is not what one would choose today; NULL: it is fine. */
static const char *weakness(const struct session *s)
{
    static const struct {
        const char *word, *why;
    } rows[] = {
        {"_NULL_", "does not encrypt"},
        {"_EXPORT", "uses export keys that can be broken"},
        {"_RC4_", "uses RC4, whose output leaks"},
        {"_3DES_", "uses triple DES, with blocks of 64 bits"},
        {"_DES_", "uses DES, which can be broken"},
        {"_DES40_", "uses DES with 40 bits"},
        {"_RC2_", "uses RC2"},
        {"_IDEA_", "uses IDEA, with blocks of 64 bits"},
        {"TLS_RSA_", "has no forward secrecy"},
        {"TLS_DH_RSA", "has no forward secrecy"},
        {"TLS_ECDH_RSA", "has no forward secrecy"},
        {"TLS_ECDH_ECDSA", "has no forward secrecy"},
    };
    const char *name = tls_cipher_name(s->tls.cipher);

    for (size_t i = 0; name && i < sizeof rows / sizeof rows[0]; i++) {
        if (strstr(name, rows[i].word)) {
            return rows[i].why;
        }
    }
    /* Between servers that verify nothing a key without a certificate is as good as one with. */
    return name && strstr(name, "_anon_") && s->end[SIDE_SERVER].port != PORT_SMTP
               ? "shows no certificate"
               : NULL;
}

void rule_tls_legacy(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const char *why = weakness(s), *between = "";
    char version[TLS_VERSION_TEXT_MAX];
    bool is_old = s->tls.version && s->tls.version < VERSION_12;
    struct finding *f;

    if (!d || !s->tls.hello[SIDE_SERVER] || s->tls.version >> 8 == 0x7f ||
        !(is_old || why || d->server.compressed ||
          (d->server.dh_bits && d->server.dh_bits < DH_WEAK))) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, d->hello[SIDE_SERVER]);
    if (!s->tls.established && j->course.ending && rules_tls_is_whole(j)) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, rules_tls_message(s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
    judge_show(f, rules_tls_message(s, SIDE_SERVER, MESSAGE_SERVER_HELLO));
    if (is_old) {
        tls_version_text(s->tls.version, version);
        judge_say(f, "%s %s was chosen, which RFC %s forbids",
                  s->tls.version == TLS_VERSION_SSL3 ? "SSL" : "TLS",
                  s->tls.version == TLS_VERSION_SSL3 ? "3.0" : version,
                  s->tls.version == TLS_VERSION_SSL3 ? "7568" : "8996");
        between = "; ";
    }
    if (why) {
        judge_say(f, "%sthe cipher %s %s", between, tls_cipher_name(s->tls.cipher), why);
        between = "; ";
    }
    if (d->server.compressed) {
        judge_say(f, "%sTLS compresses, which lets content leak", between);
        between = "; ";
    }
    if (d->server.dh_bits && d->server.dh_bits < DH_WEAK) {
        judge_say(f, "%sthe server's Diffie-Hellman prime has %u bits only", between,
                  d->server.dh_bits);
    }
}

void rule_tls_sni_missing(struct judge *j, const struct rule *rule)
{
    const struct tls_details *d = tls_details_of(j->s);
    struct finding *f;

    if (!d || !d->client.len || d->client.server_name.len || d->client.ssl2) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, d->hello[SIDE_CLIENT]);
    if (j->s->end[SIDE_SERVER].port == PORT_SMTP) {
        f->severity = SEVERITY_INFO;
    }
    judge_show(f, rules_tls_message(j->s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
    judge_say(f, "the ClientHello does not say which server it wants: one of many names gets the "
                 "server's standard certificate");
}
