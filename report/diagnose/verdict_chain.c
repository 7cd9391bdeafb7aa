/* verdict_chain.c - client, path, their TCP, their mail application: what failed, and what was
 * ruled out by which evidence.
 *
 * A link is OK only where packets of these very sessions prove it; else it stays unknown.
 */
#include <string.h>

#include "report/diagnose/verdict_parts.h"
#include "report/diagnose/thresholds.h"
#include "report/words.h"

static const char untold[] = "these packets do not tell";

static void set_link(struct verdict *v, enum link link, enum link_state state, const char *text)
{
    v->chain[link].state = state;
    words_put(v->chain[link].text, sizeof v->chain[link].text, "%s", text);
}

#define SAY_LINK(v, link, ...)                                                                     \
    words_put((v)->chain[link].text, sizeof(v)->chain[link].text, __VA_ARGS__)
#define AND_LINK(v, link, ...)                                                                     \
    words_add((v)->chain[link].text, sizeof(v)->chain[link].text, __VA_ARGS__)

/* What the sending side had sent when the answer failed to come. */
static const char *last_sent(enum phase phase)
{
    static const char *const words[PHASE_COUNT] = {
        [PHASE_CONNECT] = "its SYN",     [PHASE_GREETING] = "nothing: the server speaks first",
        [PHASE_EHLO] = "its hello",      [PHASE_STARTTLS] = "STARTTLS",
        [PHASE_TLS] = "its TLS records", [PHASE_AUTH] = "AUTH",
        [PHASE_MAIL] = "MAIL FROM",      [PHASE_RCPT] = "RCPT TO",
        [PHASE_DATA_INIT] = "DATA",      [PHASE_DATA] = "content",
        [PHASE_EOD] = "the final \".\"", [PHASE_IDLE] = "its commands",
        [PHASE_QUIT] = "QUIT",
    };

    return words[phase];
}

/* "0.02 % sent again" */
static void add_resent(struct verdict *v, const struct group_entry *e)
{
    double share = 100.0 * (double)e->retransmits / (double)e->segments;

    if (!e->retransmits) {
        AND_LINK(v, LINK_PATH, ", nothing sent again");
    } else if (share < 0.01) {
        AND_LINK(v, LINK_PATH, ", less than 0.01 %% sent again");
    } else {
        AND_LINK(v, LINK_PATH, ", %.2f %% sent again", share);
    }
}

/* The path carried these sessions' bytes: every byte acknowledged, and how well. */
static void path_by_evidence(struct verdict *v, const struct group_entry *e)
{
    if (!e->all_acked || e->group.unproven) {
        set_link(v, LINK_PATH, LINK_UNKNOWN, untold);
        return;
    }
    set_link(v, LINK_PATH, LINK_OK, "");
    if (e->rtt_s >= 0) {
        SAY_LINK(v, LINK_PATH, "RTT %s, ", words_duration(e->rtt_s).s);
    }
    if (!e->segments) {
        AND_LINK(v, LINK_PATH, "the handshake completed");
        return;
    }
    AND_LINK(v, LINK_PATH, "every byte acknowledged");
    add_resent(v, e);
}

static void tcp_by_evidence(struct verdict *v, const struct group_entry *e)
{
    if (!e->all_acked || e->group.unproven) {
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, untold);
    } else if (e->ack_s >= 0) {
        set_link(v, LINK_SERVER_TCP, LINK_OK, "");
        SAY_LINK(v, LINK_SERVER_TCP, "acknowledged everything, within %s",
                 words_duration(e->ack_s).s);
    } else {
        set_link(v, LINK_SERVER_TCP, LINK_OK,
                 e->segments ? "acknowledged everything" : "accepted the connection");
    }
}

/* Elsewhere the same client does well: then it is not the client. */
static void add_others(struct verdict *v, const struct verdict_case *c, enum link link)
{
    if ((double)c->others >= threshold(THRESHOLD_FLEET_COUNT) &&
        (double)c->others_failed <= threshold(THRESHOLD_FLEET_OTHERS) * (double)c->others) {
        AND_LINK(v, link, "; of %s with other peers %s failed",
                 words_counted(c->others, "session").s,
                 c->others_failed ? words_count(c->others_failed).s : "none");
    }
}

