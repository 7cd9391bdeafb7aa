/* session.h - the model: everything we know about one connection; what this floor hands up.
 *
 * Who may rely on what: a session handed to a sink is complete as far as the packets went; all
 * pointers in it live until session_free. Writers and rules only read it.
 */
#ifndef DISSECT_SESSION_H
#define DISSECT_SESSION_H

#include "dissect/event.h"
#include "dissect/limit.h"

enum method { METHOD_NONE, METHOD_DATA, METHOD_BDAT };

enum tx_outcome { TX_UNKNOWN, TX_ACCEPTED, TX_REJECTED, TX_ABORTED, TX_OUTCOMES };
extern const char *const tx_outcome_names[TX_OUTCOMES];

struct recipient {
    struct text to;     /* the path as sent, "<user@example.org>" */
    struct text params; /* what follows it, blank-separated; empty: none */
    uint16_t code;      /* of its reply; 0: none seen */
    struct enhanced enhanced;
    struct event *command; /* its reply is command->facts->command.reply */
    struct recipient *next;
};

/* One mail: from MAIL to its final reply, RSET, or the end. */
struct transaction {
    uint32_t n;             /* from 1 in the session */
    struct text from;       /* the reverse-path as sent, "<>" for the null sender */
    struct text params;     /* blank-separated MAIL parameters */
    uint64_t declared_size; /* SIZE=; UINT64_MAX: not given */
    struct recipient *recipients, **recipients_tail;
    uint32_t recipient_count, accepted_count, rejected_count; /* all, kept or not */
    enum method method;
    uint64_t bytes; /* octets of content, as the contract counts them */
    bool content_begun, content_complete;
    bool uncertain;        /* a gap fell into it: parts may be missing */
    bool unframed;         /* whether it is a mail at all hangs on an end of content that only some
                              servers take for one, and what came before was not captured */
    struct event *mail;    /* its MAIL command; NULL when it was not captured */
    struct event *data;    /* its DATA or last BDAT command */
    struct event *content; /* its CONTENT, or last CHUNK */
    struct event *final;   /* the reply to the end of the content; NULL: none seen */
    struct text queue_id;  /* as the server named it in that reply; empty: none found */
    enum tx_outcome outcome;
    struct mark first, last;
    struct transaction *next;
};

/* A keyword of the last EHLO reply, parameters included ("SIZE 52428800"). */
struct keyword {
    struct text text;
    struct keyword *next;
};

enum auth_outcome { AUTH_NONE, AUTH_UNFINISHED, AUTH_ACCEPTED, AUTH_REFUSED, AUTH_OUTCOMES };
extern const char *const auth_outcome_names[AUTH_OUTCOMES]; /* "", "unfinished", ... */

enum tls_use { TLS_NONE, TLS_STARTTLS, TLS_IMPLICIT, TLS_USES };
extern const char *const tls_use_names[TLS_USES];

struct smtp_facts {
    bool spoken;              /* a greeting, a reply or a known command was seen */
    const char *foreign;      /* the protocol that the client's first line belongs to, "HTTP"; NULL:
                                 none that we know */
    bool hello_sent;          /* an EHLO, HELO or LHLO was seen, whatever the answer */
    struct event *greeting;   /* the first reply; NULL: none seen */
    struct mark first_client; /* first packet with payload from the client; packet 0: none */
    struct mark first_server;
    struct text helo;         /* argument of the last EHLO, HELO or LHLO */
    bool esmtp;               /* an EHLO or LHLO was accepted */
    struct event *ehlo;       /* the accepted EHLO/HELO of the current TLS layer */
    struct keyword *keywords; /* of the last accepted EHLO */
    uint32_t keyword_count;
    struct text auth_mechanism; /* of the last AUTH, upper case; empty: none */
    enum auth_outcome auth;
    bool auth_in_clear;         /* an AUTH exchange was not protected by TLS */
    enum tls_use tls;           /* a TLS record was seen: after STARTTLS, or from the first byte */
    struct event *starttls;     /* the STARTTLS command that was answered 220 */
    struct event *quit;         /* the last QUIT */
    uint32_t commands, replies; /* counts, folded ones included */
    struct transaction *transactions, *transactions_last;
    uint32_t transaction_count; /* folded ones included */
    uint32_t accepted_count, rejected_count;
    uint64_t outstanding;  /* commands without a reply when the session was handed up */
    struct event *waiting; /* the oldest of them */
};

struct tls_details;
struct tls_keylog;

