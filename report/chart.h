/* chart.h - how a capture's sessions ended over time, and which peers failed when, as one inline
 * SVG on one axis; and the bar of one session's time in a table row. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stdio.h>

#include "report/diagnose/fleet.h"

enum { CHART_PEERS = 12 };

/* Order in which bands are stacked and listed: faults first. */
extern const enum band chart_order[BANDS];
/* The ending of a band's classes in style.css: "stall" in f-stall, k-stall, t-stall. */
extern const char *const chart_band_class[BANDS];
/* A band as a reader says it: "no reply", "bad sequence". */
extern const char *const chart_band_words[BANDS];
/* What a session counts as in lists and charts. */
enum band chart_band(const struct session *s);
/* Whether it counts as a failure. */
bool chart_band_failed(enum band band);

/* Sessions of each band, summed over the bins. */
uint64_t chart_band_total(const struct bins *bins, enum band band);
/* "per minute", "per 10 s" */
const char *chart_per(const struct bins *bins, char out[32]);

void chart_svg(FILE *out, const struct settings *settings, const struct fleet *fleet);

/* <svg class="mini">: up to three stretches on a logarithmic scale of 1 ms to 600 s: everything
 * else, content, and the part that failed or took longest. */
void chart_mini(FILE *out, const struct session *s, enum band band);

#endif
