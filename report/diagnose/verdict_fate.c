/* verdict_fate.c - what became of the mail of the sessions a verdict speaks of, and what would
 * change the verdict.
 *
 * Only what replies say: accepted means that a 2xx to the end of data was seen, refused a 4xx or
 * 5xx. Nothing is said of what happens behind the server, nor inside TLS.
 */
#include <string.h>

#include "report/diagnose/verdict_parts.h"
#include "report/words.h"

#define SAY(field, ...) words_put(field, sizeof(field), __VA_ARGS__)
#define AND(field, ...) words_add(field, sizeof(field), __VA_ARGS__)

/* "3 messages were" */
static struct words were(uint64_t n)
{
    struct words w = words_counted(n, "message");

    words_add(w.s, sizeof w.s, " %s", n == 1 ? "was" : "were");
    return w;
}

/* Sent whole, and without an answer in time. */
static void unanswered(struct verdict *v, const struct group_entry *e)
{
    uint64_t late =
        e->late_accepted < e->group.mail_unknown ? e->late_accepted : e->group.mail_unknown;
    uint64_t unknown = e->group.mail_unknown - late;

    v->mail = unknown ? "Unknown, may duplicate" : "A retry duplicates it";
    if (unknown) {
        SAY(v->fate, "Fate of %s is unknown; %s.", words_counted(unknown, "complete message").s,
            unknown > 1 ? "retries may deliver them twice" : "a retry may deliver it twice");
    }
    if (late) {
        AND(v->fate, "%s%s accepted, and the client does not know: a retry delivers %s twice.",
            unknown ? " " : "", were(late).s, late == 1 ? "it" : "them");
    }
    if (e->late_refused) {
        AND(v->fate, " %s refused after the client had left: a retry is safe.",
            were(e->late_refused).s);
    }
}

static void refused(struct verdict *v, const struct group_entry *e)
{
    if (!e->mails) {
        v->mail = "Not handed over";
        SAY(v->fate, "No mail was handed over in these sessions.");
    } else if (e->refused_for_good == e->group.sessions) {
        v->mail = "Refused";
        SAY(v->fate, "Refused for good with a 5xx: the sending side should return it.");
    } else if (!e->refused_for_good) {
        v->mail = "Put off";
        SAY(v->fate, "Put off with a 4xx: the sending side keeps it and should try again.");
    } else {
        v->mail = "Refused, or put off";
        SAY(v->fate, "Refused: what got a 5xx should be returned by the sending side, what got a "
                     "4xx tried again.");
    }
}

static void add_elsewhere(struct verdict *v, const struct verdict_case *c)
{
    const struct group_entry *twice = verdict_beside(c, "duplicate-delivery");
    const struct group_entry *let_in = verdict_beside(c, "greylist-behaviour");
    bool smuggled = strcmp(c->e->group.rule, "smuggling-accepted") == 0;
    bool grey = strcmp(c->e->group.rule, "greylisted") == 0;

    if (smuggled) {
        AND(v->fate, " What was smuggled in was taken for mail of its own.");
    } else if (twice) {
        AND(v->fate, " Mail was accepted here a second time (F%u).", twice->group.number);
    } else if (let_in && grey) {
        AND(v->fate, " A later attempt was let in (F%u).", let_in->group.number);
    } else if (c->waiting && c->e->group.phase == PHASE_EOD) {
        AND(v->fate, " That of %s is not decided yet.",
            words_counted(c->waiting, "more message").s);
    }
}

void verdict_fate(struct verdict *v, const struct verdict_case *c)
{
    const struct group_entry *e = c->proof;

    v->mail_unknown = e->group.mail_unknown;
    if (e->group.mail_unknown) {
        unanswered(v, e);
    } else if (e->accepted) {
        v->mail = "Accepted";
        SAY(v->fate, "%s accepted in these sessions", were(e->accepted).s);
        if (e->refused) {
            AND(v->fate, ", %s refused", words_count(e->refused).s);
        }
        if (e->not_to) {
            AND(v->fate, ", but not for %s of the %s", words_count(e->not_to).s,
                words_counted(e->to, "recipient").s);
        }
        AND(v->fate, ".");
    } else if (e->late_refused) {
        v->mail = "Refused";
        SAY(v->fate, "%s refused after the client had left: a retry is safe.",
            were(e->late_refused).s);
    } else if (e->rule->outcome == OUTCOME_REJECTED && e->rejections == e->group.sessions) {
        refused(v, e);
    } else if (e->group.phase == PHASE_DATA && e->group.severity >= SEVERITY_ERROR &&
               !e->contents) {
        v->mail = "Incomplete";
        SAY(v->fate, "What was being sent was not complete: the server cannot deliver it.");
    } else if (e->encrypted) {
        v->mail = "Inside TLS, not seen";
        SAY(v->fate, "What became of mail inside TLS cannot be seen.");
    } else if (!e->contents) {
        v->mail = "Not handed over";
        SAY(v->fate, "No mail was handed over in these sessions.");
    } else {
        v->mail = "All answered";
        SAY(v->fate, "No complete message was left without an answer in these sessions.");
    }
    add_elsewhere(v, c);
}

void verdict_doubt(struct verdict *v, const struct verdict_case *c)
{
    static const char *const texts[FAULTS] = {
        [FAULT_STUCK_APP] =
            "A device on the path that answers for the server (a proxy) would be the one that does "
            "not read.",
        [FAULT_ODD_APP] =
            "A capture made at the server that shows other replies leaving it: then a "
            "device on the path changed them.",
        [FAULT_SERVER_LEFT] = "A capture made at the server without these packets: then a device "
                              "on the path sent them.",
        [FAULT_REFUSED_TCP] = "A capture made at the server without these refusals: then a device "
                              "on the path sent them.",
        [FAULT_NO_CONNECTION] = "A capture made at the server that shows the SYNs arriving.",
        [FAULT_FORBIDDEN] = "Nothing but the owner of the filter.",
        [FAULT_PATH] = "A capture made at the other end that shows these packets arriving.",
        [FAULT_DEVICE] = "A capture made at the server that shows it sending the same.",
        [FAULT_CLIENT] = "A capture made at the client that shows other packets leaving it.",
        [FAULT_CLIENT_REFUSED] =
            "The server's log, if it names another reason than its reply does.",
        [FAULT_REPLY] = "The server's log, which says what the replies meant.",
        [FAULT_TLS] = "The log of the side that broke off, which names its reason.",
        [FAULT_EVERYBODY] = "A client with another way out, or another server, that still works.",
        [FAULT_OTHER] = "The logs of both sides.",
    };

    if (c->fault == FAULT_SILENT_APP || c->fault == FAULT_SLOW_APP) {
        SAY(v->doubt, "%s",
            c->proof->near_server
                ? "Nothing: the capture was made near the server, and no reply left it in time."
                : "A capture made at the server that shows the replies leaving it in time.");
    } else if (texts[c->fault]) {
        SAY(v->doubt, "%s", texts[c->fault]);
    }
}
