/* options.c - the command line: from words to struct settings.
 *
 * Order: defaults, /etc/wiretale.conf, $XDG_CONFIG_HOME/wiretale/config, command line; a later one
 * wins, and a list given at a later place replaces the list of an earlier one. Parsing is our own
 * and not getopt's, so that every refusal names what was wrong, suggests what may have been meant,
 * and is one line. Long options are written out: an abbreviation that works today may be ambiguous
 * after the next release.
 */
#include "report/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/help.h"
#include "report/nearest.h"
#include "report/options_parse.h"

const char *options_shown(const char *text, char out[SHOWN_MAX])
{
    escape_plain(out, SHOWN_MAX, bytes_of_string(text));
    return out;
}

/* --- one option --- */

bool options_applies(const struct option_row *row, const struct run_verb *verb)
{
    return (row->verbs & 1u << verb->run) != 0;
}

/* Option names for "did you mean": those that exist for the verb. */
static const char *offered_option(const void *ctx, size_t i)
{
    const struct option_row *row = &option_rows[i];
    return row->planned || !options_applies(row, ctx) ? NULL : row->name;
}

static const char *offered_verb(const void *ctx, size_t i)
{
    (void)ctx;
    return run_verbs[i].planned ? NULL : run_verbs[i].name;
}

const char *options_hint(const char *name, const char *dashes, const struct run_verb *verb,
                         char out[HINT_MAX])
{
    const char *near = nearest_word(name, offered_option, verb, option_row_count);
    if (near) {
        snprintf(out, HINT_MAX, "; did you mean '%s%s'?", dashes, near);
    } else {
        snprintf(out, HINT_MAX, "; 'wiretale %s --help' lists the options", verb->name);
    }
    return out;
}

bool options_set(struct parse *p, size_t index, const char *value, const char *where)
{
    const struct option_row *row = &option_rows[index];
    struct given *given = &p->given[index];
    struct fail why = {0};
    if (row->planned) {
        return fail_set(p->fail, STATUS_USAGE, "%s is not built yet; leave it out", where);
    }
    bool first = given->origin != p->state.origin || !given->value;
    if (row->set && !row->set(&p->state, value, first, &why)) {
        return fail_set(p->fail, STATUS_USAGE, "%s: %s", where, why.text);
    }
    *given = (struct given){p->state.origin, value ? value : "yes"};
    return true;
}

/* --- the command line --- */

/* Words of the command line, one after the other. */
struct words {
    char **argv;
    int argc, next;
};

/* Walks over the command line twice: first for --config and --no-config alone, then for all. */
struct walk {
    struct parse *parse;
    struct words words;
    bool config_only;
};

static bool take_option(struct walk *w, size_t index, const char *value, const char *where)
{
    struct parse *p = w->parse;
    const struct option_row *row = &option_rows[index];
    if (row->argument && !value) {
        if (w->words.next == w->words.argc) {
            return fail_set(p->fail, STATUS_USAGE, "%s needs a value: %s %s", where, where,
                            row->argument);
        }
        value = w->words.argv[w->words.next++];
    }
    if (w->config_only != (row->section == OPTION_GENERAL && row->command_line_only)) {
        return true;
    }
    if (!row->planned && !options_applies(row, p->verb)) {
        return fail_set(p->fail, STATUS_USAGE, "%s means nothing to %s; %s", where, p->verb->name,
                        row->instead ? row->instead : "leave it out");
    }
    return options_set(p, index, value, where);
}

/* --name, --name=value, --name value */
static bool take_long(struct walk *w, const char *word)
{
    char name[SHOWN_MAX], where[SHOWN_MAX + 2], hint[HINT_MAX];
    const char *equals = strchr(word + 2, '=');
    size_t len = equals ? (size_t)(equals - word) - 2 : strlen(word + 2);
    size_t index = option_find(word + 2, len);
    if (index == option_row_count) {
        char *copy = strndup(word + 2, len);
        options_shown(copy ? copy : "", name);
        options_hint(copy ? copy : "", "--", w->parse->verb, hint);
        free(copy);
        return fail_set(w->parse->fail, STATUS_USAGE, "unknown option '--%s'%s", name, hint);
    }
    snprintf(where, sizeof(where), "--%s", option_rows[index].name);
    if (equals && !option_rows[index].argument) {
        return fail_set(w->parse->fail, STATUS_USAGE, "%s takes no value", where);
    }
    return take_option(w, index, equals ? equals + 1 : NULL, where);
}

/* -q, -qv, -i eth0, -ieth0 */
static bool take_letters(struct walk *w, const char *word)
{
    char where[3] = "-?", name[SHOWN_MAX], hint[HINT_MAX];
    for (const char *at = word + 1; *at != '\0'; at++) {
        size_t index = option_find_letter(*at);
        where[1] = *at;
        if (index == option_row_count) {
            return fail_set(w->parse->fail, STATUS_USAGE, "unknown option '-%s'%s",
                            options_shown((char[]){*at, '\0'}, name),
                            options_hint("", "-", w->parse->verb, hint));
        }
        if (option_rows[index].argument) {
            return take_option(w, index, at[1] != '\0' ? at + 1 : NULL, where);
        }
        if (!take_option(w, index, NULL, where)) {
            return false;
        }
    }
    return true;
}

