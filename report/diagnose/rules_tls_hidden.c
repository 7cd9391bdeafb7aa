/* rules_tls_hidden.c - what cannot be read: alerts that are encrypted, bytes that are no record,
 * and all that is said inside TLS.
 */
#include "report/diagnose/rules_tls.h"

#include "dissect/tls/decrypt.h"
#include "dissect/tls/names.h"
#include "report/diagnose/rules_all.h"

enum { MESSAGE_CLIENT_HELLO = 1, VERSION_12 = 0x0303 };

void rule_tls_encrypted_alert(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *alert = NULL, *first = NULL;
    bool data = false, went_on = false;
    struct finding *f;

    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS && e->facts->tls.record_type == TLS_RECORD_ALERT &&
            e->facts->tls.encrypted && !alert) {
            alert = e;
            first = data ? NULL : e;
        } else if (e->kind == EVENT_TLS_RUN && e->facts->run.record_type == TLS_RECORD_DATA) {
            data = true;
            went_on |= alert && e->side == alert->side;
        }
    }
    if (!alert || !(first || went_on) || !rules_tls_is_whole(j) ||
        judge_raised(j, "tls-closed-after-handshake")) {
        return;
    }
    f = judge_raise(j, rule, PHASE_TLS, alert->first);
    f->points_to = PARTY_UNKNOWN;
    judge_show(f, alert);
    judge_say(f, "the %s sent an alert %s; what it says is encrypted",
              party_words[party_of((enum side)alert->side)],
              went_on ? "and went on" : "right behind the handshake, before any data");
}

/* A line of SMTP from a server that had the whole ClientHello when it sent it: the 220 to STARTTLS
 * had been its last word in clear. A 421 may be said at any time (RFC 5321 section 3.8), and what
 * crossed the ClientHello answers something else. */
static const struct event *answer_in_clear(const struct session *s)
{
    const struct event *hello = rules_tls_message(s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO);

    if (!hello || !s->smtp.starttls || s->tls.seen[SIDE_SERVER]) {
        return NULL;
    }
    for (const struct event *e = hello->next; e; e = e->next) {
        if (e->kind == EVENT_REPLY) {
            return e->peer_ack >= hello->end && !(e->facts->reply.flags & REPLY_INVALID) &&
                           e->facts->reply.code != 421
                       ? e
                       : NULL;
        }
    }
    return NULL;
}

static void tell_answer_in_clear(struct judge *j, const struct rule *rule,
                                 const struct event *answer)
{
    struct finding *f = judge_raise(j, rule, PHASE_TLS, answer->first);

    f->fatal = j->course.ending != NULL;
    f->points_to = PARTY_SERVER;
    judge_show(f, rules_tls_message(j->s, SIDE_CLIENT, MESSAGE_CLIENT_HELLO));
    judge_show(f, answer);
    judge_say(f,
              "having said 220 to STARTTLS, the server answered the ClientHello in clear, with ");
    rules_say_reply(f, answer);
}

void rule_tls_plaintext_mixup(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    const struct event *record[SIDES] = {NULL, NULL}, *answer;
    struct finding *f;

    rule_tls_alert(j, rule);
    if (!rules_tls_is_whole(j) || s->tcp.midstream || s->tls.opened || judge_raised(j, rule->id)) {
        return;
    }
    if ((answer = answer_in_clear(s))) {
        tell_answer_in_clear(j, rule, answer);
        return;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN) {
            record[e->side] = e;
        } else if (e->kind == EVENT_CONFLICT || e->kind == EVENT_LIMIT || e->kind == EVENT_FIN) {
            return; /* Exim says 421 in clear to a client that has closed: nobody reads it */
        } else if (e->kind == EVENT_OPAQUE && record[e->side]) {
            if (s->tcp.side[side_other((enum side)e->side)].fin.packet &&
                e->peer_ack > s->tcp.side[side_other((enum side)e->side)].fin_offset) {
                return; /* the same, where the FIN was captured late */
            }
            f = judge_raise(j, rule, PHASE_TLS, e->first);
            f->fatal = !s->tls.established && j->course.ending;
            f->points_to = party_of((enum side)e->side);
            f->confidence = CONFIDENCE_MEDIUM;
            judge_show(f, record[e->side]);
            judge_show(f, e);
            judge_say(f, "behind TLS records the %s sent %s that are no TLS record",
                      party_words[party_of((enum side)e->side)],
                      words_counted(e->facts->opaque_bytes, "byte").s);
            return;
        }
    }
}

/* There are keys, and what they belong to is not opened. */
static void say_unsupported(struct finding *f, const struct session *s)
{
    const char *cipher = tls_cipher_name(s->tls.cipher);
    char version[TLS_VERSION_TEXT_MAX];

    if (s->tls.version < VERSION_12) {
        tls_version_text(s->tls.version, version);
        judge_say(f, "; there are keys for it, but %s %s is not decrypted, only TLS 1.2 and 1.3",
                  s->tls.version == TLS_VERSION_SSL3 ? "version" : "TLS", version);
    } else {
        judge_say(f, "; there are keys for it, but its cipher%s%s is not decrypted",
                  cipher ? " " : "", cipher ? cipher : "");
    }
}

void rule_tls_opaque(struct judge *j, const struct rule *rule)
{
    const struct session *s = j->s;
    struct finding *f;

    if (s->smtp.tls == TLS_NONE || session_is_opened(s) ||
        !(s->tls.established || s->tcp.midstream)) {
        return;
    }
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->kind == EVENT_TLS_RUN && e->facts->run.record_type == TLS_RECORD_DATA &&
            e->last.time_ns >= (s->tls.opened ? s->tls.dark_at : rules_tls_done(s)).time_ns) {
            f = judge_raise(j, rule, PHASE_TLS, e->first);
            judge_show(f, e);
            judge_say(f, "from here on all is encrypted: commands, replies, logins and content are "
                         "not judged");
            if (s->tls.keys == TLS_KEYS_UNSUPPORTED) {
                say_unsupported(f, s);
            } else if (s->tls.dark) {
                judge_say(f, s->tls.opened ? "; what came before was opened with a key log"
                             : rules_tls_is_whole(j)
                                 ? "; there are keys for it, and they do not fit"
                                 : "; there are keys for it, but a gap hides which of them hold");
            }
            return;
        }
    }
}
