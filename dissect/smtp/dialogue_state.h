/* dialogue_state.h - what the files of the dialogue share; nobody else includes it.
 *
 *   dialogue.c     steers: whose bytes, which state
 *   client.c       what the client sends
 *   content.c      what of it is no line of the dialogue: content and chunks
 *   kept.c         what of it is kept as text
 *   proxy.c        a load balancer's header before it
 *   server.c       what the server sends
 *   outstanding.c  which command a reply answers
 *   mail.c         what becomes of each mail
 */
#ifndef DISSECT_SMTP_DIALOGUE_STATE_H
#define DISSECT_SMTP_DIALOGUE_STATE_H

#include "dissect/smtp/body.h"
#include "dissect/smtp/command.h"
#include "dissect/smtp/credentials.h"
#include "dissect/smtp/dialogue.h"
#include "dissect/smtp/echo.h"
#include "dissect/smtp/reply.h"
#include "dissect/text.h"

/* What the client's next byte is. */
enum client_state {
    CLIENT_COMMAND,     /* the beginning or middle of a command line */
    CLIENT_CONTENT,     /* content of a DATA message: 354 was seen */
    CLIENT_CHUNK,       /* octets of a BDAT chunk, chunk_left of them */
    CLIENT_CHUNK_DOUBT, /* the chunk was refused before its first octet came: octets or a command */
    CLIENT_AUTH,        /* a line of an AUTH exchange: 334 was seen */
    CLIENT_WAIT_DATA,   /* unknown until the reply to DATA */
    CLIENT_WAIT_AUTH,   /* unknown until the reply to AUTH or one of its lines */
    CLIENT_GUESS_DATA,  /* that reply will never be seen: content, unless it looks like a command */
    CLIENT_GUESS_AUTH,
    CLIENT_PROXY, /* the header of a load balancer, or what begins like it */
};

/* Something the client sent that will be answered. */
struct pending {
    struct event *event;   /* COMMAND, AUTH, CONTENT or CHUNK; NULL when it was not kept */
    struct event *command; /* BDAT: its COMMAND */
    struct transaction *tx;
    struct recipient *recipient;
    uint64_t end;      /* client's stream position behind it (BDAT: behind the command line) */
    uint64_t peer_ack; /* what the client had received when it sent it */
    uint8_t to;        /* enum reply_to */
    uint8_t verb;      /* enum verb */
    bool chunk_last;
    bool secret;           /* its text may be a credential or content: the reply may echo it */
    struct smtp_echo echo; /* what of it the reply must not bring back */
    bool maybe_lost;       /* its reply may be in a gap */
};

/* While a reply is read: from its first line to its last. */
struct reply_reader {
    struct mark first;
    uint64_t offset, end, peer_ack;
    uint16_t code, lines;
    uint8_t flags, line_flags;
    uint32_t longest;
    bool answered; /* answering holds what it answers */
    bool unknown;  /* what it answers was not captured, or cannot be told */
    struct pending answering;
    char *text; /* lines joined, up to LIMIT_REPLY_TEXT; NULL for one line alone */
    size_t text_len, first_len;
    struct text only;               /* the text of a reply of one line: points into the arena */
    struct keyword **keywords_tail; /* EHLO: where the next keyword goes */
    struct arena *hello;
};

struct smtp_proxy; /* proxy.c */

