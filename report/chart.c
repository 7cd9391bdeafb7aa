/* chart.c - sessions over time by outcome, and failed share by peer on the same axis.
 *
 * The number of bins and of peers is bounded (FLEET_BINS, CHART_PEERS), so the drawing is. The
 * pattern of hatched bars (#hatch) is defined once for the page (html_page.c).
 */
#include "report/chart_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/diagnose/rules.h"
#include "report/escape.h"
#include "report/words.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum {
    WIDE = 1120,
    TICK_HALF = 22,  /* half of the widest label of a tick */
    LETTER_WIDE = 7, /* of the text at a mark, at most */
    TOP = 30,
    BASE = 186, /* of the bars */
    BAR_MAX = 56,
    TICKS_MAX = 11,
};

const enum band chart_order[BANDS] = {
    BAND_NO_REPLY, BAND_RESET,   BAND_REJECTED, BAND_SEQUENCE,  BAND_TLS,
    BAND_CONNECT,  BAND_ABORTED, BAND_OPEN,     BAND_ENCRYPTED, BAND_COMPLETED,
};

const char *const chart_band_class[BANDS] = {
    [BAND_COMPLETED] = "ok",     [BAND_NO_REPLY] = "stall", [BAND_RESET] = "reset",
    [BAND_REJECTED] = "refusal", [BAND_SEQUENCE] = "seq",   [BAND_TLS] = "tls",
    [BAND_CONNECT] = "conn",     [BAND_ABORTED] = "abort",  [BAND_ENCRYPTED] = "enc",
    [BAND_OPEN] = "open",
};

const char *const chart_band_words[BANDS] = {
    [BAND_COMPLETED] = "completed",   [BAND_NO_REPLY] = "no reply",
    [BAND_RESET] = "reset",           [BAND_REJECTED] = "rejected",
    [BAND_SEQUENCE] = "bad sequence", [BAND_TLS] = "TLS failed",
    [BAND_CONNECT] = "not connected", [BAND_ABORTED] = "broken off",
    [BAND_ENCRYPTED] = "encrypted",   [BAND_OPEN] = "still open",
};

/* Steps a time axis may have, in seconds; below a second in thousandths. */
static const int64_t steps_ns[] = {
    SECOND / 100, SECOND / 50, SECOND / 20, SECOND / 10, SECOND / 5,  SECOND / 2, SECOND,
    2 * SECOND,   5 * SECOND,  10 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE,     2 * MINUTE,
    5 * MINUTE,   10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,        2 * HOUR,   3 * HOUR,
    6 * HOUR,     12 * HOUR,   DAY,         2 * DAY,     7 * DAY,     30 * DAY,   365 * DAY,
};

enum band chart_band(const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);

    switch (d->outcome) {
    case OUTCOME_COMPLETED:
        return BAND_COMPLETED;
    case OUTCOME_REJECTED:
    case OUTCOME_PARTIAL:
        return d->primary && d->primary->rule && d->primary->rule->cause == CAUSE_SEQUENCE
                   ? BAND_SEQUENCE
                   : BAND_REJECTED;
    case OUTCOME_NO_REPLY:
        return BAND_NO_REPLY;
    case OUTCOME_RESET:
        return BAND_RESET;
    case OUTCOME_ABORTED:
    case OUTCOME_NOT_SMTP:
        return BAND_ABORTED;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        return BAND_CONNECT;
    case OUTCOME_TLS_FAILED:
        return BAND_TLS;
    case OUTCOME_ENCRYPTED:
        return BAND_ENCRYPTED;
    case OUTCOME_OPEN:
    case OUTCOME_COUNT:
        break;
    }
    return BAND_OPEN;
}

bool chart_band_failed(enum band band)
{
    return band != BAND_COMPLETED && band != BAND_ENCRYPTED && band != BAND_OPEN;
}

uint64_t chart_band_total(const struct bins *bins, enum band band)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < bins->count; i++) {
        sum += bins->n[i][band];
    }
    return sum;
}

const char *chart_per(const struct bins *bins, char out[32])
{
    static const struct {
        int64_t s;
        const char *one, *many;
    } units[] = {{86400, "day", "days"}, {3600, "hour", "h"}, {60, "minute", "min"}};
    double s = (double)bins->width_ns / (double)SECOND;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        double n = s / (double)units[i].s;
        if (n >= 0.9999 && n < 1.0001) {
            words_put(out, 32, "per %s", units[i].one);
            return out;
        }
        if (n >= 2) {
            words_put(out, 32, "per %.3g %s", n, units[i].many);
            return out;
        }
    }
    if (s == 1) {
        words_put(out, 32, "per second");
    } else if (s > 1) {
        words_put(out, 32, "per %.3g s", s);
    } else {
        words_put(out, 32, "per %s", words_duration(s).s);
    }
    return out;
}

