/* option_values.c - how each option's value is read. One function an option; the rows of
 * options_table.c name them.
 */
#include "report/option_values.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/tls/certificate.h"
#include "report/diagnose/replies.h"
#include "report/diagnose/thresholds.h"
#include "report/escape.h"
#include "report/nearest.h"
#include "report/period.h"

/* A value as it may be shown in a message. */
static const char *shown(const char *value, char out[128])
{
    escape_plain(out, 128, bytes_of_string(value));
    return out;
}

static bool refuse_value(struct fail *fail, const char *value, const char *wanted)
{
    char text[128];
    return fail_set(fail, STATUS_USAGE, "'%s' is not %s", shown(value, text), wanted);
}

static bool find_word(const char *const *words, size_t count, const char *value, unsigned *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = (unsigned)i;
            return true;
        }
    }
    return false;
}

static bool refuse_word(struct fail *fail, const char *value, const char *const *words,
                        size_t count)
{
    char list[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof(list); i++) {
        int wrote = snprintf(list + len, sizeof(list) - len, "%s%s",
                             i == 0           ? "one of "
                             : i + 1 == count ? " or "
                                              : ", ",
                             words[i]);
        len += wrote > 0 ? (size_t)wrote : 0;
    }
    return refuse_value(fail, value, list);
}

/* A decimal number without sign, blanks or anything behind it. */
static bool take_decimal(const char *text, double *out)
{
    char *end;
    if (*text < '0' || *text > '9' || strpbrk(text, "xXpP")) {
        return false;
    }
    errno = 0;
    *out = strtod(text, &end);
    return errno == 0 && *end == '\0' && isfinite(*out);
}

bool option_set_ports(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    struct settings *s = state->settings;
    uint16_t ports[PORTS_MAX];
    size_t count = 0;
    const char *at = value;
    for (;;) {
        char *end;
        long port = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : 0;
        if (port < 1 || port > 65535 || (*end != ',' && *end != '\0')) {
            return refuse_value(fail, value, "a list of ports such as 25,465,587");
        }
        if (count == PORTS_MAX) {
            return fail_set(fail, STATUS_USAGE, "more than %d ports", PORTS_MAX);
        }
        ports[count++] = (uint16_t)port;
        if (*end == '\0') {
            break;
        }
        at = end + 1;
    }
    memcpy(s->ports, ports, sizeof(ports[0]) * count);
    s->port_count = count;
    return true;
}

bool option_set_ours(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    struct settings *s = state->settings;
    if (first) {
        s->ours_count = 0;
    }
    if (s->ours_count == OURS_MAX) {
        return fail_set(fail, STATUS_USAGE, "given more than %d times", OURS_MAX);
    }
    if (!prefix_parse(&s->ours[s->ours_count], value)) {
        return refuse_value(fail, value, "an address or a prefix such as 192.0.2.0/24");
    }
    s->ours_count++;
    return true;
}

bool option_set_since(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    int64_t ns;
    if (!period_parse(value, false, &ns)) {
        return refuse_value(fail, value,
                            "a time such as 14:02, 2026-03-10T14:02:00Z, or -15m before the end");
    }
    state->since = value;
    return true;
}

bool option_set_until(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    const char *since = state->since;
    if (!option_set_since(state, value, first, fail)) {
        return false;
    }
    state->until = value;
    state->since = since;
    return true;
}

/* Stores a name of a file; an empty one is a shell variable that was not set. */
static bool set_name(const char **where, const char *value, struct fail *fail)
{
    if (*value == '\0') {
        return fail_set(fail, STATUS_USAGE, "the name is empty");
    }
    *where = value;
    return true;
}

bool option_set_html(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->html, value, fail);
}

bool option_set_xml(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->xml, value, fail);
}

bool option_set_jsonl(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->jsonl, value, fail);
}

bool option_set_redact_key(struct options_state *state, const char *value, bool first,
                           struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->redact_key, value, fail);
}

bool option_set_keylog(struct options_state *state, const char *value, bool first,
                       struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->keylog, value, fail);
}

