/* rules_close.c - who ended the session before it was done, and how.
 *
 * A FIN or RST behind QUIT, behind a reply that announces the close, or behind a refusal of all
 * that was wanted is how sessions end. What is left is judged by what was still to be done. Inside
 * TLS nobody can see QUIT: there only a reset in the middle of a transfer, or behind a record too
 * long for a QUIT, is called a fault.
 */
#include <string.h>

#include "report/diagnose/path.h"
#include "report/diagnose/reset.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/rules_tls.h"
#include "report/diagnose/timers.h"
#include "report/diagnose/traits.h"

enum { CODE_SHUTDOWN = 421 };

/* Bytes of the content under way were not captured. */
static bool lacks_content(const struct judge *j)
{
    const struct event *open = j->course.before_end.open, *told = j->course.last_reply;

    if (!open && j->course.before_end.phase == PHASE_DATA) {
        return !judge_trusts_silence(j, SIDE_CLIENT, told ? told->first : j->s->first);
    }
    return open && (open->kind == EVENT_CONTENT || open->kind == EVENT_CHUNK) &&
           (open->facts->content.missing || j->s->tcp.side[SIDE_CLIENT].snapped ||
            !judge_trusts_silence(j, SIDE_CLIENT, open->first));
}

static const char *pending_words(const struct judge *j, char *out, size_t size)
{
    const struct standing *st = &j->course.before_end;

    if (st->open && st->open->kind == EVENT_COMMAND &&
        st->open->facts->command.line_flags & LINE_UNTERMINATED) {
        snprintf(out, size, "it had not ended its last line: no reply was due");
    } else if (st->open && st->open->kind == EVENT_COMMAND && st->open->facts->command.verb) {
        snprintf(out, size, "%s was not answered", verb_names[st->open->facts->command.verb]);
    } else if (st->phase == PHASE_EOD) {
        snprintf(out, size, "the complete message was not answered");
    } else if (st->phase == PHASE_DATA) {
        snprintf(out, size, "%s",
                 lacks_content(j) ? "parts of the message were not captured"
                                  : "the message was not complete");
    } else if (st->phase == PHASE_AUTH) {
        snprintf(out, size, "the AUTH exchange was not finished");
    } else if (st->tx) {
        snprintf(out, size, "a mail was begun and not sent");
    } else {
        snprintf(out, size, "nothing was under way");
    }
    return out;
}

/* Records that look like a message in transit: the client sent many and nobody answered. */
static bool transfer_in_tls(const struct judge *j)
{
    const struct event *last = NULL;

    for (const struct event *e = j->s->events; e && e != j->course.ending; e = e->next) {
        if (e->kind == EVENT_TLS_RUN || e->kind == EVENT_TLS) {
            last = e;
        }
    }
    return last && last->kind == EVENT_TLS_RUN && last->side == SIDE_CLIENT &&
           (double)last->facts->run.bytes >= threshold(THRESHOLD_BURST_BYTES) &&
           j->s->tcp.side[SIDE_CLIENT].acked < j->s->tcp.side[SIDE_CLIENT].sent;
}

/* Or the client had asked something, and the server reset instead of an answer. */
static bool asked_in_tls(const struct judge *j)
{
    return j->s->tls.established && !j->s->tls.alert && rules_tls_is_whole(j) &&
           rules_tls_unanswered(j->s);
}

const struct event *reset_unexplained(const struct judge *j, enum side side)
{
    const struct event *rst = j->course.rst[side];

    if (!rst || j->course.ending != rst || j->course.quit ||
        j->s->tcp.handshake == HANDSHAKE_HALF || j->s->tcp.handshake == HANDSHAKE_UNANSWERED ||
        judge_end_is_explained(j)) {
        return NULL;
    }
    if (j->course.before_end.in_tls &&
        (side == SIDE_CLIENT || !(transfer_in_tls(j) || asked_in_tls(j)))) {
        return NULL;
    }
    return rst;
}

/* The connection was up, and nothing of the server was captured that would show it. */
static bool lacks_synack(const struct judge *j)
{
    const struct tcp_side *server = &j->s->tcp.side[SIDE_SERVER];

    return !j->course.synack && !server->bytes && !j->s->tcp.midstream;
}

/* It answers a segment for a connection that its host does not know any more, and nothing was
 * captured that would have ended it: where the capture is not whole it may lack that. */
