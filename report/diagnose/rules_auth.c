/* rules_auth.c - logins in clear. What a server says to a login is told in rules_replies.c. */
#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

/* Mechanisms that put the password or a token on the line as it is. */
static bool shows_secret(struct text mechanism)
{
    static const char *const words[] = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "XOAUTH"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (mechanism.len == strlen(words[i]) &&
            memcmp(mechanism.s, words[i], mechanism.len) == 0) {
            return true;
        }
    }
    return false;
}

/* The AUTH command behind which a secret was really sent; NULL: none was. */
static const struct event *exchange(const struct session *s)
{
    const struct event *command = NULL;

    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_COMMAND) {
            command = e->facts->command.verb == VERB_AUTH ? e : NULL;
            if (command && e->facts->command.auth_initial) {
                return command;
            }
        } else if (e->kind == EVENT_AUTH && command && !e->facts->auth.cancelled) {
            return command;
        }
    }
    return NULL;
}

void rule_plaintext_auth(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *e = exchange(s);
    bool inside = address_is_private(&s->end[SIDE_CLIENT].address) &&
                  address_is_private(&s->end[SIDE_SERVER].address);
    struct finding *f;

    if (!e || !s->smtp.auth_in_clear || !shows_secret(s->smtp.auth_mechanism)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_AUTH, e->first);
    if (inside) {
        f->severity = SEVERITY_WARNING;
    }
    judge_show(f, e);
    judge_say(f, "a password or token was sent in clear with AUTH ");
    judge_say_wire(f, s->smtp.auth_mechanism);
    if (rules_offered(s, "AUTH")) {
        judge_say(f, "; the server offers it without TLS");
    } else if (hello_known(j, e)) {
        judge_say(f, "; the server had not offered it");
    }
}

void rule_auth_without_tls(struct judge *j, const struct rule *rule)
{
    const struct event *e = exchange(j->s);
    struct finding *f;

    if (!e || !j->s->smtp.auth_in_clear || j->s->smtp.auth_mechanism.len == 0 ||
        shows_secret(j->s->smtp.auth_mechanism)) { /* of one that is not known nobody can say */
        return;
    }
    f = judge_raise(j, rule, PHASE_AUTH, e->first);
    judge_show(f, e);
    judge_say(
        f, "the client logged in without TLS, with a mechanism that does not show the password: ");
    judge_say_wire(f, j->s->smtp.auth_mechanism);
}
