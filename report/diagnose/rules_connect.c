/* rules_connect.c - connections that never came up, or only just. */
#include <stdio.h>
#include <string.h>

#include "report/diagnose/reset.h"
#include "report/diagnose/rules_all.h"

/* Windows repeats a SYN-ACK twice, BSD three times, Linux five times. */
enum { SYNACKS_LEAST = 3, REPEATED_WITHIN = 4 };

/* ICMP and ICMPv6 types and codes (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443). */
enum icmp_meaning { ICMP_OTHER, ICMP_NO_HOST, ICMP_NO_PORT, ICMP_FORBIDDEN, ICMP_TOO_BIG };
enum {
    ICMP4_UNREACHABLE = 3,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP6_UNREACHABLE = 1,
    ICMP6_TOO_BIG = 2,
    ICMP6_TIME_EXCEEDED = 3,
};

static enum icmp_meaning meaning4(unsigned type, unsigned code)
{
    if (type == ICMP4_TIME_EXCEEDED) {
        return ICMP_NO_HOST;
    }
    if (type != ICMP4_UNREACHABLE) {
        return ICMP_OTHER;
    }
    switch (code) {
    case 0:
    case 1:
    case 2:
    case 5:
    case 6:
    case 7:
    case 11:
    case 12:
        return ICMP_NO_HOST;
    case 3:
        return ICMP_NO_PORT;
    case 4:
        return ICMP_TOO_BIG;
    case 9:
    case 10:
    case 13:
        return ICMP_FORBIDDEN;
    default:
        return ICMP_OTHER;
    }
}

static enum icmp_meaning meaning6(unsigned type, unsigned code)
{
    if (type == ICMP6_TIME_EXCEEDED) {
        return ICMP_NO_HOST;
    }
    if (type == ICMP6_TOO_BIG) {
        return ICMP_TOO_BIG;
    }
    if (type != ICMP6_UNREACHABLE) {
        return ICMP_OTHER;
    }
    switch (code) {
    case 0:
    case 3:
        return ICMP_NO_HOST;
    case 4:
        return ICMP_NO_PORT;
    case 1:
    case 5:
    case 6:
        return ICMP_FORBIDDEN;
    default:
        return ICMP_OTHER;
    }
}

static enum icmp_meaning meaning_of(const struct event *e)
{
    const struct icmp_facts *i = &e->facts->icmp;

    return i->from.family == 6 ? meaning6(i->type, i->code) : meaning4(i->type, i->code);
}

static bool never_up(const struct judge *j)
{
    const struct tcp_facts *tcp = &j->s->tcp;

    return tcp->handshake == HANDSHAKE_UNANSWERED && tcp->side[SIDE_SERVER].packets == 0 &&
           j->d->capture != CAPTURE_ONE_SIDED;
}

static void show_syns(struct judge *j, struct finding *f)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_SYN) {
            judge_show(f, e);
        }
    }
}

/* The one before this, or this one when it was the first. */
static const struct event *syn_before(const struct judge *j, const struct event *last)
{
    const struct event *before = NULL;

    for (const struct event *e = j->s->events; e && e != last; e = e->next) {
        before = e->kind == EVENT_SYN && e->side == SIDE_CLIENT ? e : before;
    }
    return before ? before : last;
}

void rule_connect_timeout(struct judge *j, const struct rule *rule)
{
    const struct tcp_side *client = &j->s->tcp.side[SIDE_CLIENT];
    const struct event *last = j->course.last_syn;
    double span, unanswered;
    unsigned counted = client->syn_count;
    struct finding *f;

    if (!never_up(j) || !last || client->rst.packet ||
        judge_raised(j, "connect-icmp-unreachable") ||
        judge_raised(j, "connect-port-unreachable") ||
        judge_raised(j, "connect-admin-prohibited")) {
        return;
    }
    unanswered = (double)(j->s->capture_end_ns - last->last.time_ns) / 1e9;
    /* The last SYN counts only when an answer to it had a second to come. */
    if (unanswered < 1 && counted > 0) {
        counted--;
        last = syn_before(j, last);
    }
    span = judge_seconds(client->syn.packet ? client->syn : j->s->first, last->last);
    if (counted < threshold(THRESHOLD_SYN_COUNT) || span < threshold(THRESHOLD_SYN_SPAN)) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    f->fatal = true;
    f->waited_s = span;
    show_syns(j, f);
    judge_say(f, "%u SYNs in %s, no answer of any kind", counted, judge_span(span).s);
}

