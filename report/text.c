/* text.c - the summary of a capture on the terminal.
 *
 * The verdict first, then what rules the other parties out, how much, since when; then every
 * finding as a row, the quality of the capture, and the next command. Columns leave a narrow screen
 * in a fixed order; severity, finding, peer and count never do. Terminal text is not an interface:
 * scripts read JSON Lines or XML.
 */
#include "report/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/chart.h"
#include "report/escape.h"
#include "report/told.h"
#include "report/width.h"
#include "report/words.h"

enum {
    SEVERITY_COLUMN = 10, /* width of the verdict's first column */
    LINK_COLUMN = 19, STATE_COLUMN = 6,
    SPARK_LABEL = 18, SPARK_NUMBERS = 16,
    BINS_WORTH_SHOWING = 4, SESSIONS_WORTH_SHOWING = 4,
    FINDING_MIN = 24, FINDING_MAX = 40,
    GROUPS_SHOWN = 30,
};

struct summary {
    struct writer writer;
    FILE *out;
    struct screen screen;
};

struct print {
    const struct screen *screen;
    FILE *out;
    const struct settings *settings;
    const struct report_end *end;
    const struct verdict *verdict;
};

static enum ink severity_ink(enum severity severity)
{
    return severity >= SEVERITY_ERROR     ? INK_BAD
           : severity == SEVERITY_WARNING ? INK_WARNING
                                          : INK_NONE;
}

static void put_inked(const struct print *p, enum ink ink, const char *words)
{
    screen_ink(p->screen, ink);
    fputs(words, p->out);
    screen_plain(p->screen);
}

static void put_paragraph(const struct print *p, size_t indent, const char *words)
{
    if (*words) {
        fprintf(p->out, "%*s", (int)indent, "");
        screen_paragraph(p->screen, indent, indent, bytes_of_string(words));
    }
}

static struct words upper(const char *word)
{
    struct words w;
    size_t i = 0;

