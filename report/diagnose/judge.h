/* judge.h - one session on trial: what every rule may look at, and how it speaks.
 *
 * A rule reads the session, the course and the waits, and raises findings. It never looks at bytes.
 */
#ifndef REPORT_DIAGNOSE_JUDGE_H
#define REPORT_DIAGNOSE_JUDGE_H

#include "report/diagnose/rules.h"
#include "report/diagnose/sequence.h"
#include "report/diagnose/thresholds.h"
#include "report/diagnose/waiting.h"
#include "report/words.h"

struct refusal; /* refusals.h */

struct judge {
    const struct settings *settings;
    const struct session *s;
    struct diagnosis *d;
    struct course course;
    struct sequence sequence; /* sequence_of fills it when first asked for */
    bool sequence_done;
    const struct refusal *refusals; /* refusals_of fills it when first asked for */
    bool refusals_done;
    struct finding **tail;       /* of d->findings, in the order raised */
    const struct wait *given_up; /* the wait a timeout finding of this session is about */
};

/* Memory that lasts as long as the diagnosis. */
void *judge_alloc(struct judge *j, size_t size);

/* A new finding with the usual values of its rule and confidence high. `at` is when its cause
 * happened. */
struct finding *judge_raise(struct judge *j, const struct rule *rule, enum phase phase,
                            struct mark at);
/* Shows an event, or the packet of it that matters. */
void judge_show(struct finding *f, const struct event *e);
void judge_show_at(struct finding *f, const struct event *e, struct mark packet);
/* Appends to the one sentence: our own words; bytes of the wire, quoted by the caller. */
void judge_say(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void judge_say_wire(struct finding *f, struct text wire);
/* "0.3 s", "21 ms" and the like. */
struct words judge_span(double seconds);
/* The gap rule applies: the finding says so, accuses nobody and is never primary. */
void judge_unprove(struct finding *f, const char *why);

const struct finding *judge_raised(const struct judge *j, const char *rule_id);
/* The transport itself failed: whoever ended the session then only drew the conclusion. */
bool judge_has_transport_cause(const struct judge *j);
/* The capture can prove that `side` sent nothing from this moment on (catalogue 0.4). */
bool judge_trusts_silence(const struct judge *j, enum side side, struct mark from);
/* Nothing of the session was captured behind most of the silence that began here, it did not end,
 * and so many other sessions of the capture lack packets that this one may lack its rest (loss.h).
 */
bool judge_is_unvouched(const struct judge *j, struct mark from);
/* Why that silence cannot be trusted, in words. */
const char *judge_why_untrusted(const struct judge *j, enum side side, struct mark from);
/* The other side ended this silence, what it had received of `side` by then was captured, and of
 * either side no octet is missing: at most a FIN. */
bool judge_heard_nothing(const struct judge *j, enum side side, const struct wait *w);
/* Either way it is proven that `side` sent nothing while this lasted. */
bool judge_was_silent(const struct judge *j, enum side side, const struct wait *w);
/* The client had closed, without having waited, when this reply came. Its host would have
 * acknowledged it, or answered with a RST, and a dead one would have made the server send it again:
 * nothing of that was captured. */
bool judge_lacks_answer_to(const struct judge *j, const struct event *reply);
/* The client closed its direction behind a complete message, without having waited, and whether it
 * read on only the server's answer could tell: what its host did with that, or the answer, is
 * missing, and so is the server's end. */
bool judge_may_read_on(const struct judge *j, const struct event *message);
/* Bytes of `side` up to this stream position were acknowledged by the other. */
bool judge_acked(const struct judge *j, enum side side, uint64_t end);
/* What the client wanted was refused and it had nothing else under way: closing is no abort. */
bool judge_end_is_explained(const struct judge *j);
/* A positive reply came for content whose end we did not recognize. */
bool judge_content_taken(const struct judge *j, const struct event *content);
/* Something the client wanted was still to be done when the session ended. */
bool judge_was_pending(const struct judge *j);
/* Every mail begun came to a positive end; false when none was. */
bool judge_all_accepted(const struct judge *j);
double judge_seconds(struct mark from, struct mark until);

static inline enum party party_of(enum side side)
{
    return side == SIDE_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
}

#endif
