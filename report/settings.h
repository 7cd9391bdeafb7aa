/* settings.h - everything an operator can set, with its default; filled by options.c, read by all
 * of this floor. */
#ifndef REPORT_SETTINGS_H
#define REPORT_SETTINGS_H

#include "capture/packet.h"
#include "dissect/net/address.h"
#include "report/vocabulary.h"

enum verb_name { RUN_READ, RUN_LIVE, RUN_REPLAY, RUN_SHOW, RUN_CUT, RUN_DIFF, RUN_RULES };

enum { PORTS_MAX = 64, OURS_MAX = 64, INTERFACES_MAX = 16, SERVER_NAMES_MAX = 16, PROBES_MAX = 16 };

enum limit_origin { LIMIT_FROM_RFC, LIMIT_FROM_CATALOGUE, LIMIT_FROM_OPTION, LIMIT_FROM_CONFIG };

/* How long the side named may take in a phase before its silence is a timeout. */
struct phase_limit {
    double seconds; /* 0: none */
    enum limit_origin origin;
};

struct tls_keylog; /* dissect/tls/keylog.h */
struct reply_rows; /* report/diagnose/replies.h */
struct tls_trust;  /* dissect/tls/certificate.h */

struct settings {
    enum verb_name run;
    char **files; /* of the command line */
    size_t file_count;
    bool many_files; /* several, or a directory: frames are told with the number of their file */
    const char *session; /* show: the id or client ip:port asked for */
    uint16_t ports[PORTS_MAX];
    size_t port_count;
    struct prefix ours[OURS_MAX];
    size_t ours_count;
    const char *interfaces[INTERFACES_MAX];
    size_t interface_count;
    const char *bpf;                /* live: replaces the port filter */
    const char *user;               /* live: account to run as */
    double speed;                   /* replay; 0: as fast as possible */
    int64_t since_ns, until_ns;     /* INT64_MIN, INT64_MAX: not given */
    const char *html, *xml, *jsonl; /* paths, "-" for standard output, NULL: not asked for */
    enum steps steps;
    enum redact redact;
    const char *redact_key; /* file */
    bool fail_on_set;
    enum severity fail_on;
    struct phase_limit client_limit[PHASES]; /* client waits for server: RFC 5321 section 4.5.3.2 */
    struct phase_limit server_limit;         /* server waits for the next command: 300 s */
    const struct reply_rows *reply_rows;     /* the user's rows of reply texts; NULL: none */
    const struct tls_trust *trust; /* certificates are verified against it; NULL: they are not */
    const char *trust_name;        /* as given: a path, or "system" */
    const char *server_names[SERVER_NAMES_MAX]; /* what certificates must be made out to */
    size_t server_name_count;
    struct {
        struct address client;
        double seconds;   /* at least once in so many */
    } probes[PROBES_MAX]; /* checks that are expected */
    size_t probe_count;
    const char *keylog;      /* file; NULL: none */
    struct tls_keylog *keys; /* secrets of that file and of the captures (report/keys.h) */
    bool hash;               /* input hashes wanted (HTML or XML is written, or --hash) */
    bool no_ndpi;            /* nDPI is never asked */
    bool quiet, verbose, local_time;
    enum color color;
    int argc;
    char **argv; /* the command line as given, for the reports' provenance */
};

/* What holds when nobody says otherwise. */
void settings_defaults(struct settings *settings);

#endif
