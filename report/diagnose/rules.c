/* rules.c - the one table of rules.
 *
 * Order matters: it is the order of judging. What explains an end comes before what tells of the
 * end (a wait that ran out before the FIN or RST that ended it), causes before consequences.
 */
#include "report/diagnose/rules.h"

#include <assert.h>
#include <string.h>

#include "report/diagnose/rule_words.h"
#include "report/diagnose/rule_words_dialogue.h"
#include "report/diagnose/rule_words_fleet.h"
#include "report/diagnose/rule_words_replies.h"
#include "report/diagnose/rule_words_tls.h"
#include "report/diagnose/rules_all.h"

#define QUALITY(name, level)                                                                       \
    .section = "A", .severity = SEVERITY_##level, .points_to = PARTY_UNKNOWN, .cause = CAUSE_NONE, \
    .outcome = OUTCOME_COMPLETED, .judge = rule_##name, TEXT_##name
#define RULE(name, part, level, party, kind, ended)                                                \
    TEXT_##name, .section = part, .severity = SEVERITY_##level, .points_to = PARTY_##party,        \
                 .cause = CAUSE_##kind, .outcome = OUTCOME_##ended

/* clang-format off */
static const struct rule rules[] = {
    {QUALITY(capture_midstream, INFO), .needs = NEEDS_FLAW},
    {QUALITY(capture_one_direction, WARNING), .needs = NEEDS_FLAW},
    {QUALITY(capture_gap, WARNING), .needs = NEEDS_FLAW},
    {QUALITY(capture_truncated, WARNING), .needs = NEEDS_FLAW},
    {QUALITY(capture_duplicates, NOTICE), .needs = NEEDS_FLAW},
    {QUALITY(capture_offload, INFO), .needs = NEEDS_OFFLOAD},

    {RULE(connect_refused, "B", ERROR, SERVER, TRANSPORT, REFUSED),
     .needs = NEEDS_CONNECT, .judge = rule_connect_refused},
    {RULE(connect_icmp_unreachable, "B", ERROR, NETWORK, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_CONNECT | NEEDS_ICMP, .judge = rule_connect_icmp},
    {RULE(connect_port_unreachable, "B", ERROR, SERVER, TRANSPORT, REFUSED),
     .needs = NEEDS_CONNECT | NEEDS_ICMP, .judge = rule_connect_icmp},
    {RULE(connect_admin_prohibited, "B", ERROR, POLICY, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_CONNECT | NEEDS_ICMP, .judge = rule_connect_icmp},
    {RULE(connect_timeout, "B", ERROR, NETWORK, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_CONNECT, .judge = rule_connect_timeout},
    {RULE(connect_no_ack, "B", ERROR, NETWORK, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_CONNECT, .judge = rule_connect_no_ack},
    {RULE(connect_client_rst_synack, "B", NOTICE, CLIENT, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_CONNECT | NEEDS_RST, .judge = rule_connect_client_rst},
    {RULE(listen_overflow, "B", WARNING, SERVER, TRANSPORT, NO_REPLY),
     .needs = NEEDS_NOTHING, .judge = rule_listen_overflow},
    {RULE(connect_slow, "B", NOTICE, NETWORK, TIMING, COMPLETED),
     .needs = NEEDS_CONNECT, .judge = rule_connect_slow},
    {RULE(connect_unanswered_open, "B", INFO, UNKNOWN, NONE, OPEN),
     .needs = NEEDS_CONNECT | NEEDS_OPEN, .judge = rule_connect_open},

    {RULE(icmp_unreachable_mid_session, "C", ERROR, NETWORK, TRANSPORT, UNREACHABLE),
     .needs = NEEDS_ICMP, .judge = rule_icmp_mid_session},
    {RULE(pmtu_ignored, "C", ERROR, CLIENT, TRANSPORT, NO_REPLY),
     .needs = NEEDS_RESENT | NEEDS_ICMP, .judge = rule_pmtu_ignored},
    {RULE(pmtu_black_hole, "C", ERROR, NETWORK, TRANSPORT, NO_REPLY),
     .needs = NEEDS_NOTHING, .judge = rule_pmtu_black_hole},
    {RULE(icmp_frag_needed, "C", NOTICE, NETWORK, NONE, COMPLETED),
     .needs = NEEDS_ICMP, .judge = rule_icmp_frag_needed},
    {RULE(state_lost_after_idle, "C", ERROR, MIDDLEBOX, TRANSPORT, NO_REPLY),
     .needs = NEEDS_NOTHING, .judge = rule_state_lost},
    {RULE(retransmission_exhausted, "C", ERROR, NETWORK, TRANSPORT, NO_REPLY),
     .needs = NEEDS_RESENT, .judge = rule_retransmission_exhausted},
    {RULE(one_way_loss, "C", ERROR, NETWORK, TRANSPORT, NO_REPLY),
     .needs = NEEDS_RESENT, .judge = rule_one_way_loss},
    {RULE(zero_window_stall_server, "C", WARNING, SERVER, TRANSPORT, NO_REPLY),
     .needs = NEEDS_WINDOW, .judge = rule_zero_window},
    {RULE(zero_window_stall_client, "C", WARNING, CLIENT, TRANSPORT, NO_REPLY),
     .needs = NEEDS_WINDOW, .judge = rule_zero_window},
    {RULE(sender_stall, "C", WARNING, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_WAIT | NEEDS_CONTENT, .judge = rule_sender_stall},
    {RULE(loss_heavy, "C", WARNING, NETWORK, TIMING, COMPLETED),
     .needs = NEEDS_RESENT, .judge = rule_loss_heavy},
    {RULE(slow_transfer, "C", NOTICE, NETWORK, TIMING, COMPLETED),
     .needs = NEEDS_CONTENT, .judge = rule_slow_transfer},
    {RULE(window_scale_broken, "C", WARNING, MIDDLEBOX, TIMING, COMPLETED),
     .needs = NEEDS_NOTHING, .judge = rule_window_scale},
    {RULE(sack_out_of_range, "C", WARNING, MIDDLEBOX, TIMING, COMPLETED),
     .needs = NEEDS_NOTHING, .judge = rule_sack_outside},
    {RULE(keepalive_unanswered, "C", NOTICE, NETWORK, TIMING, COMPLETED),
     .needs = NEEDS_RESENT, .judge = rule_keepalive_unanswered},

    {RULE(greeting_rejected, "D", ERROR, POLICY, CODE, REJECTED),
     .needs = NEEDS_REFUSAL, .judge = rule_greeting_rejected},
    {RULE(not_smtp, "D", NOTICE, UNKNOWN, NONE, NOT_SMTP),
     .needs = NEEDS_NOTHING, .judge = rule_not_smtp},
    {RULE(early_talker, "D", NOTICE, CLIENT, SEQUENCE, COMPLETED),
     .needs = NEEDS_EARLY, .judge = rule_early_talker},
    {RULE(early_talker_rejected, "D", ERROR, CLIENT, TEXT, REJECTED),
     .needs = NEEDS_EARLY | NEEDS_REFUSAL, .judge = rule_early_talker_rejected},
    {RULE(greeting_delay, "D", NOTICE, SERVER, TIMING, COMPLETED),
     .needs = NEEDS_WAIT, .judge = rule_greeting_delay},
    {RULE(implicit_tls_deadlock, "D", ERROR, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_WAIT, .judge = rule_implicit_tls_deadlock},
    {RULE(greeting_timeout, "D", ERROR, SERVER, TIMING, NO_REPLY),
     .needs = NEEDS_WAIT, .judge = rule_greeting_timeout},
    {RULE(helo_rejected, "D", ERROR, CLIENT, CODE, REJECTED),
     .needs = NEEDS_REFUSAL, .judge = rule_helo_refused},
    {RULE(bad_sequence_503, "D", ERROR, CLIENT, SEQUENCE, REJECTED),
     .needs = NEEDS_REFUSAL | NEEDS_COMMAND, .judge = rule_bad_sequence_503},
    {RULE(bad_sequence_client, "D", WARNING, CLIENT, SEQUENCE, REJECTED),
     .needs = NEEDS_COMMAND, .judge = rule_bad_sequence_client},
    {RULE(bad_sequence_disputed, "D", WARNING, SERVER, SEQUENCE, REJECTED),
     .needs = NEEDS_REFUSAL | NEEDS_COMMAND, .judge = rule_bad_sequence_disputed},

#include "report/diagnose/rows_dialogue.h"

    {RULE(ehlo_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_EHLO,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(starttls_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_STARTTLS,
     .needs = NEEDS_WAIT, .judge = rule_starttls_timeout},
    {RULE(auth_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_AUTH,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(mail_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_MAIL,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(rcpt_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_RCPT,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(data_init_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_DATA_INIT,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(data_block_timeout, "E", ERROR, NETWORK, TIMING, NO_REPLY), .phase = PHASE_DATA,
     .needs = NEEDS_WAIT, .judge = rule_data_block},
    {RULE(data_final_timeout, "E", ERROR, SERVER, TIMING, NO_REPLY), .phase = PHASE_EOD,
     .needs = NEEDS_WAIT | NEEDS_CONTENT, .judge = rule_phase_timeout},
    {RULE(tls_stalled_server, "E", ERROR, SERVER, TIMING, NO_REPLY),
     .needs = NEEDS_WAIT, .judge = rule_tls_stalled},
    {RULE(tls_stalled_client, "E", NOTICE, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_WAIT, .judge = rule_tls_stalled},
    {RULE(quit_timeout, "E", INFO, SERVER, TIMING, COMPLETED), .phase = PHASE_QUIT,
     .needs = NEEDS_WAIT, .judge = rule_phase_timeout},
    {RULE(client_timeout_too_short, "E", WARNING, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_WAIT, .judge = rule_client_too_short},
    {RULE(server_idle_timeout, "E", NOTICE, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_NOTHING, .judge = rule_idle_refused},
    {RULE(server_timeout_too_short, "E", WARNING, SERVER, TIMING, ABORTED),
     .needs = NEEDS_WAIT, .judge = rule_server_too_short},
    {RULE(duplicate_delivery_risk, "E", CRITICAL, SERVER, TIMING, NO_REPLY),
     .needs = NEEDS_CONTENT, .judge = rule_duplicate_risk},
    {RULE(slow_reply, "E", NOTICE, SERVER, TIMING, COMPLETED),
     .needs = NEEDS_WAIT, .judge = rule_slow_reply},

#include "report/diagnose/rows_tls.h"

    {RULE(tcp_reset_injected, "C", WARNING, MIDDLEBOX, TRANSPORT, RESET),
     .needs = NEEDS_RST, .judge = rule_reset_injected},
    {RULE(tcp_reset_by_server, "C", ERROR, SERVER, TRANSPORT, RESET),
     .needs = NEEDS_RST, .judge = rule_tcp_reset},
    {RULE(tcp_reset_by_client, "C", ERROR, CLIENT, TRANSPORT, RESET),
     .needs = NEEDS_RST, .judge = rule_tcp_reset},
    {RULE(rst_after_quit, "C", INFO, UNKNOWN, NONE, COMPLETED),
     .needs = NEEDS_RST, .judge = rule_rst_after_quit},
    {RULE(server_closed_mid_session, "C", ERROR, SERVER, CODE, ABORTED),
     .needs = NEEDS_ABRUPT, .judge = rule_server_closed},
    {RULE(close_without_quit_by_server, "C", NOTICE, SERVER, NONE, COMPLETED),
     .needs = NEEDS_ABRUPT | NEEDS_REFUSAL, .judge = rule_closed_after_refusal},
    {RULE(client_abort, "C", ERROR, CLIENT, CODE, ABORTED),
     .needs = NEEDS_ABRUPT, .judge = rule_client_abort},
    {RULE(data_aborted, "C", ERROR, CLIENT, TIMING, ABORTED),
     .needs = NEEDS_ABRUPT | NEEDS_CONTENT, .judge = rule_data_aborted},

#include "report/diagnose/rows_refused.h"
    {RULE(transient_reject_unclassified, "F", WARNING, UNKNOWN, CODE, REJECTED),
     .needs = NEEDS_REFUSAL, .judge = rule_reject_transient},
    {RULE(permanent_reject_unclassified, "F", ERROR, UNKNOWN, CODE, REJECTED),
     .needs = NEEDS_REFUSAL, .judge = rule_reject_permanent},

    {QUALITY(capture_ends_open, INFO), .needs = NEEDS_OPEN},
    {TEXT_capture_drops_reported, .section = "A", .severity = SEVERITY_WARNING,
     .points_to = PARTY_UNKNOWN, .cause = CAUSE_NONE, .judge = NULL},
    {QUALITY(capture_clock, NOTICE), .needs = NEEDS_FLAW},
    {RULE(probe_session, "B", INFO, UNKNOWN, NONE, COMPLETED),
     .needs = NEEDS_NOTHING, .judge = rule_probe_session},
    {RULE(address_callout, "B", INFO, UNKNOWN, NONE, COMPLETED),
     .needs = NEEDS_COMMAND, .judge = rule_address_callout},

#include "report/diagnose/rows_fleet.h"
};
/* clang-format on */

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

size_t rules_count(void)
{
    return RULE_COUNT;
}

const struct rule *rules_at(size_t index)
{
    return index < RULE_COUNT ? &rules[index] : NULL;
}

/* Sessions resemble each other: a list is made for the first one of its kind and kept. Another
 * kind may take its place; that costs time and nothing else. */
enum { KIND_BITS = 5, KINDS = 1 << KIND_BITS };

static struct kind {
    bool known;
    unsigned has;
    size_t count;
    const struct rule *rules[RULE_COUNT];
} kinds[KINDS];

struct rule_list rules_for(unsigned has)
{
    struct kind *kind = &kinds[has * 2654435769u >> (32 - KIND_BITS)];

    if (!kind->known || kind->has != has) {
        kind->known = true;
        kind->has = has;
        kind->count = 0;
        for (size_t i = 0; i < RULE_COUNT; i++) {
            bool goes_on =
                i > 0 && rules[i].judge == rule_refused && rules[i - 1].judge == rule_refused;
            if (rules[i].judge && (rules[i].needs & ~has) == 0 && !goes_on) {
                kind->rules[kind->count++] = &rules[i];
            }
        }
    }
    return (struct rule_list){kind->rules, kind->count};
}

static bool is_phase(const char *word)
{
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (strcmp(word, phase_words[i]) == 0) {
            return true;
        }
    }
    return strcmp(word, "<phase>") == 0;
}

/* Tables of texts and codes name rules by their ids: an index for these, made when first asked for.
 */
enum { INDEX_SIZE = 1024 };
static_assert(RULE_COUNT * 2 < INDEX_SIZE, "half of the index stays free");

static size_t index_of(const char *id)
{
    uint32_t h = 2166136261u;

    for (; *id; id++) {
        h = (h ^ (uint8_t)*id) * 16777619u; /* FNV-1a */
    }
    return (h ^ h >> 16) % INDEX_SIZE;
}

/* A rule whose id is this, without a phase behind it. */
static const struct rule *find_exactly(const char *id)
{
    static const struct rule *places[INDEX_SIZE];
    static bool made;
    size_t at;

    for (size_t i = 0; i < RULE_COUNT && !made; i++) {
        for (at = index_of(rules[i].id); places[at]; at = (at + 1) % INDEX_SIZE) {
        }
        places[at] = &rules[i];
    }
    made = true;
    for (at = index_of(id); places[at]; at = (at + 1) % INDEX_SIZE) {
        if (strcmp(places[at]->id, id) == 0) {
            return places[at];
        }
    }
    return NULL;
}

const struct rule *rules_find(const char *id)
{
    const struct rule *exact = find_exactly(id);

    for (size_t i = 0; i < RULE_COUNT && !exact; i++) {
        size_t len = strlen(rules[i].id);

        if (rules[i].phased && strncmp(id, rules[i].id, len) == 0 && id[len] == '-' &&
            is_phase(id + len + 1)) {
            exact = &rules[i];
        }
    }
    return exact;
}

bool rules_is_quality(const struct rule *rule)
{
    return rule->section[0] == 'A';
}
