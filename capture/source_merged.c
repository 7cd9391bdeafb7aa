/* source_merged.c - several sources as one, in order of packet time (ties: order given).
 *
 * Each source keeps one packet waiting; the earliest of them is handed out. That packet stays where
 * its source put it: the source is asked for its next one only when we are asked again, so a packet
 * is valid exactly as long as source.h promises, and none is copied.
 *
 * A source that rests (source.h) is only asked for its first packet when its turn comes. So a set
 * of files that follow one another in time is read one after the other, and none waits in memory.
 *
 * A source that runs backwards in time is not sorted: its packets come in its own order.
 */
#include "capture/source_merged.h"

#include <assert.h>
#include <stdlib.h>

struct head {
    struct packet packet; /* waiting; its bytes belong to the source */
    size_t index;         /* of the source */
    bool resting;         /* of packet only the time is known yet */
};

struct source_merged {
    struct source source;
    struct source **sources;
    size_t count, input_count;
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

/* Asks those who owe a packet. SOURCE_NOTHING: one of them has none now, and nobody's packet may go
 * first before that one is known. */
static enum source_answer ask(struct source_merged *m)
{
    while (m->unasked_count > 0) {
        struct head head = {.index = m->unasked[m->unasked_count - 1]};
        enum source_answer answer = source_next(m->sources[head.index], &head.packet);
        if (answer == SOURCE_NOTHING) {
            return SOURCE_NOTHING;
        }
        m->unasked_count--;
        if (answer == SOURCE_PACKET) {
            push(m, &head);
        }
    }
    return m->head_count > 0 ? SOURCE_PACKET : SOURCE_END;
}

static enum source_answer merged_next(struct source *s, struct packet *out)
{
    struct source_merged *m = own(s);
    for (;;) {
        enum source_answer answer = ask(m);
        if (answer != SOURCE_PACKET) {
            return answer;
        }
        struct head first = pop(m);
        m->unasked[m->unasked_count++] = first.index;
        if (!first.resting) {
            *out = first.packet;
            return SOURCE_PACKET;
        }
    }
}

static size_t merged_input_count(const struct source *s)
{
    return own_const(s)->input_count;
}

static const struct source_input *merged_input(const struct source *s, size_t index)
{
    const struct source_merged *m = own_const(s);
    size_t i = 0;
    if (m->input_count == m->count) {
        return source_input(m->sources[index], 0); /* one each, as files have */
    }
    while (index >= source_input_count(m->sources[i])) {
        index -= source_input_count(m->sources[i]);
        i++;
        assert(i < m->count);
    }
    return source_input(m->sources[i], index);
}

/* Every input counts as much as it is long; one of unknown length makes the whole unknown. */
static double merged_progress(const struct source *s)
{
    const struct source_merged *m = own_const(s);
    double done = 0, whole = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct source_input *input = source_input(m->sources[i], 0);
        if (source_progress(m->sources[i]) < 0) {
            return -1;
        }
        done += (double)input->size;
        whole += (double)input->size_whole;
    }
    return whole > done ? done / whole : 1;
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
        struct head head = {.index = i};
        m->sources[i] = sources[i];
        m->input_count += source_input_count(sources[i]);
        head.resting = source_rests(sources[i], &head.packet.mark.time_ns);
        if (head.resting) {
            push(m, &head);
        } else {
            m->unasked[m->unasked_count++] = i;
        }
    }
    m->count = count;
    return &m->source;
}
