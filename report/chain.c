/* chain.c - everything behind the source, in order. */
#include "report/chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dissect/text.h"
#include "report/diagnose/diagnose.h"
#include "report/diagnose/loss.h"
#include "report/held.h"
#include "report/html.h"
#include "report/inputs.h"
#include "report/json.h"
#include "report/message.h"
#include "report/redact.h"
#include "report/text.h"
#include "report/words.h"
#include "report/xml.h"

enum { CHAIN_FILES = 3 };

/* A report that goes to a file or to standard output. */
struct chain_file {
    struct writer *writer; /* NULL: not asked for, or not opened */
    const char *path;
    bool written;
};

struct chain {
    const struct settings *settings;
    struct dissect *dissect;
    struct fleet *fleet;
    struct redactor *redactor;
    struct chain_file files[CHAIN_FILES];
    struct writer *summary; /* NULL: a report takes standard output */
    chain_watcher watcher;
    void *watcher_ctx;
    uint64_t sessions;
    bool ending;
    struct held held; /* at the end */
    enum status status;
};

/* The summary tells findings and numbers only; a session's own texts are told in the reports. */
static bool tells_texts(const struct chain *c)
{
    for (size_t i = 0; i < CHAIN_FILES; i++) {
        if (c->files[i].writer) {
            return true;
        }
    }
    return false;
}

/* With --verbose: nDPI takes it for something else than we do. */
static void tell_disagreement(const struct chain *c, const struct session *s)
{
    bool smtp = text_begins(text_bytes(s->ndpi), "SMTP");
    if (c->settings->verbose && s->ndpi.len && smtp == s->not_smtp && s->smtp.tls == TLS_NONE) {
        message("s%04" PRIu64 ": read as %s, nDPI says %.*s", s->id,
                s->not_smtp ? "no SMTP" : "SMTP", (int)s->ndpi.len, s->ndpi.s);
    }
}

/* The same for what it reads in the hellos of TLS. */
static void tell_tls_disagreement(const struct chain *c, const struct session *s)
{
    if (c->settings->verbose && s->ndpi_differs.len) {
        message("s%04" PRIu64 ": nDPI reads the TLS hellos otherwise: %.*s", s->id,
                (int)s->ndpi_differs.len, s->ndpi_differs.s);
    }
}

static void judge_session(void *ctx, struct session *s)
{
    struct chain *c = ctx;
    tell_disagreement(c, s);
    tell_tls_disagreement(c, s);
    c->sessions++;
    diagnose_session(c->settings, s);
    redact_findings(c->redactor, s); /* before the fleet keeps a summary */
    fleet_add(c->fleet, s);
    if (tells_texts(c)) {
        redact_session(c->redactor, s);
    }
    for (size_t i = 0; i < CHAIN_FILES; i++) {
        if (c->files[i].writer) {
            c->files[i].writer->class->session(c->files[i].writer, s);
        }
    }
    if (c->summary) {
        c->summary->class->session(c->summary, s);
    }
    if (c->watcher) {
        c->watcher(c->watcher_ctx, s);
    }
    session_free(s);
}

static void chain_session(void *ctx, struct session *s)
{
    struct chain *c = ctx;
    loss_learn(s);
    if (c->ending && held_add(&c->held, s)) {
        return;
    }
    held_give(&c->held, judge_session, c);
    judge_session(c, s);
}

/* --- opening --- */

typedef struct writer *(*writer_new)(const char *path, const struct settings *settings,
                                     struct fail *fail);

static void open_file(struct chain *c, size_t index, const char *path, writer_new make)
{
    struct chain_file *file = &c->files[index];
    struct fail fail = {.status = STATUS_NOT_WRITTEN};
    if (!path) {
        return;
    }
    file->path = path;
    file->writer = make(path, c->settings, &fail);
    if (!file->writer) {
        message_fail(&fail);
        c->status = status_worse(c->status, fail.status);
        return;
    }
    file->writer->class->begin(file->writer, c->settings);
}

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* Outputs of the settings; show has none of its own. */
static bool open_outputs(struct chain *c, struct fail *fail)
{
    const struct settings *s = c->settings;
    open_file(c, 0, s->html, html_writer_new);
    open_file(c, 1, s->xml, xml_writer_new);
    open_file(c, 2, s->jsonl, json_writer_new);
    if (s->run == RUN_SHOW || is_stdout(s->html) || is_stdout(s->xml) || is_stdout(s->jsonl)) {
        return true;
    }
    c->summary = summary_writer_new(stdout, s, fail);
    if (c->summary) {
        c->summary->class->begin(c->summary, s);
    }
    return c->summary != NULL;
}

struct dissect_options chain_dissect_options(const struct settings *settings)
{
    return (struct dissect_options){
        .ports = settings->ports,
        .port_count = settings->port_count,
        .keep_certificates = settings->trust != NULL,
        .keylog = settings->keys,
        .naming = settings->no_ndpi   ? NAMING_NONE
                  : settings->verbose ? NAMING_ALL
                                      : NAMING_UNCLEAR,
    };
}

struct chain *chain_new(const struct settings *settings, struct fail *fail)
{
    struct dissect_options options = chain_dissect_options(settings);
    struct chain *c = calloc(1, sizeof(*c));
    if (!c) {
        fail_set(fail, STATUS_NO_INPUT, "out of memory");
        return NULL;
    }
    c->settings = settings;
    c->dissect = dissect_new(&options, chain_session, c);
    c->fleet = fleet_new(settings);
    fail_set(fail, STATUS_NO_INPUT, "out of memory"); /* unless somebody says otherwise */
    if (!c->dissect || !c->fleet || !(c->redactor = redactor_new(settings, fail)) ||
        !open_outputs(c, fail)) {
        chain_free(c);
        return NULL;
    }
    fail->text[0] = '\0';
    return c;
}