static void client_sent(struct verdict *v, const struct verdict_case *c)
{
    const struct group *g = &c->e->group;
    const struct group_entry *hasty = verdict_beside(c, "client-timeout-too-short");

    set_link(v, LINK_CLIENT, LINK_OK, "");
    SAY_LINK(v, LINK_CLIENT, "%s%s", g->phase == PHASE_GREETING ? "" : "sent ",
             g->phase == PHASE_GREETING ? "waited: the server speaks first" : last_sent(g->phase));
    if (hasty && c->e->gave_up && c->e->limit_s > 0) {
        v->chain[LINK_CLIENT].state = LINK_SUSPECT;
        AND_LINK(v, LINK_CLIENT, ", and gave up after %s; it should wait %s",
                 words_duration(g->shortest_s).s, words_limit(c->e->limit_s).s);
    }
    add_others(v, c, LINK_CLIENT);
}

static void add_extent(struct verdict *v, const struct verdict_case *c, enum link link)
{
    const struct group *g = &c->e->group;

    AND_LINK(v, link, ", %s of %s", words_count(g->sessions).s, words_counted(g->of, "session").s);
}

/* "no reply for 600 s, 214 of 214 sessions" */
static void app_silent(struct verdict *v, const struct verdict_case *c, const char *what)
{
    set_link(v, LINK_SERVER_APP, LINK_FAILED, what);
    if (c->e->group.longest_s > 0) {
        AND_LINK(v, LINK_SERVER_APP, " for up to %s", words_duration(c->e->group.longest_s).s);
    }
    add_extent(v, c, LINK_SERVER_APP);
}

static void titled(struct verdict *v, const struct verdict_case *c, enum link link,
                   enum link_state state, const char *before)
{
    set_link(v, link, state, before);
    AND_LINK(v, link, "%s", c->e->rule->title);
    add_extent(v, c, link);
}

static void transport_by_evidence(struct verdict *v, const struct verdict_case *c)
{
    path_by_evidence(v, c->proof);
    tcp_by_evidence(v, c->proof);
}

static void connecting(struct verdict *v, const struct verdict_case *c)
{
    set_link(v, LINK_SERVER_APP, LINK_UNKNOWN, "never reached");
    if (c->fault == FAULT_REFUSED_TCP) {
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYN");
        if (c->proof->rtt_s < 0) {
            set_link(v, LINK_PATH, LINK_OK, "the refusal came back");
        }
        set_link(v, LINK_SERVER_TCP, LINK_FAILED,
                 "refuses: nothing listens, or a firewall rejects");
    } else if (c->fault == FAULT_NO_CONNECTION) {
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYNs");
        set_link(v, LINK_PATH, LINK_SUSPECT, "no answer came back");
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "down, or the SYN never arrived");
    } else {
        set_link(v, LINK_CLIENT, LINK_OK, "sent its SYN");
        set_link(v, LINK_PATH, LINK_FAILED, "a filter on it says so");
        set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "never reached");
    }
    add_others(v, c, LINK_CLIENT);
}

/* Who ended the handshake is known, why only where an alert in clear says so. */
static void handshake(struct verdict *v, const struct verdict_case *c)
{
    enum party party = c->e->group.points_to;

    transport_by_evidence(v, c);
    if (party == PARTY_CLIENT) {
        titled(v, c, LINK_CLIENT, LINK_FAILED, "");
    } else if (party == PARTY_SERVER) {
        titled(v, c, LINK_SERVER_APP, LINK_SUSPECT, "");
        if (strncmp(c->e->group.rule, "tls-alert", strlen("tls-alert")) == 0) {
            set_link(v, LINK_CLIENT, LINK_SUSPECT, "ended the handshake; it may ask too much");
        }
    } else {
        titled(v, c, LINK_CLIENT, LINK_SUSPECT, "one of the two: ");
        set_link(v, LINK_SERVER_APP, LINK_SUSPECT, "one of the two: TLS hides which");
    }
}

