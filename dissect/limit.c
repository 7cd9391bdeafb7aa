/* limit.c - the names and numbers of the limits that are told. */
#include "dissect/limit.h"

#include <assert.h>

#include "dissect/limits.h"

static_assert((int)LIMITS <= 32, "a session has a bit for each");

#define ROW(word) [REACHED_##word] = {"LIMIT_" #word, LIMIT_##word}

const struct limit_row limit_rows[LIMITS] = {
    ROW(LINE),
    ROW(KEYWORDS),
    ROW(RECIPIENTS),
    ROW(OUTSTANDING),
    ROW(KEPT_BYTES),
    ROW(KEPT_PACKETS),
    ROW(CHAPTER_EVENTS),
    ROW(SESSION_EVENTS),
    ROW(TRANSPORT_EVENTS),
    ROW(ICMP_EVENTS),
    ROW(HELD_BYTES),
    ROW(HELD_SEGMENTS),
    ROW(HANDSHAKE),
    ROW(TLS_NUMBERS),
    ROW(CERTIFICATES),
    ROW(CERTIFICATE_NAMES),
    ROW(KEYLOG_SECRETS),
    ROW(TLS_TRIES),
    ROW(HELD_BYTES_ALL),
    ROW(CONNECTIONS),
    ROW(SESSIONS),
    ROW(SESSION_BYTES_ALL),
    ROW(UNANSWERED),
    ROW(ENCAPSULATIONS),
    ROW(FRAGMENT_DATAGRAMS),
    ROW(FRAGMENT_BYTES_ALL),
    ROW(PEERS),
    ROW(FINDING_GROUPS),
    ROW(WATCHED),
};
