/* parameter_names.h - IANA's names of groups and signature schemes of TLS. */
#ifndef DISSECT_TLS_PARAMETER_NAMES_H
#define DISSECT_TLS_PARAMETER_NAMES_H

#include <stdint.h>

const char *tls_group_name(uint16_t group);         /* "x25519"; NULL: unknown */
const char *tls_signature_name(uint16_t signature); /* "rsa_pss_rsae_sha256"; NULL: unknown */

#endif
