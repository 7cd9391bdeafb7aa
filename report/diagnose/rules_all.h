/* rules_all.h - the functions of the table in rules.c, by the file they live in. */
#ifndef REPORT_DIAGNOSE_RULES_ALL_H
#define REPORT_DIAGNOSE_RULES_ALL_H

#include "report/diagnose/judge.h"

typedef void rule_function(struct judge *j, const struct rule *rule);

/* rules_capture.c */
rule_function rule_capture_midstream, rule_capture_one_direction, rule_capture_gap,
    rule_capture_truncated, rule_capture_duplicates, rule_capture_offload, rule_capture_clock,
    rule_capture_ends_open;
/* rules_connect.c */
rule_function rule_connect_timeout, rule_connect_refused, rule_connect_icmp, rule_connect_no_ack,
    rule_connect_client_rst, rule_connect_slow, rule_listen_overflow, rule_connect_open,
    rule_icmp_mid_session;
/* rules_transport.c */
rule_function rule_zero_window, rule_sender_stall;
/* rules_pmtu.c */
rule_function rule_pmtu_ignored, rule_icmp_frag_needed, rule_pmtu_black_hole;
/* rules_path.c */
rule_function rule_state_lost, rule_retransmission_exhausted, rule_one_way_loss, rule_loss_heavy,
    rule_keepalive_unanswered;
/* rules_transfer.c */
rule_function rule_slow_transfer, rule_window_scale, rule_sack_outside;
/* rules_close.c */
rule_function rule_tcp_reset, rule_reset_injected, rule_rst_after_quit, rule_server_closed,
    rule_closed_after_refusal, rule_client_abort, rule_data_aborted;
/* rules_timeout.c */
rule_function rule_greeting_timeout, rule_phase_timeout, rule_starttls_timeout, rule_data_block,
    rule_client_too_short, rule_tls_stalled;
/* rules_idle.c */
rule_function rule_server_idle, rule_server_too_short, rule_implicit_tls_deadlock;
/* rules_slow.c */
rule_function rule_slow_reply, rule_greeting_delay;
/* rules_duplicate.c */
rule_function rule_duplicate_risk;
/* rules_recognition.c */
rule_function rule_not_smtp;
/* rules_dialogue.c */
rule_function rule_greeting_rejected, rule_early_talker, rule_early_talker_rejected,
    rule_helo_rejected, rule_bad_sequence_503, rule_bad_sequence_client, rule_bad_sequence_disputed,
    rule_probe_session, rule_address_callout;
/* rules_replies.c */
rule_function rule_refused, rule_helo_refused, rule_idle_refused, rule_no_valid_recipients,
    rule_reject_transient, rule_reject_permanent;
/* rules_blocklist.c */
rule_function rule_blocklist_mismatch;
/* rules_tls.c */
rule_function rule_tls_alert, rule_tls_version, rule_tls13_abort, rule_tls_silent_close,
    rule_tls_no_serverhello;
/* rules_tls_course.c */
rule_function rule_tls_closed_after, rule_tls13_abort_by_server, rule_tls_closed_by_server;
/* rules_tls_hidden.c */
rule_function rule_tls_encrypted_alert, rule_tls_plaintext_mixup, rule_tls_opaque;
/* rules_tls_agreed.c */
rule_function rule_tls_legacy, rule_tls_sni_missing;
/* rules_certificate.c */
rule_function rule_cert_untrusted, rule_cert_self_signed, rule_cert_time, rule_cert_expiring_soon,
    rule_cert_name, rule_connect_wrong_target, rule_cert_chain_incomplete, rule_cert_chain_misordered, rule_cert_weak;
/* rules_trust.c */
rule_function rule_cert_not_verifiable, rule_tls_interception;

/* rules_hello.c */
rule_function rule_greeting_malformed, rule_proxy_expected, rule_proxy_unexpected,
    rule_helo_argument, rule_ehlo_fallback, rule_ehlo_order, rule_loops_to_self;
/* rules_masked.c */
rule_function rule_banner_mangled, rule_keyword_masked, rule_starttls_stripped;
/* rules_form.c */
rule_function rule_bare_lf_command, rule_control_command, rule_command_long, rule_non_smtp_client,
    rule_root_ignored, rule_reply_long, rule_reply_code, rule_reply_lines, rule_reply_class,
    rule_reply_count, rule_reply_unsolicited;
/* rules_pipelining.c */
rule_function rule_pipelining_not_offered, rule_pipelining_group, rule_data_before_354,
    rule_data_after_rejection, rule_data_truncated;
/* rules_content.c */
rule_function rule_text_line_long, rule_bare_lf_content, rule_dot_stuffing, rule_smuggling_sequence,
    rule_smuggling_attempt, rule_smuggling_accepted, rule_eight_bit, rule_size_exceeds,
    rule_size_underdeclared;
/* rules_extension.c */
rule_function rule_bdat_not_offered, rule_bdat_after_last, rule_bdat_mixed, rule_bdat_size,
    rule_bdat_continued, rule_binary_data, rule_parameter_not_offered, rule_smtputf8;
/* rules_auth.c */
rule_function rule_plaintext_auth, rule_auth_without_tls;
/* rules_starttls.c */
rule_function rule_starttls_not_offered, rule_starttls_injection, rule_starttls_response,
    rule_starttls_plaintext, rule_starttls_missing, rule_tls_to_plain, rule_plain_to_tls;

/* Of rules_form.c: a finding about this event, which is shown; its phase is the event's. */
struct finding *rules_raise(struct judge *j, const struct rule *rule, const struct event *e);
/* Helpers of rules_dialogue.c: a word in a text, a keyword of the EHLO reply, a reply quoted. */
bool rules_mentions(struct text t, const char *word);
/* A mail that the client began as the server closed: nobody answered it. */
const struct event *rules_crossed_by_mail(const struct judge *j);
bool rules_offered(const struct session *s, const char *keyword);
void rules_say_reply(struct finding *f, const struct event *reply);

#endif