static bool knows_no_connection(const struct judge *j, const struct event *rst)
{
    const struct rst_facts *r = &rst->facts->rst;

    return j->d->capture != CAPTURE_FULL && r->bare && r->at_acked && !r->after_own_fin &&
           r->since_peer_ns >= 0;
}

/* What it had sent, and sent again, was not acknowledged, and nothing came from the other side
 * since: it gave up on the path, or on a host that was gone (catalogue 0.3), however often it had
 * tried. */
static bool was_unheard(const struct judge *j, const struct event *rst)
{
    for (const struct event *e = j->s->events; e && e != rst; e = e->next) {
        if (e->kind == EVENT_RETRANSMIT && e->side == rst->side && !e->acked.packet &&
            !e->facts->retransmit.keep_alive && e->facts->retransmit.peer_packets == 0) {
            return true;
        }
    }
    return false;
}

/* The silence that ended with what this RST answers: its host knew the connection no more by then,
 * although it had not closed it. */
static const struct wait *forgotten_in(const struct judge *j, const struct event *rst)
{
    for (const struct wait *w = rst->facts->rst.bare ? j->d->waits : NULL; w; w = w->next) {
        if (w->seconds >= threshold(THRESHOLD_GIVE_UP) && rst->first.time_ns >= w->until.time_ns &&
            judge_seconds(w->until, rst->first) <= threshold(THRESHOLD_RESET_AT_ONCE) &&
            !(w->ended_by && w->ended_by->side == rst->side)) {
            return w;
        }
    }
    return NULL;
}

/* It had sent again in vain, and given up on the path; the last copies may be missing. */
static bool was_heard_too_late(const struct judge *j, const struct event *rst)
{
    const struct wait *w = forgotten_in(j, rst);

    return w && w->owner == PARTY_NETWORK;
}

/* It had lost its patience, not its interest: nobody acknowledged what it had said, or asked. */
static bool had_waited(const struct judge *j)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->ended_by == j->course.ending && w->owner == PARTY_UNKNOWN &&
            w->seconds >= threshold(THRESHOLD_GIVE_UP)) {
            return true;
        }
    }
    return judge_raised(j, "keepalive-unanswered") != NULL;
}

