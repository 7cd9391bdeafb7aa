/* options.c - the command line and the configuration file: from words to struct settings.
 *
 * Order: defaults, /etc/wiretale.conf, $XDG_CONFIG_HOME/wiretale/config, command line; a later one
 * wins, and a list given at a later place replaces the list of an earlier one. Parsing is our own and
 * not getopt's, so that every refusal names what was wrong, suggests what may have been meant, and
 * is one line. Long options are written out: an abbreviation that works today may be ambiguous
 * after the next release.
 */
#include "report/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/escape.h"
#include "report/help.h"
#include "report/nearest.h"
#include "report/options_table.h"
#include "report/period.h"

enum { OPTIONS_ROWS_MAX = 64, CONFIG_SIZE_MAX = 1024 * 1024, SHOWN_MAX = 256 };

static const char SYSTEM_CONFIG[] = "/etc/wiretale.conf";

/* What was given for an option, for --print-config. */
struct given {
    enum options_origin origin;
    const char *value; /* the last one */
};

struct parse {
    struct options_state state;
    const struct run_verb *verb;
    struct given given[OPTIONS_ROWS_MAX];
    struct fail *fail;
};

static const char *shown(const char *text, char out[SHOWN_MAX])
{
    escape_plain(out, SHOWN_MAX, bytes_of_string(text));
    return out;
}

/* --- one option --- */

static bool applies(const struct option_row *row, const struct run_verb *verb)
{
    return (row->verbs & 1u << verb->run) != 0;
}

/* Option names for "did you mean": those that exist for the verb. */
static const char *offered_option(const void *ctx, size_t i)
{
    const struct option_row *row = &option_rows[i];
    return row->planned || !applies(row, ctx) ? NULL : row->name;
}

static const char *offered_verb(const void *ctx, size_t i)
{
    (void)ctx;
    return run_verbs[i].planned ? NULL : run_verbs[i].name;
}

/* "; did you mean '--html'?", or what to do instead. */
static const char *suggestion(const char *name, const char *dashes, const struct run_verb *verb,
                              char out[128])
{
    const char *near = nearest_word(name, offered_option, verb, option_row_count);
    if (near) {
        snprintf(out, 128, "; did you mean '%s%s'?", dashes, near);
    } else {
        snprintf(out, 128, "; 'wiretale %s --help' lists the options", verb->name);
    }
    return out;
}

/* Stores a value; where says how messages call the option: "--limit", "x.conf line 3: limit". */
static bool set_option(struct parse *p, size_t index, const char *value, const char *where)
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

/* --- configuration files --- */

/* The whole file, NUL-terminated, kept for the life of the program. NULL with errno set. */
static char *config_read(const char *path)
{
    FILE *in = fopen(path, "r");
    struct stat st;
    if (!in) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(fileno(in), &st) != 0) {
        /* errno says why */
    } else if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
    } else {
        text = malloc(CONFIG_SIZE_MAX + 1);
    }
    size_t len = text ? fread(text, 1, CONFIG_SIZE_MAX, in) : 0;
    int error = errno;
    if (text && ferror(in)) {
        free(text);
        text = NULL;
    } else if (text) {
        text[len] = '\0';
        char *smaller = realloc(text, len + 1);
        text = smaller ? smaller : text;
    }
    fclose(in);
    errno = error;
    return text;
}

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