void chain_free(struct chain *c)
{
    if (!c) {
        return;
    }
    held_free(&c->held);
    dissect_free(c->dissect);
    for (size_t i = 0; i < CHAIN_FILES; i++) {
        if (c->files[i].writer) {
            c->files[i].writer->class->free(c->files[i].writer);
        }
    }
    if (c->summary) {
        c->summary->class->free(c->summary);
    }
    redactor_free(c->redactor);
    fleet_free(c->fleet);
    free(c);
}

/* --- running --- */

void chain_watch(struct chain *c, chain_watcher watcher, void *ctx)
{
    c->watcher = watcher;
    c->watcher_ctx = ctx;
}

void chain_packet(struct chain *c, const struct packet *p)
{
    dissect_packet(c->dissect, p);
}

void chain_clock(struct chain *c, int64_t now_ns)
{
    dissect_clock(c->dissect, now_ns);
}

const struct fleet *chain_fleet(const struct chain *c)
{
    return c->fleet;
}

void chain_lost(struct chain *c, int64_t from_ns, int64_t until_ns)
{
    fleet_lost(c->fleet, from_ns, until_ns);
}

struct dissect *chain_dissect(struct chain *c)
{
    return c->dissect;
}

const struct dissect_totals *chain_totals(const struct chain *c)
{
    return dissect_totals(c->dissect);
}

uint64_t chain_sessions(const struct chain *c)
{
    return c->sessions;
}

/* --- ending --- */

static void end_file(struct chain *c, struct chain_file *file, const struct report_end *end)
{
    struct fail fail = {0};
    if (!file->writer) {
        return;
    }
    file->written = file->writer->class->end(file->writer, end, &fail);
    if (!file->written) {
        message_fail(&fail);
        c->status = status_worse(c->status, STATUS_NOT_WRITTEN);
    }
}

/* "wrote report.html (86 kB), report.xml (912 kB); local parts replaced by tokens ...": state
 * changed, so it is said, and with which redaction, each time a file leaves. */
static void tell_written(const struct chain *c)
{
    char text[FAIL_TEXT_MAX] = "", name[MESSAGE_NAME_MAX];
    for (size_t i = 0; i < CHAIN_FILES; i++) {
        const struct chain_file *file = &c->files[i];
        struct stat st;
        if (!file->written || is_stdout(file->path)) {
            continue;
        }
        words_add(text, sizeof(text), "%s%s", text[0] ? ", " : "", message_name(file->path, name));
        if (stat(file->path, &st) == 0 && S_ISREG(st.st_mode)) {
            words_add(text, sizeof(text), " (%s)", words_size((uint64_t)st.st_size).s);
        }
    }
    if (text[0]) {
        fprintf(stderr, "wrote %s; %s (--redact %s)\n", text,
                c->settings->redact == REDACT_NONE ? "addresses as captured"
                                                   : "local parts replaced by tokens",
                redact_words[c->settings->redact]);
    }
}

/* "/etc/ssl/certs: 3 certificates verified, 2 not verifiable": an answer to whoever asked. */
static void tell_trust(const struct chain *c)
{
    const struct fleet_totals *t = fleet_totals(c->fleet);
    char name[MESSAGE_NAME_MAX];

    if (c->settings->trust && !c->settings->quiet && t->verified + t->untrusted + t->unverifiable) {
        message("--trust %s: %s verified, %" PRIu64 " not, %" PRIu64
                " could not be seen and so not verified",
                message_name(c->settings->trust_name, name),
                words_counted(t->verified, "certificate").s, t->untrusted, t->unverifiable);
    }
}

static struct report_end report_end_of(const struct chain *c, const struct source *source,
                                       bool complete)
{
    const struct dissect_totals *t = dissect_totals(c->dissect);
    struct report_end end = {
        .source = source,
        .fleet = c->fleet,
        .packets = t->packets,
        .bytes = t->bytes,
        .mail_packets = t->mail_packets,
        .truncated_packets = t->truncated_packets,
        .sessions = c->sessions,
        .limits_reached = t->limits_reached,
        .first = t->first,
        .last = t->last,
        .complete = complete,
    };
    memcpy(end.limits, t->limits, sizeof end.limits);
    return end;
}

/* What the fleet had no room for is told beside the limits of reading. */
static void add_fleet_limits(struct report_end *end)
{
    const struct fleet_totals *t = fleet_totals(end->fleet);

    end->limits[REACHED_PEERS] = t->forgotten_peers;
    end->limits[REACHED_FINDING_GROUPS] = t->forgotten_groups;
    end->limits[REACHED_WATCHED] = t->turned_away;
    end->limits_reached += t->forgotten_peers + t->forgotten_groups + t->turned_away;
}

enum status chain_end(struct chain *c, const struct source *source, bool complete)
{
    inputs_learn_drops(source);
    c->ending = true;
    dissect_end(c->dissect);
    held_give(&c->held, judge_session, c);
    struct report_end end = report_end_of(c, source, complete);
    fleet_inputs(c->fleet, source);
    fleet_finish(c->fleet, end.first, end.last);
    add_fleet_limits(&end);
    for (size_t i = 0; i < CHAIN_FILES; i++) {
        end_file(c, &c->files[i], &end);
    }
    if (c->summary && c->sessions > 0) {
        struct chain_file summary = {.writer = c->summary};
        end_file(c, &summary, &end);
    }
    tell_written(c);
    tell_trust(c);
    const struct fleet_totals *totals = fleet_totals(c->fleet);
    if (c->settings->fail_on_set && totals->any_finding && totals->worst >= c->settings->fail_on) {
        c->status = status_worse(c->status, STATUS_FINDING);
    }
    return c->status;
}
