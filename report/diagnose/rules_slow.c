/* rules_slow.c - replies that came, late. */
#include <math.h>

#include "report/diagnose/rules_all.h"
#include "report/diagnose/waiting_words.h"

static bool is_slow(const struct wait *w, enum severity *severity)
{
    bool eod = w->phase == PHASE_EOD;

    if (w->seconds < threshold(eod ? THRESHOLD_SLOW_EOD_NOTICE : THRESHOLD_SLOW_NOTICE)) {
        return false;
    }
    *severity = w->seconds < threshold(eod ? THRESHOLD_SLOW_EOD_WARNING : THRESHOLD_SLOW_WARNING)
                    ? SEVERITY_NOTICE
                    : SEVERITY_WARNING;
    return true;
}

/* Replies that all took the same time, whatever was asked: no load does that, a setting does. */
static unsigned equal_waits(const struct judge *j, const struct wait *like)
{
    unsigned n = 0;

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        n += w->owner == PARTY_SERVER && w->outstanding && w->ended_by &&
             w->ended_by->kind == EVENT_REPLY && w->phase != PHASE_GREETING &&
             fabs(w->seconds - like->seconds) <= threshold(THRESHOLD_TARPIT_SPREAD);
    }
    return n;
}

/* The longest of each phase; the greeting has a rule of its own, QUIT does not matter. */
void rule_slow_reply(struct judge *j, const struct rule *rule)
{
    const struct wait *longest[PHASE_COUNT] = {NULL};

    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->owner == PARTY_SERVER && w->outstanding && w->ended_by &&
            w->ended_by->kind == EVENT_REPLY && w->phase != PHASE_GREETING &&
            w->phase != PHASE_QUIT && w->phase != PHASE_TLS &&
            w->ended_by == waiting_reply_to(w->outstanding) &&
            !(j->given_up && j->given_up->until.time_ns <= w->until.time_ns) &&
            (!longest[w->phase] || w->seconds > longest[w->phase]->seconds)) {
            longest[w->phase] = w;
        }
    }
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        const struct wait *w = longest[phase];
        enum severity severity;
        struct finding *f;

        if (!w || !is_slow(w, &severity) || !judge_trusts_silence(j, SIDE_SERVER, w->from)) {
            continue;
        }
        f = judge_raise(j, rule, w->phase, w->from);
        f->severity = severity;
        f->waited_s = w->seconds;
        judge_show_at(f, w->outstanding, w->outstanding->last);
        judge_show(f, w->ended_by);
        judge_say(f, "the reply to %s took %s", waiting_asked(w), judge_span(w->seconds).s);
        if (equal_waits(j, w) >= threshold(THRESHOLD_TARPIT_COUNT)) {
            f->points_to = PARTY_POLICY;
            judge_say(f,
                      "; %u replies of this session took as long to within 50 ms: a deliberate "
                      "pause (tarpit)",
                      equal_waits(j, w));
        }
    }
}

void rule_greeting_delay(struct judge *j, const struct rule *rule)
{
    const struct event *g = j->s->smtp.greeting;
    struct mark up = j->s->tcp.established;
    double first, whole;
    struct finding *f;

    if (!g || g->facts->reply.code != 220 || !up.packet || g->last.time_ns < up.time_ns) {
        return;
    }
    first = judge_seconds(up, g->first);
    whole = judge_seconds(up, g->last);
    if (whole < threshold(THRESHOLD_GREETING_NOTICE)) {
        return;
    }
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->phase == PHASE_GREETING && w->owner != PARTY_SERVER) {
            return; /* the network's doing */
        }
    }
    if (first < 1 && g->facts->reply.lines > 1 && judge_raised(j, "early-talker")) {
        return; /* the test did what it is for */
    }
    f = judge_raise(j, rule, PHASE_GREETING, up);
    f->waited_s = whole;
    judge_show(f, g);
    judge_show_at(f, g, g->last);
    if (first < 1 && g->facts->reply.lines > 1) {
        f->severity = SEVERITY_INFO;
        judge_say(
            f,
            "the first line of the greeting came at once, the rest after %s: the pregreet test of "
            "postscreen",
            judge_span(whole).s);
        return;
    }
    f->severity =
        whole < threshold(THRESHOLD_GREETING_WARNING) ? SEVERITY_NOTICE : SEVERITY_WARNING;
    judge_say(f, "the greeting came %s after the connection was up", judge_span(whole).s);
}
