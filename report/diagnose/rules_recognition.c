/* rules_recognition.c - what was on a mail port and is no mail. */
#include "report/diagnose/rules_all.h"

/* Whose first payload opened the connection, and the other's: both are shown. */
static void show_openings(struct finding *f, const struct session *s)
{
    struct mark client = s->smtp.first_client, server = s->smtp.first_server;

    if (client.packet) {
        judge_show_at(f, s->events, client);
    }
    if (server.packet) {
        judge_show_at(f, s->events, server);
    }
}

void rule_not_smtp(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    struct finding *f;

    if (!s->not_smtp) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, s->first);
    show_openings(f, s);
    judge_say(f, s->tls.opened ? "what was spoken inside TLS is not SMTP"
                               : "neither SMTP nor TLS was spoken");
    if (s->smtp.foreign) {
        judge_say(f, "; the client's first line belongs to %s", s->smtp.foreign);
    }
    if (s->ndpi.len) {
        judge_say(f, "; by its first bytes nDPI takes it for %.*s", (int)s->ndpi.len, s->ndpi.s);
    }
}
