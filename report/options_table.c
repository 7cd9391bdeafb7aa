/* options_table.c - what options there are.
 *
 * A row is all there is to an option: parsing, help, manual and completion follow. One that is
 * planned is known by name, so that it is refused in words, never silently ignored and never shown.
 */
#include "report/options_table.h"

#include <string.h>

#include "report/option_values.h"

enum {
    FILES = 1u << RUN_READ | 1u << RUN_REPLAY | 1u << RUN_SHOW,
    PACKETS = FILES | 1u << RUN_LIVE,
    REPORTS = 1u << RUN_READ | 1u << RUN_LIVE | 1u << RUN_REPLAY,
    EVERYWHERE = PACKETS | 1u << RUN_RULES,
};

const char *const option_section_names[OPTION_SECTIONS] = {
    [OPTION_INPUT] = "What is analyzed", [OPTION_JUDGING] = "How it is judged",
    [OPTION_OUTPUT] = "What is written", [OPTION_CAPTURE] = "Capturing and replaying",
    [OPTION_GENERAL] = "General",
};

static const char *const speed_words[] = {"1", "10", "60", "max"};

/* Sections in their order; within one, what is used most stands first. */
/* clang-format off */
const struct option_row option_rows[] = {
    {.letter = 'p', .name = "ports", .argument = "LIST", .section = OPTION_INPUT, .verbs = PACKETS,
     .standard = "25,465,587", .set = option_set_ports,
     .help = "ports of SMTP; others are known by their dialogue",
     .manual = "The TCP ports on which mail is expected, separated by commas. In files, SMTP on other ports "
               "is recognized by its dialogue; live captures these ports only (unless --bpf says otherwise)."},
    {.name = "since", .argument = "T", .section = OPTION_INPUT, .verbs = FILES, .set = option_set_since,
     .help = "begin here: 14:02, 2026-03-10T14:02:00Z, or -15m before the end",
     .manual = "Packets before this moment are not looked at. A time of day is one of the day on which the "
               "capture begins; @SECONDS counts from 1970; -90s, -15m, -2h, -1d count back from the end of the "
               "capture, for which the files are read twice. A time without zone is UTC, or local with --local."},
    {.name = "until", .argument = "T", .section = OPTION_INPUT, .verbs = FILES, .set = option_set_until,
     .help = "end here; a time of day before --since is on the next day",
     .manual = "Packets after this moment are not looked at. Written as for --since. Sessions that go on are "
               "told as still open."},
    {.name = "ours", .argument = "PREFIX", .section = OPTION_INPUT, .verbs = PACKETS, .repeatable = true,
     .set = option_set_ours,
     .help = "an address or prefix that is us; repeatable (default: guessed, stated)",
     .manual = "Addresses of our own machines, as an address or a prefix (192.0.2.0/24). It decides which side "
               "reports call ours. May be given several times."},
    {.name = "keylog", .argument = "FILE", .section = OPTION_INPUT, .verbs = FILES,
     .completion = COMPLETE_FILE, .set = option_set_keylog,
     .help = "secrets of TLS sessions (SSLKEYLOGFILE): read what is inside",
     .manual = "A key log, as SSLKEYLOGFILE makes clients and servers write it. Sessions of TLS 1.2 and 1.3 whose "
               "secrets are in it are decrypted and told like sessions in clear, passwords and content left out as ever. "
               "Secrets that a pcapng file carries are used without this option. Where the keys do not fit, that is said "
               "and the session is told as encrypted. Keys are never written anywhere. The variable SSLKEYLOGFILE "
               "itself is not looked at. The log is read once, before the packets: what is captured live is opened "
               "afterwards, from a file.",
     .instead = "it is read once, at the beginning: capture to a file, and read that with --keylog"},
    {.name = "no-ndpi", .section = OPTION_INPUT, .verbs = PACKETS, .set = option_set_no_ndpi,
     .help = "do not ask nDPI what a connection is",
     .manual = "Do not ask the library nDPI for its opinion of sessions on other ports and of what is not SMTP "
               "(with --verbose: of every session, and how it reads the hellos of TLS; where it disagrees, that is "
               "said on standard error). It is told a few hundred bytes of each at most, never passwords."},
    {.letter = 'f', .name = "filter", .argument = "EXPR", .section = OPTION_INPUT, .verbs = PACKETS,
     .planned = true},

    {.name = "limit", .argument = "PHASE=SECONDS", .section = OPTION_JUDGING, .verbs = PACKETS,
     .repeatable = true, .completion = COMPLETE_WORDS, .words = phase_words, .word_count = PHASE_COUNT,
     .set = option_set_limit,
     .help = "how long a phase may take (default: RFC 5321 section 4.5.3.2)",
     .manual = "How long a side may keep the other waiting in a phase before its silence is called a timeout; 0 "
               "is for ever. The phases are words of the vocabulary; idle is the time a server waits for "
               "the next command. May be given several times."},
    {.name = "threshold", .argument = "NAME=VALUE", .section = OPTION_JUDGING, .verbs = EVERYWHERE,
     .repeatable = true, .set = option_set_threshold,
     .help = "a number that a rule compares with",
     .manual = "Set a number that rules compare with. 'wiretale rules' lists them at its end with their values and where "
               "these come from; 'wiretale rules RULE' names those of one rule. Every report says which numbers held. May be "
               "given several times."},
    {.name = "reply-patterns", .argument = "FILE", .section = OPTION_JUDGING, .verbs = PACKETS,
     .completion = COMPLETE_FILE, .set = option_set_reply_patterns,
     .help = "texts of refusals and what they mean, before our own",
     .manual = "A table of reply texts of your own, tried before the built-in one. One row a line, six columns divided by "
               "tabs: a number (lower ones first), the codes (550,554; 4 for any 4xx; 45 for any refusal), the "
               "enhanced code without its class (7.1, or -), the phase (any, or one that --limit knows), a text (found "
               "anywhere, letter case aside, * stands for anything), and the finding it means ('wiretale rules' lists "
               "them). A line that begins with # is a comment."},
    {.name = "trust", .argument = "WHERE", .section = OPTION_JUDGING, .verbs = PACKETS,
     .completion = COMPLETE_FILE, .set = option_set_trust,
     .help = "verify certificates against this file, folder, or 'system'",
     .manual = "Verify the certificates that servers show against these issuers, at the time of their packet: a file "
               "of certificates in PEM form, a folder of such files, or system for the store that OpenSSL uses. An "
               "intermediate or the server's own certificate may be among them. Nothing is fetched, revocation is not "
               "looked at. TLS 1.3 encrypts certificates, resumed sessions have none: such sessions are told as not "
               "verifiable, unless a key log opens them, and a message at the end counts all three kinds. Without it "
               "no certificate is verified."},
    {.name = "server-name", .argument = "NAME", .section = OPTION_JUDGING, .verbs = PACKETS, .repeatable = true,
     .set = option_set_server_name,
     .help = "certificates must be made out to it; repeatable",
     .manual = "A name that the certificates of servers must bear, or an address. May be given several times; one of "
               "them is enough. Without it they are compared with the name that the client asked for and the one of "
               "the greeting, and a difference that the client accepted is a notice."},
    {.name = "probe", .argument = "CLIENT=SECONDS", .section = OPTION_JUDGING, .verbs = REPORTS, .repeatable = true,
     .set = option_set_probe,
     .help = "this address checks the service at least so often; repeatable",
     .manual = "The address of a machine that checks the mail service, and the seconds in which one of its checks is "
               "expected at least. A check that fails, and a longer time without one that went well, is an error "
               "(synthetic-probe-failed). A tenth and 2 s are allowed for checks that come late. May be given several times."},
    {.name = "fail-on", .argument = "SEVERITY", .section = OPTION_JUDGING, .verbs = REPORTS,
     .completion = COMPLETE_WORDS, .words = severity_words, .word_count = SEVERITY_COUNT, .set = option_set_fail_on,
     .help = "exit 1 if one is so severe",
     .manual = "End with exit status 1 when a finding of this severity or worse exists. Without it findings "
               "do not change the exit status: finding faults is success."},

    {.name = "html", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = option_set_html,
     .help = "write the report as one self-contained HTML file",
     .manual = "Write the report as one HTML file that needs nothing else: no network, no script. '-' is standard "
               "output, for one of the formats; then no summary is printed. A report replaces an "
               "older one only when it is complete."},
    {.name = "xml", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = option_set_xml,
     .help = "write the report as XML (schema in share/wiretale)",
     .manual = "Write the report as XML that validates against wiretale-report-1.xsd. '-' is standard output."},
    {.name = "jsonl", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = REPORTS,
     .completion = COMPLETE_FILE, .set = option_set_jsonl,
     .help = "write JSON Lines: one object for each session and finding",
     .manual = "Write one JSON object a line: sessions as they end, findings over sessions, and the capture's "
               "totals last. '-' is standard output."},
    {.name = "steps", .argument = "WHICH", .section = OPTION_OUTPUT, .verbs = REPORTS, .standard = "flagged",
     .completion = COMPLETE_WORDS, .words = steps_words, .word_count = STEPS_COUNT, .set = option_set_steps,
     .help = "sessions that carry their step list",
     .manual = "Which sessions carry the list of their steps in JSON Lines and XML: those with a finding of "
               "warning or worse, all, or none."},
    {.name = "redact", .argument = "LEVEL", .section = OPTION_OUTPUT, .verbs = PACKETS, .standard = "envelope",
     .completion = COMPLETE_WORDS, .words = redact_words, .word_count = REDACT_SHARE, .set = option_set_redact,
     .help = "hide nothing, or the local parts of addresses",
     .manual = "What is hidden in everything that is printed or written. envelope replaces the local part of each "
               "mail address by a token: the same address, the same token within a run. AUTH exchanges and "
               "message content are never kept, at any level."},
    {.name = "redact-key", .argument = "FILE", .section = OPTION_OUTPUT, .verbs = PACKETS,
     .completion = COMPLETE_FILE, .set = option_set_redact_key,
     .help = "make the tokens from this key, so that runs can be compared",
     .manual = "A file, readable by its owner only (mode 0600), with the key from which tokens are made. Without "
               "it the key is random and forgotten, and tokens of two runs cannot be compared."},
    {.name = "hash", .section = OPTION_OUTPUT, .verbs = 1u << RUN_READ | 1u << RUN_REPLAY, .set = option_set_hash,
     .help = "state the SHA-256 of each input (always with --html or --xml)",
     .manual = "Compute the SHA-256 of each input. Costs more than reading it; done anyway where an HTML or "
               "XML report is written."},
    {.letter = 'q', .name = "quiet", .section = OPTION_OUTPUT, .verbs = REPORTS, .set = option_set_quiet,
     .help = "print the verdict line only",
     .manual = "Print one line for the verdict instead of the summary, and no lines for events."},
    {.name = "color", .argument = "WHEN", .section = OPTION_OUTPUT, .verbs = PACKETS, .standard = "auto",
     .completion = COMPLETE_WORDS, .words = color_words, .word_count = COLOR_COUNT, .set = option_set_color,
     .help = "when to color",
     .manual = "auto colors on a terminal, unless NO_COLOR is set and not empty or TERM is dumb."},
    {.name = "utc", .section = OPTION_OUTPUT, .verbs = PACKETS, .set = option_set_utc,
     .help = "times in UTC (the default)",
     .manual = "Print times in UTC. This is the default; the option undoes --local of a configuration file."},
    {.name = "local", .section = OPTION_OUTPUT, .verbs = PACKETS, .set = option_set_local,
     .help = "times in the local zone, for people; files stay in UTC",
     .manual = "Print and read times in the local zone (TZ). JSON Lines and XML stay in UTC."},

    {.letter = 'i', .name = "interface", .argument = "INTERFACE", .section = OPTION_CAPTURE,
     .verbs = 1u << RUN_LIVE, .repeatable = true, .completion = COMPLETE_INTERFACE, .set = option_set_interface,
     .help = "capture on this interface; repeatable; 'any' is all",
     .manual = "The interface to capture on. May be given several times; any is all of them."},
    {.name = "user", .argument = "USER", .section = OPTION_CAPTURE, .verbs = 1u << RUN_LIVE,
     .completion = COMPLETE_USER, .set = option_set_user,
     .help = "run as this account once the interface is open",
     .manual = "The account to become once the interface is open. Default: who called sudo, else wiretale "
               "if there is such an account, else nobody."},
    {.name = "bpf", .argument = "EXPR", .section = OPTION_CAPTURE, .verbs = 1u << RUN_LIVE, .set = option_set_bpf,
     .help = "kernel filter (pcap-filter(7)) instead of the one for the ports",
     .manual = "A filter in the language of pcap-filter(7) that replaces the one made from --ports."},
    {.name = "speed", .argument = "N", .section = OPTION_CAPTURE, .verbs = 1u << RUN_REPLAY, .standard = "1",
     .completion = COMPLETE_WORDS, .words = speed_words, .word_count = 4, .set = option_set_speed,
     .help = "times the recorded pace, or max",
     .manual = "How fast to replay: 1 is the recorded pace, 10 is ten times as fast, max does not wait."},

    {.name = "config", .argument = "FILE", .section = OPTION_GENERAL, .verbs = EVERYWHERE,
     .command_line_only = true, .completion = COMPLETE_FILE, .set = option_set_config,
     .help = "read options from this file instead of the usual ones",
     .manual = "Read options from this file and not from /etc/wiretale.conf and $XDG_CONFIG_HOME/wiretale/config."},
    {.name = "no-config", .section = OPTION_GENERAL, .verbs = EVERYWHERE, .command_line_only = true,
     .set = option_set_no_config,
     .help = "read no configuration file",
     .manual = "Read no configuration file at all."},
    {.name = "print-config", .section = OPTION_GENERAL, .verbs = EVERYWHERE, .command_line_only = true,
     .set = option_set_print_config,
     .help = "print each option's value and where it came from, and end",
     .manual = "Print each option that is in effect, in the form of a configuration file, with where it came "
               "from, and end."},
    {.letter = 'v', .name = "verbose", .section = OPTION_GENERAL, .verbs = PACKETS, .set = option_set_verbose,
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
