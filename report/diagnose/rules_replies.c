/* rules_replies.c - a refusal told as what it means. One function for all such rules; which one is
 * told by its row. What a rule adds to the words of the reply stands in the table `details`.
 */
#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/provider.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"

enum { RECIPIENTS_MUST = 100, ADDRESSES_MAX = 8 };

/* --- the address that a text quotes --- */

static bool is_address_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

/* The next address in t from *at on; false: none. */
static bool next_address(struct text t, uint32_t *at, struct address *out)
{
    while (*at < t.len) {
        char word[ADDRESS_TEXT_MAX];
        uint32_t from = *at, len = 0;

        while (from < t.len && !is_address_byte(t.s[from])) {
            from++;
        }
        while (from + len < t.len && is_address_byte(t.s[from + len])) {
            len++;
        }
        *at = from + len;
        while (len && (t.s[from + len - 1] == '.' || t.s[from + len - 1] == ':')) {
            len--; /* the end of a sentence */
        }
        if (len > 0 && len < sizeof word) {
            memcpy(word, t.s + from, len);
            word[len] = '\0';
            if (strpbrk(word, ".:") && address_parse(out, word)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_public(const struct address *a)
{
    return !address_is_private(a) && a->bytes[0] != 0 && !(a->family == 4 && a->bytes[0] == 127);
}

/* The reply quotes a public address and none of those it quotes is the client's. */
static bool quotes_other(const struct session *s, const struct event *reply, struct address *other)
{
    const struct address *client = &s->end[SIDE_CLIENT].address;
    struct text t = reply->facts->reply.full;
    struct address a;
    bool found = false;
    uint32_t at = 0;

    if (!is_public(client)) {
        return false; /* behind NAT: the server sees another one */
    }
    for (int n = 0; n < ADDRESSES_MAX && next_address(t, &at, &a); n++) {
        if (address_equal(&a, client)) {
            return false;
        }
        if (is_public(&a) && a.family == client->family &&
            !address_equal(&a, &s->end[SIDE_SERVER].address) && !found) {
            *other = a;
            found = true;
        }
    }
    return found;
}

/* --- what a rule adds --- */

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

static void add_details(struct judge *j, struct finding *f, const struct refusal *r)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        if (strcmp(details[i].id, f->rule->id) == 0) {
            details[i].add(j, f, r);
        }
    }
}

/* --- one finding for all refusals of one meaning --- */

/* A reply that came after the client had given up decided nothing. */
static bool came_too_late(const struct judge *j, const struct refusal *r)
{
    return j->given_up && j->given_up->until.packet &&
           r->reply->first.time_ns >= j->given_up->until.time_ns;
}

/* Something else already tells of this reply as the cause. */
static bool told_by_other(const struct judge *j, const struct rule *rule, const struct refusal *r)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        /* What is known of the code alone yields to what the text says; that the listed address is
         * another one does not make the listing unsaid. */
        if (!f->fatal || f->rule == rule || strcmp(f->rule->id, "blocklist-ip-mismatch") == 0 ||
            f->rule->cause > CAUSE_TEXT) {
            continue;
        }
        for (size_t i = 0; i < f->evidence_count; i++) {
            if (f->evidence[i] == r->reply) {
                return true;
            }
        }
    }
    return false;
}

/* Rules of which a refusal is never more than this. */
static enum severity severity_of(const struct rule *rule, const struct refusal *r)
{
    enum severity s = r->reply->facts->reply.code < 500 ? SEVERITY_WARNING : SEVERITY_ERROR;

    return rule->severity < s ? rule->severity : s;
}

static void say_asked(struct finding *f, const struct refusal *r)
{
    switch (r->asked ? (enum event_kind)r->asked->kind : EVENT_KINDS) {
    case EVENT_COMMAND:
        if (r->asked->facts->command.verb == VERB_UNKNOWN) {
            judge_say(f, "a command ");
        } else {
            judge_say(f, "%s ", verb_names[r->asked->facts->command.verb]);
        }
        judge_say(f, "was refused");
        return;
    case EVENT_AUTH:
        judge_say(f, "AUTH was refused");
        return;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        judge_say(f, r->asked->facts->content.complete
                         ? "the message was refused after its content"
                         : "the message was refused inside its content");
        return;
    default:
        judge_say(f, r->phase == PHASE_GREETING ? "the connection was refused"
                                                : "the session was ended");
        return;
    }
}

static void say_refusal(struct judge *j, struct finding *f, const struct refusal *r)
{
    const char *provider = provider_of(j->s, r->meaning.row, r->reply->facts->reply.full);

    say_asked(f, r);
    if (provider) {
        judge_say(f, " by %s", provider);
    }
    judge_say(f, " with ");
    rules_say_reply(f, r->reply);
    if (r->meaning.step == REPLY_BY_CODE && f->confidence == CONFIDENCE_LOW) {
        judge_say(f, " (told from the code alone)");
    }
}

static struct finding *raise(struct judge *j, const struct rule *rule, const struct refusal *r)
{
    struct finding *f = judge_raise(j, rule, r->phase, r->reply->first);

