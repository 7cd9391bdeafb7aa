/* words.c - numbers, durations and times as people read them.
 *
 * Everything here is our own text: ASCII, bounded, without a NUL inside. Times are cut, not
 * rounded, so that a moment is never told later than it was.
 */
#include "report/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dissect/text.h"

#define NS INT64_C(1000000000)

static const char *const month_names[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static const char *const phase_long[PHASE_COUNT] = {
    [PHASE_CONNECT] = "the TCP handshake",
    [PHASE_GREETING] = "the greeting",
    [PHASE_EHLO] = "the reply to EHLO",
    [PHASE_STARTTLS] = "the reply to STARTTLS",
    [PHASE_TLS] = "the TLS layer",
    [PHASE_AUTH] = "the AUTH exchange",
    [PHASE_MAIL] = "the reply to MAIL FROM",
    [PHASE_RCPT] = "the reply to RCPT TO",
    [PHASE_DATA_INIT] = "the reply to DATA",
    [PHASE_DATA] = "the message content",
    [PHASE_EOD] = "the reply to end of data",
    [PHASE_IDLE] = "the next command",
    [PHASE_QUIT] = "QUIT and the close",
};

static const char *const phase_short[PHASE_COUNT] = {
    [PHASE_CONNECT] = "connect",
    [PHASE_GREETING] = "greeting",
    [PHASE_EHLO] = "EHLO",
    [PHASE_STARTTLS] = "STARTTLS",
    [PHASE_TLS] = "TLS",
    [PHASE_AUTH] = "AUTH",
    [PHASE_MAIL] = "MAIL FROM",
    [PHASE_RCPT] = "RCPT TO",
    [PHASE_DATA_INIT] = "DATA",
    [PHASE_DATA] = "message body",
    [PHASE_EOD] = "reply to \".\"",
    [PHASE_IDLE] = "next command",
    [PHASE_QUIT] = "QUIT",
};

static const char *const party_names[PARTY_COUNT] = {
    [PARTY_CLIENT] = "sending client",        [PARTY_SERVER] = "receiving server",
    [PARTY_NETWORK] = "network path",         [PARTY_MIDDLEBOX] = "device on the path",
    [PARTY_POLICY] = "a rule set on purpose", [PARTY_UNKNOWN] = "not decided by the packets",
};

void words_put(char *field, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(field, size, format, args);
    va_end(args);
}

void words_add(char *field, size_t size, const char *format, ...)
{
    size_t at = strnlen(field, size);
    va_list args;

    if (at < size) {
        va_start(args, format);
        vsnprintf(field + at, size - at, format, args);
        va_end(args);
    }
}

struct words words_upper(const char *word)
{
    struct words w;
    size_t i = 0;

    for (; word[i] && i + 1 < sizeof w.s; i++) {
        w.s[i] = (char)text_upper((uint8_t)word[i]);
    }
    w.s[i] = '\0';
    return w;
}

struct words words_count(uint64_t n)
{
    struct words w;
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) {
            w.s[at++] = ',';
        }
        w.s[at++] = digits[i];
    }
    w.s[at] = '\0';
    return w;
}

struct words words_counted(uint64_t n, const char *singular)
{
    struct words w;

    snprintf(w.s, sizeof w.s, "%.28s %.60s%s", words_count(n).s, singular, n == 1 ? "" : "s");
    return w;
}

struct words words_duration(double seconds)
{
    struct words w;
    double ms = seconds * 1000;
    const char *format = "%.1f s";
    double value = seconds;

    if (seconds < 0.9995) {
        value = ms;
        format = ms >= 9.95 ? "%.0f ms" : ms >= 0.095 ? "%.1f ms" : ms > 0 ? "%.2f ms" : "%.0f ms";
    } else if (seconds < 99.995) {
        format = "%.2f s";
    }
    /* Not wire text: one of the five formats above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(w.s, sizeof w.s, format, value);
#pragma GCC diagnostic pop
    return w;
}

struct words words_duration_ns(int64_t ns)
{
    return words_duration((double)ns / 1e9);
}

struct words words_limit(double seconds)
{
    struct words w;

    snprintf(w.s, sizeof w.s, "%g s", seconds);
    return w;
}

struct words words_size(uint64_t bytes)
{
    struct words w;
    double value = (double)bytes;

    if (bytes < 1000) {
        return words_counted(bytes, "byte");
    }
    if (value < 9.995e3) {
        snprintf(w.s, sizeof w.s, "%.1f kB", value / 1e3);
    } else if (value < 0.9995e6) {
        snprintf(w.s, sizeof w.s, "%.0f kB", value / 1e3);
    } else if (value < 0.9995e9) {
        snprintf(w.s, sizeof w.s, "%.1f MB", value / 1e6);
    } else {
        snprintf(w.s, sizeof w.s, "%.1f GB", value / 1e9);
    }
    return w;
}

struct words words_session(uint64_t id)
{
    struct words w;

    snprintf(w.s, sizeof w.s, "s%04" PRIu64, id);
    return w;
}

struct words words_frame(const struct settings *settings, struct mark m)
{
    struct words w;

    if (!m.packet) {
        snprintf(w.s, sizeof w.s, "-");
    } else if (settings->many_files) {
        snprintf(w.s, sizeof w.s, "%u:%" PRIu64, mark_file(m) + 1, mark_frame(m));
    } else {
        snprintf(w.s, sizeof w.s, "%" PRIu64, mark_frame(m));
    }
    return w;
}

/* Seconds rounded down and the rest, also for times before 1970. */
static struct tm broken_down(const struct settings *settings, int64_t ns, int64_t *rest)
{
    time_t t = (time_t)(ns / NS);
    struct tm tm = {0};