    for (; word[i] && i + 1 < sizeof w.s; i++) {
        w.s[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
    }
    w.s[i] = '\0';
    return w;
}

/* --- header --- */

static void put_header(const struct print *p)
{
    struct told input = told_input(p->settings, p->end);
    struct told rest = {""};

    if (p->end->packets) {
        words_put(rest.s, sizeof rest.s, "  %s  %s  %s",
                  words_range(p->settings, p->end->first.time_ns, p->end->last.time_ns).s,
                  words_counted(p->end->packets, "packet").s,
                  words_counted(p->end->sessions, "SMTP session").s);
    } else {
        words_put(rest.s, sizeof rest.s, "  no packets");
    }
    screen_wire(p->screen, bytes_of_string(input.s), p->screen->columns);
    if (width_of(bytes_of_string(input.s)) + strlen(rest.s) > p->screen->columns) {
        fputs("\n", p->out);
    }
    fprintf(p->out, "%s\n", rest.s);
}

/* --- verdict --- */

static const char *state_word(enum link_state state)
{
    switch (state) {
    case LINK_OK: return "ok";
    case LINK_SUSPECT: return "maybe";
    case LINK_FAILED: return "FAIL";
    case LINK_UNKNOWN: break;
    }
    return "-";
}

static void put_chain(const struct print *p)
{
    for (enum link link = 0; link < LINKS; link++) {
        const struct chain_link *l = &p->verdict->chain[link];
        const char *name = told_link(p->settings, p->verdict, link);

        fprintf(p->out, "  %c%-*s", name[0] >= 'A' && name[0] <= 'Z' ? name[0] - 'A' + 'a' : name[0],
                LINK_COLUMN - 3, name + 1);
        screen_ink(p->screen, l->state == LINK_OK        ? INK_GOOD
                              : l->state == LINK_FAILED  ? INK_BAD
                              : l->state == LINK_SUSPECT ? INK_WARNING
                                                         : INK_DIM);
        fprintf(p->out, "%-*s", STATE_COLUMN, state_word(l->state));
        screen_plain(p->screen);
        screen_paragraph(p->screen, LINK_COLUMN + STATE_COLUMN - 1, LINK_COLUMN + STATE_COLUMN - 1,
                         bytes_of_string(l->text[0] ? l->text : "not seen"));
    }
}

static void put_verdict(const struct print *p)
{
    const struct verdict *v = p->verdict;
    const struct group *g = v->group;
    char address[ADDRESS_TEXT_MAX];
    struct words severity = upper(severity_words[g->severity]), where;

    putc('\n', p->out);
    put_inked(p, severity_ink(g->severity), severity.s);
    fprintf(p->out, "%*s", SEVERITY_COLUMN - (int)strlen(severity.s), "");
    screen_paragraph(p->screen, SEVERITY_COLUMN, SEVERITY_COLUMN,
                     (struct bytes){(const uint8_t *)v->headline, v->headline_len});
    address_format(&g->peer, address);
    words_put(where.s, sizeof where.s, g->peer_side == SIDE_SERVER ? "%s, " : "client %s, ", address);
    struct told period = told_period(p->settings, p->end, g), line;
    words_put(line.s, sizeof line.s, "%s%s", where.s, period.s);
    put_paragraph(p, SEVERITY_COLUMN, line.s);
    putc('\n', p->out);
    put_chain(p);
    putc('\n', p->out);
    put_paragraph(p, 2, v->extent);
    if (v->mta_log_ns) {
        words_put(line.s, sizeof line.s, "MTA logs can show this from %s at the earliest.",
                  told_instant(p->settings, p->end, v->mta_log_ns, 0).s);
        put_paragraph(p, 2, line.s);
    }
    put_paragraph(p, 2, v->fate);
    if (v->doubt[0]) {
        words_put(line.s, sizeof line.s, "%s", v->doubt);
        put_paragraph(p, 2, line.s);
    }
}

/* --- over time --- */

/* Instants above the sparklines, where they fit. */
static void put_spark_head(const struct print *p, const struct bins *bins, size_t columns)
{
    size_t stride = sparkline_stride(bins->count, columns), used = (bins->count + stride - 1) / stride;
    int digits = bins->width_ns * (int64_t)stride >= INT64_C(60000000000) ? -1 : 0;
    struct bins shown = {.width_ns = bins->width_ns * (int64_t)stride};
    char per[32];
    size_t at = 0;

    fprintf(p->out, "\n  %-*s", SPARK_LABEL - 2, chart_per(&shown, per));
    for (size_t i = 0; i + 8 < used || i == 0; i += 15) {
        int64_t ns = bins->start_ns + bins->width_ns * (int64_t)(i * stride);
        struct words clock = words_clock(p->settings, ns, digits);
        fprintf(p->out, "%*s%s", (int)(i - at), "", clock.s);
        at = i + strlen(clock.s);
    }
    fprintf(p->out, "%*s   max  total\n", at < used ? (int)(used - at) : 0, "");
}

static void put_spark_row(const struct print *p, const struct bins *bins, enum band band,
                          size_t columns)
{
    size_t stride = sparkline_stride(bins->count, columns);
    uint32_t values[FLEET_BINS];
    uint64_t largest = 0, total = 0;

    for (size_t i = 0; i < bins->count; i++) {
        values[i] = bins->n[i][band];
        total += values[i];
    }
    for (size_t i = 0; i < bins->count; i += stride) {
        uint64_t sum = 0;
        for (size_t j = i; j < i + stride && j < bins->count; j++) {
            sum += values[j];
        }
        largest = sum > largest ? sum : largest;
    }
    fprintf(p->out, "  %-*s", SPARK_LABEL - 2, chart_band_words[band]);
    screen_ink(p->screen, chart_band_failed(band) ? INK_BAD : INK_NONE);
    screen_sparkline(p->screen, values, bins->count, columns);
    screen_plain(p->screen);
    fprintf(p->out, " %5s %6s\n", words_count(largest).s, words_count(total).s);
}

static void put_sparks(const struct print *p)
{
    const struct bins *bins = fleet_bins(p->end->fleet);
    size_t columns = p->screen->columns - SPARK_LABEL - SPARK_NUMBERS;

    if (bins->count < BINS_WORTH_SHOWING || p->end->sessions < SESSIONS_WORTH_SHOWING) {
        return;
    }
    put_spark_head(p, bins, columns);
    for (int i = 0; i < BANDS; i++) {
        if (chart_band_total(bins, chart_order[i])) {
            put_spark_row(p, bins, chart_order[i], columns);
        }
    }
}

/* --- findings --- */

struct columns {
    size_t finding, peer;
    bool first, last, points_to;
    size_t instant;
};

static size_t others(const struct columns *c)
{
    return 2 + 4 + 10 + c->peer + 2 + 8 + (c->first ? c->instant + 2 : 0) +
           (c->last ? c->instant + 2 : 0) + (c->points_to ? 13 : 0);
}

static const char *points_to_word(enum party party)
{
    return party == PARTY_MIDDLEBOX ? "path device" : party_words[party];
}

static struct columns choose_columns(const struct print *p)
{
    struct columns c = {0, 4, true, true, true, 8};
    size_t count = fleet_group_count(p->end->fleet), screen = p->screen->columns;

