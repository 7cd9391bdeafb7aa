/* mechanism.c - names of SASL mechanisms.
 *
 * "AUTH HUNTER2" looks like a mechanism (RFC 4422 section 3.1: up to 20 of upper case, digits,
 * hyphen and underscore) and may be a password. So only names that somebody else has told are ever
 * kept: IANA's register, or the server's own list.
 */
#include "dissect/smtp/mechanism.h"

#include "dissect/text.h"

/* IANA, SASL Mechanisms, and what mail servers offer besides. */
static const char *const registered[] = {
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "NTLM",
    "GSSAPI",
    "GSS-SPNEGO",
    "GS2-KRB5",
    "GS2-KRB5-PLUS",
    "XOAUTH",
    "XOAUTH2",
    "OAUTHBEARER",
    "OAUTH10A",
    "EXTERNAL",
    "ANONYMOUS",
    "KERBEROS_V4",
    "SKEY",
    "OTP",
    "SECURID",
    "SRP",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "NTLM-AUTH",
    "MSN",
    "PASSDSS-3DES-1",
    "ECDSA-NIST256P-CHALLENGE",
};

static bool same_word(struct bytes a, struct bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (text_upper(a.data[i]) != text_upper(b.data[i])) {
            return false;
        }
    }
    return true;
}

/* In "AUTH PLAIN LOGIN", or "AUTH=LOGIN PLAIN" of old clients' sake. */
static bool is_offered(const struct smtp_facts *smtp, struct bytes word)
{
    for (const struct keyword *k = smtp->keywords; k; k = k->next) {
        struct bytes rest = text_bytes(k->text);
        if (!text_begins(rest, "AUTH ") && !text_begins(rest, "AUTH=")) {
            continue;
        }
        rest.data += sizeof "AUTH";
        rest.len -= sizeof "AUTH";
        for (struct bytes one = text_take_word(&rest); one.len; one = text_take_word(&rest)) {
            if (same_word(one, word)) {
                return true;
            }
        }
    }
    return false;
}

bool smtp_mechanism_is_known(const struct smtp_facts *smtp, struct bytes word)
{
    for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++) {
        if (text_is(word, registered[i])) {
            return true;
        }
    }
    return word.len > 0 && is_offered(smtp, word);
}
