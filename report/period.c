/* period.c - the part of a capture to analyze: --since and --until.
 *
 * A time of day is kept as nanoseconds from 0 to 24 h, that is, as a moment of 1 January 1970; a
 * point counted back from the end as a negative number. Neither can be meant absolutely by anybody
 * who has a capture of SMTP.
 *
 * BUGS: a time of day on a day with a change to or from summer time is off by an hour with --local,
 * when it lies behind the change.
 */
#include "report/period.h"

#include <string.h>
#include <time.h>

static const int64_t SECOND_NS = 1000000000;
static const int64_t DAY_NS = 86400 * SECOND_NS;

/* Takes exactly `digits` decimal digits. */
static bool take_number(const char **at, int digits, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += digits;
    *out = value;
    return true;
}

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

/* ".25" in nanoseconds; nothing there is 0. */
static int64_t take_fraction(const char **at)
{
    int64_t ns = 0, unit = SECOND_NS / 10;
    if (**at != '.' || (*at)[1] < '0' || (*at)[1] > '9') {
        return 0;
    }
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10) {
        ns += (**at - '0') * unit;
    }
    return ns;
}

/* HH:MM[:SS[.fraction]] */
static bool take_time_of_day(const char **at, int64_t *ns)
{
    int hour, minute, second = 0;
    if (!take_number(at, 2, &hour) || !take_char(at, ':') || !take_number(at, 2, &minute)) {
        return false;
    }
    if (take_char(at, ':') && !take_number(at, 2, &second)) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    *ns = ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * SECOND_NS + take_fraction(at);
    return true;
}

/* Z, +01:00, or nothing, which means UTC or what the system says. */
static bool take_zone(const char **at, struct tm *day, bool local, int64_t *midnight_s)
{
    int sign, hours, minutes;
    *midnight_s = timegm(day);
    if (**at == '\0') {
        if (local) {
            day->tm_isdst = -1;
            *midnight_s = mktime(day);
        }
        return true;
    }
    if (take_char(at, 'Z')) {
        return true;
    }
    sign = **at == '+' ? 1 : -1;
    if (!take_char(at, '+') && !take_char(at, '-')) {
        return false;
    }
    if (!take_number(at, 2, &hours) || (take_char(at, ':'), !take_number(at, 2, &minutes))) {
        return false;
    }
    *midnight_s -= sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
    return hours < 15 && minutes < 60;
}

/* YYYY-MM-DD[THH:MM[:SS[.fraction]][zone]]; a blank does for the T. */
static bool take_date(const char **at, bool local, int64_t *ns)
{
    struct tm day = {.tm_isdst = 0};
    int64_t time_of_day = 0, midnight_s;
    if (!take_number(at, 4, &day.tm_year) || !take_char(at, '-') ||
        !take_number(at, 2, &day.tm_mon) || !take_char(at, '-') ||
        !take_number(at, 2, &day.tm_mday)) {
        return false;
    }
    if (day.tm_year < 1970 || day.tm_year > 2200 || day.tm_mon < 1 || day.tm_mon > 12 ||
        day.tm_mday < 1 || day.tm_mday > 31) {
        return false;
    }
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    if (take_char(at, 'T') || take_char(at, ' ')) {
        if (!take_time_of_day(at, &time_of_day)) {
            return false;
        }
    }
    if (!take_zone(at, &day, local, &midnight_s)) {
        return false;
    }
    *ns = midnight_s * SECOND_NS + time_of_day;
    return true;
}

/* "15m" as nanoseconds: seconds, minutes, hours, days. */
static bool take_span(const char **at, int64_t *ns)
{
    int64_t value = 0;
    const char *begin = *at;
    while (**at >= '0' && **at <= '9' && value < 1000000000) {
        value = value * 10 + (*(*at)++ - '0');
    }
    int64_t unit = **at == 's'   ? 1
                   : **at == 'm' ? 60
                   : **at == 'h' ? 3600
                   : **at == 'd' ? 86400
                                 : 0;
    if (*at == begin || unit == 0 || value > INT64_C(36500) * 86400 / unit || value == 0) {
        return false;
    }
    (*at)++;
    *ns = value * unit * SECOND_NS;
    return true;
}

/* "1773151320.5": seconds since 1970. */
static bool take_epoch(const char **at, int64_t *ns)
{
    int64_t seconds = 0;
    const char *begin = *at;
    while (**at >= '0' && **at <= '9' && *at - begin < 10) {
        seconds = seconds * 10 + (*(*at)++ - '0');
    }
    if (*at == begin || seconds > INT64_C(9000000000)) {
        return false;
    }
    *ns = seconds * SECOND_NS + take_fraction(at);
    return *ns > DAY_NS;
}

bool period_parse(const char *text, bool local, int64_t *out)
{
    int64_t ns;
    bool known;
    if (*text == '-') {
        text++;
        known = take_span(&text, &ns);
        ns = known ? -ns : 0;
    } else if (*text == '@') {
        text++;
        known = take_epoch(&text, &ns);
    } else if (strlen(text) > 2 && text[2] == ':') {
        known = take_time_of_day(&text, &ns);
    } else {
        known = take_date(&text, local, &ns);
    }
    if (!known || *text != '\0') {
        return false;
    }
    *out = ns;
    return true;
}

static bool from_end(int64_t ns)
{
    return ns < 0 && ns != INT64_MIN;
}

bool period_needs_end(const struct settings *s)
{
    return from_end(s->since_ns) || from_end(s->until_ns);
}

/* Midnight before first_ns, in the zone times are given in. */
static int64_t midnight_before(int64_t first_ns, bool local)
{
    time_t seconds = (time_t)(first_ns / SECOND_NS);
    struct tm day;
    if (!local || !localtime_r(&seconds, &day)) {
        return first_ns - first_ns % DAY_NS;
    }
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    return (int64_t)mktime(&day) * SECOND_NS;
}

static int64_t resolve(int64_t ns, bool local, int64_t first_ns, int64_t last_ns)
{
    if (ns == INT64_MIN || ns == INT64_MAX) {
        return ns;
    }
    if (ns < 0) {
        return last_ns + ns;
    }
    return ns <= DAY_NS ? midnight_before(first_ns, local) + ns : ns;
}

struct period period_resolve(const struct settings *s, int64_t first_ns, int64_t last_ns)
{
    struct period p = {
        resolve(s->since_ns, s->local_time, first_ns, last_ns),
        resolve(s->until_ns, s->local_time, first_ns, last_ns),
    };
    bool day_less = s->until_ns >= 0 && s->until_ns <= DAY_NS;
    if (day_less && p.until_ns < (p.since_ns == INT64_MIN ? first_ns : p.since_ns)) {
        p.until_ns += DAY_NS; /* --since 23:50 --until 00:10: past midnight */
    }
    return p;
}
