/* period.h - the part of a capture to analyze: --since and --until.
 *
 * A point of time is absolute (2026-03-10T14:02:00Z, or @1773151320.5 in seconds since 1970), a
 * time of day (14:02, on the day the capture begins), or counted back from the capture's end
 * (-15m). The last two are only known once the capture is: settings keep them as values that no
 * capture's clock can show (see PERIOD_*), period_resolve makes them absolute.
 */
#ifndef REPORT_PERIOD_H
#define REPORT_PERIOD_H

#include "capture/packet.h"
#include "report/settings.h"

/* INT64_MIN and INT64_MAX mean "not given". */
struct period {
    int64_t since_ns, until_ns;
};

/* False when text is none of the forms. local: no zone in text means the system's, not UTC. */
MUST_USE bool period_parse(const char *text, bool local, int64_t *out);

/* Whether one of the settings counts back from the end of the capture. */
bool period_needs_end(const struct settings *s);

/* Makes the settings' points absolute: first is the time of the capture's first packet, last of its
 * last one (used only when period_needs_end). */
struct period period_resolve(const struct settings *s, int64_t first_ns, int64_t last_ns);

static inline bool period_holds(const struct period *p, int64_t time_ns)
{
    return time_ns >= p->since_ns && time_ns <= p->until_ns;
}

#endif
