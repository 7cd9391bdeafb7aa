/* steps.c - a session as the list of steps that reports tell.
 *
 * The model keeps events in the order they were read. Reading follows each stream, and a hole in
 * one direction can make it wait while the other goes on; so for telling, four lanes are merged
 * anew by time: what the client said, what the server said (each in stream order), packets that
 * matter by themselves, and waits. Each lane walks the session's one list and skips what is not its
 * own.
 *
 * What stands behind a hole in the stream was readable only when the hole was filled: it never
 * comes before its predecessor. A gap is known late but lies early: it comes just before what
 * follows it in the stream.
 */
#include "report/steps.h"

#include <stdio.h>
#include <string.h>

#include "dissect/text.h"
#include "dissect/tls/names.h"
#include "report/facts.h"

/* Of steps that share a packet: it opens the connection, misses something, says something, then the
 * rest; a wait begins behind them all. */
enum rank { RANK_OPENING, RANK_GAP, RANK_SAID, RANK_PACKET };

static enum rank rank_of(const struct event *e)
{
    if (e->kind == EVENT_GAP) {
        return RANK_GAP;
    }
    if (e->kind >= EVENT_REPLY) {
        return RANK_SAID;
    }
    return e->kind <= EVENT_SYNACK ? RANK_OPENING : RANK_PACKET;
}

static int compare_marks(struct mark a, struct mark b)
{
    if (a.time_ns != b.time_ns) {
        return a.time_ns < b.time_ns ? -1 : 1;
    }
    return (a.packet > b.packet) - (a.packet < b.packet);
}

static struct mark later(struct mark a, struct mark b)
{
    return compare_marks(a, b) < 0 ? b : a;
}

static struct mark event_at(const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_REPLY:
    case EVENT_COMMAND:
    case EVENT_AUTH:
    case EVENT_CONTENT:
    case EVENT_CHUNK:
    case EVENT_TLS:
        return e->last;
    case EVENT_SYN:
    case EVENT_SYNACK:
    case EVENT_REFUSED:
    case EVENT_FIN:
    case EVENT_RST:
    case EVENT_ICMP:
    case EVENT_GAP:
    case EVENT_RETRANSMIT:
    case EVENT_ZERO_WINDOW:
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_TLS_RUN:
    case EVENT_OPAQUE:
    case EVENT_KINDS:
        break;
    }
    return e->first;
}

static const struct event *next_of(const struct event *e, enum rank rank, enum side side)
{
    while (e && (rank_of(e) != rank || e->side != side)) {
        e = e->next;
    }
    return e;
}

/* The lane's next event at or behind `from`. */
static void lane_said(struct steps_lane *lane, const struct event *from, enum side side)
{
    lane->event = next_of(from, RANK_SAID, side);
    if (lane->event) {
        lane->at = event_at(lane->event);
        lane->key = later(lane->key, lane->at);
    }
}

static void lane_gaps(struct steps_lane *lane, const struct event *from, enum side side)
{
    lane->event = next_of(from, RANK_GAP, side);
    if (lane->event) {
        const struct event *follower = next_of(lane->event->next, RANK_SAID, side);
        lane->at = lane->key = event_at(lane->event);
        if (follower && compare_marks(event_at(follower), lane->key) < 0) {
            lane->key = event_at(follower);
        }
    }
}

static void lane_packets(struct steps_lane *lane, const struct event *from)
{
    while (from && (rank_of(from) == RANK_SAID || rank_of(from) == RANK_GAP)) {
        from = from->next;
    }
    lane->event = from;
    if (from) {
        lane->at = lane->key = event_at(from);
    }
}

static const struct wait *first_wait(const struct session *s)
{
    const struct diagnosis *d = s->diagnosis;
    return d ? d->waits : NULL;
}

void steps_begin(struct steps_iterator *it, const struct session *s)
{
    *it = (struct steps_iterator){.wait = first_wait(s)};
    for (enum side side = SIDE_CLIENT; side < SIDES; side++) {
        it->said[side].key.time_ns = INT64_MIN;
        lane_said(&it->said[side], s->events, side);
        lane_gaps(&it->gaps[side], s->events, side);
    }
    lane_packets(&it->packets, s->events);
}

static bool goes_before(const struct steps_lane *a, const struct steps_lane *b)
{
    int order = compare_marks(a->key, b->key);
    return order ? order < 0 : rank_of(a->event) < rank_of(b->event);
}

