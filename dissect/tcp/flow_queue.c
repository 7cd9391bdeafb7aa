/* flow_queue.c - who has been silent for how long.
 *
 * Connections stand in four queues by their last packet: those nobody needs to watch, those that
 * never came up, the open ones, and those that are over and linger until they are told. Of those
 * told the key stays. Only the heads are looked at when time goes on. Time is packet time; one
 * packet from the far future does not move it (two must agree), and a connection's place in its
 * queue is the time it was then, not what its packet says.
 *
 * Time that leaps beyond what anybody may be silent is the capture's clock, or silence everywhere:
 * for some packets more nobody's dialogue is over, so that those who go on can show it.
 *
 * When the open ones take more than LIMIT_WARM_BYTES, those silent for longest are packed: they
 * stand at the head of their queue, and a packet that unpacks one moves it to the end.
 */
#include "dissect/tcp/flow_state.h"

enum {
    /* So many handshakes under way are no longer ordinary. */
    FLOOD_MIN = 4096,
    /* Packets behind a leap of time in which open connections may go on. */
    LEAP_PACKETS = 256,
    /* Timestamps that tick once a millisecond go round then (RFC 7323 section 5.4): beyond it
     * nobody could show that less time went by. */
    LEAP_MOST_SECONDS = 24 * 86400,
};

static const int64_t second_ns = FLOW_SECOND_NS;
static const int64_t queue_seconds[QUEUES] = {LIMIT_IDLE_OTHER_SECONDS, LIMIT_IDLE_OTHER_SECONDS,
                                              LIMIT_IDLE_SECONDS, LIMIT_LINGER_SECONDS};

/* When the queue's head is to go, unless it is seen again. */
static int64_t head_expiry(const struct tcp_flows *t, int queue)
{
    int64_t seen_ns = t->oldest[queue] ? t->oldest[queue]->seen_ns : INT64_MAX;
    int64_t keep_ns = queue_seconds[queue] * second_ns;

    return seen_ns > INT64_MAX - keep_ns ? INT64_MAX : seen_ns + keep_ns;
}

/* The queue has another head. */
static void note_head(struct tcp_flows *t, int queue)
{
    if (head_expiry(t, queue) < t->expiry_ns) {
        t->expiry_ns = head_expiry(t, queue);
    }
}

/* It is among the open ones and not packed: what it takes by now. */
static void count_open_bytes(struct tcp_flows *t, struct flow *f)
{
    size_t bytes = tcp_connection_size(f->mail);

    t->open_bytes += bytes - f->bytes;
    f->bytes = bytes;
}

void flow_unqueue(struct tcp_flows *t, struct flow *f)
{
    if (t->warm == f) {
        t->warm = f->newer;
    }
    if (f->queue == QUEUE_OPEN && !f->packed) {
        t->open_bytes -= f->bytes;
        f->bytes = 0;
    }
    t->unanswered_count -= f->queue == QUEUE_UNANSWERED;
    if (f->older) {
        f->older->newer = f->newer;
    } else {
        t->oldest[f->queue] = f->newer;
        note_head(t, f->queue);
    }
    if (f->newer) {
        f->newer->older = f->older;
    } else {
        t->newest[f->queue] = f->older;
    }
}

void flow_queue(struct tcp_flows *t, struct flow *f, enum flow_queue queue)
{
    f->queue = (uint8_t)queue;
    t->unanswered_count += queue == QUEUE_UNANSWERED;
    f->seen_ns = t->now_ns;
    f->newer = NULL;
    f->older = t->newest[queue];
    if (f->older) {
        f->older->newer = f;
    } else {
        t->oldest[queue] = f;
        note_head(t, queue);
    }
    t->newest[queue] = f;
    if (queue == QUEUE_OPEN) {
        count_open_bytes(t, f);
        if (!t->warm) {
            t->warm = f;
        }
    }
}

void flow_touch(struct tcp_flows *t, struct flow *f, struct mark mark)
{
    enum flow_queue queue = QUEUE_OTHER;

    f->last_ns = mark.time_ns;
    f->seen_ns = t->now_ns;
    if (f->mail) {
        queue = tcp_connection_is_closed(f->mail)     ? QUEUE_CLOSED
                : tcp_connection_is_unproven(f->mail) ? QUEUE_UNANSWERED
                                                      : QUEUE_OPEN;
    }
    if (t->newest[queue] == f) {
        if (queue == QUEUE_OPEN) {
            count_open_bytes(t, f);
        }
        return;
    }
    flow_unqueue(t, f);
    flow_queue(t, f, queue);
}

void flow_unpack(struct tcp_flows *t, struct flow *f)
{
    if (!f->packed) {
        return;
    }
    tcp_connection_unpack(f->mail, f->packed);
    f->packed = NULL;
    t->packed_bytes -= f->bytes;
    f->bytes = 0;
    count_open_bytes(t, f);
    if (!f->newer) {
        t->warm = f; /* all were packed */
    }
}

/* False: no memory. */
static bool pack(struct tcp_flows *t, struct flow *f)
{
    size_t left = 0;

    if (!(f->packed = tcp_connection_pack(f->mail, &left))) {
        return false;
    }
    t->open_bytes -= f->bytes;
    f->bytes = arena_packed_size(f->packed) + left;
    t->packed_bytes += f->bytes;
    t->totals.packed++;
    return true;
}

/* Open ones only: handshakes under way come as floods, and those that are over are told soon;
 * packing them would cost more than all else that is done about one. The last is spared. */
static void pack_coldest(struct tcp_flows *t)
{
    while (t->open_bytes > t->options.max_warm_bytes && t->warm &&
           t->warm != t->newest[QUEUE_OPEN] && pack(t, t->warm)) {
        t->warm = t->warm->newer;
    }
}

