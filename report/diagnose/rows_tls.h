/* rows_tls.h - rows of the table of rules (rules.c): TLS and certificates. */
/* clang-format off */
#define TLS(name, level, party, function) \
    {RULE(name, "G", level, party, TLS, TLS_FAILED), .needs = NEEDS_TLS, .judge = function}
#define SEEN(name, level, party, function) \
    {RULE(name, "G", level, party, NONE, TLS_FAILED), .needs = NEEDS_TLS, .judge = function}

    TLS(tls_alert_handshake_failure, ERROR, UNKNOWN, rule_tls_alert),
    TLS(tls_cipher_mismatch, ERROR, UNKNOWN, rule_tls_alert),
    TLS(tls_version_mismatch, ERROR, UNKNOWN, rule_tls_version),
    TLS(tls_alert_unknown_ca, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_bad_certificate, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_certificate_revoked, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_certificate_expired, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_certificate_unknown, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_unrecognized_name, ERROR, UNKNOWN, rule_tls_alert),
    TLS(tls_alert_internal_error, ERROR, SERVER, rule_tls_alert),
    TLS(tls_alert_access_denied, ERROR, POLICY, rule_tls_alert),
    TLS(tls_alert_other, ERROR, UNKNOWN, rule_tls_alert),
    TLS(tls_plaintext_mixup, ERROR, UNKNOWN, rule_tls_plaintext_mixup),
    TLS(tls13_abort_by_client, ERROR, UNKNOWN, rule_tls13_abort),
    TLS(tls_silent_close_after_server_flight, ERROR, CLIENT, rule_tls_silent_close),
    TLS(tls_reset_after_clienthello, ERROR, SERVER, rule_tls_no_serverhello),
    TLS(tls_no_serverhello, ERROR, SERVER, rule_tls_no_serverhello),
    TLS(tls13_encrypted_abort_by_server, ERROR, CLIENT, rule_tls13_abort_by_server),
    TLS(tls_closed_after_handshake, ERROR, CLIENT, rule_tls_closed_after),
    TLS(tls_session_closed_by_server, WARNING, SERVER, rule_tls_closed_by_server),
    SEEN(tls_encrypted_alert, NOTICE, UNKNOWN, rule_tls_encrypted_alert),
    TLS(cert_untrusted, ERROR, SERVER, rule_cert_untrusted),
    SEEN(cert_self_signed, WARNING, SERVER, rule_cert_self_signed),
    SEEN(cert_expired, ERROR, SERVER, rule_cert_time),
    SEEN(cert_not_yet_valid, ERROR, SERVER, rule_cert_time),
    SEEN(cert_expiring_soon, NOTICE, SERVER, rule_cert_expiring_soon),
    SEEN(cert_name_mismatch, WARNING, SERVER, rule_cert_name),
    {RULE(connect_wrong_target, "B", NOTICE, CLIENT, NONE, TLS_FAILED), .needs = NEEDS_TLS,
     .judge = rule_connect_wrong_target},
    SEEN(cert_chain_incomplete, WARNING, SERVER, rule_cert_chain_incomplete),
    SEEN(cert_chain_misordered, NOTICE, SERVER, rule_cert_chain_misordered),
    SEEN(cert_weak, WARNING, SERVER, rule_cert_weak),
    SEEN(tls_interception_suspected, WARNING, MIDDLEBOX, rule_tls_interception),
    SEEN(cert_not_verifiable, INFO, UNKNOWN, rule_cert_not_verifiable),
    SEEN(tls_legacy, NOTICE, SERVER, rule_tls_legacy),
    SEEN(tls_sni_missing, NOTICE, CLIENT, rule_tls_sni_missing),
    SEEN(tls_opaque, INFO, UNKNOWN, rule_tls_opaque),
#undef TLS
#undef SEEN
/* clang-format on */
