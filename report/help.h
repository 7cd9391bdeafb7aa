/* help.h - what the program says about itself: usage, help, version, manual, completions. All of it
 * comes from the tables of options_table.c. */
#ifndef REPORT_HELP_H
#define REPORT_HELP_H

#include <stdbool.h>
#include <stdio.h>

#include "report/options_table.h"

/* A dozen lines: the verbs and where to read on. */
void help_usage(FILE *out);
void help_general(FILE *out);
void help_verb(FILE *out, const struct run_verb *verb);
void help_version(FILE *out);

/* What installing needs: "man" (the template on in, see help_manual.c), "bash", "zsh", "fish"; and
 * "rules": the rule ids, for completions. False when it knows no such thing. */
bool help_generate(const char *what, FILE *in, FILE *out);

/* Exit statuses and what they mean, for every page that lists them. */
struct exit_row {
    int status;
    const char *brief, *meaning;
};
enum { EXIT_ROWS = 7 };
extern const struct exit_row exit_rows[EXIT_ROWS];

/* help_manual.c and help_completion.c, for help_generate. */
void help_manual(FILE *in, FILE *out);
void help_bash(FILE *out);
void help_zsh(FILE *out);
void help_fish(FILE *out);

/* Whether a verb's help shows the option. */
bool help_shows(const struct option_row *row, const struct run_verb *verb);

#endif
