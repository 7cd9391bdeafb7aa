/* fleet_watch.h - what is remembered of sessions for the rules over many of them, in bounded
 * memory.
 *
 *   fleet_stations.c   every client and every server: failures, refusals, log-ins, rates
 *   fleet_backends.c   every machine behind an address
 *   fleet_logins.c     every user: refused, from where
 *   fleet_senders.c    every domain of senders: recipients that do not exist
 *   fleet_listed.c     blocklists that servers name
 *   fleet_tls.c        the same of TLS, and what a server chose
 *   fleet_shown.c      certificates of public providers, by name
 *   fleet_connect.c    connections that come up late
 *   fleet_pairs.c      every client with every server: probes, STARTTLS, TLS given up
 *   fleet_mails.c      every envelope: sent again, refused again, delivered twice
 *   fleet_silence.c    mail that stops coming
 *   fleet_room.c       who makes room in a full table
 *   fleet_sources.c    at the end: clients that fail, and everybody
 *   fleet_rules.c      at the end: what all that means
 *
 * In a table that is full somebody makes room (fleet_totals tells how many): of clients, servers
 * and pairs those worth least (sweep.h), of users and senders likewise (table.h), of envelopes and
 * networks the one not seen for the longest time, of providers the one that limited least. Only
 * certificates of providers are turned away.
 */
#ifndef REPORT_DIAGNOSE_FLEET_WATCH_H
#define REPORT_DIAGNOSE_FLEET_WATCH_H

#include "dissect/limits.h"
#include "report/diagnose/bins.h"
#include "report/diagnose/fleet_spells.h"
#include "report/diagnose/sweep.h"
#include "report/diagnose/table.h"

enum {
    STATIONS_MAX = LIMIT_WATCHED,
    PAIRS_MAX = LIMIT_WATCHED,
    MAILS_MAX = 8192, /* a power of two */
    ACCOUNTS_MAX = 1024,
    SENDERS_MAX = 1024,
    FEW_MAX = 8,
    WINDOW_BINS = 20,
    BACKENDS_MAX = 6, /* known by one thing */
    ISSUERS_MAX = 4,
    SAMPLES_MAX = 512,
    SAMPLED_STATIONS_MAX = 64,
    RECENT_MAX = 16,
    BUSY_MAX = 4,
    THROTTLERS_MAX = 32,
    NETWORKS_MAX = 64,
    CHOICES_MAX = 8,
    UNMET_MAX = 3,
    UNMET_VERSIONS = 8,
    UNMET_CIPHERS = 160,
    SHOWN_MAX = 64,
    SAMPLE_CLIENT = 0xffffff, /* what is kept of a hash */
};

/* Sessions in which something was seen. */
struct sightings {
    uint64_t count;
    struct mark first, last;
    uint64_t first_session, last_session;
    uint64_t examples[FLEET_EXAMPLES];
    size_t example_count;
};
/* Once per session. */
void sightings_add(struct sightings *g, struct mark at, uint64_t session);
/* Those of other sessions besides. */
void sightings_join(struct sightings *g, const struct sightings *more);

/* Up to FEW_MAX different numbers (hashes of addresses, of names). */
struct few {
    uint64_t id[FEW_MAX];
    unsigned count;
};
void few_add(struct few *few, uint64_t id);
bool few_has(const struct few *few, uint64_t id);
const char *few_more(const struct few *few); /* " or more" where it could hold no further one */

/* The most that fell into any ten minutes. */
struct window {
    bool running;
    int64_t newest; /* number of the last bin */
    uint32_t n[WINDOW_BINS];
    uint32_t sum, peak;
};
void window_add(struct window *w, int64_t time_ns, unsigned count);

/* Connections that came up, in steps of 30 s, and those of them that needed a second SYN. What is
 * known is the worst five minutes that are over. */
struct coming_up {
    bool running;
    int64_t newest; /* number of the last step */
    uint16_t all[WINDOW_BINS], slow[WINDOW_BINS];
    uint32_t worst_all, worst_slow; /* 0: none that counts */
};
void coming_up_add(struct coming_up *c, int64_t time_ns, bool slow);
/* Nothing comes any more: all of it is over. */
void coming_up_end(struct coming_up *c);