/* Value of a flag in a file: yes or no; *on tells which. */
static bool config_flag(const char *value, bool *on)
{
    *on = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
    return *on || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

static bool config_line(struct parse *p, char *line, const char *where)
{
    char key_shown[SHOWN_MAX], place[2 * SHOWN_MAX], hint[128];
    char *equals = strchr(line, '=');
    if (!equals) {
        return fail_set(p->fail, STATUS_USAGE, "%s: '%s' is not 'option = value'", where,
                        shown(line, key_shown));
    }
    *equals = '\0';
    char *key = trimmed(line), *value = trimmed(equals + 1);
    size_t index = option_find(key, strlen(key));
    if (index < option_row_count && option_rows[index].command_line_only) {
        return fail_set(p->fail, STATUS_USAGE, "%s: '%s' belongs on the command line", where, key);
    }
    if (index == option_row_count) {
        return fail_set(p->fail, STATUS_USAGE, "%s: unknown option '%s'%s", where,
                        shown(key, key_shown), suggestion(key, "", p->verb, hint));
    }
    bool on = true;
    if (!option_rows[index].argument && !config_flag(value, &on)) {
        return fail_set(p->fail, STATUS_USAGE, "%s: %s is yes or no", where, key);
    }
    if (!on || (!applies(&option_rows[index], p->verb) && !option_rows[index].planned)) {
        return true; /* meant for another verb */
    }
    snprintf(place, sizeof(place), "%s: %s", where, key);
    return set_option(p, index, option_rows[index].argument ? value : NULL, place);
}

static bool config_lines(struct parse *p, char *text, const char *path)
{
    char name[SHOWN_MAX], where[SHOWN_MAX + 32];
    shown(path, name);
    for (unsigned number = 1; text; number++) {
        char *next = strchr(text, '\n');
        if (next) {
            *next++ = '\0';
        }
        char *line = trimmed(text);
        snprintf(where, sizeof(where), "%s line %u", name, number);
        if (*line != '\0' && *line != '#' && !config_line(p, line, where)) {
            return false;
        }
        text = next;
    }
    return true;
}

/* must: the file was asked for by name. */
static bool config_file(struct parse *p, const char *path, enum options_origin origin, bool must)
{
    char name[SHOWN_MAX];
    static char *texts[ORIGIN_COMMAND_LINE]; /* settings point into them for as long as there are any */
    char *text = texts[origin] = config_read(path);
    if (!text) {
        /* A home that is not ours (sudo keeps $HOME) holds no file for us. */
        bool absent = errno == ENOENT || errno == ENOTDIR ||
                      (errno == EACCES && origin == ORIGIN_USER_FILE);
        if (!must && absent) {
            return true;
        }
        return fail_set(p->fail, STATUS_USAGE, "cannot read the configuration %s: %s; %s",
                        shown(path, name), strerror(errno),
                        must ? "check --config" : "--no-config goes without");
    }
    p->state.origin = origin;
    return config_lines(p, text, path);
}

static bool config_files(struct parse *p)
{
    char path[4096];
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (p->state.no_config) {
        return true;
    }
    if (p->state.config) {
        return config_file(p, p->state.config, ORIGIN_USER_FILE, true);
    }
    if (!config_file(p, SYSTEM_CONFIG, ORIGIN_SYSTEM_FILE, false)) {
        return false;
    }
    if (xdg && *xdg == '/') {
        snprintf(path, sizeof(path), "%s/wiretale/config", xdg);
    } else if (home && *home == '/') {
        snprintf(path, sizeof(path), "%s/.config/wiretale/config", home);
    } else {
        return true;
    }
    return config_file(p, path, ORIGIN_USER_FILE, false);
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
    char **positional;
    size_t positional_count;
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
    if (!row->planned && !applies(row, p->verb)) {
        return fail_set(p->fail, STATUS_USAGE, "%s means nothing to %s; leave it out", where,
                        p->verb->name);
    }
    return set_option(p, index, value, where);
}

/* --name, --name=value, --name value */
static bool take_long(struct walk *w, const char *word)
{
    char name[SHOWN_MAX], where[SHOWN_MAX + 2], hint[128];
    const char *equals = strchr(word + 2, '=');
    size_t len = equals ? (size_t)(equals - word) - 2 : strlen(word + 2);
    size_t index = option_find(word + 2, len);
    if (index == option_row_count) {
        char *copy = strndup(word + 2, len);
        shown(copy ? copy : "", name);
        suggestion(copy ? copy : "", "--", w->parse->verb, hint);
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
    char where[3] = "-?", name[SHOWN_MAX], hint[128];
    for (const char *at = word + 1; *at != '\0'; at++) {
        size_t index = option_find_letter(*at);
        where[1] = *at;
        if (index == option_row_count) {
            return fail_set(w->parse->fail, STATUS_USAGE, "unknown option '-%s'%s",
                            shown((char[]){*at, '\0'}, name),
                            suggestion("", "-", w->parse->verb, hint));
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
    w->positional_count = 0;
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
            w->positional[w->positional_count++] = word;
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

/* --- what must fit together --- */

static bool check_outputs(struct parse *p)
{
    const struct settings *s = p->state.settings;
    const char *outputs[] = {s->html, s->xml, s->jsonl};
    const char *names[] = {"--html", "--xml", "--jsonl"};
    char name[SHOWN_MAX];
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!outputs[i] || !outputs[j] || strcmp(outputs[i], outputs[j]) != 0) {
                continue;
            }
            if (strcmp(outputs[i], "-") == 0) {
                return fail_set(p->fail, STATUS_USAGE,
                                "%s and %s cannot both be standard output; give one a file",
                                names[j], names[i]);
            }
            return fail_set(p->fail, STATUS_USAGE, "%s and %s would both write %s; name two files",
                            names[j], names[i], shown(outputs[i], name));
        }
    }
    return true;
}

/* A report must not replace the capture it was made from. */
static bool check_inputs(struct parse *p)
{
    const struct settings *s = p->state.settings;
    const char *outputs[] = {s->html, s->xml, s->jsonl};
    char name[SHOWN_MAX];
    size_t stdins = 0;
    for (size_t i = 0; i < s->file_count; i++) {
        struct stat in, out;
        stdins += strcmp(s->files[i], "-") == 0;
        for (size_t j = 0; j < 3; j++) {
            if (outputs[j] && stat(s->files[i], &in) == 0 && stat(outputs[j], &out) == 0 &&
                S_ISREG(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
                return fail_set(p->fail, STATUS_USAGE,
                                "the report would replace the capture %s; name another file",
                                shown(s->files[i], name));
            }
        }
    }
    if (stdins > 1) {
        return fail_set(p->fail, STATUS_USAGE, "standard input ('-') can be read only once");
    }
    if (stdins > 0 && period_needs_end(s)) {
        return fail_set(p->fail, STATUS_USAGE,
                        "--since and --until cannot count from the end of standard input; name a file"
                        " or give a time such as 14:02");
    }
    return true;
}

static bool check_positional(struct parse *p, struct walk *w)
{
    const struct run_verb *verb = p->verb;
    struct settings *s = p->state.settings;
    char name[SHOWN_MAX];
    if (w->positional_count < verb->positional_min) {
        return fail_set(p->fail, STATUS_USAGE, "%s", verb->missing);
    }
    if (w->positional_count > verb->positional_max) {
        return fail_set(p->fail, STATUS_USAGE, "'%s' is too much: wiretale %s %s",
                        shown(w->positional[verb->positional_max], name), verb->name,
                        verb->arguments);
    }
    s->files = w->positional;
    s->file_count = w->positional_count;
    if (verb->run == RUN_SHOW) {
        s->session = w->positional[1];
        s->file_count = 1;
    }
    if (verb->run == RUN_LIVE && s->interface_count == 0) {
        return fail_set(p->fail, STATUS_USAGE,
                        "name an interface: wiretale live -i eth0 ('ip link' lists them, 'any' is all)");
    }
    return true;
}

/* What is only known once every option was read. */
static bool finish(struct parse *p, struct walk *w)
{
    struct settings *s = p->state.settings;
    bool known = true;
    if (p->state.since) {
        known = period_parse(p->state.since, s->local_time, &s->since_ns);
    }
    if (p->state.until) {
        known = period_parse(p->state.until, s->local_time, &s->until_ns) && known;
    }
    s->hash = s->hash || s->html || s->xml;
    if (!known) {
        return fail_set(p->fail, STATUS_USAGE, "--since or --until is not a time");
    }
    if (s->since_ns > s->until_ns && s->since_ns > INT64_C(86400000000000)) {
        return fail_set(p->fail, STATUS_USAGE, "--since is after --until: nothing would be left");
    }
    return check_positional(p, w) && check_outputs(p) && check_inputs(p);
}

/* --- --print-config --- */

static void print_config(const struct parse *p)
{
    static const char *const origins[] = {
        [ORIGIN_DEFAULT] = "default",
        [ORIGIN_SYSTEM_FILE] = "system configuration",
        [ORIGIN_USER_FILE] = "user configuration",
        [ORIGIN_COMMAND_LINE] = "command line",
    };
    char text[SHOWN_MAX];
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        const struct given *given = &p->given[i];
        const char *value = given->value ? given->value : row->standard;
        if (!row->command_line_only && applies(row, p->verb) && value) {
            printf("# %s%s\n%s = %s\n", origins[given->origin],
                   row->repeatable ? " (the last one given)" : "", row->name, shown(value, text));
        }
    }
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
        fail_set(fail, STATUS_USAGE, "unknown verb '%s'; %s%s%s", shown(argv[1], name),
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
    fail_set(fail, STATUS_USAGE, "'%s' stands where a verb should: wiretale read, live, replay, "
             "show or rules, then its options", shown(argv[1], name));
    return OPTIONS_WRONG;
}

static bool parse_all(struct parse *p, struct walk *w)
{
    struct words begin = w->words;
    p->state.origin = ORIGIN_COMMAND_LINE;
    w->config_only = true;
    if (!walk_words(w) || !config_files(p)) {
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
    static char *no_words[1];
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
    static char **positional; /* reachable for as long as settings are */
    positional = calloc((size_t)argc, sizeof(*positional));
    struct walk walk = {.parse = &parse, .words = {argv, argc, 2},
                        .positional = positional ? positional : no_words};
    if (!positional) {
        fail_set(fail, STATUS_USAGE, "out of memory");
        return OPTIONS_WRONG;
    }
    if (!parse_all(&parse, &walk)) {
        return OPTIONS_WRONG;
    }
    if (parse.state.print_config) {
        print_config(&parse);
        return OPTIONS_HELP;
    }
    return finish(&parse, &walk) ? OPTIONS_RUN : OPTIONS_WRONG;
}