void rule_connect_refused(struct judge *j, const struct rule *rule)
{
    const struct event *refusal = reset_refusal(j);
    bool forged = refusal && reset_is_forged(j, refusal);
    struct finding *f;

    if (!refusal) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, refusal->first);
    f->fatal = true;
    judge_show(f, j->course.last_syn);
    judge_show(f, refusal);
    judge_say(f, "the SYN was answered by a RST after %s: ",
              judge_span(judge_seconds(j->course.last_syn ? j->course.last_syn->first : j->s->first,
                                       refusal->first))
                  .s);
    if (forged) {
        f->points_to = PARTY_MIDDLEBOX; /* tcp-reset-injected says why */
        f->confidence = CONFIDENCE_MEDIUM;
        judge_say(f, "a device on the path rejects port %u, the host did not send it",
                  (unsigned)j->s->end[SIDE_SERVER].port);
        return;
    }
    judge_say(f, "nothing listens on port %u, or a firewall rejects",
              (unsigned)j->s->end[SIDE_SERVER].port);
    if (reset_is_doubtful(j, refusal)) {
        reset_doubt(f, refusal);
    }
}

static void say_icmp(struct finding *f, const struct event *e)
{
    char from[ADDRESS_TEXT_MAX];

    address_format(&e->facts->icmp.from, from);
    judge_say(f, "ICMP%s type %u code %u from %s", e->facts->icmp.from.family == 6 ? "v6" : "",
              (unsigned)e->facts->icmp.type, (unsigned)e->facts->icmp.code, from);
}

/* One function for the three rules: which one is told by the id. */
void rule_connect_icmp(struct judge *j, const struct rule *rule)
{
    enum icmp_meaning wanted = strcmp(rule->id, "connect-port-unreachable") == 0   ? ICMP_NO_PORT
                               : strcmp(rule->id, "connect-admin-prohibited") == 0 ? ICMP_FORBIDDEN
                                                                                   : ICMP_NO_HOST;

    if (j->s->tcp.handshake != HANDSHAKE_UNANSWERED || j->d->capture == CAPTURE_ONE_SIDED) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        struct finding *f;

        if (e->kind != EVENT_ICMP || meaning_of(e) != wanted) {
            continue;
        }
        f = judge_raise(j, rule, PHASE_CONNECT, e->first);
        f->fatal = true;
        judge_show(f, j->course.last_syn);
        judge_show(f, e);
        judge_say(f, "the SYN was answered by ");
        say_icmp(f, e);
        if (wanted == ICMP_NO_PORT &&
            !address_equal(&e->facts->icmp.from, &j->s->end[SIDE_SERVER].address)) {
            f->points_to = PARTY_MIDDLEBOX;
            judge_say(f, ", which is not the server");
        }
        return;
    }
}

/* What an ICMP error explains began with the silence around it, not with the router's answer: else
 * the silence itself would seem to come first. */
static const struct wait *silence_around(const struct judge *j, const struct event *icmp)
{
    for (const struct wait *w = j->d->waits; w; w = w->next) {
        if (w->from.time_ns <= icmp->first.time_ns && icmp->first.time_ns <= w->until.time_ns) {
            return w;
        }
    }
    return NULL;
}