/* Certificates of one issuer with one kind of key, shown by a server, and when. */
struct issuer {
    uint64_t id, kind; /* hashes */
    int64_t first_ns, last_ns;
};

/* What a server chose, in how many handshakes. */
struct choice {
    uint16_t version, cipher;
    uint64_t sessions;
};

/* An offer that a server answered with an alert: no version, or nothing else in common. */
struct unmet {
    uint16_t version[UNMET_VERSIONS], cipher[UNMET_CIPHERS];
    uint8_t version_count, cipher_count;
    struct sightings by_version, by_cipher;
};

/* Certificates of one issuer for one name of a public provider. */
struct shown {
    const char *provider;
    uint64_t name, issuer; /* hashes */
    bool stamped;          /* they bear the stamps of certificate transparency */
    struct few clients;
    struct endpoint client; /* the first of them */
    struct sightings seen;
};

/* One machine behind a server's address. */
enum known_by { BY_NAME, BY_CERTIFICATE, BY_TTL, KNOWN_BY };
struct backend {
    enum known_by by;
    uint64_t group, id;        /* compared with those of the same group */
    char name[FLEET_NAME_MAX]; /* its own, or the certificate's serial number */
    uint64_t sessions, failed, unsure;
    struct sightings failures;
    struct few failing, fine; /* clients */
    struct bins_line bad_line, good_line;
};

struct sample {
    struct mark at;
    uint64_t session;
    float seconds;
    uint32_t phase : 8, client : 24; /* of that reply; of the hash of who waited for it */
};

/* A moment at which a server said that there were too many connections. */
struct busy {
    int64_t time_ns;
    unsigned open; /* connections at that moment */
};

/* The sessions of a client over time. */
struct past {
    struct bins_line all, bad;
    struct runs runs;
};

/* A client (without port) or a server (with port). */
struct station {
    uint64_t hash, met; /* met: number of the last look-up */
    bool gone;          /* makes room */
    struct endpoint end;
    enum side side;
    char name[FLEET_NAME_MAX];
    uint64_t sessions, failed; /* health checks and other probes are not counted */
    uint64_t unsure;   /* of those that did not fail: not captured whole, and not seen to end
                          well either */
    int64_t unsure_ns; /* the last session of which packets are missing; 0: none */
    struct sightings failures;
    struct few partners, failing;
    struct past *past; /* of a client that was met several times; NULL: not yet */
    uint64_t mails, refused_5xx, refused_4xx; /* of a server */
    uint64_t sent_5xx, sent_4xx;              /* of a client: its mails that were refused */
    uint64_t recipients, unknown;
    struct sightings unknowns;
    struct window harvest, asked; /* unknown recipients; all of them */
    uint32_t harvested; /* the most in ten minutes in which nearly all were unknown; 0: never */
    uint32_t harvested_of;
    struct sightings auth_failures;
    struct window auth_failed;
    struct mark auth_good_first, auth_good_last;
    uint64_t auth_good_session;
    struct {
        int64_t time_ns;
        uint64_t who, user;             /* the client where the user is not known */
    } recent[RECENT_MAX];               /* clients whose log-in failed here */
    unsigned recent_count, recent_most; /* most different ones within two minutes */
    bool recent_after_good;
    struct sightings broken; /* log-ins accepted here behind guesses at the same user */
    struct few listing;      /* servers that call this client listed */
    uint32_t lists;          /* those they name: bits of fleet_listed.c */
    struct sightings listings;
    struct few tls_partners;
    struct sightings tls_failures;
    char tls_rule[FINDING_ID_MAX];
    struct few blocked_25; /* servers whose port 25 gave no answer */
    struct sightings blocks;
    uint64_t reached_25, reached_other;
    struct coming_up coming_up;
    struct few with_starttls, without_starttls; /* clients that were offered it, or not */
    struct few unsure_starttls;                 /* or of which packets are missing */
    struct sightings stripped;
    struct sightings crowded;
    struct busy busy[BUSY_MAX];
    unsigned busy_count;
    struct issuer issuers[ISSUERS_MAX];
    unsigned issuer_count;
    struct choice chosen[CHOICES_MAX];
    unsigned chosen_count;
    bool chosen_more;    /* than are kept, or than was captured */
    struct unmet *unmet; /* NULL: none */
    unsigned unmet_count;
    struct sightings alternating; /* an issuer that was seen before another one, again */
    struct sightings duplicated;  /* messages accepted here a second time */
    uint64_t duplicates;
    bool duplicate_certain;              /* the first copy was accepted before our eyes, too */
    struct sightings hammered, repeated; /* tried again too often; refused for good, tried again */
    bool miscounted; /* a mail was accepted between two of the attempts counted */
    uint64_t hammered_most, repeated_mails;
    uint64_t rescued; /* mails that failed here and were accepted by another server */
    struct sightings rescues;
    uint64_t
        backend_first[KNOWN_BY]; /* the first machine: nothing else is kept until there are more */
    bool backend_more[KNOWN_BY];
    struct backend *backends; /* NULL: none yet */
    unsigned backend_count;
    struct sample *samples;
    size_t sample_count, sample_room, sample_step, sample_seen;
};