static void everybody(struct verdict *v, const struct verdict_case *c)
{
    set_link(v, LINK_CLIENT, LINK_SUSPECT,
             "all clients fail: what they share, a resolver, a relay");
    set_link(v, LINK_PATH, c->e->group.points_to == PARTY_NETWORK ? LINK_SUSPECT : LINK_UNKNOWN,
             c->e->group.points_to == PARTY_NETWORK ? "the way out that all share" : untold);
    set_link(v, LINK_SERVER_TCP, LINK_UNKNOWN, "so many servers seldom fail at once");
    set_link(v, LINK_SERVER_APP, LINK_UNKNOWN, "so many servers seldom fail at once");
}

static void applications(struct verdict *v, const struct verdict_case *c)
{
    switch (c->fault) {
    case FAULT_SILENT_APP:
        client_sent(v, c);
        transport_by_evidence(v, c);
        app_silent(v, c, "no reply");
        break;
    case FAULT_STUCK_APP:
        client_sent(v, c);
        set_link(v, LINK_PATH, LINK_OK, "window updates and probes came through");
        set_link(v, LINK_SERVER_TCP, LINK_OK, "answered every probe with a closed window");
        app_silent(v, c, "did not read");
        break;
    case FAULT_SLOW_APP:
        client_sent(v, c);
        transport_by_evidence(v, c);
        app_silent(v, c, "answered, silent");
        v->chain[LINK_SERVER_APP].state = LINK_SUSPECT;
        break;
    case FAULT_ODD_APP:
        transport_by_evidence(v, c);
        titled(v, c, LINK_SERVER_APP,
               c->e->group.severity >= SEVERITY_ERROR && c->e->group.confidence == CONFIDENCE_HIGH
                   ? LINK_FAILED
                   : LINK_SUSPECT,
               "");
        break;
    case FAULT_SERVER_LEFT:
        client_sent(v, c);
        set_link(v, LINK_SERVER_TCP, LINK_SUSPECT, "ended the connection");
        set_link(v, LINK_SERVER_APP, LINK_SUSPECT, "said nothing before the end");
        break;
    case FAULT_REPLY:
        transport_by_evidence(v, c);
        titled(v, c, LINK_SERVER_APP, LINK_SUSPECT, "answers and refuses: ");
        break;
    case FAULT_CLIENT_REFUSED:
        transport_by_evidence(v, c);
        titled(v, c, LINK_CLIENT, LINK_FAILED, "");
        set_link(v, LINK_SERVER_APP, LINK_OK, "answered; it says what it refuses");
        break;
    case FAULT_REFUSED_TCP:
    case FAULT_NO_CONNECTION:
    case FAULT_FORBIDDEN:
    case FAULT_PATH:
    case FAULT_DEVICE:
    case FAULT_CLIENT:
    case FAULT_TLS:
    case FAULT_EVERYBODY:
    case FAULT_OTHER:
    case FAULTS:
        break;
    }
}

void verdict_chain(struct verdict *v, const struct verdict_case *c)
{
    for (int i = 0; i < LINKS; i++) {
        set_link(v, (enum link)i, LINK_UNKNOWN, untold);
    }
    switch (c->fault) {
    case FAULT_SILENT_APP:
    case FAULT_STUCK_APP:
    case FAULT_SLOW_APP:
    case FAULT_ODD_APP:
    case FAULT_SERVER_LEFT:
    case FAULT_REPLY:
    case FAULT_CLIENT_REFUSED:
        applications(v, c);
        break;
    case FAULT_REFUSED_TCP:
    case FAULT_NO_CONNECTION:
    case FAULT_FORBIDDEN:
        connecting(v, c);
        break;
    case FAULT_PATH:
        if (!c->e->server_resent) { /* whose host may be the one that died */
            client_sent(v, c);
        }
        titled(v, c, LINK_PATH, LINK_FAILED, "not acknowledged: ");
        break;
    case FAULT_DEVICE:
        client_sent(v, c);
        titled(v, c, LINK_PATH, LINK_FAILED, "a device on it interferes: ");
        break;
    case FAULT_CLIENT:
        transport_by_evidence(v, c);
        titled(v, c, LINK_CLIENT, LINK_FAILED, "");
        break;
    case FAULT_TLS:
        handshake(v, c);
        break;
    case FAULT_EVERYBODY:
        everybody(v, c);
        break;
    case FAULT_OTHER:
        transport_by_evidence(v, c);
        break;
    case FAULTS:
        break;
    }
}
