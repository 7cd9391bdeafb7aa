/* outcome.c - how a session ended for the mail, and in which phase.
 *
 * What made the session fail decides, when something did: its rule says how such a session ends.
 * Else the dialogue does.
 */
#include "report/diagnose/outcome.h"

#include "report/diagnose/judge.h"
#include "report/diagnose/rules_tls.h"

static bool some_accepted(const struct session *s)
{
    return s->smtp.accepted_count > 0;
}

static bool some_refused(const struct session *s)
{
    if (s->smtp.rejected_count > 0) {
        return true;
    }
    for (const struct transaction *tx = s->smtp.transactions; tx; tx = tx->next) {
        if (tx->rejected_count > 0) {
            return true;
        }
    }
    return false;
}

/* Inside TLS, or on the way into it. */
static enum outcome outcome_of_tls(const struct judge *j)
{
    const struct session *s = j->s;

    if (s->tls.established) {
        return OUTCOME_ENCRYPTED;
    }
    /* What only the server protects is its part of a TLS 1.3 handshake, where nothing is missing.
     */
    if ((s->tcp.midstream && !s->tls.hello[SIDE_CLIENT]) || s->tls.app_records[SIDE_CLIENT] ||
        (s->tls.app_records[SIDE_SERVER] && !rules_tls_is_whole(j))) {
        return OUTCOME_ENCRYPTED;
    }
    return j->course.ending ? OUTCOME_TLS_FAILED : OUTCOME_OPEN;
}

static enum outcome outcome_of_dialogue(const struct judge *j)
{
    const struct session *s = j->s;
    const struct course *c = &j->course;

    if (s->not_smtp) {
        return OUTCOME_NOT_SMTP;
    }
    if (s->tcp.handshake == HANDSHAKE_REFUSED) {
        return OUTCOME_REFUSED;
    }
    if (s->smtp.tls != TLS_NONE && !(session_is_opened(s) && s->tls.established)) {
        return outcome_of_tls(j);
    }
    if (j->d->capture == CAPTURE_ONE_SIDED ||
        (!c->ending && s->ended != SESSION_CLOSED && !(c->farewell && c->quit))) {
        return OUTCOME_OPEN; /* nothing more can be said */
    }
    if (s->tcp.handshake == HANDSHAKE_UNANSWERED || s->tcp.handshake == HANDSHAKE_HALF) {
        return s->tcp.side[SIDE_SERVER].bytes + s->tcp.side[SIDE_CLIENT].bytes
                   ? OUTCOME_COMPLETED
                   : OUTCOME_UNREACHABLE;
    }
    if (c->rst[SIDE_SERVER] && c->ending == c->rst[SIDE_SERVER] &&
        !s->tcp.side[SIDE_SERVER].bytes && !c->synack) {
        return OUTCOME_RESET; /* by whom and why, the capture cannot tell */
    }
    if (some_accepted(s)) {
        return some_refused(s) ? OUTCOME_PARTIAL : OUTCOME_COMPLETED;
    }
    return some_refused(s) && s->smtp.transaction_count ? OUTCOME_REJECTED : OUTCOME_COMPLETED;
}

void outcome_decide(struct judge *j)
{
    struct diagnosis *d = j->d;
    const struct finding *f = d->primary;

    d->phase = j->course.before_end.phase;
    if (f && f->fatal && !j->s->not_smtp) {
        d->outcome = f->rule->outcome;
        d->phase = f->phase;
        if (d->outcome == OUTCOME_REJECTED && some_accepted(j->s)) {
            d->outcome = OUTCOME_PARTIAL;
        }
        return;
    }
    d->outcome = outcome_of_dialogue(j);
    if (j->course.quit && d->outcome <= OUTCOME_PARTIAL) {
        d->phase = PHASE_QUIT; /* commands sent in one go end there, however early the FIN came */
    }
    /* A session that was closed while something was under way, by nobody we could name. */
    if (d->outcome == OUTCOME_COMPLETED && d->capture == CAPTURE_FULL && judge_was_pending(j) &&
        !j->course.quit && !some_accepted(j->s)) {
        d->outcome = j->course.rst[SIDE_CLIENT] || j->course.rst[SIDE_SERVER] ? OUTCOME_RESET
                                                                              : OUTCOME_ABORTED;
    }
}
