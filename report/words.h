/* words.h - numbers, durations and times as people read them; the same on the terminal and in HTML.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "dissect/session.h"
#include "report/settings.h"

enum { WORDS_MAX = 96 };

/* One piece of text of ours that fits where it is needed. */
struct words {
    char s[WORDS_MAX];
};

/* printf of our own words into a field, cut when it is too long; and behind what it holds already.
 */
void words_put(char *field, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void words_add(char *field, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "CRITICAL": ASCII letters as capitals. */
struct words words_upper(const char *word);
/* "1,284" */
struct words words_count(uint64_t n);
/* "1 session", "1,284 sessions"; the plural is the singular and an "s". */
struct words words_counted(uint64_t n, const char *singular);
/* "0.7 ms", "21 ms", "1.09 s", "600.0 s"; never longer than 10 characters below a million seconds.
 */
struct words words_duration(double seconds);
struct words words_duration_ns(int64_t ns);
/* A limit, without false precision: "600 s", "0.5 s". */
struct words words_limit(double seconds);
/* "312 bytes", "48 kB", "8.0 MB" (1 kB is 1,000 bytes). */
struct words words_size(uint64_t bytes);
/* "s0368" */
struct words words_session(uint64_t id);
/* "41249", or "2:41249" when there are several files; "-" for nowhere. */
struct words words_frame(const struct settings *settings, struct mark m);

/* "10 Mar 2026" */
struct words words_date(const struct settings *settings, int64_t ns);
/* "14:02:11.482" with this many digits behind the point, cut off (not rounded); 0: without a point,
 * -1: hours and minutes only. */
struct words words_clock(const struct settings *settings, int64_t ns, int digits);
/* An instant on an axis whose marks are step apart: "14:02", "14:02:11", "22 Jul". */
struct words words_tick(const struct settings *settings, int64_t ns, int64_t step_ns);
/* "UTC", or the local zone's abbreviation at that time. */
struct words words_zone(const struct settings *settings, int64_t ns);
/* "10 Mar 2026, 13:45:00 to 14:45:00 UTC" */
struct words words_range(const struct settings *settings, int64_t from_ns, int64_t to_ns);
/* Digits behind the point that the input supports at most, for tables that need exact times: 6, or
 * 9 when a time in the session is finer than a microsecond. */
int words_precision(const struct session *s);

/* A phase as a person says it: "the reply to end of data". */
const char *words_phase(enum phase phase);
/* The same, short, for narrow columns: "reply to \".\"". */
const char *words_phase_short(enum phase phase);
/* Who the packets point to, in the view of a postmortem: "receiving server". */
const char *words_party(enum party party);

/* Names the two sides gave themselves: EHLO argument, first word of the greeting. Raw wire text;
 * empty when there was none that looks like a name. */
struct text words_claimed_name(const struct session *s, enum side side);

#endif
