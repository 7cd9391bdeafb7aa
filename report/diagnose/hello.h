/* hello.h - what the server offered, and whether that is known well enough to say what it did not.
 */
#ifndef REPORT_DIAGNOSE_HELLO_H
#define REPORT_DIAGNOSE_HELLO_H

#include "report/diagnose/judge.h"

/* The reply to the accepted EHLO or HELO is known whole, nobody masked it, and this action of the
 * client came behind it: what it lacks was not offered. */
bool hello_known(const struct judge *j, const struct event *action);
/* The keyword that is this word, whatever its letters' case, with or without parameters; NULL: not
 * offered. */
const struct keyword *hello_keyword(const struct session *s, const char *word);
/* Text behind a keyword ("52428800" of "SIZE 52428800"); false: not offered. */
bool hello_parameters(const struct session *s, const char *keyword, struct text *out);
/* SIZE n with n above 0; UINT64_MAX: no limit known. */
uint64_t hello_size_limit(const struct session *s);
/* A word that a device has painted over: four or more X and at most one other letter at the end. */
bool hello_is_mask(struct text word);
/* The first keyword that is one; NULL: none. */
const struct keyword *hello_masked(const struct session *s);
/* This SASL mechanism (upper case) is on the server's AUTH list. */
bool hello_offers_mechanism(const struct session *s, struct text mechanism);
/* The first parameter of MAIL or RCPT whose extension was not offered, or all were; in *offered one
 * that was. Empty: none. */
struct text hello_foreign_parameter(const struct session *s, struct text params,
                                    struct text *offered);

#endif
