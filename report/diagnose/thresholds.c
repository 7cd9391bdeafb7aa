/* thresholds.c - the table of thresholds.h. */
#include "report/diagnose/thresholds.h"

static const struct threshold_row rows[THRESHOLD_COUNT] = {
#define X(name, value, what, source) {#name, value, what, source},
    THRESHOLDS(X)
#undef X
};

double threshold(enum threshold t)
{
    return rows[t].value;
}

const struct threshold_row *threshold_at(size_t index)
{
    return index < THRESHOLD_COUNT ? &rows[index] : NULL;
}