    f->count = 1;
    f->confidence = r->rule == rule ? r->meaning.confidence : CONFIDENCE_LOW;
    f->severity = severity_of(rule, r);
    /* Of a greeting the code alone says no more than greeting-rejected does. */
    f->fatal = !r->made_good && rule->cause != CAUSE_NONE &&
               !(r->phase == PHASE_GREETING && r->meaning.step == REPLY_BY_CODE);
    judge_show(f, r->asked);
    judge_show(f, r->reply);
    say_refusal(j, f, r);
    add_details(j, f, r);
    if (!f->fatal && f->severity > SEVERITY_NOTICE) {
        f->severity = SEVERITY_NOTICE;
    }
    return f;
}

static void tell(struct judge *j, const struct rule *rule,
                 bool (*is_mine)(const struct rule *, const struct refusal *))
{
    struct finding *f = NULL;

    for (const struct refusal *r = refusals_of(j); r; r = r->next) {
        if (!is_mine(rule, r) || came_too_late(j, r) || (!f && told_by_other(j, rule, r))) {
            continue;
        }
        if (!f) {
            f = raise(j, rule, r);
            continue;
        }
        f->count++;
        judge_show(f, r->reply);
        if (!r->made_good && !f->fatal && rule->cause != CAUSE_NONE) {
            f->fatal = true;
            f->severity = severity_of(rule, r);
        }
    }
    if (f && f->count > 1) {
        judge_say(f, " (the first of %u)", (unsigned)f->count);
    }
}

static bool means_rule(const struct rule *rule, const struct refusal *r)
{
    return r->rule == rule;
}

void rule_refused(struct judge *j, const struct rule *rule)
{
    tell(j, rule, means_rule);
}

/* --- what nobody knows --- */

static bool is_unknown_transient(const struct rule *rule, const struct refusal *r)
{
    return (!r->rule || r->rule == rule) && r->reply->facts->reply.code < 500;
}

/* 503 that the order of commands does not explain, and cannot, is one of these. */
static bool is_unknown_permanent(const struct rule *rule, const struct refusal *r)
{
    return (!r->rule || r->rule == rule || strcmp(r->rule->id, "bad-sequence-503") == 0) &&
           r->reply->facts->reply.code >= 500;
}

void rule_reject_transient(struct judge *j, const struct rule *rule)
{
    tell(j, rule, is_unknown_transient);
}

void rule_reject_permanent(struct judge *j, const struct rule *rule)
{
    tell(j, rule, is_unknown_permanent);
}

/* --- rules that also have another sign --- */

/* The hello is refused at once, or with the first recipient. */
void rule_helo_refused(struct judge *j, const struct rule *rule)
{
    rule_helo_rejected(j, rule);
    for (struct finding *f = j->d->findings; f; f = f->next) {
        if (f->rule != rule) {
            continue;
        }
        for (const struct transaction *tx = j->s->smtp.transactions; tx; tx = tx->next) {
            const struct event *reply = tx->mail ? waiting_reply_to(tx->mail) : NULL;

            if (reply && reply->facts->reply.code / 100 == 2) {
                f->fatal = false; /* nobody cared */
                f->severity = SEVERITY_NOTICE;
            }
        }
        return;
    }
    rule_refused(j, rule);
}

/* A server that gave up waiting says so, or is seen to. */
void rule_idle_refused(struct judge *j, const struct rule *rule)
{
    rule_server_idle(j, rule);
    if (!judge_raised(j, rule->id)) {
        rule_refused(j, rule);
    }
}

/* --- blocklists --- */

void rule_blocklist_mismatch(struct judge *j, const struct rule *rule)
{
    for (const struct refusal *r = refusals_of(j); r; r = r->next) {
        char text[ADDRESS_TEXT_MAX], client[ADDRESS_TEXT_MAX];
        struct address other;
        struct finding *f;

        if (!r->rule || strcmp(r->rule->id, "blocklisted") != 0 || came_too_late(j, r) ||
            !quotes_other(j->s, r->reply, &other)) {
            continue;
        }
        f = judge_raise(j, rule, r->phase, r->reply->first);
        f->confidence = CONFIDENCE_MEDIUM;
        f->fatal = !r->made_good;
        f->severity = r->reply->facts->reply.code < 500 ? SEVERITY_WARNING : SEVERITY_ERROR;
        judge_show(f, r->asked);
        judge_show(f, r->reply);
        address_format(&other, text);
        address_format(&j->s->end[SIDE_CLIENT].address, client);
        judge_say(f, "the listed address is %s, and the connection came from %s: ", text, client);
        rules_say_reply(f, r->reply);
        return;
    }
}

/* --- DATA although no recipient is left --- */

void rule_no_valid_recipients(struct judge *j, const struct rule *rule)
{
    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        const struct transaction *tx;
        struct finding *f;

        if ((s->verdict != SEQ_ECHO && s->verdict != SEQ_HOPELESS) || !s->reply ||
            s->command->kind != EVENT_COMMAND || s->command->facts->command.verb != VERB_DATA ||
            s->reply->facts->reply.code < 400) {
            continue;
        }
        tx = s->command->facts->command.tx;
        if (!tx || !tx->recipient_count || tx->accepted_count) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA_INIT, s->reply->first);
        judge_show(f, s->command);
        judge_show(f, s->reply);
        judge_say(f, "every recipient had been refused, so DATA was refused with ");
        rules_say_reply(f, s->reply);
        return;
    }
}
