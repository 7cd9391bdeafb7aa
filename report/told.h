/* told.h - sentences about a whole capture that the summary and the HTML report share. Our own
 * words except where a function says that wire text is inside. */
#ifndef REPORT_TOLD_H
#define REPORT_TOLD_H

#include <stdio.h>

#include "report/writer.h"

enum { TOLD_MAX = 400 };
struct told {
    char s[TOLD_MAX];
};

/* The name of what was read: the file, the interface, or "3 captures". As given on the command
 * line: escape it. */
struct told told_input(const struct settings *settings, const struct report_end *end);
/* "since 14:02:11.482 UTC, still failing when the capture ended", "at 14:02:11.482 UTC",
 * "from ... to ...". */
struct told told_period(const struct settings *settings, const struct report_end *end,
                        const struct group *g);
/* An instant, with the date when the capture covers several days. */
struct words told_instant(const struct settings *settings, const struct report_end *end, int64_t ns,
                          int digits);
/* The four boxes' names, ours when --ours says whose they are. */
const char *told_link(const struct settings *settings, const struct verdict *v, enum link link);
/* The party it points to, in the word given; with --ours, "our" or "their" before it. */
struct told told_party(const struct group *g, const char *word);
/* Where its peer is: the address, "8 addresses", or what to say where it has none. */
struct told told_peer(const struct group *g, const char *nowhere);
/* A few words for what a group found: the rule's title; "(unproven)" behind it when it is. */
struct told told_title(const struct group *g);
/* "214 of 214 sessions" */
struct told told_extent(const struct group *g);
/* What the verdict adds to that: "160 timed out after 600 s, 54 still waiting"; may be empty. */
const char *told_extent_more(const struct verdict *v);
/* The headline with a capital first, unless it begins with the peer's name. Raw wire text inside.
 */
struct told_headline {
    char s[240];
    size_t len;
};
struct told_headline told_headline(const struct verdict *v);
/* The headline names the peer's address already. */
bool told_headline_has_address(const struct verdict *v);
/* Whether the sessions spread over enough bins for a picture of them to say something. */
bool told_worth_drawing(const struct bins *bins, uint64_t sessions);
/* "no packet dropped, none truncated, both directions" and what else a reader must know to trust
 * the rest. */
struct told told_quality(const struct report_end *end);
/* What could not be seen: "3 sessions with bytes not captured, 45 encrypted"; empty: everything was
 * seen. */
/* "LIMIT_HELD_SEGMENTS, LIMIT_LINE": those that were reached, the first few. */
struct told told_limits(const struct report_end *end);
struct told told_unseen(const struct report_end *end);
/* "1,284 sessions (11 joined midway, 402 encrypted)" */
struct told told_sessions(const struct fleet_totals *f);
/* "Slowest reply 0.41 s (reply to ".", s0031)."; empty when no reply was timed. */
struct told told_slowest(const struct fleet_totals *f);

/* The first of the group's example sessions; 0: none. */
uint64_t told_example(const struct group *g);

#endif