struct tls_facts {
    bool seen[SIDES];  /* a TLS record came from this side */
    bool hello[SIDES]; /* a ClientHello, a ServerHello was read */
    uint16_t version;  /* negotiated; 0x0304 is TLS 1.3; 0: no ServerHello */
    uint16_t cipher;
    bool finished[SIDES]; /* ChangeCipherSpec or an encrypted record was sent */
    bool established;     /* application data went both ways, or both sides finished */
    uint64_t app_records[SIDES], app_bytes[SIDES];
    struct event *alert;            /* the first readable alert that is not close_notify */
    bool retry;                     /* a HelloRetryRequest was seen */
    bool resumed;                   /* of an earlier session: no certificates are sent */
    bool renegotiated;              /* a second handshake, inside the first one's protection */
    struct mark finished_at[SIDES]; /* the first packet with what `finished` says */
    bool opened;         /* records were opened with a key log: what was said inside is told */
    bool dark;           /* with a key log: records that it did not open hide what was said */
    struct mark dark_at; /* the first of them */
    bool early;          /* with a key log: early data, which is not opened */
    uint8_t keys;        /* enum tls_keys (dissect/tls/decrypt.h), when the session ended */
    struct tls_details *details; /* dissect/tls/facts.h; NULL: no hello, no certificate was read */
};

enum handshake {
    HANDSHAKE_COMPLETE,
    HANDSHAKE_REFUSED,
    HANDSHAKE_UNANSWERED,
    HANDSHAKE_MISSING,
    HANDSHAKE_HALF,
    /* SYN-ACK seen, never acknowledged */ HANDSHAKES
};
extern const char *const handshake_names[HANDSHAKES];

/* What few connections have: kept only where it was seen. */
struct tcp_stress {
    int64_t quiet_ns; /* the last silence of both sides that new bytes of this side ended, when it
                         was longer than LIMIT_QUIET_SECONDS; 0: none */
    uint64_t quiet_offset;               /* the first of those bytes */
    struct mark quiet_from, quiet_until; /* the packets around it */
    uint64_t beyond;        /* stream position that its own packets, or what the other side reported
                               to have, say it had sent up to; more than `sent`: not captured */
    uint64_t doubled_bytes; /* of this side's bytes, those the other side reported to have got twice
                               (RFC 2883) */
    uint32_t sacks_outside; /* blocks reported about this side's bytes that lie far from any of them
                             */
    struct mark sack_outside; /* the first */
    uint32_t flight_most;     /* octets sent and not acknowledged, at most */
    uint32_t acks, acks_full; /* acknowledgements of new bytes; those that came when at least three
                                 quarters of the window were under way */
    bool others_worked;       /* behind quiet_from, and until 5 minutes behind quiet_until, another
                                 connection between the two hosts came up and worked */
    uint32_t window_most;     /* largest window the other side advertised, scaled */
    uint16_t window_raw_most; /* the same as in the header */
};

struct tcp_side {
    uint64_t packets;
    uint64_t bytes; /* payload octets, each counted once */
    uint64_t data_segments;
    uint64_t retransmits, retransmitted_bytes; /* keep-alives and window probes not counted */
    uint64_t keep_alives;
    uint64_t out_of_order;
    uint64_t twins; /* exact copies dropped (mirror ports, -i any) */
    uint64_t gap_bytes, gap_count;
    uint64_t snapped; /* segments with payload cut by the snap length */
    uint64_t zero_windows;
    uint64_t sent;  /* stream position behind the last byte sent */
    uint64_t acked; /* how much of it the other side acknowledged */
    struct mark syn, last, last_data,
        last_new;         /* last_new: last packet with bytes not seen before */
    struct mark last_ack; /* last packet of the other side that acknowledged something new */
    struct mark fin, rst; /* first of each; packet 0: none */
    uint64_t fin_offset;  /* stream position of its FIN */
    bool fin_acked;
    uint16_t mss;  /* 0: not seen */
    uint8_t scale; /* 0xff: no option seen */
    bool sack, timestamps;
    uint8_t ttl;               /* of its last ordinary packet: no SYN, no RST; 0: none seen */
    uint8_t ttl_low, ttl_high; /* of all these */
    uint32_t window;           /* last advertised, scaled when the scale is known */
    uint32_t largest;          /* largest payload of one segment */
    uint16_t syn_count;        /* SYNs (client) or SYN-ACKs (server) sent */
    uint16_t ip_id;            /* of its last ordinary packet */
    uint32_t passed;           /* largest payload that was sent once and acknowledged */
    struct tcp_stress *stress; /* NULL: a short connection without trouble */
};

struct tcp_facts {
    enum handshake handshake;
    bool midstream;           /* no SYN was seen */
    bool roles_guessed;       /* no SYN: who is the client was taken from ports or dialogue */
    int64_t syn_to_synack_ns; /* -1: not measured */
    int64_t synack_to_ack_ns;
    struct mark established; /* packet that completed the handshake; packet 0: none */
    struct event *waiting_syn;
    bool refused_by_icmp;
    struct mark clock_jump; /* the capture's clock had been set forward when this packet came, by
                               the timestamps of both sides */
    int64_t clock_jump_ns;  /* by so much; 0: not seen */
    bool served_later; /* the server never spoke here; behind this handshake another connection to
                          the same port came up and worked */
    struct tcp_side side[SIDES];
};

