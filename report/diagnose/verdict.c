/* verdict.c - the one sentence about a capture: what, who, how much, and what was ruled out.
 *
 * It speaks of the first group that is the cause of failures. Each link of the chain says OK only
 * where packets of these very sessions prove it; else it stays unknown. All numbers come from the
 * group; the words for each kind of fault stand in one table below.
 */
#include "report/diagnose/verdict.h"

#include <assert.h>
#include <string.h>

#include "report/diagnose/fleet_state.h"
#include "report/words.h"

/* Kinds of fault, as far as the chain of links is concerned. */
enum fault {
    FAULT_SILENT_APP,  /* acknowledged, never answered */
    FAULT_STUCK_APP,   /* does not read */
    FAULT_SLOW_APP,    /* answered, late */
    FAULT_SERVER_LEFT, /* closed or reset */
    FAULT_REFUSED_TCP, /* no listener */
    FAULT_NO_CONNECTION,
    FAULT_FORBIDDEN,
    FAULT_PATH,
    FAULT_DEVICE,
    FAULT_CLIENT,
    FAULT_REPLY, /* an explicit refusal */
    FAULT_OTHER,
    FAULTS
};

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
    size_t a = strlen(s), b = strlen(suffix);

    return a >= b && strcmp(s + a - b, suffix) == 0;
}

static enum fault fault_of_server(const char *id)
{
    if (has_prefix(id, "zero-window-stall") || strcmp(id, "data-block-timeout") == 0) {
        return FAULT_STUCK_APP;
    }
    if (strcmp(id, "server-timeout-too-short") == 0) {
        return FAULT_SERVER_LEFT;
    }
    if (has_suffix(id, "-timeout") || strcmp(id, "duplicate-delivery-risk") == 0) {
        return FAULT_SILENT_APP;
    }
    if (has_prefix(id, "slow-reply") || strcmp(id, "greeting-delay") == 0) {
        return FAULT_SLOW_APP;
    }
    if (has_prefix(id, "tcp-reset") || has_prefix(id, "server-closed")) {
        return FAULT_SERVER_LEFT;
    }
    if (strcmp(id, "connect-refused") == 0 || strcmp(id, "connect-port-unreachable") == 0) {
        return FAULT_REFUSED_TCP;
    }
    return FAULT_REPLY;
}

static enum fault fault_of(const struct group_entry *e)
{
    const struct group *g = &e->group;

    switch (g->points_to) {
    case PARTY_CLIENT:
        return FAULT_CLIENT;
    case PARTY_SERVER:
        return fault_of_server(g->rule);
    case PARTY_NETWORK:
        return has_prefix(g->rule, "connect-") ? FAULT_NO_CONNECTION : FAULT_PATH;
    case PARTY_MIDDLEBOX:
        return FAULT_DEVICE;
    case PARTY_POLICY:
        return has_prefix(g->rule, "connect-") ? FAULT_FORBIDDEN : FAULT_REPLY;
    case PARTY_UNKNOWN:
        return e->rule->outcome == OUTCOME_REJECTED ? FAULT_REPLY : FAULT_OTHER;
    case PARTY_COUNT:
        break;
    }
    return FAULT_OTHER;
}

static void set_link(struct verdict *v, enum link link, enum link_state state, const char *text)
{
    v->chain[link].state = state;
    words_put(v->chain[link].text, sizeof v->chain[link].text, "%s", text);
}

#define SAY_LINK(v, link, ...)                                                                     \
    words_put((v)->chain[link].text, sizeof(v)->chain[link].text, __VA_ARGS__)

