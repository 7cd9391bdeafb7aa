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

#include "report/escape.h"
#include "report/text_parts.h"

enum {
    SEVERITY_COLUMN = 10, /* width of the verdict's first column */
    LINK_COLUMN = 21,
    STATE_COLUMN = 6,
    ADVICE_COLUMN = 15, /* "What to do:    " */
};

struct summary {
    struct writer writer;
    FILE *out;
    struct screen screen;
};

enum ink text_severity_ink(enum severity severity)
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

/* --- header --- */

/* Pieces two blanks apart; a new line where one does not fit. */
static void put_piece(const struct print *p, size_t *column, const char *words)
{
    size_t wide = width_of(bytes_of_string(words));

    if (*column && *column + 2 + wide > p->screen->columns) {
        putc('\n', p->out);
        *column = 0;
    }
    fputs(*column ? "  " : "", p->out);
    *column +=
        (*column ? 2 : 0) + screen_wire(p->screen, bytes_of_string(words), p->screen->columns);
}

static void put_header(const struct print *p)
{
    size_t column = 0;

    put_piece(p, &column, told_input(p->settings, p->end).s);
    if (p->end->packets) {
        put_piece(p, &column,
                  words_range(p->settings, p->end->first.time_ns, p->end->last.time_ns).s);
        put_piece(p, &column, words_counted(p->end->packets, "packet").s);
        put_piece(p, &column, words_counted(p->end->sessions, "SMTP session").s);
    } else {
        put_piece(p, &column, "no packets");
    }
    putc('\n', p->out);
}

/* --- verdict --- */

static const char *state_word(enum link_state state)
{
    switch (state) {
    case LINK_OK:
        return "ok";
    case LINK_SUSPECT:
        return "maybe";
    case LINK_FAILED:
        return "FAIL";
    case LINK_UNKNOWN:
        break;
    }
    return "-";
}

static void put_chain(const struct print *p)
{
    for (enum link link = 0; link < LINKS; link++) {
        const struct chain_link *l = &p->verdict->chain[link];
        const char *name = told_link(p->settings, p->verdict, link);

        fprintf(p->out, "  %c%-*s",
                name[0] >= 'A' && name[0] <= 'Z' ? name[0] - 'A' + 'a' : name[0], LINK_COLUMN - 3,
                name + 1);
        screen_ink(p->screen, l->state == LINK_OK        ? INK_GOOD
                              : l->state == LINK_FAILED  ? INK_BAD
                              : l->state == LINK_SUSPECT ? INK_WARNING
                                                         : INK_DIM);
        fprintf(p->out, "%-*s", STATE_COLUMN, state_word(l->state));
        screen_plain(p->screen);
        screen_paragraph(p->screen, LINK_COLUMN + STATE_COLUMN, LINK_COLUMN + STATE_COLUMN,
                         bytes_of_string(l->text[0] ? l->text : "not seen"));
    }
}

/* What one of its sessions shows, in their words where they said something. */
static void put_evidence(const struct print *p, const struct group *g)
{
    char line[FLEET_SUMMARY_MAX + 32];
    size_t used;

    words_put(line, sizeof line,
              "%s: ", g->cross_session ? "in all" : words_session(g->summary_session).s);
    used = strlen(line);
    memcpy(line + used, g->summary, g->summary_len);
    fprintf(p->out, "%*s", SEVERITY_COLUMN, "");
    screen_paragraph(p->screen, SEVERITY_COLUMN, SEVERITY_COLUMN,
                     (struct bytes){(const uint8_t *)line, used + g->summary_len});
}

static void put_verdict(const struct print *p)
{
    const struct verdict *v = p->verdict;
    const struct group *g = v->group;
    struct told_headline headline = told_headline(v);
    char address[ADDRESS_TEXT_MAX];
    struct words severity = words_upper(severity_words[v->severity]);

    putc('\n', p->out);
    put_inked(p, text_severity_ink(v->severity), severity.s);
    fprintf(p->out, "%*s", SEVERITY_COLUMN - (int)strlen(severity.s), "");
    screen_paragraph(p->screen, SEVERITY_COLUMN, SEVERITY_COLUMN,
                     (struct bytes){(const uint8_t *)headline.s, headline.len});
    address_format(&g->peer, address);
    struct told line = {""};
    if (!g->addresses && !told_headline_has_address(v)) {
        words_put(line.s, sizeof line.s, g->peer_side == SIDE_SERVER ? "%s, " : "client %s, ",
                  address);
    }
    words_add(line.s, sizeof line.s, "%s", told_period(p->settings, p->end, g).s);
    put_paragraph(p, SEVERITY_COLUMN, line.s);
    if (v->before[0]) {
        words_put(line.s, sizeof line.s, "It began %s.", v->before);
        put_paragraph(p, SEVERITY_COLUMN, line.s);
    }
    put_evidence(p, g);
    putc('\n', p->out);
    put_chain(p);
    putc('\n', p->out);
    if (g->sessions > 1 || *told_extent_more(v)) {
        put_paragraph(p, 2, v->extent);
    }
    if (v->mta_log_ns) {
        words_put(line.s, sizeof line.s, "MTA logs can show this from %s at the earliest.",
                  told_instant(p->settings, p->end, v->mta_log_ns, 0).s);
        put_paragraph(p, 2, line.s);
    }
    put_paragraph(p, 2, v->fate);
    if (v->doubt[0]) {
        words_put(line.s, sizeof line.s, "What would change this verdict: %s", v->doubt);
        put_paragraph(p, 2, line.s);
    }
}

/* --- the end --- */

/* What to do, last: where the eye is when the command has ended. */
static bool put_advice(const struct print *p)
{
    const char *step = p->verdict->next_step;

    if (!p->verdict->exists || !step || !*step) {
        return false;
    }
    fputs("\nWhat to do:    ", p->out);
    screen_paragraph(p->screen, ADVICE_COLUMN, ADVICE_COLUMN, bytes_of_string(step));
    return true;
}

static void put_next(const struct print *p)
{
    const char *file = p->settings->file_count ? p->settings->files[0] : NULL;
    uint64_t example = 0;
    bool advised = put_advice(p);

    if (!file || !strcmp(file, "-") || p->settings->run != RUN_READ) {
        return; /* what came through a pipe cannot be read again: no command to copy */
    }
    if (fleet_group_count(p->end->fleet)) {
        example =
            told_example(p->verdict->exists ? p->verdict->group : fleet_group(p->end->fleet, 0));
    }
    example = p->settings->file_count == 1 ? example : 0;
    if (!advised && (example || !p->settings->html)) {
        putc('\n', p->out);
    }
    if (example) {
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
    put_inked(p, text_severity_ink(p->verdict->severity),
              words_upper(severity_words[p->verdict->severity]).s);
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
        text_sparks(p);
    } else {
        put_no_fault(p);
    }
    text_findings(p);
    if (p->end->sessions) {
        words_put(quality.s, sizeof quality.s, "Capture: %s.", told_quality(p->end).s);
        bool table = p->verdict->exists || fleet_group_count(p->end->fleet);
        fputs(table ? "\n" : "", p->out);
        put_paragraph(p, table ? 2 : 0, quality.s);
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
