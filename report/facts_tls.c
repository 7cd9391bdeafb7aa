/* facts_tls.c - facts of a TLS handshake in the words that reports share. */
#include "report/facts.h"

#include <stdio.h>

#include "dissect/tls/names.h"

enum { RECORD_ALERT = 21 };

const char *fact_hex16(uint16_t n, char out[FACT_TLS_VERSION_MAX])
{
    (void)snprintf(out, FACT_TLS_VERSION_MAX, "0x%04x", n);
    return out;
}

const char *fact_tls_version(uint16_t version, char out[FACT_TLS_VERSION_MAX])
{
    tls_version_text(version, out);
    return out;
}

const char *fact_cipher_name(uint16_t cipher)
{
    return tls_cipher_name(cipher);
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

const char *fact_alert_description(uint8_t description)
{
    const char *name = tls_alert_name(description);
    return name ? name : "unknown";
}