    *rest = ns % NS;
    if (*rest < 0) {
        *rest += NS;
        t--;
    }
    if (settings->local_time) {
        localtime_r(&t, &tm);
    } else {
        gmtime_r(&t, &tm);
    }
    return tm;
}

struct words words_date(const struct settings *settings, int64_t ns)
{
    struct words w;
    int64_t rest;
    struct tm tm = broken_down(settings, ns, &rest);

    snprintf(w.s, sizeof w.s, "%d %s %d", tm.tm_mday, month_names[tm.tm_mon % 12],
             tm.tm_year + 1900);
    return w;
}

struct words words_clock(const struct settings *settings, int64_t ns, int digits)
{
    struct words w;
    int64_t rest;
    struct tm tm = broken_down(settings, ns, &rest);
    char fraction[12];

    if (digits < 0) {
        snprintf(w.s, sizeof w.s, "%02d:%02d", tm.tm_hour, tm.tm_min);
    } else if (digits == 0) {
        snprintf(w.s, sizeof w.s, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    } else {
        snprintf(fraction, sizeof fraction, "%09" PRId64, rest);
        snprintf(w.s, sizeof w.s, "%02d:%02d:%02d.%.*s", tm.tm_hour, tm.tm_min, tm.tm_sec,
                 digits < 9 ? digits : 9, fraction);
    }
    return w;
}

struct words words_tick(const struct settings *settings, int64_t ns, int64_t step_ns)
{
    struct words w;

    if (step_ns >= 43200 * NS) {
        w = words_date(settings, ns);
        w.s[strlen(w.s) - 5] = '\0'; /* without the year */
        return w;
    }
    return words_clock(settings, ns,
                       step_ns >= 60 * NS   ? -1
                       : step_ns >= NS      ? 0
                       : step_ns >= NS / 10 ? 1
                                            : 2);
}

struct words words_zone(const struct settings *settings, int64_t ns)
{
    struct words w;
    int64_t rest;
    struct tm tm = broken_down(settings, ns, &rest);

    snprintf(w.s, sizeof w.s, "%.12s", settings->local_time && tm.tm_zone ? tm.tm_zone : "UTC");
    return w;
}

struct words words_range(const struct settings *settings, int64_t from_ns, int64_t to_ns)
{
    struct words w;
    struct words day = words_date(settings, from_ns), last_day = words_date(settings, to_ns);
    const char *comma = ", ", *last = last_day.s;

    if (!strcmp(day.s, last_day.s)) {
        comma = last = "";
    }
    snprintf(w.s, sizeof w.s, "%.16s, %.8s to %.16s%s%.8s %.12s", day.s,
             words_clock(settings, from_ns, 0).s, last, comma, words_clock(settings, to_ns, 0).s,
             words_zone(settings, to_ns).s);
    return w;
}

int words_precision(const struct session *s)
{
    for (const struct event *e = s->events; e; e = e->next) {
        if (e->first.time_ns % 1000 || e->last.time_ns % 1000) {
            return 9;
        }
    }
    return 6;
}

const char *words_phase(enum phase phase)
{
    return phase_long[phase];
}

const char *words_phase_short(enum phase phase)
{
    return phase_short[phase];
}

const char *words_party(enum party party)
{
    return party_names[party];
}

/* The first word of t, when it looks like a name or address literal and not like "ESMTP"; where it
 * begins a refusal, not like "5.7.1" or "Client-IP" either. */
static struct text first_name(struct text t, bool refuses)
{
    struct text word = t;
    bool dotted = false, lettered = false;

    for (word.len = 0; word.len < t.len && t.s[word.len] != ' '; word.len++) {
        lettered = lettered || t.s[word.len] == '[' || text_upper((uint8_t)t.s[word.len]) >= 'A';
        dotted = dotted || t.s[word.len] == '.' ||
                 (!refuses && (t.s[word.len] == ':' || t.s[word.len] == '-'));
    }
    if (!dotted || !lettered) {
        word.len = 0; /* "ESMTP", or an enhanced code */
    }
    return word;
}

struct text words_claimed_name(const struct session *s, enum side side)
{
    const struct event *greeting = s->smtp.greeting;

    if (side == SIDE_CLIENT) {
        return s->smtp.helo;
    }
    if (greeting && greeting->facts->reply.code) {
        return first_name(greeting->facts->reply.text, greeting->facts->reply.code >= 400);
    }
    return (struct text){"", 0, false};
}