/* One function for both sides: which one is told by the id. */
void rule_tcp_reset(struct judge *j, const struct rule *rule)
{
    enum side side = strcmp(rule->id, "tcp-reset-by-client") == 0 ? SIDE_CLIENT : SIDE_SERVER;
    const struct event *rst = reset_unexplained(j, side);
    const struct standing *st = &j->course.before_end;
    bool pending = judge_was_pending(j) || st->in_tls;
    bool drew_conclusion = side == SIDE_CLIENT && judge_raised(j, "retransmission-exhausted");
    char words[96];
    struct finding *f;

    if (!rst) {
        return;
    }
    f = judge_raise(j, rule, st->phase, rst->first);
    f->fatal = pending && !j->given_up;
    /* A greeting that never came is something the client waited for, not something it left. */
    if ((!pending && !(side == SIDE_SERVER && st->phase < PHASE_IDLE)) || j->given_up ||
        drew_conclusion || (side == SIDE_CLIENT && st->phase == PHASE_GREETING)) {
        f->severity = SEVERITY_NOTICE;
        f->fatal = false;
    } else {
        f->fatal = !j->given_up;
    }
    if (reset_is_forged(j, rst)) {
        f->points_to = PARTY_MIDDLEBOX; /* tcp-reset-injected is the cause */
        f->confidence = CONFIDENCE_MEDIUM;
        f->fatal = false;
        f->severity = f->severity > SEVERITY_WARNING ? SEVERITY_WARNING : f->severity;
    } else if (!rst->facts->rst.exact || j->d->capture != CAPTURE_FULL) {
        f->confidence = CONFIDENCE_MEDIUM;
        if (!rst->facts->rst.exact && !rst->facts->rst.at_acked && j->d->capture == CAPTURE_LOSSY) {
            f->points_to = PARTY_UNKNOWN;
        }
    }
    bool unheard =
        f->points_to == party_of(side) && (was_unheard(j, rst) || was_heard_too_late(j, rst));
    if (unheard) {
        f->points_to = PARTY_NETWORK;
        f->confidence = CONFIDENCE_MEDIUM;
    }
    judge_show(f, st->open);
    judge_show(f, rst);
    judge_say(f,
              "the connection was reset by a packet from the %s's address %s after its beginning",
              party_words[party_of(side)], judge_span(judge_seconds(j->s->first, rst->first)).s);
    if (!st->in_tls) {
        judge_say(f, "; %s", pending_words(j, words, sizeof words));
    } else {
        judge_say(f, transfer_in_tls(j) ? "; the client was sending, inside TLS"
                                        : "; what the client had said last, inside TLS, was not "
                                          "answered");
    }
    if (unheard) {
        judge_say(f, "; what it had sent again was not acknowledged");
    }
    if (reset_is_doubtful(j, rst)) {
        reset_doubt(f, rst);
    }
    /* What came between the SYN and this may have been more than the SYN-ACK. */
    if (side == SIDE_SERVER && lacks_synack(j)) {
        judge_unprove(f, "the server's answer to the SYN is missing from the capture");
        return;
    }
    if (side == SIDE_CLIENT && had_waited(j)) {
        judge_unprove(f, "it had waited, and no acknowledgement tells for whom");
        return;
    }
    if (knows_no_connection(j, rst) || (side == SIDE_CLIENT && !unheard &&
                                        !rst->facts->rst.after_own_fin && forgotten_in(j, rst))) {
        judge_unprove(f, "its host had forgotten the connection: what ended it is missing");
        return;
    }
    /* The last thing the client said may have been QUIT. */
    if (!judge_trusts_silence(j, SIDE_CLIENT, j->s->tcp.side[SIDE_CLIENT].last_data) ||
        j->s->tcp.side[SIDE_CLIENT].snapped) {
        judge_unprove(f, "bytes of the client are missing from the capture");
    } else if (f->points_to != PARTY_MIDDLEBOX &&
               (st->open ? !judge_trusts_silence(j, SIDE_SERVER, st->open->last)
                         : st->uncertain || rst->facts->rst.offset_delta > 0 ||
                               (st->phase < PHASE_IDLE &&
                                !judge_trusts_silence(j, SIDE_SERVER, j->s->first)))) {
        judge_unprove(f, "bytes of the server are missing from the capture");
    }
}

void rule_rst_after_quit(struct judge *j, const struct rule *rule)
{
    const struct event *rst =
        j->course.rst[SIDE_SERVER] ? j->course.rst[SIDE_SERVER] : j->course.rst[SIDE_CLIENT];
    struct finding *f;

    if (!rst || !j->course.quit) {
        return;
    }
    f = judge_raise(j, rule, PHASE_QUIT, rst->first);
    judge_show(f, j->course.quit);
    judge_show(f, rst);
    judge_say(f, "the %s ended the connection with a RST behind QUIT; harmless",
              party_words[party_of((enum side)rst->side)]);
}

/* It had said why; RFC 5321 section 3.8 has it wait for QUIT all the same, unless it said 421. */
void rule_closed_after_refusal(struct judge *j, const struct rule *rule)
{
    const struct course *c = &j->course;
    const struct event *last = c->last_reply;
    struct finding *f;

    if (!c->ending || c->ending->kind != EVENT_FIN || c->ending->side != SIDE_SERVER || c->quit ||
        c->farewell || c->before_end.in_tls || c->before_end.uncertain || !last ||
        last->facts->reply.code < 400 || last->facts->reply.code == 521 ||
        judge_raised(j, "server-idle-timeout") || !traits_is_whole(j)) {
        return;
    }
    f = judge_raise(j, rule, c->before_end.phase, c->ending->first);
    judge_show(f, last);
    judge_show(f, c->ending);
    judge_say(f, "the server closed the connection after its %u without waiting for QUIT",
              (unsigned)last->facts->reply.code);
}

/* The client spoke in clear where TLS had to begin: whoever closes then, that is why. */
static bool was_no_tls(const struct judge *j)
{
    return judge_raised(j, "plaintext-to-tls-port") || judge_raised(j, "starttls-then-plaintext");
}

/* The client had been silent for so long that a server may well close. */
static bool ended_idle_time(const struct judge *j)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->ended_by == j->course.ending && w->owner == PARTY_CLIENT &&
            timers_reached(w->seconds, threshold(THRESHOLD_IDLE_CLOSE))) {
            return true;
        }
    }
    return false;
}