/* What the sending side had sent when the answer failed to come. */
static const char *last_sent(enum phase phase)
{
    static const char *const words[PHASE_COUNT] = {
        [PHASE_CONNECT] = "its SYN",     [PHASE_GREETING] = "nothing yet: the server speaks first",
        [PHASE_EHLO] = "its hello",      [PHASE_STARTTLS] = "STARTTLS",
        [PHASE_TLS] = "its TLS records", [PHASE_AUTH] = "AUTH",
        [PHASE_MAIL] = "MAIL FROM",      [PHASE_RCPT] = "RCPT TO",
        [PHASE_DATA_INIT] = "DATA",      [PHASE_DATA] = "content",
        [PHASE_EOD] = "the final \".\"", [PHASE_IDLE] = "its commands",
        [PHASE_QUIT] = "QUIT",
    };

    return words[phase];
}

/* The path carried these sessions' bytes: every byte acknowledged, and how well. */
static void path_by_evidence(struct verdict *v, const struct group_entry *e)
{
    if (!e->all_acked || e->group.unproven) {
        set_link(v, LINK_PATH, LINK_UNKNOWN, "these packets do not tell");
        return;
    }
    v->chain[LINK_PATH].state = LINK_OK;
    if (e->rtt_s >= 0) {
        SAY_LINK(v, LINK_PATH, "RTT %s, ", words_duration(e->rtt_s).s);
    }
    if (!e->segments) {
        words_add(v->chain[LINK_PATH].text, sizeof v->chain[LINK_PATH].text,
                  "the handshake completed");
        return;
    }
    words_add(v->chain[LINK_PATH].text, sizeof v->chain[LINK_PATH].text,
              "every byte acknowledged, %.2f %% sent again",
              100.0 * (double)e->retransmits / (double)e->segments);
}

static void tcp_by_evidence(struct verdict *v, const struct group_entry *e)
{
    if (!e->all_acked || e->group.unproven) {
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "these packets do not tell");
    } else if (e->ack_s >= 0) {
        v->chain[LINK_SERVER_TCP].state = LINK_OK;
        SAY_LINK(v, LINK_SERVER_TCP, "acknowledged everything, within %s",
                 words_duration(e->ack_s).s);
    } else {
        set_link(v, LINK_SERVER_TCP, LINK_OK,
                 e->segments ? "acknowledged everything" : "accepted the connection");
    }
}

static void client_sent(struct verdict *v, const struct group *g)
{
    v->chain[LINK_CLIENT].state = LINK_OK;
    SAY_LINK(v, LINK_CLIENT, "%s%s", g->phase == PHASE_GREETING ? "" : "sent ",
             g->phase == PHASE_GREETING ? "waited: the server speaks first" : last_sent(g->phase));
}

/* "no reply for 600 s, 214 of 214 sessions" */
static void app_silent(struct verdict *v, const struct group *g, const char *what)
{
    v->chain[LINK_SERVER_APP].state = LINK_FAILED;
    SAY_LINK(v, LINK_SERVER_APP, "%s", what);
    if (g->longest_s > 0) {
        words_add(v->chain[LINK_SERVER_APP].text, sizeof v->chain[LINK_SERVER_APP].text,
                  " for up to %s", words_duration(g->longest_s).s);
    }
    words_add(v->chain[LINK_SERVER_APP].text, sizeof v->chain[LINK_SERVER_APP].text, ", %s of %s",
              words_count(g->sessions).s, words_counted(g->of, "session").s);
}

