/* help.c - usage, help and version. Plain text always: no colours, no pager, at most 100 columns.
 */
#include "report/help.h"

#include <string.h>

#include "capture/crypto.h"
#include "capture/inflate.h"
#include "capture/source_live.h"
#include "capture/unlz4.h"
#include "capture/zstd.h"
#include "dissect/classify.h"
#include "report/diagnose/rules.h"
#include "report/version.h"
#include "report/xml.h"

enum { VERB_COLUMN = 42, OPTION_COLUMN = 29 };

const struct exit_row exit_rows[EXIT_ROWS] = {
    {0, "done", "done; findings do not change it unless --fail-on is given"},
    {1, "--fail-on reached", "a finding at or above --fail-on exists"},
    {2, "usage", "usage error; nothing was read or written"},
    {3, "no usable input", "no usable input: missing, not a capture, or no mail session in it"},
    {4, "done but input damaged",
     "results are complete, but the input was damaged or incomplete, or some of several inputs "
     "could not be read"},
    {5, "not permitted to capture", "capture not permitted, or the interface is missing"},
    {6, "output not written", "an output could not be written; the others are"},
};

bool help_shows(const struct option_row *row, const struct run_verb *verb)
{
    return !row->planned && (row->verbs & 1u << verb->run) != 0;
}

static void print_verbs(FILE *out)
{
    fputs("Usage:\n", out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        const struct run_verb *v = &run_verbs[i];
        if (!v->planned) {
            int len = fprintf(out, "  wiretale %-6s %s", v->name, v->arguments);
            fprintf(out, "%*s%s\n", VERB_COLUMN - len, "", v->help);
        }
    }
}

static void print_examples(FILE *out, const char *const *examples, size_t max)
{
    for (; *examples && max > 0; examples += 2, max--) {
        int len = fprintf(out, "  %s", examples[0]);
        fprintf(out, "%*s%s\n", len < 51 ? 51 - len : 2, "", examples[1]);
    }
}

/* ": flagged*, all, none" */
static void print_words(FILE *out, const struct option_row *row)
{
    for (size_t i = 0; i < row->word_count; i++) {
        bool standard = row->standard && strcmp(row->words[i], row->standard) == 0;
        fprintf(out, "%s%s%s", i == 0 ? ": " : ", ", row->words[i], standard ? "*" : "");
    }
}

static void print_option(FILE *out, const struct option_row *row)
{
    int len = row->letter ? fprintf(out, "  -%c, ", row->letter) : fprintf(out, "      ");
    len += fprintf(out, "--%s", row->name);
    if (row->argument) {
        len += fprintf(out, " %s", row->argument);
    }
    fprintf(out, "%*s%s", len < OPTION_COLUMN ? OPTION_COLUMN - len : 1, "", row->help);
    bool short_list = row->words && row->words != phase_words;
    if (short_list) {
        print_words(out, row);
    }
    if (row->standard && !short_list) {
        fprintf(out, " (default %s)", row->standard);
    }
    fputc('\n', out);
}

/* What --limit accepts is too long for its line. */
static void print_phases(FILE *out)
{
    fputs("\nPhases:", out);
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        fprintf(out, " %s", phase_words[i]);
    }
    fputc('\n', out);
}

static void print_options(FILE *out, const struct run_verb *verb)
{
    for (int section = 0; section < OPTION_SECTIONS; section++) {
        bool begun = false;
        for (size_t i = 0; i < option_row_count; i++) {
            const struct option_row *row = &option_rows[i];
            if ((int)row->section != section || !help_shows(row, verb)) {
                continue;
            }
            if (!begun) {
                fprintf(out, "\n%s:\n", option_section_names[section]);
                begun = true;
            }
            print_option(out, row);
        }
    }
    if ((1u << verb->run & (1u << RUN_RULES)) == 0) {
        print_phases(out);
    }
}

static void print_end(FILE *out)
{
    fputs(
        "\nAn asterisk marks the default. Every option can be set in a configuration file; none has"
        " to be.\nExit status:",
        out);
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        fprintf(out, "%s %d %s",
                i == 0   ? ""
                : i == 4 ? ",\n            "
                         : ",",
                exit_rows[i].status, exit_rows[i].brief);
    }
    fputs(".\nManual: man wiretale     Rules: wiretale rules\n", out);
}

void help_usage(FILE *out)
{
    print_verbs(out);
    fputs("\nExamples:\n", out);
    print_examples(out, run_verbs[0].examples, 2);
    print_examples(out, run_verbs[1].examples, 1);
    fputs("\nMore: wiretale --help\n", out);
}

void help_general(FILE *out)
{
    fputs("wiretale - find out why SMTP sessions fail, from the packets\n\n", out);
    print_verbs(out);
    fputs("\nExamples:\n", out);
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (!run_verbs[i].planned) {
            print_examples(out, run_verbs[i].examples, i < 2 ? 2 : 1);
        }
    }
    print_options(out, &run_verbs[0]);
    fputs("\nMore options: wiretale live --help, wiretale replay --help\n", out);
    print_end(out);
}

/* Wraps text at 80 columns. */
static void print_paragraph(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > 80) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column > 0 ? " " : "", (int)len, text);
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

void help_verb(FILE *out, const struct run_verb *verb)
{
    fprintf(out, "wiretale %s - %s\n\nUsage:\n  wiretale %s %s\n\n", verb->name, verb->help,
            verb->name, verb->arguments);
    print_paragraph(out, verb->about);
    fputs("\nExamples:\n", out);
    print_examples(out, verb->examples, 9);
    print_options(out, verb);
    print_end(out);
}

void help_version(FILE *out)
{
    fprintf(out, "wiretale %s\nreport schema %s\n", WIRETALE_VERSION, REPORT_SCHEMA_VERSION);
    fprintf(out, "%s\n%s\nlibxml2 %s\nzlib %s\nzstd %s\nlz4 %s\n", source_live_library_version(),
            crypto_library_version(), xml_library_version(), inflate_library_version(),
            zstd_library_version(), unlz4_library_version());
    fprintf(out, "nDPI %s\n", classify_library_version() ? classify_library_version() : "none");
}

static void print_rule_ids(FILE *out)
{
    for (size_t i = 0; i < rules_count(); i++) {
        fprintf(out, "%s\n", rules_at(i)->id);
    }
}

bool help_generate(const char *what, FILE *in, FILE *out)
{
    if (strcmp(what, "man") == 0) {
        help_manual(in, out);
    } else if (strcmp(what, "bash") == 0) {
        help_bash(out);
    } else if (strcmp(what, "zsh") == 0) {
        help_zsh(out);
    } else if (strcmp(what, "fish") == 0) {
        help_fish(out);
    } else if (strcmp(what, "rules") == 0) {
        print_rule_ids(out);
    } else {
        return false;
    }
    return true;
}
