/* json.c - JSON Lines (docs/report-formats.md): sessions as they end, then what is known only at
 * the end: the findings over sessions, and last the capture. */
#include "report/json.h"

#include <stdlib.h>

#include "report/diagnose/thresholds.h"
#include "report/escape.h"
#include "report/facts.h"
#include "report/json_session.h"
#include "report/output.h"
#include "report/stamp.h"

struct json_writer {
    struct writer writer;
    struct output *output;
    struct json_out out;
    bool flush; /* after each record */
};

static struct json_writer *self(struct writer *w)
{
    return (struct json_writer *)w;
}

static void json_writer_begin(struct writer *w, const struct settings *settings)
{
    struct json_writer *me = self(w);
    w->settings = settings;
    me->out.many_files = settings->many_files;
    me->flush = settings->run == RUN_LIVE;
}

static void end_record(struct json_writer *me)
{
    putc_unlocked('\n', me->out.file);
    if (me->flush) {
        (void)fflush(me->out.file);
    }
}

static void json_writer_session(struct writer *w, const struct session *s)
{
    struct json_writer *me = self(w);
    if (!output_failed(me->output)) {
        json_session(&me->out, w->settings, s);
        end_record(me);
    }
}

static void put_finding_facts(struct json_out *j, const struct group *g)
{
    char id[STAMP_MAX];
    stamp_finding(id, g->number);
    json_open(j, "finding", '{');
    json_key_word(j, "id", id);
    json_key_word(j, "severity", severity_words[g->severity]);
    json_key_word(j, "points_to", party_words[g->points_to]);
    json_key_word(j, "confidence", confidence_words[g->confidence]);
    json_key_word(j, "phase", phase_words[g->phase]);
    if (g->peer.family) {
        json_key(j, "peer");
        json_address(j, &g->peer);
    }
    if (g->peer_name[0]) {
        json_key_bytes(j, "peer_name", bytes_of_string(g->peer_name));
    }
    if (g->addresses) {
        json_key_u64(j, "peer_addresses", g->addresses);
    }
    json_key_u64(j, "sessions", g->sessions);
    json_key_u64(j, "of", g->of);
    json_key_utc(j, "first", g->first.time_ns);
    json_key_utc(j, "last", g->last.time_ns);
    json_key_bool(j, "open", g->open);
    json_key_bool(j, "primary", g->is_primary);
    if (g->unproven) {
        json_key_bool(j, "unproven", true);
    }
    if (g->longest_s > 0) {
        json_key_duration(j, "longest", g->longest_s);
    }
    if (g->mail_unknown) {
        json_key_u64(j, "mail_unknown", g->mail_unknown);
    }
    if (g->ours != OURS_UNKNOWN) {
        json_key_word(j, "ours",
                      fact_side_names[g->ours == OURS_CLIENT ? SIDE_CLIENT : SIDE_SERVER]);
    }
    if (g->part_of) {
        stamp_finding(id, g->part_of);
        json_key_word(j, "part_of", id);
    }
    json_open(j, "examples", '[');
    for (size_t i = 0; i < g->example_count; i++) {
        json_session_id(j, g->examples[i]);
    }
    json_end(j, ']');
    json_key_bytes(j, "summary", (struct bytes){(const uint8_t *)g->summary, g->summary_len});
    json_end(j, '}');
}

static void put_finding(struct json_out *j, const struct group *g)
{
    char id[STAMP_MAX];
    stamp_finding(id, g->number);
    j->comma = false;
    json_begin(j, '{');
    json_key_utc(j, "@timestamp", g->first.time_ns);
    json_open(j, "event", '{');
    json_key_word(j, "dataset", "wiretale.finding");
    json_key_word(j, "id", id);
    json_key_word(j, "action", g->rule);
    json_key_u64(j, "severity", fact_event_severity(g->severity));
    json_key_utc(j, "start", g->first.time_ns);
    json_key_utc(j, "end", g->last.time_ns);
    json_end(j, '}');
    if (g->peer.family) {
        json_open(j, fact_side_names[g->peer_side], '{');
        json_key(j, "ip");
        json_address(j, &g->peer);
        if (g->peer_port) {
            json_key_u64(j, "port", g->peer_port);
        }
        json_end(j, '}');
    }
    json_open(j, "smtp", '{');
    put_finding_facts(j, g);
    json_end(j, '}');
    json_end(j, '}');
}

static void put_damage(struct json_out *j, const struct source *source)
{
    char text[1024];
    size_t len = 0;
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *in = source_input(source, i);
        if (in->damaged && len < sizeof(text)) {
            int n = snprintf(text + len, sizeof(text) - len, "%s%s %s", len ? "; " : "", in->name,
                             in->damaged);
            len += n > 0 ? (size_t)n : 0;
        }
    }
    if (len) {
        len = len < sizeof(text) ? len : sizeof(text) - 1;
        json_key_bytes(j, "damaged", (struct bytes){(const uint8_t *)text, len});
    }
}

static void put_inputs(struct json_out *j, const struct source *source)
{
    uint64_t dropped = 0;
    bool drops_known = false;
    json_open(j, "files", '[');
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *in = source_input(source, i);
        json_begin(j, '{');
        json_key_bytes(j, "name", bytes_of_string(in->name));
        json_key_u64(j, "packets", in->packets);
        if (in->sha256[0]) {
            json_key_word(j, "sha256", in->sha256);
        }
        json_end(j, '}');
        drops_known = drops_known || in->drops_known;
        dropped += in->dropped_kernel + in->dropped_interface;
    }
    json_end(j, ']');
    if (drops_known) {
        json_key_u64(j, "dropped", dropped);
    }
}