const struct event *rules_crossed_by_mail(const struct judge *j)
{
    for (const struct event *e = j->course.ending ? j->course.ending->next : NULL; e; e = e->next) {
        if (e->kind == EVENT_COMMAND && e->facts->command.verb == VERB_MAIL) {
            bool late = judge_seconds(j->course.ending->first, e->first) > path_at_once(j);
            /* Whose time was up had the FIN by then, and did not look. */
            return waiting_reply_to(e) || (late && ended_idle_time(j)) ? NULL : e;
        }
    }
    return NULL;
}

void rule_server_closed(struct judge *j, const struct rule *rule)
{
    const struct course *c = &j->course;
    const struct event *crossed;
    char words[96];
    struct finding *f;

    if (!c->ending || c->ending->kind != EVENT_FIN || c->ending->side != SIDE_SERVER || c->quit ||
        c->before_end.in_tls ||
        ((j->s->tls.seen[SIDE_CLIENT] || j->s->tls.seen[SIDE_SERVER]) &&
         !session_is_opened(j->s)) ||
        judge_end_is_explained(j) || j->given_up || judge_raised(j, "server-idle-timeout") ||
        c->before_end.phase == PHASE_CONNECT || was_no_tls(j)) {
        return;
    }
    if (c->before_end.uncertain || j->s->limits_reached ||
        !judge_trusts_silence(j, SIDE_SERVER, j->s->first) ||
        !judge_trusts_silence(j, SIDE_CLIENT, c->ending->first) ||
        j->d->capture == CAPTURE_ONE_SIDED) {
        return; /* the word may be what the capture lacks */
    }
    if (c->before_end.phase == PHASE_GREETING && (j->s->tcp.side[SIDE_SERVER].bytes || !c->synack ||
                                                  !j->s->tcp.side[SIDE_CLIENT].syn.packet)) {
        return; /* it did say something, or its beginning was not captured */
    }
    if (c->before_end.open && c->before_end.phase == PHASE_DATA && !judge_was_pending(j)) {
        return; /* it had taken the message */
    }
    if (c->last_reply && c->last_reply->facts->reply.code >= 400 && c->before_end.open &&
        c->before_end.open->peer_ack < c->last_reply->end) {
        return; /* it had refused, and the client sent the rest before it knew */
    }
    if (c->last_reply && c->last_reply->facts->reply.to == REPLY_TO_UNKNOWN) {
        return; /* what it answers was not captured: that may be why */
    }
    if (j->s->smtp.starttls && c->before_end.open &&
        c->before_end.open->offset > j->s->smtp.starttls->offset) {
        return; /* what came in clear where TLS was due was for no ear */
    }
    f = judge_raise(j, rule, c->before_end.phase, c->ending->first);
    /* Nothing was under way: nothing was lost, the client may as well come again. */
    f->fatal = judge_was_pending(j) || c->before_end.phase < PHASE_IDLE;
    crossed = f->fatal ? NULL : rules_crossed_by_mail(j);
    if (!f->fatal) {
        f->severity = crossed ? SEVERITY_WARNING : SEVERITY_NOTICE;
    }
    f->fatal |= crossed != NULL;
    judge_show(f, c->before_end.open);
    judge_show(f, c->ending);
    judge_show(f, crossed);
    judge_say(f, "the server closed the connection without a word; %s",
              crossed ? "a mail that the client began at that moment must be sent again"
              : c->before_end.phase == PHASE_GREETING ? "it had not greeted"
                                                      : pending_words(j, words, sizeof words));
}

/* It closed its own direction alone, behind all it had to say: the reply to its message found
 * somebody, whose host would have answered with a RST otherwise. */
static bool reads_on(const struct judge *j, const struct event *open)
{
    bool message = open && (open->kind == EVENT_CONTENT || open->kind == EVENT_CHUNK);
    const struct event *reply = message ? waiting_reply_to(open) : NULL;

    return reply && reply->acked.packet && !j->course.rst[SIDE_CLIENT] && !j->given_up;
}

