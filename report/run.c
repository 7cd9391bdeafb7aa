/* run.c - what each verb does, from opening the source to the exit status. */
#include "report/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "report/chain.h"
#include "report/diagnose/diagnose.h"
#include "report/diagnose/loss.h"
#include "report/diagnose/rules.h"
#include "report/held.h"
#include "report/inputs.h"
#include "report/interrupt.h"
#include "report/message.h"
#include "report/progress.h"
#include "report/redact.h"
#include "report/text.h"
#include "report/words.h"

enum { NAME_MAX_SHOWN = MESSAGE_NAME_MAX + 32 };

/* Ended by a signal before there was any result. */
static enum status ended_early(enum status status)
{
    return interrupt_signal() ? (enum status)(128 + interrupt_signal()) : status;
}

/* --- read --- */

/* Feeds the whole input to the chain, or what came before a signal. */
static void feed(struct inputs *in, const struct settings *settings, struct chain *chain)
{
    char name[NAME_MAX_SHOWN];
    struct packet p;
    enum source_answer answer = SOURCE_NOTHING;
    progress_begin(inputs_name(settings, name, sizeof(name)));
    while (answer != SOURCE_END && !interrupt_signal()) {
        answer = source_next(in->source, &p);
        if (answer == SOURCE_PACKET && inputs_wanted(in, settings, &p)) {
            chain_packet(chain, &p);
            if (progress_due()) {
                progress_step(in->source, chain_totals(chain)->packets, chain_sessions(chain));
            }
        }
        if (interrupt_asked()) {
            progress_answer(in->source, chain_totals(chain)->packets, chain_sessions(chain));
        }
    }
    progress_end();
}

/* The line for an input without mail. */
static void tell_no_mail(const struct inputs *in, const struct settings *settings,
                         const struct chain *chain)
{
    const struct dissect_totals *t = chain_totals(chain);
    char name[NAME_MAX_SHOWN];
    inputs_name(settings, name, sizeof(name));
    if (t->packets == 0 && (settings->since_ns != INT64_MIN || settings->until_ns != INT64_MAX)) {
        message("%s has no packet between --since and --until", name);
    } else if (t->packets == 0) {
        message("%s has no packet in it; to record mail: tcpdump -i eth0 -w gw.pcap port 25", name);
    } else if (t->connections == 0 && t->unread_links > t->packets / 2) {
        message("no mail session in %s: its link type (%d) is not read; record where there is "
                "Ethernet or IP: tcpdump -i eth0 -w gw.pcap port 25",
                name, source_input(in->source, 0)->linktype);
    } else {
        message("no mail session in %s: %s, %s; to record mail: tcpdump -i eth0 -w gw.pcap port 25",
                name, words_counted(t->packets, "packet").s,
                words_counted(t->connections, "TCP connection").s);
    }
}

/* With --verbose: what the packets were. */
static void tell_decisions(const struct settings *settings, const struct source *source,
                           const struct dissect_totals *t)
{
    char name[MESSAGE_NAME_MAX];
    if (!settings->verbose) {
        return;
    }
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *input = source_input(source, i);
        message("%s: %s, link type %d, snap length %" PRIu32 ", %s cut by it",
                message_name(input->name, name), words_counted(input->packets, "packet").s,
                input->linktype, input->snaplen, words_counted(input->truncated, "packet").s);
    }
    message("%s; %s of other protocols, %s of link types that are not read, %s with unreadable "
            "headers",
            words_counted(t->connections, "TCP connection").s, words_counted(t->others, "packet").s,
            words_count(t->unread_links).s, words_count(t->bad_headers).s);
    if (t->datagrams || t->fragments) {
        message("%s put together of fragments; given up: %s after %d s, %s whose fragments "
                "disagree; %s left over",
                words_counted(t->datagrams, "IP packet").s, words_count(t->datagrams_incomplete).s,
                LIMIT_FRAGMENT_SECONDS, words_count(t->datagrams_conflicting).s,
                words_counted(t->fragments, "fragment").s);
    }
    for (int i = 0; i < LIMITS; i++) {
        if (t->limits[i]) {
            message("%s (%" PRIu64 ") was reached %s", limit_rows[i].name, limit_rows[i].value,
                    words_counted(t->limits[i], "time").s);
        }
    }
}

/* What the input says, once everything is written. */
static enum status judge_input(const struct inputs *in, const struct settings *settings,
                               const struct chain *chain)
{
    enum status status = inputs_tell(in->source, in->unreadable);
    if (interrupt_signal()) {
        message("interrupted after %s; what was read until then is reported",
                words_counted(chain_totals(chain)->packets, "packet").s);
        status = STATUS_DAMAGED;
    }
    if (chain_sessions(chain) == 0) {
        tell_no_mail(in, settings, chain);
        status = status == STATUS_DAMAGED ? status : STATUS_NO_INPUT;
    }
    return status;
}

enum status run_read(const struct settings *settings)
{
    struct inputs in;
    struct fail fail = {0};
    if (!inputs_open(&in, settings)) {
        return in.refused ? STATUS_USAGE : ended_early(STATUS_NO_INPUT);
    }
    struct chain *chain = chain_new(settings, &fail);
    if (!chain) {
        message_fail(&fail);
        inputs_close(&in);
        return fail.status;
    }
    feed(&in, settings, chain);
    enum status status = chain_end(chain, in.source, !interrupt_signal());
    tell_decisions(settings, in.source, chain_totals(chain));
    status = status_worse(status, judge_input(&in, settings, chain));
    chain_free(chain);
    inputs_close(&in);
    return status;
}

