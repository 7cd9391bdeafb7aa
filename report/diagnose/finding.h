/* finding.h - what we make of a session: opinions, each with its evidence. */
#ifndef REPORT_DIAGNOSE_FINDING_H
#define REPORT_DIAGNOSE_FINDING_H

#include "dissect/session.h"
#include "report/settings.h"

enum { FINDING_EVIDENCE_MAX = 8, FINDING_ID_MAX = 64 };

enum vantage { VANTAGE_UNKNOWN, VANTAGE_CLIENT, VANTAGE_SERVER };
enum capture_kind { CAPTURE_FULL, CAPTURE_MIDWAY, CAPTURE_ONE_SIDED, CAPTURE_LOSSY, CAPTURE_KINDS };
extern const char *const capture_kind_names[CAPTURE_KINDS]; /* "full", "midway", ... */

struct rule; /* report/diagnose/rules.h */

/* A silence of more than a second, and who everybody was waiting for. */
struct wait {
    struct mark from, until; /* until: the packet that ended it, or the end of the capture */
    double seconds;
    enum party owner;                /* client, server, network or unknown */
    enum phase phase;                /* of the session while it lasted */
    const struct event *outstanding; /* what was unanswered; NULL: nothing */
    double limit_s;                  /* 0: none applies */
    bool open;                       /* not ended when the capture did */
    bool left;                       /* the client closed then: its FIN was acknowledged, not
                                        captured */
    const struct event *ended_by;    /* NULL: nothing did, or a pause inside one event */
    struct wait *next;
};

struct finding {
    const struct rule *rule;
    char id[FINDING_ID_MAX]; /* rule id with its phase filled in */
    enum severity severity;
    enum party points_to;
    enum confidence confidence;
    enum phase phase;
    bool primary;
    bool fatal;          /* it made success impossible */
    bool suspect;        /* harmless as far as anybody can tell, but the cause if there is one */
    bool unproven;       /* the gap rule applies: confidence is low and the summary says so */
    struct mark at;      /* when it happened */
    uint32_t count;      /* how often in this session, when more than once matters; else 0 */
    struct text summary; /* one sentence; wire text in it is raw and escaped by the writer */
    bool wire_text;      /* the summary holds bytes of the wire */
    const struct event *evidence[FINDING_EVIDENCE_MAX]; /* in order of time */
    struct mark frames[FINDING_EVIDENCE_MAX];           /* the packet to look at, one for each */
    size_t evidence_count;
    double waited_s; /* seconds of silence it speaks of; 0: none */
    struct finding *next;
};

struct diagnosis {
    enum outcome outcome;
    enum phase phase; /* where it ended */
    enum vantage vantage;
    enum capture_kind capture;
    struct wait *waits;            /* in order of time */
    struct finding *findings;      /* primary first, then by severity, then by time */
    const struct finding *primary; /* NULL: nothing made this session fail */
    bool flagged;                  /* a finding of warning or worse outside section A */
    bool probe;                    /* no mail was offered: left out of rates */
    double slowest_reply_s;        /* longest delay of a reply; negative: none measured */
    enum phase slowest_phase;
};

#endif
