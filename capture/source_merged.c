/* source_merged.c - several sources as one, in order of packet time (ties: order given).
 *
 * Each source keeps one packet waiting; the earliest of them is handed out. That packet stays where
 * its source put it: the source is asked for its next one only when we are asked again, so a packet
 * is valid exactly as long as source.h promises, and none is copied.
 *
 * A source that runs backwards in time is not sorted: its packets come in its own order.
 */
#include "capture/source_merged.h"

#include <assert.h>
#include <stdlib.h>

struct head {
    struct packet packet; /* waiting; its bytes belong to the source */
    size_t index;         /* of the source */
};

struct source_merged {
    struct source source;
    struct source **sources;
    size_t count;
    struct head *heads; /* a heap: the earliest is heads[0] */
    size_t head_count;
    size_t *unasked; /* sources that owe their next packet */
    size_t unasked_count;
};

static struct source_merged *own(struct source *s)
{
    return (struct source_merged *)s;
}

static const struct source_merged *own_const(const struct source *s)
{
    return (const struct source_merged *)s;
}

static bool is_before(const struct head *a, const struct head *b)
{
    if (a->packet.mark.time_ns != b->packet.mark.time_ns) {
        return a->packet.mark.time_ns < b->packet.mark.time_ns;
    }
    return a->index < b->index;
}

static void push(struct source_merged *m, const struct head *head)
{
    size_t at = m->head_count++;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!is_before(head, &m->heads[parent])) {
            break;
        }
        m->heads[at] = m->heads[parent];
        at = parent;
    }
    m->heads[at] = *head;
}

static struct head pop(struct source_merged *m)
{
    struct head first = m->heads[0];
    struct head moved = m->heads[--m->head_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < m->head_count && is_before(&m->heads[child + 1], &m->heads[child])) {
            child++;
        }
        if (child >= m->head_count || !is_before(&m->heads[child], &moved)) {
            break;
        }
        m->heads[at] = m->heads[child];
        at = child;
    }
    m->heads[at] = moved;
    return first;
}

static enum source_answer merged_next(struct source *s, struct packet *out)
{
    struct source_merged *m = own(s);
    while (m->unasked_count > 0) {
        struct head head = {.index = m->unasked[m->unasked_count - 1]};
        enum source_answer answer = source_next(m->sources[head.index], &head.packet);
        if (answer == SOURCE_NOTHING) {
            return SOURCE_NOTHING; /* nobody's packet may go first before this one is known */
        }
        m->unasked_count--;
        if (answer == SOURCE_PACKET) {
            push(m, &head);
        }
    }
    if (m->head_count == 0) {
        return SOURCE_END;
    }
    struct head first = pop(m);
    m->unasked[m->unasked_count++] = first.index;
    *out = first.packet;
    return SOURCE_PACKET;
}

static size_t merged_input_count(const struct source *s)
{
    const struct source_merged *m = own_const(s);
    size_t sum = 0;
    for (size_t i = 0; i < m->count; i++) {
        sum += source_input_count(m->sources[i]);
    }
    return sum;
}

static const struct source_input *merged_input(const struct source *s, size_t index)
{
    const struct source_merged *m = own_const(s);
    size_t i = 0;
    while (index >= source_input_count(m->sources[i])) {
        index -= source_input_count(m->sources[i]);
        i++;
        assert(i < m->count);
    }
    return source_input(m->sources[i], index);
}

/* Every source counts as much as it is long; one of unknown length makes the whole unknown. */
static double merged_progress(const struct source *s)
{
    const struct source_merged *m = own_const(s);
    double done = 0, total = 0;
    for (size_t i = 0; i < m->count; i++) {
        double fraction = source_progress(m->sources[i]);
        double size = (double)source_input(m->sources[i], 0)->size;
        if (fraction <= 0) {
            return fraction;
        }
        done += size;
        total += size / fraction;
    }
    return total > 0 ? done / total : -1;
}

static void merged_free(struct source *s)
{
    struct source_merged *m = own(s);
    for (size_t i = 0; i < m->count; i++) {
        source_free(m->sources[i]);
    }
    free(m->sources);
    free(m->heads);
    free(m->unasked);
    free(m);
}

static const struct source_class merged_class = {
    .next = merged_next,
    .input_count = merged_input_count,
    .input = merged_input,
    .progress = merged_progress,
    .free = merged_free,
};

struct source *source_merged_new(struct source **sources, size_t count)
{
    struct source_merged *m = calloc(1, sizeof *m);
    if (!m) {
        return NULL;
    }
    m->source.class = &merged_class;
    m->sources = calloc(count + 1, sizeof(struct source *));
    m->heads = calloc(count + 1, sizeof *m->heads);
    m->unasked = calloc(count + 1, sizeof *m->unasked);
    if (!m->sources || !m->heads || !m->unasked) {
        merged_free(&m->source);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        m->sources[i] = sources[i];
        m->unasked[i] = i;
    }
    m->count = m->unasked_count = count;
    return &m->source;
}
