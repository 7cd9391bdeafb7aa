/* fleet_silence.c - mail that stops coming while connections still do (catalogue: mail-silence).
 *
 * Sessions come in the order of their end, so time is kept in steps of ten seconds, a day of them:
 * in which was mail begun, in which did a connection come up that brought none. Steps are read in
 * their order when they are a day old, or at the end; a live capture reads them ahead, in a copy.
 *
 *       mail  mail   mail                          come up, no mail    mail
 *     ----|-----|------|------------------------------|----|-----|-------|---->
 *         <-gap-><-gap->                               silence as far as
 *                                                      it is proven: until here
 *
 * A silence is as long as it is proven: until the last connection that came up. So a capture that
 * ends, an interface that is down, and a night without anybody say nothing. How long is too long
 * follows from the gaps before: five times the usual one as the catalogue says, and twice the
 * longest, because mail that comes at random has one gap in thirty that is five times the usual.
 * They must cover an hour: when a mailing is over nothing is wrong.
 *
 * What cannot be read may be mail: TLS that came up, sessions with holes, those captured from the
 * middle. It begins and ends like mail, and between that nothing is known.
 *
 * BUGS: a session that lasts longer than a day is not known in a file until it is over, and then
 * its first mails come too late.
 */
#include "report/diagnose/fleet_silence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/fleet_before.h"
#include "report/diagnose/fleet_raise.h"

enum {
    STEP_S = 10,
    STEPS = 8640, /* a day */
    GAPS = 512,
    SERVERS = 64,
};

/* Ten seconds. */
struct step {
    struct mark at; /* the last mail, else the first connection without */
    uint64_t session;
    uint32_t tries; /* connections that came up and brought no mail */
    bool mail;      /* begun, or may have been */
    bool hidden;    /* nothing is known of this time */
};

/* Where reading the steps has come to. */
struct reading {
    uint32_t gap[GAPS]; /* in steps; a ring */
    size_t gaps;        /* ever */
    bool running;       /* there is a last mail, and nothing is hidden behind it */
    int64_t mail_step;
    struct mark mail;
    uint64_t mail_session;
    struct sightings tries;       /* behind it; count: connections */
    uint64_t told;                /* silences */
    struct fleet_silence longest; /* of them */
    struct sightings seen;        /* in it */
};

struct rhythm {
    struct step steps[STEPS];
    bool running, is_void;
    int64_t newest;            /* number of the newest step */
    uint64_t servers[SERVERS]; /* that mail was sent to, by hash */
    struct reading reading;    /* up to the oldest step that is kept */
};

struct rhythm *rhythm_new(void)
{
    return calloc(1, sizeof(struct rhythm));
}

void rhythm_free(struct rhythm *r)
{
    free(r);
}

/* --- in order of time --- */

static int compare_gaps(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return a < b ? -1 : a > b;
}

/* Seconds without mail that are too many, and the usual ones. Infinite: too little is known. */
static double too_long(const struct reading *g, double *usual)
{
    size_t n = g->gaps < GAPS ? g->gaps : GAPS, middle;
    uint32_t sorted[GAPS];
    double all = 0;

    memcpy(sorted, g->gap, n * sizeof sorted[0]);
    qsort(sorted, n, sizeof sorted[0], compare_gaps);
    for (size_t i = 0; i < n; i++) {
        all += (double)sorted[i] * STEP_S;
    }
    if ((double)n < threshold(THRESHOLD_NO_MAIL_COUNT) ||
        all < threshold(THRESHOLD_NO_MAIL_BASIS)) {
        return INFINITY;
    }
    middle = n / 2;
    *usual = (double)sorted[middle] * STEP_S;
    return fmax(
        fmax(threshold(THRESHOLD_NO_MAIL_SPAN), threshold(THRESHOLD_NO_MAIL_TIMES) * *usual),
        2 * (double)sorted[n - 1] * STEP_S);
}

/* The silence since the last mail, or since that moment if it is later. */
static bool is_silence(const struct reading *g, int64_t since_ns, struct fleet_silence *out)
{
    const struct sightings *t = &g->tries;
    double seconds, usual = 0;

    if (!g->running || (double)t->count < threshold(THRESHOLD_NO_MAIL_TRIES)) {
        return false;
    }
    since_ns = g->mail.time_ns > since_ns ? g->mail.time_ns : since_ns;
    seconds = (double)(t->last.time_ns - since_ns) / 1e9;
    if (seconds <= threshold(THRESHOLD_NO_MAIL_SPAN) || seconds <= too_long(g, &usual)) {
        return false;
    }
    *out = (struct fleet_silence){since_ns, t->last.time_ns, t->count, seconds, usual};
    return true;
}

/* Mail comes again, or the capture ends. */
static bool close_silence(struct reading *g)
{
    struct fleet_silence silence;

    if (!is_silence(g, INT64_MIN, &silence)) {
        return false;
    }
    g->told++;
    if (silence.seconds > g->longest.seconds) {
        g->longest = silence;
        g->seen = g->tries;
        g->seen.first = g->mail;
        g->seen.first_session = g->mail_session;
    }
    return true;
}

static void read_step(struct reading *g, const struct step *s, int64_t number)
{
    if (s->mail) {
        if (g->running && !close_silence(g)) {
            g->gap[g->gaps++ % GAPS] = (uint32_t)(number - g->mail_step);
        }
        g->running = true;
        g->mail_step = number;
        g->mail = s->at;
        g->mail_session = s->session;
        g->tries = (struct sightings){0};
    } else if (s->hidden) {
        close_silence(g);
        g->running = false;
    } else if (s->tries) {
        sightings_add(&g->tries, s->at, s->session);
        g->tries.count += s->tries - 1;
    }
}