static void chain(struct verdict *v, const struct group_entry *e, enum fault fault)
{
    const struct group *g = &e->group;

    for (int i = 0; i < LINKS; i++) {
        set_link(v, (enum link)i, LINK_UNKNOWN, "these packets do not tell");
    }
    switch (fault) {
    case FAULT_SILENT_APP:
        client_sent(v, g);
        path_by_evidence(v, e);
        tcp_by_evidence(v, e);
        app_silent(v, g, "no reply");
        break;
    case FAULT_STUCK_APP:
        client_sent(v, g);
        set_link(v, LINK_PATH, LINK_OK, "window updates and probes came through");
        set_link(v, LINK_SERVER_TCP, LINK_OK, "answered every probe with a closed window");
        app_silent(v, g, "did not read");
        break;
    case FAULT_SLOW_APP:
        client_sent(v, g);
        path_by_evidence(v, e);
        tcp_by_evidence(v, e);
        app_silent(v, g, "silent");
        v->chain[LINK_SERVER_APP].state = LINK_SUSPECT;
        break;
    case FAULT_SERVER_LEFT:
        client_sent(v, g);
        set_link(v, LINK_SERVER_TCP, LINK_SUSPECT, "ended the connection");
        set_link(v, LINK_SERVER_APP, LINK_SUSPECT, "said nothing before the end");
        break;
    case FAULT_REFUSED_TCP:
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYN");
        if (e->rtt_s < 0) {
            set_link(v, LINK_PATH, LINK_OK, "the refusal came back");
        }
        set_link(v, LINK_SERVER_TCP, LINK_FAILED,
                 "refuses: nothing listens, or a firewall rejects");
        set_link(v, LINK_SERVER_APP, LINK_UNKNOWN, "never reached");
        break;
    case FAULT_NO_CONNECTION:
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYNs");
        set_link(v, LINK_PATH, LINK_SUSPECT, "no answer came back");
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "down, or the SYN never arrived");
        set_link(v, LINK_SERVER_APP, LINK_UNKNOWN, "never reached");
        break;
    case FAULT_FORBIDDEN:
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYN");
        set_link(v, LINK_PATH, LINK_FAILED, "a filter on it says so");
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "never reached");
        set_link(v, LINK_SERVER_APP, LINK_UNKNOWN, "never reached");
        break;
    case FAULT_PATH:
        client_sent(v, g);
        set_link(v, LINK_PATH, LINK_FAILED, "what was sent is not acknowledged");
        break;
    case FAULT_DEVICE:
        client_sent(v, g);
        set_link(v, LINK_PATH, LINK_FAILED, "a device on it interferes");
        break;
    case FAULT_CLIENT:
        v->chain[LINK_CLIENT].state = LINK_FAILED;
        SAY_LINK(v, LINK_CLIENT, "%s, %s of %s", e->rule->title, words_count(g->sessions).s,
                 words_counted(g->of, "session").s);
        path_by_evidence(v, e);
        tcp_by_evidence(v, e);
        break;
    case FAULT_REPLY:
        path_by_evidence(v, e);
        tcp_by_evidence(v, e);
        v->chain[LINK_SERVER_APP].state = LINK_SUSPECT;
        SAY_LINK(v, LINK_SERVER_APP, "answers and refuses, %s of %s", words_count(g->sessions).s,
                 words_counted(g->of, "session").s);
        break;
    case FAULT_OTHER:
    case FAULTS:
        break;
    }
}

/* The name it gave itself and its address; the name is left out where it does not fit. Returns the
 * length. */
static size_t put_peer(char *out, size_t size, const struct group *g)
{
    char address[ADDRESS_TEXT_MAX];
    size_t name = strlen(g->peer_name);

    address_format(&g->peer, address);
    if (!name || name + strlen(address) + sizeof " ()" > size) {
        words_put(out, size, "%s", address);
        return strlen(out);
    }
    memcpy(out, g->peer_name, name);
    words_put(out + name, size - name, " (%s)", address);
    return strlen(out);
}

enum { EXTENT_MAX = 48 }; /* ", in 1,234,567 of 12,345,678 sessions" */

/* The rule's words with the peer in the place of @. */
static void headline(struct verdict *v, const struct group_entry *e)
{
    const struct group *g = &e->group;
    const char *words = e->rule->headline, *at = strchr(words, '@');
    size_t before = at ? (size_t)(at - words) : strlen(words), used = before;
    const char *after = at ? at + 1 : "";

    assert(strlen(words) + ADDRESS_TEXT_MAX + EXTENT_MAX < sizeof v->headline);
    memcpy(v->headline, words, before);
    if (at) {
        used += put_peer(v->headline + used, sizeof v->headline - strlen(words) - EXTENT_MAX, g);
    }
    memcpy(v->headline + used, after, strlen(after) + 1);
    used += strlen(after);
    if (g->sessions < g->of) {
        words_put(v->headline + used, sizeof v->headline - used, ", in %s of %s",
                  words_count(g->sessions).s, words_counted(g->of, "session").s);
        used += strlen(v->headline + used);
    }
    v->headline_len = used;
}

