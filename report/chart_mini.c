/* chart_mini.c - the bar of one session's time in a table row.
 *
 * All rows share one logarithmic scale, 1 ms to MINI_LONGEST_S; so 21 ms and 600 s can be seen side
 * by side. Three stretches at most, each no less than a visible sliver.
 */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "report/ladder.h"
#include "report/words.h"

enum { WIDE = 150, MINI_LONGEST_S = 600, SLIVER = 3 };

static double x_of(int64_t ns)
{
    double x = WIDE * log10(1 + (double)ns / 1e6) / log10(1 + MINI_LONGEST_S * 1000.0);

    return x > WIDE ? WIDE : x;
}

static double put_stretch(FILE *out, double x, double to, const char *class)
{
    double wide = to - x < SLIVER ? SLIVER : to - x;

    x = x + wide > WIDE ? WIDE - wide : x;
    fprintf(out, "<rect x=\"%.1f\" y=\"1\" width=\"%.1f\" height=\"10\" class=\"%s\"/>", x, wide,
            class);
    return x + wide;
}

void chart_mini(FILE *out, const struct session *s, enum band band)
{
    const struct parts parts = session_parts(s);
    const struct diagnosis *d = diagnosis_of(s);
    double waited = d->primary ? d->primary->waited_s : 0;
    int64_t last_ns = (int64_t)(waited * 1e9), body_ns = parts.ns[PART_BODY];
    int64_t first_ns;
    double x = 0;
    char class[32];

    if (d->primary && d->primary->phase == PHASE_DATA && waited > 0) {
        body_ns = 0; /* the wait is in the content */
    }
    first_ns = parts.total_ns - last_ns - body_ns;
    first_ns = first_ns > 0 ? first_ns : 0;
    fprintf(out, "<svg class=\"mini\" viewBox=\"0 0 %d 12\" role=\"img\" aria-label=\"%s in all",
            WIDE, words_duration_ns(parts.total_ns).s);
    if (last_ns) {
        fprintf(out, ", %s of it waiting", words_duration_ns(last_ns).s);
    }
    fprintf(out, "\"><rect width=\"%d\" height=\"12\" class=\"lane\"/>", WIDE);
    if (first_ns > 0) {
        x = put_stretch(out, x, x_of(first_ns), "p1");
    }
    if (body_ns > 0) {
        x = put_stretch(out, x, x_of(first_ns + body_ns), "p3");
    }
    words_put(class, sizeof class, "f-%s", chart_band_class[band]);
    if (last_ns > 0) {
        put_stretch(out, x, x_of(parts.total_ns), class);
    } else if (chart_band_failed(band)) {
        put_stretch(out, x, x, class);
    }
    fputs("</svg>", out);
}
