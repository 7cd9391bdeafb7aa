/* options_table.c - what verbs and options there are, and how each value is read.
 *
 * A row is all there is to an option: parsing, help, manual and completion follow. An option or verb
 * that is planned is known by name, so that it is refused in words instead of as a typing error, but
 * never silently ignored and never shown.
 */
#include "report/options_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/period.h"

/* --- verbs --- */

static const char *const read_examples[] = {
    "wiretale read gw.pcap", "verdict and findings on the terminal",
    "wiretale read gw.pcap --html report.html", "the same, as a file for the postmortem",
    "tcpdump -r all.pcap -w - port 25 | wiretale read -", "from another program",
    "wiretale read -q --fail-on error gw.pcap", "for a script: one line, exit status 1 on errors",
    NULL};
static const char *const live_examples[] = {
    "sudo wiretale live -i eth0", "watch ports 25, 465, 587 now",
    "sudo wiretale live -i eth0 --html now.html", "and leave a report when it ends",
    "sudo wiretale live -i any --bpf 'host 192.0.2.10'", "another kernel filter",
    NULL};
static const char *const replay_examples[] = {
    "wiretale replay gw.pcap", "as it happened, second by second",
    "wiretale replay --speed 60 gw.pcap", "an hour in a minute",
    NULL};
static const char *const show_examples[] = {
    "wiretale show gw.pcap s0368", "what exactly happened, step by step",
    "wiretale show gw.pcap 192.0.2.10:40412", "the sessions of this client port",
    NULL};
static const char *const rules_examples[] = {
    "wiretale rules", "every rule with its severity",
    "wiretale rules connect-refused", "its trigger, its causes, what to do next",
    NULL};

const struct run_verb run_verbs[RUN_VERBS] = {
    {"read", RUN_READ, false, "[options] FILE...", "analyze pcap or pcapng files ('-' is stdin)",
     "Reads captures of mail traffic, rebuilds every SMTP dialogue, and prints what failed, whose "
     "fault the packets say it is, and what became of the mail. Several files are one capture: "
     "their packets are merged by time.",
     1, SIZE_MAX, "name a capture to read; '-' is standard input", read_examples},
    {"live", RUN_LIVE, false, "[options] -i INTERFACE", "capture and watch",
     "Captures on interfaces and prints a line when a session waits too long or fails, then a "
     "summary when it is ended with Ctrl-C. Needs the right to capture; once the interface is open "
     "it gives up every right before it looks at the first packet.",
     0, 0, NULL, live_examples},
    {"replay", RUN_REPLAY, false, "[options] FILE", "feed a capture to 'live' at its own pace",
     "Feeds a capture to the same machinery as live, at the pace it was recorded or faster. To see "
     "what an operator would have been told, and when.",
     1, 1, "name a capture to replay; '-' is standard input", replay_examples},
    {"show", RUN_SHOW, false, "[options] FILE SESSION", "print the timeline of one session",
     "Prints one session as a ladder: every step with its time, the gap before it and its packet. "
     "SESSION is an id as reports show it (s0003), or the client's address and port "
     "(192.0.2.10:40412, [2001:db8::1]:40412).",
     2, 2, "name a capture and a session: wiretale show gw.pcap s0003", show_examples},
    {"cut", RUN_CUT, true, "[options] FILE -s SESSION... -o OUT", "", "", 0, SIZE_MAX, NULL, NULL},
    {"diff", RUN_DIFF, true, "OLD.xml NEW.xml", "", "", 0, SIZE_MAX, NULL, NULL},
    {"rules", RUN_RULES, false, "[RULE]", "list rules, or explain one",
     "Lists the rules by which sessions are judged, or explains one of them.", 0, 1, NULL,
     rules_examples},
};

const struct run_verb *run_verb_find(const char *name)
{
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (strcmp(run_verbs[i].name, name) == 0) {
            return &run_verbs[i];
        }
    }
    return NULL;
}

/* --- how values are read --- */

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
                             i == 0 ? "one of " : i + 1 == count ? " or " : ", ", words[i]);
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

static bool set_ports(struct options_state *state, const char *value, bool first, struct fail *fail)
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

static bool set_ours(struct options_state *state, const char *value, bool first, struct fail *fail)
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

static bool set_since(struct options_state *state, const char *value, bool first, struct fail *fail)
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

static bool set_until(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    const char *since = state->since;
    if (!set_since(state, value, first, fail)) {
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

static bool set_html(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->html, value, fail);
}

static bool set_xml(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->xml, value, fail);
}

static bool set_jsonl(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->jsonl, value, fail);
}

static bool set_redact_key(struct options_state *state, const char *value, bool first,
                           struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->redact_key, value, fail);
}

