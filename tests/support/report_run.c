/* report_run.c - sessions made by hand through the fleet and one writer, as a run does it. */
#include "tests/support/report_run.h"

#define HOUR_NS  INT64_C(3600000000000)
#define BEGIN_NS (CASE_START - 1031200 * CASE_MS) /* 13:45:00 */
#define END_NS   (BEGIN_NS + HOUR_NS)

static enum case_kind kind_of(const struct report_run *run, size_t i, int64_t at)
{
    if (i % 11 == 3) {
        return CASE_ENCRYPTED;
    }
    if (!run->faults) {
        return i % 50 == 7 ? CASE_LOSSY : CASE_COMPLETED;
    }
    if (i % 5 == 0 && at >= CASE_START) {
        return at > END_NS - 600000 * CASE_MS ? CASE_WAITING : CASE_NO_REPLY;
    }
    return i % 20 == 1 ? CASE_RESET : i % 30 == 2 ? CASE_REJECTED : CASE_COMPLETED;
}

bool report_run(const struct report_run *run, const struct settings *settings, struct writer *w,
                struct fail *fail)
{
    struct mark first = {1, BEGIN_NS + 18204000}, last = {96417, END_NS};
    struct fleet *fleet = fleet_new(settings);
    struct case_source source;
    bool ok;

    case_source_init(&source);
    w->class->begin(w, settings);
    for (size_t i = 0; i < run->count; i++) {
        int64_t at = first.time_ns + HOUR_NS / (int64_t)run->count * (int64_t)i;
        struct session *s = report_case(kind_of(run, i, at), i + 1, at, run->greeting);
        if (run->peers) {
            s->end[SIDE_SERVER].address.bytes[2] = (uint8_t)(i % run->peers / 200);
            s->end[SIDE_SERVER].address.bytes[3] = (uint8_t)(i % run->peers % 200);
        }
        fleet_add(fleet, s);
        w->class->session(w, s);
        session_free(s);
    }
    fleet_finish(fleet, first, last);
    struct report_end end = {
        .source = &source.source,
        .fleet = fleet,
        .packets = 96417,
        .mail_packets = 90000,
        .sessions = run->count,
        .first = first,
        .last = last,
        .complete = true,
    };
    ok = w->class->end(w, &end, fail);
    fleet_free(fleet);
    return ok;
}
