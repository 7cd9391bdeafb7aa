/* rules_tls_course.c - what became of a session behind its handshake: how it was left.
 *
 * Inside TLS there are lengths and times only. Where a rule speaks of a QUIT or a close_notify it
 * is because nothing else fits: the negotiated cipher adds the same number of octets to every
 * record, and no command of SMTP is shorter. Where keys opened the records nothing is guessed: the
 * dialogue inside is judged.
 */
#include "report/diagnose/rules_tls.h"

#include "report/diagnose/rules_all.h"

enum {
    QUIT_LEN = 6,
    QUIT_LONG = 8, /* with blanks around it */
    EMPTY_CERTIFICATE_LEN = 8,
    CBC_QUIT_MAX = 64, /* HMAC-SHA256, 16 octets of vector, padding */
    CBC_BYE_MAX = 96,
};

static bool is_alert_run(const struct session *s, const struct event *e)
{
    uint32_t overhead = rules_tls_overhead(s);

    return overhead && e->facts->run.records == 1 && e->facts->run.bytes == overhead + ALERT_LEN;
}

/* --- left behind the handshake --- */

enum parting { PARTING_NONE, PARTING_SILENT, PARTING_CLOSE_NOTIFY, PARTING_QUIT };

/* n records of the client behind the ServerHello, of so many octets: its Finished first, and
 * nothing else but these. */
static enum parting parting_by_length(const struct session *s, uint64_t n, uint64_t bytes)
{
    const uint64_t overhead = rules_tls_overhead(s), finished = rules_tls_finished_len(s);

    if (!finished || n == 0 || bytes < finished) {
        return PARTING_NONE;
    }
    bytes -= finished;
    switch (n) {
    case 1:
        return bytes == 0 ? PARTING_SILENT : PARTING_NONE;
    case 2:
        return bytes == overhead + ALERT_LEN  ? PARTING_CLOSE_NOTIFY
               : bytes == overhead + QUIT_LEN ? PARTING_QUIT
                                              : PARTING_NONE;
    case 3:
        return bytes == 2 * overhead + ALERT_LEN + QUIT_LEN ? PARTING_QUIT : PARTING_NONE;
    default:
        return PARTING_NONE;
    }
}

/* TLS 1.3; a client that is asked for a certificate and has none says so before its Finished. */
static enum parting parting_13(const struct session *s)
{
    uint64_t n = s->tls.app_records[SIDE_CLIENT], bytes = s->tls.app_bytes[SIDE_CLIENT];
    const uint64_t none = rules_tls_overhead(s) + EMPTY_CERTIFICATE_LEN;
    enum parting parting = parting_by_length(s, n, bytes);

    return parting == PARTING_NONE && n > 1 && bytes > none
               ? parting_by_length(s, n - 1, bytes - none)
               : parting;
}

static enum parting parting_12(const struct session *s)
{
    const struct event *last = rules_tls_last(s, SIDE_CLIENT);
    uint64_t n = s->tls.app_records[SIDE_CLIENT], bytes = s->tls.app_bytes[SIDE_CLIENT];
    uint32_t overhead = rules_tls_overhead(s);

    if (n == 0) {
        return last && last->kind == EVENT_TLS && last->facts->tls.record_type == TLS_RECORD_ALERT
                   ? PARTING_CLOSE_NOTIFY
                   : PARTING_SILENT;
    }
    if (n > 1) {
        return PARTING_NONE;
    }
    if (overhead) {
        return bytes == overhead + QUIT_LEN ? PARTING_QUIT : PARTING_NONE;
    }
    /* A length that pads may hide a short EHLO, but not the answer to it. */
    return bytes <= CBC_QUIT_MAX && s->tls.app_bytes[SIDE_SERVER] <= CBC_BYE_MAX ? PARTING_QUIT
                                                                                 : PARTING_NONE;
}

