/* source_paced.c - another source at its recorded pace, times a factor.
 *
 *      packet time   first ---------- packet
 *                      |                 |        due = (packet - first) / speed after the start
 *      our clock     start ------------ due
 *
 * The first packet starts the clock. A consumer that falls behind gets packets without waiting
 * until it has caught up. Times that run backwards are due at once.
 */
#include "capture/source_paced.h"

#include <stdlib.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)

enum { WAIT_MAX_NS = 100 * 1000 * 1000 };

struct source_paced {
    struct source source;
    struct source *inner;
    double speed;
    bool started;
    int64_t start_ns;      /* our clock at the first packet */
    int64_t first_ns;      /* its packet time */
    int64_t last_ns;       /* packet time of the packet handed out last */
    bool is_waiting;       /* a packet is not due yet */
    struct packet waiting; /* its bytes belong to inner, which is not asked meanwhile */
};

static struct source_paced *own(struct source *s)
{
    return (struct source_paced *)s;
}

static const struct source_paced *own_const(const struct source *s)
{
    return (const struct source_paced *)s;
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Packet time that corresponds to our clock now. */
static int64_t time_now(const struct source_paced *p)
{
    double elapsed = (double)(clock_ns() - p->start_ns) * p->speed;
    double left = (double)INT64_MAX / 2 - (double)p->first_ns / 2; /* far beyond any capture */
    return p->first_ns + (int64_t)(elapsed < left ? elapsed : left);
}

/* Sleeps towards the waiting packet, at most WAIT_MAX_NS; a signal ends it early. */
static void sleep_towards(const struct source_paced *p)
{
    double ns = (double)(p->waiting.mark.time_ns - time_now(p)) / p->speed + 1;
    if (ns <= 0) {
        return;
    }
    struct timespec wait = {.tv_nsec = ns < WAIT_MAX_NS ? (long)ns : WAIT_MAX_NS};
    nanosleep(&wait, NULL);
}

static enum source_answer paced_next(struct source *s, struct packet *out)
{
    struct source_paced *p = own(s);
    if (!p->is_waiting) {
        enum source_answer answer = source_next(p->inner, &p->waiting);
        if (answer != SOURCE_PACKET) {
            return answer;
        }
        p->is_waiting = true;
    }
    int64_t time_ns = p->waiting.mark.time_ns;
    if (!p->started) {
        p->started = true;
        p->start_ns = clock_ns();
        p->first_ns = p->last_ns = time_ns;
    }
    if (p->speed > 0 && time_ns > time_now(p)) {
        sleep_towards(p);
        if (time_ns > time_now(p)) {
            return SOURCE_NOTHING;
        }
    }
    p->is_waiting = false;
    p->last_ns = time_ns;
    *out = p->waiting;
    return SOURCE_PACKET;
}

static size_t paced_input_count(const struct source *s)
{
    return source_input_count(own_const(s)->inner);
}

static const struct source_input *paced_input(const struct source *s, size_t index)
{
    return source_input(own_const(s)->inner, index);
}

static double paced_progress(const struct source *s)
{
    return source_progress(own_const(s)->inner);
}

static void paced_free(struct source *s)
{
    source_free(own(s)->inner);
    free(s);
}

static const struct source_class paced_class = {
    .next = paced_next,
    .input_count = paced_input_count,
    .input = paced_input,
    .progress = paced_progress,
    .free = paced_free,
};

struct source *source_paced_new(struct source *inner, double speed)
{
    struct source_paced *p = calloc(1, sizeof *p);
    if (p) {
        p->source.class = &paced_class;
        p->inner = inner;
        p->speed = speed;
    }
    return p ? &p->source : NULL;
}

int64_t source_paced_now(const struct source *s)
{
    const struct source_paced *p = own_const(s);
    if (p->speed <= 0 || !p->started) {
        return p->last_ns;
    }
    int64_t now = time_now(p);
    if (p->is_waiting && now > p->waiting.mark.time_ns) {
        now = p->waiting.mark.time_ns; /* it comes before whatever the clock would bring */
    }
    return now > p->last_ns ? now : p->last_ns;
}