struct throttler {
    const char *provider; /* NULL: nobody known, then the server itself */
    struct endpoint end;
    struct sightings seen;
    struct window window;
};

struct pair {
    uint64_t met;
    struct endpoint end[SIDES];
    uint64_t probes;
    int64_t probe_last_ns;
    double intervals, mean, square; /* of their distances: how many, mean, sum of squares off it */
    struct sightings probe;
    struct mark tls_failed;
    uint64_t tls_failed_session;
    struct sightings fallback;
};

struct mail {
    uint64_t hash; /* of sender and recipients; 0: free */
    int64_t seen_ns;
    struct address client;
    struct mark risk, accepted; /* the first risk, the last time it was accepted; packet 0: never */
    uint64_t risk_session, accepted_session;
    bool risk_certain;  /* the server accepted it behind the client's back */
    bool told;          /* as a duplicate */
    uint64_t permanent; /* times it was refused for good */
    uint64_t streak;    /* attempts since the last success */
    struct mark streak_first, streak_last;
    uint64_t streak_by; /* whose the last of them was */
    struct mark grey;   /* last answer that greylisted it; packet 0: none */
    uint64_t grey_session;
    struct mark put_off; /* first 4xx to a recipient since the last success */
    struct mark failed_at;
    struct station *failed_station;
    int64_t settled_ns; /* the last attempt that was accepted, or may have been */
};

/* Greylisting, by client and by server. */
struct grey {
    struct sightings early, moved, passed;
    struct endpoint early_end, moved_end, passed_end;
    double shortest_s, passed_s;
    uint64_t explicit_count; /* of passed: the reply had said that it was greylisting */
};

/* A /24 or /64 from which log-ins were refused; the one not seen for the longest time makes room
 * (table.h).
 */
struct network {
    struct address address; /* family 0: free */
    int64_t seen_ns;
    struct few clients;
    struct sightings failures;
    struct window window;
};

/* A user of a server, by number, whose log-in was refused. */
struct account {
    struct table_entry entry; /* worth more: refused from several addresses */
    struct endpoint server;
    struct {
        uint64_t who;
        int64_t time_ns;        /* of the last refusal */
    } asker[FEW_MAX];           /* addresses it came from; the oldest makes room */
    unsigned asker_count, most; /* most of them within ten minutes */
    struct sightings failures;
};

/* A domain that mail is sent from, once a recipient of it was unknown. */
struct sender {
    struct table_entry entry; /* worth more: more recipients */
    char domain[FLEET_NAME_MAX];
    uint64_t recipients, unknown;
    uint64_t session; /* that it was met in first, which is not counted */
    struct sightings unknowns;
    struct few clients;
    struct endpoint client; /* the first of them */
};

/* One family of addresses. */
struct family {
    uint64_t connected;
    struct few failing, up; /* servers */
    struct sightings failures;
    struct endpoint end;
};

struct rhythm; /* fleet_silence.h */
struct watch;

/* The clock is the fleet's: it covers a session before that is added. */
struct watch *watch_new(const struct bins_clock *clock);
void watch_free(struct watch *w);
/* One judged session. */
void watch_add(struct watch *w, const struct session *s);