/* A packet that moves the time on is touched while it is still the time before; the packet after it
 * confirms what it said, or something a little earlier where packets stand out of order. */
static void confirm_last(const struct tcp_flows *t, struct flow *f)
{
    int64_t last_ns = f->last_ns, ahead_ns = last_ns - t->now_ns;

    if (f->seen_ns == INT64_MIN) {
        f->seen_ns = t->now_ns; /* the very first packet */
    }
    if (f->seen_ns < last_ns && ahead_ns <= LIMIT_IDLE_OTHER_SECONDS * second_ns) {
        f->seen_ns = ahead_ns > 0 ? t->now_ns : last_ns;
    }
}

static void expire(struct tcp_flows *t)
{
    if (t->now_ns <= t->expiry_ns) {
        return;
    }
    for (int q = 0; q < QUEUES; q++) {
        int64_t keep = queue_seconds[q] * second_ns;
        while (t->oldest[q] && !(q == QUEUE_OPEN && t->leap_packets)) {
            if (t->oldest[q]->seen_ns >= t->now_ns - keep) {
                break;
            }
            confirm_last(t, t->oldest[q]);
            if (t->oldest[q]->seen_ns >= t->now_ns - keep) {
                break;
            }
            if (q == QUEUE_CLOSED) {
                flow_bury(t, t->oldest[q]);
            } else {
                flow_remove(t, t->oldest[q], SESSION_IDLE);
            }
        }
    }
    t->expiry_ns = INT64_MAX;
    for (int q = 0; q < QUEUES; q++) {
        note_head(t, q);
    }
}

static void note_leap(struct tcp_flows *t, int64_t now_ns)
{
    int64_t by = t->now_ns == INT64_MIN ? 0 : now_ns - t->now_ns;

    if (by > LIMIT_IDLE_SECONDS * second_ns && by <= LEAP_MOST_SECONDS * second_ns) {
        t->leap_packets = LEAP_PACKETS;
    } else if (by > LEAP_MOST_SECONDS * second_ns) {
        t->leap_packets = 0;
    }
}

/* Time advances to what two packets in a row agree on: one stray time stamp ends nothing. */
void flow_packet_time(struct tcp_flows *t, int64_t time_ns)
{
    int64_t agreed = time_ns < t->last_ns ? time_ns : t->last_ns;

    t->last_ns = time_ns;
    t->leap_packets -= t->leap_packets > 0;
    if (agreed > t->now_ns) {
        note_leap(t, agreed);
        t->now_ns = agreed;
        expire(t);
    }
}

void tcp_flow_clock(struct tcp_flows *t, int64_t now_ns)
{
    if (t->last_ns != INT64_MIN && now_ns > t->now_ns) {
        t->now_ns = t->last_ns = now_ns;
        t->leap_packets = 0;
        expire(t);
    }
}

int64_t tcp_flow_now(const struct tcp_flows *t)
{
    return t->now_ns;
}

/* The oldest of the queue gives way. One that was over loses nothing but late copies. */
static void evict(struct tcp_flows *t, int queue, enum limit limit)
{
    struct flow *f = t->oldest[queue];

    flow_unpack(t, f);
    if (f->mail && queue != QUEUE_CLOSED) {
        tcp_connection_limit(f->mail, limit);
    }
    flow_remove(t, f, SESSION_EVICTED);
    t->totals.evicted[limit]++;
}

void flow_make_room(struct tcp_flows *t)
{
    static const int order[QUEUES] = {QUEUE_CLOSED, QUEUE_OTHER, QUEUE_UNANSWERED, QUEUE_OPEN};

    for (int i = 0; i < QUEUES && t->flow_count >= t->options.max_connections; i++) {
        while (t->oldest[order[i]] && t->flow_count >= t->options.max_connections) {
            evict(t, order[i], REACHED_CONNECTIONS);
        }
    }
}

void flow_make_room_for_mail(struct tcp_flows *t)
{
    static const int order[] = {QUEUE_UNANSWERED, QUEUE_OPEN};

    while (t->oldest[QUEUE_CLOSED] && t->mail_count >= t->options.max_sessions) {
        flow_bury(t, t->oldest[QUEUE_CLOSED]);
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        while (t->oldest[order[i]] && t->mail_count >= t->options.max_sessions) {
            evict(t, order[i], REACHED_SESSIONS);
        }
    }
}

/* Too much memory in them: those that are over, which only wait for late packets, go first, then
 * those of a flood, then whoever was silent for longest. */
static void make_room_for_bytes(struct tcp_flows *t)
{
    while (t->session_bytes + t->packed_bytes > LIMIT_SESSION_BYTES_ALL) {
        bool flood = t->unanswered_count > FLOOD_MIN || !t->oldest[QUEUE_OPEN];
        int queue = flood ? QUEUE_UNANSWERED : QUEUE_OPEN;

        if (t->oldest[QUEUE_CLOSED]) {
            flow_bury(t, t->oldest[QUEUE_CLOSED]);
        } else if (t->oldest[queue]) {
            evict(t, queue, REACHED_SESSION_BYTES_ALL);
        } else {
            return;
        }
    }
}

/* A flood of SYNs must not take the place of everything else. */
static void make_room_for_answered(struct tcp_flows *t)
{
    while (t->unanswered_count > LIMIT_UNANSWERED) {
        evict(t, QUEUE_UNANSWERED, REACHED_UNANSWERED);
    }
}

void flow_keep_limits(struct tcp_flows *t)
{
    make_room_for_answered(t);
    if (t->open_bytes > t->options.max_warm_bytes) {
        pack_coldest(t);
    }
    if (t->session_bytes + t->packed_bytes > LIMIT_SESSION_BYTES_ALL) {
        make_room_for_bytes(t);
    }
}
