/* bins.c - counts over time in a fixed number of bins whose width doubles as the time grows. */
#include "report/diagnose/bins.h"

#include <string.h>

static const int64_t second_ns = 1000000000;

/* Rounds down, before 1970 too. */
static int64_t second_of(int64_t time_ns)
{
    int64_t s = time_ns / second_ns;

    return time_ns % second_ns < 0 ? s - 1 : s;
}

/* Division by a power of two that rounds down; a right shift of a negative number need not. */
static int64_t bin_of(int64_t second, unsigned shift)
{
    int64_t width = INT64_C(1) << shift;
    int64_t bin = second / width;

    return second % width < 0 ? bin - 1 : bin;
}

static int64_t bins_needed(const struct bins_clock *c)
{
    return bin_of(c->high, c->shift) - bin_of(c->low, c->shift) + 1;
}

void bins_see(struct bins_clock *c, int64_t time_ns)
{
    int64_t s = second_of(time_ns);

    if (!c->running) {
        *c = (struct bins_clock){.running = true, .low = s, .high = s};
        return;
    }
    if (s < c->low) {
        c->low = s;
    }
    if (s > c->high) {
        c->high = s;
    }
    while (bins_needed(c) > FLEET_BINS) {
        c->shift++;
    }
}

void bins_catch_up(struct bins_line *line, const struct bins_clock *c)
{
    int64_t base = bin_of(c->low, c->shift);
    uint32_t n[FLEET_BINS];

    if (line->shift == c->shift && line->base == base) {
        return;
    }
    if (!line->counted) {
        line->shift = c->shift;
        line->base = base;
        return;
    }
    memset(n, 0, sizeof n);
    for (size_t i = 0; i < FLEET_BINS; i++) {
        if (line->n[i]) {
            int64_t at = bin_of(line->base + (int64_t)i, c->shift - line->shift) - base;
            n[at] += line->n[i];
        }
    }
    memcpy(line->n, n, sizeof n);
    line->shift = c->shift;
    line->base = base;
}

void bins_add(struct bins_line *line, const struct bins_clock *c, int64_t time_ns, uint32_t count)
{
    bins_catch_up(line, c);
    line->counted = true;
    line->n[bin_of(second_of(time_ns), c->shift) - line->base] += count;
}

void bins_count(struct bins_line *line, const struct bins_clock *c, int64_t time_ns)
{
    bins_add(line, c, time_ns, 1);
}

void bins_join(struct bins_line *line, struct bins_line *more, const struct bins_clock *c)
{
    if (!more->counted) {
        return;
    }
    bins_catch_up(line, c);
    bins_catch_up(more, c);
    line->counted = true;
    for (size_t i = 0; i < FLEET_BINS; i++) {
        line->n[i] += more->n[i];
    }
}

void bins_describe(const struct bins_clock *c, struct bins *out)
{
    int64_t start = c->running ? bin_of(c->low, c->shift) * (INT64_C(1) << c->shift) : 0;

    out->width_ns = second_ns << c->shift;
    /* The first bin may begin before the first moment that can be told in nanoseconds. */
    out->start_ns = start < INT64_MIN / second_ns ? INT64_MIN : start * second_ns;
    out->count = c->running ? (size_t)bins_needed(c) : 0;
}