void rule_tls_closed_after(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    const struct event *end = j->course.ending;
    struct mark done = rules_tls_done(s);
    enum parting parting;
    double after;
    struct finding *f;

    if (!d || !s->tls.established || !s->tls.finished[SIDE_CLIENT] || s->tls.alert || !end ||
        s->tls.opened || !s->tls.finished[SIDE_SERVER] || d->client.early_data ||
        !rules_tls_is_whole(j) || judge_raised(j, "tls13-encrypted-abort-by-server")) {
        return;
    }
    parting = rules_tls_is_13(s) ? parting_13(s) : parting_12(s);
    after = judge_seconds(done, end->first);
    if (parting == PARTING_NONE || after > threshold(THRESHOLD_TLS_LEFT_AT_ONCE) ||
        (parting == PARTING_SILENT && end->side != SIDE_CLIENT)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    if (parting == PARTING_QUIT) {
        f->confidence = CONFIDENCE_MEDIUM;
        f->fatal = true;
    } else { /* as programs do that only look whether TLS works, or at the certificate */
        f->confidence = CONFIDENCE_LOW;
        f->severity = SEVERITY_NOTICE;
        f->suspect = true;
    }
    judge_show_at(f, rules_tls_last(s, SIDE_CLIENT), done);
    judge_show(f, rules_tls_last(s, SIDE_CLIENT));
    judge_show(f, end);
    judge_say(
        f, "the handshake was complete, and %s later the client left, having sent nothing but %s",
        judge_span(after).s,
        parting == PARTING_QUIT           ? "what fits a QUIT"
        : parting == PARTING_CLOSE_NOTIFY ? "a close_notify"
                                          : "its Finished");
}

/* TLS 1.3: the client had finished; then one record of an alert's length, and the server closed; or
 * the client did, who could read the alert: then the last it had sent before must be its Finished,
 * for a server answers a close_notify with the same length. */
void rule_tls13_abort_by_server(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *end = rules_tls_left_by(j, SIDE_SERVER), *record = NULL, *said = NULL;
    struct finding *f;

    rule_tls_alert(j, rule);
    end = end ? end : rules_tls_left_by(j, SIDE_CLIENT);
    if (!rules_tls_is_13(s) || !s->tls.established || !end || s->tls.alert || s->tls.opened ||
        !rules_tls_is_whole(j)) {
        return;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS_RUN && e->side == SIDE_CLIENT && !record) {
            said = e;
        }
        if (e->kind != EVENT_TLS_RUN || e->side != SIDE_SERVER || !said ||
            e->last.time_ns < s->tls.finished_at[SIDE_CLIENT].time_ns) {
            continue; /* its flight, which the client's acknowledges, may be captured behind that */
        }
        if (record || !is_alert_run(s, e)) {
            return;
        }
        record = e;
    }
    if (!record ||
        (end->side == SIDE_CLIENT &&
         (!said || !rules_tls_finished_len(s) || end->first.time_ns < record->first.time_ns ||
          said->facts->run.last_len != rules_tls_finished_len(s)))) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, record->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show_at(f, rules_tls_last(s, SIDE_CLIENT), s->tls.finished_at[SIDE_CLIENT]);
    judge_show(f, record);
    judge_show(f, end);
    judge_say(f,
              "behind the client's Finished the server sent one record of an alert's length (%u "
              "bytes) and %s: most often a client certificate is missing or not accepted; the "
              "reason is encrypted",
              (unsigned)record->facts->run.bytes,
              end->side == SIDE_SERVER ? "closed" : "the client left");
}

const struct event *rules_tls_unanswered(const struct session *s)
{
    uint32_t overhead = rules_tls_overhead(s);
    const struct event *asked = NULL;

    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS_RUN && e->side == SIDE_CLIENT &&
            e->facts->run.record_type == TLS_RECORD_DATA) {
            asked = e;
        } else if ((e->kind == EVENT_TLS_RUN && e->side == SIDE_SERVER && !is_alert_run(s, e)) ||
                   (e->kind == EVENT_TLS && e->side == SIDE_CLIENT)) {
            asked = NULL; /* answered, or a good-bye */
        }
    }
    if (!asked || (asked->facts->run.records == 1 &&
                   asked->first.packet == s->tls.finished_at[SIDE_CLIENT].packet)) {
        return NULL;
    }
    return asked->facts->run.last_len > (overhead ? overhead + QUIT_LONG : CBC_QUIT_MAX) ? asked
                                                                                         : NULL;
}

