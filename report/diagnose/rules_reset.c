/* rules_reset.c - resets that somebody on the path made in the name of one of the ends.
 *
 * Strong signs, of which one is enough: the alleged sender goes on, several resets guess at the
 * sequence number at once, both ends are reset at the same moment though neither can know of the
 * other. Weak signs, of which it takes two: hops, IP ID, a sequence number that neither end would
 * choose, an answer faster than the path (Weaver, Sommer, Paxson: Detecting Forged TCP Reset
 * Packets, NDSS 2009). A packet that crossed fewer routers than all others of that host, whatever
 * its host's initial TTL, began nearer to us: that alone counts for two.
 *
 * A RST whose TTL is a router or two off is no sign yet. But all packets of a host on one
 * connection go one way: then nobody says whose it is.
 */
#include <stdlib.h>

#include "report/diagnose/reset.h"
#include "report/diagnose/rules_all.h"

enum {
    PACKETS_THAT_SHOW_A_TTL = 3,
    SERIES_NS = 10000000, /* resets of one instant */
    BOTH_NS = 5000000,
    ENOUGH = 2,
    FEW_OCTETS = 1460, /* of a last packet that was not captured: who sends a RST behind it may */
    TTL_STEPS = 4
};

/* What a RST bears, and how much it weighs. */
struct signs {
    unsigned weight;
    const char *first, *second; /* in words that go on from "that host" */
};

static void add(struct signs *s, unsigned weight, const char *words)
{
    s->weight += weight;
    if (!s->first) {
        s->first = words;
    } else if (!s->second) {
        s->second = words;
    }
}

/* Routers crossed, whichever of the usual initial values the sender uses. */
static int hops(uint8_t ttl)
{
    static const int initial[TTL_STEPS] = {32, 64, 128, 255};

    for (int i = 0; i < TTL_STEPS; i++) {
        if (ttl <= initial[i]) {
            return initial[i] - ttl;
        }
    }
    return 0;
}

static int ttl_difference(const struct rst_facts *r)
{
    return r->ttl_usual ? abs((int)r->ttl - (int)r->ttl_usual) : 0;
}

/* Resets of one instant, each further on in the stream: somebody who does not know the number. A
 * host that answers several segments repeats one number. */
static bool is_series(const struct judge *j, const struct event *rst)
{
    for (const struct event *e = rst->next; e; e = e->next) {
        if (e->kind == EVENT_RST && e->side == rst->side &&
            e->first.time_ns - rst->first.time_ns < SERIES_NS &&
            e->facts->rst.offset_delta > rst->facts->rst.offset_delta + 1) {
            return !j->s->tcp.side[rst->side].gap_count;
        }
    }
    return false;
}

/* Both ends seem to reset at the same moment, sooner than either could know of the other's. */
static bool is_both(const struct judge *j, const struct event *rst)
{
    const struct tcp_facts *tcp = &j->s->tcp;

    if (tcp->syn_to_synack_ns < BOTH_NS || tcp->synack_to_ack_ns < BOTH_NS) {
        return false; /* one end is near: its RST may well answer something */
    }
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_RST && e->side != rst->side &&
            llabs(e->first.time_ns - rst->first.time_ns) < BOTH_NS) {
            return true;
        }
    }
    return false;
}

/* It came sooner after the packet it reacts to than the path allows. That packet is known when it
 * was alone. */
static bool is_too_soon(const struct judge *j, const struct event *rst)
{
    int64_t trip =
        rst->side == SIDE_SERVER ? j->s->tcp.syn_to_synack_ns : j->s->tcp.synack_to_ack_ns;
    const struct rst_facts *r = &rst->facts->rst;

    return trip > BOTH_NS && r->since_peer_ns >= 0 && r->since_peer_ns < trip / 2 &&
           r->peer_pause_ns > 2 * trip;
}

/* What comes behind it stands behind a hole: it may be the next connection of the same ports, whose
 * handshake was not captured. */
static bool begins_anew(const struct judge *j, const struct event *rst)
{
    for (const struct event *e = j->s->events; e; e = e->next) {
        if (e->kind == EVENT_GAP && e->side == rst->side && e->first.time_ns > rst->first.time_ns) {
            return true;
        }
    }
    return false;
}

/* A RST that answers a SYN is all that was seen of its host here; its other connections tell the
 * rest. */
static struct signs signs_of_refusal(const struct event *refusal)
{
    const struct rst_facts *r = &refusal->facts->rst;
    struct signs s = {0, NULL, NULL};

    if (ttl_difference(r) >= threshold(THRESHOLD_TTL_DIFFERENCE) &&
        hops(r->ttl) != hops(r->ttl_usual)) {
        bool nearer = hops(r->ttl) + threshold(THRESHOLD_TTL_DIFFERENCE) <= hops(r->ttl_usual);
        add(&s, nearer ? ENOUGH : 1, "has another TTL in its other connections");
    }
    if (s.weight && r->host_trip_ns > BOTH_NS && r->since_peer_ns >= 0 &&
        r->since_peer_ns < r->host_trip_ns / 2) {
        add(&s, 1, "is too far away to answer so soon");
    }
    return s;
}

static struct signs signs_of(const struct judge *j, const struct event *rst)
{
    const struct tcp_side *me = &j->s->tcp.side[rst->side];
    const struct rst_facts *r = &rst->facts->rst;
    struct signs s = {0, NULL, NULL};

