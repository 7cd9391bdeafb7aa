/* fleet_state.h - what the files of the fleet share; nobody else includes it.
 *
 *   fleet.c    counts sessions
 *   fleet_end.c  orders the groups at the end, tells what holds over all sessions
 *   fleet_destinations.c  servers that fail, each for itself or several of one owner
 *   fleet_before.h  what came just before a fault began
 *   fleet_owners.c  whose server one is
 *   fleet_spells.h  outages that are over
 *   fleet_rules.c  the rules over many sessions; fleet_watch.h what they rest on
 *   fleet_probes.c  checks that are expected
 *   groups.c   the tables of groups and peers; sweep.h who makes room
 *   bins.c     counts over time
 *   verdict*.c  the one sentence; verdict_parts.h what its files share
 */
#ifndef REPORT_DIAGNOSE_FLEET_STATE_H
#define REPORT_DIAGNOSE_FLEET_STATE_H

#include "report/diagnose/bins.h"
#include "report/diagnose/fleet_spells.h"
#include "report/diagnose/fleet_watch.h"
#include "report/diagnose/rules.h"

/* What a table holds at most. Beyond it what is worth least makes room: peers met once or twice,
 * that never came up or from which nothing came; groups below a warning, of one session or two. */
enum {
    GROUPS_MAX = LIMIT_FINDING_GROUPS,
    PEERS_MAX = LIMIT_PEERS,
    MOMENTS_MAX = MOMENT_KINDS,
    HOLES_MAX = 16
};

/* What was said in the latest good sessions, by its hash, and how often in turn. */
struct same {
    uint64_t what, count;
};

struct peer_entry {
    struct peer peer;
    uint64_t met; /* number of the last look-up that found it */
    bool gone;    /* makes room */
    struct bins_line all, failed;
    struct mark last_failed; /* latest cause of a failure */
    struct mark good_again;  /* earliest good session behind it; packet 0: none */
    uint64_t good_session;   /* of last_good */
    uint64_t good_again_session;
    uint64_t good;   /* sessions that completed */
    uint64_t unsure; /* neither failed nor captured whole */
    uint64_t probes;
    struct runs *runs;               /* NULL: none failed */
    int64_t earliest_ns, latest_ns;  /* beginnings of sessions */
    int64_t unsure_ns;               /* the latest of which packets are missing; 0: none */
    struct same banner, certificate; /* of a server */
    /* Whose server it is, as far as sessions with it told (fleet_owners.c). */
    const char *provider;    /* NULL: not known */
    char to[FLEET_NAME_MAX]; /* the domain that mail is handed over for here; "": none yet */
    bool to_more;            /* than that one */
    uint8_t asked;           /* sessions that were asked for the provider */
    char other_name[FLEET_NAME_MAX]; /* where it greets without a name */
    struct group_entry *destination; /* with others, as one; NULL: it stands for itself */
    struct {
        uint64_t count;
        double longest_s;
    } waiting[PHASE_COUNT]; /* open at the end, the server silent for long, within its limit */
};

struct group_entry {
    struct group group;
    uint64_t met; /* the same */
    bool gone;
    const struct rule *rule;
    struct peer_entry *peer;         /* NULL: forgotten */
    const struct group_entry *shows; /* one whose sessions show this one, of several; NULL: none */
    struct group_entry *with; /* the cause in every session that has this finding; NULL: itself, or
                                 not always the same */
    struct bins_line line;
    int64_t unsure_before_ns;         /* unsure_ns of that peer when the group began */
    bool new_banner, new_certificate; /* its first session showed another one than the good ones */
    int64_t votes;                    /* for points_to, less those against */
    uint64_t peer_sessions_before;    /* of that peer, when the group began */
    struct mark good_after;           /* of several peers (peer is NULL): the next good session */
    uint64_t good_after_session;
    struct mark good_before; /* last good session of the peer when the group began */
    uint64_t good_before_session;
    uint64_t gave_up;          /* sessions in which a client's patience ended */
    int64_t first_given_up_ns; /* earliest end of such a wait; 0: none */
    double open_longest_s;
    double limit_s; /* of the first wait it speaks of */
    /* Evidence for the chain of links, over all its sessions. */
    uint64_t segments, retransmits;
    double rtt_s;        /* smallest; negative: none */
    double ack_s;        /* longest time until what is unanswered was acknowledged; negative */
    bool all_acked;      /* every byte of the waiting side was acknowledged, every time */
    bool near_server;    /* every capture was made near the server */
    bool server_resent;  /* what was sent again in vain was the server's, every time */
    uint64_t rejections; /* sessions whose evidence is a 4xx or 5xx */
    uint64_t refused_for_good; /* a 5xx */
    /* The mail of these sessions. */
    uint64_t mails, contents; /* begun; sent whole */
    uint64_t accepted, refused;
    uint64_t to, not_to; /* recipients of what was accepted; those of them that were refused */
    uint64_t late_accepted, late_refused; /* decided when the client had left */
    uint64_t encrypted;                   /* sessions with TLS */
};