/* Its own flight sent, the server did not wait for the client's. */
static void closed_in_handshake(struct judge *j, const struct rule *rule, const struct event *end)
{
    const struct session *s = j->s;
    const struct event *last = rules_tls_last(s, SIDE_SERVER);
    bool alert = rules_tls_ends_in_alert(s, SIDE_SERVER);
    double after;
    struct finding *f;

    if (!last || !s->tls.hello[SIDE_SERVER] || s->tls.finished[SIDE_CLIENT] ||
        s->tls.app_records[SIDE_CLIENT] || (end->side == SIDE_CLIENT && !alert) ||
        !rules_tls_is_whole(j)) {
        return;
    }
    /* One that waited for the client first was left waiting. */
    after = alert ? judge_seconds(last->first, last->last) : judge_seconds(last->last, end->first);
    if (after < 0 || after > threshold(THRESHOLD_SILENCE)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, alert ? last->last : end->first);
    f->severity = SEVERITY_ERROR;
    f->fatal = true;
    judge_show(f, last);
    judge_show(f, end);
    if (alert) {
        judge_say(f,
                  "the last record of the server's part of the handshake, %u bytes, can only be an "
                  "alert: it could not go on",
                  (unsigned)last->facts->run.last_len);
    } else {
        judge_say(f,
                  "the server closed %s after its own part of the handshake, before the client's: "
                  "it could not go on",
                  judge_span(after).s);
    }
}

/* The client had sent its Finished and nothing else: no mail can have been handed over. Postfix
 * looks for the certificate that it demands behind the handshake. True when that is told. */
static bool closed_before_a_word(struct judge *j, const struct rule *rule, const struct event *end)
{
    const struct session *s = j->s;
    const struct tls_details *d = tls_details_of(s);
    struct mark finished = s->tls.finished_at[SIDE_CLIENT];
    const struct event *last = rules_tls_last(s, SIDE_SERVER);
    double after = judge_seconds(finished, end->first);
    struct finding *f;

    if (last &&
        (last->kind == EVENT_TLS_RUN ? is_alert_run(s, last)
                                     : !s->tls.app_records[SIDE_SERVER] &&
                                           last->facts->tls.record_type == TLS_RECORD_ALERT)) {
        return false; /* an alert and no word: told as such */
    }
    if ((rules_tls_is_13(s) ? parting_13(s) : parting_12(s)) != PARTING_SILENT || after < 0 ||
        after > threshold(THRESHOLD_SILENCE)) {
        return false;
    }
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    f->severity = SEVERITY_ERROR;
    f->fatal = true;
    judge_show_at(f, rules_tls_last(s, SIDE_CLIENT), finished);
    judge_show(f, end);
    judge_say(f,
              "the server closed %s after the client's Finished, before the client had said "
              "anything inside TLS",
              judge_span(after).s);
    if (d && d->certificate_request.packet && d->chain[SIDE_CLIENT].seen &&
        d->chain[SIDE_CLIENT].count == 0) {
        f->points_to = PARTY_CLIENT;
        judge_say(f, "; it had asked for a client certificate, and the client showed none");
    } else if (rules_tls_is_13(s)) {
        f->points_to = PARTY_UNKNOWN;
        judge_say(f, "; what it may have said is encrypted, and so is whether it had asked for a "
                     "client certificate");
    }
    return true;
}

void rule_tls_closed_by_server(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *end = rules_tls_left_by(j, SIDE_SERVER), *asked;
    double after;
    struct finding *f;

    if (!end && !s->tls.established) {
        end = rules_tls_left_by(j, SIDE_CLIENT);
    }
    if (!end || end->kind != EVENT_FIN || s->tls.alert || s->tls.opened || !rules_tls_is_whole(j) ||
        judge_raised(j, "tls13-encrypted-abort-by-server")) {
        return;
    }
    if (!s->tls.established) {
        closed_in_handshake(j, rule, end);
        return;
    }
    if (closed_before_a_word(j, rule, end) || !(asked = rules_tls_unanswered(s))) {
        return;
    }
    after = judge_seconds(asked->last, end->first);
    if (after < 0 || after > threshold(THRESHOLD_SILENCE)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, end->first);
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show_at(f, asked, asked->last);
    judge_show(f, end);
    judge_say(f,
              "inside TLS the server closed %s after a record of the client of %u bytes, without "
              "answering it",
              judge_span(after).s, (unsigned)asked->facts->run.last_len);
}
