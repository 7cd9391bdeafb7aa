/* limit.h - the limits of limits.h that are told when they are reached.
 *
 * In a session each is an event (EVENT_LIMIT), once; for the whole capture they are counted. Not
 * among them: what reports show themselves, a text cut short ("cut") and what time ends.
 */
#ifndef DISSECT_LIMIT_H
#define DISSECT_LIMIT_H

#include <stdint.h>

enum limit {
    /* of one session */
    REACHED_LINE,
    REACHED_KEYWORDS,
    REACHED_RECIPIENTS,
    REACHED_OUTSTANDING,
    REACHED_KEPT_BYTES,
    REACHED_KEPT_PACKETS,
    REACHED_CHAPTER_EVENTS,
    REACHED_SESSION_EVENTS,
    REACHED_TRANSPORT_EVENTS,
    REACHED_ICMP_EVENTS,
    REACHED_HELD_BYTES,
    REACHED_HELD_SEGMENTS,
    REACHED_HANDSHAKE,
    REACHED_TLS_NUMBERS,
    REACHED_CERTIFICATES,
    REACHED_CERTIFICATE_NAMES,
    REACHED_KEYLOG_SECRETS,
    REACHED_TLS_TRIES,
    /* of all together; the session that gave way says so */
    REACHED_HELD_BYTES_ALL,
    REACHED_CONNECTIONS,
    REACHED_SESSIONS,
    REACHED_SESSION_BYTES_ALL,
    REACHED_UNANSWERED,
    /* of packets that belong to no session yet */
    REACHED_ENCAPSULATIONS,
    REACHED_FRAGMENT_DATAGRAMS,
    REACHED_FRAGMENT_BYTES_ALL,
    /* of what the report remembers of all sessions */
    REACHED_PEERS,
    REACHED_FINDING_GROUPS,
    REACHED_WATCHED,
    LIMITS
};

struct limit_row {
    const char *name; /* "LIMIT_HELD_SEGMENTS" */
    uint64_t value;
};
extern const struct limit_row limit_rows[LIMITS];

#endif