    c.instant = strlen(told_instant(p->settings, p->end, p->end->last.time_ns, 0).s);
    for (size_t i = 0; i < count && i < GROUPS_SHOWN; i++) {
        const struct group *g = fleet_group(p->end->fleet, i);
        char address[ADDRESS_TEXT_MAX];
        size_t title = strlen(told_title(g).s);
        address_format(&g->peer, address);
        c.peer = strlen(address) > c.peer ? strlen(address) : c.peer;
        c.finding = title > c.finding ? title : c.finding;
    }
    c.finding = c.finding < 7 ? 7 : c.finding > FINDING_MAX ? FINDING_MAX : c.finding;
    size_t wish = c.finding < FINDING_MIN ? c.finding : FINDING_MIN;
    c.first = others(&c) + wish + 2 <= screen;
    c.last = others(&c) + wish + 2 <= screen;
    c.points_to = others(&c) + wish + 2 <= screen;
    if (others(&c) + c.finding + 2 > screen) {
        c.finding = screen > others(&c) + 2 + 8 ? screen - others(&c) - 2 : 8;
    }
    return c;
}

static void put_group(const struct print *p, const struct group *g, const struct columns *c)
{
    char address[ADDRESS_TEXT_MAX], id[16];
    struct told title = told_title(g);

    words_put(id, sizeof id, "F%u", g->number);
    address_format(&g->peer, address);
    fprintf(p->out, "  %-4s", id);
    screen_ink(p->screen, severity_ink(g->severity));
    fprintf(p->out, "%-10s", severity_words[g->severity]);
    screen_plain(p->screen);
    screen_wire_field(p->screen, bytes_of_string(title.s), c->finding);
    fprintf(p->out, "  %-*s  %8s", (int)c->peer, address, words_count(g->sessions).s);
    if (c->first) {
        fprintf(p->out, "  %-*s", (int)c->instant,
                told_instant(p->settings, p->end, g->first.time_ns, 0).s);
    }
    if (c->last) {
        fprintf(p->out, "  %-*s", (int)c->instant,
                g->open ? "open" : told_instant(p->settings, p->end, g->last.time_ns, 0).s);
    }
    if (c->points_to) {
        fprintf(p->out, "  %s", points_to_word(g->points_to));
    }
    putc('\n', p->out);
}

static void put_findings(const struct print *p)
{
    size_t count = fleet_group_count(p->end->fleet);
    struct columns c;

    if (!count) {
        return;
    }
    c = choose_columns(p);
    screen_ink(p->screen, INK_DIM);
    fprintf(p->out, "\n  ID  SEVERITY  %-*s  %-*s  SESSIONS", (int)c.finding, "FINDING", (int)c.peer,
            "PEER");
    if (c.first) {
        fprintf(p->out, "  %-*s", (int)c.instant, "FIRST");
    }
    if (c.last) {
        fprintf(p->out, "  %-*s", (int)c.instant, "LAST");
    }
    fputs(c.points_to ? "  POINTS TO" : "", p->out);
    screen_plain(p->screen);
    putc('\n', p->out);
    for (size_t i = 0; i < count && i < GROUPS_SHOWN; i++) {
        put_group(p, fleet_group(p->end->fleet, i), &c);
    }
    if (count > GROUPS_SHOWN) {
        fprintf(p->out, "  and %s more; --html, --xml and --jsonl have them all\n",
                words_count(count - GROUPS_SHOWN).s);
    }
}

/* --- the end --- */

static void put_next(const struct print *p)
{
    const char *file = p->settings->file_count ? p->settings->files[0] : NULL;
    uint64_t example = 0;

    if (!file || p->settings->run != RUN_READ) {
        return;
    }
    if (fleet_group_count(p->end->fleet)) {
        example = told_example(p->verdict->exists ? p->verdict->group
                                                  : fleet_group(p->end->fleet, 0));
    }
    putc('\n', p->out);
    if (example && p->settings->file_count == 1) {
        fputs("Look closer:   ", p->out);
        screen_ink(p->screen, INK_COPY);
        fputs("wiretale show ", p->out);
        screen_wire(p->screen, bytes_of_string(file), 0);
        fprintf(p->out, " %s", words_session(example).s);
        screen_plain(p->screen);
        putc('\n', p->out);
    }
    if (!p->settings->html) {
        fputs("For a report:  ", p->out);
        screen_ink(p->screen, INK_COPY);
        fputs("wiretale read ", p->out);
        screen_wire(p->screen, bytes_of_string(file), 0);
        fprintf(p->out, "%s --html report.html", p->settings->file_count > 1 ? " ..." : "");
        screen_plain(p->screen);
        putc('\n', p->out);
    }
}

static void put_no_fault(const struct print *p)
{
    const struct fleet_totals *t = fleet_totals(p->end->fleet);
    struct told line;

    putc('\n', p->out);
    if (!t->sessions) {
        fputs("No mail session in this capture.\n", p->out);
        return;
    }
    put_inked(p, INK_GOOD, "No fault found");
    words_put(line.s, sizeof line.s, "in %s. %s", told_sessions(t).s, told_slowest(t).s);
    putc(' ', p->out);
    screen_paragraph(p->screen, strlen("No fault found "), 0, bytes_of_string(line.s));
}

static void put_quiet(const struct print *p)
{
    const struct group *g = p->verdict->group;
    char address[ADDRESS_TEXT_MAX];

    if (!p->verdict->exists) {
        fprintf(p->out, "no fault found in %s\n", told_sessions(fleet_totals(p->end->fleet)).s);
        return;
    }
    address_format(&g->peer, address);
    put_inked(p, severity_ink(g->severity), upper(severity_words[g->severity]).s);
    fprintf(p->out, " F%u %s %s: %s %s\n", g->number, address, told_title(g).s, told_extent(g).s,
            told_period(p->settings, p->end, g).s);
}

static void print_summary(const struct print *p)
{
    struct told quality;

    if (p->settings->quiet) {
        put_quiet(p);
        return;
    }
    put_header(p);
    if (p->verdict->exists) {
        put_verdict(p);
        put_sparks(p);
    } else {
        put_no_fault(p);
    }
    put_findings(p);
    if (p->end->sessions) {
        words_put(quality.s, sizeof quality.s, "Capture: %s.", told_quality(p->end).s);
        fputs(p->verdict->exists ? "\n" : "", p->out);
        put_paragraph(p, p->verdict->exists ? 2 : 0, quality.s);
    }
    put_next(p);
}

/* --- the writer --- */

static void summary_begin(struct writer *w, const struct settings *settings)
{
    w->settings = settings;
}

static void summary_session(struct writer *w, const struct session *s)
{
    (void)w;
    (void)s;
}

static bool summary_end(struct writer *w, const struct report_end *end, struct fail *fail)
{
    const struct summary *s = (const struct summary *)w;
    struct print p = {&s->screen, s->out, w->settings, end, fleet_verdict(end->fleet)};

    print_summary(&p);
    if ((fflush(s->out) != 0 || ferror(s->out)) && errno != EPIPE) {
        return fail_set(fail, STATUS_NOT_WRITTEN, "cannot write the summary to standard output");
    }
    return true;
}

static void summary_free(struct writer *w)
{
    free(w);
}

static const struct writer_class summary_class = {
    "summary", summary_begin, summary_session, summary_end, summary_free,
};

struct writer *summary_writer_new(FILE *out, const struct settings *settings, struct fail *fail)
{
    struct summary *s = calloc(1, sizeof *s);

    if (!s) {
        fail_set(fail, STATUS_NOT_WRITTEN, "out of memory");
        return NULL;
    }
    s->writer = (struct writer){&summary_class, settings};
    s->out = out;
    s->screen = screen_of(out, settings->color);
    return &s->writer;
}