static bool set_bpf(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->bpf, value, fail);
}

static bool set_user(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    return set_name(&state->settings->user, value, fail);
}

static bool set_config(struct options_state *state, const char *value, bool first,
                       struct fail *fail)
{
    (void)first;
    return set_name(&state->config, value, fail);
}

static bool set_steps(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)first;
    unsigned word;
    if (!find_word(steps_words, STEPS_COUNT, value, &word)) {
        return refuse_word(fail, value, steps_words, STEPS_COUNT);
    }
    state->settings->steps = (enum steps)word;
    return true;
}

static bool set_redact(struct options_state *state, const char *value, bool first,
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

static bool set_fail_on(struct options_state *state, const char *value, bool first,
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

static bool set_color(struct options_state *state, const char *value, bool first, struct fail *fail)
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
static bool set_limit(struct options_state *state, const char *value, bool first, struct fail *fail)
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

static bool set_interface(struct options_state *state, const char *value, bool first,
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

static bool set_speed(struct options_state *state, const char *value, bool first, struct fail *fail)
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

static bool set_hash(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->hash = true;
    return true;
}

static bool set_quiet(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->quiet = true;
    return true;
}

static bool set_verbose(struct options_state *state, const char *value, bool first,
                        struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->verbose = true;
    return true;
}

static bool set_utc(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->local_time = false;
    return true;
}

static bool set_local(struct options_state *state, const char *value, bool first, struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->settings->local_time = true;
    return true;
}

static bool set_no_config(struct options_state *state, const char *value, bool first,
                          struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->no_config = true;
    return true;
}

static bool set_print_config(struct options_state *state, const char *value, bool first,
                             struct fail *fail)
{
    (void)value, (void)first, (void)fail;
    state->print_config = true;
    return true;
}

/* --- the table --- */

enum {
    FILES = 1u << RUN_READ | 1u << RUN_REPLAY | 1u << RUN_SHOW,
    PACKETS = FILES | 1u << RUN_LIVE,
    REPORTS = 1u << RUN_READ | 1u << RUN_LIVE | 1u << RUN_REPLAY,
    EVERYWHERE = PACKETS | 1u << RUN_RULES,
};

const char *const option_section_names[OPTION_SECTIONS] = {
    [OPTION_INPUT] = "What is analyzed",
    [OPTION_JUDGING] = "How it is judged",
    [OPTION_OUTPUT] = "What is written",
    [OPTION_CAPTURE] = "Capturing and replaying",
    [OPTION_GENERAL] = "General",
};

static const char *const speed_words[] = {"1", "10", "60", "max"};

/* Sections in their order; within one, what is used most stands first. clang-format off: a table. */
/* clang-format off */
const struct option_row option_rows[] = {
    {.letter = 'p', .name = "ports", .argument = "LIST", .section = OPTION_INPUT, .verbs = PACKETS,
     .standard = "25,465,587", .set = set_ports,
     .help = "ports of SMTP; others are known by their dialogue",
     .manual = "The TCP ports on which mail is expected, separated by commas. In files, SMTP on other ports "
               "is recognized by its dialogue; live captures these ports only (unless --bpf says otherwise)."},
    {.name = "since", .argument = "T", .section = OPTION_INPUT, .verbs = FILES, .set = set_since,
     .help = "begin here: 14:02, 2026-03-10T14:02:00Z, or -15m before the end",
     .manual = "Packets before this moment are not looked at. A time of day is one of the day on which the "
               "capture begins; @SECONDS counts from 1970; -90s, -15m, -2h, -1d count back from the end of the "
               "capture, for which the files are read twice. A time without zone is UTC, or local with --local."},
    {.name = "until", .argument = "T", .section = OPTION_INPUT, .verbs = FILES, .set = set_until,
     .help = "end here; a time of day before --since is on the next day",
     .manual = "Packets after this moment are not looked at. Written as for --since. Sessions that go on are "
               "told as still open."},
    {.name = "ours", .argument = "PREFIX", .section = OPTION_INPUT, .verbs = PACKETS, .repeatable = true,
     .set = set_ours,
     .help = "an address or prefix that is us; repeatable (default: guessed, stated)",
     .manual = "Addresses of our own machines, as an address or a prefix (192.0.2.0/24). It decides which side "
               "reports call ours. May be given several times."},
    {.letter = 'f', .name = "filter", .argument = "EXPR", .section = OPTION_INPUT, .verbs = PACKETS,
     .planned = true},

    {.name = "limit", .argument = "PHASE=SECONDS", .section = OPTION_JUDGING, .verbs = PACKETS,
     .repeatable = true, .completion = COMPLETE_WORDS, .words = phase_words, .word_count = PHASE_COUNT,
     .set = set_limit,
     .help = "how long a phase may take (default: RFC 5321 section 4.5.3.2)",
     .manual = "How long a side may keep the other waiting in a phase before its silence is called a timeout; 0 "
               "is for ever. The phases are words of the vocabulary; idle is the time a server waits for "
               "the next command. May be given several times."},
    {.name = "fail-on", .argument = "SEVERITY", .section = OPTION_JUDGING, .verbs = REPORTS,
     .completion = COMPLETE_WORDS, .words = severity_words, .word_count = SEVERITY_COUNT, .set = set_fail_on,
     .help = "exit 1 if one is so severe",
     .manual = "End with exit status 1 when a finding of this severity or worse exists. Without it findings "
               "do not change the exit status: finding faults is success."},

    {.name = "html", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = set_html,
     .help = "write the report as one self-contained HTML file",
     .manual = "Write the report as one HTML file that needs nothing else: no network, no script. '-' is standard "
               "output, for one of the formats; then no summary is printed. A report replaces an "
               "older one only when it is complete."},
    {.name = "xml", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = set_xml,
     .help = "write the report as XML (schema in share/wiretale)",
     .manual = "Write the report as XML that validates against wiretale-report-1.xsd. '-' is standard output."},
    {.name = "jsonl", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = set_jsonl,
     .help = "write JSON Lines: one object for each session and finding",
     .manual = "Write one JSON object a line: sessions as they end, findings over sessions, and the capture's "
               "totals last. '-' is standard output."},
    {.name = "steps", .argument = "WHICH", .section = OPTION_OUTPUT, .verbs = REPORTS, .standard = "flagged",
     .completion = COMPLETE_WORDS, .words = steps_words, .word_count = STEPS_COUNT, .set = set_steps,
     .help = "sessions that carry their step list",
     .manual = "Which sessions carry the list of their steps in JSON Lines and XML: those with a finding of "
               "warning or worse, all, or none."},
    {.name = "redact", .argument = "LEVEL", .section = OPTION_OUTPUT, .verbs = PACKETS, .standard = "envelope",
     .completion = COMPLETE_WORDS, .words = redact_words, .word_count = REDACT_SHARE, .set = set_redact,
     .help = "hide nothing, or the local parts of addresses",
     .manual = "What is hidden in everything that is printed or written. envelope replaces the local part of each "
               "mail address by a token: the same address, the same token within a run. AUTH exchanges and "
               "message content are never kept, at any level."},
    {.name = "redact-key", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = PACKETS,
     .completion = COMPLETE_FILE, .set = set_redact_key,
     .help = "make the tokens from this key, so that runs can be compared",
     .manual = "A file, readable by its owner only (mode 0600), with the key from which tokens are made. Without "
               "it the key is random and forgotten, and tokens of two runs cannot be compared."},
    {.name = "hash", .section = OPTION_OUTPUT, .verbs = 1u << RUN_READ | 1u << RUN_REPLAY, .set = set_hash,
     .help = "state the SHA-256 of each input (always with --html or --xml)",
     .manual = "Compute the SHA-256 of each input. Costs more than reading it; done anyway where an HTML or "
               "XML report is written."},
    {.letter = 'q', .name = "quiet", .section = OPTION_OUTPUT, .verbs = REPORTS, .set = set_quiet,
     .help = "print the verdict line only",
     .manual = "Print one line for the verdict instead of the summary, and no lines for events."},
    {.name = "color", .argument = "WHEN", .section = OPTION_OUTPUT, .verbs = PACKETS, .standard = "auto",
     .completion = COMPLETE_WORDS, .words = color_words, .word_count = COLOR_COUNT, .set = set_color,
     .help = "when to color",
     .manual = "auto colors on a terminal, unless NO_COLOR is set and not empty or TERM is dumb."},
    {.name = "utc", .section = OPTION_OUTPUT, .verbs = PACKETS, .set = set_utc,
     .help = "times in UTC (the default)",
     .manual = "Print times in UTC. This is the default; the option undoes --local of a configuration file."},
    {.name = "local", .section = OPTION_OUTPUT, .verbs = PACKETS, .set = set_local,
     .help = "times in the local zone, for people; files stay in UTC",
     .manual = "Print and read times in the local zone (TZ). JSON Lines and XML stay in UTC."},

    {.letter = 'i', .name = "interface", .argument = "INTERFACE", .section = OPTION_CAPTURE,
     .verbs = 1u << RUN_LIVE, .repeatable = true, .completion = COMPLETE_INTERFACE, .set = set_interface,
     .help = "capture on this interface; repeatable; 'any' is all",
     .manual = "The interface to capture on. May be given several times; any is all of them."},
    {.name = "user", .argument = "USER", .section = OPTION_CAPTURE, .verbs = 1u << RUN_LIVE,
     .completion = COMPLETE_USER, .set = set_user,
     .help = "run as this account once the interface is open",
     .manual = "The account to become once the interface is open. Default: who called sudo, else wiretale "
               "if there is such an account, else nobody."},
    {.name = "bpf", .argument = "EXPR", .section = OPTION_CAPTURE, .verbs = 1u << RUN_LIVE, .set = set_bpf,
     .help = "kernel filter (pcap-filter(7)) instead of the one for the ports",
     .manual = "A filter in the language of pcap-filter(7) that replaces the one made from --ports."},
    {.name = "speed", .argument = "N", .section = OPTION_CAPTURE, .verbs = 1u << RUN_REPLAY, .standard = "1",
     .completion = COMPLETE_WORDS, .words = speed_words, .word_count = 4, .set = set_speed,
     .help = "times the recorded pace, or max",
     .manual = "How fast to replay: 1 is the recorded pace, 10 is ten times as fast, max does not wait."},

    {.name = "config", .argument = "FILE", .section = OPTION_GENERAL, .verbs = EVERYWHERE,
     .command_line_only = true, .completion = COMPLETE_FILE, .set = set_config,
     .help = "read options from this file instead of the usual ones",
     .manual = "Read options from this file and not from /etc/wiretale.conf and $XDG_CONFIG_HOME/wiretale/config."},
    {.name = "no-config", .section = OPTION_GENERAL, .verbs = EVERYWHERE, .command_line_only = true,
     .set = set_no_config,
     .help = "read no configuration file",
     .manual = "Read no configuration file at all."},
    {.name = "print-config", .section = OPTION_GENERAL, .verbs = EVERYWHERE, .command_line_only = true,
     .set = set_print_config,
     .help = "print each option's value and where it came from, and end",
     .manual = "Print each option that is in effect, in the form of a configuration file, with where it came "
               "from, and end."},
    {.letter = 'v', .name = "verbose", .section = OPTION_GENERAL, .verbs = PACKETS, .set = set_verbose,
     .help = "explain decisions on stderr",
     .manual = "Say on standard error what was decided, and why."},
    {.letter = 'h', .name = "help", .section = OPTION_GENERAL, .verbs = EVERYWHERE, .command_line_only = true,
     .help = "this text; 'wiretale VERB --help' for the verb's own options",
     .manual = "Print help, of the program or of a verb."},
    {.letter = 'V', .name = "version", .section = OPTION_GENERAL, .verbs = EVERYWHERE,
     .command_line_only = true,
     .help = "version, libraries in use, report schema version",
     .manual = "Print the version, the libraries in use and the version of the report schema."},
};
/* clang-format on */
const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

size_t option_find(const char *name, size_t len)
{
    size_t i;
    for (i = 0; i < option_row_count; i++) {
        if (strlen(option_rows[i].name) == len && memcmp(option_rows[i].name, name, len) == 0) {
            break;
        }
    }
    return i;
}

size_t option_find_letter(char letter)
{
    size_t i;
    for (i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter == letter && letter != '\0') {
            break;
        }
    }
    return i;
}

/* --- defaults --- */

void settings_defaults(struct settings *s)
{
    static const struct {
        enum phase phase;
        double seconds;
        enum limit_origin origin;
    } limits[] = {
        {PHASE_GREETING, 300, LIMIT_FROM_RFC},  /* RFC 5321 section 4.5.3.2.1 */
        {PHASE_MAIL, 300, LIMIT_FROM_RFC},      /* .2 */
        {PHASE_RCPT, 300, LIMIT_FROM_RFC},      /* .3 */
        {PHASE_DATA_INIT, 120, LIMIT_FROM_RFC}, /* .4 */
        {PHASE_DATA, 180, LIMIT_FROM_RFC},      /* .5 */
        {PHASE_EOD, 600, LIMIT_FROM_RFC},       /* .6 */
        /* The RFC has none for these; mail servers use 300. */
        {PHASE_EHLO, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_STARTTLS, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_TLS, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_AUTH, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_QUIT, 300, LIMIT_FROM_CATALOGUE},
    };
    *s = (struct settings){
        .ports = {25, 465, 587},
        .port_count = 3,
        .speed = 1,
        .since_ns = INT64_MIN,
        .until_ns = INT64_MAX,
        .steps = STEPS_FLAGGED,
        .redact = REDACT_ENVELOPE,
        .server_limit = {300, LIMIT_FROM_RFC}, /* .7 */
        .color = COLOR_AUTO,
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        s->client_limit[limits[i].phase] =
            (struct phase_limit){limits[i].seconds, limits[i].origin};
    }
}
