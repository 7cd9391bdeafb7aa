/* stamp.h - numbers of the report as text: instants, durations, ids. No locale, no floating point.
 */
#ifndef REPORT_STAMP_H
#define REPORT_STAMP_H

#include <stddef.h>
#include <stdint.h>

enum { STAMP_MAX = 40 };

/* All write into out a NUL-terminated text and return its length. */

/* "18446744073709551615" */
size_t stamp_u64(char out[STAMP_MAX], uint64_t n);
/* "2026-03-10T14:02:11.200000Z": six fractional digits, nine when the instant needs them. */
size_t stamp_utc(char out[STAMP_MAX], int64_t ns);
/* Seconds without trailing zeros: "600.28", "0", "-0.5". */
size_t stamp_seconds(char out[STAMP_MAX], int64_t ns);
/* The same from a number of seconds, to the microsecond. */
size_t stamp_duration(char out[STAMP_MAX], double seconds);
/* "s0003" */
size_t stamp_session(char out[STAMP_MAX], uint64_t id);
/* "F1" */
size_t stamp_finding(char out[STAMP_MAX], uint64_t number);

#endif