/* The last one given counts; its rows are kept for as long as the program runs. */
bool option_set_reply_patterns(struct options_state *state, const char *value, bool first,
                               struct fail *fail)
{
    static struct reply_rows *kept;
    struct reply_rows *rows;
    (void)first;
    if (!replies_read(value, &rows, fail)) {
        return false;
    }
    replies_free(kept);
    state->settings->reply_rows = kept = rows;
    return true;
}

bool option_set_bpf(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->bpf, value, fail);
}

bool option_set_user(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->user, value, fail);
}

bool option_set_config(struct options_state *state, const char *value, bool first,
                       struct fail *fail)
{
    (void)first;
    return set_name(&state->config, value, fail);
}

bool option_set_steps(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    unsigned word;
    if (!find_word(steps_words, STEPS_COUNT, value, &word)) {
        return refuse_word(fail, value, steps_words, STEPS_COUNT);
    }
    state->settings->steps = (enum steps)word;
    return true;
}

bool option_set_redact(struct options_state *state, const char *value, bool first,
                       struct fail *fail)
{
    (void)first;
    unsigned word;
    if (!find_word(redact_words, REDACT_COUNT, value, &word)) {
        return refuse_word(fail, value, redact_words, REDACT_SHARE);
    }
    if (word >= REDACT_SHARE) {
        return fail_set(fail, STATUS_USAGE, "'%s' is not built yet; use envelope or none", value);
    }
    state->settings->redact = (enum redact)word;
    return true;
}

bool option_set_fail_on(struct options_state *state, const char *value, bool first,
                        struct fail *fail)
{
    (void)first;
    unsigned word;
    if (!find_word(severity_words, SEVERITY_COUNT, value, &word)) {
        return refuse_word(fail, value, severity_words, SEVERITY_COUNT);
    }
    state->settings->fail_on = (enum severity)word;
    state->settings->fail_on_set = true;
    return true;
}

bool option_set_color(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    unsigned word;
    if (!find_word(color_words, COLOR_COUNT, value, &word)) {
        return refuse_word(fail, value, color_words, COLOR_COUNT);
    }
    state->settings->color = (enum color)word;
    return true;
}

/* PHASE=SECONDS. idle is the one phase in which the server does the waiting. */
bool option_set_limit(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    const char *equals = strchr(value, '=');
    char name[32];
    unsigned phase;
    double seconds;
    if (!equals || equals == value) {
        return refuse_value(fail, value, "PHASE=SECONDS, such as eod=120");
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
    if (!find_word(phase_words, PHASE_COUNT, name, &phase)) {
        return refuse_word(fail, name, phase_words, PHASE_COUNT);
    }
    if (!take_decimal(equals + 1, &seconds) || seconds > 1e6) {
        return refuse_value(fail, equals + 1, "a number of seconds (0: no limit)");
    }
    struct settings *s = state->settings;
    struct phase_limit *limit = phase == PHASE_IDLE ? &s->server_limit : &s->client_limit[phase];
    limit->seconds = seconds;
    limit->origin = state->origin == ORIGIN_COMMAND_LINE ? LIMIT_FROM_OPTION : LIMIT_FROM_CONFIG;
    return true;
}

static const char *threshold_word(const void *ctx, size_t i)
{
    (void)ctx;
    return threshold_at(i)->name;
}

/* NAME=VALUE. They are the program's: rules ask for them by name. */
bool option_set_threshold(struct options_state *state, const char *value, bool first,
                          struct fail *fail)
{
    (void)first;
    const char *equals = strchr(value, '=');
    char name[48], text[128];
    double number;
    size_t index;
    if (!equals || equals == value) {
        return refuse_value(fail, value, "NAME=VALUE, such as fleet-count=10");
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - value < 47 ? equals - value : 47), value);
    index = threshold_find(name, strlen(name));
    if (index == THRESHOLD_COUNT) {
        const char *near = nearest_word(name, threshold_word, NULL, THRESHOLD_COUNT);
        return fail_set(fail, STATUS_USAGE, "'%s' is no threshold; %s%s%s", shown(name, text),
                        near ? "did you mean '" : "'wiretale rules' lists them", near ? near : "",
                        near ? "'?" : "");
    }
    if (!take_decimal(equals + 1, &number) ||
        !threshold_set(index, number,
                       state->origin == ORIGIN_COMMAND_LINE ? THRESHOLD_FROM_OPTION
                                                            : THRESHOLD_FROM_CONFIG)) {
        const struct threshold_row *row = threshold_at(index);
        snprintf(text, sizeof(text),
                 row->most > 0 ? "a number above 0, %g at most" : "a number above 0", row->most);
        return refuse_value(fail, equals + 1, text);
    }
    return true;
}

