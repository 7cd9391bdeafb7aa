/* fate.c - what to look for in the server's log when only it knows what became of a mail. */
#include "report/diagnose/fate.h"

#include <string.h>

#include "report/stamp.h"

enum { TO_THE_SECOND = 19, DATE = 11, LOG_SLACK_S = 5 };

/* "2026-03-10T14:02:11"; a report says the same everywhere, so not in local time. */
static void second_of(char out[STAMP_MAX], int64_t ns)
{
    stamp_utc(out, ns);
    out[TO_THE_SECOND] = '\0';
}

void fate_say(struct judge *j, struct finding *f, const struct transaction *tx, struct mark from,
              struct mark until)
{
    const int64_t slack = (int64_t)LOG_SLACK_S * 1000000000;
    char client[ADDRESS_TEXT_MAX], first[STAMP_MAX], last[STAMP_MAX];
    bool same_day;

    second_of(first, from.time_ns);
    second_of(last, until.time_ns + slack);
    same_day = memcmp(first, last, DATE) == 0;
    address_format(&j->s->end[SIDE_CLIENT].address, client);
    judge_say(f, "; look in the server's log for ");
    if (tx && tx->queue_id.len) {
        judge_say_wire(f, tx->queue_id);
    } else {
        judge_say(f, "%s", client);
        if (tx && tx->from.len > 2) {
            judge_say(f, " and ");
            judge_say_wire(f, tx->from);
        }
    }
    judge_say(f, " from %s to %s UTC", first, same_day ? last + DATE : last);
}