struct endpoint {
    struct address address;
    uint16_t port;
};

/* Why a session was handed up. */
enum session_end {
    SESSION_CLOSED,  /* FIN from both sides, or RST */
    SESSION_IDLE,    /* nothing for LIMIT_IDLE_SECONDS */
    SESSION_EVICTED, /* to make room */
    SESSION_REUSED,  /* the same addresses and ports began a new connection */
    SESSION_INPUT_ENDED,
};

struct session {
    struct arena *arena; /* owns what lasts as long as the session */
    uint64_t id;         /* number of the connection in the capture, from 1 */
    struct endpoint end[SIDES];
    struct mark first, last;
    enum session_end ended;
    int64_t capture_end_ns; /* time of the last packet of the input, when ended is INPUT_ENDED;
                               otherwise the time it was handed up */
    struct tcp_facts tcp;
    struct smtp_facts smtp;
    struct tls_facts tls;
    bool not_smtp; /* bytes were exchanged and they are neither SMTP nor TLS */
    bool mail_port;
    bool keep_opening; /* also when it begins plainly as mail does, on a mail port; and excerpts of
                          its hellos */
    bool keep_certificates;    /* with their octets, to verify them */
    struct opening *opening;   /* dissect/opening.h; NULL: none kept, or no longer */
    struct text ndpi;          /* what nDPI thinks it is; empty: not asked, or it does not know */
    struct text ndpi_differs;  /* where it reads the TLS hellos otherwise (dissect/tls/opinion.h);
                                  empty: nowhere, or not asked */
    struct tls_keylog *keylog; /* dissect/tls/keylog.h; NULL: none */
    struct event *events, *events_last;
    uint32_t event_count; /* kept */
    uint64_t folded;      /* events dropped to stay within limits */
    uint32_t folded_transactions;
    uint32_t limits;               /* bit 1 << enum limit of each that was reached */
    uint32_t limits_reached;       /* how many; each has an EVENT_LIMIT, unless folded */
    struct session_keeper *keeper; /* dissect/session_state.h: chapters, acknowledgement marks */
    void *diagnosis;               /* report's own; lives in arena */
};

/* TLS was opened with a key log, all of it: the session is told as if it were in clear. */
static inline bool session_is_opened(const struct session *s)
{
    return s->tls.opened && !s->tls.dark;
}

/* From this event on what is said is hidden. */
static inline bool session_hides(const struct session *s, const struct event *e)
{
    return e->kind == EVENT_TLS_RUN || (e->kind == EVENT_TLS && !session_is_opened(s));
}

/* NULL when out of memory. */
struct session *session_new(uint64_t id);
void session_free(struct session *s);

/* Appends an event of this kind and side; first and last are set to mark. Its facts are zeroed.
 * When a limit forbids one more it returns a scratch event that is not linked: always usable,
 * never kept. */
struct event *session_add(struct session *s, enum event_kind kind, enum side side,
                          struct mark mark);
/* The event covers stream bytes [offset, end): from now on an acknowledgement can reach it. Called
 * once, when its end is known. */
void session_set_bytes(struct session *s, struct event *e, uint64_t offset, uint64_t end);
/* The other side acknowledged everything of `side` below offset. */
void session_acked(struct session *s, enum side side, uint64_t offset, struct mark mark);
/* Copies text for an event made just now; empty when that event is a scratch one. It lives as long
 * as the event. */
struct text session_text(struct session *s, struct bytes b, size_t max);
/* Tells once that this limit was reached; always kept. */
void session_limit(struct session *s, enum limit limit, enum side side, struct mark mark);
/* e, or NULL when it is a scratch event, to which no other event may point. */
struct event *session_kept(struct session *s, struct event *e);
/* The arena of what the last EHLO told; empties it: the keywords of the EHLO before are gone. */
struct arena *session_hello_arena(struct session *s);
/* Between two commands with nothing outstanding and no transaction open: the one place where old
 * events may be folded away. */
void session_rest(struct session *s);
/* Somebody who points to events for longer than one call. When events are folded away, forget is
 * called first: pointers to events of this chapter (event.chapter) must be let go. */
struct session_watcher {
    void (*forget)(void *ctx, uint32_t chapter);
    void *ctx;
    struct session_watcher *next; /* the session's */
};
/* w lives as long as events may be added. */
void session_watch(struct session *s, struct session_watcher *w);
/* Begins transaction n+1. Beyond the limits it is one that is counted but not kept: usable until
 * the next one begins. */
struct transaction *session_begin_transaction(struct session *s, struct mark mark);
/* Adds a recipient; NULL beyond the limits (it is counted all the same). */
struct recipient *session_add_recipient(struct session *s, struct transaction *tx);
/* Bytes of memory it holds. */
size_t session_size(const struct session *s);

typedef void (*session_sink)(void *ctx, struct session *session);

#endif
