/* refusals_details.c - what is added to the words of a refusal, by what it means. */
#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

enum { RECIPIENTS_MUST = 100 };

static void add_decided_early(struct judge *j, struct finding *f, const struct refusal *r)
{
    (void)j;
    if (r->phase == PHASE_RCPT) {
        judge_say(f, "; said at RCPT, decided about the client");
    }
}

static void add_sender(struct judge *j, struct finding *f, const struct refusal *r)
{
    (void)j;
    if (r->phase == PHASE_RCPT) {
        judge_say(f, "; said at RCPT, decided about the sender");
    }
}

static void add_size(struct judge *j, struct finding *f, const struct refusal *r)
{
    const struct transaction *tx = r->reply->facts->reply.tx;
    uint64_t limit = hello_size_limit(j->s);

    if (tx && tx->bytes) {
        judge_say(f, "; it had %llu octets", (unsigned long long)tx->bytes);
    } else if (tx && tx->declared_size != UINT64_MAX) {
        judge_say(f, "; the client declared %llu octets", (unsigned long long)tx->declared_size);
    }
    if (limit != UINT64_MAX) {
        judge_say(f, ", the server takes %llu", (unsigned long long)limit);
    }
}

static void add_recipients(struct judge *j, struct finding *f, const struct refusal *r)
{
    const struct transaction *tx = r->reply->facts->reply.tx;

    (void)j;
    if (tx && tx->accepted_count) {
        judge_say(f, "; it had accepted %u in this mail%s", (unsigned)tx->accepted_count,
                  tx->accepted_count < RECIPIENTS_MUST ? " (RFC 5321 asks for 100)" : "");
    }
}

static unsigned verb_of(const struct event *asked)
{
    if (!asked) {
        return VERB_UNKNOWN;
    }
    return asked->kind == EVENT_CHUNK     ? VERB_BDAT
           : asked->kind == EVENT_COMMAND ? asked->facts->command.verb
                                          : VERB_UNKNOWN;
}

static void add_unknown_verb(struct judge *j, struct finding *f, const struct refusal *r)
{
    unsigned verb = verb_of(r->asked);

    (void)j;
    switch (verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_MAIL:
    case VERB_RCPT:
    case VERB_DATA:
    case VERB_RSET:
    case VERB_NOOP:
    case VERB_QUIT:
        f->points_to = PARTY_SERVER;
        judge_say(f, "; every server must know this command (RFC 5321 section 4.5.1)");
        break;
    case VERB_UNKNOWN:
        f->severity = SEVERITY_NOTICE;
        f->fatal = false;
        break;
    default:
        break;
    }
}

static void add_parameter(struct judge *j, struct finding *f, const struct refusal *r)
{
    struct text offered, foreign = {NULL, 0, false};
    const struct transaction *tx = r->reply->facts->reply.tx;
    bool mail = tx && tx->mail == r->asked;

    offered = foreign;
    if (mail) {
        foreign = hello_foreign_parameter(j->s, tx->params, &offered);
    }
    for (const struct recipient *to = tx && !mail ? tx->recipients : NULL; to; to = to->next) {
        if (to->command == r->asked) {
            foreign = hello_foreign_parameter(j->s, to->params, &offered);
        }
    }
    if (!hello_known(j, r->asked)) {
        f->points_to = PARTY_UNKNOWN;
        f->confidence = CONFIDENCE_LOW;
        judge_say(f, "; whether the server offers it was not captured");
        return;
    }
    if (foreign.len) {
        judge_say(f, "; the server does not offer ");
        judge_say_wire(f, foreign);
    } else if (offered.len) {
        judge_say(f, ", although it offers ");
        judge_say_wire(f, offered);
        f->points_to = PARTY_SERVER;
    }
}

static void add_line_length(struct judge *j, struct finding *f, const struct refusal *r)
{
    enum { LINE_MUST = 512 };
    uint32_t len =
        r->asked && r->asked->kind == EVENT_COMMAND ? r->asked->facts->command.line_len : 0;

    (void)j;
    if (len) {
        judge_say(f, "; the line had %u octets", (unsigned)len);
    }
    if (len && len <= LINE_MUST) {
        f->points_to = PARTY_SERVER;
        judge_say(f, ", and 512 must be taken (RFC 5321 section 4.5.3.1.4)");
    }
}

static void add_mechanisms(struct judge *j, struct finding *f, const struct refusal *r)
{
    struct text offered;

    (void)r;
    if (hello_parameters(j->s, "AUTH", &offered)) {
        judge_say(f, "; the server offers ");
        judge_say_wire(f, offered);
    }
}

static void add_offered_tls(struct judge *j, struct finding *f, const struct refusal *r)
{
    (void)r;
    if (rules_offered(j->s, "STARTTLS")) {
        judge_say(f, "; the server offers STARTTLS here%s",
                  rules_offered(j->s, "AUTH") ? "" : " and may offer AUTH behind it");
    }
}

static void add_login(struct judge *j, struct finding *f, const struct refusal *r)
{
    (void)r;
    if (j->s->smtp.auth == AUTH_NONE) {
        judge_say(f, "; the client did not authenticate");
    }
}

static void add_next_hop(struct judge *j, struct finding *f, const struct refusal *r)
{
    (void)j, (void)r;
    judge_say(f, "; the server tells of its own next hop");
}

static const struct {
    const char *id;
    void (*add)(struct judge *j, struct finding *f, const struct refusal *r);
} details[] = {
    {"blocklisted", add_decided_early},
    {"blocklist-query-error", add_decided_early},
    {"blocklist-dead-list", add_decided_early},
    {"reputation-block", add_decided_early},
    {"dynamic-ip-block", add_decided_early},
    {"reverse-dns-missing", add_decided_early},
    {"geo-block", add_decided_early},
    {"helo-rejected", add_decided_early},
    {"sender-domain-invalid", add_sender},
    {"sender-not-owned", add_sender},
    {"sender-verify-failed", add_sender},
    {"message-too-large", add_size},
    {"too-many-recipients", add_recipients},
    {"command-unrecognized", add_unknown_verb},
    {"ext-param-rejected", add_parameter},
    {"ext-param-not-offered", add_parameter},
    {"command-line-too-long", add_line_length},
    {"auth-mechanism-unsupported", add_mechanisms},
    {"auth-not-offered", add_offered_tls},
    {"auth-requires-tls", add_offered_tls},
    {"auth-required", add_login},
    {"relay-denied", add_login},
    {"downstream-unreachable", add_next_hop},
};

void refusals_add_details(struct judge *j, struct finding *f, const struct refusal *r)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        if (strcmp(details[i].id, f->rule->id) == 0) {
            details[i].add(j, f, r);
        }
    }
}