static double x_of(const struct chart_axis *a, int64_t ns)
{
    double x =
        CHART_LEFT + (double)(ns - a->bins->start_ns) / (double)a->bins->width_ns * a->bin_wide;

    return x < CHART_LEFT ? CHART_LEFT : x > CHART_RIGHT ? CHART_RIGHT : x;
}

void chart_label(FILE *out, double x, int y, const char *class, const char *words)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"%s\">", x, y, class);
    escape_html(out, bytes_of_string(words));
    fputs("</text>", out);
}

/* --- bars --- */

static uint64_t bin_total(const struct bins *bins, size_t i)
{
    uint64_t sum = 0;

    for (int band = 0; band < BANDS; band++) {
        sum += bins->n[i][band];
    }
    return sum;
}

/* A round number of sessions for each line of the grid, so that two to five lines are needed. */
static uint64_t grid_step(uint64_t largest)
{
    uint64_t step = 1;

    for (;; step *= 10) {
        if (largest <= step * 4) {
            return step;
        }
        if (largest <= step * 8) {
            return step * 2;
        }
        if (largest <= step * 20) {
            return step * 5;
        }
    }
}

static void put_grid(FILE *out, uint64_t step, uint64_t top)
{
    for (uint64_t n = 0; n <= top; n += step) {
        double y = BASE - (double)n / (double)top * (BASE - TOP - 6);
        fprintf(out, "<path d=\"M%d %.1fH%d\" class=\"grid\"/>", CHART_LEFT, y, CHART_RIGHT);
        chart_label(out, CHART_LEFT - 8, (int)(y + 4), "axis end", words_count(n).s);
    }
    chart_label(out, 0, 40, "lane-head", "Sessions started");
}

static void put_bin_title(FILE *out, const struct chart_axis *a, size_t i)
{
    const char *separator = " – ";
    int64_t at = a->bins->start_ns + (int64_t)i * a->bins->width_ns;

    fprintf(out, "<title>%s", words_tick(a->settings, at, a->bins->width_ns).s);
    for (int b = 0; b < BANDS; b++) {
        uint32_t n = a->bins->n[i][chart_order[b]];
        if (n) {
            fprintf(out, "%s%s %s", separator, words_count(n).s, chart_band_words[chart_order[b]]);
            separator = ", ";
        }
    }
    fputs("</title>", out);
}

static void put_bars(FILE *out, const struct chart_axis *a, uint64_t top)
{
    double wide = a->bin_wide > 3 ? a->bin_wide - 2 : a->bin_wide;

    wide = wide > BAR_MAX ? BAR_MAX : wide;
    for (size_t i = 0; i < a->bins->count; i++) {
        double y = BASE, x = CHART_LEFT + (double)i * a->bin_wide + (a->bin_wide > 3 ? 1 : 0);
        if (!bin_total(a->bins, i)) {
            continue;
        }
        fputs("<g>", out);
        put_bin_title(out, a, i);
        for (int b = 0; b < BANDS; b++) {
            enum band band = chart_order[b];
            double height = (double)a->bins->n[i][band] / (double)top * (BASE - TOP - 6);
            if (height <= 0) {
                continue;
            }
            y -= height;
            fprintf(out,
                    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"f-%s\"/>",
                    x, y, wide, height, band == BAND_NO_REPLY ? "hatch" : chart_band_class[band]);
        }
        fputs("</g>", out);
    }
}

/* --- time --- */

static int64_t tick_step(int64_t span_ns)
{
    size_t i = 0;

    while (i + 1 < sizeof steps_ns / sizeof steps_ns[0] && span_ns / steps_ns[i] > TICKS_MAX) {
        i++;
    }
    return steps_ns[i];
}

