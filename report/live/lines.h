/* lines.h - what live and replay say while they run: one line per event.
 *
 *   14:02:21.482 waiting  s0368 192.0.2.10:40412 > 198.51.100.25:25  10 s without reply to end of
 * data 14:02:29.000 OPEN     198.51.100.25:25  3 sessions wait for the reply to end of data
 *   14:12:11.482 no-reply s0368 192.0.2.10:40412 > 198.51.100.25:25  error data-final-timeout: ...
 */
#ifndef REPORT_LIVE_LINES_H
#define REPORT_LIVE_LINES_H

#include <stdio.h>

#include "dissect/dissect.h"
#include "report/diagnose/fleet.h"
#include "report/settings.h"

struct lines;

/* NULL when out of memory. */
struct lines *lines_new(FILE *out, const struct settings *settings);
void lines_free(struct lines *l);

/* It is now_ns: looks at the open sessions, at most once in a second of that clock, and tells those
 * that wait too long, and mail that has stopped coming. */
void lines_clock(struct lines *l, struct dissect *dissect, const struct fleet *fleet,
                 int64_t now_ns);
/* A session is over: tells it when it failed. A chain_watcher. */
void lines_session(void *lines, const struct session *s);
/* The capture lost packets: told when the count has grown, at most every ten seconds. */
void lines_dropped(struct lines *l, uint64_t dropped, uint64_t packets, int64_t now_ns);
/* Nobody reads them any more (EPIPE). */
bool lines_closed(const struct lines *l);

#endif
