/* server_name.h - does a certificate bear a name? RFC 9525 section 6. */
#ifndef REPORT_DIAGNOSE_SERVER_NAME_H
#define REPORT_DIAGNOSE_SERVER_NAME_H

#include "dissect/tls/certificate.h"

/* A pattern of a certificate against a host name: letter case aside, a "*" alone as the left-most
 * label standing for exactly one label, a dot at the end of either ignored. */
bool server_name_matches(struct text pattern, struct text host);

/* Both are host names of several labels, and the last two of them are not the same: they belong to
 * different domains. Names under one public suffix of two labels ("co.uk") are not told apart. */
bool server_name_is_elsewhere(struct text a, struct text b);

/* One of the certificate's names is this host (or address, as text); its common name counts only
 * where it has neither host names nor addresses. */
bool server_name_is_borne(const struct tls_certificate *c, struct text host);
/* Names of it that were not kept might have been the one. */
bool server_name_is_unsure(const struct tls_certificate *c);

#endif