struct smtp_dialogue {
    struct session *s;
    struct smtp_proxy *proxy; /* in the session's arena; NULL: nothing began like its header */
    struct smtp_line_cutter cutter[SIDES];
    uint64_t read[SIDES];    /* stream position behind the last byte read */
    struct mark last[SIDES]; /* packet of that byte */
    uint8_t client;          /* enum client_state */
    bool midstream;
    bool client_lost; /* after a gap or midstream: skip lines until one is surely a command */
    bool server_lost;
    bool uncertain;          /* replies may be missing: match them with care */
    bool greeted;            /* the first reply was seen, or cannot be known any more */
    bool tls_agreed;         /* STARTTLS was answered 220 */
    bool other_tls[SIDES];   /* the other side speaks TLS: this one may begin it with any line */
    bool starttls_open;      /* STARTTLS is outstanding */
    bool in_tls;             /* what is read comes from inside TLS, by a key log */
    bool after_data;         /* DATA was not answered 354, or a chunk ended: lines may be content */
    bool auth_tried;         /* AUTH was not accepted so far: lines may be credentials */
    bool auth_seen;          /* the same of lines of unknown verbs, to the end */
    bool auth_opened;        /* the first response of this AUTH, which names the user, was sent */
    bool lmtp;               /* LHLO was accepted: a reply per recipient (RFC 2033 section 4.2) */
    uint64_t server_gap_end; /* position behind the server's last gap */
    bool client_gap;         /* commands may be missing since the server was at server_at_gap */
    uint64_t server_at_gap;
    uint64_t client_gap_end; /* position behind the client's last gap between commands */
    uint64_t lost_bytes;     /* skipped while client_lost */
    struct mark lost_first;
    bool lost_bare_lf; /* the last line skipped ended with LF alone */
    bool unframed; /* behind a dot while client_lost that only some servers take for an end: up to
                      the next CRLF . CRLF all may be content */
    uint64_t line_packet; /* packet of the client's last line, for known_group */

    struct smtp_credentials *credentials; /* in the session's arena; NULL: none were sent */
    struct smtp_body *body;               /* in the session's arena; NULL: no content so far */
    struct event *content;                /* CONTENT or CHUNK being read */
    uint64_t content_offset;
    uint32_t content_packets;
    uint64_t content_packet; /* last packet counted */
    uint64_t chunk_left;
    struct content_facts *content_facts;

    struct transaction *tx; /* the mail that the next MAIL-related command belongs to */
    struct pending *queue;  /* a ring: what is outstanding, oldest at head */
    uint32_t queue_size, queue_head, queue_count;
    uint64_t dropped;           /* outstanding as well, behind those in the queue, but not kept */
    struct reply_reader *reply; /* NULL: between replies */
};

/* dialogue.c: smtp_line_take and smtp_line_flush; a line that is too long is told. */
bool smtp_dialogue_take_line(struct smtp_dialogue *d, enum side side, struct smtp_feed *feed,
                             struct smtp_line *out);
bool smtp_dialogue_flush_line(struct smtp_dialogue *d, enum side side, struct mark last,
                              struct smtp_line *out);

/* outstanding.c */
void smtp_outstanding_push(struct smtp_dialogue *d, const struct pending *p);
struct pending *smtp_outstanding_at(struct smtp_dialogue *d, uint32_t index);
/* Takes the one that a reply with this code, sent by a server that had received the client's bytes
 * below peer_ack, answers. False: none; *unknown says that it answers something not captured. */
bool smtp_outstanding_take(struct smtp_dialogue *d, uint16_t code, uint64_t peer_ack,
                           struct pending *out, bool *unknown);
/* Undoes a take: the reply that began was never finished. */
void smtp_outstanding_put_back(struct smtp_dialogue *d, const struct pending *p);
/* The server's bytes were not captured for a while. */
void smtp_outstanding_doubt(struct smtp_dialogue *d);

/* client.c */
enum smtp_feed_answer smtp_client_read(struct smtp_dialogue *d, struct smtp_feed *feed);
void smtp_client_flush(struct smtp_dialogue *d, struct mark last);
/* A line of commands, unless the place is lost. */
void smtp_client_line(struct smtp_dialogue *d, const struct smtp_line *line);
/* A line that is surely one. */
void smtp_client_command(struct smtp_dialogue *d, const struct smtp_line *line,
                         struct smtp_command *c);
/* Where it is not known what comes: this is surely a command. */
bool smtp_client_finds_place(const struct smtp_command *c, const struct smtp_line *line);
/* The next line where nobody knows what comes, unless it is surely a command: that is read as one.
 * False: it was, or the line goes on in the next chunk. */
bool smtp_client_take_other(struct smtp_dialogue *d, struct smtp_feed *feed,
                            struct smtp_line *line);