#define SAY(field, ...) words_put(field, sizeof(field), __VA_ARGS__)
#define AND(field, ...) words_add(field, sizeof(field), __VA_ARGS__)

static void extent(struct verdict *v, const struct group_entry *e)
{
    const struct group *g = &e->group;

    SAY(v->extent, "%s of %s", words_count(g->sessions).s, words_counted(g->of, "session").s);
    if (e->gave_up) {
        AND(v->extent, "; %s given up after %s", words_count(e->gave_up).s,
            words_duration(g->shortest_s).s);
        if (g->longest_s > g->shortest_s * 1.02 && !g->open_count) {
            AND(v->extent, " to %s", words_duration(g->longest_s).s);
        }
    } else if (g->longest_s > 0 && !g->open_count) {
        AND(v->extent, "; longest wait %s", words_duration(g->longest_s).s);
    }
    if (g->open_count) {
        AND(v->extent, "; %s still waiting (longest %s)", words_count(g->open_count).s,
            words_duration(e->open_longest_s).s);
    }
    if (e->refused_for_good && e->refused_for_good < g->sessions) {
        AND(v->extent, "; %s with a 5xx, the others with a 4xx",
            words_count(e->refused_for_good).s);
    }
}

static void fate(struct verdict *v, const struct group_entry *e, enum fault fault)
{
    const struct group *g = &e->group;

    v->mail_unknown = g->mail_unknown;
    if (g->mail_unknown) {
        SAY(v->fate, "Fate of %s is unknown; %s.",
            words_counted(g->mail_unknown, "complete message").s,
            g->mail_unknown > 1 ? "retries may deliver them twice"
                                : "a retry may deliver it twice");
    } else if (fault == FAULT_REFUSED_TCP || fault == FAULT_NO_CONNECTION ||
               fault == FAULT_FORBIDDEN || g->phase == PHASE_GREETING) {
        SAY(v->fate, "No mail was handed over in these sessions.");
    } else if (fault == FAULT_REPLY) {
        SAY(v->fate, "What was refused was not delivered by these sessions.");
    } else if (g->phase == PHASE_DATA && g->severity >= SEVERITY_ERROR) {
        SAY(v->fate, "What was being sent was not complete: the server cannot deliver it.");
    } else if (e->rule->outcome == OUTCOME_COMPLETED || g->severity < SEVERITY_ERROR) {
        SAY(v->fate, "No mail is known to be lost.");
    } else {
        SAY(v->fate, "No complete message was left without an answer in these sessions.");
    }
}

static void doubt(struct verdict *v, const struct group_entry *e, enum fault fault)
{
    const char *text = "";

    switch (fault) {
    case FAULT_SILENT_APP:
    case FAULT_SLOW_APP:
        text = e->near_server
                   ? "Nothing: the capture was made near the server, and no reply left it in time."
                   : "A capture made at the server that shows the replies leaving it in time.";
        break;
    case FAULT_STUCK_APP:
        text =
            "A device on the path that answers for the server (a proxy) would be the one that does "
            "not read.";
        break;
    case FAULT_SERVER_LEFT:
        text = "A capture made at the server without these packets: then a device on the path sent "
               "them.";
        break;
    case FAULT_REFUSED_TCP:
        text = "A capture made at the server without these refusals: then a device on the path "
               "sent them.";
        break;
    case FAULT_NO_CONNECTION:
        text = "A capture made at the server that shows the SYNs arriving.";
        break;
    case FAULT_FORBIDDEN:
        text = "Nothing but the owner of the filter.";
        break;
    case FAULT_PATH:
    case FAULT_DEVICE:
        text = "A capture made at the other end that shows these packets arriving.";
        break;
    case FAULT_CLIENT:
        text = "A capture made at the client that shows other packets leaving it.";
        break;
    case FAULT_REPLY:
        text = "The server's log, which says what the replies meant.";
        break;
    case FAULT_OTHER:
    case FAULTS:
        break;
    }
    SAY(v->doubt, "%s", text);
}

