/* refusals.c - every refusal of a session that is a cause of its own, and what it means.
 *
 * Left out: the echo of an earlier refusal in the same group, what the order of commands explains,
 * hello commands of which another form was accepted, and refused commands that were not about mail
 * unless the text is known to mean something about the session.
 */
#include "report/diagnose/refusals.h"

#include <string.h>

#include "report/diagnose/hello.h"
#include "report/diagnose/rules_all.h"

enum { CODE_SHUTDOWN = 421, CODE_SEQUENCE = 503 };

static bool told_by_order(struct judge *j, const struct event *reply)
{
    switch (sequence_verdict(j, reply)) {
    case SEQ_ECHO:
    case SEQ_HOPELESS:
    case SEQ_VIOLATION:
    case SEQ_DISPUTED:
        return true;
    case SEQ_TOLERATED:
        return reply->facts->reply.code == CODE_SEQUENCE;
    case SEQ_FINE:
    case SEQ_EARLY:
    case SEQ_NOT_JUDGED:
        break;
    }
    return false;
}

/* The command is one of the way to a mail; the others are asked for their own sake. */
static bool is_on_the_way(const struct event *asked)
{
    if (asked->kind != EVENT_COMMAND) {
        return true;
    }
    switch ((enum verb)asked->facts->command.verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_STARTTLS:
    case VERB_AUTH:
    case VERB_MAIL:
    case VERB_RCPT:
    case VERB_DATA:
    case VERB_BDAT:
    case VERB_BURL:
    case VERB_SEND:
    case VERB_SOML:
    case VERB_SAML:
        return true;
    default:
        return false;
    }
}

static bool is_question(const struct event *asked)
{
    unsigned verb = asked->kind == EVENT_COMMAND ? asked->facts->command.verb : VERB_UNKNOWN;

    return verb == VERB_VRFY || verb == VERB_EXPN || verb == VERB_HELP || verb == VERB_ETRN;
}

static bool is_hello(const struct event *asked)
{
    return asked && asked->kind == EVENT_COMMAND &&
           (asked->facts->command.verb == VERB_EHLO || asked->facts->command.verb == VERB_HELO);
}

static bool was_idle(const struct judge *j, const struct event *reply)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->ended_by == reply && w->owner == PARTY_CLIENT &&
            w->seconds >= threshold(THRESHOLD_IDLE_CLOSE)) {
            return true;
        }
    }
    return false;
}

static enum phase phase_of(const struct judge *j, const struct event *reply,
                           const struct event *asked)
{
    if (asked) {
        return waiting_phase_of(asked);
    }
    if (reply->facts->reply.to == REPLY_TO_GREETING) {
        return PHASE_GREETING;
    }
    return j->course.quit && j->course.quit->first.time_ns <= reply->first.time_ns ? PHASE_QUIT
                                                                                   : PHASE_IDLE;
}

static bool is_near_limit(const struct session *s, const struct transaction *tx)
{
    uint64_t limit = hello_size_limit(s), size = 0;

    if (!tx || limit == UINT64_MAX) {
        return false;
    }
    size = tx->declared_size != UINT64_MAX && tx->declared_size > tx->bytes ? tx->declared_size
                                                                            : tx->bytes;
    return size >= limit - limit / 10;
}

static struct refused looked_up(const struct judge *j, const struct refusal *r)
{
    const struct reply_facts *f = &r->reply->facts->reply;
    bool command = r->asked && r->asked->kind == EVENT_COMMAND;
    struct refused out = {
        .code = f->code, .enhanced = f->enhanced, .text = f->full, .phase = r->phase};

    out.verb = command ? (enum verb)r->asked->facts->command.verb : VERB_UNKNOWN;
    out.was_idle = was_idle(j, r->reply);
    if (f->tx) {
        out.accepted = f->tx->accepted_count;
        out.near_limit = is_near_limit(j->s, f->tx);
    }
    /* Texts know no other end of content than the one of DATA. */
    if (out.phase == PHASE_DATA) {
        out.phase = PHASE_EOD;
    }
    return out;
}

