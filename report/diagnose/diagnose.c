/* diagnose.c - one session judged: its course, every rule that applies, and which finding is the
 * cause.
 *
 * The first cause wins (catalogue 0.5): among the findings that made success impossible the one
 * that happened first; of one instant the more basic kind. Where nothing made it fail, the worst
 * finding of warning or more is the chief one. Capture quality is never primary and flags nothing.
 */
#include "report/diagnose/diagnose.h"

#include <string.h>

#include "report/diagnose/acquaintance.h"
#include "report/diagnose/judge.h"
#include "report/diagnose/memory.h"
#include "report/diagnose/outcome.h"
#include "report/diagnose/refusals.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"
#include "report/diagnose/trust.h"

/* Another protocol's replies, beginnings and ends are not odd. Where the client said nothing it may
 * be mail after all, ill begun. */
static unsigned kind_of(const struct judge *j)
{
    bool is_other = j->s->not_smtp && j->s->smtp.first_client.packet;

    return j->course.has & ~(is_other ? NEEDS_ODD_REPLY | NEEDS_EARLY | NEEDS_ABRUPT : 0u);
}

/* A hundred rules are nothing but the meaning of a refusal, and mostly one of them is meant: of
 * those that stand in a row, this and the ones behind it up to `until`, in the table's order. */
static void run_meanings(struct judge *j, const struct rule *rule, const struct rule *until)
{
    while (rule) {
        const struct rule *next = NULL;

        for (const struct refusal *r = refusals_of(j); r; r = r->next) {
            bool here = r->rule && r->rule->judge == rule_refused && r->rule >= rule &&
                        (!until || r->rule < until);
            if (here && (!next || r->rule < next)) {
                next = r->rule;
            }
        }
        if (next) {
            next->judge(j, next);
        }
        rule = next ? next + 1 : NULL;
    }
}

static void run_rules(struct judge *j)
{
    struct rule_list list = rules_for(kind_of(j));

    for (size_t i = 0; i < list.count; i++) {
        const struct rule *rule = list.rules[i];

        if (rule->judge == rule_refused) {
            run_meanings(j, rule, i + 1 < list.count ? list.rules[i + 1] : NULL);
        } else {
            rule->judge(j, rule);
        }
    }
}

/* A delay of the mail that only puts it off is no match for what refuses or loses mail. */
static bool is_error(const struct finding *f)
{
    return f->severity >= SEVERITY_ERROR;
}

/* f is the better primary than the one so far. */
static bool outranks(const struct finding *f, const struct finding *best)
{
    if (!best || f->fatal != best->fatal) {
        return !best || f->fatal;
    }
    if (f->fatal) {
        if (is_error(f) != is_error(best)) {
            return is_error(f);
        }
    } else if (f->severity != best->severity) {
        return f->severity > best->severity;
    }
    if (f->at.time_ns != best->at.time_ns) {
        return f->at.time_ns < best->at.time_ns;
    }
    return f->rule->cause < best->rule->cause;
}

static bool may_be_primary(const struct finding *f)
{
    return f->rule->cause != CAUSE_NONE && !f->unproven &&
           (f->fatal || f->suspect || f->severity >= SEVERITY_WARNING);
}

static void choose_primary(struct diagnosis *d)
{
    struct finding *best = NULL;

    for (struct finding *f = d->findings; f; f = f->next) {
        if (may_be_primary(f) && outranks(f, best)) {
            best = f;
        }
        if (f->severity >= SEVERITY_WARNING && !rules_is_quality(f->rule)) {
            d->flagged = true;
        }
    }
    if (best) {
        best->primary = true;
        d->primary = best;
    }
}

static bool comes_before(const struct finding *a, const struct finding *b)
{
    if (a->primary != b->primary) {
        return a->primary;
    }
    if (a->severity != b->severity) {
        return a->severity > b->severity;
    }
    if (rules_is_quality(a->rule) != rules_is_quality(b->rule)) {
        return rules_is_quality(b->rule); /* what happened, then how it was captured */
    }
    return a->at.time_ns < b->at.time_ns;
}

/* Insertion sort: a session has a handful of findings. Stable: equals stay in the table's order. */
static void sort_findings(struct diagnosis *d)
{
    struct finding *sorted = NULL;

    while (d->findings) {
        struct finding *f = d->findings, **at = &sorted;

        d->findings = f->next;
        while (*at && !comes_before(f, *at)) {
            at = &(*at)->next;
        }
        f->next = *at;
        *at = f;
    }
    d->findings = sorted;
}

const struct diagnosis *diagnose_session(const struct settings *settings, struct session *s)
{
    struct judge j = {.settings = settings, .s = s};

    j.d = diagnosis_begin(s);
    j.tail = &j.d->findings;
    j.d->capture = trust_capture_kind(s);
    j.d->vantage = trust_vantage(s);
    waiting_read(&j);
    traits_read(&j);
    run_rules(&j);
    choose_primary(j.d);
    sort_findings(j.d);
    outcome_decide(&j);
    acquaintance_learn(s);
    return j.d;
}
