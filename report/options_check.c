/* options_check.c - what is only known once every option was read, and what must fit together.
 *
 * An option that cannot take effect is an error, never ignored; and nothing is written when one is.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "report/options_parse.h"
#include "report/period.h"

/* What the name of an output leads to, whether it is there or not: its directory and its last
 * part, or the file itself. */
struct place {
    struct stat file, directory;
    bool exists, has_directory;
    const char *last;
};

static struct place place_of(const char *path)
{
    struct place at = {.last = path};
    const char *slash = strrchr(path, '/');
    char directory[4096] = ".";

    if (slash) {
        at.last = slash + 1;
        snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
        if (slash == path) {
            strcpy(directory, "/");
        }
    }
    at.exists = stat(path, &at.file) == 0 && S_ISREG(at.file.st_mode);
    at.has_directory = stat(directory, &at.directory) == 0;
    return at;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* "a.xml", "./a.xml", and links to either are one place. */
static bool same_place(const char *one, const char *other)
{
    struct place a = place_of(one), b = place_of(other);

    return strcmp(one, other) == 0 || (a.exists && b.exists && same_file(&a.file, &b.file)) ||
           (a.has_directory && b.has_directory && same_file(&a.directory, &b.directory) &&
            strcmp(a.last, b.last) == 0);
}

/* The report would replace this input. Those in a directory are looked at when they are opened. */
static bool replaces(const char *output, const char *input)
{
    struct place out = place_of(output);
    struct stat in;

    return strcmp(output, "-") != 0 && out.exists && stat(input, &in) == 0 &&
           same_file(&out.file, &in);
}

static bool check_outputs(struct parse *p)
{
    const struct settings *s = p->state.settings;
    const char *outputs[] = {s->html, s->xml, s->jsonl};
    const char *names[] = {"--html", "--xml", "--jsonl"};
    char name[SHOWN_MAX];
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!outputs[i] || !outputs[j] || !same_place(outputs[i], outputs[j])) {
                continue;
            }
            if (strcmp(outputs[i], "-") == 0) {
                return fail_set(p->fail, STATUS_USAGE,
                                "%s and %s cannot both be standard output; give one a file",
                                names[j], names[i]);
            }
            return fail_set(p->fail, STATUS_USAGE, "%s and %s would both write %s; name two files",
                            names[j], names[i], options_shown(outputs[i], name));
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
        stdins += strcmp(s->files[i], "-") == 0;
        for (size_t j = 0; j < 3; j++) {
            if (outputs[j] && replaces(outputs[j], s->files[i])) {
                return fail_set(p->fail, STATUS_USAGE,
                                "the report would replace the capture %s; name another file",
                                options_shown(outputs[j], name));
            }
        }
    }
    if (stdins > 1) {
        return fail_set(p->fail, STATUS_USAGE, "standard input ('-') can be read only once");
    }
    if (stdins > 0 && period_needs_end(s)) {
        return fail_set(
            p->fail, STATUS_USAGE,
            "--since and --until cannot count from the end of standard input; name a file"
            " or give a time such as 14:02");
    }
    return true;
}

static bool check_positional(struct parse *p)
{
    const struct run_verb *verb = p->verb;
    struct settings *s = p->state.settings;
    struct stat first;
    char name[SHOWN_MAX];
    if (p->positional_count < verb->positional_min) {
        return fail_set(p->fail, STATUS_USAGE, "%s", verb->missing);
    }
    if (p->positional_count > verb->positional_max) {
        return fail_set(p->fail, STATUS_USAGE, "'%s' is too much: wiretale %s %s",
                        options_shown(p->positional[verb->positional_max], name), verb->name,
                        verb->arguments);
    }
    s->files = p->positional;
    s->file_count = p->positional_count;
    if (verb->run == RUN_SHOW) {
        s->session = p->positional[1];
        s->file_count = 1;
    }
    s->many_files = s->file_count > 1 || (s->file_count == 1 && stat(s->files[0], &first) == 0 &&
                                          S_ISDIR(first.st_mode));
    if (verb->run == RUN_LIVE && s->interface_count == 0) {
        return fail_set(
            p->fail, STATUS_USAGE,
            "name an interface: wiretale live -i eth0 ('ip link' lists them, 'any' is all)");
    }
    return true;
}

/* What is only known once every option was read. */
bool options_check(struct parse *p)
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
    return check_positional(p) && check_outputs(p) && check_inputs(p);
}
