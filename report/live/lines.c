/* lines.c - what live and replay say while they run: one line per event.
 *
 * A line stamps the moment the event happened, not the one at which we noticed. What was told of an
 * open session is remembered until it ends, so nothing is told twice; both tables are bounded, and
 * beyond the bound lines are left out, never the session's place in the reports.
 *
 * BUGS: finding numbers (F1) are given when the capture ends, so lines name rules instead.
 */
#include "report/live/lines.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "report/diagnose/diagnose.h"
#include "report/diagnose/rules.h"
#include "report/escape.h"
#include "report/live/silence.h"
#include "report/words.h"

static const int64_t SECOND_NS = 1000000000;

enum {
    WAIT_TOLD_S = 10, /* a session is told when it has waited so long */
    GROUP_TOLD = 3,   /* a peer, when so many of its sessions wait, the oldest that long */
    STATUS_EVERY_S = 60,
    DROPS_EVERY_S = 10,
    SILENCE_EVERY_S = 10,
    LOOKS_A_SECOND = 8192, /* open sessions looked at: those packed have to be unpacked for it */
    WAITS_MAX = 65536,     /* waiting sessions remembered */
    GROUPS_MAX = 1024,     /* peers with waiting sessions, and rules with peers */
    LINE_MAX = 1024,
};

/* A session that waits. */
struct waiter {
    uint64_t session;
    int64_t since_ns;
    bool told, limit_told;
};

/* Sessions of one server that wait for the same. */
struct crowd {
    struct endpoint server;
    enum phase phase;
    const char *what;
    uint64_t count;
    int64_t oldest_ns;
    bool open; /* told */
};

/* Sessions that ended with the same rule at the same server. */
struct repeat {
    char rule[FINDING_ID_MAX];
    struct endpoint server;
    uint64_t count;
};

struct lines {
    FILE *out;
    const struct settings *settings;
    int64_t now_ns, looked_ns, status_ns, drops_ns;
    uint64_t looks; /* sessions looked at the last time */
    uint64_t dropped;
    int64_t mail_ns;                   /* the last mail of the sessions that are open */
    int64_t silence_ns;                /* when it was asked whether mail has stopped coming */
    bool silent;                       /* told */
    int64_t probe_ns[PROBES_MAX];      /* when its latest session was seen open */
    bool probe_missing[PROBES_MAX];    /* told */
    int64_t probe_good_ns[PROBES_MAX]; /* the last one that had gone well then */
    struct waiter *waiters, *before;   /* of this look and the one before, by session */
    size_t waiter_count, before_count;
    struct crowd crowds[GROUPS_MAX];
    size_t crowd_count;
    struct repeat repeats[GROUPS_MAX];
    size_t repeat_count, repeat_next; /* next: where to look for one that makes room */
};

struct lines *lines_new(FILE *out, const struct settings *settings)
{
    struct lines *l = calloc(1, sizeof(*l));
    if (!l) {
        return NULL;
    }
    l->waiters = calloc(WAITS_MAX, sizeof(*l->waiters));
    l->before = calloc(WAITS_MAX, sizeof(*l->before));
    l->out = out;
    l->settings = settings;
    l->looked_ns = l->status_ns = l->drops_ns = l->silence_ns = INT64_MIN;
    if (!l->waiters || !l->before) {
        lines_free(l);
        return NULL;
    }
    return l;
}

void lines_free(struct lines *l)
{
    if (l) {
        free(l->waiters);
        free(l->before);
        free(l);
    }
}

bool lines_closed(const struct lines *l)
{
    return ferror(l->out) != 0;
}

/* --- one line --- */

/* format is ours; wire text in its arguments is escaped already. */
__attribute__((format(printf, 4, 5))) static void put(struct lines *l, int64_t at_ns,
                                                      const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(l->out, "%s %-8s ", words_clock(l->settings, at_ns, 3).s, tag);
    vfprintf(l->out, format, args);
    fputc('\n', l->out);
    fflush(l->out);
    va_end(args);
}