static void put_time(FILE *out, const struct chart_axis *a, int y)
{
    int64_t start = a->bins->start_ns, step = tick_step(a->end_ns - start);

    for (int64_t t = (start + step - 1) / step * step; t <= a->end_ns; t += step) {
        double x = x_of(a, t);
        bool last = x > CHART_RIGHT - TICK_HALF; /* in the middle it would leave the drawing */
        fprintf(out, "<path d=\"M%.1f %dv4\" class=\"tick\"/>", x, y + 2);
        chart_label(out, last ? WIDE : x, y + 19, last ? "axis end" : "axis mid",
                    words_tick(a->settings, t, step).s);
    }
}

/* --- what happened when --- */

static void put_mark(FILE *out, const struct chart_axis *a, int64_t ns, const char *line,
                     const char *text, const char *words, int bottom, int y)
{
    double x = x_of(a, ns);
    char class[64], full[192];
    bool left;

    words_put(full, sizeof full, "%s %s", words_clock(a->settings, ns, 0).s, words);
    left = x + 5 + (double)strlen(full) * LETTER_WIDE > WIDE;
    words_put(class, sizeof class, "mark-text%s%s", text, left ? " end" : "");
    fprintf(out, "<path d=\"M%.1f %dV%d\" class=\"%s\"/>", x, y - 8, bottom, line);
    chart_label(out, x + (left ? -5 : 5), y, class, full);
}

static void put_marks(FILE *out, const struct chart_axis *a, const struct verdict *v, int bottom)
{
    if (!v->exists) {
        return;
    }
    if (v->mta_log_ns && v->mta_log_ns <= a->end_ns) {
        put_mark(out, a, v->mta_log_ns, "mark-log", "", "earliest trace in an MTA log", bottom, 26);
    }
    put_mark(out, a, v->group->first.time_ns, "mark-bad", " bad",
             v->group->sessions > 1 ? "first failure" : "failure", bottom, 12);
}

static void put_window(FILE *out, const struct chart_axis *a, const struct verdict *v)
{
    double from, to;

    if (!v->exists || v->group->sessions < 2) {
        return;
    }
    from = x_of(a, v->group->first.time_ns);
    to = v->group->open ? CHART_RIGHT : x_of(a, v->group->last.time_ns);
    fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"during\"/>", from,
            TOP, to > from ? to - from : 0, BASE - TOP);
}

static void put_description(FILE *out, const struct chart_axis *a, const struct fleet *fleet)
{
    const struct verdict *v = fleet_verdict(fleet);
    const struct fleet_totals *t = fleet_totals(fleet);
    char per[32];

    fprintf(
        out,
        "<title id=\"chart-t\">Sessions started %s, by outcome, and failed share by peer</title>"
        "<desc id=\"chart-d\">%s of %s failed.",
        chart_per(a->bins, per), words_count(t->failed).s, words_counted(t->sessions, "session").s);
    if (v->exists) {
        fprintf(out, " The main fault begins at %s",
                words_clock(a->settings, v->group->first.time_ns, 0).s);
        fputs(v->group->open ? " and lasts until the capture ends.</desc>" : ".</desc>", out);
    } else {
        fputs("</desc>", out);
    }
}

void chart_svg(FILE *out, const struct settings *settings, const struct fleet *fleet)
{
    const struct bins *bins = fleet_bins(fleet);
    struct chart_axis a = {settings, bins, 0, 0};
    uint64_t largest = 1, step, top;
    char *strips = NULL, per[32];
    size_t strips_len = 0;
    FILE *memory;
    int bottom = 0;

    if (!bins->count || !(memory = open_memstream(&strips, &strips_len))) {
        return;
    }
    a.bin_wide = (double)(CHART_RIGHT - CHART_LEFT) / (double)bins->count;
    a.end_ns = bins->start_ns + (int64_t)bins->count * bins->width_ns;
    bottom = chart_strips(memory, &a, fleet);
    fclose(memory);
    for (size_t i = 0; i < bins->count; i++) {
        largest = bin_total(bins, i) > largest ? bin_total(bins, i) : largest;
    }
    step = grid_step(largest);
    top = (largest + step - 1) / step * step;
    fprintf(out,
            "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"chart-t "
            "chart-d\">",
            WIDE, bottom + 24);
    put_description(out, &a, fleet);
    put_window(out, &a, fleet_verdict(fleet));
    put_grid(out, step, top);
    chart_label(out, 0, 57, "axis", chart_per(bins, per));
    put_bars(out, &a, top);
    if (strips) {
        fwrite(strips, 1, strips_len, out);
    }
    put_time(out, &a, bottom);
    put_marks(out, &a, fleet_verdict(fleet), bottom);
    fputs("</svg>", out);
    free(strips);
}