/* What the other reports say first. */
static void put_verdict(struct json_out *j, const struct verdict *v)
{
    static const char *const links[LINKS] = {"client", "path", "server_tcp", "server_application"};
    static const char *const states[] = {
        [LINK_UNKNOWN] = "unknown",
        [LINK_OK] = "ok",
        [LINK_SUSPECT] = "suspect",
        [LINK_FAILED] = "failed",
    };
    char id[STAMP_MAX];

    if (!v->exists) {
        return;
    }
    stamp_finding(id, v->group->number);
    json_open(j, "verdict", '{');
    json_key_word(j, "finding", id);
    json_key_word(j, "severity", severity_words[v->severity]);
    json_key_bytes(j, "headline", (struct bytes){(const uint8_t *)v->headline, v->headline_len});
    if (v->mta_log_ns) {
        json_key_utc(j, "first_mta_log", v->mta_log_ns);
    }
    json_open(j, "chain", '{');
    for (int i = 0; i < LINKS; i++) {
        json_open(j, links[i], '{');
        json_key_word(j, "state", states[v->chain[i].state]);
        json_key_bytes(j, "text", bytes_of_string(v->chain[i].text));
        json_end(j, '}');
    }
    json_end(j, '}');
    if (v->before[0]) {
        json_key_bytes(j, "before", bytes_of_string(v->before));
    }
    json_key_bytes(j, "extent", bytes_of_string(v->extent));
    json_key_bytes(j, "fate", bytes_of_string(v->fate));
    json_key_bytes(j, "doubt", bytes_of_string(v->doubt));
    json_key_bytes(j, "next_step", bytes_of_string(v->next_step));
    json_end(j, '}');
}

/* By what it was judged. */
static void put_settings(struct json_out *j, const struct settings *settings)
{
    json_open(j, "settings", '{');
    json_open(j, "limits", '{');
    for (enum phase phase = 0; phase < PHASES; phase++) {
        if (settings->client_limit[phase].seconds > 0) {
            json_key_duration(j, phase_words[phase], settings->client_limit[phase].seconds);
        }
    }
    if (settings->server_limit.seconds > 0) {
        json_key_duration(j, phase_words[PHASE_IDLE], settings->server_limit.seconds);
    }
    json_end(j, '}');
    json_open(j, "thresholds", '{');
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        json_key_duration(j, threshold_at(i)->name, threshold_at(i)->value);
    }
    json_end(j, '}');
    json_end(j, '}');
}

static void put_capture(struct json_out *j, const struct settings *settings,
                        const struct report_end *end)
{
    j->comma = false;
    json_begin(j, '{');
    if (end->packets) {
        json_key_utc(j, "@timestamp", end->last.time_ns);
    }
    json_open(j, "event", '{');
    json_key_word(j, "dataset", "wiretale.capture");
    json_end(j, '}');
    json_key_u64(j, "packets", end->packets);
    json_key_u64(j, "bytes", end->bytes);
    json_key_u64(j, "mail_packets", end->mail_packets);
    json_key_u64(j, "sessions", end->sessions);
    json_key_u64(j, "truncated_packets", end->truncated_packets);
    if (end->limits_reached) {
        json_key_u64(j, "limits_reached", end->limits_reached);
        json_open(j, "limits_by_name", '{');
        for (int i = 0; i < LIMITS; i++) {
            if (end->limits[i]) {
                json_key_u64(j, limit_rows[i].name, end->limits[i]);
            }
        }
        json_end(j, '}');
    }
    if (end->packets) {
        json_key_utc(j, "first", end->first.time_ns);
        json_key_utc(j, "last", end->last.time_ns);
    }
    if (end->source) {
        put_damage(j, end->source);
        put_inputs(j, end->source);
    }
    if (end->fleet) {
        put_verdict(j, fleet_verdict(end->fleet));
    }
    put_settings(j, settings);
    json_key_bool(j, "complete", end->complete);
    json_end(j, '}');
}

static bool json_writer_end(struct writer *w, const struct report_end *end, struct fail *fail)
{
    struct json_writer *me = self(w);
    size_t count = end->fleet ? fleet_group_count(end->fleet) : 0;
    for (size_t i = 0; i < count; i++) {
        put_finding(&me->out, fleet_group(end->fleet, i));
        end_record(me);
    }
    put_capture(&me->out, w->settings, end);
    end_record(me);
    return output_commit(me->output, fail);
}

static void json_writer_free(struct writer *w)
{
    if (w) {
        output_abort(self(w)->output);
        free(w);
    }
}

static const struct writer_class json_class = {
    .name = "json",
    .begin = json_writer_begin,
    .session = json_writer_session,
    .end = json_writer_end,
    .free = json_writer_free,
};

struct writer *json_writer_new(const char *path, const struct settings *settings, struct fail *fail)
{
    struct json_writer *me = calloc(1, sizeof(*me));
    if (!me) {
        (void)fail_set(fail, STATUS_NOT_WRITTEN, "no memory for JSON Lines");
        return NULL;
    }
    me->output =
        output_open_mode(path, settings->run == RUN_LIVE ? OUTPUT_GROWING : OUTPUT_WHOLE, fail);
    if (!me->output) {
        free(me);
        return NULL;
    }
    me->writer = (struct writer){&json_class, settings};
    me->out.file = output_file(me->output);
    return &me->writer;
}