/* "192.0.2.10:40412", "[2001:db8::1]:40412" */
static struct words endpoint_words(const struct endpoint *e)
{
    char address[ADDRESS_TEXT_MAX];
    struct words w;
    address_format(&e->address, address);
    words_put(w.s, sizeof(w.s), e->address.family == 6 ? "[%s]:%u" : "%s:%u", address,
              (unsigned)e->port);
    return w;
}

static bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

/* Seconds without false precision: "10 s", "558.1 s". */
static struct words wait_words(int64_t ns)
{
    return ns % SECOND_NS == 0 ? words_limit((double)ns / 1e9) : words_duration_ns(ns);
}

/* --- sessions that wait --- */

static int by_session(const void *a, const void *b)
{
    const struct waiter *x = a, *y = b;
    return (x->session > y->session) - (x->session < y->session);
}

static void put_waiting(struct lines *l, const struct session *s, const char *tag, int64_t since_ns,
                        int64_t waited_ns, const char *what)
{
    put(l, since_ns + waited_ns, tag, "%s %s > %s  %s without %s", words_session(s->id).s,
        endpoint_words(&s->end[SIDE_CLIENT]).s, endpoint_words(&s->end[SIDE_SERVER]).s,
        wait_words(waited_ns).s, what);
}

/* Counts the session in its server's crowd. */
static void join_crowd(struct lines *l, const struct session *s, const struct silence *silence)
{
    size_t i = 0;
    while (i < l->crowd_count &&
           (l->crowds[i].phase != silence->phase || l->crowds[i].what != silence->what ||
            !endpoint_same(&l->crowds[i].server, &s->end[SIDE_SERVER]))) {
        i++;
    }
    if (i == GROUPS_MAX) {
        return;
    }
    struct crowd *crowd = &l->crowds[i];
    if (i == l->crowd_count) {
        *crowd = (struct crowd){s->end[SIDE_SERVER], silence->phase, silence->what, 0, 0, false};
        l->crowd_count++;
    }
    if (crowd->count == 0 || silence->since_ns < crowd->oldest_ns) {
        crowd->oldest_ns = silence->since_ns;
    }
    crowd->count++;
}

/* One open session; a session_sink for dissect_each_open. */
static void look_at(void *ctx, struct session *s)
{
    struct lines *l = ctx;
    struct silence silence;
    l->looks++;
    l->mail_ns = fleet_mail_of(s) > l->mail_ns ? fleet_mail_of(s) : l->mail_ns;
    for (size_t i = 0; i < l->settings->probe_count; i++) {
        if (address_equal(&l->settings->probes[i].client, &s->end[SIDE_CLIENT].address)) {
            l->probe_ns[i] = l->now_ns;
        }
    }
    if (!silence_of(l->settings, s, &silence) || l->now_ns - silence.since_ns < SECOND_NS) {
        return;
    }
    join_crowd(l, s, &silence);
    if (l->now_ns - silence.since_ns < WAIT_TOLD_S * SECOND_NS || l->waiter_count == WAITS_MAX) {
        return;
    }
    struct waiter key = {.session = s->id};
    const struct waiter *old = bsearch(&key, l->before, l->before_count, sizeof(key), by_session);
    struct waiter *now = &l->waiters[l->waiter_count++];
    *now = old && old->since_ns == silence.since_ns
               ? *old
               : (struct waiter){s->id, silence.since_ns, false, false};
    if (!now->told) {
        put_waiting(l, s, "waiting", now->since_ns, WAIT_TOLD_S * SECOND_NS, silence.what);
        now->told = true;
    }
    int64_t limit_ns = (int64_t)(silence.limit_s * 1e9);
    if (!now->limit_told && limit_ns > 0 && l->now_ns - now->since_ns >= limit_ns) {
        put_waiting(l, s, "timeout", now->since_ns, limit_ns, silence.what);
        now->limit_told = true;
    }
}

