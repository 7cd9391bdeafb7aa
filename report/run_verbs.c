/* run_verbs.c - the verbs: what each is for, in the words of help and manual.
 *
 * A verb that is planned is known by name, so that it is refused in words instead of as a typing
 * error, and never shown.
 */
#include <string.h>

#include "report/options_table.h"

/* clang-format off */
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
     "their packets are merged by time. A directory stands for the captures directly in it, such as "
     "a rotated set; what else lies there is passed over. Compressed ones (gzip, zstd, lz4) are "
     "read as they are.",
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
/* clang-format on */

const struct run_verb *run_verb_find(const char *name)
{
    for (size_t i = 0; i < RUN_VERBS; i++) {
        if (strcmp(run_verbs[i].name, name) == 0) {
            return &run_verbs[i];
        }
    }
    return NULL;
}
