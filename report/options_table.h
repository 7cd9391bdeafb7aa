/* options_table.h - what verbs and options there are: the one table, for options.c and help.c. */
#ifndef REPORT_OPTIONS_TABLE_H
#define REPORT_OPTIONS_TABLE_H

#include "capture/fail.h"
#include "report/settings.h"

enum { RUN_VERBS = RUN_RULES + 1 };

struct run_verb {
    const char *name;
    enum verb_name run;
    bool planned;          /* a later version will have it: known, refused, not shown */
    const char *arguments; /* "[options] FILE..." */
    const char *help;      /* a clause for the list of verbs */
    const char *about;     /* sentences for its own help and the manual */
    size_t positional_min, positional_max; /* SIZE_MAX: any number */
    const char *missing;                   /* what to say when there are too few */
    const char *const *examples;           /* pairs of command and explanation, NULL-terminated */
};
extern const struct run_verb run_verbs[RUN_VERBS]; /* in the order they are listed */

/* Where a value came from. Later ones win over earlier ones. */
enum options_origin { ORIGIN_DEFAULT, ORIGIN_SYSTEM_FILE, ORIGIN_USER_FILE, ORIGIN_COMMAND_LINE };

/* What a shell can offer for the argument. */
enum completion {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_WORDS,
    COMPLETE_INTERFACE,
    COMPLETE_USER
};

enum option_section {
    OPTION_INPUT,
    OPTION_JUDGING,
    OPTION_OUTPUT,
    OPTION_CAPTURE,
    OPTION_GENERAL,
    OPTION_SECTIONS
};
extern const char *const option_section_names[OPTION_SECTIONS];

/* What is known while words are turned into settings. */
struct options_state {
    struct settings *settings;
    enum options_origin origin; /* of the value being set */
    const char *since, *until;  /* as given: their meaning depends on --local */
    const char *config;         /* --config */
    bool no_config, print_config;
};

/* Stores one value (NULL for a flag that is switched on). False with fail set: a clause that
 * follows the option's name. first: nothing of this origin was stored in it yet, so that a list
 * begins anew. */
typedef bool (*option_set)(struct options_state *state, const char *value, bool first,
                           struct fail *fail);

struct option_row {
    char letter;          /* '\0': none */
    const char *name;     /* long name without dashes; also the key in configuration files */
    const char *argument; /* its name in help; NULL: a flag */
    enum option_section section;
    unsigned verbs;         /* bits 1u << RUN_...: where it means something */
    bool planned;           /* as for verbs */
    bool command_line_only; /* no key in configuration files */
    bool repeatable;
    enum completion completion;
    const char *const *words; /* what it accepts, where that is a list */
    size_t word_count;
    const char *standard; /* default, as one would write it; NULL: none */
    const char *help;     /* one line */
    const char *manual;   /* the sentences of the manual */
    const char *instead;  /* what to do where it means nothing; NULL: leave it out */
    option_set set;
};
extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Index into option_rows; option_row_count when there is none. */
size_t option_find(const char *name, size_t len);
size_t option_find_letter(char letter);
/* NULL when there is none. */
const struct run_verb *run_verb_find(const char *name);

#endif