/* Peers that keep many waiting, and those that no longer do. */
static void tell_crowds(struct lines *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->crowd_count; i++) {
        struct crowd *crowd = &l->crowds[i];
        int64_t oldest_ns = l->now_ns - crowd->oldest_ns;
        if (!crowd->open && crowd->count >= GROUP_TOLD && oldest_ns >= WAIT_TOLD_S * SECOND_NS) {
            put(l, l->now_ns, "OPEN", "%s  %s wait for the %s, the longest for %s",
                endpoint_words(&crowd->server).s, words_counted(crowd->count, "session").s,
                crowd->what, words_duration_ns(oldest_ns).s);
            crowd->open = true;
        } else if (crowd->open && crowd->count == 0) {
            put(l, l->now_ns, "closed", "%s  no session waits for the %s any more",
                endpoint_words(&crowd->server).s, crowd->what);
            crowd->open = false;
        }
        if (crowd->open || crowd->count > 0) {
            l->crowds[kept++] = *crowd;
        }
    }
    l->crowd_count = kept;
}

/* From time to time: how it stands. */
static void tell_status(struct lines *l)
{
    int64_t oldest_ns = INT64_MAX;
    if (l->waiter_count == 0) {
        l->status_ns = l->now_ns;
        return;
    }
    if (l->status_ns == INT64_MIN || l->now_ns - l->status_ns < STATUS_EVERY_S * SECOND_NS) {
        return;
    }
    for (size_t i = 0; i < l->waiter_count; i++) {
        oldest_ns = l->waiters[i].since_ns < oldest_ns ? l->waiters[i].since_ns : oldest_ns;
    }
    put(l, l->now_ns, "status", "%s waiting, the longest for %s",
        words_counted(l->waiter_count, "session").s, words_duration_ns(l->now_ns - oldest_ns).s);
    l->status_ns = l->now_ns;
}

/* Mail that has stopped coming, and that comes again (mail-silence). */
static void tell_silence(struct lines *l, const struct fleet *fleet)
{
    struct fleet_silence silence;
    if (l->silence_ns != INT64_MIN && l->now_ns - l->silence_ns < SILENCE_EVERY_S * SECOND_NS) {
        return;
    }
    l->silence_ns = l->now_ns;
    bool silent = fleet_is_silent(fleet, l->mail_ns, &silence);
    if (silent && !l->silent) {
        put(l, l->now_ns, "OPEN",
            "%s mail-silence: no mail since %s, before that every %s; %s came up meanwhile and "
            "brought none",
            severity_words[rules_find("mail-silence")->severity],
            words_clock(l->settings, silence.since_ns, 0).s, words_limit(silence.usual_s).s,
            words_counted(silence.tries, "connection").s);
    } else if (!silent && l->silent) {
        put(l, l->now_ns, "closed", "mail-silence: mail was begun again, or may have been");
    }
    l->silent = silent;
}

/* Checks that stay away (synthetic-probe-failed); one that failed has a line of its own. What was
 * over before counted_ns was counted; one that was open since may have gone well. */
static void tell_probes(struct lines *l, const struct fleet *fleet, int64_t counted_ns)
{
    for (size_t i = 0; i < l->settings->probe_count; i++) {
        int64_t good_ns;
        bool missing = fleet_probe_missing(fleet, i, counted_ns, &good_ns);
        char client[ADDRESS_TEXT_MAX];
        if (missing == l->probe_missing[i] || (missing && l->probe_ns[i] >= counted_ns) ||
            (!missing && good_ns == l->probe_good_ns[i])) {
            continue; /* where packets were lost meanwhile nothing says that one went well */
        }
        address_format(&l->settings->probes[i].client, client);
        if (missing) {
            put(l, l->now_ns, "OPEN",
                "%s synthetic-probe-failed %s: none of its checks went well since %s, where one is "
                "expected every %s",
                severity_words[rules_find("synthetic-probe-failed")->severity], client,
                words_clock(l->settings, good_ns, 0).s,
                words_limit(l->settings->probes[i].seconds).s);
        } else {
            put(l, l->now_ns, "closed", "synthetic-probe-failed %s: a check went well again",
                client);
        }
        l->probe_missing[i] = missing;
        l->probe_good_ns[i] = good_ns;
    }
}