/* --- show --- */

struct show {
    const struct settings *settings;
    struct redactor *redactor;
    bool by_id;
    uint64_t id;
    struct address address;
    uint16_t port;
    uint64_t shown;
    bool failed;
    bool ending;
    struct held held; /* at the end */
};

/* "s0003": an id. */
static bool parse_id(const char *text, uint64_t *id)
{
    char *end;
    if (text[0] != 's' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *id = strtoull(text + 1, &end, 10);
    return *end == '\0' && *id > 0;
}

/* "192.0.2.10:40412", "[2001:db8::1]:40412", and the same without brackets. */
static bool parse_endpoint(const char *text, struct address *address, uint16_t *port)
{
    char host[ADDRESS_TEXT_MAX + 2], *end;
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (!colon || len >= sizeof(host) || colon[1] < '0' || colon[1] > '9') {
        return false;
    }
    unsigned long number = strtoul(colon + 1, &end, 10);
    memcpy(host, text, len);
    host[len] = '\0';
    bool bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    if (bracketed) {
        host[len - 1] = '\0';
    }
    *port = (uint16_t)number;
    return *end == '\0' && number <= 65535 && address_parse(address, host + (bracketed ? 1 : 0));
}

static bool show_wants(const struct show *show, const struct session *s)
{
    const struct endpoint *client = &s->end[SIDE_CLIENT];
    if (show->by_id) {
        return s->id == show->id;
    }
    return client->port == show->port && address_equal(&client->address, &show->address);
}

static void show_now(void *ctx, struct session *s)
{
    struct show *show = ctx;
    if (!show->failed) {
        diagnose_session(show->settings, s);
        redact_findings(show->redactor, s);
        redact_session(show->redactor, s);
        fputs(show->shown > 0 ? "\n" : "", stdout);
        show->failed = !ladder_text_print(stdout, show->settings, s);
        show->shown++;
    }
    session_free(s);
}

/* Judged as in a report: what the others tell of the capture's losses is learned, too. */
static void show_session(void *ctx, struct session *s)
{
    struct show *show = ctx;
    loss_learn(s);
    if (!show_wants(show, s)) {
        session_free(s);
    } else if (!show->ending || !held_add(&show->held, s)) {
        held_give(&show->held, show_now, show);
        show_now(show, s);
    }
}

/* Reads until the session was shown; several when an endpoint was used again. */
static void show_feed(struct inputs *in, struct show *show)
{
    const struct settings *settings = show->settings;
    struct dissect_options options = chain_dissect_options(settings);
    struct dissect *dissect = dissect_new(&options, show_session, show);
    char name[NAME_MAX_SHOWN];
    struct packet p;
    enum source_answer answer = dissect ? SOURCE_NOTHING : SOURCE_END;
    progress_begin(inputs_name(settings, name, sizeof(name)));
    while (answer != SOURCE_END && !interrupt_signal() && !(show->by_id && show->shown > 0)) {
        answer = source_next(in->source, &p);
        if (answer == SOURCE_PACKET && inputs_wanted(in, settings, &p)) {
            dissect_packet(dissect, &p);
            if (progress_due()) {
                progress_step(in->source, dissect_totals(dissect)->packets, 0);
            }
        }
    }
    progress_end();
    if (dissect && answer == SOURCE_END) {
        inputs_learn_drops(in->source);
        show->ending = true;
        dissect_end(dissect);
        held_give(&show->held, show_now, show);
    }
    held_free(&show->held);
    dissect_free(dissect);
}

enum status run_show(const struct settings *settings)
{
    struct inputs in;
    struct fail fail = {0};
    struct show show = {.settings = settings};
    char name[NAME_MAX_SHOWN], session[MESSAGE_NAME_MAX];
    show.by_id = parse_id(settings->session, &show.id);
    if (!show.by_id && !parse_endpoint(settings->session, &show.address, &show.port)) {
        message("'%s' is not a session; give an id (s0003) or a client (192.0.2.10:40412)",
                message_name(settings->session, session));
        return STATUS_USAGE;
    }
    show.redactor = redactor_new(settings, &fail);
    if (!show.redactor) {
        message_fail(&fail);
        return fail.status;
    }
    if (!inputs_open(&in, settings)) {
        redactor_free(show.redactor);
        return ended_early(STATUS_NO_INPUT);
    }
    show_feed(&in, &show);
    enum status status = inputs_tell(in.source, in.unreadable);
    inputs_name(settings, name, sizeof(name));
    if (show.shown == 0 && interrupt_signal()) {
        status = ended_early(status);
    } else if (show.shown == 0) {
        message("no mail session %s in %s; 'wiretale read %s' tells which sessions there are",
                message_name(settings->session, session), name, name);
        status = status == STATUS_DAMAGED ? status : STATUS_NO_INPUT;
    }
    inputs_close(&in);
    redactor_free(show.redactor);
    return status;
}

/* --- rules --- */

enum status run_rules(const struct settings *settings)
{
    const char *id = settings->file_count > 0 ? settings->files[0] : NULL;
    char name[MESSAGE_NAME_MAX];
    if (!rules_print(stdout, id)) {
        message("there is no rule '%s'; 'wiretale rules' lists them", message_name(id, name));
        return STATUS_USAGE;
    }
    return STATUS_DONE;
}
