/* help_manual.c - the manual: docs/man/wiretale.1.in with its @PLACEHOLDERS@ filled from the
 * tables.
 *
 * A line of the template that is one placeholder is replaced; everything else passes. The text in
 * the tables is plain; roff's own characters in it are escaped here.
 */
#include "report/help.h"

#include <string.h>

#include "report/version.h"

/* Plain text as roff: hyphens are minus signs to copy, a line never begins with a control
 * character. */
static void put_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        fputs("\\&", out);
    }
    for (; *text; text++) {
        if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else {
            fputc(*text, out);
        }
    }
}

static void put_font(FILE *out, char font, const char *text)
{
    fprintf(out, "\\f%c", font);
    put_roff(out, text);
    fputs("\\fR", out);
}

static void put_verbs(FILE *out)
{
    for (size_t i = 0; i < RUN_VERBS; i++) {
        const struct run_verb *v = &run_verbs[i];
        if (v->planned) {
            continue;
        }
        fputs(".TP\n", out);
        put_font(out, 'B', "wiretale ");
        put_font(out, 'B', v->name);
        fputc(' ', out);
        put_font(out, 'I', v->arguments);
        fputc('\n', out);
        put_roff(out, v->about);
        fputc('\n', out);
    }
}

static void put_examples(FILE *out)
{
    for (size_t i = 0; i < RUN_VERBS; i++) {
        const char *const *example = run_verbs[i].planned ? NULL : run_verbs[i].examples;
        for (; example && *example; example += 2) {
            fputs(".TP\n", out);
            put_font(out, 'B', example[0]);
            fputc('\n', out);
            put_roff(out, example[1]);
            fputc('\n', out);
        }
    }
}

/* "Verbs: read, live." when an option is not for all that read packets. */
static void put_option_verbs(FILE *out, const struct option_row *row)
{
    const char *between = "Verbs: ";
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned && help_shows(row, &run_verbs[i])) {
            fprintf(out, "%s%s", between, run_verbs[i].name);
            between = ", ";
        }
    }
    fputs(".\n", out);
}

static void put_option(FILE *out, const struct option_row *row)
{
    char letter[3] = {'-', row->letter, '\0'};
    fputs(".TP\n", out);
    if (row->letter) {
        put_font(out, 'B', letter);
        fputs(", ", out);
    }
    put_font(out, 'B', "--");
    put_font(out, 'B', row->name);
    if (row->argument) {
        fputc(' ', out);
        put_font(out, 'I', row->argument);
    }
    fputc('\n', out);
    put_roff(out, row->manual);
    fputc('\n', out);
    for (size_t i = 0; i < row->word_count; i++) {
        fputs(i == 0 ? "One of " : ", ", out);
        put_font(out, 'B', row->words[i]);
    }
    fputs(row->word_count > 0 ? ".\n" : "", out);
    if (row->standard) {
        fputs("Default: ", out);
        put_roff(out, row->standard);
        fputs(".\n", out);
    }
    put_option_verbs(out, row);
}

static void put_options(FILE *out)
{
    for (int section = 0; section < OPTION_SECTIONS; section++) {
        fprintf(out, ".SS %s\n", option_section_names[section]);
        for (size_t i = 0; i < option_row_count; i++) {
            if ((int)option_rows[i].section == section && !option_rows[i].planned) {
                put_option(out, &option_rows[i]);
            }
        }
    }
}

static void put_words(FILE *out, const char *const *words, const char *const *meanings,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n", out);
        put_font(out, 'B', words[i]);
        fputc('\n', out);
        put_roff(out, meanings[i]);
        fputc('\n', out);
    }
}

static void put_exits(FILE *out)
{
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        fprintf(out, ".TP\n.B %d\n", exit_rows[i].status);
        put_roff(out, exit_rows[i].meaning);
        fputc('\n', out);
    }
}

static void put_version(FILE *out)
{
    fprintf(out, ".TH WIRETALE 1 \"\" \"wiretale %s\" \"User Commands\"\n", WIRETALE_VERSION);
}

static void put_phases(FILE *out)
{
    put_words(out, phase_words, phase_meanings, PHASE_COUNT);
}

static void put_severities(FILE *out)
{
    put_words(out, severity_words, severity_meanings, SEVERITY_COUNT);
}

static void put_outcomes(FILE *out)
{
    put_words(out, outcome_words, outcome_meanings, OUTCOME_COUNT);
}

static const struct {
    const char *placeholder;
    void (*put)(FILE *out);
} fillings[] = {
    {"@TITLE@", put_version},     {"@VERBS@", put_verbs},   {"@EXAMPLES@", put_examples},
    {"@OPTIONS@", put_options},   {"@PHASES@", put_phases}, {"@SEVERITIES@", put_severities},
    {"@OUTCOMES@", put_outcomes}, {"@EXITS@", put_exits},
};

void help_manual(FILE *in, FILE *out)
{
    char line[1024];
    while (fgets(line, sizeof(line), in)) {
        size_t len = strcspn(line, "\n"), i = 0, count = sizeof(fillings) / sizeof(fillings[0]);
        while (i < count && (strncmp(line, fillings[i].placeholder, len) != 0 ||
                             strlen(fillings[i].placeholder) != len)) {
            i++;
        }
        if (i < count) {
            fillings[i].put(out);
        } else {
            fputs(line, out);
        }
    }
}
