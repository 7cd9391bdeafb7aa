/* rules_capture.c - capture quality: what lowers the trust in everything else. Never primary. */
#include "report/diagnose/rules_all.h"
#include "report/diagnose/trust.h"

/* In a short session a few copies are no share of anything. */
enum { TWINS_MIN = 3 };

static const char *side_word(enum side side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

void rule_capture_midstream(struct judge *j, const struct rule *rule)
{
    struct finding *f;

    if (!j->s->tcp.midstream) {
        return;
    }
    f = judge_raise(j, rule, j->course.before_end.phase, j->s->first);
    judge_show_at(f, j->s->events, j->s->first);
    judge_say(f, "the capture began inside this session; what was said before is not judged");
    if (j->s->tcp.roles_guessed) {
        judge_say(f, "; which side is the client was taken from the ports or the dialogue");
    }
}

void rule_capture_one_direction(struct judge *j, const struct rule *rule)
{
    enum side missing = trust_missing_side(j->s);
    struct finding *f;

    if (missing == SIDES || j->s->tcp.side[missing].acked == 0 ||
        (double)j->s->tcp.side[side_other(missing)].packets <
            threshold(THRESHOLD_ONE_SIDED_SEGMENTS)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    judge_show_at(f, j->s->events, j->s->first);
    judge_say(f, "only the %s's packets were captured; what the %s said cannot be judged",
              side_word(side_other(missing)), side_word(missing));
}

/* Gaps of one kind: cut by the snap length, or never captured. */
static void gaps(struct judge *j, const struct rule *rule, bool snapped)
{
    uint64_t bytes[SIDES] = {0, 0};
    const struct event *first = NULL;
    struct finding *f;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->facts->gap.snapped == snapped &&
            (snapped || e->facts->gap.acked)) {
            bytes[e->side] += e->facts->gap.missing;
            first = first ? first : e;
        }
    }
    if (!first) {
        return;
    }
    f = judge_raise(j, rule, j->course.before_end.phase, first->first);
    judge_show(f, first);
    judge_say(f, snapped ? "cut by the snap length:" : "acknowledged but never captured:");
    for (int i = 0; i < SIDES; i++) {
        if (bytes[i]) {
            judge_say(f, "%s %llu bytes of the %s",
                      i == SIDE_SERVER && bytes[SIDE_CLIENT] ? "," : "",
                      (unsigned long long)bytes[i], side_word((enum side)i));
        }
    }
}

void rule_capture_gap(struct judge *j, const struct rule *rule)
{
    if (j->d->capture != CAPTURE_ONE_SIDED) {
        gaps(j, rule, false);
    }
}

void rule_capture_truncated(struct judge *j, const struct rule *rule)
{
    gaps(j, rule, true);
}

/* Waits across that moment cannot be measured: what was said of one is not proven. */
static void doubt_waits(struct judge *j, double by_s)
{
    for (struct finding *f = j->d->findings; f; f = f->next) {
        if (f->waited_s >= by_s && !f->unproven) {
            judge_unprove(f, "the capture's clock was set forward meanwhile");
        }
    }
}

void rule_capture_clock(struct judge *j, const struct rule *rule)
{
    double by_s = (double)j->s->tcp.clock_jump_ns / 1e9;
    struct finding *f;

    if (!j->s->tcp.clock_jump_ns) {
        return;
    }
    doubt_waits(j, by_s);
    f = judge_raise(j, rule, j->course.before_end.phase, j->s->tcp.clock_jump);
    judge_show_at(f, j->s->events, j->s->tcp.clock_jump);
    judge_say(f,
              "the clock of the capture was set forward by %s: the hosts' own clocks counted less",
              judge_span(by_s).s);
}

void rule_capture_duplicates(struct judge *j, const struct rule *rule)
{
    const struct tcp_side *side = j->s->tcp.side;
    uint64_t twins = side[SIDE_CLIENT].twins + side[SIDE_SERVER].twins;
    uint64_t packets = side[SIDE_CLIENT].packets + side[SIDE_SERVER].packets + twins;
    struct finding *f;

    if (twins < TWINS_MIN || (double)twins < threshold(THRESHOLD_TWIN_SHARE) * (double)packets) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    judge_show_at(f, j->s->events, j->s->first);
    judge_say(f, "%llu packets were captured twice; the copies are left out",
              (unsigned long long)twins);
}

void rule_capture_offload(struct judge *j, const struct rule *rule)
{
    const struct tcp_side *side = j->s->tcp.side;

    for (int i = 0; i < SIDES; i++) {
        uint16_t mss = side[side_other((enum side)i)].mss;
        struct finding *f;

        if (!mss || side[i].largest <= mss) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_DATA, j->s->first);
        judge_show_at(f, j->s->events, j->s->first);
        judge_say(
            f,
            "segments of up to %u bytes where at most %u fit on the wire: captured before the "
            "network card cut them, or after it joined them",
            (unsigned)side[i].largest, (unsigned)mss);
        return;
    }
}

static const struct wait *open_wait(const struct judge *j)
{
    const struct wait *w = j->d->waits;

    while (w && !w->open) {
        w = w->next;
    }
    return w;
}

/* What explains the silence was said already. */
static bool is_explained(const struct judge *j)
{
    for (const struct finding *f = j->d->findings; f; f = f->next) {
        if (f->fatal && (f->rule->cause == CAUSE_TRANSPORT || f->rule->cause == CAUSE_TIMING)) {
            return true;
        }
    }
    return j->given_up != NULL;
}

void rule_capture_ends_open(struct judge *j, const struct rule *rule)
{
    const struct wait *w = open_wait(j);
    struct finding *f;

    if (j->s->ended != SESSION_INPUT_ENDED || is_explained(j) ||
        judge_raised(j, "connect-unanswered-open")) {
        return;
    }
    f = judge_raise(j, rule, j->course.before_end.phase, j->s->last);
    judge_show_at(f, j->s->events_last, j->s->last);
    if (!w) {
        judge_say(f, "the session was still open when the capture ended");
        return;
    }
    f->waited_s = w->seconds;
    if (w->outstanding) {
        judge_show(f, w->outstanding);
    }
    judge_say(f, "still waiting for the %s after %s when the capture ended",
              w->owner == PARTY_UNKNOWN ? "other side" : party_words[w->owner],
              judge_span(w->seconds).s);
    if (w->limit_s > 0 && !(w->seconds > w->limit_s)) {
        judge_say(f, "; its limit of %s had not passed", judge_span(w->limit_s).s);
    }
}