void lines_clock(struct lines *l, struct dissect *dissect, const struct fleet *fleet,
                 int64_t now_ns)
{
    int64_t apart_ns = (int64_t)(1 + l->looks / LOOKS_A_SECOND) * SECOND_NS;
    if (l->looked_ns != INT64_MIN && now_ns - l->looked_ns < apart_ns) {
        return;
    }
    l->now_ns = l->looked_ns = now_ns;
    l->looks = 0;
    l->mail_ns = INT64_MIN;
    struct waiter *swap = l->before;
    l->before = l->waiters;
    l->before_count = l->waiter_count;
    l->waiters = swap;
    l->waiter_count = 0;
    for (size_t i = 0; i < l->crowd_count; i++) {
        l->crowds[i].count = 0;
    }
    dissect_each_open(dissect, look_at, l);
    qsort(l->waiters, l->waiter_count, sizeof(*l->waiters), by_session);
    tell_crowds(l);
    tell_status(l);
    tell_silence(l, fleet);
    if (dissect_now(dissect) != INT64_MIN) {
        tell_probes(l, fleet, dissect_now(dissect) - LIMIT_LINGER_SECONDS * SECOND_NS);
    }
}

/* --- sessions that are over --- */

/* How often this rule met this server; 0 when the table is full. */
static uint64_t count_repeat(struct lines *l, const struct finding *f, const struct session *s)
{
    size_t i = 0;
    while (i < l->repeat_count && (strcmp(l->repeats[i].rule, f->id) != 0 ||
                                   !endpoint_same(&l->repeats[i].server, &s->end[SIDE_SERVER]))) {
        i++;
    }
    bool fresh = i == l->repeat_count;
    for (size_t k = 0; i == GROUPS_MAX && k < GROUPS_MAX; k++) {
        size_t next = l->repeat_next++ % GROUPS_MAX;
        i = l->repeats[next].count < GROUP_TOLD ? next : i; /* one that was not told makes room */
    }
    if (i == GROUPS_MAX) {
        return 0;
    }
    if (fresh) {
        memcpy(l->repeats[i].rule, f->id, sizeof(f->id));
        l->repeats[i].server = s->end[SIDE_SERVER];
        l->repeats[i].count = 0;
        l->repeat_count += i == l->repeat_count;
    }
    return ++l->repeats[i].count;
}

/* What a session's line is about: its primary finding, else the worst one that flags it. */
static const struct finding *told_finding(const struct diagnosis *d)
{
    if (d->primary || !d->flagged) {
        return d->primary;
    }
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !rules_is_quality(f->rule)) {
            return f;
        }
    }
    return NULL;
}

void lines_session(void *lines, const struct session *s)
{
    struct lines *l = lines;
    const struct diagnosis *d = diagnosis_of(s);
    const struct finding *f = d ? told_finding(d) : NULL;
    char summary[LINE_MAX];
    if (!f || s->ended == SESSION_INPUT_ENDED) {
        return; /* the summary tells those that were open */
    }
    escape_plain(summary, sizeof(summary), bytes_of_text(f->summary));
    put(l, s->last.time_ns, outcome_words[d->outcome], "%s %s > %s  %s %s: %s",
        words_session(s->id).s, endpoint_words(&s->end[SIDE_CLIENT]).s,
        endpoint_words(&s->end[SIDE_SERVER]).s, severity_words[f->severity], f->id, summary);
    if (count_repeat(l, f, s) == GROUP_TOLD) {
        put(l, s->last.time_ns, "OPEN", "%s %s %s: %d sessions ended so",
            severity_words[f->severity], f->id, endpoint_words(&s->end[SIDE_SERVER]).s, GROUP_TOLD);
    }
}

void lines_dropped(struct lines *l, uint64_t dropped, uint64_t packets, int64_t now_ns)
{
    bool soon = l->drops_ns != INT64_MIN && now_ns - l->drops_ns < DROPS_EVERY_S * SECOND_NS;
    if (dropped <= l->dropped || soon) {
        return;
    }
    put(l, now_ns, "drops",
        "%s lost since the start (%.1f %%); what is told of this time is "
        "uncertain",
        words_counted(dropped, "packet").s, 100 * (double)dropped / (double)(packets + dropped));
    l->dropped = dropped;
    l->drops_ns = now_ns;
}