static bool walk_words(struct walk *w)
{
    bool options = true;
    w->parse->positional_count = 0;
    while (w->words.next < w->words.argc) {
        char *word = w->words.argv[w->words.next++];
        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && word[0] == '-' && word[1] == '-') {
            if (!take_long(w, word)) {
                return false;
            }
        } else if (options && word[0] == '-' && word[1] != '\0') {
            if (!take_letters(w, word)) {
                return false;
            }
        } else {
            w->parse->positional[w->parse->positional_count++] = word;
        }
    }
    return true;
}

/* --help and --version win over whatever else is wrong with the command line. */
static bool asked(int argc, char **argv, char letter, const char *name)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_short = argv[i][0] == '-' && argv[i][1] == letter && argv[i][2] == '\0';
        if (is_short || (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0)) {
            return true;
        }
    }
    return false;
}

/* --- public --- */

static enum options_answer choose_verb(int argc, char **argv, const struct run_verb **out,
                                       struct fail *fail)
{
    char name[SHOWN_MAX];
    if (argc < 2) {
        help_usage(stderr);
        fail_set(fail, STATUS_USAGE, "no verb given; 'wiretale --help' explains");
        fail->text[0] = '\0'; /* the usage said it */
        return OPTIONS_WRONG;
    }
    if (argv[1][0] != '-') {
        *out = run_verb_find(argv[1]);
        if (*out && (*out)->planned) {
            fail_set(fail, STATUS_USAGE, "'%s' is not built yet; 'wiretale --help' lists what is",
                     argv[1]);
            return OPTIONS_WRONG;
        }
        if (*out) {
            return OPTIONS_RUN;
        }
        const char *near = nearest_word(argv[1], offered_verb, NULL, RUN_VERBS);
        fail_set(fail, STATUS_USAGE, "unknown verb '%s'; %s%s%s", options_shown(argv[1], name),
                 near ? "did you mean '" : "'wiretale --help' lists them", near ? near : "",
                 near ? "'?" : "");
        return OPTIONS_WRONG;
    }
    if (asked(argc, argv, 'h', "help")) {
        help_general(stdout);
        return OPTIONS_HELP;
    }
    if (asked(argc, argv, 'V', "version")) {
        help_version(stdout);
        return OPTIONS_HELP;
    }
    if (argc >= 3 && strcmp(argv[1], "--generate") == 0 && help_generate(argv[2], stdin, stdout)) {
        return OPTIONS_HELP;
    }
    fail_set(fail, STATUS_USAGE,
             "'%s' stands where a verb should: wiretale read, live, replay, "
             "show or rules, then its options",
             options_shown(argv[1], name));
    return OPTIONS_WRONG;
}

static bool parse_all(struct parse *p, struct walk *w)
{
    struct words begin = w->words;
    p->state.origin = ORIGIN_COMMAND_LINE;
    w->config_only = true;
    if (!walk_words(w) || !options_config_read(p)) {
        return false;
    }
    p->state.origin = ORIGIN_COMMAND_LINE;
    w->words = begin;
    w->config_only = false;
    return walk_words(w);
}

enum options_answer options_parse(int argc, char **argv, struct settings *settings,
                                  struct fail *fail)
{
    static struct parse parse; /* large; and settings point into what it holds */
    const struct run_verb *verb = NULL;
    enum options_answer answer = choose_verb(argc, argv, &verb, fail);
    if (answer != OPTIONS_RUN) {
        return answer;
    }
    if (asked(argc, argv, 'h', "help")) {
        help_verb(stdout, verb);
        return OPTIONS_HELP;
    }
    if (asked(argc, argv, 'V', "version")) {
        help_version(stdout);
        return OPTIONS_HELP;
    }
    settings_defaults(settings);
    settings->run = verb->run;
    settings->argc = argc;
    settings->argv = argv;
    parse = (struct parse){.verb = verb, .fail = fail, .state = {.settings = settings}};
    parse.positional = calloc((size_t)argc, sizeof(*parse.positional));
    if (!parse.positional) {
        fail_set(fail, STATUS_USAGE, "out of memory");
        return OPTIONS_WRONG;
    }
    struct walk walk = {.parse = &parse, .words = {argv, argc, 2}};
    if (!parse_all(&parse, &walk)) {
        return OPTIONS_WRONG;
    }
    if (parse.state.print_config) {
        options_config_print(&parse);
        return OPTIONS_HELP;
    }
    return options_check(&parse) ? OPTIONS_RUN : OPTIONS_WRONG;
}
