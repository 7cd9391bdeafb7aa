/* fleet.h - findings over many sessions, in bounded memory: groups by rule and peer, peers, bins of
 * time, and the verdict. */
#ifndef REPORT_DIAGNOSE_FLEET_H
#define REPORT_DIAGNOSE_FLEET_H

#include "capture/source.h"
#include "report/diagnose/diagnose.h"

enum { FLEET_EXAMPLES = 5, FLEET_BINS = 60, FLEET_NAME_MAX = 128, FLEET_SUMMARY_MAX = 400 };

/* Bands of the charts: what a session counts as. */
enum band {
    BAND_COMPLETED,
    BAND_NO_REPLY,
    BAND_RESET,
    BAND_REJECTED,
    BAND_SEQUENCE,
    BAND_TLS,
    BAND_CONNECT,
    BAND_ABORTED,
    BAND_ENCRYPTED,
    BAND_OPEN,
    BANDS
};
extern const char *const band_names[BANDS]; /* "completed", "no reply", ... */

/* Who we are in some sessions, as far as --ours tells. */
enum ours { OURS_UNKNOWN, OURS_CLIENT, OURS_SERVER };

/* One finding as it stands over sessions: same rule, same peer. */
struct group {
    unsigned number; /* 1 is F1; given at the end */
    char rule[FINDING_ID_MAX];
    enum severity severity; /* the worst */
    enum party points_to;
    enum confidence confidence; /* the lowest */
    enum phase phase;
    bool is_primary;     /* primary in at least one session */
    bool unproven;       /* unproven in every session */
    bool cross_session;  /* seen only across sessions: no session record carries it */
    struct address peer; /* the server when we are the client or do not know; else client */
    uint16_t peer_port;
    unsigned addresses; /* that it is about, peer is one of them; 0: peer alone */
    enum side peer_side;
    enum ours ours;                 /* known at the end */
    char peer_name[FLEET_NAME_MAX]; /* as it called itself, raw; "" if never */
    uint64_t sessions, of;          /* with this finding; of all of that peer while it lasted */
    uint64_t open_count;            /* of them still waiting at the end */
    struct mark first, last;
    uint64_t first_session, last_session;
    bool open;                         /* still so at the end of the capture */
    double longest_s, shortest_s;      /* waits it speaks of */
    uint64_t examples[FLEET_EXAMPLES]; /* session ids, earliest first */
    size_t example_count;
    char summary[FLEET_SUMMARY_MAX]; /* of one session that points there; raw wire text inside, len
                                        in summary_len */
    size_t summary_len;
    uint64_t summary_session;
    uint64_t mail_unknown; /* complete messages without a known fate in these sessions */
    unsigned part_of;      /* number of the group it came with, in the same sessions: cause or
                              main sign of the same fault; 0: it stands for itself */
    uint32_t bins[FLEET_BINS];
};

struct peer {
    struct address address;
    uint16_t port;
    enum side side;
    char name[FLEET_NAME_MAX];
    uint64_t sessions, failed;
    double rtt_s; /* smallest handshake round trip; negative: none */
    double slowest_reply_s;
    struct mark last_good; /* last session that completed */
    uint32_t bin_all[FLEET_BINS], bin_failed[FLEET_BINS];
};

struct bins {
    int64_t start_ns, width_ns; /* of the first bin; all have this width */
    size_t count;               /* in use */
    uint32_t n[FLEET_BINS][BANDS];
};

/* The four boxes: our side or the client, path, their TCP, their mail application. */
enum link { LINK_CLIENT, LINK_PATH, LINK_SERVER_TCP, LINK_SERVER_APP, LINKS };
enum link_state { LINK_UNKNOWN, LINK_OK, LINK_SUSPECT, LINK_FAILED };

struct chain_link {
    enum link_state state;
    char text[160]; /* "acknowledged the \".\" in 21 ms"; our words only */
};

/* A moment worth a line in a postmortem. */
enum moment_kind {
    MOMENT_LAST_GOOD,
    MOMENT_FIRST_FAILURE,
    MOMENT_FIRST_MTA_LOG,
    MOMENT_LAST_FAILURE,
    MOMENT_RECOVERY,
    MOMENT_CAPTURE_END,
    MOMENT_KINDS
};
extern const char *const moment_kind_names[MOMENT_KINDS]; /* "last-good", ... */
struct moment {
    enum moment_kind kind;
    struct mark at;
    uint64_t session; /* 0: none */
    unsigned group;   /* number; 0: none */
};

