/* talk.c - read a conversation written as text, and feed it whole or cut.
 *
 * tests/README.md describes the form. A mistake in a talk is told with file and line.
 */
#include "tests/support/talk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    unsigned line;
    struct talk *talk;
    bool expecting; /* below "===" */
    uint64_t sent[SIDES];
    struct turn *open; /* the turn that lines without a marker continue */
};

static void *must(void *p)
{
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

static bool wrong(const struct reader *r, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", r->path, r->line, what);
    return false;
}

static void keep_line(char ***list, size_t *count, const char *s)
{
    *list = must(realloc(*list, (*count + 1) * sizeof **list));
    (*list)[(*count)++] = must(strdup(s));
}

static struct turn *add_turn(struct reader *r, enum chunk_kind kind, enum side side)
{
    struct talk *t = r->talk;
    t->turns = must(realloc(t->turns, (t->turn_count + 1) * sizeof *t->turns));
    struct turn *turn = &t->turns[t->turn_count++];
    *turn = (struct turn){.kind = kind,
                          .side = side,
                          .offset = r->sent[side],
                          .peer_ack = r->sent[side_other(side)],
                          .line = r->line};
    return turn;
}

static void add_bytes(struct reader *r, const char *bytes, size_t len)
{
    r->open->data = must(realloc(r->open->data, r->open->len + len));
    memcpy(r->open->data + r->open->len, bytes, len);
    r->open->len += len;
    r->sent[r->open->side] += len;
}

static bool repeat(struct reader *r, const char **s)
{
    /* "\<300*A>": 300 times what stands behind the star */
    char *after;
    unsigned long times = strtoul(*s + 1, &after, 10);
    const char *close = strchr(after, '>');
    if (*after != '*' || close == NULL || times == 0 || times > 1000000) {
        return wrong(r, "a repetition is written \\<COUNT*TEXT>");
    }
    const char *text = after + 1;
    while (times-- > 0) {
        add_bytes(r, text, (size_t)(close - text));
    }
    *s = close + 1;
    return true;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* One escape behind its backslash. */
static bool escape(struct reader *r, const char **s)
{
    static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
    const char *at = strchr(names, **s);
    if (**s != '\0' && at != NULL) {
        add_bytes(r, &values[at - names], 1);
        ++*s;
        return true;
    }
    if (**s == 'x' && hex((*s)[1]) >= 0 && hex((*s)[2]) >= 0) {
        char byte = (char)(hex((*s)[1]) * 16 + hex((*s)[2]));
        add_bytes(r, &byte, 1);
        *s += 3;
        return true;
    }
    if (**s == '<') {
        return repeat(r, s);
    }
    return wrong(r, "unknown escape");
}

/* A line of text ends in CRLF unless its last character is a lone backslash. */
static bool text(struct reader *r, const char *s)
{
    while (*s != '\0') {
        if (*s != '\\') {
            add_bytes(r, s++, 1);
        } else if (s[1] == '\0') {
            return true;
        } else {
            s++;
            if (!escape(r, &s)) {
                return false;
            }
        }
    }
    add_bytes(r, "\r\n", 2);
    return true;
}

static bool side_of(const char *word, enum side *side)
{
    *side = strcmp(word, "server") == 0 ? SIDE_SERVER : SIDE_CLIENT;
    return *side == SIDE_SERVER || strcmp(word, "client") == 0;
}

/* "><> client 120 [unacked] [snapped]" */
static bool gap(struct reader *r, const char *s)
{
    char side_word[16], how[2][16] = {"", ""};
    uint64_t missing;
    enum side side;
    int n = sscanf(s, "%15s %" SCNu64 " %15s %15s", side_word, &missing, how[0], how[1]);
    if (n < 2 || !side_of(side_word, &side)) {
        return wrong(r, "a gap is written ><> client|server BYTES [unacked] [snapped]");
    }
    struct turn *t = add_turn(r, CHUNK_GAP, side);
    t->missing = missing;
    t->acked = true;
    for (int i = 0; i < n - 2; i++) {
        t->acked &= strcmp(how[i], "unacked") != 0;
        t->snapped |= strcmp(how[i], "snapped") == 0;
    }
    r->sent[side] += missing;
    return true;
}

/* "><| client fin|reset" */
static bool end(struct reader *r, const char *s)
{
    char side_word[16], how[16];
    enum side side;
    if (sscanf(s, "%15s %15s", side_word, how) != 2 || !side_of(side_word, &side)) {
        return wrong(r, "an end is written ><| client|server fin|reset");
    }
    r->talk->closed = true;
    add_turn(r, CHUNK_END, side)->reset = strcmp(how, "reset") == 0;
    return true;
}

static bool head(struct reader *r, const char *s)
{
    unsigned port;
    if (*s == '\0' || *s == '#') {
        return true;
    }
    if (sscanf(s, "port %u", &port) == 1 && port <= UINT16_MAX) {
        r->talk->port = (uint16_t)port;
        return true;
    }
    if (strcmp(s, "odd-port") == 0) {
        r->talk->mail_port = false;
        return true;
    }
    if (strcmp(s, "midstream") == 0) {
        r->talk->midstream = true;
        return true;
    }
    return wrong(r, "before the first marker only #, port, odd-port and midstream may stand");
}

static void expectation(struct reader *r, const char *s)
{
    if (*s == '\0' || *s == '#') {
        return;
    }
    if (strncmp(s, "canary ", 7) == 0) {
        keep_line(&r->talk->canaries, &r->talk->canary_count, s + 7);
        return;
    }
    keep_line(&r->talk->expected, &r->talk->expected_count, s);
}

static bool line(struct reader *r, const char *s)
{
    if (r->expecting) {
        expectation(r, s);
        return true;
    }
    if (strcmp(s, "===") == 0) {
        r->expecting = true;
        return true;
    }
    if (strncmp(s, "><>", 3) == 0) {
        r->open = NULL;
        return gap(r, s + 3);
    }
    if (strncmp(s, "><|", 3) == 0) {
        r->open = NULL;
        return end(r, s + 3);
    }
    if (strncmp(s, ">>>", 3) == 0 || strncmp(s, "<<<", 3) == 0) {
        r->open = add_turn(r, CHUNK_DATA, *s == '>' ? SIDE_CLIENT : SIDE_SERVER);
        return text(r, s + (s[3] == ' ' ? 4 : 3));
    }
    return r->open == NULL ? head(r, s) : text(r, s);
}

static bool lines(struct reader *r, FILE *f)
{
    char *s = NULL;
    size_t room = 0;
    ssize_t len;
    bool good = true;
    while (good && (len = getline(&s, &room, f)) >= 0) {
        r->line++;
        while (len > 0 && s[len - 1] == '\n') {
            s[--len] = '\0';
        }
        good = strlen(s) == (size_t)len ? line(r, s) : wrong(r, "holds a NUL byte");
    }
    free(s);
    return good;
}

struct talk *talk_read(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct talk *t = must(calloc(1, sizeof *t));
    const char *base = strrchr(path, '/');
    t->name = must(strdup(base == NULL ? path : base + 1));
    t->port = 25;
    t->mail_port = true;
    struct reader r = {.path = path, .talk = t};
    bool good = lines(&r, f);
    fclose(f);
    if (good && !r.expecting) {
        good = wrong(&r, "no === with expectations below");
    }
    if (!good) {
        talk_free(t);
        return NULL;
    }
    return t;
}

void talk_free(struct talk *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->turn_count; i++) {
        free(t->turns[i].data);
    }
    for (size_t i = 0; i < t->expected_count; i++) {
        free(t->expected[i]);
    }
    for (size_t i = 0; i < t->canary_count; i++) {
        free(t->canaries[i]);
    }
    free(t->turns);
    free(t->expected);
    free(t->canaries);
    free(t->name);
    free(t);
}

static struct mark mark_of(size_t turn)
{
    const int64_t begin = INT64_C(1700000000);
    return (struct mark){turn + 1, (begin + (int64_t)turn) * 1000000000};
}

static void feed_part(const struct talk *t, size_t index, size_t from, size_t until,
                      chunk_sink sink, void *ctx)
{
    const struct turn *turn = &t->turns[index];
    /* a copy of exactly this size, so that a read past its end does not go unnoticed */
    size_t len = until - from;
    uint8_t *copy = must(malloc(len == 0 ? 1 : len));
    memcpy(copy, turn->data + from, len);
    struct chunk chunk = {.kind = CHUNK_DATA,
                          .side = turn->side,
                          .offset = turn->offset + from,
                          .data = {copy, len},
                          .peer_ack = turn->peer_ack,
                          .mark = mark_of(index)};
    sink(ctx, &chunk);
    free(copy);
}

/* This turn and those of the same side behind it as one chunk; returns how many were used. */
static size_t feed_joined(const struct talk *t, size_t index, chunk_sink sink, void *ctx)
{
    const struct turn *turn = &t->turns[index];
    size_t count = 1, len = turn->len;
    while (index + count < t->turn_count && t->turns[index + count].kind == CHUNK_DATA &&
           t->turns[index + count].side == turn->side) {
        len += t->turns[index + count++].len;
    }
    uint8_t *copy = must(malloc(len == 0 ? 1 : len));
    len = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(copy + len, t->turns[index + i].data, t->turns[index + i].len);
        len += t->turns[index + i].len;
    }
    struct chunk chunk = {.kind = CHUNK_DATA,
                          .side = turn->side,
                          .offset = turn->offset,
                          .data = {copy, len},
                          .peer_ack = turn->peer_ack,
                          .mark = mark_of(index)};
    sink(ctx, &chunk);
    free(copy);
    return count;
}

