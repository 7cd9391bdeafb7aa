/* opinion.h - what somebody else reads in the hellos of a session, and where it differs. */
#ifndef DISSECT_TLS_OPINION_H
#define DISSECT_TLS_OPINION_H

#include "dissect/tls/facts.h"

enum { TLS_OPINION_NAME_SIZE = 80 };

/* Empty or 0: it says nothing about it. */
struct tls_opinion {
    bool is_tls;
    uint16_t version, cipher;
    char ja3[TLS_JA3_SIZE], ja3s[TLS_JA3_SIZE];
    char server_name[TLS_OPINION_NAME_SIZE]; /* lower case, its last 79 characters */
};

/* "ja3 aa.. (here bb..), cipher 0xc030 (here 0xc02f), server name"; empty: they agree. Never the
 * name itself. It is about the hellos whose excerpts the session has. */
struct text tls_opinion_differences(struct session *s, const struct tls_opinion *o);

#endif
