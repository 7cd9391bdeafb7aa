/* nearest.c - "did you mean": the known word that is a typing error away. */
#include "report/nearest.h"

#include <stdint.h>
#include <string.h>

enum { NEAREST_MAX = 24 }; /* longer words are not compared */

/* How many letters must be changed, left out, added or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t row[3][NEAREST_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > NEAREST_MAX || b_len > NEAREST_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = row[i % 3], *above = row[(i - 1) % 3], *two_above = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best) {
                best = two_above[j - 2] + 1;
            }
            now[j] = best;
        }
    }
    return row[a_len % 3][b_len];
}

const char *nearest_word(const char *word, const char *(*next)(const void *ctx, size_t i),
                         const void *ctx, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) < 4 ? 2 : 3; /* must be below */
    for (size_t i = 0; i < count; i++) {
        const char *candidate = next(ctx, i);
        size_t d = candidate ? distance(word, candidate) : SIZE_MAX;
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}
