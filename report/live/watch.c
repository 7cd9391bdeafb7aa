/* watch.c - live and replay: one pipeline, driven by packets and, while none come, by a clock.
 *
 * The clock is packet time. While packets come they carry it; while none come, live takes the wall
 * clock and replay the recording's, so that a silence grows before anybody's eyes. Outputs are
 * opened before the rights are given up, because they may lie where only root may write; the first
 * packet is looked at after that.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/privilege.h"
#include "capture/source_live.h"
#include "capture/source_paced.h"
#include "report/chain.h"
#include "report/inputs.h"
#include "report/interrupt.h"
#include "report/live/lines.h"
#include "report/message.h"
#include "report/run.h"
#include "report/words.h"

struct watch {
    const struct settings *settings;
    struct source *source;
    struct chain *chain;
    struct lines *lines;   /* NULL: -q, or a report takes standard output */
    struct inputs *inputs; /* replay only */
    uint64_t dropped;      /* at the last tick, live */
    int64_t ticked_ns;     /* 0: not yet */
};

static int64_t wall_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t clock_ns(const struct watch *w)
{
    return w->inputs ? source_paced_now(w->source) : wall_clock_ns();
}

static uint64_t dropped(const struct source *source)
{
    uint64_t count = 0;
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *input = source_input(source, i);
        count += input->drops_known ? input->dropped_kernel + input->dropped_interface : 0;
    }
    return count;
}

/* A recording says how many were lost, not when. */
static void note_lost(struct watch *w, int64_t now_ns)
{
    uint64_t count = w->inputs ? 0 : dropped(w->source);
    if (count > w->dropped) {
        chain_lost(w->chain, w->ticked_ns ? w->ticked_ns : now_ns, now_ns);
        w->dropped = count;
    }
    w->ticked_ns = now_ns;
}

static void tick(struct watch *w, int64_t now_ns)
{
    note_lost(w, now_ns);
    if (w->lines) {
        lines_clock(w->lines, chain_dissect(w->chain), chain_fleet(w->chain), now_ns);
        lines_dropped(w->lines, dropped(w->source), chain_totals(w->chain)->packets, now_ns);
    }
}

static bool wanted(const struct watch *w, const struct packet *p)
{
    return !w->inputs || inputs_wanted(w->inputs, w->settings, p);
}

static void tell_numbers(const struct watch *w)
{
    message("%s, %s dropped; %s", words_counted(chain_totals(w->chain)->packets, "packet").s,
            words_count(dropped(w->source)).s,
            words_counted(chain_sessions(w->chain), "session").s);
}

/* Until the source ends, a signal comes or nobody reads the lines any more. */
static void watch_packets(struct watch *w)
{
    struct packet p;
    for (;;) {
        bool unread = w->lines && lines_closed(w->lines);
        if (unread || (w->inputs && interrupt_signal())) {
            return;
        }
        if (interrupt_asked()) {
            tell_numbers(w);
        }
        switch (source_next(w->source, &p)) {
        case SOURCE_PACKET:
            if (wanted(w, &p)) {
                tick(w, p.mark.time_ns);
                chain_packet(w->chain, &p);
            }
            break;
        case SOURCE_NOTHING: {
            int64_t now_ns = clock_ns(w);
            if (now_ns > 0) { /* a recording has no time before its first packet */
                chain_clock(w->chain, now_ns);
                tick(w, now_ns);
            }
            break;
        }
        case SOURCE_END:
            return;
        }
    }
}

static bool stdout_is_taken(const struct settings *s)
{
    return (s->html && strcmp(s->html, "-") == 0) || (s->xml && strcmp(s->xml, "-") == 0) ||
           (s->jsonl && strcmp(s->jsonl, "-") == 0);
}

/* False with fail set. */
static bool watch_open(struct watch *w, struct fail *fail)
{
    interrupt_hangup_stops();
    w->chain = chain_new(w->settings, fail);
    if (!w->chain) {
        return false;
    }
    if (!w->settings->quiet && !stdout_is_taken(w->settings)) {
        w->lines = lines_new(stdout, w->settings);
    }
    if (w->lines) {
        chain_watch(w->chain, lines_session, w->lines);
    }
    return true;
}

static void watch_close(struct watch *w)
{
    interrupt_wakes(NULL);
    chain_free(w->chain);
    lines_free(w->lines);
    source_free(w->source);
}

/* --- live --- */

/* "capturing on eth0, ports 25,465,587; running as wiretale without capabilities" */
static void tell_start(const struct settings *s, const char *rights)
{
    char what[FAIL_TEXT_MAX] = "", name[MESSAGE_NAME_MAX];
    for (size_t i = 0; i < s->interface_count; i++) {
        words_add(what, sizeof(what), "%s%s", i > 0 ? ", " : "",
                  message_name(s->interfaces[i], name));
    }
    if (s->bpf) {
        words_add(what, sizeof(what), ", filter '%s'", message_name(s->bpf, name));
    }
    for (size_t i = 0; !s->bpf && i < s->port_count; i++) {
        words_add(what, sizeof(what), "%s%u", i > 0 ? "," : ", ports ", (unsigned)s->ports[i]);
    }
    message("capturing on %s; %s", what, rights);
}

enum status run_live(const struct settings *settings)
{
    struct watch w = {.settings = settings};
    struct fail fail = {0};
    char rights[256] = "";
    struct source_live_options options = {
        .interfaces = settings->interfaces,
        .interface_count = settings->interface_count,
        .ports = settings->ports,
        .port_count = settings->port_count,
        .filter = settings->bpf,
    };
    w.source = source_live_open(&options, &fail);
    if (!w.source || !watch_open(&w, &fail) ||
        !privilege_drop(settings->user, rights, sizeof(rights), &fail)) {
        message_fail(&fail);
        watch_close(&w);
        return fail.status;
    }
    tell_start(settings, rights);
    interrupt_wakes(w.source);
    watch_packets(&w);
    interrupt_wakes(NULL);
    enum status status = chain_end(w.chain, w.source, true);
    tell_numbers(&w);
    status = status_worse(status, inputs_tell(w.source, 0));
    watch_close(&w);
    return status;
}

/* --- replay --- */

enum status run_replay(const struct settings *settings)
{
    struct inputs inputs;
    struct watch w = {.settings = settings, .inputs = &inputs};
    struct fail fail = {0};
    if (!inputs_open(&inputs, settings)) {
        return inputs.refused ? STATUS_USAGE : STATUS_NO_INPUT;
    }
    w.source = source_paced_new(inputs.source, settings->speed);
    if (!w.source || !watch_open(&w, &fail)) {
        message_fail(&fail);
        watch_close(&w);
        return fail.status;
    }
    watch_packets(&w);
    enum status status = chain_end(w.chain, w.source, !interrupt_signal());
    status = status_worse(status, inputs_tell(w.source, 0));
    if (chain_sessions(w.chain) == 0 && status == STATUS_DONE) {
        char name[MESSAGE_NAME_MAX];
        message("no mail session in %s", inputs_name(settings, name, sizeof(name)));
        status = STATUS_NO_INPUT;
    }
    watch_close(&w);
    return status;
}