/* For the files named above. */
struct watch {
    struct rhythm *rhythm;
    struct station
        passing[SIDES]; /* who is forgotten at once: its place and name are true, no more */
    struct sweep_met met_stations;
    bool tls_failed; /* in some session */
    struct slots station_slots, pair_slots;
    struct station **stations;
    size_t station_count, sampled;
    struct pair **pairs;
    size_t pair_count;
    struct mail *mails;
    struct grey grey;
    struct family family[2]; /* IPv4, IPv6 */
    struct throttler throttlers[THROTTLERS_MAX];
    size_t throttler_count;
    struct {
        uint64_t server, client;
        int64_t from_ns, until_ns;
    } open[256]; /* the sessions that ended last, as a ring */
    size_t open_next;
    uint64_t mails_seen, refused_5xx, refused_4xx;
    uint64_t mails_unsure; /* whose answer was not captured; not among those seen */
    struct sightings refusals_5xx, refusals_4xx;
    const struct bins_clock *clock;
    struct bins_line mails_line, line_5xx, line_4xx; /* the same over time, by their sessions */
    struct bins_line unsure_line;
    struct network networks[NETWORKS_MAX];
    struct table accounts, senders;
    bool still_refused; /* the last session: a mail put off for hours was refused once more */
    struct shown shown[SHOWN_MAX];
    size_t shown_count;
    uint64_t forgotten;
    uint64_t met;         /* look-ups so far */
    uint64_t turned_away; /* clients, servers and pairs that made room, or found none */
    struct {
        uint64_t sessions, failed, unsure;
    } gone[SIDES]; /* of those that made room */
};

uint64_t watch_hash_address(const struct address *a, uint16_t port);
uint64_t watch_hash(uint64_t seed, const void *data, size_t len);
/* The same number for the same client or server. */
static inline uint64_t watch_id(const struct station *t)
{
    return watch_hash_address(&t->end.address, t->end.port);
}
/* NULL: no memory. Where the table is full a newcomer finds room only if it is met again, or if
 * `makes`: else it is somebody's who is forgotten at once. */
struct station *watch_station(struct watch *w, const struct endpoint *end, enum side side,
                              bool makes);
/* It is forgotten at once: what is noted of it is not judged. */
static inline bool watch_is_passing(const struct watch *w, const struct station *t)
{
    return t == &w->passing[t->side];
}
/* NULL: there is none, and it is not to be made; or no memory. */
struct pair *watch_pair(struct watch *w, const struct session *s, bool makes);
/* The finding of this session, or NULL. */
const struct finding *watch_finding(const struct session *s, const char *rule);
/* What made the session fail; NULL: nothing. */
const struct finding *watch_failure(const struct session *s);
/* All of it was captured: what it lacks, nobody sent. */
bool watch_is_whole(const struct session *s);
/* It may have failed where nobody looked. */
bool watch_is_unsure(const struct session *s);
/* fleet_room.c: what a client or server holds besides itself; a quarter of the stations, of the
 * pairs. */
void watch_free_station(struct station *t);
void watch_make_room(struct watch *w);
void watch_make_room_for_pairs(struct watch *w);
uint64_t watch_pair_hash(const struct endpoint *client, const struct endpoint *server);
void watch_add_stations(struct watch *w, const struct session *s);
void watch_add_pair(struct watch *w, const struct session *s);
void watch_add_backends(struct watch *w, struct station *server, const struct session *s,
                        const struct finding *failure);
void watch_add_tls(struct station *client, struct station *server, const struct session *s);
void watch_add_shown(struct watch *w, const struct session *s);
void watch_add_mails(struct watch *w, const struct session *s, struct station *client,
                     struct station *server);
void watch_add_senders(struct watch *w, const struct session *s);
/* The blocklists that the replies of this finding name, as bits. */
uint32_t watch_lists_of(const struct finding *listed);
void watch_add_logins(struct watch *w, const struct session *s, struct station *client,
                      struct station *server);
void watch_name(char name[FLEET_NAME_MAX], const struct session *s, enum side side);

#endif