bool option_set_interface(struct options_state *state, const char *value, bool first,
                          struct fail *fail)
{
    struct settings *s = state->settings;
    if (first) {
        s->interface_count = 0;
    }
    if (s->interface_count == INTERFACES_MAX) {
        return fail_set(fail, STATUS_USAGE, "given more than %d times", INTERFACES_MAX);
    }
    return set_name(&s->interfaces[s->interface_count++], value, fail);
}

bool option_set_speed(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    double speed;
    if (strcmp(value, "max") == 0) {
        state->settings->speed = 0;
        return true;
    }
    if (!take_decimal(value, &speed) || speed < 0.001 || speed > 1e6) {
        return refuse_value(fail, value, "a factor such as 10 or 0.5, or max");
    }
    state->settings->speed = speed;
    return true;
}

bool option_set_trust(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    static struct tls_trust *kept;
    struct tls_trust *trust = tls_trust_open(value, fail);

    if (!trust) {
        return false;
    }
    tls_trust_free(kept);
    state->settings->trust = kept = trust;
    state->settings->trust_name = value;
    return true;
}

/* Host names are letters, digits, hyphens and dots (RFC 1123 section 2.1); others come as xn--. */
/* CLIENT=SECONDS */
bool option_set_probe(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    struct settings *s = state->settings;
    const char *equals = strchr(value, '=');
    char address[ADDRESS_TEXT_MAX];
    double seconds;

    if (first) {
        s->probe_count = 0;
    }
    if (s->probe_count == PROBES_MAX) {
        return fail_set(fail, STATUS_USAGE, "given more than %d times", PROBES_MAX);
    }
    if (!equals || equals == value || (size_t)(equals - value) >= sizeof(address)) {
        return refuse_value(fail, value, "CLIENT=SECONDS, such as 192.0.2.99=60");
    }
    snprintf(address, sizeof(address), "%.*s", (int)(equals - value), value);
    if (!address_parse(&s->probes[s->probe_count].client, address)) {
        return refuse_value(fail, address, "an address");
    }
    if (!take_decimal(equals + 1, &seconds) || seconds <= 0 || seconds > 1e6) {
        return refuse_value(fail, equals + 1, "a number of seconds");
    }
    s->probes[s->probe_count++].seconds = seconds;
    return true;
}

bool option_set_server_name(struct options_state *state, const char *value, bool first,
                            struct fail *fail)
{
    struct settings *s = state->settings;

    if (first) {
        s->server_name_count = 0;
    }
    if (s->server_name_count == SERVER_NAMES_MAX) {
        return fail_set(fail, STATUS_USAGE, "given more than %d times", SERVER_NAMES_MAX);
    }
    for (size_t i = 0; i <= strlen(value); i++) {
        char c = value[i];
        if ((!c && i == 0) || (c && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
                               !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != ':')) {
            return refuse_value(fail, value, "a host name such as mail.example.org, or an address");
        }
    }
    s->server_names[s->server_name_count++] = value;
    return true;
}

bool option_set_hash(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->hash = true;
    return true;
}

bool option_set_quiet(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->quiet = true;
    return true;
}

bool option_set_no_ndpi(struct options_state *state, const char *value, bool first,
                        struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->no_ndpi = true;
    return true;
}

bool option_set_verbose(struct options_state *state, const char *value, bool first,
                        struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->verbose = true;
    return true;
}

bool option_set_utc(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->local_time = false;
    return true;
}

bool option_set_local(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->local_time = true;
    return true;
}

bool option_set_no_config(struct options_state *state, const char *value, bool first,
                          struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->no_config = true;
    return true;
}

bool option_set_print_config(struct options_state *state, const char *value, bool first,
                             struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->print_config = true;
    return true;
}