static void add_moment(struct fleet *f, enum moment_kind kind, struct mark at, uint64_t session,
                       unsigned group)
{
    size_t i = f->moment_count;

    if (!at.packet && kind != MOMENT_FIRST_MTA_LOG && kind != MOMENT_CAPTURE_END) {
        return;
    }
    f->moment_count++;
    while (i > 0 && f->moments[i - 1].at.time_ns > at.time_ns) {
        f->moments[i] = f->moments[i - 1];
        i--;
    }
    f->moments[i] = (struct moment){kind, at, session, group};
}

/* The earliest instant at which a mail server's log can show it: when the first wait ended. */
static int64_t first_log(const struct group_entry *e)
{
    if (!(e->group.longest_s > 0) || e->group.phase == PHASE_CONNECT) {
        return 0; /* when a program gives up a connection shows in no packet */
    }
    if (e->first_given_up_ns) {
        return e->first_given_up_ns;
    }
    return e->limit_s > 0 && e->group.open_count
               ? e->group.first.time_ns + (int64_t)(e->limit_s * 1e9)
               : 0;
}

static void moments(struct fleet *f, const struct group_entry *e)
{
    const struct group *g = &e->group;
    struct mark good = e->good_before;
    uint64_t session = e->good_before_session;

    if (e->peer && e->peer->peer.last_good.packet &&
        e->peer->peer.last_good.time_ns < g->first.time_ns) {
        good = e->peer->peer.last_good;
        session = e->peer->good_session;
    }
    if (good.packet && good.time_ns < g->first.time_ns) {
        add_moment(f, MOMENT_LAST_GOOD, good, session, g->number);
    }
    add_moment(f, MOMENT_FIRST_FAILURE, g->first, g->first_session, g->number);
    if (f->verdict.mta_log_ns) {
        add_moment(f, MOMENT_FIRST_MTA_LOG, (struct mark){0, f->verdict.mta_log_ns},
                   g->first_session, g->number);
    }
    if (g->sessions > 1) {
        add_moment(f, MOMENT_LAST_FAILURE, g->last, g->last_session, g->number);
    }
    if (e->peer && e->peer->good_again.packet && e->peer->good_again.time_ns > g->last.time_ns) {
        add_moment(f, MOMENT_RECOVERY, e->peer->good_again, e->peer->good_again_session, g->number);
    }
    add_moment(f, MOMENT_CAPTURE_END, f->capture_last, 0, 0);
}

static bool makes_verdict(const struct group_entry *e)
{
    return e->group.is_primary && !e->group.unproven && e->group.severity >= SEVERITY_WARNING &&
           !rules_is_quality(e->rule);
}

void verdict_form(struct fleet *f)
{
    struct verdict *v = &f->verdict;
    const struct group_entry *e = NULL;
    enum fault fault;

    for (size_t i = 0; i < f->groups.count && !e; i++) {
        e = makes_verdict(f->groups.list[i]) ? f->groups.list[i] : NULL;
    }
    if (!e) {
        return;
    }
    fault = fault_of(e);
    v->exists = true;
    v->group = &e->group;
    headline(v, e);
    chain(v, e, fault);
    extent(v, e);
    fate(v, e, fault);
    doubt(v, e, fault);
    v->mta_log_ns = first_log(e);
    moments(f, e);
}
