/* xml_end.c - what stands before and behind the sessions of the XML report.
 *
 * Before: what is known when the run begins. Behind: what only the whole input tells, and at the
 * very end the mark that the report is complete; a file without it was interrupted.
 */
#include "report/xml_end.h"

#include <stdio.h>
#include <string.h>

#include "report/diagnose/thresholds.h"
#include "report/escape.h"
#include "report/facts.h"

enum { ID_MAX = 24 };

/* --- before the sessions --- */

static void put_id(struct xml_out *x, const char *letter, size_t index)
{
    char id[ID_MAX];
    (void)snprintf(id, sizeof(id), "%s%zu", letter, index + 1);
    xml_word(x, "id", id);
}

static void put_source(struct xml_out *x, size_t index, const char *kind, const char *name)
{
    xml_open(x, "source");
    put_id(x, "i", index);
    xml_word(x, "kind", kind);
    xml_bytes(x, "name", bytes_of_string(strcmp(name, "-") == 0 ? "stdin" : name));
    xml_close(x);
}

static const char *origin_word(enum limit_origin origin)
{
    switch (origin) {
    case LIMIT_FROM_RFC:
        return "rfc5321";
    case LIMIT_FROM_CATALOGUE:
        return "catalogue";
    case LIMIT_FROM_OPTION:
        return "option";
    case LIMIT_FROM_CONFIG:
        break;
    }
    return "config";
}

/* waits: the side whose patience it is. */
static void put_limit(struct xml_out *x, const char *waits, enum phase phase,
                      const struct phase_limit *limit)
{
    if (limit->seconds > 0) {
        xml_open(x, "limit");
        xml_word(x, "side", waits);
        xml_word(x, "phase", phase_words[phase]);
        xml_duration(x, "seconds", limit->seconds);
        xml_word(x, "origin", origin_word(limit->origin));
        xml_close(x);
    }
}

static void put_thresholds(struct xml_out *x)
{
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        const struct threshold_row *row = threshold_at(i);
        xml_open(x, "threshold");
        xml_word(x, "name", row->name);
        xml_duration(x, "value", row->value);
        xml_word(x, "origin", threshold_origin_words[row->origin]);
        xml_word(x, "source", row->source);
        xml_close(x);
    }
}

static void put_settings(struct xml_out *x, const struct settings *settings)
{
    xml_open(x, "settings");
    xml_word(x, "steps", steps_words[settings->steps]);
    for (enum phase phase = 0; phase < PHASES; phase++) {
        put_limit(x, "client", phase, &settings->client_limit[phase]);
    }
    put_limit(x, "server", PHASE_IDLE, &settings->server_limit);
    put_thresholds(x);
    for (size_t i = 0; i < settings->ours_count; i++) {
        char text[ADDRESS_TEXT_MAX], prefix[ADDRESS_TEXT_MAX + 8];
        address_format(&settings->ours[i].address, text);
        (void)snprintf(prefix, sizeof(prefix), "%s/%u", text, settings->ours[i].bits);
        xml_open(x, "ours");
        xml_word(x, "prefix", prefix);
        xml_close(x);
    }
    xml_close(x);
}

void xml_head(struct xml_out *x, const struct settings *settings)
{
    xml_open(x, "invocation");
    for (int i = 1; i < settings->argc; i++) {
        xml_open(x, "arg");
        xml_text(x, bytes_of_string(settings->argv[i]));
        xml_close(x);
    }
    xml_close(x);
    if (settings->run == RUN_LIVE) {
        for (size_t i = 0; i < settings->interface_count; i++) {
            put_source(x, i, "interface", settings->interfaces[i]);
        }
    } else {
        for (size_t i = 0; i < settings->file_count; i++) {
            put_source(x, i, "file", settings->files[i]);
        }
    }
    put_settings(x, settings);
}

/* --- behind the sessions --- */

static void put_peers(struct xml_out *x, const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet_peer_count(fleet); i++) {
        const struct peer *p = fleet_peer(fleet, i);
        xml_open(x, "peer");
        put_id(x, "p", i);
        xml_address(x, "addr", &p->address);
        if (p->port) {
            xml_u64(x, "port", p->port);
        }
        xml_word(x, "side", fact_side_names[p->side]);
        xml_u64(x, "sessions", p->sessions);
        xml_u64(x, "failed", p->failed);
        if (p->rtt_s >= 0) {
            xml_duration(x, "rtt-s", p->rtt_s);
        }
        if (p->slowest_reply_s > 0) {
            xml_duration(x, "slowest-reply-s", p->slowest_reply_s);
        }
        if (p->last_good.packet) {
            xml_utc(x, "last-good", p->last_good.time_ns);
        }
        if (p->name[0]) {
            xml_open(x, "name");
            xml_text(x, bytes_of_string(p->name));
            xml_close(x);
        }
        xml_close(x);
    }
}

