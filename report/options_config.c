/* options_config.c - configuration files: lines of "option = value", where option is a long option.
 *
 * No key without an option, no option without a key (but those that only make sense while a command
 * is typed). An unknown key is an error with its line, so that a typing error is never a silent
 * default.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/options_parse.h"

enum { CONFIG_SIZE_MAX = 1024 * 1024 };

static const char SYSTEM_CONFIG[] = "/etc/wiretale.conf";

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
    char key_shown[SHOWN_MAX], place[2 * SHOWN_MAX], hint[HINT_MAX];
    char *equals = strchr(line, '=');
    if (!equals) {
        return fail_set(p->fail, STATUS_USAGE, "%s: '%s' is not 'option = value'", where,
                        options_shown(line, key_shown));
    }
    *equals = '\0';
    char *key = trimmed(line), *value = trimmed(equals + 1);
    size_t index = option_find(key, strlen(key));
    if (index < option_row_count && option_rows[index].command_line_only) {
        return fail_set(p->fail, STATUS_USAGE, "%s: '%s' belongs on the command line", where, key);
    }
    if (index == option_row_count) {
        return fail_set(p->fail, STATUS_USAGE, "%s: unknown option '%s'%s", where,
                        options_shown(key, key_shown), options_hint(key, "", p->verb, hint));
    }
    bool on = true;
    if (!option_rows[index].argument && !config_flag(value, &on)) {
        return fail_set(p->fail, STATUS_USAGE, "%s: %s is yes or no", where, key);
    }
    if (!on || (!options_applies(&option_rows[index], p->verb) && !option_rows[index].planned)) {
        return true; /* meant for another verb */
    }
    snprintf(place, sizeof(place), "%s: %s", where, key);
    return options_set(p, index, option_rows[index].argument ? value : NULL, place);
}

static bool config_lines(struct parse *p, char *text, const char *path)
{
    char name[SHOWN_MAX], where[SHOWN_MAX + 32];
    options_shown(path, name);
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
    static char
        *texts[ORIGIN_COMMAND_LINE]; /* settings point into them for as long as there are any */
    char *text = texts[origin] = config_read(path);
    if (!text) {
        /* A home that is not ours (sudo keeps $HOME) holds no file for us. */
        bool absent =
            errno == ENOENT || errno == ENOTDIR || (errno == EACCES && origin == ORIGIN_USER_FILE);
        if (!must && absent) {
            return true;
        }
        return fail_set(p->fail, STATUS_USAGE, "cannot read the configuration %s: %s; %s",
                        options_shown(path, name), strerror(errno),
                        must ? "check --config" : "--no-config goes without");
    }
    p->state.origin = origin;
    return config_lines(p, text, path);
}

bool options_config_read(struct parse *p)
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

void options_config_print(const struct parse *p)
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
        if (!row->command_line_only && options_applies(row, p->verb) && value) {
            printf("# %s%s\n%s = %s\n", origins[given->origin],
                   row->repeatable ? " (the last one given)" : "", row->name,
                   options_shown(value, text));
        }
    }
}
