/* facts_tls.c - facts of a TLS handshake in the words that reports share. */
#include "report/facts.h"

#include <stdio.h>

#if defined(__has_include) && __has_include("dissect/tls/names.h")
#include "dissect/tls/names.h"
#define HAVE_NAMES 1
#else
#define HAVE_NAMES 0
#endif

enum { RECORD_ALERT = 21 };

const char *fact_hex16(uint16_t n, char out[FACT_TLS_VERSION_MAX])
{
    (void)snprintf(out, FACT_TLS_VERSION_MAX, "0x%04x", n);
    return out;
}

const char *fact_tls_version(uint16_t version, char out[FACT_TLS_VERSION_MAX])
{
    switch (version) {
    case 0x0300:
        return "ssl3";
    case 0x0301:
        return "1.0";
    case 0x0302:
        return "1.1";
    case 0x0303:
        return "1.2";
    case 0x0304:
        return "1.3";
    default:
        return fact_hex16(version, out);
    }
}

const char *fact_cipher_name(uint16_t cipher)
{
#if HAVE_NAMES
    return tls_cipher_name(cipher);
#else
    (void)cipher;
    return NULL;
#endif
}

const struct event *fact_next_alert(const struct event *e)
{
    while (e && (e->kind != EVENT_TLS || e->facts->tls.record_type != RECORD_ALERT)) {
        e = e->next;
    }
    return e;
}

const char *fact_alert_level(uint8_t level)
{
    return level == 1 ? "warning" : level == 2 ? "fatal" : "unknown";
}

/* Names of the TLS Alerts registry at IANA. */
const char *fact_alert_description(uint8_t description)
{
    static const char *const names[256] = {
        [0] = "close_notify",
        [10] = "unexpected_message",
        [20] = "bad_record_mac",
        [21] = "decryption_failed",
        [22] = "record_overflow",
        [30] = "decompression_failure",
        [40] = "handshake_failure",
        [41] = "no_certificate",
        [42] = "bad_certificate",
        [43] = "unsupported_certificate",
        [44] = "certificate_revoked",
        [45] = "certificate_expired",
        [46] = "certificate_unknown",
        [47] = "illegal_parameter",
        [48] = "unknown_ca",
        [49] = "access_denied",
        [50] = "decode_error",
        [51] = "decrypt_error",
        [60] = "export_restriction",
        [70] = "protocol_version",
        [71] = "insufficient_security",
        [80] = "internal_error",
        [86] = "inappropriate_fallback",
        [90] = "user_canceled",
        [100] = "no_renegotiation",
        [109] = "missing_extension",
        [110] = "unsupported_extension",
        [111] = "certificate_unobtainable",
        [112] = "unrecognized_name",
        [113] = "bad_certificate_status_response",
        [114] = "bad_certificate_hash_value",
        [115] = "unknown_psk_identity",
        [116] = "certificate_required",
        [120] = "no_application_protocol",
        [121] = "ech_required",
    };
    return names[description] ? names[description] : "unknown";
}
