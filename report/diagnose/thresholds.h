/* thresholds.h - every number a rule compares with, and where it comes from.
 *
 * Seconds unless the name says otherwise. "project default" means that no outside authority names
 * it. An operator sets them (--threshold); reports say which held. What thresholds.c says of one:
 * the rules that compare with it.
 */
#ifndef REPORT_DIAGNOSE_THRESHOLDS_H
#define REPORT_DIAGNOSE_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>

/*        name             value  what it is                                             source */
#define THRESHOLDS(X)                                                                              \
    X(SILENCE, 1, "a silence worth telling", "project default")                                    \
    X(LACKING_COUNT, 2, "sessions that lack packets: others may", "project default")               \
    X(LACKING_SHARE, 0.25, "share of the sessions that lacks packets then", "project default")     \
    X(DROPPED_SHARE, 0.01, "dropped packets: sessions may lack some", "project default")           \
    X(GIVE_UP, 5, "a client that leaves earlier was not waiting", "project default")               \
    X(IMPATIENT, 10, "a client that leaves earlier was hasty", "project default")                  \
    X(TIMER_TOLERANCE, 2, "a wait equals a timer within these seconds", "measured")                \
    X(TIMER_TOLERANCE_SHARE, 0.02, "or within this share of it", "measured")                       \
    X(GREETING_NOTICE, 5, "late greeting, notice", "project default")                              \
    X(GREETING_WARNING, 30, "late greeting, warning", "project default")                           \
    X(SLOW_NOTICE, 5, "slow reply, notice", "project default")                                     \
    X(SLOW_WARNING, 30, "slow reply, warning", "project default")                                  \
    X(SLOW_EOD_NOTICE, 30, "slow reply after end of data, notice", "project default")              \
    X(SLOW_EOD_WARNING, 120, "slow reply after end of data, warning", "project default")           \
    X(TARPIT_SPREAD, 0.05, "difference of replies that are late on purpose", "project default")    \
    X(TARPIT_COUNT, 5, "replies that are equally late", "project default")                         \
    X(IDLE_CLOSE, 10, "the server gave up on a silent client", "project default")                  \
    X(DEADLOCK, 10, "silence of both sides on a TLS port", "project default")                      \
    X(WINDOW_WARNING, 5, "closed window, warning", "project default")                              \
    X(WINDOW_ERROR, 180, "closed window, error", "RFC 5321 section 4.5.3.2.5")                     \
    X(SENDER_STALL, 10, "pause of the client inside content", "project default")                   \
    X(SYN_COUNT, 3, "SYNs that make an attempt hopeless, with the span", "project default")        \
    X(SYN_SPAN, 3, "seconds they cover", "project default")                                        \
    X(SYNACK_AGAIN, 0.5, "seconds until a SYN-ACK or a FIN is repeated", "project default")        \
    X(RESENT_COUNT, 5, "transmissions of the same bytes that exhaust it", "project default")       \
    X(RESENT_SPAN, 12, "seconds from the first to the last repetition", "project default")         \
    X(PMTU_SIZE, 1180, "octets that make a segment full-size", "RFC 8200 section 5")               \
    X(PMTU_COUNT, 3, "transmissions of a stuck full-size segment", "project default")              \
    X(PMTU_SPAN, 3, "seconds from the first to the last of them", "project default")               \
    X(ONE_WAY_COUNT, 3, "repetitions while the other side is heard", "project default")            \
    X(STATE_IDLE, 60, "silence in which a device may forget a connection", "project default")      \
    X(STATE_RESENT, 3, "repetitions in vain behind it", "project default")                         \
    X(LOSS_SEGMENTS, 20, "segments before loss is judged", "project default")                      \
    X(LOSS_COUNT, 3, "segments sent again, at least", "project default")                           \
    X(LOSS_SHARE, 0.03, "share of octets sent again", "project default")                           \
    X(SLOW_BYTES, 262144, "octets of content before its speed is judged", "project default")       \
    X(SLOW_SPAN, 10, "seconds they take, at least", "project default")                             \
    X(SLOW_RATE, 50000, "octets a second that are slow", "project default")                        \
    X(SCALE_BYTES, 1048576, "octets that show a spoiled window scale", "project default")          \
    X(SCALE_TIMES, 4, "scaled window, as a multiple of the field", "project default")              \
    X(SACKS_OUTSIDE, 3, "selective acknowledgements of bytes never sent", "project default")       \
    X(PROBES_UNANSWERED, 3, "keep-alive probes without an answer", "project default")              \
    X(TTL_DIFFERENCE, 3, "hops between a forged RST and its alleged sender", "NDSS 2009")          \
    X(TWIN_SHARE, 0.05, "share of packets captured twice", "project default")                      \
    X(ONE_SIDED_SEGMENTS, 10, "segments of one direction, none of the other", "project default")   \
    X(FLEET_COUNT, 5, "sessions before a destination is judged", "project default")                \
    X(FLEET_LOW, 0.5, "lower Wilson bound of its failures", "project default")                     \
    X(FLEET_SHARE, 0.8, "share of its sessions that fail since the onset", "project default")      \
    X(FLEET_OTHERS, 0.1, "share of the others' that may fail", "project default")                  \
    X(SPELL_CHANCE, 0.01, "outages that chance would bring", "project default")                    \
    X(SPREAD_MORE, 3, "failures at further addresses of one destination", "project default")       \
    X(ONSET_NEAR, 60, "seconds since another fault began", "project default")                      \
    X(ONSET_GOOD, 3600, "seconds since the last success, at most", "project default")              \
    X(SAME_COUNT, 3, "sessions in which a server said the same", "project default")                \
    X(ALL_COUNT, 10, "sessions since the onset before all fail", "project default")                \
    X(RATE_COUNT, 20, "mails, or sessions, before a rate is judged", "project default")            \
    X(RATE_5XX, 0.05, "lower bound of the share refused with 5xx", "project default")              \
    X(RATE_4XX, 0.2, "lower bound of the share refused with 4xx", "project default")               \
    X(RATE_CRITICAL, 0.5, "the same, critical", "project default")                                 \
    X(RATE_WINDOW, 300, "seconds compared with the rest of the capture", "project default")        \
    X(RATE_TIMES, 3, "times the rest's share of refused mail", "project default")                  \
    X(UNKNOWN_COUNT, 50, "recipients before unknown ones are counted", "project default")          \
    X(UNKNOWN_NOTICE, 0.02, "share of unknown recipients, notice", "project default")              \
    X(UNKNOWN_WARNING, 0.05, "share of unknown recipients, warning", "project default")            \
    X(UNKNOWN_ERROR, 0.1, "share of unknown recipients, error", "project default")                 \
    X(HARVEST_COUNT, 20, "unknown recipients in ten minutes", "project default")                   \
    X(HARVEST_SHARE, 0.8, "share of this client's recipients", "project default")                  \
    X(BRUTE_COUNT, 10, "refused log-ins in ten minutes", "project default")                        \
    X(BRUTE_ADDRESSES, 5, "addresses one user is refused from in ten minutes", "project default")  \
    X(BACKEND_COUNT, 5, "clients whose log-in fails together", "project default")                  \
    X(BACKEND_SPAN, 120, "seconds in which they do", "project default")                            \
    X(BACKEND_BAD, 0.9, "share of failures of one machine behind an address", "project default")   \
    X(MX_COUNT, 3, "mails another server took", "project default")                                 \
    X(SPREAD_COUNT, 5, "peers with the same failure of TLS", "project default")                    \
    X(CHOICE_COUNT, 3, "handshakes that show what a server chooses", "project default")            \
    X(RETRY_COUNT, 5, "attempts that make a storm", "project default")                             \
    X(RETRY_APART, 300, "mean distance of attempts", "RFC 5321 section 4.5.4.1, less")             \
    X(STORM_TIMES, 5, "times the sessions a minute before it failed", "project default")           \
    X(PERMANENT_COUNT, 3, "refusals for good of the same mail", "project default")                 \
    X(GREY_SOON, 60, "a retry that greylisting does not let in", "project default")                \
    X(GREY_NEVER, 14400, "no retry at all", "project default")                                     \
    X(PUT_OFF, 14400, "a mail that is still refused with 4xx is an error", "project default")      \
    X(GREY_COUNT, 3, "mails that show an unspoken greylist", "project default")                    \
    X(THROTTLE_COUNT, 10, "rate limits in ten minutes", "project default")                         \
    X(SHIFT_SECONDS, 2, "slow replies, at least", "project default")                               \
    X(SHIFT_TIMES, 3, "and so many times slower than before", "project default")                   \
    X(NO_MAIL_SPAN, 600, "seconds without mail, at least", "project default")                      \
    X(NO_MAIL_TIMES, 5, "times the usual gap between mails", "project default")                    \
    X(NO_MAIL_COUNT, 20, "gaps between mails that make a rhythm", "project default")               \
    X(NO_MAIL_BASIS, 3600, "seconds that they cover", "project default")                           \
    X(NO_MAIL_TRIES, 3, "connections without mail that show that TCP works", "project default")    \
    X(EGRESS_COUNT, 5, "servers whose port 25 is silent", "project default")                       \
    X(LATE_COUNT, 3, "late connections in five minutes, warning", "project default")               \
    X(LATE_SHARE, 0.2, "and their share of all", "project default")                                \
    X(FAMILY_COUNT, 3, "failed connections of one family", "project default")                      \
    X(PROBE_COUNT, 3, "probes that make a period", "project default")                              \
    X(PROBE_SPREAD, 0.2, "spread of their distances, as a share of the mean", "project default")   \
    X(FALLBACK_SPAN, 900, "from failed TLS to mail in clear", "project default")                   \
    X(TLS_STALL, 300, "silence inside TLS", "project default")                                     \
    X(TLS_STALL_LEFT, 30, "silence inside TLS on which the server left", "project default")        \
    X(TLS_GIVE_UP, 10, "silence in TLS on which the other side left", "project default")           \
    X(TLS_LEFT_AT_ONCE, 2, "from the end of a handshake to a client that leaves",                  \
      "project default")                                                                           \
    X(RESET_AT_ONCE, 0.1, "a reset at once: beyond a round trip", "project default")               \
    X(CERT_SOON_DAYS, 14, "days in which a certificate expires", "project default")                \
    X(ALERT_BYTES, 32, "octets of a record that may be an alert", "RFC 8446 section 5.2")          \
    X(BURST_BYTES, 16384, "octets inside TLS that look like a message", "project default")

enum threshold {
#define X(name, value, what, source) THRESHOLD_##name,
    THRESHOLDS(X)
#undef X
        THRESHOLD_COUNT
};

enum threshold_origin { THRESHOLD_BUILT_IN, THRESHOLD_FROM_OPTION, THRESHOLD_FROM_CONFIG };
extern const char *const threshold_origin_words[]; /* "default", "option", "config" */

struct threshold_row {
    const char *name; /* "fleet-count" */
    double value;     /* that holds */
    double standard;  /* that holds when nobody says otherwise */
    enum threshold_origin origin;
    const char *what, *source;
    const char *rules; /* ids that compare with it, a blank between them; "" where all do */
    double most;       /* what can be counted; 0: any number */
};

double threshold(enum threshold t);
/* NULL behind the last. */
const struct threshold_row *threshold_at(size_t index);
/* THRESHOLD_COUNT: there is none of this name. */
size_t threshold_find(const char *name, size_t len);
/* For the whole program: what is judged from now on is judged by it. False: not above 0, or more
 * than can be counted. */
bool threshold_set(size_t index, double value, enum threshold_origin origin);
/* Back to what is built in. */
void threshold_reset(void);

#endif