/* Texts about another connection than this one: what the server tells of its next hop. */
static const struct rule *rule_here(const char *id)
{
    const struct rule *rule = id ? rules_find(id) : NULL;

    if (!rule || strchr("ABCEG", rule->section[0])) {
        bool idle = id && strcmp(id, "server-idle-timeout") == 0;
        return id && !idle ? rules_find("downstream-unreachable") : rule;
    }
    return rule;
}

static bool same_text(struct text a, struct text b)
{
    return a.len == b.len && strncasecmp(a.s, b.s, a.len) == 0;
}

/* Behind this command so much of the client is missing that the same could have been asked again.
 */
static bool may_have_asked_again(const struct event *command)
{
    for (const struct event *e = command->next; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == SIDE_CLIENT && e->offset >= command->end &&
            e->facts->gap.missing >= command->end - command->offset) {
            return true;
        }
    }
    return false;
}

static bool recipient_accepted_elsewhere(const struct judge *j, const struct event *command)
{
    bool lossy = j->d->capture == CAPTURE_LOSSY || !j->course.ending;
    const struct transaction *mine = command->facts->command.tx;
    const struct recipient *me = mine ? mine->recipients : NULL;

    if (lossy && may_have_asked_again(command)) {
        return true;
    }
    while (me && me->command != command) {
        me = me->next;
    }
    for (const struct transaction *tx = j->s->smtp.transactions; tx && me; tx = tx->next) {
        /* What became of a mail, or of a recipient, may be what was not captured. */
        bool taken = tx->outcome == TX_ACCEPTED || (lossy && tx->outcome == TX_UNKNOWN);

        if (lossy && taken && tx->uncertain && tx->n > mine->n) {
            return true; /* its recipients may be missing as well */
        }
        for (const struct recipient *to = tx->recipients; to && taken; to = to->next) {
            if (to != me && (to->code / 100 == 2 || (lossy && !to->code)) &&
                same_text(to->to, me->to)) {
                return true;
            }
        }
    }
    return false;
}

/* The mail that was refused went through in another transaction, or may have where its answer was
 * not captured: same sender, same first recipient. */
static bool mail_accepted_elsewhere(const struct judge *j, const struct transaction *mine)
{
    bool lossy = j->d->capture == CAPTURE_LOSSY || !j->course.ending;

    for (const struct transaction *tx = j->s->smtp.transactions; tx && mine; tx = tx->next) {
        if (tx != mine && tx->n > mine->n &&
            (tx->outcome == TX_ACCEPTED || (lossy && tx->outcome == TX_UNKNOWN)) &&
            ((lossy && (tx->uncertain || mine->uncertain)) ||
             (same_text(tx->from, mine->from) &&
              (!mine->recipients ||
               (tx->recipients && same_text(tx->recipients->to, mine->recipients->to)))))) {
            return true;
        }
    }
    return false;
}

static const struct transaction *mail_of(const struct refusal *r)
{
    if (r->reply->facts->reply.tx) {
        return r->reply->facts->reply.tx;
    }
    return r->asked && r->asked->kind == EVENT_COMMAND ? r->asked->facts->command.tx : NULL;
}

bool refusals_is_shutdown(const struct refusal *r)
{
    return r->meaning.step == REPLY_BY_TEXT && r->meaning.finding &&
           strcmp(r->meaning.finding, "service-shutdown") == 0;
}

/* The capture began behind what was refused: this is the only answer in it, no mail was accepted,
 * and the client asked for nothing more. */