struct groups {
    struct slots slots;
    struct group_entry **list;
    size_t count;
    struct sweep_met met_groups;
    uint64_t met;       /* look-ups so far */
    uint64_t forgotten; /* those that made room, and newcomers without room */
    bool closed;        /* nobody makes room any more: the list is being read */
};

struct peers {
    struct slots slots;
    struct peer_entry **list;
    size_t count;
    struct sweep_met met_peers;
    uint64_t met;
    struct groups *groups; /* whose peers they are */
    struct bins_clock *clock;
    uint64_t forgotten;                /* those that made room */
    uint64_t sessions, failed, unsure; /* theirs */
    struct bins_line all, failed_line;
    struct runs runs;             /* of all */
    struct bins_line unsure_line; /* likewise */
};

/* What came of a client that --probe names. */
struct expected_probe {
    uint64_t sessions, failed, missed; /* missed: times that were too long without a good one */
    double longest_s;                  /* of them */
    struct mark good;                  /* the latest one that went well */
    uint64_t good_session;
    struct sightings wrong;
};

struct fleet {
    const struct settings *settings;
    struct bins_clock clock;
    struct groups groups;
    struct peers peers;
    struct watch *watch;
    struct bins_line bands[BANDS];
    struct bins bins;
    struct fleet_totals totals;
    struct expected_probe probes[PROBES_MAX];
    struct {
        int64_t from_ns, until_ns;
    } holes[HOLES_MAX]; /* in which nothing was captured */
    size_t hole_count;
    bool dropped;   /* the capture lost packets */
    bool lost_told; /* when packets were lost (fleet_lost) */
    struct verdict verdict;
    struct moment moments[MOMENTS_MAX];
    size_t moment_count;
    struct mark capture_first, capture_last;
};

/* NULL: there is no memory, or no room for one that comes for the first time: `makes` room for it.
 */
struct peer_entry *peers_get(struct peers *p, const struct endpoint *end, enum side side,
                             bool makes);
/* A session of one that found no room. */
void peers_pass(struct peers *p, int64_t time_ns, bool failed);
/* NULL: it is not there. */
struct peer_entry *peers_find(const struct peers *p, const struct endpoint *end, enum side side);
bool peers_init(struct peers *p, struct groups *groups, struct bins_clock *clock);
void peers_free(struct peers *p);

bool groups_init(struct groups *g);
void groups_free(struct groups *g);
struct group_entry *groups_find(const struct groups *g, const char *id, const struct endpoint *end,
                                enum side side);
/* Finds or makes it; NULL: no memory, full and closed, or no room for one that comes for the first
 * time: `makes` room for it. May forget others, but none of those looked up for the same session.
 */
struct group_entry *groups_get(struct groups *g, const char *id, const struct endpoint *end,
                               enum side side, bool makes);
/* Room for what is raised at the end, the last that makes any. */
void groups_close(struct groups *g);

/* The other end of the session, seen from us. */
enum side fleet_peer_side(const struct settings *settings, const struct session *s);
/* fleet_owners.c: whose server it is, as this session. */
void fleet_note_owner(struct peer_entry *server, const struct session *s);
bool fleet_is_ours(const struct settings *settings, const struct address *a);
uint64_t fleet_hash(const char *id, const struct endpoint *end, enum side side);

#endif