static void put_group_attributes(struct xml_out *x, const struct group *g)
{
    xml_finding_id(x, "id", g->number);
    xml_word(x, "rule", g->rule);
    xml_word(x, "severity", severity_words[g->severity]);
    xml_word(x, "points-to", party_words[g->points_to]);
    xml_word(x, "confidence", confidence_words[g->confidence]);
    xml_word(x, "phase", phase_words[g->phase]);
    xml_bool(x, "primary", g->is_primary);
    if (g->unproven) {
        xml_bool(x, "unproven", true);
    }
    if (g->peer.family) {
        xml_address(x, "peer", &g->peer);
        xml_word(x, "peer-side", fact_side_names[g->peer_side]);
    }
    if (g->peer_port) {
        xml_u64(x, "peer-port", g->peer_port);
    }
    if (g->addresses) {
        xml_u64(x, "peer-addresses", g->addresses);
    }
    xml_u64(x, "sessions", g->sessions);
    xml_u64(x, "of", g->of);
    xml_utc(x, "first", g->first.time_ns);
    xml_utc(x, "last", g->last.time_ns);
    xml_bool(x, "open", g->open);
    if (g->longest_s > 0) {
        xml_duration(x, "longest-s", g->longest_s);
    }
    if (g->ours != OURS_UNKNOWN) {
        xml_word(x, "ours", fact_side_names[g->ours == OURS_CLIENT ? SIDE_CLIENT : SIDE_SERVER]);
    }
    if (g->part_of) {
        xml_finding_id(x, "part-of", g->part_of);
    }
}

static void put_group(struct xml_out *x, const struct group *g)
{
    xml_open(x, "finding");
    put_group_attributes(x, g);
    xml_open(x, "summary");
    xml_word(x, "xml:lang", "en");
    xml_text(x, (struct bytes){(const uint8_t *)g->summary, g->summary_len});
    xml_close(x);
    if (g->peer_name[0]) {
        xml_open(x, "peer-name");
        xml_text(x, bytes_of_string(g->peer_name));
        xml_close(x);
    }
    for (size_t i = 0; i < g->example_count; i++) {
        xml_open(x, "example");
        xml_session_id(x, "session", g->examples[i]);
        xml_close(x);
    }
    if (g->mail_unknown) {
        xml_open(x, "mail");
        xml_u64(x, "unknown", g->mail_unknown);
        xml_close(x);
    }
    xml_close(x);
}

static const char *const link_words[LINKS] = {"client", "path", "server-tcp", "server-application"};
static const char *const state_words[] = {
    [LINK_UNKNOWN] = "unknown",
    [LINK_OK] = "ok",
    [LINK_SUSPECT] = "suspect",
    [LINK_FAILED] = "failed",
};

static void put_words(struct xml_out *x, const char *element, struct bytes words)
{
    xml_open(x, element);
    xml_word(x, "xml:lang", "en");
    xml_text(x, words);
    xml_close(x);
}

static void put_verdict(struct xml_out *x, const struct verdict *v)
{
    if (!v->exists) {
        return;
    }
    xml_open(x, "verdict");
    xml_finding_id(x, "finding", v->group->number);
    xml_word(x, "severity", severity_words[v->severity]);
    if (v->mta_log_ns) {
        xml_utc(x, "first-mta-log", v->mta_log_ns);
    }
    put_words(x, "headline", (struct bytes){(const uint8_t *)v->headline, v->headline_len});
    for (int i = 0; i < LINKS; i++) {
        xml_open(x, "link");
        xml_word(x, "party", link_words[i]);
        xml_word(x, "state", state_words[v->chain[i].state]);
        xml_text(x, bytes_of_string(v->chain[i].text));
        xml_close(x);
    }
    if (v->before[0]) {
        put_words(x, "before", bytes_of_string(v->before));
    }
    put_words(x, "extent", bytes_of_string(v->extent));
    put_words(x, "fate", bytes_of_string(v->fate));
    put_words(x, "doubt", bytes_of_string(v->doubt));
    put_words(x, "next-step", bytes_of_string(v->next_step));
    xml_close(x);
}

static void put_moments(struct xml_out *x, const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet_moment_count(fleet); i++) {
        const struct moment *m = fleet_moment(fleet, i);
        xml_open(x, "moment");
        xml_utc(x, "t", m->at.time_ns);
        xml_word(x, "kind", moment_kind_names[m->kind]);
        if (m->group) {
            xml_finding_id(x, "finding", m->group);
        }
        if (m->session) {
            xml_session_id(x, "session", m->session);
        }
        xml_frame(x, m->at);
        xml_close(x);
    }
}

