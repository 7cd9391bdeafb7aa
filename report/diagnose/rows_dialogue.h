/* rows_dialogue.h - rows of the table of rules (rules.c): form and manners of the dialogue. */
/* clang-format off */
#define ODD(name, level, party, function, wants) \
    {RULE(name, "D", level, party, SEQUENCE, REJECTED), .needs = wants, .judge = function}
#define SAYS(name, level, party, function, wants) \
    {RULE(name, "D", level, party, TEXT, REJECTED), .needs = wants, .judge = function}

    ODD(greeting_malformed, WARNING, SERVER, rule_greeting_malformed, NEEDS_ODD_REPLY),
    ODD(smtp_banner_mangled, WARNING, MIDDLEBOX, rule_banner_mangled, NEEDS_NOTHING),
    SAYS(proxy_protocol_expected, ERROR, SERVER, rule_proxy_expected, NEEDS_REFUSAL),
    SAYS(proxy_protocol_unexpected, ERROR, CLIENT, rule_proxy_unexpected, NEEDS_ODD_COMMAND),
    ODD(ehlo_keyword_masked, WARNING, MIDDLEBOX, rule_keyword_masked, NEEDS_HELLO),
    ODD(starttls_stripped, CRITICAL, MIDDLEBOX, rule_starttls_stripped, NEEDS_HELLO),
    ODD(ehlo_fallback_helo, INFO, SERVER, rule_ehlo_fallback, NEEDS_REFUSAL | NEEDS_HELLO),
    ODD(ehlo_reply_order, WARNING, SERVER, rule_ehlo_order, NEEDS_HELLO),
    ODD(mail_loops_to_self, WARNING, CLIENT, rule_loops_to_self, NEEDS_HELLO),

    ODD(smuggling_accepted, CRITICAL, SERVER, rule_smuggling_accepted, NEEDS_ODD_CONTENT),
    ODD(smuggling_attempt, CRITICAL, CLIENT, rule_smuggling_attempt, NEEDS_ODD_CONTENT),
    ODD(smuggling_sequence, WARNING, CLIENT, rule_smuggling_sequence, NEEDS_ODD_CONTENT),
    ODD(bare_lf_content, WARNING, CLIENT, rule_bare_lf_content, NEEDS_ODD_CONTENT),
    ODD(dot_stuffing_missing, WARNING, CLIENT, rule_dot_stuffing, NEEDS_ODD_CONTENT),
    ODD(text_line_too_long, NOTICE, CLIENT, rule_text_line_long, NEEDS_ODD_CONTENT),
    ODD(8bit_without_8bitmime, NOTICE, CLIENT, rule_eight_bit, NEEDS_ODD_CONTENT),
    ODD(size_exceeds_advertised, ERROR, CLIENT, rule_size_exceeds, NEEDS_MAIL | NEEDS_HELLO),
    ODD(size_underdeclared, NOTICE, CLIENT, rule_size_underdeclared, NEEDS_PARAMETER | NEEDS_CONTENT),

    ODD(bare_lf_command, NOTICE, CLIENT, rule_bare_lf_command, NEEDS_ODD_COMMAND),
    ODD(nul_or_control_in_command, WARNING, CLIENT, rule_control_command, NEEDS_ODD_COMMAND),
    ODD(non_smtp_client, NOTICE, CLIENT, rule_non_smtp_client, NEEDS_ODD_COMMAND),
    ODD(root_reply_ignored, NOTICE, CLIENT, rule_root_ignored, NEEDS_REFUSAL | NEEDS_MAIL),

    ODD(reply_line_too_long, NOTICE, SERVER, rule_reply_long, NEEDS_ODD_REPLY),
    ODD(reply_code_invalid, WARNING, SERVER, rule_reply_code, NEEDS_ODD_REPLY),
    ODD(reply_multiline_inconsistent, WARNING, SERVER, rule_reply_lines, NEEDS_ODD_REPLY),
    ODD(reply_class_impossible, ERROR, SERVER, rule_reply_class, NEEDS_ODD_REPLY),
    ODD(reply_count_mismatch, ERROR, SERVER, rule_reply_count, NEEDS_ODD_REPLY),
    ODD(reply_unsolicited, WARNING, SERVER, rule_reply_unsolicited, NEEDS_ODD_REPLY),

    ODD(pipelining_not_offered, NOTICE, CLIENT, rule_pipelining_not_offered, NEEDS_PIPELINED | NEEDS_HELLO),
    ODD(pipelining_group_violation, WARNING, CLIENT, rule_pipelining_group, NEEDS_PIPELINED),
    ODD(data_before_354, ERROR, CLIENT, rule_data_before_354, NEEDS_PIPELINED),
    {RULE(data_truncated_by_dot, "D", ERROR, CLIENT, SEQUENCE, ABORTED),
     .needs = NEEDS_ODD_COMMAND | NEEDS_CONTENT, .judge = rule_data_truncated},
    ODD(data_after_rejection, ERROR, CLIENT, rule_data_after_rejection, NEEDS_REFUSAL | NEEDS_ODD_COMMAND),

    ODD(bdat_not_offered, WARNING, CLIENT, rule_bdat_not_offered, NEEDS_CHUNK),
    ODD(bdat_after_last, ERROR, CLIENT, rule_bdat_after_last, NEEDS_CHUNK),
    ODD(bdat_data_mixed, ERROR, CLIENT, rule_bdat_mixed, NEEDS_CHUNK),
    ODD(bdat_size_mismatch, ERROR, CLIENT, rule_bdat_size, NEEDS_CHUNK),
    ODD(bdat_continue_after_error, WARNING, CLIENT, rule_bdat_continued, NEEDS_CHUNK | NEEDS_REFUSAL),
    ODD(binarymime_with_data, ERROR, CLIENT, rule_binary_data, NEEDS_PARAMETER),

    ODD(plaintext_auth, CRITICAL, CLIENT, rule_plaintext_auth, NEEDS_AUTH),
    ODD(auth_without_tls, NOTICE, CLIENT, rule_auth_without_tls, NEEDS_AUTH),

    ODD(starttls_not_offered, NOTICE, SERVER, rule_starttls_not_offered, NEEDS_HELLO),
    ODD(starttls_injection, CRITICAL, CLIENT, rule_starttls_injection, NEEDS_STARTTLS),
    ODD(starttls_response_injection, CRITICAL, SERVER, rule_starttls_response, NEEDS_STARTTLS),
    ODD(starttls_then_plaintext, ERROR, CLIENT, rule_starttls_plaintext, NEEDS_STARTTLS),
    ODD(starttls_handshake_missing, ERROR, CLIENT, rule_starttls_missing, NEEDS_STARTTLS),
    {RULE(tls_to_plaintext_port, "D", ERROR, CLIENT, SEQUENCE, TLS_FAILED), .needs = NEEDS_NOTHING,
     .judge = rule_tls_to_plain},
    ODD(plaintext_to_tls_port, ERROR, CLIENT, rule_plain_to_tls, NEEDS_COMMAND),
#undef ODD
#undef SAYS
/* clang-format on */