static bool answers_the_unseen(const struct judge *j, const struct refusal *r)
{
    if (refusals_is_shutdown(r)) {
        return false; /* it is said at any time, to whoever is there */
    }
    for (const struct event *e = j->s->tcp.midstream ? j->s->events : NULL; e; e = e->next) {
        bool action =
            e->side == SIDE_CLIENT && (e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
                                       e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK);
        if ((action && !(e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_QUIT)) ||
            (e->kind == EVENT_REPLY && e != r->reply && e->facts->reply.code != 221) ||
            e->kind == EVENT_GAP) {
            return false;
        }
    }
    return j->s->tcp.midstream && j->course.ending && j->s->tls.seen[SIDE_SERVER] == 0;
}

/* It says itself that what it refuses carries no mail (Exim, smtp_accept_max_nonmail). */
static bool refuses_no_mail(const struct event *reply)
{
    return rules_mentions(reply->facts->reply.full, "nonmail");
}

/* What it refused was not captured, but that the server was content with the client again is. */
static bool went_on(const struct judge *j, const struct refusal *r)
{
    const struct event *e = j->d->capture == CAPTURE_FULL ? NULL : r->reply->next;

    while (e && (e->kind != EVENT_REPLY || e->facts->reply.code < 200 ||
                 e->facts->reply.code >= 400 || e->facts->reply.code == 221)) {
        e = e->next;
    }
    return e != NULL;
}

/* The client logs in once more, and what came of that was not captured or not said yet. */
static bool tries_another_login(const struct judge *j, const struct refusal *r)
{
    const struct event *open = j->course.before_end.open;

    return open && open->first.time_ns >= r->reply->last.time_ns &&
           waiting_phase_of(open) == PHASE_AUTH && !j->course.ending;
}

/* What the client seems to wait for may have been answered: a server that shuts down says so to
 * those whose mail it has taken as well. */
static bool lacks_the_end(const struct judge *j, const struct refusal *r)
{
    return refusals_is_shutdown(r) && j->d->capture == CAPTURE_LOSSY;
}

static bool was_made_good(const struct judge *j, const struct refusal *r)
{
    const struct transaction *tx = mail_of(r);
    unsigned verb =
        r->asked && r->asked->kind == EVENT_COMMAND ? r->asked->facts->command.verb : VERB_UNKNOWN;

    if (!r->asked) {
        return r->phase != PHASE_GREETING &&
               (!judge_was_pending(j) || went_on(j, r) || lacks_the_end(j, r)) &&
               (!answers_the_unseen(j, r) || refuses_no_mail(r->reply));
    }
    /* Clients go on without, or try again: where bytes are missing later, nobody knows. */
    if ((r->phase == PHASE_AUTH || r->phase == PHASE_STARTTLS || r->phase == PHASE_EHLO ||
         r->phase == PHASE_DATA_INIT) &&
        (!judge_trusts_silence(j, SIDE_SERVER, r->reply->last) ||
         !judge_trusts_silence(j, SIDE_CLIENT, r->reply->last))) {
        return true;
    }
    if (r->phase == PHASE_AUTH) {
        return j->s->smtp.auth == AUTH_ACCEPTED || judge_all_accepted(j) ||
               tries_another_login(j, r);
    }
    if (verb == VERB_RCPT) {
        return recipient_accepted_elsewhere(j, r->asked);
    }
    if (tx) {
        /* DATA or a chunk was refused, and then the same mail went through. Who was refused behind
         * the whole content has no reason to send it once more: what goes through later is another
         * mail for the same recipient. */
        return tx->outcome == TX_ACCEPTED ||
               (r->asked->kind != EVENT_CONTENT && mail_accepted_elsewhere(j, tx));
    }
    return judge_all_accepted(j) || verb == VERB_RSET || verb == VERB_NOOP || verb == VERB_QUIT;
}

/* A verb that nobody knows. Those that begin with X are private, and servers may refuse them; a
 * line of which nothing is kept may be content. */
static bool is_odd_verb(const struct judge *j, const struct event *asked)
{
    const struct command_facts *c = &asked->facts->command;

    return asked->kind == EVENT_COMMAND && c->verb == VERB_UNKNOWN && !j->s->smtp.foreign &&
           c->word.len && c->text.len > 1 && c->word.s[0] != 'X' && c->word.s[0] != 'x';
}