static const struct step *step_of(const struct rhythm *r, int64_t number)
{
    return &r->steps[(size_t)(number & INT64_MAX) % STEPS];
}

static void read_all(const struct rhythm *r, struct reading *g)
{
    for (int64_t n = r->newest - STEPS + 1; r->running && n <= r->newest; n++) {
        read_step(g, step_of(r, n), n);
    }
}

/* --- as sessions come --- */

static int64_t number_of(int64_t time_ns)
{
    return time_ns / (STEP_S * INT64_C(1000000000));
}

/* NULL: it lies more than a day back. */
static struct step *step_at(struct rhythm *r, int64_t number)
{
    if (!r->running || number - r->newest >= STEPS) {
        read_all(r, &r->reading);
        memset(r->steps, 0, sizeof r->steps);
        r->running = true;
        r->newest = number;
    }
    for (; r->newest < number; r->newest++) {
        struct step *oldest = &r->steps[(size_t)((r->newest + 1) & INT64_MAX) % STEPS];
        read_step(&r->reading, oldest, r->newest + 1 - STEPS);
        *oldest = (struct step){0};
    }
    return r->newest - number < STEPS ? &r->steps[(size_t)(number & INT64_MAX) % STEPS] : NULL;
}

static void hide(struct rhythm *r, int64_t from_ns, int64_t until_ns)
{
    int64_t from = number_of(from_ns), until = number_of(until_ns);

    for (from = until - from < STEPS ? from : until - STEPS + 1; from <= until; from++) {
        struct step *s = step_at(r, from);
        if (s) {
            s->hidden = true;
        }
    }
}

static void note_mail(struct rhythm *r, struct mark at, uint64_t session)
{
    struct step *s = step_at(r, number_of(at.time_ns));

    if (s && (!s->mail || at.time_ns > s->at.time_ns)) {
        s->mail = true;
        s->at = at;
        s->session = session;
    }
}

static void note_try(struct rhythm *r, const struct session *s)
{
    struct step *step = step_at(r, number_of(s->first.time_ns));

    if (step && !step->mail && (!step->tries || s->first.time_ns < step->at.time_ns)) {
        step->at = s->first;
        step->session = s->id;
    }
    if (step) {
        step->tries++;
    }
}

/* Some of what the client said could not be read. */
static bool is_hidden(const struct session *s)
{
    const struct tcp_side *client = &s->tcp.side[SIDE_CLIENT];

    return s->tcp.midstream || s->tcp.roles_guessed || client->gap_bytes || client->snapped ||
           s->folded || s->folded_transactions || s->limits ||
           (s->smtp.tls != TLS_NONE && s->tls.established && !session_is_opened(s));
}

/* It came up, and ended before our eyes without mail. */
static bool is_try(const struct session *s)
{
    return s->tcp.handshake == HANDSHAKE_COMPLETE && !s->not_smtp && s->ended != SESSION_EVICTED &&
           s->ended != SESSION_INPUT_ENDED;
}

void rhythm_add(struct rhythm *r, const struct session *s)
{
    const struct endpoint *server = &s->end[SIDE_SERVER];
    uint64_t id = watch_hash_address(&server->address, server->port);
    const struct transaction *tx = s->smtp.transactions;
    bool hidden = is_hidden(s) && diagnosis_of(s)->outcome != OUTCOME_TLS_FAILED;

    for (; tx; tx = tx->next) {
        note_mail(r, tx->first, s->id);
    }
    if (hidden) {
        note_mail(r, s->first, s->id);
        note_mail(r, s->last, s->id);
        hide(r, s->first.time_ns, s->last.time_ns);
    }
    if (hidden || s->smtp.transaction_count) {
        r->servers[id % SERVERS] = id;
    } else if (r->servers[id % SERVERS] == id && is_try(s)) {
        note_try(r, s);
    }
}

void rhythm_lost(struct rhythm *r, int64_t from_ns, int64_t until_ns)
{
    hide(r, from_ns, until_ns);
}

void rhythm_void(struct rhythm *r)
{
    r->is_void = true;
}

/* --- what it means --- */

int64_t fleet_mail_of(const struct session *s)
{
    const struct transaction *last = s->smtp.transactions_last;

    if (is_hidden(s)) {
        return s->last.time_ns;
    }
    return last ? last->first.time_ns : INT64_MIN;
}

bool fleet_is_silent(const struct fleet *f, int64_t open_mail_ns, struct fleet_silence *out)
{
    const struct rhythm *r = f->watch->rhythm;
    struct reading ahead = r->reading;

    read_all(r, &ahead);
    return !r->is_void && is_silence(&ahead, open_mail_ns, out);
}

void fleet_lost(struct fleet *f, int64_t from_ns, int64_t until_ns)
{
    f->lost_told = true;
    fleet_note_hole(f, from_ns, until_ns);
    rhythm_lost(f->watch->rhythm, from_ns, until_ns);
}

void fleet_judge_silence(struct fleet *f)
{
    struct rhythm *r = f->watch->rhythm;
    struct reading *g = &r->reading;
    struct group_entry *e;
    bool lasts;

    read_all(r, g);
    lasts = close_silence(g);
    if (r->is_void || !g->told ||
        !(e = fleet_raise(f, "mail-silence", &fleet_nobody, SIDE_SERVER, &g->seen))) {
        return;
    }
    e->group.open = lasts && g->longest.since_ns == g->mail.time_ns;
    SAY(e, "no mail was begun for %s, before that every %s; %s came up meanwhile and brought none",
        words_limit(floor(g->longest.seconds)).s, words_limit(g->longest.usual_s).s,
        words_counted(g->longest.tries, "connection").s);
    if (g->told > 1) {
        AND(e, "; so %s in this capture", words_counted(g->told, "time").s);
    }
}
