/* replies_own.c - rows of reply texts of the user's own, from a file. replies.h describes it. */
#include "report/diagnose/replies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/rules.h"

enum { COLUMNS_MIN = 6, COLUMNS_MAX = 10, LINE_LONGEST = 2000, ROWS_MAX = 10000 };

struct row_reader {
    struct reply_rows *out;
    size_t room, line;
    const char *path;
    struct fail *fail;
};

static bool wrong(const struct row_reader *r, const char *what)
{
    char name[256];

    return fail_set(r->fail, STATUS_USAGE, "%s line %zu: %s",
                    fail_quote_name(r->path, name, sizeof name), r->line, what);
}

/* Cuts at tabs, in place. */
static size_t cut_columns(char *line, char *columns[COLUMNS_MAX])
{
    size_t count = 0;

    while (count < COLUMNS_MAX) {
        columns[count++] = line;
        line = strchr(line, '\t');
        if (!line) {
            break;
        }
        *line++ = '\0';
    }
    return count;
}

static bool read_codes(struct reply_row *row, const char *codes)
{
    row->codes = strcmp(codes, "45") == 0 ? "4,5" : codes;
    return row->codes[0] >= '2' && row->codes[0] <= '5' &&
           strspn(row->codes, "0123456789,") == strlen(row->codes);
}

/* SUBJECT.DETAIL, or "-". */
static bool read_enhanced(struct reply_row *row, const char *text)
{
    struct bytes b = text_of(text);
    size_t dot = text_find(b, ".");
    uint64_t subject, detail;

    row->subject = row->detail = -1;
    if (strcmp(text, "-") == 0) {
        return true;
    }
    if (dot == b.len || !text_number((struct bytes){b.data, dot}, &subject) ||
        !text_number((struct bytes){b.data + dot + 1, b.len - dot - 1}, &detail) || subject > 999 ||
        detail > 999) {
        return false;
    }
    row->subject = (int)subject;
    row->detail = (int)detail;
    return true;
}

static bool read_phase(struct reply_row *row, const char *word)
{
    if (strcmp(word, "any") == 0) {
        row->phase = PHASES;
        return true;
    }
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (strcmp(word, phase_words[i]) == 0 || (i == PHASE_EHLO && strcmp(word, "helo") == 0)) {
            row->phase = (enum phase)i;
            return true;
        }
    }
    return false;
}

static void lower(char *s)
{
    for (; *s; s++) {
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
    }
}

static bool read_row(struct row_reader *r, char *line)
{
    char *columns[COLUMNS_MAX] = {NULL}, *end;
    size_t count = cut_columns(line, columns);
    struct reply_row row = {.provider = count > 6 ? columns[6] : "", .confidence = CONFIDENCE_HIGH};

    if (count < COLUMNS_MIN) {
        return wrong(r,
                     "six columns divided by tabs are needed: prio codes enh phase glob finding");
    }
    row.priority = (unsigned)strtoul(columns[0], &end, 10);
    if (end == columns[0] || *end) {
        return wrong(r, "the first column is no number");
    }
    if (!read_codes(&row, columns[1])) {
        return wrong(
            r, "codes are prefixes divided by commas, such as 550,554 or 4 (45: any refusal)");
    }
    if (!read_enhanced(&row, columns[2])) {
        return wrong(r, "the enhanced code is SUBJECT.DETAIL, such as 7.1, or -");
    }
    if (!read_phase(&row, columns[3])) {
        return wrong(r, "the phase is any, helo, or one of those that --limit knows");
    }
    lower(columns[4]);
    row.glob = columns[4];
    row.finding = columns[5];
    if (!rules_find(row.finding)) {
        return wrong(r, "there is no such finding; 'wiretale rules' lists them");
    }
    if (count > 7 && *columns[7]) {
        row.confidence = *columns[7] == 'L'   ? CONFIDENCE_LOW
                         : *columns[7] == 'M' ? CONFIDENCE_MEDIUM
                                              : CONFIDENCE_HIGH;
    }
    if (r->out->count == r->room) {
        struct reply_row *more = realloc(r->out->rows, (r->room = r->room * 2 + 64) * sizeof *more);
        if (!more) {
            return wrong(r, "out of memory");
        }
        r->out->rows = more;
    }
    r->out->rows[r->out->count++] = row;
    return true;
}

static bool read_rows(struct row_reader *r)
{
    char *line = r->out->text;

    while (*line) {
        char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;

        r->line++;
        *end = '\0';
        if (end > line && end[-1] == '\r') {
            end[-1] = '\0';
        }
        if (next - line > LINE_LONGEST) {
            return wrong(r, "the line is too long");
        }
        if (*line && *line != '#' && !read_row(r, line)) {
            return false;
        }
        if (r->out->count > ROWS_MAX) {
            return wrong(r, "more than 10000 rows");
        }
        line = next;
    }
    return true;
}

/* The whole file as a string; NUL bytes end it. */
static char *read_file(FILE *f)
{
    enum { LARGEST = 4 * 1024 * 1024 };
    char *text = malloc(LARGEST + 1), *exact;
    size_t len = text ? fread(text, 1, LARGEST, f) : 0;

    if (!text || ferror(f)) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    exact = realloc(text, len + 1);
    return exact ? exact : text;
}

static int by_priority(const void *a, const void *b)
{
    const struct reply_row *x = a, *y = b;

    return x->priority != y->priority ? (x->priority < y->priority ? -1 : 1)
                                      : (x->glob < y->glob ? -1 : x->glob > y->glob);
}

bool replies_read(const char *path, struct reply_rows **out, struct fail *fail)
{
    struct row_reader r = {.path = path, .fail = fail};
    FILE *f = fopen(path, "re");
    char name[256];

    *out = NULL;
    if (!f || !(r.out = calloc(1, sizeof *r.out)) || !(r.out->text = read_file(f))) {
        int error = errno;
        if (f) {
            fclose(f);
        }
        free(r.out);
        return fail_set(fail, STATUS_USAGE, "%s cannot be read: %s",
                        fail_quote_name(path, name, sizeof name), fail_reason(error));
    }
    fclose(f);
    if (!read_rows(&r)) {
        replies_free(r.out);
        return false;
    }
    if (r.out->count) {
        qsort(r.out->rows, r.out->count, sizeof r.out->rows[0], by_priority);
    }
    *out = r.out;
    return true;
}

void replies_free(struct reply_rows *own)
{
    if (own) {
        free(own->rows);
        free(own->text);
        free(own);
    }
}

size_t replies_count(const struct reply_rows *own)
{
    return own ? own->count : 0;
}
