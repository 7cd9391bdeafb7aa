/* acquaintance.c - servers that offered PIPE_CONNECT, as a set of hashes of their addresses. Two
 * servers with one hash: an early talker is not told once in 2^64. */
#include "report/diagnose/acquaintance.h"

#include <string.h>

#include "report/diagnose/rules_all.h"

enum { SLOTS = 1024, FULL = SLOTS / 4 * 3 };

static uint64_t known[SLOTS]; /* 0: free */
static size_t known_count;

static uint64_t hash_of(const struct endpoint *server)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof server->address.bytes; i++) {
        h = (h ^ server->address.bytes[i]) * UINT64_C(1099511628211); /* FNV-1a */
    }
    h = (h ^ server->port) * UINT64_C(1099511628211);
    h ^= h >> 29;
    return h ? h : 1;
}

static uint64_t *slot_of(uint64_t hash)
{
    size_t at = hash & (SLOTS - 1);

    while (known[at] && known[at] != hash) {
        at = (at + 1) & (SLOTS - 1);
    }
    return &known[at];
}

static bool offers(const struct session *s)
{
    return rules_offered(s, "PIPECONNECT") || rules_offered(s, "PIPE_CONNECT") ||
           rules_offered(s, "X_PIPE_CONNECT");
}

bool acquaintance_may_pipe(const struct session *s)
{
    return offers(s) || (known_count && *slot_of(hash_of(&s->end[SIDE_SERVER])));
}

void acquaintance_learn(const struct session *s)
{
    uint64_t hash, *slot;

    if (known_count >= FULL || !s->smtp.keyword_count || !offers(s)) {
        return;
    }
    hash = hash_of(&s->end[SIDE_SERVER]);
    slot = slot_of(hash);
    known_count += !*slot;
    *slot = hash;
}

void acquaintance_reset(void)
{
    memset(known, 0, sizeof known);
    known_count = 0;
}