/* Inside the content it is data-aborted that tells what was lost; this tells who left. */
void rule_client_abort(struct judge *j, const struct rule *rule)
{
    const struct course *c = &j->course;
    const struct standing *st = &c->before_end;
    char words[96];
    struct finding *f;
    bool greeting = st->phase == PHASE_GREETING;

    if (!c->ending || c->ending->kind != EVENT_FIN || c->ending->side != SIDE_CLIENT || c->quit ||
        st->in_tls || st->phase == PHASE_TLS || st->phase == PHASE_CONNECT || j->given_up ||
        judge_end_is_explained(j) || st->uncertain || j->d->capture == CAPTURE_ONE_SIDED ||
        judge_raised(j, "implicit-tls-deadlock") || was_no_tls(j) || judge_has_transport_cause(j)) {
        return;
    }
    if (!greeting && !judge_was_pending(j) && st->phase != PHASE_AUTH) {
        return;
    }
    if (lacks_content(j)) {
        return; /* its end may be what the capture lacks */
    }
    if (reads_on(j, st->open)) {
        return;
    }
    if (greeting && j->s->smtp.first_server.packet) {
        return;
    }
    f = judge_raise(j, rule, st->phase, c->ending->first);
    f->fatal = !greeting && st->phase != PHASE_IDLE;
    if (!f->fatal) {
        f->severity = SEVERITY_NOTICE;
    }
    judge_show(f, st->open);
    judge_show(f, c->ending);
    judge_say(f, "the client closed the connection without QUIT; %s",
              greeting ? "it had not waited for the greeting"
                       : pending_words(j, words, sizeof words));
    if (!judge_trusts_silence(j, SIDE_SERVER, j->s->first)) {
        judge_unprove(f, "bytes of the server are missing from the capture");
    } else if (had_waited(j)) {
        judge_unprove(f, "it had waited, and no acknowledgement tells for whom");
    } else if (judge_may_read_on(j, st->open)) {
        judge_unprove(f, "what its host answered to the reply is missing from the capture");
    }
}

static const struct event *unfinished_content(const struct judge *j)
{
    /* Its 421 is no answer to the content then. */
    const struct finding *idle = judge_raised(j, "server-idle-timeout");
    bool waited_in_vain = idle && idle->fatal && !idle->unproven &&
                          idle->points_to == PARTY_CLIENT && j->d->capture == CAPTURE_FULL;
    const struct event *found = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) {
            const struct event *reply = e->facts->content.reply;
            bool answered = reply && !(waited_in_vain && reply->facts->reply.code == CODE_SHUTDOWN);

            found = e->facts->content.complete || answered ? NULL : e;
        }
    }
    return found;
}

/* The server said that it closes, whatever that seems to answer: it waited no longer. */
static bool was_sent_away(const struct judge *j, const struct event *content)
{
    const struct event *farewell = j->course.farewell;

    return farewell && farewell->first.time_ns >= content->first.time_ns &&
           farewell->first.time_ns <= j->course.ending->first.time_ns;
}

void rule_data_aborted(struct judge *j, const struct rule *rule)
{
    const struct event *content = unfinished_content(j);
    const struct content_facts *c;
    struct finding *f;

    if (!content || !j->course.ending || j->course.before_end.in_tls ||
        judge_content_taken(j, content) ||
        ((j->course.before_end.open != content || was_sent_away(j, content)) &&
         !(content->facts->content.reply && judge_raised(j, "server-idle-timeout")))) {
        return;
    }
    c = &content->facts->content;
    if (lacks_content(j)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_DATA, j->course.ending->first);
    f->fatal = true;
    if (j->course.ending->side == SIDE_SERVER) {
        f->points_to = PARTY_SERVER;
    }
    for (const struct finding *other = j->d->findings; other != f; other = other->next) {
        if (other->fatal) {
            f->points_to = other->points_to;
            break;
        }
    }
    if (j->course.ending->kind == EVENT_RST && j->d->capture == CAPTURE_LOSSY) {
        f->points_to = PARTY_UNKNOWN; /* who sent it takes a whole capture to tell */
    }
    judge_show(f, content);
    judge_show(f, j->course.ending);
    judge_say(f,
              "the session ended inside the content after %llu octets; the server has no complete "
              "message "
              "and cannot deliver it",
              (unsigned long long)c->bytes);
    if (!judge_trusts_silence(j, SIDE_SERVER, content->first)) {
        judge_unprove(f, "what ended it may be missing from the capture");
    }
}