/* content.c */
void smtp_content_begin(struct smtp_dialogue *d, struct mark mark, uint64_t peer_ack,
                        uint64_t offset);
void smtp_content_begin_chunk(struct smtp_dialogue *d, const struct smtp_line *line,
                              const struct smtp_command *c, struct event *command,
                              struct pending *p);
void smtp_content_end(struct smtp_dialogue *d, struct mark mark, bool complete);
/* What is left of the feed, in the states CLIENT_CONTENT, CLIENT_CHUNK, CLIENT_CHUNK_DOUBT and
 * CLIENT_GUESS_DATA. */
void smtp_content_read(struct smtp_dialogue *d, struct smtp_feed *feed);
void smtp_content_read_chunk(struct smtp_dialogue *d, struct smtp_feed *feed);
void smtp_content_read_doubt(struct smtp_dialogue *d, struct smtp_feed *feed);
void smtp_content_read_guess(struct smtp_dialogue *d, struct smtp_feed *feed);

/* proxy.c: the first octet of the client may begin a header; reads it; the connection is over. */
bool smtp_proxy_begins(const struct smtp_dialogue *d, const struct smtp_feed *feed);
void smtp_proxy_begin(struct smtp_dialogue *d);
void smtp_proxy_read(struct smtp_dialogue *d, struct smtp_feed *feed);
void smtp_proxy_flush(struct smtp_dialogue *d);

/* kept.c: what of a line enters the model */
struct bytes smtp_kept_text(const struct smtp_dialogue *d, const struct smtp_command *c,
                            struct bytes line);
/* AUTH names a mechanism, and no word that may be a credential. */
bool smtp_kept_mechanism(const struct smtp_dialogue *d, const struct smtp_command *c);
/* A command that no line of a letter looks like. */
bool smtp_kept_is_sure(const struct smtp_command *c);
/* What a command says to log in, and a line of an AUTH exchange: replies must not bring it back. */
void smtp_kept_credentials(struct smtp_dialogue *d, const struct smtp_command *c);
void smtp_kept_auth_line(struct smtp_dialogue *d, struct bytes line);
/* Takes what it says from a command that may be a line of content. */
void smtp_kept_doubt(const struct smtp_dialogue *d, struct smtp_command *c);

/* server.c */
void smtp_server_free(struct smtp_dialogue *d);
void smtp_server_line(struct smtp_dialogue *d, const struct smtp_line *line);
/* The connection ended inside this line. */
void smtp_server_last_line(struct smtp_dialogue *d, const struct smtp_line *line);
void smtp_server_flush(struct smtp_dialogue *d, struct mark last);

/* reply_text.c: what of the reply being read is kept as text */
bool smtp_reply_hides(const struct smtp_dialogue *d, struct bytes first);
/* Without the line it repeats; *secret: what it answers must not come back in any form. */
struct bytes smtp_reply_without_echo(const struct smtp_dialogue *d, bool *secret,
                                     struct bytes text);
struct text smtp_reply_keep(struct smtp_dialogue *d, struct bytes text, size_t limit);

/* answer.c: what a reply changes. A hello is being accepted: its argument and the keywords to come
 * replace the last one's. */
void smtp_answer_hello(struct smtp_dialogue *d);
void smtp_answer_apply(struct smtp_dialogue *d, const struct pending *p, struct event *reply);
/* It answers something that was not captured. */
void smtp_answer_unknown(struct smtp_dialogue *d, uint16_t code);

/* mail.c */
void smtp_mail_command(struct smtp_dialogue *d, const struct smtp_command *c, struct event *e,
                       struct pending *p);
/* The effect of a reply on the mail it belongs to. */
void smtp_mail_reply(struct smtp_dialogue *d, const struct pending *p, struct event *reply);
/* The mail is over without a final reply. */
void smtp_mail_abort(struct smtp_dialogue *d, struct transaction *tx);
void smtp_mail_end(struct smtp_dialogue *d, struct mark last);

#endif
