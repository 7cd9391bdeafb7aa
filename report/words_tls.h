/* words_tls.h - what a TLS handshake told, as people read it: a few lines, the same on the terminal
 * and in HTML. */
#ifndef REPORT_WORDS_TLS_H
#define REPORT_WORDS_TLS_H

#include "dissect/session.h"

enum { WORDS_TLS_LINES = 12, WORDS_TLS_MAX = 900 };

/* "Encryption", "Client hello", "Certificate"; wire text inside is raw and escaped by the writer.
 */
struct words_tls_line {
    const char *label;
    char text[WORDS_TLS_MAX];
    size_t len;
};

/* Returns how many there are; 0: no TLS was seen. */
size_t words_tls(const struct session *s, struct words_tls_line lines[WORDS_TLS_LINES]);

#endif