static void feed_other(const struct talk *t, size_t index, chunk_sink sink, void *ctx)
{
    const struct turn *turn = &t->turns[index];
    struct chunk chunk = {.kind = turn->kind,
                          .side = turn->side,
                          .offset = turn->offset,
                          .missing = turn->missing,
                          .acked = turn->acked,
                          .snapped = turn->snapped,
                          .reset = turn->reset,
                          .peer_ack = turn->peer_ack,
                          .mark = mark_of(index)};
    sink(ctx, &chunk);
}

void talk_feed(const struct talk *t, struct cut cut, chunk_sink sink, void *ctx)
{
    for (size_t i = 0; i < t->turn_count; i++) {
        size_t len = t->turns[i].len;
        if (t->turns[i].kind != CHUNK_DATA) {
            feed_other(t, i, sink, ctx);
        } else if (cut.how == CUT_JOINED) {
            i += feed_joined(t, i, sink, ctx) - 1;
        } else if (cut.how == CUT_BYTES) {
            for (size_t at = 0; at < len; at++) {
                feed_part(t, i, at, at + 1, sink, ctx);
            }
        } else if (cut.how == CUT_AT && cut.turn == i) {
            feed_part(t, i, 0, cut.at, sink, ctx);
            feed_part(t, i, cut.at, len, sink, ctx);
        } else {
            feed_part(t, i, 0, len, sink, ctx);
        }
    }
}
