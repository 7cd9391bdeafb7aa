/* names.h - the registered names of TLS numbers (IANA). */
#ifndef DISSECT_TLS_NAMES_H
#define DISSECT_TLS_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum { TLS_VERSION_TEXT_MAX = 8 };

/* "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; NULL when not registered. */
const char *tls_cipher_name(uint16_t cipher);
/* "ssl3", "1.0" ... "1.3"; drafts and anything else as "0x7f17". */
void tls_version_text(uint16_t version, char out[TLS_VERSION_TEXT_MAX]);
/* "client_hello", "handshake_40"... into out. */
const char *tls_message_name(uint8_t message);   /* NULL: unknown */
const char *tls_alert_name(uint8_t description); /* NULL: unknown */
const char *tls_record_name(uint8_t type);       /* "application_data"; NULL: unknown */

#endif
