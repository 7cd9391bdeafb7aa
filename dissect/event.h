/* event.h - the things that happen on one connection, as facts.
 *
 * An event is one thing in the order it happened: a packet that matters (SYN, RST, ICMP error), one
 * SMTP command or reply, one message's content, one TLS record that can be named. What it means,
 * and whose fault it is, is said in report/diagnose alone.
 *
 * Offsets are 64-bit positions in a side's stream of payload, the first byte after its SYN is 0
 * (midstream: the first byte seen is 0).
 */
#ifndef DISSECT_EVENT_H
#define DISSECT_EVENT_H

#include "capture/packet.h"
#include "dissect/arena.h"
#include "dissect/net/address.h"

enum side { SIDE_CLIENT, SIDE_SERVER, SIDES };

static inline enum side side_other(enum side s)
{
    return s == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

enum event_kind {
    /* transport */
    EVENT_SYN,
    EVENT_SYNACK,
    EVENT_REFUSED, /* RST that answers a SYN */
    EVENT_FIN,
    EVENT_RST,
    EVENT_ICMP,        /* an ICMP error that quotes this connection */
    EVENT_GAP,         /* bytes that were never captured */
    EVENT_RETRANSMIT,  /* one byte range sent again, however often */
    EVENT_ZERO_WINDOW, /* side stopped reading; first to last: while its window was closed */
    EVENT_CONFLICT,    /* two copies of the same bytes that differ; the first was used */
    EVENT_LIMIT,       /* one of our limits was reached */
    /* SMTP */
    EVENT_REPLY,   /* one complete reply, greeting included */
    EVENT_COMMAND, /* one command line */
    EVENT_AUTH,    /* a line inside an AUTH exchange */
    EVENT_CONTENT, /* the content of one DATA message */
    EVENT_CHUNK,   /* one BDAT chunk */
    /* neither */
    EVENT_TLS,     /* a handshake message or alert that can be named */
    EVENT_TLS_RUN, /* records of one direction whose content is hidden, uninterrupted by the other
                    */
    EVENT_OPAQUE,  /* bytes that are neither SMTP nor TLS */
    EVENT_KINDS
};
extern const char *const event_kind_names[EVENT_KINDS]; /* the "kind" of steps in reports */

/* Verbs we know. The order is that of verb_names. */
enum verb {
    VERB_UNKNOWN,
    VERB_EHLO,
    VERB_HELO,
    VERB_LHLO,
    VERB_STARTTLS,
    VERB_AUTH,
    VERB_MAIL,
    VERB_RCPT,
    VERB_DATA,
    VERB_BDAT,
    VERB_BURL,
    VERB_RSET,
    VERB_NOOP,
    VERB_VRFY,
    VERB_EXPN,
    VERB_HELP,
    VERB_ETRN,
    VERB_ATRN,
    VERB_TURN,
    VERB_SEND,
    VERB_SOML,
    VERB_SAML,
    VERB_XCLIENT,
    VERB_XFORWARD,
    VERB_QUIT,
    VERBS
};
extern const char *const verb_names[VERBS]; /* "EHLO"; VERB_UNKNOWN is "" */

/* What a reply answers. */
enum reply_to {
    REPLY_TO_GREETING,
    REPLY_TO_COMMAND, /* answers->facts.command.verb says which */
    REPLY_TO_CONTENT, /* the end of a DATA message */
    REPLY_TO_AUTH,    /* a line of an AUTH exchange */
    REPLY_TO_CHUNK,   /* a BDAT chunk */
    REPLY_TO_NOTHING, /* unsolicited: nothing was outstanding */
    REPLY_TO_UNKNOWN, /* after a gap or midstream: what it answers was not captured */
};

/* RFC 3463: class 2, 4 or 5; class 0: none was there. */
struct enhanced {
    uint16_t class, subject, detail;
};

enum line_flags {
    LINE_BARE_LF = 1,       /* ended by LF alone */
    LINE_NUL = 2,           /* holds a NUL byte */
    LINE_CONTROL = 4,       /* holds another control byte than TAB */
    LINE_EIGHT_BIT = 8,     /* holds a byte above 0x7f */
    LINE_LONG = 16,         /* longer than LIMIT_LINE: cut */
    LINE_UNTERMINATED = 32, /* the connection or the capture ended inside it */
    LINE_AFTER_GAP = 64,    /* its beginning may be missing */
};

enum reply_flags {
    REPLY_INVALID = 1,      /* no three digits at its start; code is 0 */
    REPLY_INCONSISTENT = 2, /* lines with different codes */
    REPLY_UNFINISHED = 4,   /* the last line ("250 ") never came */
};

struct transaction;
struct event;

struct reply_facts {
    uint16_t code;      /* 0: none (REPLY_INVALID) */
    uint8_t to;         /* enum reply_to */
    uint8_t flags;      /* enum reply_flags */
    uint8_t line_flags; /* enum line_flags, of all its lines */
    uint16_t lines;
    uint32_t longest; /* octets of its longest line, line end included */
    struct enhanced enhanced;
    struct text text;      /* first line without code and without the blank or hyphen after it */
    struct text full;      /* all lines without codes, joined by one blank; == text for one line */
    struct event *answers; /* the COMMAND, AUTH, CONTENT or CHUNK event; NULL: greeting, none */
    struct transaction *tx;
};

struct command_facts {
    uint8_t verb;           /* enum verb */
    uint8_t line_flags;     /* enum line_flags */
    bool known_group;       /* sent in the same segment as the line before it */
    bool tls;               /* read inside TLS, with a key log */
    uint32_t line_len;      /* octets with line end, as sent */
    struct text word;       /* the verb as sent */
    struct text text;       /* the line as sent without line end; AUTH: verb and mechanism only */
    struct event *reply;    /* the REPLY that answers it, NULL while none */
    struct transaction *tx; /* MAIL to the end of the message; NULL outside */
    union {
        uint64_t chunk_len; /* BDAT: announced octets */
        uint64_t auth_user; /* AUTH: who, as far as this line says (dissect/smtp/login.h); 0 */
    };
    bool chunk_last;   /* BDAT: LAST given */
    bool chunk_bad;    /* BDAT: arguments could not be read */
    bool auth_initial; /* AUTH: something stood behind the mechanism */
};

struct auth_facts {
    uint64_t user; /* who, as far as this line says (dissect/smtp/login.h); 0 */
    uint32_t line_len;
    bool cancelled; /* the line was "*" */
    bool malformed; /* it was no base64 */
    struct event *reply;
};

enum { PAUSE_NS = 1000000000 };

/* Silences of more than a second between two packets that belong to one event and brought bytes not
 * seen before. The longest is told exactly. */
struct pauses {
    uint32_t count;
    int64_t total_ns;
    struct mark from, until; /* the longest: the packets around it */
    bool acked;              /* everything sent before it was acknowledged by its end */
};

/* The packet at `until` goes on with what the one at `from` began. */
static inline void pauses_note(struct pauses *p, struct mark from, struct mark until, bool acked)
{
    int64_t ns = until.time_ns - from.time_ns;

    if (!from.packet || ns <= PAUSE_NS) {
        return;
    }
    p->count++;
    p->total_ns += ns;
    if (!p->from.packet || ns > p->until.time_ns - p->from.time_ns) {
        p->from = from;
        p->until = until;
        p->acked = acked;
    }
}

/* How a line ended. */
enum line_end { LINE_END_CRLF, LINE_END_LF, LINE_END_CR, LINE_END_CRLF_NUL, LINE_ENDS };
extern const char *const line_end_names[LINE_ENDS]; /* "CRLF" */

/* A dot alone between two line ends that are not both CRLF: some servers take it for the end of the
 * message. */
struct ambiguous_end {
    uint64_t offset;       /* of its dot, in the stream */
    uint8_t before, after; /* enum line_end */
    bool command_follows;  /* within 4096 bytes behind it a line looks like a command of SMTP */
};

/* Content of a DATA message or of a chunk: counted, never kept. What speaks of lines and octets is
 * known of DATA only. */
struct content_facts {
    uint64_t bytes; /* octets as sent, dot-stuffing included, terminator excluded; BDAT: received */
    uint64_t missing; /* octets of it that fell into gaps; bytes then includes them */
    uint64_t lines;
    uint64_t bare_lf;       /* line ends without CR */
    uint64_t first_bare_lf; /* offset in the stream of the first */
    uint64_t bare_cr;       /* CRs without LF */
    uint64_t stuffed;       /* lines that begin with two dots */
    uint64_t single_dots;   /* lines that begin with one, and go on */
    uint32_t ambiguous_count;
    struct ambiguous_end ambiguous; /* the first, or the first with a command behind it */
    bool eight_bit;                 /* holds an octet above 0x7f */
    uint32_t segments;              /* packets that carried it */
    uint32_t longest_line;
    bool complete; /* the terminator, or all octets of the chunk, were seen */
    bool last;     /* BDAT LAST */
    struct event *reply;
    struct transaction *tx;
    struct mark end; /* packet of the terminator's last byte when complete */
    struct pauses pauses;
};

struct syn_facts {
    uint32_t seq;
    uint16_t mss;  /* 0: no option */
    uint8_t scale; /* window scale shift; 0xff: no option */
    uint8_t ttl;
    bool sack, timestamps;
    bool again;       /* same SYN or SYN-ACK sent again */
    uint32_t payload; /* data on the SYN */
};

struct rst_facts {
    uint8_t ttl;
    uint8_t ttl_usual; /* of that side's other packets with data or ACK, where they differ the one
                          nearest to it; EVENT_REFUSED: of that host's other connections. 0: none
                          seen */
    uint16_t ip_id;
    bool in_window; /* the peer would accept it (RFC 5961 section 3.2, loosely) */
    bool exact;     /* sequence number is the next expected */
    bool at_acked;  /* it is what the peer acknowledged: so a host answers that knows of no
                       connection */
    bool bare; /* it acknowledges nothing: the answer to a segment of a connection that its host
                  does not know (RFC 9293 section 3.10.7.1) */
    bool after_own_fin, after_peer_fin;
    bool answers_data;     /* the peer sent data after this side's FIN or RST */
    uint16_t repeated;     /* further RSTs of this side folded into this one */
    int64_t offset_delta;  /* its sequence number minus the next expected */
    int64_t since_peer_ns; /* since the last packet of the other side; -1: there was none */
    int64_t host_trip_ns; /* EVENT_REFUSED: the shortest time in which that host answered the SYN of
                             another connection; 0: not seen */
    int64_t peer_pause_ns; /* between the last two packets of the other side; -1: no two */
    bool id_usual;         /* its IP ID is of the kind of this side's other packets: zero, or not */
};

struct icmp_facts {
    struct address from;
    uint8_t type, code;
    uint32_t mtu;    /* next-hop MTU of "too big", 0 otherwise */
    bool quotes_syn; /* the quoted segment is this connection's SYN */
};

struct gap_facts {
    uint64_t missing;
    bool acked;   /* the receiver has these bytes: the capture lost them, not the network */
    bool snapped; /* cut by the snap length */
};

struct retransmit_facts {
    uint32_t count;                     /* times it was sent again */
    uint32_t len;                       /* octets of the first resend */
    uint32_t peer_packets;              /* packets from the other side since the first resend */
    uint32_t smallest;                  /* octets of the smallest resend from the same position */
    uint32_t sacked_least, sacked_most; /* sizes of what the receiver reported piece by piece behind
                                           these bytes (RFC 2018); 0: it reported nothing */
    uint32_t unanswered; /* keep_alive: probes since the last packet of the other side */
    bool keep_alive;     /* probes of 0 or 1 octet below the next byte */
};

struct window_facts {
    uint32_t probes; /* sent by the other side meanwhile */
    bool open;       /* still closed when the session ended */
};

struct tls_event_facts {
    uint8_t record_type;        /* 20 to 23 */
    uint8_t message;            /* handshake message type, when record_type is 22 and readable */
    uint8_t level, description; /* alert, when readable */
    bool encrypted;
    bool opened;      /* protected, and read with a key log */
    uint16_t version; /* of the record */
    uint32_t len;     /* of the message or record */
};

struct run_facts {
    uint64_t records, bytes; /* bytes: lengths of the records' contents */
    uint32_t last_len;       /* of the last one's */
    uint8_t record_type;
    struct pauses pauses;
};

struct limit_facts {
    const char *name; /* "LIMIT_SESSION_EVENTS" */
    uint64_t value;
};

union event_facts {
    struct reply_facts reply;
    struct command_facts command;
    struct auth_facts auth;
    struct content_facts content; /* EVENT_CONTENT, EVENT_CHUNK */
    struct syn_facts syn;         /* EVENT_SYN, EVENT_SYNACK */
    struct rst_facts rst;         /* EVENT_RST, EVENT_REFUSED */
    struct icmp_facts icmp;
    struct gap_facts gap;
    struct retransmit_facts retransmit;
    struct window_facts window;
    struct tls_event_facts tls;
    struct run_facts run;
    struct limit_facts limit;
    uint64_t opaque_bytes;
};

struct event {
    uint8_t kind;     /* enum event_kind */
    uint8_t side;     /* enum side: who sent it */
    bool notable;     /* not to be folded: a refusal, a gap, an end, a long wait before it */
    uint32_t chapter; /* of the session it belongs to; dissect/session_chapter.c */
    uint64_t offset,
        end;           /* stream positions of its first byte and behind its last; equal: no bytes */
    uint64_t peer_ack; /* how much of the other side's stream its first packet acknowledged */
    struct mark first, last; /* first and last packet it was made of */
    struct mark acked;  /* packet with which the other side acknowledged its last byte; packet 0:
                           not seen */
    struct event *next; /* all events, in the order they were read */
    struct event *next_same;  /* events of the same side that have bytes */
    union event_facts *facts; /* the member named by kind; allocated to that member's size only */
};

#endif
