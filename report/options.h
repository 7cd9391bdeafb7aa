/* options.h - the command line and the configuration file: from words to struct settings.
 *
 * One table (options_table.c) says what every option is. From it come the parsing here and the
 * --help, the manual's OPTIONS and the completions of help.c, so that they cannot disagree.
 */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

#include "capture/fail.h"
#include "report/settings.h"

enum options_answer {
    OPTIONS_RUN,   /* settings are filled: do what settings->run says */
    OPTIONS_HELP,  /* --help or --version was answered on standard output: nothing left to do */
    OPTIONS_WRONG, /* a usage error; fail says which */
};

/* Fills settings from the defaults, the configuration files and the command line, in this order.
 * The settings point into argv and into memory that lives as long as the program. */
enum options_answer options_parse(int argc, char **argv, struct settings *settings,
                                  struct fail *fail);

#endif