/* The connection went on from there? Then the error did no harm. */
void rule_icmp_mid_session(struct judge *j, const struct rule *rule)
{
    if (j->s->tcp.handshake == HANDSHAKE_UNANSWERED || j->s->tcp.handshake == HANDSHAKE_REFUSED) {
        return;
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        const struct tcp_side *away;
        const struct wait *silence;
        struct finding *f;
        enum icmp_meaning meaning;
        bool heard, through;

        if (e->kind != EVENT_ICMP || e->facts->icmp.quotes_syn) {
            continue;
        }
        meaning = meaning_of(e);
        /* The side that the quoted packet was for; e->side is the one that had sent it. */
        away = &j->s->tcp.side[side_other((enum side)e->side)];
        silence = silence_around(j, e);
        heard = away->last.time_ns > e->first.time_ns;
        /* A host that cannot be reached may still be heard, repeating what nobody acknowledges. */
        through = heard && !(silence && silence->owner == PARTY_NETWORK &&
                             (silence->open || waiting_gave_up(silence)));
        if (meaning == ICMP_OTHER || meaning == ICMP_TOO_BIG || through || j->course.quit) {
            continue;
        }
        f = judge_raise(j, rule, j->course.before_end.phase, silence ? silence->from : e->first);
        f->fatal = true;
        f->points_to = meaning == ICMP_FORBIDDEN ? PARTY_POLICY : PARTY_NETWORK;
        judge_show(f, e);
        say_icmp(f, e);
        judge_say(f, " says that the %s cannot be reached; nothing %s since",
                  e->side == SIDE_CLIENT ? "server" : "client",
                  heard ? "got through to it" : "was heard of it");
        return;
    }
}

/* A host that waits for the acknowledgement says it three times at least, each after twice the
 * time. This one stopped: it may have had it, and the capture has not. */
static bool stopped_repeating(const struct judge *j)
{
    const struct event *last = NULL, *before = NULL;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_SYNACK) {
            before = last;
            last = e;
        }
    }
    return before && j->s->tcp.side[SIDE_SERVER].syn_count < SYNACKS_LEAST &&
           j->s->capture_end_ns - last->last.time_ns >
               REPEATED_WITHIN * (last->last.time_ns - before->last.time_ns);
}

void rule_connect_no_ack(struct judge *j, const struct rule *rule)
{
    const struct tcp_side *side = j->s->tcp.side;
    struct finding *f;

    if (j->s->tcp.handshake != HANDSHAKE_HALF || side[SIDE_SERVER].syn_count < 2 ||
        !side[SIDE_CLIENT].syn.packet || side[SIDE_CLIENT].rst.packet || side[SIDE_CLIENT].acked ||
        side[SIDE_SERVER].bytes || /* it went on */
        j->d->capture == CAPTURE_ONE_SIDED || j->d->vantage == VANTAGE_CLIENT) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    f->fatal = true;
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, j->course.synack);
    judge_say(f, "the server sent its SYN-ACK %u times, the client never acknowledged it",
              (unsigned)side[SIDE_SERVER].syn_count);
    if (stopped_repeating(j)) {
        judge_unprove(f, "it stopped repeating it, and may have had an answer");
    }
}

void rule_connect_client_rst(struct judge *j, const struct rule *rule)
{
    const struct event *rst = NULL;
    struct finding *f;

    if (j->s->tcp.handshake != HANDSHAKE_HALF || !j->s->tcp.side[SIDE_CLIENT].rst.packet) {
        return;
    }
    for (const struct event *e = j->s->events; e && !rst; e = e->next) {
        if (e->kind == EVENT_RST && e->side == SIDE_CLIENT) {
            rst = e;
        }
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->tcp.side[SIDE_CLIENT].rst);
    judge_show(f, j->course.synack);
    judge_show(f, rst);
    judge_say(f, "the client answered the SYN-ACK with a RST");
}

/* Too few SYNs for a verdict, and the capture ended. */
void rule_connect_open(struct judge *j, const struct rule *rule)
{
    struct finding *f;

    if (!never_up(j) || j->s->ended != SESSION_INPUT_ENDED || judge_has_transport_cause(j) ||
        j->s->tcp.side[SIDE_CLIENT].rst.packet) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    show_syns(j, f);
    judge_say(f, "%u SYN%s without an answer when the capture ended, %s after the last",
              (unsigned)j->s->tcp.side[SIDE_CLIENT].syn_count,
              j->s->tcp.side[SIDE_CLIENT].syn_count == 1 ? "" : "s",
              judge_span((double)(j->s->capture_end_ns - j->s->last.time_ns) / 1e9).s);
}

/* The SYN-ACK was sent again although the client's acknowledgement had passed here. */
static const struct event *synack_again(const struct judge *j)
{
    struct mark up = j->s->tcp.established;

    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_SYNACK && e->facts->syn.again && up.packet &&
            judge_seconds(up, e->first) >= threshold(THRESHOLD_SYNACK_AGAIN)) {
            return e;
        }
    }
    return NULL;
}