struct verdict {
    bool exists;               /* false: no fault found */
    const struct group *group; /* what it is about */
    enum severity severity;    /* of the group, or of the worse one that it explains */
    const char *next_step;     /* what to do about it; our words */
    char headline[240];        /* "mail.example stopped replying after end of data" raw */
    size_t headline_len;
    struct chain_link chain[LINKS];
    const char *mail;   /* the same in two words: "Accepted" */
    char fate[320];     /* what became of the mail; our words */
    char extent[320];   /* "160 timed out after 600 s, 54 still waiting ..." */
    char before[240];   /* what came just before it began: "3.02 s after ..."; may be empty */
    char doubt[240];    /* what would change the verdict */
    int64_t mta_log_ns; /* earliest instant an MTA log can show it; 0: does not apply */
    uint64_t mail_unknown;
};

struct fleet_totals {
    uint64_t sessions, completed, failed, encrypted, midway, one_sided, lossy, open, not_smtp;
    uint64_t accepted, rejected, unknown; /* messages */
    double slowest_reply_s;
    enum phase slowest_phase;
    uint64_t slowest_session;
    uint64_t forgotten_peers, forgotten_groups; /* beyond the limits on memory */
    uint64_t forgotten_watched; /* envelopes, networks: the rules over many sessions */
    uint64_t turned_away;       /* likewise: clients, servers and pairs of them */
    /* With --trust: sessions whose certificate leads to a trusted issuer, does not, could not be
     * seen. */
    uint64_t verified, untrusted, unverifiable;
    enum severity worst;
    bool any_finding;
};

/* A time without mail that is too long, as far as it is proven. */
struct fleet_silence {
    int64_t since_ns;        /* the last mail */
    int64_t until_ns;        /* the last connection that came up without bringing any */
    uint64_t tries;          /* such connections */
    double seconds, usual_s; /* its length; the usual time between mails before */
};

struct fleet;

struct fleet *fleet_new(const struct settings *settings);
void fleet_free(struct fleet *f);
/* Counts one finished, diagnosed session. Before redaction. */
void fleet_add(struct fleet *f, const struct session *s);
/* What the inputs themselves say about the capture: drops, a clock that ran backwards. At the end,
 * before fleet_finish. */
void fleet_inputs(struct fleet *f, const struct source *source);
/* Live: packets were lost between these moments. */
void fleet_lost(struct fleet *f, int64_t from_ns, int64_t until_ns);
/* Live: mail has stopped coming (mail-silence) and the open sessions brought none behind that
 * moment, INT64_MIN for never: the latest of fleet_mail_of over all of them. */
bool fleet_is_silent(const struct fleet *f, int64_t open_mail_ns, struct fleet_silence *out);
/* Live: a check that --probe names is missing, by its number. False: it is not, or what came of it
 * may have been among packets that were lost. good_ns: the last one that went well; INT64_MIN: none
 * did. */
bool fleet_probe_missing(const struct fleet *f, size_t probe, int64_t now_ns, int64_t *good_ns);
/* When this session began a mail for the last time, or may have; INT64_MIN: never. */
int64_t fleet_mail_of(const struct session *s);
/* Names groups F1..., orders them (severity, sessions, first), forms the verdict. Called once. */
void fleet_finish(struct fleet *f, struct mark capture_first, struct mark capture_last);

size_t fleet_group_count(const struct fleet *f);
const struct group *fleet_group(const struct fleet *f, size_t index);
size_t fleet_peer_count(const struct fleet *f); /* most sessions first */
const struct peer *fleet_peer(const struct fleet *f, size_t index);
const struct bins *fleet_bins(const struct fleet *f);
const struct verdict *fleet_verdict(const struct fleet *f);
const struct fleet_totals *fleet_totals(const struct fleet *f);
size_t fleet_moment_count(const struct fleet *f);
const struct moment *fleet_moment(const struct fleet *f, size_t index); /* by time */
/* Which group of the finished fleet a session's finding belongs to is known only at the end; a
 * writer that needs F-numbers in rows written earlier resolves them through this key. */
const struct group *fleet_find(const struct fleet *f, const struct finding *finding,
                               const struct session *s);

#endif
