/* rows_fleet.h - rows of the table of rules (rules.c): what is seen only over many sessions. Raised
 * by the files fleet_*.c.
 */
/* clang-format off */
#define FLEET(name, level, party) {RULE(name, "J", level, party, NONE, COMPLETED), .judge = NULL}

    FLEET(duplicate_delivery, CRITICAL, SERVER),
    FLEET(fleet_all_failing, CRITICAL, UNKNOWN),
    FLEET(fleet_destination_failing, ERROR, SERVER),
    FLEET(fleet_source_failing, ERROR, CLIENT),
    FLEET(fleet_one_backend_bad, ERROR, SERVER),
    FLEET(fleet_one_mx_bad, WARNING, SERVER),
    FLEET(fleet_onset, INFO, UNKNOWN),
    FLEET(fleet_5xx_rate, WARNING, UNKNOWN),
    FLEET(fleet_4xx_rate, WARNING, UNKNOWN),
    FLEET(retry_storm, WARNING, CLIENT),
    FLEET(permanent_error_retried, WARNING, CLIENT),
    FLEET(greylist_behaviour, INFO, POLICY),
    FLEET(greylist_not_passed, WARNING, CLIENT),
    FLEET(unknown_user_rate, WARNING, CLIENT),
    FLEET(directory_harvest, WARNING, CLIENT),
    FLEET(auth_bruteforce, CRITICAL, CLIENT),
    FLEET(auth_compromise_suspected, CRITICAL, CLIENT),
    FLEET(auth_backend_down, CRITICAL, SERVER),
    FLEET(blocklist_spread, CRITICAL, CLIENT),
    FLEET(provider_throttling, WARNING, CLIENT),
    FLEET(concurrency_peak, INFO, POLICY),
    FLEET(latency_shift, WARNING, SERVER),
    FLEET(mail_silence, WARNING, UNKNOWN),
    FLEET(synthetic_probe_failed, ERROR, UNKNOWN),
    FLEET(tls_failure_spread, ERROR, UNKNOWN),
    FLEET(tls_fallback_plaintext, WARNING, CLIENT),
    FLEET(cert_changed, WARNING, SERVER),
    FLEET(port25_egress_blocked, ERROR, POLICY),
    FLEET(address_family_broken, WARNING, NETWORK),
    FLEET(health_check, INFO, UNKNOWN),
#undef FLEET
/* clang-format on */