/* Of a server whose accept queue is full nothing comes but SYN-ACKs: what the client says, its FIN
 * included, is not acknowledged (newer kernels do not even repeat the SYN-ACK). */
static bool never_served(const struct judge *j)
{
    const struct tcp_side *client = &j->s->tcp.side[SIDE_CLIENT];
    const struct tcp_side *server = &j->s->tcp.side[SIDE_SERVER];
    struct mark said = client->last_data.packet ? client->last_data : client->fin;

    return server->packets == server->syn_count && server->syn_count && said.packet &&
           !client->acked && !client->fin_acked &&
           judge_seconds(client->fin.packet && client->fin.packet < said.packet ? client->fin
                                                                                : said,
                         client->last) >= threshold(THRESHOLD_SYNACK_AGAIN);
}

void rule_listen_overflow(struct judge *j, const struct rule *rule)
{
    const struct event *again;
    struct finding *f;
    bool unserved;

    if ((j->s->tcp.side[SIDE_SERVER].syn_count < 2 && j->s->tcp.side[SIDE_CLIENT].acked) ||
        j->s->tcp.handshake != HANDSHAKE_COMPLETE || !j->course.synack ||
        j->d->capture != CAPTURE_FULL || !j->s->tcp.side[SIDE_CLIENT].syn.packet) {
        return;
    }
    again = synack_again(j);
    unserved = never_served(j);
    /* Near the client the acknowledgement may have been lost behind us. Where no SYN-ACK came again
     * a path or a host that died looks the same, unless others are served later. */
    if (!again ? !unserved || !j->s->tcp.served_later
               : !unserved && j->d->vantage == VANTAGE_CLIENT) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->tcp.established);
    f->fatal = unserved && j->d->vantage != VANTAGE_CLIENT;
    f->severity = f->fatal ? SEVERITY_ERROR : SEVERITY_WARNING;
    f->confidence = j->d->vantage == VANTAGE_SERVER   ? CONFIDENCE_HIGH
                    : j->d->vantage == VANTAGE_CLIENT ? CONFIDENCE_LOW
                                                      : CONFIDENCE_MEDIUM;
    judge_show(f, j->course.synack);
    judge_show_at(f, j->course.synack, j->s->tcp.established);
    judge_show(f, again);
    judge_say(f, "the client acknowledged the SYN-ACK, ");
    if (again) {
        judge_say(f, "and the server repeated it %s later",
                  judge_span(judge_seconds(j->s->tcp.established, again->first)).s);
        if (unserved) {
            judge_say(f, " and never acknowledged anything");
        }
    } else {
        judge_say(
            f,
            "and nothing it sent since then, not even its %s, was acknowledged, while a later "
            "connection to this port was served",
            j->s->tcp.side[SIDE_CLIENT].fin.packet ? "FIN" : "first bytes");
    }
    if (j->d->vantage == VANTAGE_CLIENT) {
        judge_say(f, "; a path that broke at that moment would look the same from here");
    } else {
        judge_say(f, ": its queue of accepted connections was full");
    }
}

/* In a simultaneous open a side sends SYN and SYN-ACK: that is no repetition. */
static unsigned syns_sent(const struct judge *j)
{
    unsigned n = 0;

    for (const struct event *e = j->s->events; e; e = e->next) {
        n += e->kind == EVENT_SYN && e->side == SIDE_CLIENT;
    }
    return n;
}

void rule_connect_slow(struct judge *j, const struct rule *rule)
{
    unsigned syns = syns_sent(j);
    struct finding *f;

    if (j->s->tcp.handshake != HANDSHAKE_COMPLETE || syns < 2 || !j->s->tcp.established.packet) {
        return;
    }
    f = judge_raise(j, rule, PHASE_CONNECT, j->s->first);
    f->waited_s = judge_seconds(j->s->first, j->s->tcp.established);
    show_syns(j, f);
    judge_show(f, j->course.synack);
    judge_say(f, "the connection came up after %s and %u SYNs", judge_span(f->waited_s).s, syns);
}
