/* options_parse.h - what the parts of option parsing share: options.c (the command line),
 * options_config.c (configuration files), options_check.c (what must fit together). Nobody else's.
 */
#ifndef REPORT_OPTIONS_PARSE_H
#define REPORT_OPTIONS_PARSE_H

#include "report/options_table.h"

enum { OPTIONS_ROWS_MAX = 64, SHOWN_MAX = 256, HINT_MAX = 128 };

/* What was given for an option, for --print-config. */
struct given {
    enum options_origin origin;
    const char *value; /* the last one */
};

struct parse {
    struct options_state state;
    const struct run_verb *verb;
    struct given given[OPTIONS_ROWS_MAX];
    char **positional;
    size_t positional_count;
    struct fail *fail;
};

/* Text from the command line or a file as it may be shown. Returns out. */
const char *options_shown(const char *text, char out[SHOWN_MAX]);
/* Whether the option means something to the verb. */
bool options_applies(const struct option_row *row, const struct run_verb *verb);
/* "; did you mean '--html'?", or what to do instead. Returns out. */
const char *options_hint(const char *name, const char *dashes, const struct run_verb *verb,
                         char out[HINT_MAX]);
/* Stores a value; where says how messages call the option: "--limit", "x.conf line 3: limit". */
bool options_set(struct parse *p, size_t index, const char *value, const char *where);

/* Reads the configuration files that hold. */
bool options_config_read(struct parse *p);
/* Prints every option in effect and where it came from. */
void options_config_print(const struct parse *p);

/* What is only known once every option was read: times, positional arguments, what excludes what.
 */
bool options_check(struct parse *p);

#endif