/* Attributes of a bin: names that stay, whatever the charts call their bands. */
static const char *const band_attributes[BANDS] = {
    [BAND_COMPLETED] = "completed", [BAND_NO_REPLY] = "no-reply", [BAND_RESET] = "reset",
    [BAND_REJECTED] = "rejected",   [BAND_SEQUENCE] = "sequence", [BAND_TLS] = "tls",
    [BAND_CONNECT] = "connect",     [BAND_ABORTED] = "aborted",   [BAND_ENCRYPTED] = "encrypted",
    [BAND_OPEN] = "open",
};

static bool bin_is_empty(const struct bins *bins, size_t index)
{
    for (enum band band = 0; band < BANDS; band++) {
        if (bins->n[index][band]) {
            return false;
        }
    }
    return true;
}

static void put_bins(struct xml_out *x, const struct fleet *fleet)
{
    const struct bins *bins = fleet_bins(fleet);
    if (!bins || bins->count == 0 || bins->width_ns <= 0) {
        return;
    }
    xml_open(x, "bins");
    xml_seconds(x, "seconds", bins->width_ns);
    for (size_t i = 0; i < bins->count && i < FLEET_BINS; i++) {
        if (bin_is_empty(bins, i)) {
            continue;
        }
        xml_open(x, "bin");
        xml_utc(x, "t", bins->start_ns + (int64_t)i * bins->width_ns);
        for (enum band band = 0; band < BANDS; band++) {
            if (bins->n[i][band]) {
                xml_u64(x, band_attributes[band], bins->n[i][band]);
            }
        }
        xml_close(x);
    }
    xml_close(x);
}

static void put_input(struct xml_out *x, const struct source_input *in, size_t index)
{
    xml_open(x, "file");
    put_id(x, "f", index);
    xml_bytes(x, "name", bytes_of_string(in->name));
    if (!in->is_interface) {
        xml_u64(x, "size", in->size);
    }
    if (in->linktype >= 0) {
        xml_u64(x, "link-type", (uint64_t)in->linktype);
    }
    if (in->snaplen) {
        xml_u64(x, "snaplen", in->snaplen);
    }
    xml_u64(x, "packets", in->packets);
    xml_u64(x, "bytes", in->bytes);
    xml_u64(x, "truncated-packets", in->truncated);
    if (in->first.packet) {
        xml_utc(x, "first", in->first.time_ns);
        xml_utc(x, "last", in->last.time_ns);
    }
    xml_u64(x, "clock-steps", in->backwards);
    if (in->drops_known) {
        xml_u64(x, "dropped-kernel", in->dropped_kernel);
        xml_u64(x, "dropped-interface", in->dropped_interface);
    }
    if (in->sha256[0]) {
        xml_word(x, "sha256", in->sha256);
    }
    if (in->damaged) {
        xml_bytes(x, "damaged", bytes_of_string(in->damaged));
    }
    xml_close(x);
}

static void put_capture(struct xml_out *x, const struct report_end *end)
{
    xml_open(x, "capture");
    xml_u64(x, "packets", end->packets);
    xml_u64(x, "bytes", end->bytes);
    xml_u64(x, "mail-packets", end->mail_packets);
    xml_u64(x, "sessions", end->sessions);
    xml_u64(x, "truncated-packets", end->truncated_packets);
    xml_u64(x, "limits-reached", end->limits_reached);
    if (end->packets) {
        xml_utc(x, "first", end->first.time_ns);
        xml_utc(x, "last", end->last.time_ns);
    }
    for (size_t i = 0; end->source && i < source_input_count(end->source); i++) {
        put_input(x, source_input(end->source, i), i);
    }
    for (int i = 0; i < LIMITS; i++) {
        if (end->limits[i]) {
            xml_open(x, "limit-reached");
            xml_word(x, "name", limit_rows[i].name);
            xml_u64(x, "value", limit_rows[i].value);
            xml_u64(x, "times", end->limits[i]);
            xml_close(x);
        }
    }
    xml_close(x);
}

void xml_trailer(struct xml_out *x, const struct report_end *end, uint64_t sessions_written)
{
    if (end->fleet) {
        put_peers(x, end->fleet);
        for (size_t i = 0; i < fleet_group_count(end->fleet); i++) {
            put_group(x, fleet_group(end->fleet, i));
        }
        put_verdict(x, fleet_verdict(end->fleet));
        put_moments(x, end->fleet);
        put_bins(x, end->fleet);
    }
    put_capture(x, end);
    xml_open(x, "end");
    xml_bool(x, "complete", end->complete);
    xml_u64(x, "sessions-written", sessions_written);
    xml_u64(x, "sessions-total", end->sessions);
    xml_close(x);
}
