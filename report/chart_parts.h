/* chart_parts.h - what the pieces of the chart share; only chart*.c include it. */
#ifndef REPORT_CHART_PARTS_H
#define REPORT_CHART_PARTS_H

#include "report/chart.h"

enum {
    CHART_LEFT = 214,
    CHART_RIGHT = 1114,  /* of the time axis */
    CHART_LANES_Y = 206, /* where the strips begin */
};

struct chart_axis {
    const struct settings *settings;
    const struct bins *bins;
    double bin_wide;
    int64_t end_ns;
};

/* Text at a place, escaped. */
void chart_label(FILE *out, double x, int y, const char *class, const char *words);
/* One strip for each of the peers that fail most, one for all others; returns the lower edge. */
int chart_strips(FILE *out, const struct chart_axis *a, const struct fleet *fleet);

#endif