    if (rst->kind == EVENT_REFUSED) {
        return signs_of_refusal(rst);
    }
    if (me->last_new.packet && me->last_new.time_ns > rst->first.time_ns && !begins_anew(j, rst)) {
        add(&s, ENOUGH, "goes on sending data after it");
    }
    if (is_series(j, rst)) {
        add(&s, ENOUGH, "would not send several with different sequence numbers at once");
    }
    if (is_both(j, rst)) {
        add(&s, ENOUGH, "was reset in the other's name at the same moment");
    }
    if (ttl_difference(r) >= threshold(THRESHOLD_TTL_DIFFERENCE) &&
        me->packets > PACKETS_THAT_SHOW_A_TTL) {
        bool nearer = hops(r->ttl) + threshold(THRESHOLD_TTL_DIFFERENCE) <= hops(r->ttl_usual);
        add(&s, nearer ? ENOUGH : 1, "has another TTL in all its other packets");
    }
    if (!r->id_usual) {
        add(&s, 1, "numbers its other packets in another way (IP ID)");
    }
    if (!r->exact && !r->at_acked && j->d->capture == CAPTURE_FULL &&
        !(r->offset_delta > 0 && (r->offset_delta <= FEW_OCTETS || (r->bare && r->in_window)))) {
        add(&s, 1, "would have used another sequence number");
    }
    if (j->d->capture == CAPTURE_FULL && is_too_soon(j, rst)) {
        add(&s, 1, "is too far away to react so soon");
    }
    return s;
}

const struct event *reset_refusal(const struct judge *j)
{
    const struct event *e = j->s->tcp.handshake == HANDSHAKE_REFUSED ? j->s->events : NULL;

    while (e && e->kind != EVENT_REFUSED) {
        e = e->next;
    }
    return e;
}

bool reset_is_forged(const struct judge *j, const struct event *rst)
{
    return signs_of(j, rst).weight >= ENOUGH;
}

bool reset_is_doubtful(const struct judge *j, const struct event *rst)
{
    const struct tcp_side *me = &j->s->tcp.side[rst->side];
    const struct rst_facts *r = &rst->facts->rst;

    if (rst->kind == EVENT_REFUSED) {
        return signs_of_refusal(rst).weight && !reset_is_forged(j, rst);
    }
    /* Captured on several interfaces, a packet is seen on both sides of a router. Where packets are
     * missing few of them are enough to doubt. */
    return ttl_difference(r) && hops(r->ttl) != hops(r->ttl_usual) && !me->twins &&
           (me->packets > PACKETS_THAT_SHOW_A_TTL || j->d->capture != CAPTURE_FULL) &&
           !reset_is_forged(j, rst);
}

void reset_doubt(struct finding *f, const struct event *rst)
{
    const struct rst_facts *r = &rst->facts->rst;

    f->points_to = PARTY_UNKNOWN;
    f->confidence = CONFIDENCE_LOW;
    judge_say(f,
              "; who sent it is unproven: its TTL is %u, that host's other packets have %u, so it "
              "may come from a device on the path",
              (unsigned)r->ttl, (unsigned)r->ttl_usual);
}

static struct finding *raise_injected(struct judge *j, const struct rule *rule,
                                      const struct event *rst)
{
    const struct signs s = signs_of(j, rst);
    const struct rst_facts *r = &rst->facts->rst;
    struct finding *f;

    if (s.weight < ENOUGH) {
        return NULL;
    }
    f = judge_raise(j, rule, j->course.before_end.phase, rst->first);
    f->confidence = CONFIDENCE_MEDIUM;
    judge_show(f, rst);
    judge_say(f, "the RST was not sent by the %s whose address it carries: that host %s",
              party_words[party_of((enum side)rst->side)], s.first);
    if (ttl_difference(r)) {
        judge_say(f, " (TTL %u, usually %u)", (unsigned)r->ttl, (unsigned)r->ttl_usual);
    }
    if (s.second) {
        judge_say(f, ", and %s", s.second);
    }
    return f;
}

/* It answers what the other side said first after a long silence. */
static void say_silence_before(struct finding *f, const struct judge *j, const struct event *rst)
{
    const struct tcp_stress *t = j->s->tcp.side[side_other((enum side)rst->side)].stress;
    double quiet = t ? (double)t->quiet_ns / 1e9 : 0;
    double after = t && t->quiet_ns ? judge_seconds(t->quiet_until, rst->first) : -1;

    if (quiet >= threshold(THRESHOLD_STATE_IDLE) && after >= 0 &&
        after < threshold(THRESHOLD_GIVE_UP)) {
        judge_say(f,
                  "; before that nobody had spoken for %s, in which a firewall or NAT device may "
                  "have forgotten the connection",
                  judge_span(quiet).s);
    }
}

void rule_reset_injected(struct judge *j, const struct rule *rule)
{
    const struct event *refusal = reset_refusal(j);

    for (int i = 0; i < SIDES; i++) {
        const struct event *rst = reset_unexplained(j, (enum side)i);
        struct finding *f = rst ? raise_injected(j, rule, rst) : NULL;

        if (f) {
            f->fatal = judge_was_pending(j) && !j->given_up;
            f->severity = f->fatal ? SEVERITY_ERROR : SEVERITY_WARNING;
            say_silence_before(f, j, rst);
        }
    }
    if (refusal) {
        raise_injected(j, rule, refusal); /* that it was refused is the cause */
    }
}
