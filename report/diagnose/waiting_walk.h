/* waiting_walk.h - what the files behind waiting.h share: one walk over a session's events. */
#ifndef REPORT_DIAGNOSE_WAITING_WALK_H
#define REPORT_DIAGNOSE_WAITING_WALK_H

#include "report/diagnose/judge.h"

struct walk {
    struct judge *j;
    const struct session *s;
    struct standing now;
    struct mark progress;             /* the last packet that moved the session on */
    const struct event *head, *tail;  /* oldest unanswered, newest action of the client */
    const struct event *after_record; /* TLS: the event of the last record */
    bool connected, greeted, tls_due, content_due, auth_due, quit_answered;
    bool fin[SIDES];
    bool finished[SIDES], tls_done; /* a key log opens what follows the handshake */
    int64_t silence_ns;
    const struct event **transport; /* resent bytes and closed windows */
    size_t transport_count;
    const struct event **late; /* FINs and RSTs not met yet, in order */
    size_t late_count;
};

/* waiting_phase.c */
/* A command, line, content or chunk of the client: it has an answer due. */
bool walk_is_action(const struct event *e);
/* A reply of which the last line never came. */
bool walk_is_unfinished(const struct event *reply);
/* The phase things stand in between two events. */
enum phase walk_phase(const struct walk *w);

/* waiting_silence.c */
/* Nothing moved from the last progress to `until`; ended_by: NULL, or the event that moved it. */
void walk_silence(struct walk *w, struct mark until, const struct event *ended_by);
/* Silences between the packets of one event; `before` is the phase it found. */
void walk_silences_inside(struct walk *w, const struct event *e, enum phase before);

/* waiting_meet.c */
/* How things stand behind this event. */
void walk_meet(struct walk *w, const struct event *e);

#endif
