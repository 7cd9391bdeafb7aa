/* loss.c - a ring of what the last sessions were, and two sums. */
#include "report/diagnose/loss.h"

#include <string.h>

#include "report/diagnose/thresholds.h"
#include "report/diagnose/trust.h"
#include "report/words.h"

enum { WHY_MAX = 120 };

static struct {
    bool lossy[LOSS_SESSIONS];
    size_t next, known, lossy_count;
    bool forgot; /* of some sessions */
    uint64_t packets, dropped;
} memory;

void loss_learn(const struct session *s)
{
    bool lossy = trust_lost_packets(s);

    if (!lossy && !s->tcp.side[SIDE_CLIENT].bytes && !s->tcp.side[SIDE_SERVER].bytes) {
        return; /* it says neither */
    }
    if (memory.known == LOSS_SESSIONS) {
        memory.lossy_count -= memory.lossy[memory.next];
        memory.forgot = true;
    } else {
        memory.known++;
    }
    memory.lossy[memory.next] = lossy;
    memory.lossy_count += lossy;
    memory.next = (memory.next + 1) % LOSS_SESSIONS;
}

void loss_learn_drops(uint64_t packets, uint64_t dropped)
{
    memory.packets = packets;
    memory.dropped = dropped;
}

/* A loss of single packets that shows in one session of four takes about one packet of a hundred;
 * the drops of a busy host come in bursts, and a burst that hit one session in four may well have
 * swallowed the rest of a fifth. */
static bool many_lack(void)
{
    return (double)memory.lossy_count >= threshold(THRESHOLD_LACKING_COUNT) &&
           (double)memory.lossy_count >= threshold(THRESHOLD_LACKING_SHARE) * (double)memory.known;
}

bool loss_is_common(void)
{
    return many_lack() || (memory.dropped &&
                           (double)memory.dropped >= threshold(THRESHOLD_DROPPED_SHARE) *
                                                         (double)(memory.packets + memory.dropped));
}

const char *loss_words(void)
{
    static char words[WHY_MAX];

    if (many_lack()) {
        words_put(words, sizeof words, "%zu of %s sessions%s lack packets", memory.lossy_count,
                  words_count(memory.known).s, memory.forgot ? " seen last" : " of this capture");
    } else {
        words_put(words, sizeof words, "%s dropped while the capture ran",
                  words_counted(memory.dropped, "packet").s);
    }
    return words;
}

void loss_reset(void)
{
    memset(&memory, 0, sizeof memory);
}