static bool is_worth_telling(const struct judge *j, const struct refusal *r)
{
    bool known = r->meaning.step == REPLY_BY_TEXT && r->meaning.confidence != CONFIDENCE_LOW;
    unsigned code = r->reply->facts->reply.code;

    if (!r->asked) {
        return r->reply->facts->reply.to == REPLY_TO_GREETING || code == CODE_SHUTDOWN || known;
    }
    if (is_hello(r->asked) && (j->s->smtp.ehlo || j->s->smtp.tls != TLS_NONE)) {
        return known; /* another hello was accepted */
    }
    if (is_question(r->asked)) {
        return code == CODE_SHUTDOWN;
    }
    if ((code == 500 || code == 502) && is_odd_verb(j, r->asked)) {
        return true;
    }
    return is_on_the_way(r->asked) || known || code == CODE_SHUTDOWN;
}

static void classify(struct judge *j, struct refusal *r)
{
    struct refused looked = looked_up(j, r);
    const char *id;

    r->meaning = replies_classify(&looked, j->settings->reply_rows);
    /* A hello is refused for what it says, unless the text or the code tells otherwise. */
    if (is_hello(r->asked) && r->meaning.step != REPLY_BY_TEXT && looked.code != CODE_SHUTDOWN &&
        looked.code != 500 && looked.code != 502) {
        r->meaning.finding = "helo-rejected";
    }
    r->made_good = was_made_good(j, r);
    if (!r->meaning.user && (id = refusals_by_dialogue(j, r))) {
        r->meaning.finding = id;
        r->meaning.confidence =
            r->meaning.step == REPLY_BY_TEXT ? r->meaning.confidence : CONFIDENCE_MEDIUM;
    }
    r->rule = rule_here(r->meaning.finding);
}

/* A 421 by which the server notes that the client has closed (Exim: "lost input connection"). What
 * comes as the answer to a complete message decides about that, whoever has left. */
static bool is_said_to_nobody(const struct judge *j, const struct refusal *r)
{
    const struct event *fin = j->course.fin[SIDE_CLIENT];
    bool content = r->asked && (r->asked->kind == EVENT_CONTENT || r->asked->kind == EVENT_CHUNK);

    return r->reply->facts->reply.code == CODE_SHUTDOWN && fin && r->reply->peer_ack >= fin->end &&
           r->reply->facts->reply.to != REPLY_TO_GREETING &&
           (!r->asked || (content && !r->asked->facts->content.complete));
}

/* Not part of refusals_of, which a hundred rules ask. */
__attribute__((noinline)) static struct refusal *collect(struct judge *j)
{
    struct refusal *first = NULL, **tail = &first;

    for (const struct event *e = j->s->events; e; e = e->next) {
        struct refusal r = {.reply = e};

        if (e->kind != EVENT_REPLY || e->facts->reply.code < 400 ||
            (e->facts->reply.flags & REPLY_UNFINISHED) || e->facts->reply.code >= 600) {
            continue;
        }
        r.asked = e->facts->reply.answers;
        if ((r.asked && told_by_order(j, e)) || is_said_to_nobody(j, &r)) {
            continue;
        }
        r.phase = phase_of(j, e, r.asked);
        classify(j, &r);
        if (is_worth_telling(j, &r)) {
            *tail = judge_alloc(j, sizeof r);
            **tail = r;
            tail = &(*tail)->next;
        }
    }
    return first;
}

const struct refusal *refusals_of(struct judge *j)
{
    if (!j->refusals_done) {
        j->refusals_done = true;
        j->refusals = j->course.has & NEEDS_REFUSAL ? collect(j) : NULL;
    }
    return j->refusals;
}

const struct refusal *refusals_find(struct judge *j, const struct event *reply)
{
    const struct refusal *r = refusals_of(j);

    while (r && r->reply != reply) {
        r = r->next;
    }
    return r;
}
