/* rules.h - the one table of rules: what can be found, when, and what it means.
 *
 * The table's order is the order in which rules are judged: a rule may look at what those above it
 * raised (judge_raised). Adding a rule is a row here and its words in data/rules.def.
 */
#ifndef REPORT_DIAGNOSE_RULES_H
#define REPORT_DIAGNOSE_RULES_H

#include <stdio.h>

#include "report/diagnose/finding.h"

struct judge; /* judge.h */

/* What a session must show before a rule is worth calling; found in one pass over its events. */
enum needs {
    NEEDS_NOTHING = 0,
    NEEDS_FLAW = 1,       /* capture quality: a gap, a cut, twins, a missing start or direction */
    NEEDS_CONNECT = 2,    /* the handshake was not two SYNs and an ACK */
    NEEDS_ICMP = 4,       /* an ICMP error */
    NEEDS_RST = 8,        /* a reset */
    NEEDS_ABRUPT = 16,    /* ended otherwise than by QUIT */
    NEEDS_WAIT = 32,      /* a silence of more than a second */
    NEEDS_REFUSAL = 64,   /* a 4xx or 5xx reply */
    NEEDS_RESENT = 128,   /* bytes sent again */
    NEEDS_WINDOW = 256,   /* a closed window */
    NEEDS_COMMAND = 512,  /* a command in clear */
    NEEDS_OPEN = 1024,    /* neither FIN nor RST */
    NEEDS_EARLY = 2048,   /* client bytes before the end of the greeting */
    NEEDS_CONTENT = 4096, /* message content */
    NEEDS_OFFLOAD = 8192, /* segments above the announced maximum */
    /* traits.c */
    NEEDS_HELLO = 1 << 14,       /* EHLO or HELO */
    NEEDS_ODD_COMMAND = 1 << 15, /* unknown, very long, or with bytes that none should have */
    NEEDS_ODD_REPLY = 1 << 16,   /* not as RFC 5321 section 4.2 wants it, or not asked for */
    NEEDS_ODD_CONTENT = 1 << 17, /* line ends, dots, long lines, octets above 127 */
    NEEDS_PIPELINED = 1 << 18,   /* something was sent before the last thing was answered */
    NEEDS_CHUNK = 1 << 19,       /* BDAT */
    NEEDS_PARAMETER = 1 << 20,   /* of MAIL or RCPT */
    NEEDS_AUTH = 1 << 21,
    NEEDS_STARTTLS = 1 << 22, /* the command */
    NEEDS_TLS = 1 << 23,      /* a record */
    NEEDS_MAIL = 1 << 24,     /* a transaction */
    NEEDS_DOUBT = 1 << 25,    /* bytes that are missing, or there in two versions */
};

/* Among causes of one instant the first kind wins. CAUSE_NONE is never primary. */
enum cause {
    CAUSE_TRANSPORT,
    CAUSE_TLS,
    CAUSE_TEXT,
    CAUSE_ENHANCED,
    CAUSE_CODE,
    CAUSE_SEQUENCE,
    CAUSE_TIMING,
    CAUSE_NONE,
};

struct rule {
    const char *id;         /* without the phase */
    bool phased;            /* the published id carries "-<phase>" */
    const char *section;    /* of the catalogue: "A" capture, "B" connecting, "C" transport ... */
    enum severity severity; /* usual; a finding may carry another */
    enum party points_to;   /* usual */
    enum cause cause;
    enum outcome outcome; /* of a session that failed by it */
    enum phase phase;     /* for rules that exist once per phase */
    const char *title;    /* a few words */
    const char *headline; /* verdict about a peer, @ standing for its name */
    const char *trigger, *not_trigger, *causes, *next_step, *source;
    unsigned needs;                                          /* enum needs, all of them */
    void (*judge)(struct judge *j, const struct rule *rule); /* NULL: raised over many sessions */
};

/* Rules to be called for a session, in the table's order. */
struct rule_list {
    const struct rule *const *rules;
    size_t count;
};

size_t rules_count(void);
const struct rule *rules_at(size_t index);
/* Those that a session with these traits (enum needs) may meet; of rules in a row that rule_refused
 * judges, the first stands for all. Valid until the next call. */
struct rule_list rules_for(unsigned has);
/* By id; an id that carries a phase ("tcp-reset-by-server-data") finds its rule. NULL: unknown. */
const struct rule *rules_find(const char *id);
/* Section A: never primary, never flags a session, never makes a verdict. */
bool rules_is_quality(const struct rule *rule);
/* All rules in short, or one explained. False: there is no such rule. */
bool rules_print(FILE *out, const char *id_or_null);
/* All rules as a page of docs/findings.md. */
void rules_print_markdown(FILE *out);

#endif
