/* talks.c - run every talk whole, byte by byte, and cut at every place.
 *
 * The events must be those that the talk expects, and identical however the stream was cut:
 * offsets, marks and counts included. Chunks of one side that follow each other are also fed as
 * one; there the marks differ, and only what is expected is compared.
 *
 * usage: talks [-p] TALK|FOLDER...      -p prints what was read instead of judging it
 */
#include "dissect/conversation.h"
#include "tests/support/talk.h"
#include "tests/support/telling.h"

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long feeds;

static struct session *run(const struct talk *t, struct cut cut)
{
    struct session *s = session_new(1);
    if (s == NULL) {
        abort();
    }
    (void)!address_parse(&s->end[SIDE_CLIENT].address, "192.0.2.10");
    (void)!address_parse(&s->end[SIDE_SERVER].address, "198.51.100.25");
    s->end[SIDE_CLIENT].port = 40412;
    s->end[SIDE_SERVER].port = t->port;
    s->mail_port = t->mail_port;
    s->tcp.midstream = t->midstream;
    s->ended = t->closed ? SESSION_CLOSED : SESSION_INPUT_ENDED;
    struct conversation *c = conversation_new(s);
    if (c == NULL) {
        abort();
    }
    talk_feed(t, cut, conversation_chunk, c);
    conversation_end(c);
    conversation_free(c);
    feeds++;
    return s;
}

static const char *find_fact(const struct lines *l, const char *expected)
{
    size_t word = strcspn(expected, " ");
    for (size_t i = 0; i < l->count; i++) {
        if (telling_is_optional(l->line[i]) && strcspn(l->line[i], " ") == word &&
            strncmp(l->line[i], expected, word) == 0) {
            return l->line[i];
        }
    }
    return "(nothing)";
}

static bool differ(const struct talk *t, const char *mode, bool *told, const char *expected,
                   const char *got)
{
    if (!*told) {
        printf("%s, %s:\n", t->name, mode);
        *told = true;
    }
    printf("  expected  %s\n  got       %s\n", expected, got);
    return false;
}

/* The lines that must all be there, in order, and then the facts that are mentioned. */
static bool compare(const struct talk *t, const struct lines *l, const char *mode)
{
    bool good = true, told = false;
    size_t at = 0, shown = 0;
    for (size_t i = 0; i < t->expected_count; i++) {
        const char *want = t->expected[i];
        const char *got = telling_is_optional(want) ? find_fact(l, want) : "(nothing)";
        if (!telling_is_optional(want) && at < l->count && !telling_is_optional(l->line[at])) {
            got = l->line[at++];
        }
        if (strcmp(want, got) != 0) {
            good = false;
            if (shown++ < 4) {
                differ(t, mode, &told, want, got);
            }
        }
    }
    for (; at < l->count && !telling_is_optional(l->line[at]); at++) {
        good = false;
        if (shown++ < 4) {
            differ(t, mode, &told, "(nothing more)", l->line[at]);
        }
    }
    return good;
}

static bool check(const struct talk *t, const struct session *s, const char *mode)
{
    struct lines l = telling_compact(s);
    bool good = compare(t, &l, mode);
    lines_free(&l);
    const char *fault = telling_contradiction(s);
    if (fault != NULL) {
        printf("%s, %s: %s\n", t->name, mode, fault);
        good = false;
    }
    for (size_t i = 0; i < t->canary_count; i++) {
        if (telling_holds(s, t->canaries[i])) {
            printf("%s, %s: a secret is kept: %s\n", t->name, mode, t->canaries[i]);
            good = false;
        }
    }
    return good;
}

/* The first line in which two tellings differ. */
static void show_difference(const struct talk *t, const char *mode, const char *whole,
                            const char *cut)
{
    while (*whole != '\0' && strcspn(whole, "\n") == strcspn(cut, "\n") &&
           strncmp(whole, cut, strcspn(whole, "\n")) == 0) {
        whole += strcspn(whole, "\n") + 1;
        cut += strcspn(cut, "\n") + 1;
    }
    printf("%s, %s, differs from the same read whole:\n  whole  %.*s\n  cut    %.*s\n", t->name,
           mode, (int)strcspn(whole, "\n"), whole, (int)strcspn(cut, "\n"), cut);
}

static bool same(const struct talk *t, const char *whole, struct cut cut, const char *mode)
{
    struct session *s = run(t, cut);
    char *told = telling_full(s);
    bool good = strcmp(whole, told) == 0;
    if (!good) {
        show_difference(t, mode, whole, told);
    }
    free(told);
    session_free(s);
    return good;
}

/* Every place of short turns; of long ones both ends, and places between. */
static size_t next_place(size_t at, size_t len)
{
    enum { CLOSELY = 600, STEP = 97 };
    return at < CLOSELY || len - at < CLOSELY ? at + 1 : at + STEP;
}

static bool same_everywhere(const struct talk *t, const char *whole)
{
    if (!same(t, whole, (struct cut){.how = CUT_BYTES}, "byte by byte")) {
        return false;
    }
    for (size_t i = 0; i < t->turn_count; i++) {
        for (size_t at = 1; at < t->turns[i].len; at = next_place(at, t->turns[i].len)) {
            char mode[64];
            snprintf(mode, sizeof mode, "line %u cut at byte %zu", t->turns[i].line, at);
            if (!same(t, whole, (struct cut){CUT_AT, i, at}, mode)) {
                return false;
            }
        }
    }
    return true;
}

static bool judge(const struct talk *t)
{
    struct session *s = run(t, (struct cut){.how = CUT_NONE});
    bool good = check(t, s, "whole");
    char *whole = telling_full(s);
    session_free(s);
    good &= same_everywhere(t, whole);
    free(whole);
    s = run(t, (struct cut){.how = CUT_JOINED});
    good &= check(t, s, "neighbours joined");
    session_free(s);
    return good;
}

static void print(const struct talk *t)
{
    struct session *s = run(t, (struct cut){.how = CUT_NONE});
    struct lines l = telling_compact(s);
    for (size_t i = 0; i < l.count; i++) {
        puts(l.line[i]);
    }
    lines_free(&l);
    session_free(s);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

int main(int argc, char **argv)
{
    bool printing = argc > 1 && strcmp(argv[1], "-p") == 0;
    argv += printing ? 2 : 1;
    if (*argv == NULL) {
        fputs("usage: talks [-p] TALK|FOLDER...\n", stderr);
        return 2;
    }
    unsigned total = 0, good = 0;
    FTS *tree = fts_open(argv, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    for (FTSENT *file; tree != NULL && (file = fts_read(tree)) != NULL;) {
        if (file->fts_info != FTS_F || fnmatch("*.talk", file->fts_name, 0) != 0) {
            continue;
        }
        total++;
        struct talk *t = talk_read(file->fts_path);
        if (t != NULL && printing) {
            print(t);
        } else if (t != NULL) {
            good += judge(t);
        }
        talk_free(t);
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    if (!printing) {
        printf("%u of %u talks are told right, each in every cut (%lu readings)\n", good, total,
               feeds);
    }
    return total > 0 && (good == total || printing) ? 0 : 1;
}
