/* rules_print.c - the table of rules for people: `wiretale rules`, and the page in docs. */
#include <ctype.h>
#include <string.h>

#include "report/diagnose/rules.h"
#include "report/diagnose/thresholds.h"

enum { WIDTH = 96, INDENT = 17 };

static const struct {
    const char *letter, *title;
} sections[] = {
    {"A", "Capture quality"},
    {"B", "Connecting"},
    {"C", "Transport"},
    {"D", "Dialogue"},
    {"E", "Timeouts and delays"},
    {"F", "Refusals"},
    {"G", "TLS and certificates"},
    {"J", "Many sessions"},
};

enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

static void print_id(FILE *out, const struct rule *r)
{
    fprintf(out, "%s%s", r->id, r->phased ? "-<phase>" : "");
}

/* A paragraph, indented behind its label. */
static void print_field(FILE *out, const char *label, const char *text)
{
    size_t column = INDENT;

    if (!*text) {
        return;
    }
    fprintf(out, "  %-*s", INDENT - 2, label);
    while (*text) {
        size_t len = strcspn(text, " ");

        if (column > INDENT && column + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            column = INDENT;
        } else if (column > INDENT) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)len, text);
        column += len;
        text += len + strspn(text + len, " ");
    }
    fputc('\n', out);
}

/* Whether a threshold's rules name this one. */
static bool compares(const struct threshold_row *row, const struct rule *r)
{
    char id[FINDING_ID_MAX];
    size_t len;

    snprintf(id, sizeof id, "%s%s", r->id, r->phased ? "-<phase>" : "");
    len = strlen(id);
    for (const char *at = strstr(row->rules, id); at; at = strstr(at + 1, id)) {
        if ((at == row->rules || at[-1] == ' ') && (at[len] == ' ' || !at[len])) {
            return true;
        }
    }
    return false;
}

/* "fleet-count 5 (sessions before a destination is judged), ..." False: none. */
static bool thresholds_of(const struct rule *r, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < THRESHOLD_COUNT && len < size; i++) {
        const struct threshold_row *row = threshold_at(i);
        if (compares(row, r)) {
            len += (size_t)snprintf(out + len, size - len, "%s%s %.10g%s (%s)", len ? "; " : "",
                                    row->name, row->value,
                                    row->origin == THRESHOLD_BUILT_IN ? "" : " (set)", row->what);
        }
    }
    return len > 0;
}

static void explain(FILE *out, const struct rule *r)
{
    char thresholds[1024];

    print_id(out, r);
    fprintf(out, "\n  %s\n\n", r->title);
    print_field(out, "severity", severity_words[r->severity]);
    print_field(out, "points to", party_words[r->points_to]);
    print_field(out, "raised when", r->trigger);
    print_field(out, "not when", r->not_trigger);
    print_field(out, "causes", r->causes);
    print_field(out, "what to do", r->next_step);
    if (thresholds_of(r, thresholds, sizeof thresholds)) {
        print_field(out, "thresholds", thresholds);
    }
    print_field(out, "source", r->source);
}

static void list(FILE *out)
{
    for (size_t s = 0; s < SECTION_COUNT; s++) {
        fprintf(out, "%s%s\n", s ? "\n" : "", sections[s].title);
        for (size_t i = 0; i < rules_count(); i++) {
            const struct rule *r = rules_at(i);
            char id[FINDING_ID_MAX];

            if (strcmp(r->section, sections[s].letter) == 0) {
                snprintf(id, sizeof id, "%s%s", r->id, r->phased ? "-<phase>" : "");
                fprintf(out, "  %-32s %-8s  %s\n", id, severity_words[r->severity], r->title);
            }
        }
    }
    fputs("\nThresholds (--threshold NAME=VALUE; seconds unless they say otherwise)\n", out);
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        const struct threshold_row *row = threshold_at(i);
        fprintf(out, "  %-20s %6g  %s (%s)\n", row->name, row->value, row->what,
                row->origin == THRESHOLD_BUILT_IN ? row->source : "set by you");
    }
    fputs("\nOne rule in detail: wiretale rules RULE\n", out);
}

bool rules_print(FILE *out, const char *id_or_null)
{
    const struct rule *r = id_or_null ? rules_find(id_or_null) : NULL;

    if (id_or_null && !r) {
        return false;
    }
    if (r) {
        explain(out, r);
    } else {
        list(out);
    }
    return true;
}

static void print_markdown_rule(FILE *out, const struct rule *r)
{
    char thresholds[1024];

    fputs("### `", out);
    print_id(out, r);
    fprintf(out, "`\n\n%c%s. Usually %s; points to %s.\n\n", toupper((unsigned char)r->title[0]),
            r->title + 1, severity_words[r->severity], party_words[r->points_to]);
    fprintf(out, "*Raised when:* %s\n\n", r->trigger);
    if (*r->not_trigger) {
        fprintf(out, "*Not when:* %s\n\n", r->not_trigger);
    }
    fprintf(out, "*Causes:* %s\n\n*What to do:* %s\n\n", r->causes, r->next_step);
    if (thresholds_of(r, thresholds, sizeof thresholds)) {
        fprintf(out, "*Thresholds:* %s\n\n", thresholds);
    }
    fprintf(out, "*Source:* %s\n\n", r->source);
}

void rules_print_markdown(FILE *out)
{
    fputs("# Findings\n\nMade from the table of rules by the program itself.\n\n", out);
    for (size_t s = 0; s < SECTION_COUNT; s++) {
        fprintf(out, "## %s\n\n", sections[s].title);
        for (size_t i = 0; i < rules_count(); i++) {
            if (strcmp(rules_at(i)->section, sections[s].letter) == 0) {
                print_markdown_rule(out, rules_at(i));
            }
        }
    }
    fputs(
        "## Thresholds\n\nThe numbers rules compare with. `--threshold NAME=VALUE` sets one; every "
        "report says which held.\n\n| name | value | what it is | where it comes from |\n"
        "|---|---|---|---|\n",
        out);
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        const struct threshold_row *row = threshold_at(i);
        fprintf(out, "| `%s` | %.10g | %s | %s |\n", row->name, row->value, row->what, row->source);
    }
}
