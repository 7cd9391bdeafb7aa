/* traits.h - what a session shows at one look, so that rules about rare things cost the others
 * nothing. */
#ifndef REPORT_DIAGNOSE_TRAITS_H
#define REPORT_DIAGNOSE_TRAITS_H

#include "report/diagnose/judge.h"

enum { LINE_MUST = 512, TEXT_LINE_MUST = 1000 };

/* Adds the needs of rules.h that one pass over the events can tell to j->course.has. */
void traits_read(struct judge *j);
/* Every byte of the dialogue, from the hello on at least, is known, and known to be what was sent:
 * nothing is missing, folded away, or there in two versions. */
bool traits_is_whole(const struct judge *j);
/* The dialogue was captured from its start or, in a capture that began later, from the hello on. */
bool traits_knows_beginning(const struct session *s);
/* A command, AUTH line, content or chunk of the client. */
bool traits_is_action(const struct event *e);
/* When the client sent e, it had not received the reply to `before`. */
bool traits_was_open(const struct event *before, const struct event *e);
/* The first digit of a positive reply that this may get: 2 or 3; 5: either. */
unsigned traits_expected_class(const struct reply_facts *r);
/* A positive code that this does not get, whatever its first digit. */
bool traits_is_other_kind(const struct reply_facts *r);

#endif