static struct steps_lane *earliest(struct steps_iterator *it)
{
    struct steps_lane *lanes[] = {&it->said[SIDE_CLIENT], &it->said[SIDE_SERVER],
                                  &it->gaps[SIDE_CLIENT], &it->gaps[SIDE_SERVER], &it->packets};
    struct steps_lane *best = NULL;
    for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
        if (lanes[i]->event && (!best || goes_before(lanes[i], best))) {
            best = lanes[i];
        }
    }
    return best;
}

bool steps_next(struct steps_iterator *it, struct step *out)
{
    struct steps_lane *lane = earliest(it);
    const struct wait *wait = it->wait;
    if (wait && (!lane || compare_marks(wait->from, lane->key) < 0)) {
        *out = (struct step){.kind = "wait", .wait = wait, .at = wait->from};
        it->wait = wait->next;
        return true;
    }
    if (!lane) {
        return false;
    }
    const struct event *e = lane->event;
    *out = (struct step){
        .kind = event_kind_names[e->kind],
        .event = e,
        .at = lane->at,
        .has_side = e->kind != EVENT_ICMP && e->kind != EVENT_LIMIT,
        .side = e->side,
    };
    switch (rank_of(e)) {
    case RANK_SAID:
        lane_said(lane, e->next, e->side);
        break;
    case RANK_GAP:
        lane_gaps(lane, e->next, e->side);
        break;
    case RANK_OPENING:
    case RANK_PACKET:
        lane_packets(lane, e->next);
        break;
    }
    return true;
}

bool steps_wanted(const struct settings *settings, const struct session *s)
{
    const struct diagnosis *d = s->diagnosis;
    switch (settings->steps) {
    case STEPS_FLAGGED:
        return d && d->flagged;
    case STEPS_ALL:
        return true;
    case STEPS_NONE:
    case STEPS_COUNT:
        break;
    }
    return false;
}

uint32_t step_transaction(const struct event *e)
{
    const struct transaction *tx = NULL;
    if (e->kind == EVENT_REPLY) {
        tx = e->facts->reply.tx;
    } else if (e->kind == EVENT_COMMAND) {
        tx = e->facts->command.tx;
    } else if (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) {
        tx = e->facts->content.tx;
    }
    return tx ? tx->n : 0;
}

struct bytes step_verb(const struct event *command, char scratch[STEP_TEXT_MAX])
{
    const struct command_facts *c = &command->facts->command;
    if (c->verb != VERB_UNKNOWN) {
        const char *name = verb_names[c->verb];
        return (struct bytes){(const uint8_t *)name, strlen(name)};
    }
    size_t len = c->word.len < STEP_TEXT_MAX ? c->word.len : STEP_TEXT_MAX;
    for (size_t i = 0; i < len; i++) {
        scratch[i] = (char)text_upper((uint8_t)c->word.s[i]);
    }
    return (struct bytes){(const uint8_t *)scratch, len};
}

struct bytes step_reply_to(const struct event *reply, char scratch[STEP_TEXT_MAX])
{
    const struct reply_facts *r = &reply->facts->reply;
    const char *word = "";
    switch ((enum reply_to)r->to) {
    case REPLY_TO_GREETING:
        word = "greeting";
        break;
    case REPLY_TO_COMMAND:
        if (r->answers && r->answers->kind == EVENT_COMMAND) {
            return step_verb(r->answers, scratch);
        }
        break;
    case REPLY_TO_CONTENT:
        word = "content";
        break;
    case REPLY_TO_AUTH:
        word = "auth";
        break;
    case REPLY_TO_CHUNK:
        word = verb_names[VERB_BDAT];
        break;
    case REPLY_TO_NOTHING:
        word = "unsolicited";
        break;
    case REPLY_TO_UNKNOWN:
        break;
    }
    return (struct bytes){(const uint8_t *)word, strlen(word)};
}

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22 };

static const char *record_name(uint8_t type)
{
    const char *name = tls_record_name(type);
    return name ? name : "record";
}

size_t step_tls_text(const struct event *e, char *out, size_t size)
{
    const struct tls_event_facts *t = &e->facts->tls;
    const char *name = NULL;
    int len = 0;
    if (e->kind == EVENT_TLS_RUN) {
        len = snprintf(out, size, "%s", record_name(e->facts->run.record_type));
    } else if (t->record_type == RECORD_ALERT && !t->encrypted) {
        len = snprintf(out, size, "%s alert %s", fact_alert_level(t->level),
                       fact_alert_description(t->description));
    } else if (t->record_type == RECORD_HANDSHAKE && !t->encrypted) {
        name = tls_message_name(t->message);
        len = name ? snprintf(out, size, "%s", name)
                   : snprintf(out, size, "handshake message %u", t->message);
    } else {
        len = snprintf(out, size, "%s%s", t->encrypted ? "encrypted " : "",
                       record_name(t->record_type));
    }
    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}
